/* CUDA source in a file, compiled by the fake NVRTC, which counts. */
#ifndef MULTIKERNEL_TESTS_BACKEND_CUDA_SOURCE_H
#define MULTIKERNEL_TESTS_BACKEND_CUDA_SOURCE_H

#include "base/folder.h"
#include "support/fake_nvrtc.h"

#include "backend/cuda_compile.h"
#include "base/alloc.h"

static struct fake_nvrtc *fake;

/* The folder's rows.cu, for capability 9.0, without flags and defines. */
static struct mk__cuda_program program;
static char path[256];

#define ROWS "__global__ void rows(float *x) { }\n"

/* For cmocka's set-up of the group, */
static inline int open_fake(void **state)
{
    (void)state;
    fake = fake_nvrtc_open();
    return fake != NULL ? 0 : -1;
}

/* of a test, */
static inline int start(void **state)
{
    if (folder_make(state) != 0)
        return -1;
    /* No toolkit but where a test makes one. */
    setenv("CUDA_HOME", folder_path("toolkit"), 1);
    folder_write("toolkit/include/mma.h", "");
    fake->reset();
    snprintf(path, sizeof(path), "%s", folder_path("rows.cu"));
    program = (struct mk__cuda_program){
        .name = "k",
        .path = path,
        .text = ROWS,
        .entry = "rows",
        .capability = 90,
    };
    return 0;
}

/* and for its tear-down. */
static inline int end(void **state)
{
    (void)folder_remove(state);
    return atomic_load(&fake->live) == 0 && atomic_load(&fake->misuses) == 0
               ? 0
               : -1;
}

static inline void object_free(struct mk__cuda_object *object)
{
    free(object->image);
    free(object->symbol);
}

static inline size_t compiles(void)
{
    return atomic_load(&fake->calls[FAKE_nvrtcCompileProgram]);
}

/* Compiles the program, as another process would; gives how often NVRTC did. The
 * image has `part`, and the symbol is the entry's. */
static inline size_t build(const char *part)
{
    size_t before = compiles();
    struct mk__cuda_object object;
    char *text;

    assert_ok(mk__cuda_compile(&program, &object));
    assert_int_equal(object.found, compiles() == before);
    text = mk__strndup(object.image, object.length);
    assert_non_null(text);
    assert_contains(text, part);
    assert_contains(text, object.symbol);
    free(text);
    object_free(&object);
    return compiles() - before;
}

static inline void expect_error(mk_status status, const char *a, const char *b)
{
    struct mk__cuda_object object;

    assert_error(mk__cuda_compile(&program, &object), status, "k", a, b);
    assert_null(object.image);
    assert_null(object.symbol);
}

#endif

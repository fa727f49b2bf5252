/* A C source in a file, compiled by a compiler that counts. */
#ifndef MULTIKERNEL_TESTS_BACKEND_COUNTED_SOURCE_H
#define MULTIKERNEL_TESTS_BACKEND_COUNTED_SOURCE_H

#include "backend/fake_compiler.h"

static const char *const flags[] = { "-O0", "-Iinner" };

/* The folder's fill.c, compiled by the counting compiler. */
static mk_source source;
static char path[256];
static char compiler[256];

/* For cmocka's set-up. */
static inline int start(void **state)
{
    if (folder_make(state) != 0)
        return -1;
    snprintf(path, sizeof(path), "%s", folder_path("fill.c"));
    snprintf(compiler, sizeof(compiler), "%s",
             make_compiler("counting", COMPILE));
    source = (mk_source)MK_SOURCE_INIT;
    source.path = path;
    source.entry = "fill";
    source.flags = flags;
    source.flag_count = COUNT(flags);
    source.compiler = compiler;
    folder_write("fill.c", FILL_SOURCE("1"));
    return 0;
}

/* Builds the source anew, as another process would, and runs it. Gives how often
 * the compiler ran for it. */
static inline size_t build(float value)
{
    size_t before = count_runs("counting.runs");
    mk_kernel *kernel;

    assert_ok(mk_kernel_source(&kernel, &fill_signature, "k", &source, NULL));
    check_fill(kernel, value);
    mk_kernel_destroy(kernel);
    return count_runs("counting.runs") - before;
}

#endif

/* A scene for verification: parameters p0, p1, ..., tensors of int32 in one
 * block of memory, and one kernel after the other. Everything else in the block
 * must be as it was in the end. */
#ifndef MULTIKERNEL_TESTS_MEASURE_VERIFY_SCENE_H
#define MULTIKERNEL_TESTS_MEASURE_VERIFY_SCENE_H

#include <stdlib.h>
#include <string.h>

#include "measure/verify.h"
#include "support/fake_backend.h"
#include "support/fake_inspection.h"

#define SCENE_BLOCK 512
#define SCENE_MOST  6

/* Where kernels run, and what the host sees of it. */
enum way {
    HIDDEN = 0, /* the device's memory is not the host's */
    HOST,
    DEVICE, /* it is not, and the device looks at it itself */
    SHARED, /* in another process */
    WAYS,
};

struct scene {
    enum way way;
    mk_device device;
    mk_backend backend;
    int32_t block[SCENE_BLOCK];
    int32_t first[SCENE_BLOCK]; /* what it held at first */
    size_t count;
    mk_param params[SCENE_MOST];
    DLTensor tensors[SCENE_MOST];
    int64_t shape[SCENE_MOST][2];
    int64_t strides[SCENE_MOST][2];
    mk_arg args[SCENE_MOST];
    mk_tolerance within[SCENE_MOST];
    size_t budget;
    struct fake_kernel code;
    bool takes_some; /* of the parameters, so many of `taken` */
    mk_slice taken[SCENE_MOST];
    size_t taken_count;
    struct mk__verify *verify;
    struct mk__verdict verdict;
};

/* The block holds 0, 1, 2, ... */
static inline void scene_init(struct scene *scene, enum way way)
{
    memset(scene, 0, sizeof(*scene));
    scene->way = way;
    scene->device = fake_device;
    scene->device.host_memory = way == HOST || way == SHARED;
    if (way == DEVICE)
        fake_inspection_begin(&scene->device, scene->block,
                              sizeof(scene->block));
    scene->backend = fake_backend;
    scene->backend.device = &scene->device;
    scene->budget = SIZE_MAX;
    scene->code.code = "code";
    scene->code.fail_from = FAKE_NEVER;
    for (int32_t i = 0; i < SCENE_BLOCK; ++i)
        scene->block[i] = i;
}

/* Adds a matrix from block + start on; its parameter's index. */
static inline size_t scene_add(struct scene *scene, mk_intent intent,
                               size_t start, int64_t rows, int64_t columns,
                               int64_t stride)
{
    static const char *const names[SCENE_MOST] = { "p0", "p1", "p2",
                                                   "p3", "p4", "p5" };
    size_t i = scene->count++;

    scene->params[i] = (mk_param){ names[i], MK_INT32, 2, intent, 0 };
    scene->within[i] = (mk_tolerance){ .type = MK_INT32 };
    scene->shape[i][0] = rows;
    scene->shape[i][1] = columns;
    scene->strides[i][0] = stride;
    scene->strides[i][1] = 1;
    scene->tensors[i] = (DLTensor){
        .data = scene->block,
        .device = fake_device.device,
        .ndim = 2,
        .dtype = MK_INT32,
        .shape = scene->shape[i],
        .strides = scene->strides[i],
        .byte_offset = start * sizeof(int32_t),
    };
    scene->args[i] = mk_tensor(&scene->tensors[i]);
    return i;
}

/* Begins; the status. */
static inline int scene_try(struct scene *scene)
{
    static const struct mk__limits limits = { 30e3, (size_t)1 << 30 };
    const struct mk__verify_call call = {
        .device = &scene->device,
        .params = scene->params,
        .args = scene->args,
        .count = scene->count,
        .within = scene->within,
        .budget = scene->budget,
        .alignment = 4096,
        .limits = scene->way == SHARED ? &limits : NULL,
    };
    int status;

    memcpy(scene->first, scene->block, sizeof(scene->block));
    scene->verify = malloc(sizeof(*scene->verify));
    assert_non_null(scene->verify);
    status = mk__verify_begin(scene->verify, &call);
    if (status != MK_OK)
        free(scene->verify);
    return status;
}

static inline void scene_begin(struct scene *scene)
{
    assert_int_equal(scene_try(scene), MK_OK);
}

static inline void scene_end(struct scene *scene)
{
    assert_int_equal(mk__verify_end(scene->verify), MK_OK);
    free(scene->verify);
    assert_memory_equal(scene->block, scene->first, sizeof(scene->block));
}

/* Verifies a kernel that does `effect`; the status. */
static inline int scene_verify(struct scene *scene,
                               void (*effect)(struct fake_kernel *,
                                              void *const *))
{
    struct mk__slices slices = { .count = 1, .whole = true };
    mk_param params[SCENE_MOST];
    mk_signature signature = { params, 0 };
    mk_kernel *kernel;
    int status;

    slices.slice[0] = (mk_slice){ 0, scene->count };
    if (scene->takes_some) {
        slices.count = scene->taken_count;
        slices.whole = false;
        memcpy(slices.slice, scene->taken, sizeof(scene->taken));
    }
    for (size_t s = 0; s < slices.count; ++s)
        for (size_t i = slices.slice[s].start; i < slices.slice[s].stop; ++i)
            params[signature.count++] = scene->params[i];
    scene->code.effect = effect;
    assert_int_equal(mk_kernel_create(&kernel, &scene->backend, &signature,
                                      "kernel", &scene->code, NULL),
                     MK_OK);
    assert_int_equal(mk__kernel_load(kernel), MK_OK);
    status = mk__verify_kernel(scene->verify, kernel, &slices, &scene->verdict);
    mk_kernel_destroy(kernel);
    return status;
}

/* Verifies it, and expects a fate and its detail (NULL: any). */
static inline void scene_judge(struct scene *scene,
                               void (*effect)(struct fake_kernel *,
                                              void *const *),
                               mk_fate fate, const char *detail)
{
    assert_int_equal(scene_verify(scene, effect), MK_OK);
    assert_string_equal(mk_fate_name(scene->verdict.fate), mk_fate_name(fate));
    if (detail != NULL)
        assert_string_equal(scene->verdict.detail, detail);
}

#endif

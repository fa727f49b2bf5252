/* A scene for clones. */
#ifndef MULTIKERNEL_TESTS_MEASURE_CLONE_SCENE_H
#define MULTIKERNEL_TESTS_MEASURE_CLONE_SCENE_H

#include "measure/clone.h"
#include "support/fake_backend.h"
#include "support/fake_home.h"

#define MOST 4

/* Parameters p0, p1, ... and tensors in one block of memory. */
struct scene {
    int32_t block[256];
    size_t count;
    mk_param params[MOST];
    DLTensor tensors[MOST];
    int64_t shape[MOST][2];
    int64_t strides[MOST][2];
    mk_arg args[MOST];
    struct mk__clones clones;
};

static inline void scene_init(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    for (int32_t i = 0; i < 256; ++i)
        scene->block[i] = i;
}

/* Adds rows x columns elements from block + start on. */
static inline void add(struct scene *scene, mk_intent intent, size_t start,
                       int64_t rows, int64_t row_stride, int64_t columns,
                       int64_t column_stride)
{
    static const char *const names[MOST] = { "p0", "p1", "p2", "p3" };
    size_t i = scene->count++;

    scene->params[i] = (mk_param){ names[i], MK_INT32, 2, intent, 0 };
    scene->shape[i][0] = rows;
    scene->shape[i][1] = columns;
    scene->strides[i][0] = row_stride;
    scene->strides[i][1] = column_stride;
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
}

/* Adds `length` elements in a row. */
static inline void add_row(struct scene *scene, mk_intent intent, size_t start,
                           int64_t length)
{
    add(scene, intent, start, 1, length, length, 1);
}

static inline int make_by(struct scene *scene, size_t budget, bool in_place)
{
    const struct mk__clone_plan plan = { budget, 4096, in_place };

    return mk__clones_make(&scene->clones, &fake_device, scene->params,
                           scene->args, scene->count, &plan, MK_DEFAULT_STREAM);
}

static inline int make(struct scene *scene, size_t budget)
{
    return make_by(scene, budget, false);
}

static inline void expect_groups(struct scene *scene, size_t count)
{
    assert_int_equal(make(scene, SIZE_MAX), MK_OK);
    assert_int_equal(scene->clones.group_count, count);
    assert_int_equal(fake.allocations, count);
}

static inline void end(struct scene *scene)
{
    assert_int_equal(mk__clones_end(&scene->clones), MK_OK);
}

/* The first element that a candidate would see. */
static inline int32_t *seen(const struct scene *scene, size_t i)
{
    return scene->clones.args[i].value.data;
}

#endif

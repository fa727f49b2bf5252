/* Functions that are called directly, by shape: `small` for 16 elements, with all
 * arguments, and `large` for 4096, with some. What they write to y says which one
 * ran: 1 or 2. */
#ifndef MULTIKERNEL_TESTS_CHOOSE_SHAPE_FUNCTIONS_H
#define MULTIKERNEL_TESTS_CHOOSE_SHAPE_FUNCTIONS_H

#include "shape_bed.h"

struct shape_functions {
    struct shape_bed bed; /* its arguments and hints; it is not open */
    mk_kernel *kernels[2];
    mk_multi *multi;
};

static inline void shape_functions_small(void *const *argv)
{
    (*(int32_t **)argv[1])[0] = 1;
}

/* Takes y and n alone. */
static inline void shape_functions_large(void *const *argv)
{
    (*(int32_t **)argv[0])[0] = 2;
}

/* Told apart by these places, or by all there are; `capacity` of the table. */
static inline void shape_functions_open(struct shape_functions *functions,
                                        const mk_place *places, size_t count,
                                        size_t capacity)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    struct shape_bed *bed = &functions->bed;
    mk_signature fewer;

    SHAPE_BED_INIT(bed, MK_SHAPE_NEAREST, 100e3, 100e3);
    shape_bed_hint(bed, 0, 16);
    shape_bed_hint(bed, 1, 4096);
    bed->by.places = places;
    bed->by.place_count = count;
    bed->by.capacity = capacity;
    fewer = (mk_signature){ bed->bed.params + 1, 2 };
    assert_int_equal(mk_kernel_native(&functions->kernels[0],
                                      &bed->bed.signature, "small",
                                      shape_functions_small, NULL),
                     MK_OK);
    assert_int_equal(mk_kernel_native(&functions->kernels[1], &fewer, "large",
                                      shape_functions_large, NULL),
                     MK_OK);
    options.by_shape = &bed->by;
    options.signature = &bed->bed.signature;
    assert_int_equal(
        mk_multi_create(&functions->multi, functions->kernels, 2, &options),
        MK_OK);
    bed->bed.x_tensor.device = bed->bed.y_tensor.device =
        (DLDevice){ kDLCPU, 0 };
}

static inline void shape_functions_close(struct shape_functions *functions)
{
    mk_multi_destroy(functions->multi);
    mk_kernel_destroy(functions->kernels[0]);
    mk_kernel_destroy(functions->kernels[1]);
    free(functions->bed.memory);
}

/* Calls with n elements; what was written. */
static inline int32_t shape_functions_run(struct shape_functions *functions,
                                          int64_t n)
{
    struct shape_bed *bed = &functions->bed;

    shape_bed_size(bed, n);
    bed->memory[SHAPE_BED_MOST] = 0;
    assert_int_equal(
        mk_run(functions->multi, bed->bed.args, 3, MK_DEFAULT_STREAM), MK_OK);
    return bed->memory[SHAPE_BED_MOST];
}

#endif

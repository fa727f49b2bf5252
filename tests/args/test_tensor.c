#include "support/tensors.h"

#include <stdio.h>
#include <string.h>

#include "args/tensor.h"

static float data[64];

/* Checks a span, in elements from `data`. */
static void check_span(const DLTensor *tensor, ptrdiff_t low, ptrdiff_t high)
{
    struct mk__span span;

    assert_ok(mk__tensor_span(tensor, "x", &span));
    assert_true(span.low == (uintptr_t)(data + low));
    assert_true(span.high == (uintptr_t)(data + high));
}

static void a_compact_tensor_covers_its_elements(void **state)
{
    DLTensor matrix = TENSOR(MK_FLOAT32, data, 4, 8);
    DLTensor scalar = { .data = data, .dtype = MK_FLOAT32 };

    (void)state;
    check_span(&matrix, 0, 32);
    check_span(&scalar, 0, 1);
}

static void strides_reach_over_gaps(void **state)
{
    DLTensor x = TENSOR(MK_FLOAT32, data, 3, 2);

    (void)state;
    x.strides = (int64_t[]){ 10, 2 };
    check_span(&x, 0, 2 * 10 + 2 + 1);
    x.strides = (int64_t[]){ 0, 1 };
    check_span(&x, 0, 2);
}

static void negative_strides_reach_back(void **state)
{
    DLTensor x = TENSOR(MK_FLOAT32, data + 40, 3, 2);

    (void)state;
    x.strides = (int64_t[]){ -10, 1 };
    check_span(&x, 40 - 20, 40 + 2);
    x.strides = (int64_t[]){ -10, -2 };
    check_span(&x, 40 - 22, 40 + 1);
}

static void the_byte_offset_moves_it(void **state)
{
    DLTensor x = TENSOR(MK_FLOAT32, data, 4);

    (void)state;
    x.byte_offset = 5 * sizeof(float);
    check_span(&x, 5, 9);
    assert_ptr_equal(mk__tensor_data(&x), &data[5]);
}

static void every_element_type_has_its_bytes(void **state)
{
    DLTensor x = TENSOR(MK_COMPLEX128, data, 2);
    DLTensor bits = TENSOR(MK_FLOAT32, data, 8);

    (void)state;
    check_span(&x, 0, 8);
    bits.dtype = (DLDataType){ kDLUInt, 1, 32 };
    check_span(&bits, 0, 8);
}

static void an_empty_tensor_covers_nothing(void **state)
{
    DLTensor x = TENSOR(MK_FLOAT32, NULL, 4, 0, INT64_MAX);
    struct mk__span span;

    (void)state;
    assert_ok(mk__tensor_span(&x, "x", &span));
    assert_true(span.low == span.high);
    x.strides = (int64_t[]){ INT64_MAX, INT64_MAX, INT64_MAX };
    assert_ok(mk__tensor_span(&x, "x", &span));
    assert_true(span.low == span.high);
}

static void check_refused(DLTensor *tensor, const char *part)
{
    struct mk__span span;

    assert_error(mk__tensor_span(tensor, "kernel: x", &span), MK_ERROR_ARGUMENT,
                 "kernel: x", part);
}

static void sizes_that_cannot_be_are_refused(void **state)
{
    DLTensor negative = TENSOR(MK_FLOAT32, data, 4, -8);
    DLTensor shapeless = TENSOR(MK_FLOAT32, data, 4);

    (void)state;
    check_refused(&negative, "dimension 1 has the negative size -8");
    shapeless.shape = NULL;
    check_refused(&shapeless, "shape is NULL");
}

static void sizes_that_overflow_are_refused(void **state)
{
    const int64_t big = INT64_C(1) << 40;
    DLTensor product = TENSOR(MK_FLOAT32, data, big, big);
    DLTensor bytes = TENSOR(MK_FLOAT64, data, INT64_MAX / 8);
    DLTensor forward = TENSOR(MK_FLOAT32, data, 3, 3);
    DLTensor back = TENSOR(MK_FLOAT32, data, 3, 3);
    DLTensor last = TENSOR(MK_INT8, data, INT64_MAX);

    (void)state;
    check_refused(&product, "overflow");
    check_refused(&bytes, "overflow");
    forward.strides = (int64_t[]){ INT64_MAX / 2, INT64_MAX / 2 };
    check_refused(&forward, "overflow");
    back.strides = (int64_t[]){ INT64_MIN / 2, INT64_MIN / 2 };
    check_refused(&back, "overflow");
    back.strides = (int64_t[]){ 1, INT64_MIN };
    check_refused(&back, "overflow");
    check_refused(&last, "overflow");
}

static void compact_means_row_major_without_gaps(void **state)
{
    DLTensor x = TENSOR(MK_FLOAT32, data, 4, 8);

    (void)state;
    assert_true(mk__tensor_compact(&x));
    x.strides = (int64_t[]){ 8, 1 };
    assert_true(mk__tensor_compact(&x));
    x.strides = (int64_t[]){ 9, 1 };
    assert_false(mk__tensor_compact(&x));
    x.strides = (int64_t[]){ 1, 4 };
    assert_false(mk__tensor_compact(&x));
    x.strides = (int64_t[]){ -8, 1 };
    assert_false(mk__tensor_compact(&x));
}

static void the_stride_of_a_single_row_does_not_matter(void **state)
{
    DLTensor x = TENSOR(MK_FLOAT32, data, 1, 8);

    (void)state;
    x.strides = (int64_t[]){ 1000, 1 };
    assert_true(mk__tensor_compact(&x));
}

static void an_empty_tensor_is_compact(void **state)
{
    const int64_t big = INT64_C(1) << 40;
    DLTensor x = TENSOR(MK_FLOAT32, NULL, 0, big, big);

    (void)state;
    x.strides = (int64_t[]){ 0, big, 1 };
    assert_true(mk__tensor_compact(&x));
}

/* ---- Runs ------------------------------------------------------------------ */

struct runs {
    char text[256];
    size_t most; /* stops after so many */
};

static bool note_run(void *context, ptrdiff_t at, size_t first, size_t count)
{
    struct runs *runs = context;
    size_t length = strlen(runs->text);

    (void)snprintf(runs->text + length, sizeof(runs->text) - length,
                   "%td:%zu+%zu ", at, first, count);
    return --runs->most > 0;
}

static void check_runs(const DLTensor *tensor, const char *expected)
{
    struct runs runs = { "", SIZE_MAX };

    assert_true(mk__tensor_runs(tensor, note_run, &runs));
    assert_string_equal(runs.text, expected);
}

static void runs_are_as_long_as_strides_allow(void **state)
{
    DLTensor x = TENSOR(MK_FLOAT32, data, 2, 3, 4);
    DLTensor one = TENSOR(MK_FLOAT32, data, 1);
    DLTensor empty = TENSOR(MK_FLOAT32, data, 2, 0, 4);

    (void)state;
    check_runs(&x, "0:0+24 ");
    x.strides = (int64_t[]){ 12, 4, 1 };
    check_runs(&x, "0:0+24 ");
    x.strides = (int64_t[]){ 20, 4, 1 };
    check_runs(&x, "0:0+12 80:12+12 ");
    x.strides = (int64_t[]){ -12, 4, 1 };
    check_runs(&x, "0:0+12 -48:12+12 ");
    x.shape = (int64_t[]){ 2, 1, 3 };
    x.strides = (int64_t[]){ 1, 99, 2 };
    check_runs(&x, "0:0+1 8:1+1 16:2+1 4:3+1 12:4+1 20:5+1 ");
    x.strides = (int64_t[]){ 0, 99, 1 };
    check_runs(&x, "0:0+3 0:3+3 ");
    check_runs(&one, "0:0+1 ");
    one.ndim = 0;
    check_runs(&one, "0:0+1 ");
    check_runs(&empty, "");
    empty.strides = (int64_t[]){ 4, 4, 2 };
    check_runs(&empty, "");
}

static void runs_end_when_told(void **state)
{
    DLTensor x = TENSOR(MK_INT8, data, 4, 2);
    struct runs runs = { "", 3 };

    (void)state;
    x.strides = (int64_t[]){ 3, 1 };
    assert_false(mk__tensor_runs(&x, note_run, &runs));
    assert_string_equal(runs.text, "0:0+2 3:2+2 6:4+2 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_compact_tensor_covers_its_elements),
        cmocka_unit_test(strides_reach_over_gaps),
        cmocka_unit_test(negative_strides_reach_back),
        cmocka_unit_test(the_byte_offset_moves_it),
        cmocka_unit_test(every_element_type_has_its_bytes),
        cmocka_unit_test(an_empty_tensor_covers_nothing),
        cmocka_unit_test(sizes_that_cannot_be_are_refused),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(compact_means_row_major_without_gaps),
        cmocka_unit_test(the_stride_of_a_single_row_does_not_matter),
        cmocka_unit_test(an_empty_tensor_is_compact),
        cmocka_unit_test(runs_are_as_long_as_strides_allow),
        cmocka_unit_test(runs_end_when_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

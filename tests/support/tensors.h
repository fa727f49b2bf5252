/* What many tests share: tensors, parameters, and assertions about errors.
 * Brings cmocka and the public API in. */
#ifndef MULTIKERNEL_TESTS_SUPPORT_TENSORS_H
#define MULTIKERNEL_TESTS_SUPPORT_TENSORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <multikernel/multikernel.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */

/* Initialises a compact DLTensor on the CPU; the sizes live as long as the block
 * it stands in: DLTensor x = TENSOR(MK_FLOAT32, data, 4, 8); */
#define TENSOR(element, memory, ...)                                           \
    {.data = (memory), .device = {kDLCPU, 0},                                  \
     .ndim = (int32_t)COUNT(((int64_t[]){__VA_ARGS__})), .dtype = element,     \
     .shape = (int64_t[]){__VA_ARGS__}}

/* Initialise an mk_param: float32 tensors, and an int64 scalar. */
#define PARAM_IN(name, rank)    {(name), MK_FLOAT32, (rank), MK_IN, 0}
#define PARAM_OUT(name, rank)   {(name), MK_FLOAT32, (rank), MK_OUT, 0}
#define PARAM_INOUT(name, rank) {(name), MK_FLOAT32, (rank), MK_INOUT, 0}
#define PARAM_I64(name)         {(name), MK_INT64, MK_SCALAR, MK_IN, 0}
#define PARAM_SIZE(name)        {(name), MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE}

/* Initialises an mk_signature from an array of mk_param. */
#define SIGNATURE(params)       {(params), COUNT(params)}

/* clang-format on */

/* Fails with the last error's message unless `status` is MK_OK. */
void assert_ok(int status);

/* Fails unless `part` occurs in `text`. */
void assert_contains(const char *text, const char *part);

/* Fails unless `status` and the last error's status are `expected` and the
 * error's message has all the parts. */
#define assert_error(status, expected, ...)                                    \
    assert_error_parts(status, expected, (const char *[]){ __VA_ARGS__, NULL })

void assert_error_parts(int status, mk_status expected,
                        const char *const *parts);

#endif

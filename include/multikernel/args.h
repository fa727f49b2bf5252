/* Arguments of a call: DLPack tensors and scalars.
 *
 * A tensor argument borrows its DLTensor, which must stay valid until the call
 * returns; its data, device, rank and element type are read at every call, so
 * an argument list may be built once and its tensors changed between calls.
 * `strides` count elements, may be NULL (row-major, compact), and are honoured,
 * as is `byte_offset` (bytes). */
#ifndef MULTIKERNEL_ARGS_H
#define MULTIKERNEL_ARGS_H

#include <stdint.h>

#include <dlpack/dlpack.h>

#include <multikernel/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Element types: the name in a definition file, in C, and in DLPack. */
#define MK_ELEMENT_LIST(X)                                                     \
    X(int8, INT8, int8_t, kDLInt, 8)                                           \
    X(int16, INT16, int16_t, kDLInt, 16)                                       \
    X(int32, INT32, int32_t, kDLInt, 32)                                       \
    X(int64, INT64, int64_t, kDLInt, 64)                                       \
    X(uint8, UINT8, uint8_t, kDLUInt, 8)                                       \
    X(uint16, UINT16, uint16_t, kDLUInt, 16)                                   \
    X(uint32, UINT32, uint32_t, kDLUInt, 32)                                   \
    X(uint64, UINT64, uint64_t, kDLUInt, 64)                                   \
    X(float16, FLOAT16, _Float16, kDLFloat, 16)                                \
    X(bfloat16, BFLOAT16, uint16_t, kDLBfloat, 16)                             \
    X(float32, FLOAT32, float, kDLFloat, 32)                                   \
    X(float64, FLOAT64, double, kDLFloat, 64)                                  \
    X(complex64, COMPLEX64, float _Complex, kDLComplex, 64)                    \
    X(complex128, COMPLEX128, double _Complex, kDLComplex, 128)

/* Initialisers for a DLDataType, one per element type above. */
/* clang-format off */
#define MK_INT8       {kDLInt, 8, 1}
#define MK_INT16      {kDLInt, 16, 1}
#define MK_INT32      {kDLInt, 32, 1}
#define MK_INT64      {kDLInt, 64, 1}
#define MK_UINT8      {kDLUInt, 8, 1}
#define MK_UINT16     {kDLUInt, 16, 1}
#define MK_UINT32     {kDLUInt, 32, 1}
#define MK_UINT64     {kDLUInt, 64, 1}
#define MK_FLOAT16    {kDLFloat, 16, 1}
#define MK_BFLOAT16   {kDLBfloat, 16, 1}
#define MK_FLOAT32    {kDLFloat, 32, 1}
#define MK_FLOAT64    {kDLFloat, 64, 1}
#define MK_COMPLEX64  {kDLComplex, 64, 1}
#define MK_COMPLEX128 {kDLComplex, 128, 1}
/* clang-format on */

/* A call takes at most this many arguments. */
#define MK_MAX_ARGS 64

typedef enum mk_arg_kind {
    MK_ARG_TENSOR = 0,
    MK_ARG_SCALAR = 1,
} mk_arg_kind;

/* One argument: 16 bytes, made by the functions below. */
typedef struct mk_arg {
    uint32_t kind;   /* mk_arg_kind */
    DLDataType type; /* of a scalar; all zero for a tensor */
    union {
        const DLTensor *tensor;
        int8_t i8;
        int16_t i16;
        int32_t i32;
        int64_t i64;
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
        uint64_t u64;
        float f32;
        double f64;
    } value;
} mk_arg;

/* A launch's stream or queue: the back end's own handle, read anew at every
 * call. Back ends that run on the CPU ignore it. */
typedef void *mk_stream;
#define MK_DEFAULT_STREAM ((mk_stream)0)

static inline mk_arg mk_tensor(const DLTensor *tensor)
{
    mk_arg arg;
    arg.kind = MK_ARG_TENSOR;
    arg.type.code = 0;
    arg.type.bits = 0;
    arg.type.lanes = 0;
    arg.value.tensor = tensor;
    return arg;
}

#define MK_SCALAR_CONSTRUCTOR(name, ctype, dlcode, dlbits)                     \
    static inline mk_arg mk_##name(ctype value)                                \
    {                                                                          \
        mk_arg arg;                                                            \
        arg.kind = MK_ARG_SCALAR;                                              \
        arg.type.code = (uint8_t)(dlcode);                                     \
        arg.type.bits = (uint8_t)(dlbits);                                     \
        arg.type.lanes = 1;                                                    \
        arg.value.u64 = 0;                                                     \
        arg.value.name = value;                                                \
        return arg;                                                            \
    }

MK_SCALAR_CONSTRUCTOR(i8, int8_t, kDLInt, 8)
MK_SCALAR_CONSTRUCTOR(i16, int16_t, kDLInt, 16)
MK_SCALAR_CONSTRUCTOR(i32, int32_t, kDLInt, 32)
MK_SCALAR_CONSTRUCTOR(i64, int64_t, kDLInt, 64)
MK_SCALAR_CONSTRUCTOR(u8, uint8_t, kDLUInt, 8)
MK_SCALAR_CONSTRUCTOR(u16, uint16_t, kDLUInt, 16)
MK_SCALAR_CONSTRUCTOR(u32, uint32_t, kDLUInt, 32)
MK_SCALAR_CONSTRUCTOR(u64, uint64_t, kDLUInt, 64)
MK_SCALAR_CONSTRUCTOR(f32, float, kDLFloat, 32)
MK_SCALAR_CONSTRUCTOR(f64, double, kDLFloat, 64)

#undef MK_SCALAR_CONSTRUCTOR

#ifdef __cplusplus
}
#endif

#endif

/* Arguments of a call: DLPack tensors and scalars.
 *
 * An argument is a snapshot: a tensor's data, element type, rank and device are
 * read when the argument is made, so that a call costs little more than passing
 * pointers. A tensor that changes needs a new argument. The DLTensor itself is
 * borrowed until the last call with the argument returns; its shape and strides
 * are read where a decision depends on them. `strides` count elements, may be
 * NULL (row-major, compact), and are honoured, as is `byte_offset` (bytes). */
#ifndef MULTIKERNEL_ARGS_H
#define MULTIKERNEL_ARGS_H

#include <stdint.h>
#include <string.h>

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

/* One argument, made by the functions below. */
typedef struct mk_arg {
    uint64_t what; /* kind, rank, device and element type, see mk_arg_what */
    union {
        void *data; /* a tensor's first element */
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
    const DLTensor *tensor; /* NULL for a scalar */
} mk_arg;

/* A launch's stream or queue: the back end's own handle, read anew at every
 * call. Back ends that run on the CPU ignore it. */
typedef void *mk_stream;
#define MK_DEFAULT_STREAM ((mk_stream)0)

/* A tensor of this rank says nothing by `what`: it is looked at. */
#define MK_RANK_UNTOLD 255

/* One word that is equal for arguments a parameter takes alike: a call compares
 * it, and looks closer where it differs. Rank and device are a tensor's, below
 * 128 and 256. */
static inline uint64_t mk_arg_what(mk_arg_kind kind, unsigned rank,
                                   unsigned device_type, unsigned device_id,
                                   DLDataType type)
{
    uint32_t bits;

    memcpy(&bits, &type, sizeof(bits));
    return (uint64_t)bits << 32 | (uint64_t)device_id << 24 |
           (uint64_t)device_type << 16 | (uint64_t)rank << 8 | (uint64_t)kind;
}

static inline mk_arg_kind mk_arg_kind_of(const mk_arg *arg)
{
    return (arg->what & 255) == MK_ARG_TENSOR ? MK_ARG_TENSOR : MK_ARG_SCALAR;
}

/* The scalar's type, or the tensor's element type. */
static inline DLDataType mk_arg_type_of(const mk_arg *arg)
{
    uint32_t bits = (uint32_t)(arg->what >> 32);
    DLDataType type;

    memcpy(&type, &bits, sizeof(type));
    return type;
}

/* What does not fit (no data, a device number of three digits), and what is
 * wrong, is left to the call to look at. */
static inline mk_arg mk_tensor(const DLTensor *tensor)
{
    mk_arg arg;

    arg.what = (uint64_t)MK_RANK_UNTOLD << 8 | (uint64_t)MK_ARG_TENSOR;
    arg.value.data = (void *)0;
    arg.tensor = tensor;
    if (tensor == (const DLTensor *)0 || tensor->data == (void *)0)
        return arg;
    arg.value.data = (char *)tensor->data + tensor->byte_offset;
    if ((uint32_t)tensor->ndim < 128 &&
        (uint32_t)tensor->device.device_type < 256 &&
        (uint32_t)tensor->device.device_id < 256)
        arg.what =
            mk_arg_what(MK_ARG_TENSOR, (unsigned)tensor->ndim,
                        (unsigned)tensor->device.device_type,
                        (unsigned)tensor->device.device_id, tensor->dtype);
    return arg;
}

#define MK_SCALAR_CONSTRUCTOR(name, ctype, dlcode, dlbits)                     \
    static inline mk_arg mk_##name(ctype value)                                \
    {                                                                          \
        DLDataType type;                                                       \
        mk_arg arg;                                                            \
        type.code = (uint8_t)(dlcode);                                         \
        type.bits = (uint8_t)(dlbits);                                         \
        type.lanes = 1;                                                        \
        arg.what = mk_arg_what(MK_ARG_SCALAR, 0, 0, 0, type);                  \
        arg.value.u64 = 0;                                                     \
        arg.value.name = value;                                                \
        arg.tensor = (const DLTensor *)0;                                      \
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

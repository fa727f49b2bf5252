/* The value of a scalar that is a size. */
#ifndef MULTIKERNEL_ARGS_SCALAR_SIZE_H
#define MULTIKERNEL_ARGS_SCALAR_SIZE_H

#include <stdbool.h>

#include <multikernel/args.h>

/* Sizes are integers; their bytes count, whatever their width. */
static inline int64_t mk__scalar_size(const mk_arg *arg)
{
    bool is_signed = mk_arg_type_of(arg).code == kDLInt;

    switch (mk_arg_type_of(arg).bits) {
    case 8:
        return is_signed ? arg->value.i8 : arg->value.u8;
    case 16:
        return is_signed ? arg->value.i16 : arg->value.u16;
    case 32:
        return is_signed ? arg->value.i32 : (int64_t)arg->value.u32;
    default:
        return arg->value.i64;
    }
}

#endif

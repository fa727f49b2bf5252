#include "define/scalar.h"

bool mk__scalar_set(mk_arg *arg, DLDataType type, int64_t value)
{
    int64_t half = (int64_t)1 << (type.bits - 2);
    int64_t most = half - 1 + half;

    if (type.code == kDLUInt && type.bits < 64)
        most = 2 * most + 1;
    if (type.code == kDLUInt && type.bits == 64)
        most = INT64_MAX;
    if (value > most || value < (type.code == kDLUInt ? 0 : -most - 1))
        return false;
    *arg = mk_i64(0);
    arg->what = mk_arg_what(MK_ARG_SCALAR, 0, 0, 0, type);
    switch (type.bits) {
    case 8:
        arg->value.u8 = (uint8_t)value;
        break;
    case 16:
        arg->value.u16 = (uint16_t)value;
        break;
    case 32:
        arg->value.u32 = (uint32_t)value;
        break;
    default:
        arg->value.i64 = value;
        break;
    }
    return true;
}

bool mk__scalar_load(const void *from, DLDataType type, int64_t *value)
{
    bool is_signed = type.code == kDLInt;

    switch (type.bits) {
    case 8:
        *value = is_signed ? *(const int8_t *)from : *(const uint8_t *)from;
        return true;
    case 16:
        *value = is_signed ? *(const int16_t *)from : *(const uint16_t *)from;
        return true;
    case 32:
        *value = is_signed ? *(const int32_t *)from
                           : (int64_t) * (const uint32_t *)from;
        return true;
    default:
        *value = *(const int64_t *)from;
        return is_signed || *value >= 0;
    }
}

bool mk__scalar_get(const mk_arg *arg, int64_t *value)
{
    DLDataType type = mk_arg_type_of(arg);

    return mk_arg_kind_of(arg) == MK_ARG_SCALAR &&
           mk__scalar_is_integer(type) &&
           mk__scalar_load(&arg->value, type, value);
}

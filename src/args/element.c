#include "args/element.h"

#include "args/tensor.h"

struct mk__element mk__element_of(DLDataType type)
{
    size_t bytes = mk__element_bytes(type);
    bool power = type.bits == 8 * bytes && bytes <= 8 &&
                 (bytes & (bytes - 1)) == 0 && type.lanes == 1;

    if (type.lanes == 1 && type.code == kDLFloat && type.bits == 16)
        return (struct mk__element){ MK__HALF, 1, 2 };
    if (type.lanes == 1 && type.code == kDLBfloat && type.bits == 16)
        return (struct mk__element){ MK__BFLOAT, 1, 2 };
    if (type.lanes == 1 && type.code == kDLFloat && type.bits == 32)
        return (struct mk__element){ MK__FLOAT, 1, 4 };
    if (type.lanes == 1 && type.code == kDLFloat && type.bits == 64)
        return (struct mk__element){ MK__DOUBLE, 1, 8 };
    if (type.lanes == 1 && type.code == kDLComplex && type.bits == 64)
        return (struct mk__element){ MK__FLOAT, 2, 4 };
    if (type.lanes == 1 && type.code == kDLComplex && type.bits == 128)
        return (struct mk__element){ MK__DOUBLE, 2, 8 };
    if (power && type.code == kDLInt)
        return (struct mk__element){ MK__SIGNED, 1, bytes };
    if (power && type.code == kDLUInt)
        return (struct mk__element){ MK__UNSIGNED, 1, bytes };
    return (struct mk__element){ MK__BYTES, 1, bytes };
}

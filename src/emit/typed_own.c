/* Scalars of a kernel's own, computed at every call (rule A5). */
#include "emit/typed.h"

#include <string.h>

#include "define/expression_ops.h"
#include "define/scalar.h"

bool mk__typed_divides_safely(const struct mk__expression *expression)
{
    for (size_t i = 1; i < expression->count; ++i) {
        const struct mk__op *op = &expression->ops[i];
        const struct mk__op *divisor = op - 1;
        int64_t one = 1;
        int64_t result;

        if (op->kind == MK__OP_APPLY && op->apply(one, 0, &result) != NULL &&
            divisor->kind != MK__OP_NAME &&
            !(divisor->kind == MK__OP_NUMBER && divisor->number > 0))
            return false;
    }
    return true;
}

int mk__typed_own(const char **argument, struct mk__arena *arena,
                  const struct mk__typed *typed, const struct mk__point *point,
                  const struct mk__own *own)
{
    DLDataType whole = MK_INT64;
    const struct mk__formula *value;
    mk_arg scalar;
    int status;

    if (!mk__typed_divides_safely(own->value.expression))
        return mk__json_error(own->value.at,
                              "emitted code computes this at every call: each "
                              "divisor must be a size, or a positive number");
    status = mk__typed_formula(&value, arena, typed, point, &own->value);
    if (status != MK_OK)
        return status;
    if (value->constant && !mk__scalar_set(&scalar, own->type, value->value))
        return mk__json_error(own->value.at,
                              "the value %lld does not fit the type",
                              (long long)value->value);
    *argument =
        value->constant || memcmp(&own->type, &whole, sizeof(whole)) == 0
            ? value->text
            : mk__write_text(arena, "(%s)(%s)",
                             mk__unit_type(own->type, false, MK_IN),
                             value->text);
    return *argument != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

#include "args/places.h"

#include "args/scalar_size.h"

bool mk__shape_places_all(struct mk__shape_places *places,
                          const struct mk__formals *formals)
{
    *places = (struct mk__shape_places){ 0 };
    for (size_t i = 0; i < formals->count; ++i) {
        const mk_param *param = &formals->params[i];

        if (param->intent == MK_WORKSPACE)
            continue;
        if (param->rank == MK_SCALAR && (param->flags & MK_PARAM_SIZE) != 0)
            places->scalars[places->scalar_count++] = (uint8_t)i;
        else if (param->rank == MK_ANY_RANK)
            places->any[places->any_count++] = (uint8_t)i;
        for (int d = 0; d < param->rank; ++d) {
            if (places->dimension_count == MK__MOST_WORDS)
                return false;
            places->dimensions[places->dimension_count].arg = (uint8_t)i;
            places->dimensions[places->dimension_count++].dimension =
                (uint8_t)d;
        }
    }
    return mk__shape_words(places) <= MK__MOST_WORDS;
}

static bool has_scalar(const struct mk__shape_places *places, size_t arg)
{
    bool has = false;

    for (size_t i = 0; i < places->scalar_count && !has; ++i)
        has = places->scalars[i] == arg;
    return has;
}

void mk__shape_places_take(struct mk__shape_places *places,
                           const mk_place *given, size_t count)
{
    *places = (struct mk__shape_places){ 0 };
    for (size_t i = 0; i < count; ++i) {
        size_t n = places->dimension_count;

        if (given[i].dimension == MK_PLACE_SCALAR) {
            /* There is room for every argument once. */
            if (!has_scalar(places, given[i].arg))
                places->scalars[places->scalar_count++] = (uint8_t)given[i].arg;
            continue;
        }
        places->dimensions[n].arg = (uint8_t)given[i].arg;
        places->dimensions[n].dimension = (uint8_t)given[i].dimension;
        places->dimension_count = n + 1;
    }
}

bool mk__shape_read_any(const struct mk__shape_places *places,
                        const mk_arg *args, int64_t *words)
{
    for (size_t i = 0; i < places->any_count; ++i) {
        const DLTensor *tensor = args[places->any[i]].tensor;

        if (tensor->ndim > MK__MOST_DIMENSIONS ||
            (tensor->ndim > 0 && tensor->shape == NULL))
            return false;
        *words++ = tensor->ndim;
        for (int d = 0; d < MK__MOST_DIMENSIONS; ++d)
            *words++ = d < tensor->ndim ? tensor->shape[d] : 0;
    }
    return true;
}

/* ---- Buckets ------------------------------------------------------------------ */

/* The bits of a size that say nothing about its bucket. */
static int64_t loose_bits(int64_t size, unsigned bits)
{
    unsigned length =
        size > 0 ? 64 - (unsigned)__builtin_clzll((unsigned long long)size) : 0;

    return length > bits ? ((int64_t)1 << (length - bits)) - 1 : 0;
}

int64_t mk__bucket_low(int64_t size, unsigned bits)
{
    return size & ~loose_bits(size, bits);
}

int64_t mk__bucket_high(int64_t size, unsigned bits)
{
    return size | loose_bits(size, bits);
}

bool mk__shape_read_bucket(const struct mk__shape_places *places,
                           const mk_arg *args, unsigned bits, int64_t *words)
{
    size_t count = mk__shape_words(places);

    if (!mk__shape_read(places, args, words))
        return false;
    for (size_t i = 0; i < count; ++i)
        words[i] =
            mk__bucket_low(i < places->scalar_count
                               ? mk__scalar_size(&args[places->scalars[i]])
                               : words[i],
                           bits);
    return true;
}

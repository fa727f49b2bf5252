/* The places of an argument list that tell a call's shapes, and what stands
 * there: a few words, equal for calls of the same shapes. */
#ifndef MULTIKERNEL_ARGS_PLACES_H
#define MULTIKERNEL_ARGS_PLACES_H

#include <stdbool.h>

#include <multikernel/shape.h>

#include "args/formals.h"

/* More words than any sensible argument list needs. */
#define MK__MOST_WORDS 128

/* A tensor of any rank takes one word for its rank, and so many for its sizes;
 * one of more dimensions is not told from others. */
#define MK__MOST_DIMENSIONS 8

/* The places, in the order of their words: scalars, dimensions of tensors whose
 * rank is fixed, tensors of any rank. */
struct mk__shape_places {
    size_t scalar_count;
    size_t dimension_count;
    size_t any_count;
    uint8_t scalars[MK_MAX_ARGS];
    struct {
        uint8_t arg;
        uint8_t dimension;
    } dimensions[MK__MOST_WORDS];
    uint8_t any[MK_MAX_ARGS];
};

/* Every dimension of every tensor that is no workspace, and every scalar that is
 * a size. False: these are too many. */
bool mk__shape_places_all(struct mk__shape_places *places,
                          const struct mk__formals *formals);

/* The places given, which were checked. */
void mk__shape_places_take(struct mk__shape_places *places,
                           const mk_place *given, size_t count);

static inline size_t mk__shape_words(const struct mk__shape_places *places)
{
    return places->scalar_count + places->dimension_count +
           places->any_count * (1 + MK__MOST_DIMENSIONS);
}

/* Reads the words of arguments that fit; false where they can't be told. A
 * scalar's word is its bits, whatever its type. */
bool mk__shape_read_any(const struct mk__shape_places *places,
                        const mk_arg *args, int64_t *words);
static inline bool mk__shape_read(const struct mk__shape_places *places,
                                  const mk_arg *args, int64_t *words)
{
    const size_t scalars = places->scalar_count;
    const size_t dimensions = places->dimension_count;

    for (size_t i = 0; i < scalars; ++i)
        words[i] = args[places->scalars[i]].value.i64;
    words += scalars;
    for (size_t i = 0; i < dimensions; ++i) {
        const int64_t *shape = args[places->dimensions[i].arg].tensor->shape;

        if (shape == NULL)
            return false;
        words[i] = shape[places->dimensions[i].dimension];
    }
    words += dimensions;
    return places->any_count == 0 || mk__shape_read_any(places, args, words);
}

/* Whether the words of arguments that fit are these, where all places are scalars. */
static inline bool
mk__shape_is_by_scalars(const struct mk__shape_places *places,
                        const mk_arg *args, const int64_t *words)
{
    const size_t scalars = places->scalar_count;
    int64_t differs = 0;

    for (size_t i = 0; i < scalars; ++i)
        differs |= args[places->scalars[i]].value.i64 ^ words[i];
    return differs == 0;
}

/* The same where no tensor is of any rank. */
static inline bool mk__shape_is(const struct mk__shape_places *places,
                                const mk_arg *args, const int64_t *words)
{
    const size_t dimensions = places->dimension_count;
    int64_t differs = 0;

    if (!mk__shape_is_by_scalars(places, args, words))
        return false;
    words += places->scalar_count;
    for (size_t i = 0; i < dimensions; ++i) {
        const int64_t *shape = args[places->dimensions[i].arg].tensor->shape;

        if (shape == NULL)
            return false;
        differs |= shape[places->dimensions[i].dimension] ^ words[i];
    }
    return differs == 0;
}

/* The smallest size that agrees with this one in its leading `bits` bits and in
 * its length, and the largest. */
int64_t mk__bucket_low(int64_t size, unsigned bits);
int64_t mk__bucket_high(int64_t size, unsigned bits);

/* The words of a call's bucket: those of the smallest sizes in it. */
bool mk__shape_read_bucket(const struct mk__shape_places *places,
                           const mk_arg *args, unsigned bits, int64_t *words);

#endif

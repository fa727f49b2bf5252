/* Choosing by shape: the options, and what is made of them. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/options.h"
#include "choose/by_shape.h"

/* By evidence: docs/performance.md. */
#define DEFAULT_NEAREST      8
#define DEFAULT_LEADING_BITS 3

#define DEFAULT_CAPACITY           1024
#define MOST_CAPACITY              65536
#define DEFAULT_TUNINGS_PER_MINUTE 60
#define DEFAULT_TUNING_MS          6000

static int check(const mk_multi *multi, const mk_by_shape *options)
{
    if (options->policy > MK_SHAPE_NEAREST_K)
        return mk__error(MK_ERROR_INVALID,
                         "%s: by_shape.policy is out of range", multi->name);
    if (options->hint_count == 0 && options->policy != MK_SHAPE_MEASURE)
        return mk__error(MK_ERROR_INVALID,
                         "%s: the policies nearest and nearest-k choose by "
                         "size hints, and there are none: give some, or take "
                         "the policy measure",
                         multi->name);
    if (options->nearest > MK__MOST_NEAREST)
        return mk__error(MK_ERROR_INVALID,
                         "%s: by_shape.nearest is %zu, expected at most %d",
                         multi->name, options->nearest, MK__MOST_NEAREST);
    if (options->capacity > MOST_CAPACITY)
        return mk__error(MK_ERROR_INVALID,
                         "%s: by_shape.capacity is %zu, expected at most %d",
                         multi->name, options->capacity, MOST_CAPACITY);
    if (options->leading_bits > 64)
        return mk__error(MK_ERROR_INVALID,
                         "%s: by_shape.leading_bits is %u, expected at most 64",
                         multi->name, options->leading_bits);
    if (!(options->tuning_ms_per_minute >= 0))
        return mk__error(MK_ERROR_INVALID,
                         "%s: by_shape.tuning_ms_per_minute must not be "
                         "negative",
                         multi->name);
    return MK_OK;
}

static int check_place(const mk_multi *multi, size_t i, const mk_place *place)
{
    const mk_param *param =
        place->arg < multi->all.count ? &multi->all.params[place->arg] : NULL;
    bool scalar = place->dimension == MK_PLACE_SCALAR;

    if (param != NULL && scalar && param->rank == MK_SCALAR &&
        (param->type.code == kDLInt || param->type.code == kDLUInt))
        return MK_OK;
    if (param != NULL && !scalar && place->dimension >= 0 &&
        place->dimension < param->rank)
        return MK_OK;
    if (param == NULL)
        return mk__error(MK_ERROR_INVALID,
                         "%s: by_shape.places[%zu] is argument %zu, but there "
                         "are %zu",
                         multi->name, i, place->arg, multi->all.count);
    return mk__error(MK_ERROR_INVALID,
                     "%s: by_shape.places[%zu]: %s has no dimension %d of a "
                     "fixed rank, and is no scalar of an integer type",
                     multi->name, i, param->name, place->dimension);
}

static int take_places(struct mk__by_shape *by, mk_multi *multi,
                       const mk_by_shape *options)
{
    size_t count = options->place_count;
    int status = MK_OK;

    if (count > 0 && options->places == NULL)
        return mk__error(MK_ERROR_INVALID,
                         "%s: by_shape.place_count is %zu, but there is no "
                         "list of places",
                         multi->name, count);
    if (count > MK__MOST_WORDS ||
        (options->places == NULL &&
         !mk__shape_places_all(&by->places, multi->formals)))
        return mk__error(MK_ERROR_INVALID,
                         "%s: more than %d sizes tell its shapes apart: name "
                         "those that vary in by_shape.places",
                         multi->name, MK__MOST_WORDS);
    if (options->places == NULL)
        return MK_OK;
    for (size_t i = 0; i < count && status == MK_OK; ++i)
        status = check_place(multi, i, &options->places[i]);
    if (status != MK_OK)
        return status;
    by->given = mk__arena_copy(&multi->arena, options->places,
                               count * sizeof(*by->given));
    if (by->given == NULL && count > 0)
        return MK_ERROR_NO_MEMORY;
    by->given_count = count;
    mk__shape_places_take(&by->places, options->places, count);
    return MK_OK;
}

static void take_numbers(struct mk__by_shape *by, const mk_by_shape *options)
{
    by->policy = options->policy;
    by->nearest = options->nearest > 0 ? options->nearest : DEFAULT_NEAREST;
    by->capacity = options->capacity > 0 ? options->capacity : DEFAULT_CAPACITY;
    by->leading_bits = options->leading_bits > 0 ? options->leading_bits
                                                 : DEFAULT_LEADING_BITS;
    by->tunings_per_minute = options->tunings_per_minute > 0
                                 ? options->tunings_per_minute
                                 : DEFAULT_TUNINGS_PER_MINUTE;
    by->tuning_ms_per_minute = options->tuning_ms_per_minute > 0
                                   ? options->tuning_ms_per_minute
                                   : DEFAULT_TUNING_MS;
    mk__allowance_init(&by->allowance, (double)by->tunings_per_minute,
                       by->tuning_ms_per_minute, mk__now_ns());
}

static int make_tables(struct mk__by_shape *by, const mk_multi *multi)
{
    size_t words =
        mk__shape_words(&by->places) + (multi->alignments != 0 ? 1 : 0);
    int status = mk__shapes_make(&by->table, by->capacity, words);

    by->last_unneeded = &by->unneeded;
    if (status == MK_OK) {
        by->chains = mk__calloc(by->capacity, sizeof(struct mk__bucket *));
        status = by->chains != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
    }
    return status;
}

int mk__by_shape_make(mk_multi *multi)
{
    mk_by_shape options = MK_BY_SHAPE_INIT;
    struct mk__by_shape *by;
    int status;

    if (multi->options.by_shape == NULL)
        return MK_OK;
    status = mk__options_copy(&options, sizeof(options),
                              multi->options.by_shape, "mk_by_shape");
    multi->options.by_shape = NULL; /* need not live on */
    if (status == MK_OK)
        status = check(multi, &options);
    if (status != MK_OK)
        return status;
    by = mk__arena_alloc(&multi->arena, 1, sizeof(*by));
    if (by == NULL)
        return MK_ERROR_NO_MEMORY;
    multi->by_shape = by;
    take_numbers(by, &options);
    status = mk__hints_take(by, multi, &options);
    if (status == MK_OK)
        status = take_places(by, multi, &options);
    return status == MK_OK ? make_tables(by, multi) : status;
}

void mk__by_shape_free(mk_multi *multi)
{
    if (multi->by_shape == NULL)
        return;
    mk__shapes_free(&multi->by_shape->table);
    free(multi->by_shape->chains);
}

static bool same_hints(const struct mk__by_shape *a,
                       const struct mk__by_shape *b)
{
    bool same = a->hint_count == b->hint_count;

    for (size_t h = 0; h < a->hint_count && same; ++h) {
        same = a->hints[h].kernel == b->hints[h].kernel;
        for (size_t i = 0; i < a->tensor_count && same; ++i) {
            const mk_shape *x = &a->hints[h].shapes[i];
            const mk_shape *y = &b->hints[h].shapes[i];

            same = x->rank == y->rank &&
                   (x->rank == 0 ||
                    memcmp(x->sizes, y->sizes, x->rank * sizeof(int64_t)) == 0);
        }
    }
    return same;
}

static bool same_places(const struct mk__by_shape *a,
                        const struct mk__by_shape *b)
{
    bool same = a->given_count == b->given_count;

    if (a->given == NULL || b->given == NULL)
        return a->given == b->given;
    for (size_t i = 0; i < a->given_count && same; ++i)
        same = a->given[i].arg == b->given[i].arg &&
               a->given[i].dimension == b->given[i].dimension;
    return same;
}

bool mk__by_shape_same(const mk_multi *a, const mk_multi *b)
{
    const struct mk__by_shape *x = a->by_shape;
    const struct mk__by_shape *y = b->by_shape;

    if (x == NULL || y == NULL)
        return x == y;
    return x->policy == y->policy && x->nearest == y->nearest &&
           x->capacity == y->capacity && x->leading_bits == y->leading_bits &&
           x->tunings_per_minute == y->tunings_per_minute &&
           x->tuning_ms_per_minute == y->tuning_ms_per_minute &&
           same_hints(x, y) && same_places(x, y);
}

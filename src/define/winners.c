#include "define/winners.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/str.h"

/* ---- Who may always run -------------------------------------------------------- */

/* Whether some calls may be refused, for their shapes or their memory. */
static bool asks_of_calls(const mk_definition *definition,
                          const struct mk__variant *variant)
{
    return variant->align_count > 0 || variant->sizes_text != NULL ||
           (variant->where.expression != NULL &&
            mk__term_size(&variant->where, definition, NULL) != NULL);
}

/* Of a variant that has not shown that it runs on this machine. */
static bool asks_nothing(const mk_definition *definition,
                         const struct mk__variant *variant)
{
    return variant->cpu_count == 0 && !asks_of_calls(definition, variant);
}

/* Adds a point that may run where no winner may: whoever calls with such a shape
 * wants a result. `winners->points` has room for one more. */
static int add_stand_by(struct mk__winners *winners,
                        const mk_definition *definition)
{
    const struct mk__variant *reference =
        &definition->variants[definition->reference];
    const struct mk__point *found = NULL;
    struct mk__point *all;
    size_t count;
    int status;

    for (size_t i = 0; i < winners->count; ++i)
        if (!asks_of_calls(definition, winners->points[i].variant))
            return MK_OK;
    status = mk__space_points(definition, NULL, &all, &count);
    if (status != MK_OK)
        return status;
    for (size_t i = count; i-- > 0;)
        if (asks_nothing(definition, all[i].variant) &&
            (found == NULL || found->variant != reference ||
             all[i].variant == reference))
            found = &all[i];
    if (found != NULL)
        winners->points[winners->count++] = *found;
    free(all);
    return MK_OK;
}

/* ---- Who won --------------------------------------------------------------------- */

/* In the order of the file: variants lie in one array. */
static int compare_points(const void *a, const void *b)
{
    const struct mk__point *one = a, *other = b;

    if (one->variant != other->variant)
        return one->variant < other->variant ? -1 : 1;
    if (one->combination != other->combination)
        return one->combination < other->combination ? -1 : 1;
    return 0;
}

static void sort(struct mk__winners *winners)
{
    qsort(winners->points, winners->count, sizeof(*winners->points),
          compare_points);
}

/* `won` is by hint. */
static int collect(struct mk__winners *winners, const mk_definition *definition,
                   const struct mk__point *won)
{
    size_t hints = definition->hint_count;
    size_t kept = 0;
    int status;

    winners->points = mk__calloc(hints + 1, sizeof(*winners->points));
    if (winners->points == NULL)
        return MK_ERROR_NO_MEMORY;
    for (; winners->count < hints; ++winners->count)
        winners->points[winners->count] = won[winners->count];
    sort(winners);
    for (size_t i = 0; i < hints; ++i)
        if (i == 0 || compare_points(&winners->points[i],
                                     &winners->points[kept - 1]) != 0)
            winners->points[kept++] = winners->points[i];
    winners->count = kept;
    status = add_stand_by(winners, definition);
    sort(winners);
    for (size_t h = 0; h < hints; ++h) {
        const struct mk__point *found =
            bsearch(&won[h], winners->points, winners->count, sizeof(*found),
                    compare_points);

        winners->by_hint[h] = (size_t)(found - winners->points);
    }
    return status;
}

/* "rows=64 cols=1024; rows=128 cols=1024": the hints that a point won. */
static int write_text(struct mk__winners *winners,
                      const mk_definition *definition, size_t point,
                      struct mk__arena *arena)
{
    struct mk__str text = MK__STR_INIT;
    bool failed;

    for (size_t h = 0; h < definition->hint_count; ++h)
        if (winners->by_hint[h] == point)
            mk__str_addf(&text, "%s%s", text.length > 0 ? "; " : "",
                         definition->hints[h].text);
    winners->texts[point] = mk__arena_strdup(arena, text.text);
    failed = text.failed || (text.length > 0 && winners->texts[point] == NULL);
    mk__str_free(&text);
    return failed ? MK_ERROR_NO_MEMORY : MK_OK;
}

static int find_at_hints(struct mk__winners *winners,
                         struct mk__contest *contest, struct mk__arena *arena)
{
    const mk_definition *definition = contest->definition;
    size_t hints = definition->hint_count;
    struct mk__point *won = mk__arena_alloc(arena, hints, sizeof(*won));
    int status = MK_OK;

    winners->by_hint = mk__arena_alloc(arena, hints, sizeof(size_t));
    winners->texts = mk__arena_alloc(arena, hints + 1, sizeof(char *));
    if (won == NULL || winners->by_hint == NULL || winners->texts == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t h = 0; h < hints && status == MK_OK; ++h) {
        contest->hint = h;
        status = mk__contest_hold(contest, &won[h]);
    }
    if (status == MK_OK)
        status = collect(winners, definition, won);
    for (size_t i = 0; i < winners->count && status == MK_OK; ++i)
        status = write_text(winners, definition, i, arena);
    return status;
}

int mk__winners_find(struct mk__winners *winners, struct mk__contest *contest,
                     struct mk__arena *arena)
{
    *winners = (struct mk__winners){ NULL, 0, NULL, NULL };
    if (contest->definition->hint_count > 0)
        return find_at_hints(winners, contest, arena);
    return mk__space_points(contest->definition, NULL, &winners->points,
                            &winners->count);
}

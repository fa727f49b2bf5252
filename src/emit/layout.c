#include "emit/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

static int too_large(int status)
{
    return status == MK_ERROR_DEFINITION
               ? mk__error(
                     MK_ERROR_DEFINITION,
                     "the program's buffers together take more bytes than "
                     "an address can count")
               : status;
}

/* sum += bytes, rounded up to the alignment. */
static int add_rounded(struct mk__arena *arena, const struct mk__formula **sum,
                       const struct mk__formula *bytes)
{
    struct mk__problem problem;
    const struct mk__formula *rounded;
    int status = mk__formula_round_up(&rounded, arena, bytes,
                                      MK__LAYOUT_ALIGNMENT, &problem);

    if (status == MK_OK)
        status = mk__formula_add(sum, arena, *sum, rounded, &problem);
    return status;
}

int mk__layout_separate(struct mk__layout *layout, const mk_program *program,
                        const struct mk__workspaces *workspaces)
{
    struct mk__arena *arena = &layout->arena;
    int status = mk__formula_number(&layout->separate, arena, 0);

    for (size_t i = 0; i < program->buffer_count && status == MK_OK; ++i)
        if (program->buffers[i].told.role == MK_ROLE_INTERMEDIATE &&
            program->buffers[i].first != MK__NO_CALL)
            status = add_rounded(arena, &layout->separate,
                                 program->buffers[i].bytes);
    for (size_t c = 0; c < program->call_count; ++c)
        for (size_t w = 0; w < workspaces[c].count && status == MK_OK; ++w)
            status = add_rounded(arena, &layout->separate,
                                 workspaces[c].list[w].bytes);
    return too_large(status);
}

static bool meet(const struct mk__piece *a, const struct mk__piece *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* ---- Constant sizes: from the largest down ------------------------------------- */

/* A piece that has its place. */
struct placed {
    int64_t begin;
    int64_t end;
    const struct mk__piece *piece;
};

static int64_t rounded(int64_t bytes)
{
    return (bytes + MK__LAYOUT_ALIGNMENT - 1) / MK__LAYOUT_ALIGNMENT *
           MK__LAYOUT_ALIGNMENT;
}

/* Larger ones first; of equal ones those that come to life first. */
static int compare(const void *left, const void *right)
{
    const struct mk__piece *a = *(struct mk__piece *const *)left;
    const struct mk__piece *b = *(struct mk__piece *const *)right;

    if (a->bytes->value != b->bytes->value)
        return a->bytes->value > b->bytes->value ? -1 : 1;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return a < b ? -1 : a > b; /* in one array, so that the order is the same
                                * everywhere */
}

/* The tightest gap that holds the piece, between those that live at the same time;
 * else behind the last of them. `placed` is sorted by place. */
static int64_t find_gap(const struct placed *placed, size_t count,
                        const struct mk__piece *piece)
{
    int64_t bytes = rounded(piece->bytes->value);
    int64_t behind = 0; /* of all so far that are in the way */
    int64_t best = -1;
    int64_t tightest = INT64_MAX;

    for (size_t i = 0; i < count; ++i) {
        int64_t gap = placed[i].begin - behind;

        if (!meet(placed[i].piece, piece))
            continue;
        if (gap >= bytes && gap < tightest) {
            best = behind;
            tightest = gap;
        }
        if (placed[i].end > behind)
            behind = placed[i].end;
    }
    return best >= 0 ? best : behind;
}

static void insert(struct placed *placed, size_t count, struct placed one)
{
    size_t i = count;

    for (; i > 0 && placed[i - 1].begin > one.begin; --i)
        placed[i] = placed[i - 1];
    placed[i] = one;
}

static int place_constant(struct mk__layout *layout, struct mk__piece *pieces,
                          size_t count)
{
    struct mk__piece **order =
        mk__arena_alloc(&layout->arena, count, sizeof(struct mk__piece *));
    struct placed *placed =
        mk__arena_alloc(&layout->arena, count, sizeof(*placed));
    int64_t bytes = 0;
    int status = MK_OK;

    if (order == NULL || placed == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < count; ++i)
        order[i] = &pieces[i];
    qsort(order, count, sizeof(*order), compare);
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        int64_t begin = find_gap(placed, i, order[i]);
        int64_t end = begin + rounded(order[i]->bytes->value);

        insert(placed, i, (struct placed){ begin, end, order[i] });
        bytes = end > bytes ? end : bytes;
        status = mk__formula_number(&order[i]->offset, &layout->arena, begin);
    }
    return status == MK_OK
               ? mk__formula_number(&layout->bytes, &layout->arena, bytes)
               : status;
}

/* ---- Open sizes: slots --------------------------------------------------------- */

struct slot {
    const struct mk__formula *bytes;
    size_t last; /* call in which its last piece is alive */
    const struct mk__formula *offset;
};

static int by_life(const void *left, const void *right)
{
    const struct mk__piece *a = *(struct mk__piece *const *)left;
    const struct mk__piece *b = *(struct mk__piece *const *)right;

    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* How well a piece fits into a slot that is free: as large, larger for certain,
 * smaller for certain, who knows. */
static int fitness(const struct slot *slot, const struct mk__piece *piece,
                   const struct mk__formula *largest)
{
    if (mk__formula_equal(slot->bytes, piece->bytes))
        return 4;
    if (mk__formula_equal(slot->bytes, largest))
        return 3;
    return mk__formula_equal(piece->bytes, largest) ? 2 : 1;
}

/* The free slot that fits best, the first of several; else a new one. */
static int find_slot(struct mk__arena *arena, struct slot *slots, size_t *count,
                     const struct mk__piece *piece, size_t *found)
{
    const struct mk__formula *bytes = piece->bytes;
    struct mk__problem problem;
    int best = 0;

    *found = *count;
    for (size_t i = 0; i < *count; ++i) {
        const struct mk__formula *largest;
        int fits;
        int status;

        if (slots[i].last >= piece->first)
            continue;
        status = mk__formula_max(&largest, arena, slots[i].bytes, piece->bytes,
                                 &problem);
        if (status != MK_OK)
            return status;
        fits = fitness(&slots[i], piece, largest);
        if (fits > best) {
            best = fits;
            bytes = largest;
            *found = i;
        }
    }
    slots[*found] = (struct slot){ bytes, piece->last, NULL };
    *count += *found == *count;
    return MK_OK;
}

static int place_open(struct mk__layout *layout, struct mk__piece *pieces,
                      size_t count)
{
    struct mk__arena *arena = &layout->arena;
    struct mk__piece **order =
        mk__arena_alloc(arena, count, sizeof(struct mk__piece *));
    struct slot *slots = mk__arena_alloc(arena, count, sizeof(*slots));
    size_t *slot_of = mk__arena_alloc(arena, count, sizeof(*slot_of));
    size_t slot_count = 0;
    int status = MK_OK;

    if (order == NULL || slots == NULL || slot_of == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < count; ++i)
        order[i] = &pieces[i];
    qsort(order, count, sizeof(*order), by_life);
    for (size_t i = 0; i < count && status == MK_OK; ++i)
        status = find_slot(arena, slots, &slot_count, order[i], &slot_of[i]);
    if (status == MK_OK)
        status = mk__formula_number(&layout->bytes, arena, 0);
    for (size_t i = 0; i < slot_count && status == MK_OK; ++i) {
        slots[i].offset = layout->bytes;
        status = add_rounded(arena, &layout->bytes, slots[i].bytes);
    }
    for (size_t i = 0; i < count && status == MK_OK; ++i)
        order[i]->offset = slots[slot_of[i]].offset;
    return status;
}

/* ---- All ------------------------------------------------------------------------ */

int mk__layout_place(struct mk__layout *layout, struct mk__piece *pieces,
                     size_t count)
{
    bool constant = true;

    for (size_t i = 0; i < count; ++i)
        constant = constant && pieces[i].bytes->constant;
    /* That all of them together can be counted is known from `separate`. */
    return too_large(constant ? place_constant(layout, pieces, count)
                              : place_open(layout, pieces, count));
}

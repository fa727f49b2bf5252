#include "define/launch.h"

#include <string.h>

/* What CUDA takes, whatever the device. */
#define MOST_THREADS  1024
#define MOST_CLUSTERS 16

static const struct {
    const char *key;
    enum mk__launch_place first;
    int64_t most[3];
} lists[] = {
    { "grid", MK__LAUNCH_GRID, { INT32_MAX, 65535, 65535 } },
    { "block", MK__LAUNCH_BLOCK, { MOST_THREADS, MOST_THREADS, 64 } },
    { "cluster",
      MK__LAUNCH_CLUSTER,
      { MOST_CLUSTERS, MOST_CLUSTERS, MOST_CLUSTERS } },
};

#define LISTS (sizeof(lists) / sizeof(lists[0]))

int64_t mk__launch_most(enum mk__launch_place place)
{
    return place == MK__LAUNCH_SHARED ? INT32_MAX
                                      : lists[place / 3].most[place % 3];
}

/* ---- Reading ------------------------------------------------------------------- */

static int read_term(mk_definition *definition, struct mk__variant *variant,
                     enum mk__launch_place place, const struct mk__json *at)
{
    int64_t number;
    int status = MK_OK;

    if (json_is_integer(at->value))
        status = mk__json_integer(at, mk__launch_least(place),
                                  mk__launch_most(place), &number);
    return status == MK_OK ? mk__term_read_known(&variant->launch[place],
                                                 definition, variant, at)
                           : status;
}

static int read_list(mk_definition *definition, struct mk__variant *variant,
                     size_t which, const struct mk__json *at)
{
    size_t count;
    int status = mk__json_array(at, &count);

    if (status == MK_OK && (count == 0 || count > 3))
        status = mk__json_error(at,
                                "expected 1 to 3 numbers or expressions, for "
                                "x, y and z, got %zu",
                                count);
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        struct mk__json element = mk__json_element(at, i);

        status = read_term(definition, variant,
                           (enum mk__launch_place)(lists[which].first + i),
                           &element);
    }
    return status;
}

int mk__definition_read_launch(mk_definition *definition,
                               struct mk__variant *variant,
                               const struct mk__json *at)
{
    struct mk__json shared = mk__json_member(at, "shared");
    struct mk__json cooperative = mk__json_member(at, "cooperative");
    bool triton = variant->language == MK__LANGUAGE_TRITON;
    mk_cuda_launch launch;
    int status = MK_OK;

    if (!mk__language_is_gpu(variant->language))
        return MK_OK;
    for (size_t i = 0; i < LISTS && status == MK_OK; ++i) {
        struct mk__json list = mk__json_member(at, lists[i].key);
        bool required = lists[i].first == MK__LAUNCH_GRID ||
                        (lists[i].first == MK__LAUNCH_BLOCK && !triton);

        if (list.value != NULL)
            status = read_list(definition, variant, i, &list);
        else if (required)
            status = mk__json_expected(&list, "an array");
    }
    if (status == MK_OK && shared.value != NULL)
        status = read_term(definition, variant, MK__LAUNCH_SHARED, &shared);
    if (status == MK_OK && cooperative.value != NULL)
        status = mk__json_boolean(&cooperative, &variant->cooperative);
    /* What depends on nothing is looked at before there are sizes. */
    if (status == MK_OK && variant->define_count == 0)
        status = mk__launch_at(&launch, definition,
                               &(struct mk__point){ variant, 0 }, NULL);
    return status;
}

/* ---- Values -------------------------------------------------------------------- */

void mk__launch_set(mk_cuda_launch *launch, enum mk__launch_place place,
                    int64_t value)
{
    uint32_t *const members[] = { launch->grid, launch->block,
                                  launch->cluster };

    if (place == MK__LAUNCH_SHARED)
        launch->shared_bytes = (uint32_t)value;
    else
        members[place / 3][place % 3] = (uint32_t)value;
}

static uint64_t product(const uint32_t *dimensions)
{
    return (uint64_t)dimensions[0] * dimensions[1] * dimensions[2];
}

/* Where the list stands that the term is in. */
static const struct mk__json *list_of(const struct mk__variant *variant,
                                      enum mk__launch_place first)
{
    return variant->launch[first].at->parent;
}

/* What the values must be together. */
static int check_together(const mk_cuda_launch *launch,
                          const struct mk__variant *variant, bool whole)
{
    uint64_t threads = product(launch->block);
    uint64_t blocks = product(launch->cluster);

    if (threads > MOST_THREADS)
        return mk__json_error(list_of(variant, MK__LAUNCH_BLOCK),
                              "%u x %u x %u are %llu threads, more than %d",
                              launch->block[0], launch->block[1],
                              launch->block[2], (unsigned long long)threads,
                              MOST_THREADS);
    if (blocks > MOST_CLUSTERS)
        return mk__json_error(list_of(variant, MK__LAUNCH_CLUSTER),
                              "%u x %u x %u are %llu blocks, more than %d",
                              launch->cluster[0], launch->cluster[1],
                              launch->cluster[2], (unsigned long long)blocks,
                              MOST_CLUSTERS);
    for (size_t i = 0; i < 3 && blocks > 0 && whole; ++i)
        if (launch->grid[i] % launch->cluster[i] != 0)
            return mk__json_error(list_of(variant, MK__LAUNCH_CLUSTER),
                                  "a grid of %u x %u x %u blocks is not made "
                                  "of whole clusters of %u x %u x %u",
                                  launch->grid[0], launch->grid[1],
                                  launch->grid[2], launch->cluster[0],
                                  launch->cluster[1], launch->cluster[2]);
    return MK_OK;
}

int mk__launch_at(mk_cuda_launch *launch, const mk_definition *definition,
                  const struct mk__point *point, const int64_t *sizes)
{
    const struct mk__variant *variant = point->variant;
    const struct mk__scope scope = { definition, sizes, variant,
                                     point->combination };
    uint32_t one = variant->launch[MK__LAUNCH_CLUSTER].expression != NULL;
    bool open[MK__LAUNCH_PLACES] = { false };
    bool whole = true;
    int status = MK_OK;

    *launch = (mk_cuda_launch){ .grid = { 1, 1, 1 },
                                .block = { 1, 1, 1 },
                                .cluster = { one, one, one },
                                .cooperative = variant->cooperative };
    for (size_t i = 0; i < MK__LAUNCH_PLACES && status == MK_OK; ++i) {
        enum mk__launch_place place = (enum mk__launch_place)i;
        const struct mk__term *term = &variant->launch[i];
        int64_t value;

        if (term->expression == NULL)
            continue;
        open[i] =
            sizes == NULL && mk__term_size(term, definition, NULL) != NULL;
        whole = whole && !open[i];
        if (open[i])
            continue;
        status = mk__term_value(term, &scope, mk__launch_least(place),
                                mk__launch_most(place), &value);
        if (status == MK_OK)
            mk__launch_set(launch, place, value);
    }
    /* Until it is set, a grid of one cluster. */
    for (size_t i = 0; i < 3; ++i)
        if (open[MK__LAUNCH_GRID + i] && one > 0)
            launch->grid[i] = launch->cluster[i];
    return status == MK_OK ? check_together(launch, variant, whole) : status;
}

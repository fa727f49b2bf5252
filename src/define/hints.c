/* Size hints: the sizes that the variants are tuned for, as lists by size, whose
 * grid is meant, or as a list of combinations and grids. What `where` excludes
 * is left out, and what is there already. */
#include "define/definition.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* One object of hints: the values it gives to sizes. */
struct grid {
    const struct mk__json *at;
    struct {
        size_t size; /* the definition's */
        size_t count;
        int64_t *values;
    } axes[MK__MAX_SIZES]; /* the first varies slowest */
    size_t count;
    struct mk__term where;
};

/* ---- Reading ------------------------------------------------------------------ */

static int unknown_size(const mk_definition *definition,
                        const struct mk__json *at)
{
    struct mk__str list = MK__STR_INIT;
    int status;

    mk__definition_list_sizes(&list, definition, "where", at->key);
    status = mk__json_error_key(at, "'%.40s' is no size%s", at->key,
                                list.text != NULL ? list.text : "");
    mk__str_free(&list);
    return status;
}

/* The key that is a restriction, unless a size has that name and a value. */
static bool is_where(const char *key, const json_t *value)
{
    return strcmp(key, "where") == 0 && json_is_string(value);
}

static int read_value(int64_t *values, size_t i, const struct mk__json *at)
{
    int status = mk__json_integer(at, 1, MK__SIZE_LIMIT - 1, &values[i]);

    for (size_t j = 0; j < i && status == MK_OK; ++j)
        if (values[j] == values[i])
            status = mk__json_error(at, "the value %lld is listed twice",
                                    (long long)values[i]);
    return status;
}

/* A list of values; or, where `single` ones will do, one. */
static int read_axis(mk_definition *definition, struct grid *grid,
                     const struct mk__json *at, bool single)
{
    size_t size = mk__definition_size(definition, at->key);
    size_t count = 1;
    int64_t *values;
    int status = MK_OK;

    if (size == definition->size_count)
        return unknown_size(definition, at);
    single = single && !json_is_array(at->value);
    if (single && !json_is_integer(at->value))
        return mk__json_expected(at, "an integer or a list of integers");
    if (!single)
        status = mk__json_array(at, &count);
    if (status != MK_OK)
        return status;
    if (count == 0)
        return mk__json_error(at, "the list of values is empty");
    values = mk__arena_alloc(&definition->arena, count, sizeof(*values));
    if (values == NULL)
        return MK_ERROR_NO_MEMORY;
    if (single)
        status = read_value(values, 0, at);
    for (size_t i = 0; i < count && !single && status == MK_OK; ++i) {
        struct mk__json element = mk__json_element(at, i);

        status = read_value(values, i, &element);
    }
    grid->axes[grid->count].size = size;
    grid->axes[grid->count].count = count;
    grid->axes[grid->count].values = values;
    ++grid->count;
    return status;
}

static bool names(const struct grid *grid, size_t size)
{
    for (size_t i = 0; i < grid->count; ++i)
        if (grid->axes[i].size == size)
            return true;
    return false;
}

/* Defaults stand for the sizes that the combinations do not name. */
static int read_where(mk_definition *definition, struct grid *grid)
{
    struct mk__json at = mk__json_member(grid->at, "where");
    int status;

    if (at.value == NULL || !is_where("where", at.value))
        return MK_OK;
    status = mk__term_read_known(&grid->where, definition, NULL, &at);
    if (status != MK_OK)
        return status;
    for (size_t i = 0; i < mk__expression_names(grid->where.expression); ++i) {
        size_t offset;
        const char *name =
            mk__expression_name(grid->where.expression, i, &offset);
        size_t size = mk__definition_size(definition, name);

        if (definition->sizes[size].value == 0 && !names(grid, size))
            return mk__json_error_in(&at, offset,
                                     "the size '%s' has no default, and these "
                                     "hints do not name it",
                                     name);
    }
    return MK_OK;
}

static int read_grid(mk_definition *definition, struct grid *grid,
                     const struct mk__json *at, bool single)
{
    const char *key;
    json_t *value;
    int status = mk__json_object(at);

    grid->at = at;
    grid->count = 0;
    grid->where = (struct mk__term){ NULL, NULL };
    if (status != MK_OK)
        return status;
    json_object_foreach (at->value, key, value) {
        struct mk__json one = mk__json_member(at, key);

        if (is_where(key, value))
            continue;
        if (strcmp(key, "where") == 0 &&
            mk__definition_size(definition, key) == definition->size_count)
            return mk__json_expected(&one, "an expression (a string)");
        status = read_axis(definition, grid, &one, single);
        if (status != MK_OK)
            return status;
    }
    if (grid->count == 0)
        return mk__json_error(at, single ? "the combination is empty"
                                         : "there are no hints in it");
    return read_where(definition, grid);
}

/* ---- Combinations ---------------------------------------------------------------- */

/* Whether the hint's sizes have these values. */
static bool is_at(const mk_definition *definition, const struct mk__hint *hint,
                  const int64_t *values)
{
    for (size_t i = 0; i < hint->count; ++i)
        if (values[mk__definition_size(definition, hint->sizes[i].name)] !=
            hint->sizes[i].value)
            return false;
    return true;
}

static bool is_there(const mk_definition *definition, const struct grid *grid,
                     const int64_t *values)
{
    for (size_t h = 0; h < definition->hint_count; ++h) {
        const struct mk__hint *hint = &definition->hints[h];
        bool same =
            hint->count == grid->count && is_at(definition, hint, values);

        for (size_t i = 0; i < hint->count && same; ++i)
            same = names(grid,
                         mk__definition_size(definition, hint->sizes[i].name));
        if (same)
            return true;
    }
    return false;
}

/* Adds a hint, its sizes in the definition's order: so it has one text, however
 * the file orders them. `definition->hints` has room. */
static int add_hint(mk_definition *definition, const struct grid *grid,
                    const int64_t *values)
{
    struct mk__hint *hint = &definition->hints[definition->hint_count];
    struct mk__str text = MK__STR_INIT;
    char *whole;

    hint->sizes =
        mk__arena_alloc(&definition->arena, grid->count, sizeof(*hint->sizes));
    if (hint->sizes == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < definition->size_count; ++i) {
        const char *name = definition->sizes[i].name;

        if (!names(grid, i))
            continue;
        mk__str_addf(&text, "%s%s=%lld", hint->count > 0 ? " " : "", name,
                     (long long)values[i]);
        hint->sizes[hint->count++] = (mk_size){ name, values[i] };
    }
    whole = mk__str_take(&text);
    hint->text = mk__arena_strdup(&definition->arena, whole);
    free(whole);
    if (hint->text == NULL)
        return MK_ERROR_NO_MEMORY;
    ++definition->hint_count;
    return MK_OK;
}

static size_t span(const struct grid *grid)
{
    size_t all = 1;

    for (size_t i = 0; i < grid->count; ++i)
        all *= grid->axes[i].count;
    return all;
}

static int add_grid(mk_definition *definition, const struct grid *grid)
{
    int64_t values[MK__MAX_SIZES] = { 0 };
    const struct mk__scope scope = { definition, values, NULL, 0 };
    bool any = false;

    for (size_t i = 0; i < definition->size_count; ++i)
        values[i] = definition->sizes[i].value;
    for (size_t c = 0; c < span(grid); ++c) {
        size_t rest = c;
        int64_t kept = 1;
        int status = MK_OK;

        for (size_t i = grid->count; i-- > 0;) {
            values[grid->axes[i].size] =
                grid->axes[i].values[rest % grid->axes[i].count];
            rest /= grid->axes[i].count;
        }
        if (grid->where.expression != NULL)
            status = mk__term_value(&grid->where, &scope, INT64_MIN, INT64_MAX,
                                    &kept);
        if (status == MK_OK && kept != 0 && !is_there(definition, grid, values))
            status = add_hint(definition, grid, values);
        if (status != MK_OK)
            return status;
        any = any || kept != 0;
    }
    if (!any)
        return mk__json_error(grid->where.at,
                              "\"%.60s\" excludes every combination",
                              json_string_value(grid->where.at->value));
    return MK_OK;
}

/* ---- All of them ------------------------------------------------------------------ */

/* How many combinations an object spans, or one more than there may be. */
static size_t count_combinations(json_t *object)
{
    const size_t most = MK__MAX_HINTS + 1;
    size_t all = 1;
    const char *key;
    json_t *value;

    json_object_foreach (object, key, value) {
        size_t count = json_array_size(value);

        if (count > most)
            count = most;
        if (count > 1)
            all *= count;
        if (all > most)
            all = most;
    }
    return all;
}

/* Makes room for the combinations of an object or a list of objects. */
static int make_room(mk_definition *definition, const struct mk__json *hints)
{
    size_t all = 0;

    if (json_is_object(hints->value))
        all = count_combinations(hints->value);
    for (size_t i = 0; i < json_array_size(hints->value); ++i) {
        all += count_combinations(json_array_get(hints->value, i));
        if (all > MK__MAX_HINTS)
            break;
    }
    if (all > MK__MAX_HINTS)
        return mk__json_error(hints, "more than %d combinations",
                              MK__MAX_HINTS);
    definition->hints =
        mk__arena_alloc(&definition->arena, all, sizeof(*definition->hints));
    return definition->hints != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

int mk__definition_read_hints(mk_definition *definition,
                              const struct mk__json *root)
{
    struct mk__json hints = mk__json_member(root, "size_hints");
    bool list = json_is_array(hints.value);
    struct grid grid;
    int status;

    if (hints.value == NULL)
        return MK_OK;
    if (!list && !json_is_object(hints.value))
        return mk__json_expected(&hints, "an object of lists or a list of "
                                         "objects");
    if (list && json_array_size(hints.value) == 0)
        return mk__json_error(&hints, "there are no hints in it");
    status = make_room(definition, &hints);
    if (!list && status == MK_OK)
        status = read_grid(definition, &grid, &hints, false);
    if (!list && status == MK_OK)
        status = add_grid(definition, &grid);
    for (size_t i = 0; i < json_array_size(hints.value) && status == MK_OK;
         ++i) {
        struct mk__json one = mk__json_element(&hints, i);

        status = read_grid(definition, &grid, &one, true);
        if (status == MK_OK)
            status = add_grid(definition, &grid);
    }
    return status;
}

/* ---- What can be asked of them ---------------------------------------------------- */

const char *mk__definition_hint_at(const mk_definition *definition,
                                   const int64_t *values)
{
    for (size_t i = 0; i < definition->hint_count; ++i)
        if (is_at(definition, &definition->hints[i], values))
            return definition->hints[i].text;
    return NULL;
}

size_t mk_definition_hint_count(const mk_definition *definition)
{
    return definition->hint_count;
}

const mk_size *mk_definition_hint(const mk_definition *definition, size_t i,
                                  size_t *count)
{
    if (i >= definition->hint_count) {
        *count = 0;
        return NULL;
    }
    *count = definition->hints[i].count;
    return definition->hints[i].sizes;
}

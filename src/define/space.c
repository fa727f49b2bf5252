#include "define/space.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/str.h"

const struct mk__choice *mk__space_choice(const struct mk__variant *variant,
                                          size_t combination, size_t define)
{
    const struct mk__define *defines = variant->defines;

    for (size_t d = variant->define_count - 1; d > define; --d)
        combination /= defines[d].count;
    return &defines[define].choices[combination % defines[define].count];
}

char *mk__space_name(const struct mk__point *point)
{
    const struct mk__variant *variant = point->variant;
    struct mk__str name = MK__STR_INIT;
    bool open = false;

    mk__str_add(&name, variant->name);
    for (size_t d = 0; d < variant->define_count; ++d) {
        if (!variant->defines[d].listed)
            continue;
        mk__str_addf(&name, "%s%s=%s", open ? "," : "[",
                     variant->defines[d].name,
                     mk__space_choice(variant, point->combination, d)->text);
        open = true;
    }
    if (open)
        mk__str_add(&name, "]");
    return mk__str_take(&name);
}

bool mk__space_find(const mk_definition *definition, const char *name,
                    const struct mk__variant **variant, size_t *combination)
{
    for (size_t v = 0; v < definition->variant_count; ++v) {
        const struct mk__variant *one = &definition->variants[v];
        size_t length = strlen(one->name);

        if (strncmp(one->name, name, length) != 0 ||
            (name[length] != '\0' && name[length] != '['))
            continue;
        for (size_t c = 0; c < one->combinations; ++c) {
            char *tried = mk__space_name(&(struct mk__point){ one, c });
            bool same = tried != NULL && strcmp(tried, name) == 0;

            free(tried);
            if (!same)
                continue;
            *variant = one;
            *combination = c;
            return true;
        }
    }
    return false;
}

/* ---- Sizes -------------------------------------------------------------------- */

static int unknown_size(const mk_definition *definition, const char *name)
{
    struct mk__str list = MK__STR_INIT;
    int status;

    mk__definition_list_sizes(&list, definition, NULL, name);
    status = mk__error(MK_ERROR_INVALID, "%s: there is no size '%.40s'%s",
                       definition->file.path, name,
                       list.text != NULL ? list.text : "");
    mk__str_free(&list);
    return status;
}

int mk__space_given(const mk_definition *definition, const mk_size *sizes,
                    size_t count, int64_t *values)
{
    bool given[MK__MAX_SIZES] = { false };

    for (size_t i = 0; i < definition->size_count; ++i)
        values[i] = definition->sizes[i].value;
    for (size_t i = 0; i < count; ++i) {
        size_t at = mk__definition_size(definition, sizes[i].name);

        if (at == definition->size_count)
            return unknown_size(definition, sizes[i].name);
        if (given[at])
            return mk__error(MK_ERROR_INVALID, "%s: size '%s' is given twice",
                             definition->file.path, sizes[i].name);
        if (sizes[i].value <= 0 || sizes[i].value >= MK__SIZE_LIMIT)
            return mk__error(MK_ERROR_INVALID,
                             "%s: size '%s' is %lld, expected 1 to 2^62 - 1",
                             definition->file.path, sizes[i].name,
                             (long long)sizes[i].value);
        given[at] = true;
        values[at] = sizes[i].value;
    }
    return MK_OK;
}

int mk__space_sizes(const mk_definition *definition, const mk_size *sizes,
                    size_t count, int64_t *values)
{
    int status = mk__space_given(definition, sizes, count, values);

    if (status != MK_OK)
        return status;
    for (size_t i = 0; i < definition->size_count; ++i)
        if (values[i] == 0)
            return mk__error(MK_ERROR_INVALID,
                             "%s: size '%s' has no default and was not given",
                             definition->file.path, definition->sizes[i].name);
    return MK_OK;
}

/* ---- Points ------------------------------------------------------------------- */

/* Adds those of one variant; `points` has room. */
static int add_points(const mk_definition *definition, const int64_t *sizes,
                      const struct mk__variant *variant,
                      struct mk__point *points, size_t *count)
{
    struct mk__scope scope = { definition, sizes, variant, 0 };
    int status = MK_OK;

    for (; scope.combination < variant->combinations; ++scope.combination) {
        int64_t kept = 1;

        if (variant->where.expression != NULL &&
            (sizes != NULL ||
             mk__term_size(&variant->where, definition, NULL) == NULL))
            status = mk__term_value(&variant->where, &scope, INT64_MIN,
                                    INT64_MAX, &kept);
        if (status != MK_OK)
            return status;
        if (kept != 0)
            points[(*count)++] =
                (struct mk__point){ variant, scope.combination };
    }
    return MK_OK;
}

/* Every variant has a `where` then. */
static int nothing_left(const mk_definition *definition, const int64_t *sizes)
{
    struct mk__str text = MK__STR_INIT;
    int status;

    for (size_t i = 0; sizes != NULL && i < definition->size_count; ++i)
        mk__str_addf(&text, "%s%s=%lld", i > 0 ? ", " : " at ",
                     definition->sizes[i].name, (long long)sizes[i]);
    mk__str_add(&text, ":");
    for (size_t i = 0; i < definition->variant_count; ++i)
        mk__str_addf(
            &text, "%s %s has \"where\": \"%.60s\"", i > 0 ? "," : "",
            definition->variants[i].name,
            json_string_value(definition->variants[i].where.at->value));
    status = mk__error(MK_ERROR_DEFINITION,
                       "%s: 'where' excludes every variant of %s%s",
                       definition->file.path, definition->name,
                       text.text != NULL ? text.text : "");
    mk__str_free(&text);
    return status;
}

int mk__space_points(const mk_definition *definition, const int64_t *sizes,
                     struct mk__point **points, size_t *count)
{
    size_t room = 0;
    int status = MK_OK;

    for (size_t i = 0; i < definition->variant_count; ++i)
        room += definition->variants[i].combinations;
    *count = 0;
    *points = mk__calloc(room, sizeof(**points));
    if (*points == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < definition->variant_count && status == MK_OK; ++i)
        status = add_points(definition, sizes, &definition->variants[i],
                            *points, count);
    if (status == MK_OK && *count == 0)
        status = nothing_left(definition, sizes);
    if (status != MK_OK) {
        free(*points);
        *points = NULL;
    }
    return status;
}

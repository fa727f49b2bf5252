/* Size hints: the sizes that the variants were tuned for, as lists by size
 * (their grid is meant) or as a list of combinations. */
#include "define/definition.h"

#include <stdlib.h>

#include "base/str.h"

static int read_size_name(const mk_definition *definition,
                          const struct mk__json *at)
{
    if (mk__definition_size(definition, at->key) < definition->size_count)
        return MK_OK;
    return mk__json_error_key(at, "'%.40s' is no size", at->key);
}

/* {"rows": [64, 1024]}: "rows=64,1024" */
static int read_grid(const mk_definition *definition, struct mk__str *text,
                     const struct mk__json *at)
{
    const char *key;
    json_t *value;

    json_object_foreach(at->value, key, value)
    {
        struct mk__json list = mk__json_member(at, key);
        size_t count;
        int status = read_size_name(definition, &list);

        if (status == MK_OK)
            status = mk__json_array(&list, &count);
        if (status != MK_OK)
            return status;
        if (count == 0)
            return mk__json_error(&list, "the list of values is empty");
        mk__str_addf(text, "%s%s=", text->length > 0 ? " " : "", key);
        for (size_t i = 0; i < count; ++i) {
            struct mk__json one = mk__json_element(&list, i);
            int64_t size;

            status = mk__json_integer(&one, 1, MK__SIZE_LIMIT - 1, &size);
            if (status != MK_OK)
                return status;
            mk__str_addf(text, "%s%lld", i > 0 ? "," : "", (long long)size);
        }
    }
    return MK_OK;
}

/* [{"rows": 64, "cols": 128}, ...]: "rows=64 cols=128; ..." */
static int read_combination(const mk_definition *definition,
                            struct mk__str *text, const struct mk__json *at)
{
    const char *separator = at->index > 0 ? "; " : "";
    const char *key;
    json_t *value;
    int status = mk__json_object(at);

    if (status != MK_OK)
        return status;
    if (json_object_size(at->value) == 0)
        return mk__json_error(at, "the combination is empty");
    json_object_foreach(at->value, key, value)
    {
        struct mk__json one = mk__json_member(at, key);
        int64_t size;

        status = read_size_name(definition, &one);
        if (status == MK_OK)
            status = mk__json_integer(&one, 1, MK__SIZE_LIMIT - 1, &size);
        if (status != MK_OK)
            return status;
        mk__str_addf(text, "%s%s=%lld", separator, key, (long long)size);
        separator = " ";
    }
    return MK_OK;
}

int mk__definition_read_hints(mk_definition *definition,
                              const struct mk__json *root)
{
    struct mk__json hints = mk__json_member(root, "size_hints");
    struct mk__str text = MK__STR_INIT;
    int status = MK_OK;

    if (hints.value == NULL)
        return MK_OK;
    if (json_is_object(hints.value))
        status = read_grid(definition, &text, &hints);
    else if (!json_is_array(hints.value))
        status = mk__json_expected(&hints, "an object of lists or a list of "
                                           "objects");
    for (size_t i = 0; i < json_array_size(hints.value) && status == MK_OK;
         ++i) {
        struct mk__json one = mk__json_element(&hints, i);

        status = read_combination(definition, &text, &one);
    }
    if (status == MK_OK && text.length == 0 && !text.failed)
        status = mk__json_error(&hints, "there are no hints in it");
    if (status == MK_OK) {
        char *whole = mk__str_take(&text);

        definition->size_hints = mk__arena_strdup(&definition->arena, whole);
        free(whole);
        if (definition->size_hints == NULL)
            status = MK_ERROR_NO_MEMORY;
    }
    mk__str_free(&text);
    return status;
}

/* Variants: their names, code, and how it is built. */
#include "define/definition.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* In the order of enum mk__language; those behind it are known by name only. */
static const char *const languages[] = { "c",   "shared-object", "cuda",
                                         "ptx", "cubin",         "opencl",
                                         NULL };

/* The variant's own value of a key, else the whole definition's. */
static struct mk__json inherited(const struct mk__json *variant,
                                 const struct mk__json *root, const char *key)
{
    return mk__json_has(variant, key) || !mk__json_has(root, key)
               ? mk__json_member(variant, key)
               : mk__json_member(root, key);
}

static int read_language(struct mk__variant *variant, const struct mk__json *at,
                         const struct mk__json *root)
{
    struct mk__json language = inherited(at, root, "language");
    size_t index;
    int status = mk__json_choice(&language, "language", languages, &index);

    if (status != MK_OK)
        return status;
    if (index >= MK__LANGUAGE_COUNT)
        return mk__json_error(&language,
                              "language '%s' is not in this build, which has "
                              "'c' and 'shared-object'",
                              languages[index]);
    variant->language = (enum mk__language)index;
    return MK_OK;
}

/* Keys that mean nothing to the variant's language are mistakes. */
static int check_language_keys(const struct mk__variant *variant,
                               const struct mk__json *at)
{
    static const char *const of_gpus[] = { "grid", "block", "shared", NULL };
    static const char *const of_c[] = { "flags", "defines", "compiler", NULL };

    for (size_t i = 0; of_gpus[i] != NULL; ++i) {
        struct mk__json key = mk__json_member(at, of_gpus[i]);

        if (key.value != NULL)
            return mk__json_error_key(&key,
                                      "belongs to the GPU languages (cuda, "
                                      "ptx, cubin, opencl); this variant's "
                                      "language is '%s'",
                                      languages[variant->language]);
    }
    for (size_t i = 0; of_c[i] != NULL; ++i) {
        struct mk__json key = mk__json_member(at, of_c[i]);

        if (key.value != NULL && variant->language == MK__LANGUAGE_OBJECT)
            return mk__json_error_key(&key,
                                      "means nothing to language '%s', "
                                      "whose code is built already",
                                      languages[variant->language]);
    }
    return MK_OK;
}

static int read_source(mk_definition *definition, struct mk__variant *variant,
                       const struct mk__json *at, const struct mk__json *root)
{
    struct mk__json source = inherited(at, root, "source");
    const char *name;
    char *path;
    int status = mk__json_string(&source, &name);

    if (status != MK_OK)
        return status;
    path = mk__path_beside(definition->file.path, name);
    variant->source = mk__arena_strdup(&definition->arena, path);
    free(path);
    if (variant->source == NULL)
        return MK_ERROR_NO_MEMORY;
    if (name[0] == '\0' || !mk__file_exists(variant->source))
        return mk__json_error(&source, "there is no file %s", variant->source);
    return MK_OK;
}

static int read_flags(mk_definition *definition, struct mk__variant *variant,
                      const struct mk__json *at, const struct mk__json *root)
{
    struct mk__json flags = inherited(at, root, "flags");
    const char **list;
    int status;

    if (flags.value == NULL || variant->language != MK__LANGUAGE_C)
        return MK_OK;
    status = mk__json_strings(&flags, &list, &variant->flag_count);
    if (status == MK_OK) {
        /* One more: an empty list of flags differs from none given. */
        variant->flags = mk__arena_alloc(
            &definition->arena, variant->flag_count + 1, sizeof(*list));
        if (variant->flags == NULL)
            status = MK_ERROR_NO_MEMORY;
        else if (variant->flag_count > 0)
            memcpy(variant->flags, list, variant->flag_count * sizeof(*list));
    }
    free(list);
    return status;
}

/* Optional strings that say something of the code. */
static int read_words(struct mk__variant *variant, const struct mk__json *at,
                      const struct mk__json *root)
{
    const struct {
        const char *key;
        const char **text;
    } words[] = { { "compiler", &variant->compiler },
                  { "metadata", &variant->metadata },
                  { "reduction_hint", &variant->reduction_hint } };
    int status = MK_OK;

    for (size_t i = 0; i < 3 && status == MK_OK; ++i) {
        struct mk__json word = inherited(at, root, words[i].key);

        if (word.value == NULL)
            continue;
        status = mk__json_string(&word, words[i].text);
        if (status == MK_OK && (*words[i].text)[0] == '\0')
            status = mk__json_error(&word, "the string is empty");
    }
    return status;
}

/* Names appear in picks and options (`A=NAME,B=NAME`, an index `2`). */
static int read_name(const mk_definition *definition,
                     struct mk__variant *variant, const struct mk__json *at)
{
    struct mk__json name = mk__json_member(at, "name");
    int status = mk__definition_read_name(&name, &variant->name);

    if (status != MK_OK)
        return status;
    for (size_t i = 0; i < definition->variant_count; ++i)
        if (strcmp(definition->variants[i].name, variant->name) == 0)
            return mk__json_error(&name, "variants[%zu] has the name '%s' too",
                                  i, variant->name);
    return MK_OK;
}

static int read_variant(mk_definition *definition, struct mk__variant *variant,
                        const struct mk__json *at, const struct mk__json *root)
{
    static const char *const keys[] = {
        "name",      "entry",    "language", "source",
        "flags",     "defines",  "where",    "params",
        "workspace", "inplace",  "removed",  "inplaced_removed",
        "requires",  "compiler", "metadata", "reduction_hint",
        "grid",      "block",    "shared",   "own",
        NULL
    };
    struct mk__json entry = mk__json_member(at, "entry");
    struct mk__json where = mk__json_member(at, "where");
    const char *text;
    int status = mk__json_keys(at, keys);

    if (status == MK_OK)
        status = read_name(definition, variant, at);
    if (status == MK_OK)
        status = read_language(variant, at, root);
    if (status == MK_OK)
        status = check_language_keys(variant, at);
    if (status == MK_OK)
        status = mk__json_string(&entry, &variant->entry);
    if (status == MK_OK && !mk__expression_is_identifier(variant->entry))
        status = mk__json_expected(&entry, "the name of a function");
    if (status == MK_OK)
        status = read_source(definition, variant, at, root);
    if (status == MK_OK)
        status = read_flags(definition, variant, at, root);
    if (status == MK_OK)
        status = read_words(variant, at, root);
    if (status == MK_OK)
        status = mk__definition_read_defines(definition, variant, at);
    if (status == MK_OK)
        status = mk__definition_read_traits(definition, variant, at);
    if (status == MK_OK && where.value != NULL)
        status = mk__json_string(&where, &text);
    if (status == MK_OK && where.value != NULL)
        status =
            mk__term_read_known(&variant->where, definition, variant, &where);
    return status;
}

static const char *const backends[] = { "source", "object" };

int mk__definition_read_variants(mk_definition *definition,
                                 const struct mk__json *root)
{
    struct mk__json variants = mk__json_member(root, "variants");
    size_t count;
    int status = mk__json_array(&variants, &count);

    if (status != MK_OK)
        return status;
    if (count == 0 || count > MK__MAX_VARIANTS)
        return mk__json_error(&variants, "expected 1 to %d variants, got %zu",
                              MK__MAX_VARIANTS, count);
    definition->variants = mk__arena_alloc(&definition->arena, count,
                                           sizeof(*definition->variants));
    if (definition->variants == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        struct mk__json at = mk__json_element(&variants, i);

        status = read_variant(definition, &definition->variants[i], &at, root);
        definition->variant_count += status == MK_OK;
    }
    if (status == MK_OK)
        definition->backend = backends[definition->variants[0].language];
    return status;
}

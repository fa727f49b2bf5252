/* Variants: their names, code, and how it is built. */
#include "define/definition.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* In the order of enum mk__language; those behind it are known by name only. */
static const char *const languages[] = {
    "c", "shared-object", "cuda", "ptx", "cubin", "triton", "opencl", NULL
};

static const char built[] = "whose code is built already";

/* What there is to say of a language. */
static const struct {
    const char *backend;
    /* Keys of a variant that mean nothing to it, and why; NULL: none. */
    const char *const *strangers;
    const char *why;
    bool flags; /* it has them */
} traits[MK__LANGUAGE_COUNT] = {
    [MK__LANGUAGE_C] = { "source", NULL, NULL, true },
    [MK__LANGUAGE_OBJECT] = { "object",
                              (const char *const[]){ "flags", "defines",
                                                     "compiler", NULL },
                              built, false },
    [MK__LANGUAGE_CUDA] = { "cuda", (const char *const[]){ "compiler", NULL },
                            "whose compiler is NVRTC", true },
    [MK__LANGUAGE_PTX] = { "cuda",
                           (const char *const[]){ "flags", "compiler", NULL },
                           built, false },
    [MK__LANGUAGE_CUBIN] = { "cuda",
                             (const char *const[]){ "flags", "compiler", NULL },
                             built, false },
    [MK__LANGUAGE_TRITON] = { "cuda",
                              (const char *const[]){
                                  "flags", "compiler", "entry", "block",
                                  "cluster", "shared", "cooperative", NULL },
                              "whose metadata tell all but the grid", false },
};

/* The variant's own value of a key, else the whole definition's. */
static struct mk__json inherited(const struct mk__json *variant,
                                 const struct mk__json *root, const char *key)
{
    return mk__json_has(variant, key) || !mk__json_has(root, key)
               ? mk__json_member(variant, key)
               : mk__json_member(root, key);
}

/* A call's arguments lie on one device. */
static int check_device(const mk_definition *definition,
                        const struct mk__variant *variant,
                        const struct mk__json *at)
{
    const struct mk__variant *first = &definition->variants[0];
    bool gpu = mk__language_is_gpu(variant->language);

    if (gpu == mk__language_is_gpu(first->language))
        return MK_OK;
    return mk__json_error(at,
                          "'%s' runs on the %s, but %s ('%s') on the %s; all "
                          "variants of a definition run on one device",
                          languages[variant->language], gpu ? "GPU" : "CPU",
                          first->name, languages[first->language],
                          gpu ? "CPU" : "GPU");
}

static int read_language(const mk_definition *definition,
                         struct mk__variant *variant, const struct mk__json *at,
                         const struct mk__json *root)
{
    struct mk__json language = inherited(at, root, "language");
    size_t index;
    int status = mk__json_choice(&language, "language", languages, &index);

    if (status != MK_OK)
        return status;
    if (index >= MK__LANGUAGE_COUNT)
        return mk__json_error(&language, "language '%s' is not in this build",
                              languages[index]);
    variant->language = (enum mk__language)index;
    return check_device(definition, variant, &language);
}

/* Keys that mean nothing to the variant's language are mistakes. */
static int check_language_keys(const struct mk__variant *variant,
                               const struct mk__json *at)
{
    static const char *const of_gpus[] = { "grid",   "block",       "cluster",
                                           "shared", "cooperative", NULL };
    const char *const *strangers = traits[variant->language].strangers;
    bool gpu = mk__language_is_gpu(variant->language);

    for (size_t i = 0; !gpu && of_gpus[i] != NULL; ++i) {
        struct mk__json key = mk__json_member(at, of_gpus[i]);

        if (key.value != NULL)
            return mk__json_error_key(&key,
                                      "belongs to the GPU languages (cuda, "
                                      "ptx, cubin, triton); this variant's "
                                      "language is '%s'",
                                      languages[variant->language]);
    }
    for (size_t i = 0; strangers != NULL && strangers[i] != NULL; ++i) {
        struct mk__json key = mk__json_member(at, strangers[i]);

        if (key.value != NULL)
            return mk__json_error_key(
                &key, "means nothing to language '%s', %s",
                languages[variant->language], traits[variant->language].why);
    }
    return MK_OK;
}

/* Whether it may be the name of a kernel in C++, with the arguments of its
 * template if it is one: "norms::rows<256, float>". NVRTC knows. */
static bool is_cpp_name(const char *text)
{
    for (const char *c = text; *c != '\0'; ++c)
        if ((unsigned char)*c >= 0x80 || !isprint((unsigned char)*c))
            return false;
    return isalpha((unsigned char)text[0]) || text[0] == '_' || text[0] == ':';
}

static bool is_symbol(const char *text)
{
    for (const char *c = text; *c != '\0'; ++c)
        if ((unsigned char)*c >= 0x80 ||
            (!isalnum((unsigned char)*c) && strchr("_.$", *c) == NULL))
            return false;
    return text[0] != '\0' && !isdigit((unsigned char)text[0]);
}

/* What a language calls the code to run; Triton's metadata tell it. */
static int read_entry(struct mk__variant *variant, const struct mk__json *at)
{
    struct mk__json entry = mk__json_member(at, "entry");
    bool gpu = mk__language_is_gpu(variant->language);
    int status;

    if (variant->language == MK__LANGUAGE_TRITON)
        return MK_OK;
    status = mk__json_string(&entry, &variant->entry);
    if (status == MK_OK && !gpu &&
        !mk__expression_is_identifier(variant->entry))
        status = mk__json_expected(&entry, "the name of a function");
    if (status == MK_OK && variant->language == MK__LANGUAGE_CUDA &&
        !is_cpp_name(variant->entry))
        status = mk__json_expected(
            &entry, "the name of a kernel, such as \"softmax\" or "
                    "\"norms::rows<256, float>\"");
    if (status == MK_OK && gpu && variant->language != MK__LANGUAGE_CUDA &&
        !is_symbol(variant->entry))
        status = mk__json_expected(
            &entry, "a symbol as the code has it: letters, digits, _ . and $");
    return status;
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

    if (flags.value == NULL || !traits[variant->language].flags)
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
        "name",        "entry",    "language", "source",
        "flags",       "defines",  "where",    "params",
        "workspace",   "inplace",  "removed",  "inplaced_removed",
        "requires",    "compiler", "metadata", "reduction_hint",
        "grid",        "block",    "cluster",  "shared",
        "cooperative", "own",      NULL
    };
    struct mk__json where = mk__json_member(at, "where");
    const char *text;
    int status = mk__json_keys(at, keys);

    if (status == MK_OK)
        status = read_name(definition, variant, at);
    if (status == MK_OK)
        status = read_language(definition, variant, at, root);
    if (status == MK_OK)
        status = check_language_keys(variant, at);
    if (status == MK_OK)
        status = read_entry(variant, at);
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
    if (status == MK_OK)
        status = mk__definition_read_launch(definition, variant, at);
    if (status == MK_OK && where.value != NULL)
        status = mk__json_string(&where, &text);
    if (status == MK_OK && where.value != NULL)
        status =
            mk__term_read_known(&variant->where, definition, variant, &where);
    return status;
}

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
        definition->backend = traits[definition->variants[0].language].backend;
    return status;
}

/* Files of recorded choices:
 *
 *   {"multikernel": 1, "cpu": ["avx", "avx2", "sse2"],
 *    "choices": {"softmax": {"kernel": "online", "index": 1}}}
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "choose/record.h"
#include "define/json.h"

/* Of the file's form. */
#define FORMAT 1

/* More kernels than any multi-kernel has. */
#define MOST_KERNELS 100000

/* ---- Writing ---------------------------------------------------------------- */

/* Adds a choice; takes nothing over. False without memory, or for a name that
 * JSON can't hold. */
static bool add_choice(json_t *object, const mk_choice *choice)
{
    json_t *entry =
        json_pack("{s:s, s:I, s:s*}", "kernel", choice->kernel, "index",
                  (json_int_t)choice->index, "rival", choice->rival);

    return json_object_set_new(object, choice->multi, entry) == 0;
}

/* Adds the choices to the file's object. */
static int add_choices(json_t *file, const mk_choices *choices,
                       const char *path)
{
    json_t *object = json_object();

    if (json_object_set_new(file, "choices", object) != 0)
        return mk__error(MK_ERROR_NO_MEMORY, "no memory to write %s", path);
    for (size_t i = 0; i < mk_choices_count(choices); ++i) {
        const mk_choice *choice = mk_choices_at(choices, i);

        if (!add_choice(object, choice))
            return mk__error(MK_ERROR_INVALID,
                             "%s: the choice of '%s' can't be written: a name "
                             "is not UTF-8, or memory is out",
                             path, choice->multi);
    }
    return MK_OK;
}

/* Adds the CPU features, if they are known. */
static int add_features(json_t *file, const mk_choices *choices,
                        const char *path)
{
    size_t count;
    const char *const *features = mk_choices_features(choices, &count);
    json_t *list;

    if (count == 0)
        return MK_OK;
    list = json_array();
    if (json_object_set_new(file, "cpu", list) != 0)
        return mk__error(MK_ERROR_NO_MEMORY, "no memory to write %s", path);
    for (size_t i = 0; i < count; ++i)
        if (json_array_append_new(list, json_string(features[i])) != 0)
            return mk__error(MK_ERROR_INVALID,
                             "%s: the CPU feature '%s' can't be written: it is "
                             "not UTF-8, or memory is out",
                             path, features[i]);
    return MK_OK;
}

int mk_choices_save(const mk_choices *choices, const char *path)
{
    json_t *file = json_pack("{s:i}", "multikernel", FORMAT);
    char *text = NULL, *lines = NULL;
    int status = add_features(file, choices, path);

    if (status == MK_OK)
        status = add_choices(file, choices, path);
    if (status != MK_OK)
        goto done;
    text = json_dumps(file, JSON_INDENT(2));
    lines = text != NULL ? mk__format("%s\n", text) : NULL;
    if (lines != NULL)
        status = mk__file_write(path, lines, strlen(lines));
    else
        status = mk__error(MK_ERROR_NO_MEMORY, "no memory to write %s", path);

done:
    free(lines);
    free(text);
    json_decref(file);
    return status;
}

/* ---- Reading ---------------------------------------------------------------- */

static int read_choice(const struct mk__json *at, mk_choices *choices)
{
    static const char *const known[] = { "kernel", "index", "rival", NULL };
    struct mk__json kernel = mk__json_member(at, "kernel");
    struct mk__json index = mk__json_member(at, "index");
    struct mk__json rival = mk__json_member(at, "rival");
    const char *kernel_name, *rival_name = NULL;
    int64_t number = 0;
    int status = mk__json_keys(at, known);

    if (status == MK_OK)
        status = mk__json_string(&kernel, &kernel_name);
    if (status == MK_OK)
        status = mk__json_integer(&index, 0, MOST_KERNELS - 1, &number);
    if (status == MK_OK && rival.value != NULL)
        status = mk__json_string(&rival, &rival_name);
    if (status == MK_OK)
        status = mk_choices_set(choices, at->key, kernel_name, (size_t)number);
    if (status == MK_OK && rival_name != NULL)
        status = mk__choices_rival(choices, at->key, rival_name);
    return status;
}

static int read_format(const struct mk__json *root)
{
    struct mk__json format = mk__json_member(root, "multikernel");
    int64_t version;
    int status = mk__json_integer(&format, 0, INT64_MAX, &version);

    if (status == MK_OK && version != FORMAT)
        status =
            mk__json_error(&format, "the format's version is %lld, expected %d",
                           (long long)version, FORMAT);
    return status;
}

static int read_features(const struct mk__json *root, mk_choices *choices)
{
    struct mk__json at = mk__json_member(root, "cpu");
    const char **list;
    size_t count = 0;
    int status;

    if (at.value == NULL)
        return MK_OK;
    status = mk__json_strings(&at, &list, &count);
    for (size_t i = 0; status == MK_OK && i < count; ++i) {
        struct mk__json element = mk__json_element(&at, i);

        if (list[i][0] == '\0')
            status = mk__json_expected(&element, "a feature of the CPU");
    }
    if (status == MK_OK)
        status = mk_choices_set_features(choices, list, count);
    free(list);
    return status;
}

static int read_file(const struct mk__json_file *file, mk_choices *choices)
{
    static const char *const known[] = { "multikernel", "cpu", "choices",
                                         NULL };
    struct mk__json root = mk__json_root(file);
    struct mk__json all = mk__json_member(&root, "choices");
    const char *name;
    json_t *value;
    int status = mk__json_object(&root);

    /* Before the keys: another version may have others. */
    if (status == MK_OK)
        status = read_format(&root);
    if (status == MK_OK)
        status = mk__json_keys(&root, known);
    if (status == MK_OK)
        status = read_features(&root, choices);
    if (status == MK_OK)
        status = mk__json_object(&all);
    if (status != MK_OK)
        return status;
    json_object_foreach (all.value, name, value) {
        struct mk__json choice = mk__json_member(&all, name);

        status = read_choice(&choice, choices);
        if (status != MK_OK)
            return status;
    }
    return MK_OK;
}

int mk_choices_load(mk_choices **out, const char *path)
{
    struct mk__json_file file = { 0 };
    mk_choices *choices;
    char *text;
    size_t length;
    int status = mk__file_read(path, &text, &length);

    *out = NULL;
    if (status != MK_OK)
        return status;
    status = mk_choices_create(&choices);
    if (status != MK_OK) {
        free(text);
        return status;
    }
    status = mk__json_parse(&file, path, text, length);
    if (status == MK_OK)
        status = read_file(&file, choices);
    if (status == MK_OK) {
        choices->path = mk__strdup(path);
        status = choices->path != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
    }
    mk__json_close(&file);
    if (status == MK_OK)
        *out = choices;
    else
        mk_choices_destroy(choices);
    return status;
}

/* What was emitted, in words and in JSON. */
#include <stdlib.h>
#include <string.h>

#include "emit.h"

const char *cli_pass_name(mk_pass pass)
{
    return pass == MK_PASS_AOT ? "aot" : "jit";
}

/* Whether a choice is one of a source's: its own, or of a multi-kernel in it,
 * perhaps at a size hint: "softmax at rows=64", "norm_softmax.softmax.2". */
static bool is_of(const mk_choice *choice, const cli_source *source)
{
    size_t length = strlen(source->name);
    const char *rest = choice->multi + length;

    if (strncmp(choice->multi, source->name, length) != 0)
        return false;
    if (source->program != NULL)
        return *rest == '.';
    return *rest == '\0' || strncmp(rest, " at ", 4) == 0;
}

/* The next choice that was made now for a source, from `*place` on, which moves
 * behind it. */
static const mk_choice *next_choice(const cli_emission *emission,
                                    const cli_source *source, size_t *place)
{
    const mk_choice *choice;

    while ((choice = mk_choices_at(emission->options.record, *place)) != NULL) {
        *place += 1;
        if (is_of(choice, source))
            return choice;
    }
    return NULL;
}

/* "gen/softmax_mk.c": a file as seen from where the folder was given. Free with
 * free(); NULL if memory is out. */
static char *shown_path(const cli_emission *emission, const char *path)
{
    const char *folder = emission->folder;
    const char *name = strrchr(path, '/');
    size_t length = strlen(folder);
    char *shown;

    name = name != NULL ? name + 1 : path;
    while (length > 0 && folder[length - 1] == '/')
        --length;
    if (asprintf(&shown, "%.*s/%s", (int)length, folder, name) < 0)
        return NULL;
    return shown;
}

static int print_files(const cli_emission *emission, const mk_emitted *emitted)
{
    for (size_t i = 0; i < emitted->file_count; ++i) {
        char *path = shown_path(emission, emitted->files[i]);

        if (path == NULL)
            return cli_no_memory();
        puts(path);
        free(path);
    }
    return CLI_DONE;
}

static void print_memory(const mk_emitted *emitted)
{
    printf("memory: %s bytes between calls", emitted->bytes);
    if (strcmp(emitted->bytes, emitted->bytes_unshared) != 0)
        printf(" (%s without sharing)", emitted->bytes_unshared);
    putchar('\n');
}

int cli_print_emitted(const cli_emission *emission, const cli_source *source,
                      const mk_emitted *emitted)
{
    const mk_choice *choice;
    int exit_status = print_files(emission, emitted);

    if (source->program != NULL)
        print_memory(emitted);
    for (size_t i = 0; emission->options.pass == MK_PASS_AOT &&
                       (choice = next_choice(emission, source, &i)) != NULL;)
        printf("%s: %s\n", choice->multi, choice->kernel);
    fflush(stdout); /* the next one may take its time */
    for (size_t i = 0; i < emitted->left_out_count; ++i)
        cli_message("left out: %s", emitted->left_out[i]);
    return exit_status;
}

/* ---- In JSON --------------------------------------------------------------- */

static json_t *json_texts(const char *const *texts, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; ++i) {
        if (json_array_append_new(array, cli_json_text(texts[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *json_files(const cli_emission *emission,
                          const mk_emitted *emitted)
{
    json_t *array = json_array();

    for (size_t i = 0; i < emitted->file_count; ++i) {
        char *path = shown_path(emission, emitted->files[i]);
        json_t *text = path != NULL ? cli_json_text(path) : NULL;

        free(path);
        if (json_array_append_new(array, text) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *json_choices(const cli_emission *emission,
                            const cli_source *source)
{
    json_t *object = json_object();
    const mk_choice *choice;

    for (size_t i = 0; (choice = next_choice(emission, source, &i)) != NULL;) {
        if (json_object_set_new(object, choice->multi,
                                cli_json_text(choice->kernel)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

json_t *cli_json_emitted(const cli_emission *emission, const cli_source *source,
                         const mk_emitted *emitted)
{
    json_t *entry = json_pack(
        "{s:o, s:s, s:s}", "from", cli_json_text(source->path), "kind",
        emission->kind->name, "pass", cli_pass_name(emission->options.pass));
    json_t *more;

    if (emitted == NULL)
        more = json_pack("{s:o}", "error",
                         cli_json_text(mk_last_error()->message));
    else
        more = json_pack("{s:o, s:s, s:s, s:o, s:o}", "files",
                         json_files(emission, emitted), "bytes", emitted->bytes,
                         "bytes_unshared", emitted->bytes_unshared, "left_out",
                         json_texts(emitted->left_out, emitted->left_out_count),
                         "choices", json_choices(emission, source));
    if (more == NULL || json_object_update_new(entry, more) != 0) {
        json_decref(entry);
        return NULL;
    }
    return entry;
}

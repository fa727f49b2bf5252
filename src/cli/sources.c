/* What is emitted from: definitions and programs, all loaded before anything is
 * written. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"

/* ---- Names ----------------------------------------------------------------- */

/* A name as a part of an identifier: what can't stand in one is a '_' between two
 * parts that can. Free with free(); NULL if memory is out. */
static char *identifier(const char *name)
{
    char *text = malloc(strlen(name) + 1);
    size_t length = 0;

    for (const char *c = name; text != NULL && *c != '\0'; ++c) {
        if (!isalnum((unsigned char)*c))
            continue;
        if (length > 0 && !isalnum((unsigned char)c[-1]))
            text[length++] = '_';
        text[length++] = *c;
    }
    if (text != NULL)
        text[length] = '\0';
    return text;
}

/* ---- The kinds ------------------------------------------------------------- */

static int load_definition(const cli_emission *emission, cli_source *source)
{
    int status = mk_definition_load(&source->definition, source->path);

    (void)emission;
    if (status != MK_OK)
        return status;
    source->name = mk_definition_name(source->definition);
    source->id = identifier(source->name);
    return source->id != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

static int load_program(const cli_emission *emission, cli_source *source)
{
    const cli_shapes *shapes = &emission->settings.shapes;
    const cli_sizes *sizes = shapes->count > 0 ? &shapes->list[0] : NULL;
    int status = mk_program_load(&source->program, source->path,
                                 sizes != NULL ? sizes->list : NULL,
                                 sizes != NULL ? sizes->count : 0);

    if (status != MK_OK)
        return status;
    source->name = mk_program_name(source->program);
    source->id = strdup(source->name);
    return source->id != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

static int emit_dispatcher(const cli_emission *emission,
                           const cli_source *source, mk_emitted **emitted)
{
    const cli_shapes *shapes = &emission->settings.shapes;
    mk_sizes *list = calloc(shapes->count + 1, sizeof(*list));
    int status = MK_ERROR_NO_MEMORY;

    if (list == NULL)
        return status;
    for (size_t i = 0; i < shapes->count; ++i)
        list[i] = (mk_sizes){ shapes->list[i].list, shapes->list[i].count };
    status =
        mk_emit_dispatcher(emitted, source->definition, list, shapes->count,
                           emission->folder, &emission->options);
    free(list);
    return status;
}

static int emit_wrapper(const cli_emission *emission, const cli_source *source,
                        mk_emitted **emitted)
{
    return mk_emit_wrapper(emitted, source->program, emission->folder,
                           &emission->options);
}

static const struct cli_kind kinds[] = {
    { "dispatcher", "definition", load_definition, emit_dispatcher },
    { "wrapper", "program", load_program, emit_wrapper },
};

const struct cli_kind *cli_kind_at(size_t i)
{
    return i < sizeof(kinds) / sizeof(kinds[0]) ? &kinds[i] : NULL;
}

/* ---- Loading --------------------------------------------------------------- */

/* Where a file is what another kind is emitted from, tells so. */
static void point_to_other(const struct cli_kind *kind, const char *path)
{
    json_t *root = json_load_file(path, 0, NULL);
    bool is_program = json_object_get(root, "program") != NULL;
    bool is_definition = !is_program && json_object_get(root, "params") != NULL;
    const struct cli_kind *other = is_program      ? &kinds[1]
                                   : is_definition ? &kinds[0]
                                                   : kind;

    if (other != kind)
        fprintf(stderr, "Try 'multikernel emit %s %s'.\n", other->name, path);
    json_decref(root);
}

/* ---- Collisions ------------------------------------------------------------ */

/* Whether a file of `a` can have the name of one of `b`. */
static bool collide(const cli_source *a, const cli_source *b)
{
    static const char kernels[] = "_kernels_";
    size_t length = strlen(a->id);
    const char *rest = b->id + length;

    if (strncmp(a->id, b->id, length) != 0)
        return false;
    return *rest == '\0' || strcmp(rest, "_main") == 0 ||
           strncmp(rest, kernels, sizeof(kernels) - 1) == 0;
}

static int check_names(const cli_emission *emission)
{
    for (size_t i = 0; i < emission->count; ++i) {
        for (size_t j = 0; j < emission->count; ++j) {
            const cli_source *a = &emission->sources[i];
            const cli_source *b = &emission->sources[j];

            if (i == j || !collide(a, b))
                continue;
            cli_message("%s ('%s') and %s ('%s') would write files of the same "
                        "name into %s",
                        a->path, a->name, b->path, b->name, emission->folder);
            return CLI_WRONG_INPUT;
        }
    }
    return CLI_DONE;
}

/* ---- All of them ----------------------------------------------------------- */

int cli_sources_load(cli_emission *emission, char *const *paths, size_t count)
{
    int exit_status = CLI_DONE;

    emission->sources = calloc(count, sizeof(*emission->sources));
    if (emission->sources == NULL)
        return cli_no_memory();
    emission->count = count;
    for (size_t i = 0; i < count; ++i) {
        cli_source *source = &emission->sources[i];
        int status;

        source->path = paths[i];
        status = emission->kind->load(emission, source);
        exit_status = cli_worse(exit_status, cli_report_error(status));
        if (status == MK_ERROR_DEFINITION)
            point_to_other(emission->kind, source->path);
    }
    return exit_status == CLI_DONE ? check_names(emission) : exit_status;
}

void cli_sources_free(cli_emission *emission)
{
    for (size_t i = 0; i < emission->count; ++i) {
        mk_definition_destroy(emission->sources[i].definition);
        mk_program_destroy(emission->sources[i].program);
        free(emission->sources[i].id);
    }
    free(emission->sources);
}

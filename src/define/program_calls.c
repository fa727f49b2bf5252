/* A program's calls, and the definitions that they name. */
#include "define/program.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"

/* ---- Definitions ------------------------------------------------------------ */

/* A definition, loaded once however many calls name it. */
struct mk__loaded {
    const char *path; /* absolute, without links */
    mk_definition *definition;
    struct mk__loaded *next;
};

void mk__program_free_definitions(mk_program *program)
{
    for (struct mk__loaded *one = program->loads; one != NULL; one = one->next)
        mk_definition_destroy(one->definition);
    program->loads = NULL;
}

/* `path` is how the program names it, `real` tells whether it is known. */
static int load(mk_program *program, const char *path, const char *real,
                const struct mk__loaded **loaded)
{
    struct mk__loaded *one = program->loads;
    int status;

    while (one != NULL && strcmp(one->path, real) != 0)
        one = one->next;
    *loaded = one;
    if (one != NULL)
        return MK_OK;
    one = mk__arena_alloc(&program->arena, 1, sizeof(*one));
    if (one == NULL)
        return MK_ERROR_NO_MEMORY;
    one->path = mk__arena_strdup(&program->arena, real);
    status = one->path != NULL ? mk_definition_load(&one->definition, path)
                               : MK_ERROR_NO_MEMORY;
    if (status == MK_OK)
        status = mk__definition_check_cpu(one->definition, "a program calls");
    if (status != MK_OK) {
        mk_definition_destroy(one->definition);
        return status;
    }
    one->next = program->loads;
    program->loads = one;
    *loaded = one;
    return MK_OK;
}

/* The definition that a call names. What is wrong inside it is told as its own
 * complaint. */
static int read_kernel(mk_program *program, const struct mk__json *at,
                       const struct mk__loaded **loaded, const char **told)
{
    const char *name;
    char *path;
    char *real;
    int status = mk__json_string(at, &name);

    if (status != MK_OK)
        return status;
    path = program->loaded ? mk__path_beside(program->file.path, name)
                           : mk__strdup(name);
    if (path == NULL)
        return MK_ERROR_NO_MEMORY;
    real = mk__file_exists(path) ? realpath(path, NULL) : NULL;
    *told = mk__arena_strdup(&program->arena, path);
    if (*told == NULL)
        status = MK_ERROR_NO_MEMORY;
    else if (real == NULL)
        status = mk__json_error(at, "there is no file %s", path);
    else
        status = load(program, path, real, loaded);
    free(real);
    free(path);
    return status;
}

/* ---- Calls ------------------------------------------------------------------ */

static int read_call(mk_program *program, struct mk__program_call *call,
                     const struct mk__json *at)
{
    static const char *const keys[] = { "kernel", "args", "sizes", NULL };
    struct mk__json kernel = mk__json_member(at, "kernel");
    const struct mk__loaded *loaded = NULL;
    int status = mk__json_keys(at, keys);

    call->at = mk__json_keep(&program->arena, at);
    if (status == MK_OK && call->at == NULL)
        status = MK_ERROR_NO_MEMORY;
    if (status == MK_OK)
        status = read_kernel(program, &kernel, &loaded, &call->told.definition);
    if (loaded == NULL)
        return status;
    status = mk__program_bind(program, call, loaded->definition, at);
    if (status == MK_OK)
        status = mk__program_find_multi(program, loaded->definition,
                                        loaded->path, call, &kernel);
    if (status == MK_OK)
        status = mk__program_note_effects(program, call);
    return status;
}

int mk__program_read_calls(mk_program *program, const struct mk__json *root)
{
    struct mk__json calls = mk__json_member(root, "calls");
    size_t count;
    int status = mk__json_array(&calls, &count);

    if (status != MK_OK)
        return status;
    if (count == 0 || count > MK__MAX_CALLS)
        return mk__json_error(&calls, "expected 1 to %d calls, got %zu",
                              MK__MAX_CALLS, count);
    program->calls =
        mk__arena_alloc(&program->arena, count, sizeof(*program->calls));
    program->multis =
        mk__arena_alloc(&program->arena, count, sizeof(*program->multis));
    if (program->calls == NULL || program->multis == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        struct mk__json at = mk__json_element(&calls, i);

        status = read_call(program, &program->calls[i], &at);
        program->call_count += status == MK_OK;
    }
    return status == MK_OK ? mk__program_check_sizes(program, root) : status;
}

/* Loading and finishing a program, and what can be asked of one. */
#include "define/program.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "define/c_name.h"

size_t mk__program_size(const mk_program *program, const char *name)
{
    size_t i = 0;

    while (i < program->size_count && strcmp(program->sizes[i].name, name) != 0)
        ++i;
    return i;
}

size_t mk__program_buffer(const mk_program *program, const char *name)
{
    size_t i = 0;

    while (i < program->buffer_count &&
           strcmp(program->buffers[i].told.name, name) != 0)
        ++i;
    return i;
}

/* ---- Reading --------------------------------------------------------------- */

int mk__program_check_name(const struct mk__json *at, const char *name)
{
    if (!mk__c_name_is_taken(name))
        return MK_OK;
    return mk__json_error(at,
                          "'%.40s' has a meaning of its own in C or C++; take "
                          "another name",
                          name);
}

static int read_head(mk_program *program, const struct mk__json *root)
{
    static const char *const keys[] = { "multikernel", "program", "sizes",
                                        "trial_sizes", "inputs",  "outputs",
                                        "buffers",     "calls",   "nan_checks",
                                        NULL };
    struct mk__json version = mk__json_member(root, "multikernel");
    struct mk__json name = mk__json_member(root, "program");
    struct mk__json params = mk__json_member(root, "params");
    struct mk__json nan_checks = mk__json_member(root, "nan_checks");
    int64_t number;
    int status = mk__json_object(root);

    if (status == MK_OK && name.value == NULL && params.value != NULL)
        return mk__json_error_key(&params,
                                  "this is the definition of one multi-kernel; "
                                  "expected a program");
    if (status == MK_OK)
        status = mk__json_integer(&version, INT64_MIN, INT64_MAX, &number);
    if (status == MK_OK && number != 1)
        status =
            mk__json_error(&version, "the format's version is %lld, expected 1",
                           (long long)number);
    if (status == MK_OK)
        status = mk__json_keys(root, keys);
    if (status == MK_OK)
        status = mk__json_identifier(&name, &program->name);
    if (status == MK_OK)
        status = mk__program_check_name(&name, program->name);
    if (status == MK_OK && nan_checks.value != NULL)
        status = mk__json_boolean(&nan_checks, &program->nan_checks);
    return status;
}

static void forget(mk_program *program)
{
    mk__program_free_definitions(program);
    mk__arena_free(&program->arena);
    program->finished = false;
    program->nan_checks = false;
    program->size_count = 0;
    program->buffer_count = 0;
    program->multi_count = 0;
    program->call_count = 0;
}

static int read_program(mk_program *program, const mk_size *sizes, size_t count)
{
    struct mk__json root = mk__json_root(&program->file);
    int status;

    forget(program); /* what an earlier try left */
    status = read_head(program, &root);
    if (status == MK_OK)
        status = mk__program_read_buffers(program, &root, sizes, count);
    if (status == MK_OK)
        status = mk__program_read_calls(program, &root);
    if (status == MK_OK)
        status = mk__program_check_flow(program, &root);
    program->finished = status == MK_OK;
    return status;
}

int mk_program_finish(mk_program *program, const mk_size *sizes, size_t count)
{
    if (program->finished)
        return mk__error(MK_ERROR_INVALID, "program %s is finished already",
                         program->name);
    return read_program(program, sizes, count);
}

int mk__program_parse(mk_program **program, const char *path, char *text,
                      size_t length, const mk_size *sizes, size_t count)
{
    mk_program *made = mk__calloc(1, sizeof(*made));
    int status;

    *program = NULL;
    if (made == NULL) {
        free(text);
        return MK_ERROR_NO_MEMORY;
    }
    made->loaded = true;
    status = mk__json_parse(&made->file, path, text, length);
    if (status == MK_OK)
        status = read_program(made, sizes, count);
    if (status != MK_OK)
        mk_program_destroy(made);
    else
        *program = made;
    return status;
}

int mk_program_load(mk_program **program, const char *path,
                    const mk_size *sizes, size_t count)
{
    char *text;
    size_t length;
    int status = mk__file_read(path, &text, &length);

    *program = NULL;
    if (status != MK_OK)
        return status;
    return mk__program_parse(program, path, text, length, sizes, count);
}

void mk_program_destroy(mk_program *program)
{
    if (program == NULL)
        return;
    forget(program);
    mk__json_close(&program->file);
    free(program);
}

/* ---- Asking ---------------------------------------------------------------- */

const char *mk_program_name(const mk_program *program)
{
    return program->name;
}

const char *mk_program_path(const mk_program *program)
{
    return program->loaded ? program->file.path : NULL;
}

const mk_size *mk_program_sizes(const mk_program *program, size_t *count)
{
    *count = program->size_count;
    return program->sizes;
}

const mk_buffer *mk_program_buffer_at(const mk_program *program, size_t i)
{
    return i < program->buffer_count ? &program->buffers[i].told : NULL;
}

const mk_program_call *mk_program_call_at(const mk_program *program, size_t i)
{
    return i < program->call_count ? &program->calls[i].told : NULL;
}

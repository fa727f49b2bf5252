/* What a program's calls read and write, and whether the order makes sense. */
#include "define/program.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* ---- Removed buffers ---------------------------------------------------------- */

static bool lists(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; ++i)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Whether every variant of a multi-kernel lists one of the names, among those that
 * are removed, or else among those that were in place before. `other` may be
 * NULL. */
static bool all_remove(const struct mk__program_multi *multi, const char *name,
                       const char *other)
{
    bool removed = true;
    bool inplaced = true;

    for (size_t i = 0; i < multi->point_count; ++i) {
        const struct mk__variant *one = multi->points[i].variant;

        removed =
            removed &&
            (lists(one->removed, one->removed_count, name) ||
             (other != NULL && lists(one->removed, one->removed_count, other)));
        inplaced =
            inplaced &&
            (lists(one->inplaced_removed, one->inplaced_removed_count, name) ||
             (other != NULL && lists(one->inplaced_removed,
                                     one->inplaced_removed_count, other)));
    }
    return removed || inplaced;
}

/* A buffer that is never passed may be removed by its own name. */
static bool is_removed(const mk_program *program, const char *name)
{
    for (size_t i = 0; i < program->multi_count; ++i)
        if (all_remove(&program->multis[i], name, NULL))
            return true;
    return false;
}

/* A variant that takes what it removes would write to no memory. */
static int check_untaken(const struct mk__program_multi *multi, size_t param,
                         const struct mk__program_call *call)
{
    for (size_t i = 0; i < multi->point_count; ++i) {
        const struct mk__variant *variant = multi->points[i].variant;

        for (size_t t = 0; t < variant->take_count; ++t)
            if (variant->takes[t] == param)
                return mk__json_error(
                    call->at,
                    "variant %s of %s says that it removes '%s', and takes it: "
                    "leave it out of its 'params'",
                    variant->name, multi->definition->name,
                    multi->definition->params[param].name);
    }
    return MK_OK;
}

/* ---- Effects ------------------------------------------------------------------ */

/* What holds zeros on entry is not read. */
static bool reads(const struct mk__parameter *param)
{
    return param->rank != MK_SCALAR && param->intent != MK_OUT && !param->zero;
}

static bool writes(const struct mk__parameter *param)
{
    return param->rank != MK_SCALAR && param->intent != MK_IN;
}

static void add_once(size_t *list, size_t *count, size_t buffer)
{
    for (size_t i = 0; i < *count; ++i)
        if (list[i] == buffer)
            return;
    list[(*count)++] = buffer;
}

/* A buffer that is passed twice and written must be meant to be: the parameter
 * that writes it lies over the one that reads it. */
static int check_twice(const mk_program *program,
                       const struct mk__program_call *call, size_t out)
{
    const struct mk__program_multi *multi = &program->multis[call->multi];
    const mk_definition *definition = multi->definition;

    for (size_t i = 0; i < definition->param_count; ++i) {
        const struct mk__parameter *other = &definition->params[i];
        struct mk__json args = mk__json_member(call->at, "args");
        struct mk__json at =
            mk__json_member(&args, definition->params[out].name);

        if (i == out || other->rank == MK_SCALAR || call->args[i].removed ||
            call->args[i].buffer != call->args[out].buffer)
            continue;
        if (writes(other))
            return mk__json_error(
                &at,
                "'%s' is passed for '%s' too, and both are "
                "written",
                program->buffers[call->args[i].buffer].told.name, other->name);
        if (multi->inplace[out] != i)
            return mk__json_error(
                &at,
                "'%s' is passed for '%s' too, which is read: "
                "the variants of %s must say that one may be "
                "written over the other (\"inplace\": "
                "{\"%s\": \"%s\"})",
                program->buffers[call->args[i].buffer].told.name, other->name,
                definition->name, definition->params[out].name, other->name);
    }
    return MK_OK;
}

static int check_write(const mk_program *program,
                       const struct mk__program_call *call, size_t param)
{
    const struct mk__program_multi *multi = &program->multis[call->multi];
    const mk_buffer *buffer = &program->buffers[call->args[param].buffer].told;
    struct mk__json args = mk__json_member(call->at, "args");
    struct mk__json at =
        mk__json_member(&args, multi->definition->params[param].name);

    if (buffer->role != MK_ROLE_INPUT)
        return check_twice(program, call, param);
    return mk__json_error(&at,
                          "%s writes '%s', which is an input; declare it as "
                          "\"intent\": \"inout\" if the caller's is to change",
                          multi->definition->name, buffer->name);
}

static void touch(mk_program *program, size_t buffer)
{
    struct mk__program_buffer *touched = &program->buffers[buffer];

    if (touched->first == MK__NO_CALL)
        touched->first = program->call_count;
    touched->last = program->call_count;
}

int mk__program_note_effects(mk_program *program, struct mk__program_call *call)
{
    const struct mk__program_multi *multi = &program->multis[call->multi];
    const mk_definition *definition = multi->definition;
    size_t *lists = mk__arena_alloc(
        &program->arena, 2 * definition->param_count, sizeof(*lists));
    size_t *written;
    int status = lists != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    if (status != MK_OK)
        return status;
    written = lists + definition->param_count;
    for (size_t i = 0; i < definition->param_count && status == MK_OK; ++i) {
        struct mk__program_arg *arg = &call->args[i];

        if (arg->bound == MK__BOUND_BUFFER &&
            definition->params[i].rank == MK_SCALAR)
            touch(program, arg->buffer);
        if (definition->params[i].rank == MK_SCALAR)
            continue;
        arg->removed = all_remove(multi, definition->params[i].name,
                                  program->buffers[arg->buffer].told.name);
        if (arg->removed)
            status = check_untaken(multi, i, call);
    }
    for (size_t i = 0; i < definition->param_count && status == MK_OK; ++i) {
        const struct mk__parameter *param = &definition->params[i];
        size_t buffer = call->args[i].buffer;

        if (param->rank == MK_SCALAR || call->args[i].removed)
            continue;
        touch(program, buffer);
        if (reads(param))
            add_once(lists, &call->read_count, buffer);
        if (!writes(param))
            continue;
        add_once(written, &call->write_count, buffer);
        status = check_write(program, call, i);
    }
    call->reads = lists;
    call->writes = written;
    return status;
}

/* ---- Order -------------------------------------------------------------------- */

bool mk__call_writes(const struct mk__program_call *call, size_t buffer)
{
    for (size_t i = 0; i < call->write_count; ++i)
        if (call->writes[i] == buffer)
            return true;
    return false;
}

/* Whether call `to`, a later one, needs what call `from` writes, itself or by the
 * calls in between. `dirty` has room for a flag for each buffer. */
static bool depends(const mk_program *program, size_t to, size_t from,
                    bool *dirty)
{
    memset(dirty, 0, program->buffer_count * sizeof(*dirty));
    for (size_t c = from; c <= to; ++c) {
        const struct mk__program_call *call = &program->calls[c];
        bool tainted = c == from;

        for (size_t i = 0; i < call->read_count; ++i)
            tainted = tainted || dirty[call->reads[i]];
        if (c == to)
            return tainted;
        for (size_t i = 0; i < call->write_count; ++i)
            dirty[call->writes[i]] = tainted;
    }
    return false;
}

/* Call number `reader` reads what nobody wrote before. */
static int complain_of_read(const mk_program *program, size_t reader,
                            size_t buffer, bool *dirty)
{
    const struct mk__program_call *call = &program->calls[reader];
    const char *name = program->buffers[buffer].told.name;
    const char *kernel = program->multis[call->multi].definition->name;
    size_t writer = reader;

    while (writer < program->call_count &&
           !mk__call_writes(&program->calls[writer], buffer))
        ++writer;
    if (writer == program->call_count)
        return mk__json_error(call->at, "%s reads '%s', which no call writes",
                              kernel, name);
    if (writer == reader)
        return mk__json_error(call->at,
                              "%s reads '%s' before any call has written it",
                              kernel, name);
    if (depends(program, writer, reader, dirty))
        return mk__json_error(call->at,
                              "%s reads '%s', which calls[%zu] writes, which "
                              "needs what this call writes: a cycle",
                              kernel, name, writer);
    return mk__json_error(call->at,
                          "%s reads '%s', which is written only later, by "
                          "calls[%zu]: calls run in the order of the list",
                          kernel, name, writer);
}

static int check_order(const mk_program *program, bool *written, bool *dirty)
{
    for (size_t i = 0; i < program->buffer_count; ++i)
        written[i] = program->buffers[i].told.role == MK_ROLE_INPUT ||
                     program->buffers[i].told.role == MK_ROLE_INOUT;
    for (size_t c = 0; c < program->call_count; ++c) {
        const struct mk__program_call *call = &program->calls[c];

        for (size_t i = 0; i < call->read_count; ++i)
            if (!written[call->reads[i]])
                return complain_of_read(program, c, call->reads[i], dirty);
        for (size_t i = 0; i < call->write_count; ++i)
            written[call->writes[i]] = true;
    }
    return MK_OK;
}

/* ---- What is left over --------------------------------------------------------- */

static bool is_written(const mk_program *program, size_t buffer)
{
    for (size_t c = 0; c < program->call_count; ++c)
        if (mk__call_writes(&program->calls[c], buffer))
            return true;
    return false;
}

static bool is_passed(const mk_program *program, size_t buffer)
{
    for (size_t c = 0; c < program->call_count; ++c) {
        const struct mk__program_call *call = &program->calls[c];
        const mk_definition *definition =
            program->multis[call->multi].definition;

        for (size_t i = 0; i < definition->param_count; ++i)
            if (call->args[i].buffer == buffer)
                return true;
    }
    return false;
}

static int check_buffer(const mk_program *program, size_t i, bool *visible)
{
    const struct mk__program_buffer *buffer = &program->buffers[i];
    const char *name = buffer->told.name;
    mk_role role = buffer->told.role;

    *visible = *visible || role == MK_ROLE_OUTPUT || role == MK_ROLE_INOUT;
    if (role == MK_ROLE_OUTPUT && !is_written(program, i))
        return mk__json_error(buffer->at, "no call writes the output '%s'",
                              name);
    if (role == MK_ROLE_INOUT && !is_written(program, i))
        return mk__json_error(buffer->at,
                              "'%s' is \"inout\", but no call writes it", name);
    if (!is_passed(program, i) &&
        (role != MK_ROLE_INTERMEDIATE || !is_removed(program, name)))
        return mk__json_error(buffer->at, "no call uses '%s'", name);
    return MK_OK;
}

int mk__program_check_flow(mk_program *program, const struct mk__json *root)
{
    bool *flags = mk__calloc(2 * program->buffer_count, sizeof(*flags));
    bool visible = false;
    int status;

    if (flags == NULL)
        return MK_ERROR_NO_MEMORY;
    status = check_order(program, flags, flags + program->buffer_count);
    for (size_t i = 0; i < program->buffer_count && status == MK_OK; ++i)
        status = check_buffer(program, i, &visible);
    if (status == MK_OK && !visible)
        status = mk__json_error(root, "the program has no output");
    free(flags);
    return status;
}

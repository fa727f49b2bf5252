#include "emit/main_text.h"

#include <string.h>

#include "base/error.h"
#include "define/program.h"
#include "emit/main_parts.h"
#include "emit/mentions.h"
#include "emit/typed.h"

static bool is_callers(const mk_program *program, size_t i)
{
    return program->buffers[i].told.role != MK_ROLE_INTERMEDIATE;
}

static bool is_written(const mk_program *program, size_t i)
{
    mk_role role = program->buffers[i].told.role;

    return role == MK_ROLE_OUTPUT || role == MK_ROLE_INOUT;
}

/* ---- What a run is handed ------------------------------------------------------------ */

/* Members have the program's names, so these meet no others. */
static void write_struct(struct mk__main *text)
{
    const mk_program *program = text->program;

    mk__str_add(text->out, "/* What a run is handed. */\nstruct call {\n");
    for (size_t i = 0; i < program->buffer_count; ++i) {
        const mk_buffer *buffer = &program->buffers[i].told;
        const char *type =
            mk__unit_type(buffer->type, buffer->rank >= 0, MK_OUT);

        if (is_callers(program, i))
            mk__str_addf(text->out, "    %s%s%s;\n", type,
                         type[strlen(type) - 1] == '*' ? "" : " ",
                         buffer->name);
    }
    for (size_t i = 0; i < program->size_count; ++i)
        if (mk__main_is_open(text, i))
            mk__str_addf(text->out, "    int64_t %s;\n",
                         program->sizes[i].name);
    mk__str_add(text->out, "};\n\n");
}

static void write_run(struct mk__main *text)
{
    const mk_program *program = text->program;
    const char *head =
        mk__write_text(&text->arena, "return %s_run(", program->name);
    struct mk__items items = { .arena = &text->arena, .failed = head == NULL };

    mk__items_add(&items, "self");
    for (size_t i = 0; i < program->buffer_count; ++i)
        if (is_callers(program, i))
            mk__items_add(&items, "call->%s", program->buffers[i].told.name);
    for (size_t i = 0; i < program->size_count; ++i)
        if (mk__main_is_open(text, i))
            mk__items_add(&items, "call->%s", program->sizes[i].name);
    mk__items_add(&items, "NULL");
    mk__str_addf(text->out,
                 "static int run(struct %s *self, const struct call *call)\n"
                 "{\n",
                 program->name);
    mk__write_list(text->out, 4, head, &items, ");", "");
    mk__str_add(text->out, "}\n\n");
}

/* How many elements a tensor has, over variables that have the sizes' names. */
static const char *count_of(struct mk__main *text, size_t i)
{
    const struct mk__program_buffer *buffer = &text->program->buffers[i];
    const struct mk__formula *count;
    struct mk__problem problem;
    int status = mk__formula_number(&count, &text->arena, 1);

    for (int d = 0; d < buffer->told.rank && status == MK_OK; ++d)
        status = mk__formula_multiply(&count, &text->arena, count,
                                      buffer->shape[d], &problem);
    text->out->failed = text->out->failed || status != MK_OK;
    return status == MK_OK ? count->text : "0";
}

/* "    const int64_t rows = main_call->rows;" for the sizes that `body` names. */
static void write_sizes(struct mk__main *text, const char *body)
{
    const mk_program *program = text->program;
    size_t before = text->out->length;

    for (size_t i = 0; i < program->size_count; ++i)
        if (mk__main_is_open(text, i) &&
            mk__mentions(body, program->sizes[i].name))
            mk__str_addf(text->out, "    const int64_t %s = main_call->%s;\n",
                         program->sizes[i].name, program->sizes[i].name);
    if (text->out->length > before)
        mk__str_add(text->out, "\n");
}

static void write_function(struct mk__main *text, const char *head,
                           struct mk__str *body)
{
    text->out->failed = text->out->failed || body->failed;
    if (!text->out->failed) {
        mk__str_addf(text->out, "%s\n{\n", head);
        write_sizes(text, body->text);
        mk__str_addf(text->out, "%s}\n\n", body->text);
    }
    mk__str_free(body);
}

/* Inputs hold data, outputs zeros. */
static void write_prepare(struct mk__main *text)
{
    const mk_program *program = text->program;
    struct mk__str body = MK__STR_INIT;

    for (size_t i = 0; i < program->buffer_count; ++i) {
        const mk_buffer *buffer = &program->buffers[i].told;
        const char *type = mk__unit_type(buffer->type, true, MK_OUT);
        const char *name;
        const char *value;
        struct mk__items items = { .arena = &text->arena };
        const struct mk__main_type *how;

        if (!is_callers(program, i) || mk__main_is_scalar(text, i))
            continue;
        how = mk__main_type(buffer->type);
        name = mk__write_text(&text->arena, "main_call->%s", buffer->name);
        value = mk__write_text(&text->arena, "(%s)allocate(%u, %s)", type,
                               buffer->type.bits / 8U, count_of(text, i));
        body.failed = body.failed || name == NULL || value == NULL;
        if (body.failed)
            break;
        mk__write_setting(&body, 4, name, value);
        if (buffer->role == MK_ROLE_OUTPUT)
            continue;
        mk__items_add(&items, "main_call->%s", buffer->name);
        mk__items_add(&items, how->parts == 2 ? "2 * (%s)" : "%s",
                      count_of(text, i));
        value = mk__write_text(&text->arena, "fill_%s(", how->name);
        items.failed = items.failed || value == NULL;
        mk__write_list(&body, 4, value, &items, ");", "");
    }
    write_function(text, "static void prepare(struct call *main_call)", &body);
}

static void write_print(struct mk__main *text)
{
    const mk_program *program = text->program;
    struct mk__str body = MK__STR_INIT;

    for (size_t i = 0; i < program->buffer_count; ++i) {
        const mk_buffer *buffer = &program->buffers[i].told;
        const struct mk__main_type *how;
        struct mk__items items = { .arena = &text->arena };

        if (!is_written(program, i))
            continue;
        how = mk__main_type(buffer->type);
        mk__items_add(&items, "\"%s\"", buffer->name);
        mk__items_add(&items, "main_call->%s", buffer->name);
        mk__items_add(&items, "%u * (%s)", buffer->type.bits / 8U,
                      count_of(text, i));
        mk__items_add(&items,
                      how->parts == 2 ? "sum_%s(main_call->%s, 2 * (%s))"
                                      : "sum_%s(main_call->%s, %s)",
                      how->name, buffer->name, count_of(text, i));
        mk__write_list(&body, 4, "print_tensor(", &items, ");", "");
    }
    write_function(text, "static void print(const struct call *main_call)",
                   &body);
}

static void write_release(struct mk__main *text)
{
    const mk_program *program = text->program;

    mk__str_add(text->out, "static void release(struct call *call)\n{\n");
    for (size_t i = 0; i < program->buffer_count; ++i)
        if (is_callers(program, i) && !mk__main_is_scalar(text, i))
            mk__str_addf(text->out, "    free(call->%s);\n",
                         program->buffers[i].told.name);
    mk__str_add(text->out, "}\n\n");
}

/* ---- All ------------------------------------------------------------------------------- */

/* Whether float16 numbers are read, which may be infinite. */
static bool sums_halves(const mk_program *program)
{
    DLDataType half = MK_FLOAT16;

    for (size_t i = 0; i < program->buffer_count; ++i)
        if (is_written(program, i) &&
            memcmp(&program->buffers[i].told.type, &half, sizeof(half)) == 0)
            return true;
    return false;
}

static void write_includes(struct mk__main *text)
{
    mk__str_addf(text->out,
                 "#ifndef _POSIX_C_SOURCE\n"
                 "#    define _POSIX_C_SOURCE 200809L /* clock_gettime */\n"
                 "#endif\n\n#include \"%s.h\"\n\n"
                 "#include <errno.h>\n%s#include <stdbool.h>\n"
                 "#include <stdio.h>\n#include <stdlib.h>\n"
                 "#include <string.h>\n#include <time.h>\n\n%s",
                 text->program->name,
                 sums_halves(text->program) ? "#include <math.h>\n" : "",
                 text->jit ? "#include <multikernel/record.h>\n\n" : "");
}

int mk__main_text(struct mk__str *out, const mk_program *program, mk_pass pass)
{
    struct mk__str body = MK__STR_INIT;
    struct mk__main text = { .out = &body,
                             .program = program,
                             .jit = pass == MK_PASS_JIT };

    write_struct(&text);
    write_prepare(&text);
    write_run(&text);
    write_print(&text);
    write_release(&text);
    mk__write_heading(&body, "Options");
    mk__main_write_usage(&text);
    mk__main_write_parsing(&body, mk__main_scalars(&text) > 0);
    if (text.jit)
        mk__main_write_recording(&body);
    mk__main_write_measuring(&body, program->name);
    mk__main_write_main(&text);
    text.out = out;
    write_includes(&text);
    out->failed = out->failed || body.failed || text.arena.failed;
    if (!out->failed) {
        mk__main_write_helpers(out, body.text);
        mk__str_add(out, body.text);
    }
    mk__str_free(&body);
    mk__arena_free(&text.arena);
    return out->failed
               ? mk__error(MK_ERROR_NO_MEMORY, "out of memory (emitting C)")
               : MK_OK;
}

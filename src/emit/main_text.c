#include "emit/main_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "define/program.h"
#include "emit/main_parts.h"
#include "emit/typed.h"

struct text {
    struct mk__str *out;
    struct mk__arena arena;
    const mk_program *program;
    bool jit;
};

static bool is_scalar(const mk_program *program, size_t i)
{
    return program->buffers[i].told.rank == MK_SCALAR;
}

static bool is_callers(const mk_program *program, size_t i)
{
    return program->buffers[i].told.role != MK_ROLE_INTERMEDIATE;
}

static bool is_written(const mk_program *program, size_t i)
{
    mk_role role = program->buffers[i].told.role;

    return role == MK_ROLE_OUTPUT || role == MK_ROLE_INOUT;
}

static bool is_open(const mk_program *program, size_t i)
{
    return program->sizes[i].value == 0;
}

/* ---- What a run is handed ------------------------------------------------------------ */

/* Members have the program's names, so these meet no others. */
static void write_struct(struct text *text)
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
        if (is_open(program, i))
            mk__str_addf(text->out, "    int64_t %s;\n",
                         program->sizes[i].name);
    mk__str_add(text->out, "};\n\n");
}

static void write_run(struct text *text)
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
        if (is_open(program, i))
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
static const char *count_of(struct text *text, size_t i)
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
static void write_sizes(struct text *text, const char *body)
{
    const mk_program *program = text->program;
    size_t before = text->out->length;

    for (size_t i = 0; i < program->size_count; ++i)
        if (is_open(program, i) &&
            mk__write_mentions(body, program->sizes[i].name))
            mk__str_addf(text->out, "    const int64_t %s = main_call->%s;\n",
                         program->sizes[i].name, program->sizes[i].name);
    if (text->out->length > before)
        mk__str_add(text->out, "\n");
}

static void write_function(struct text *text, const char *head,
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
static void write_prepare(struct text *text)
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

        if (!is_callers(program, i) || is_scalar(program, i))
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

static void write_print(struct text *text)
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

static void write_release(struct text *text)
{
    const mk_program *program = text->program;

    mk__str_add(text->out, "static void release(struct call *call)\n{\n");
    for (size_t i = 0; i < program->buffer_count; ++i)
        if (is_callers(program, i) && !is_scalar(program, i))
            mk__str_addf(text->out, "    free(call->%s);\n",
                         program->buffers[i].told.name);
    mk__str_add(text->out, "}\n\n");
}

/* ---- Options -------------------------------------------------------------------------- */

/* The option that sets a size or a scalar. */
static const char *option_of(struct text *text, const char *name)
{
    static const char *const own[] = { "seed", "runs", "record", "help" };
    bool taken = false;
    const char *option;

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); ++i)
        taken = taken || strcmp(own[i], name) == 0;
    option = mk__write_text(&text->arena, taken ? "--set-%s" : "--%s", name);
    text->out->failed = text->out->failed || option == NULL;
    return option != NULL ? option : "";
}

/* A line of the help, as the statement that prints it. */
__attribute__((format(printf, 2, 3))) static void
write_help(struct text *text, const char *format, ...)
{
    struct mk__items items = { .arena = &text->arena };
    char line[256];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    mk__items_add(&items, "\"%s\\n\"", line);
    mk__items_add(&items, "to");
    mk__write_list(text->out, 4, "fputs(", &items, ");", "");
}

static void write_usage(struct text *text)
{
    const mk_program *program = text->program;

    mk__str_add(text->out, "static int usage(FILE *to, int status)\n{\n");
    write_help(text, "usage: %s_main [OPTION VALUE]...", program->name);
    write_help(text, "Runs %s once on random data, then times it.",
               program->name);
    for (size_t i = 0; i < program->size_count; ++i) {
        const char *option = option_of(text, program->sizes[i].name);

        if (is_open(program, i) && program->trial_sizes[i] > 0)
            write_help(text, "  %s N  the size, else %lld", option,
                       (long long)program->trial_sizes[i]);
        else if (is_open(program, i))
            write_help(text, "  %s N  the size; must be given", option);
    }
    for (size_t i = 0; i < program->buffer_count; ++i)
        if (is_scalar(program, i))
            write_help(text, "  %s X  the scalar, else a random one",
                       option_of(text, program->buffers[i].told.name));
    write_help(text, "  --seed N  of the data, else 0");
    write_help(text, "  --runs N  samples to time, else 21; 0: none");
    if (text->jit)
        write_help(text, "  --record FILE  where to write what was chosen");
    write_help(text, "  --help");
    mk__str_add(text->out, "    return status;\n}\n\n");
}

/* The branch that takes one option. */
static void write_option(struct text *text, const char *option,
                         const char *target, const char *value, bool first)
{
    struct mk__str *out = text->out;
    const char *set = mk__write_text(&text->arena, "%s", target);

    mk__str_addf(out, "        %sif (strcmp(argv[i], \"%s\") == 0)\n",
                 first ? "" : "else ", option);
    out->failed = out->failed || set == NULL;
    if (!out->failed)
        mk__write_setting(out, 12, set, value);
}

static void write_size_options(struct text *text, bool *first)
{
    const mk_program *program = text->program;

    for (size_t i = 0; i < program->size_count; ++i) {
        const char *option, *target;

        if (!is_open(program, i))
            continue;
        option = option_of(text, program->sizes[i].name);
        target =
            mk__write_text(&text->arena, "call.%s", program->sizes[i].name);
        write_option(text, option, target != NULL ? target : "",
                     "integer(argv[i], argv[i + 1], 1)", *first);
        *first = false;
    }
}

/* Scalars that are not given are drawn when the seed is known. */
static void write_scalar_options(struct text *text, bool *first)
{
    const mk_program *program = text->program;
    size_t number = 0;

    for (size_t i = 0; i < program->buffer_count; ++i) {
        const char *option, *target;

        if (!is_scalar(program, i))
            continue;
        option = option_of(text, program->buffers[i].told.name);
        target = mk__write_text(&text->arena, "given[%zu]", number++);
        write_option(text, option, target != NULL ? target : "", "argv[i + 1]",
                     *first);
        *first = false;
    }
}

static size_t scalar_count(const mk_program *program)
{
    size_t count = 0;

    for (size_t i = 0; i < program->buffer_count; ++i)
        count += is_scalar(program, i);
    return count;
}

static void write_scalars(struct text *text)
{
    const mk_program *program = text->program;
    size_t number = 0;

    for (size_t i = 0; i < program->buffer_count; ++i) {
        const mk_buffer *buffer = &program->buffers[i].told;
        bool whole = buffer->type.code != kDLFloat;
        const char *target =
            mk__write_text(&text->arena, "call.%s", buffer->name);
        const char *value;

        if (!is_scalar(program, i))
            continue;
        value = mk__write_text(
            &text->arena, "(%s)scalar(\"%s\", given[%zu], %s)",
            mk__unit_type(buffer->type, false, MK_IN),
            option_of(text, buffer->name), number++, whole ? "true" : "false");
        text->out->failed =
            text->out->failed || target == NULL || value == NULL;
        if (!text->out->failed)
            mk__write_setting(text->out, 4, target, value);
    }
}

/* ---- main ------------------------------------------------------------------------------ */

static void write_parse(struct text *text)
{
    struct mk__str *out = text->out;
    bool first = true;

    mk__str_add(out, "    for (int i = 1; i < argc; i += 2) {\n"
                     "        if (strcmp(argv[i], \"--help\") == 0)\n"
                     "            return usage(stdout, 0);\n"
                     "        if (i + 1 == argc)\n"
                     "            return usage(stderr, 2);\n");
    write_size_options(text, &first);
    write_scalar_options(text, &first);
    write_option(text, "--seed", "seed",
                 "(uint64_t)integer(argv[i], argv[i + 1], 0)", first);
    write_option(text, "--runs", "runs", "integer(argv[i], argv[i + 1], 0)",
                 false);
    if (text->jit)
        write_option(text, "--record", "record", "argv[i + 1]", false);
    mk__str_add(out, "        else\n"
                     "            return usage(stderr, 2);\n    }\n");
}

/* A size that nobody gives has no value to run at. */
static void write_missing(struct text *text)
{
    const mk_program *program = text->program;

    for (size_t i = 0; i < program->size_count; ++i)
        if (is_open(program, i) && program->trial_sizes[i] == 0)
            mk__str_addf(text->out,
                         "    if (call.%s == 0) {\n"
                         "        fputs(\"%s is missing\\n\", stderr);\n"
                         "        return 2;\n    }\n",
                         program->sizes[i].name,
                         option_of(text, program->sizes[i].name));
}

static void write_main(struct text *text)
{
    const mk_program *program = text->program;
    struct mk__str *out = text->out;
    size_t scalars = scalar_count(program);

    mk__str_add(out, "int main(int argc, char **argv)\n{\n");
    mk__str_addf(out, "    struct %s *self = NULL;\n", program->name);
    mk__str_add(out, "    struct call call;\n");
    if (scalars > 0)
        mk__str_addf(out, "    const char *given[%zu];\n", scalars);
    if (text->jit)
        mk__str_add(out, "    const char *record = NULL;\n"
                         "    mk_choices *choices = NULL;\n");
    mk__str_add(out, "    uint64_t seed = 0;\n    int64_t runs = 21;\n"
                     "    int status;\n\n"
                     "    memset(&call, 0, sizeof(call));\n");
    if (scalars > 0)
        mk__str_add(out, "    memset(given, 0, sizeof(given));\n");
    for (size_t i = 0; i < program->size_count; ++i)
        if (is_open(program, i) && program->trial_sizes[i] > 0)
            mk__str_addf(out, "    call.%s = %lld;\n", program->sizes[i].name,
                         (long long)program->trial_sizes[i]);
    write_parse(text);
    write_missing(text);
    mk__str_add(out, "    state = seed;\n");
    write_scalars(text);
    mk__str_add(out, "    prepare(&call);\n");
    if (text->jit)
        mk__str_add(out, "    if (record != NULL && !begin(&choices))\n"
                         "        return 1;\n");
    mk__str_addf(out,
                 "    status = %s_init(&self);\n    if (status == 0)\n"
                 "        status = run(self, &call);\n",
                 program->name);
    if (text->jit)
        mk__str_add(out, "    if (record != NULL && !end(choices, record, "
                         "status == 0))\n        return 1;\n");
    mk__str_addf(out,
                 "    if (status == 0) {\n        print(&call);\n"
                 "        status = measure(self, &call, runs);\n    }\n"
                 "    if (status != 0)\n"
                 "        fprintf(stderr, \"%%s\\n\", %s_error(self));\n"
                 "    %s_destroy(self);\n    release(&call);\n"
                 "    return status;\n}\n",
                 program->name, program->name);
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

static void write_includes(struct text *text)
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
    struct text text = { .out = &body,
                         .program = program,
                         .jit = pass == MK_PASS_JIT };

    write_struct(&text);
    write_prepare(&text);
    write_run(&text);
    write_print(&text);
    write_release(&text);
    mk__write_heading(&body, "Options");
    write_usage(&text);
    mk__main_write_parsing(&body, scalar_count(program) > 0);
    if (text.jit)
        mk__main_write_recording(&body);
    mk__main_write_measuring(&body, program->name);
    write_main(&text);
    text.out = out;
    write_includes(&text);
    out->failed = out->failed || body.failed;
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

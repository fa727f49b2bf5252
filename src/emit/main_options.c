/* The options of an emitted main, and the main itself. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "emit/main_parts.h"
#include "emit/units.h"

/* ---- Options -------------------------------------------------------------------------- */

/* The option that sets a size or a scalar. */
static const char *option_of(struct mk__main *text, const char *name)
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
write_help(struct mk__main *text, const char *format, ...)
{
    struct mk__items items = { .arena = &text->arena };
    char line[256];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    mk__items_add(&items, "\"%s\\n\"", line);
    mk__items_add(&items, "stdout");
    mk__write_list(text->out, 4, "fputs(", &items, ");", "");
}

void mk__main_write_usage(struct mk__main *text)
{
    const mk_program *program = text->program;

    mk__str_add(text->out, "static int usage(void)\n{\n");
    write_help(text, "usage: %s_main [OPTION VALUE]...", program->name);
    write_help(text, "Runs %s once on random data, then times it.",
               program->name);
    for (size_t i = 0; i < program->size_count; ++i) {
        const char *option = option_of(text, program->sizes[i].name);

        if (mk__main_is_open(text, i) && program->trial_sizes[i] > 0)
            write_help(text, "  %s N  the size, else %lld", option,
                       (long long)program->trial_sizes[i]);
        else if (mk__main_is_open(text, i))
            write_help(text, "  %s N  the size; must be given", option);
    }
    for (size_t i = 0; i < program->buffer_count; ++i)
        if (mk__main_is_scalar(text, i))
            write_help(text, "  %s X  the scalar, else a random one",
                       option_of(text, program->buffers[i].told.name));
    write_help(text, "  --seed N  of the data, else 0");
    write_help(text, "  --runs N  samples to time, else 21; 0: none");
    if (text->jit)
        write_help(text, "  --record FILE  where to write what was chosen");
    write_help(text, "  --help");
    mk__str_add(text->out,
                "    return 0;\n}\n\n"
                "static int wrong(const char *option, const char *problem)\n{\n"
                "    fprintf(stderr, \"option %s %s; --help lists all\\n\", "
                "option, problem);\n"
                "    return 2;\n}\n\n");
}

/* The branch that takes one option. */
static void write_option(struct mk__main *text, const char *option,
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

static void write_size_options(struct mk__main *text, bool *first)
{
    const mk_program *program = text->program;

    for (size_t i = 0; i < program->size_count; ++i) {
        const char *option, *target;

        if (!mk__main_is_open(text, i))
            continue;
        option = option_of(text, program->sizes[i].name);
        target =
            mk__write_text(&text->arena, "call.%s", program->sizes[i].name);
        write_option(text, option, target != NULL ? target : "",
                     "integer(argv[i], argv[i + 1], 1, INT32_MAX)", *first);
        *first = false;
    }
}

/* Scalars that are not given are drawn when the seed is known. */
static void write_scalar_options(struct mk__main *text, bool *first)
{
    const mk_program *program = text->program;
    size_t number = 0;

    for (size_t i = 0; i < program->buffer_count; ++i) {
        const char *option, *target;

        if (!mk__main_is_scalar(text, i))
            continue;
        option = option_of(text, program->buffers[i].told.name);
        target = mk__write_text(&text->arena, "given[%zu]", number++);
        write_option(text, option, target != NULL ? target : "", "argv[i + 1]",
                     *first);
        *first = false;
    }
}

size_t mk__main_scalars(const struct mk__main *text)
{
    size_t count = 0;

    for (size_t i = 0; i < text->program->buffer_count; ++i)
        count += mk__main_is_scalar(text, i);
    return count;
}

static void write_scalars(struct mk__main *text)
{
    const mk_program *program = text->program;
    size_t number = 0;

    for (size_t i = 0; i < program->buffer_count; ++i) {
        const mk_buffer *buffer = &program->buffers[i].told;
        bool whole = buffer->type.code != kDLFloat;
        const char *target =
            mk__write_text(&text->arena, "call.%s", buffer->name);
        const char *value;

        if (!mk__main_is_scalar(text, i))
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

static void write_parse(struct mk__main *text)
{
    struct mk__str *out = text->out;
    bool first = true;

    mk__str_add(out, "    for (int i = 1; i < argc; i += 2) {\n"
                     "        if (strcmp(argv[i], \"--help\") == 0)\n"
                     "            return usage();\n"
                     "        if (i + 1 == argc)\n"
                     "            return wrong(argv[i], \"needs a value\");\n");
    write_size_options(text, &first);
    write_scalar_options(text, &first);
    write_option(text, "--seed", "seed",
                 "(uint64_t)integer(argv[i], argv[i + 1], 0, INT64_MAX)",
                 first);
    write_option(text, "--runs", "runs",
                 "integer(argv[i], argv[i + 1], 0, 1000000)", false);
    if (text->jit)
        write_option(text, "--record", "record", "argv[i + 1]", false);
    mk__str_add(out,
                "        else\n"
                "            return wrong(argv[i], \"is unknown\");\n    }\n");
}

/* A size that nobody gives has no value to run at. */
static void write_missing(struct mk__main *text)
{
    const mk_program *program = text->program;

    for (size_t i = 0; i < program->size_count; ++i)
        if (mk__main_is_open(text, i) && program->trial_sizes[i] == 0)
            mk__str_addf(text->out,
                         "    if (call.%s == 0) {\n"
                         "        fputs(\"%s is missing\\n\", stderr);\n"
                         "        return 2;\n    }\n",
                         program->sizes[i].name,
                         option_of(text, program->sizes[i].name));
}

void mk__main_write_main(struct mk__main *text)
{
    const mk_program *program = text->program;
    struct mk__str *out = text->out;
    size_t scalars = mk__main_scalars(text);

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
        if (mk__main_is_open(text, i) && program->trial_sizes[i] > 0)
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

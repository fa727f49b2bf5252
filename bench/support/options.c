#include "support/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_default(const struct bench_option *option)
{
    const char *text;

    switch (option->kind) {
    case BENCH_FLAG:
        break;
    case BENCH_COUNT:
        if (*(const size_t *)option->value > 0)
            printf(" (%zu)", *(const size_t *)option->value);
        break;
    case BENCH_NUMBER:
        if (*(const double *)option->value > 0)
            printf(" (%g)", *(const double *)option->value);
        break;
    case BENCH_TEXT:
        text = *(const char *const *)option->value;
        if (text != NULL)
            printf(" (%s)", text);
        break;
    }
}

static void print_help(const char *program, const char *about,
                       const struct bench_option *options)
{
    static const char *const values[] = {
        [BENCH_FLAG] = "",
        [BENCH_COUNT] = " N",
        [BENCH_NUMBER] = " X",
        [BENCH_TEXT] = " TEXT",
    };
    const char *slash = strrchr(program, '/');

    printf("Usage: %s [OPTION...]\n%s\n", slash != NULL ? slash + 1 : program,
           about);
    for (; options->name != NULL; ++options) {
        int width = printf("  --%s%s", options->name, values[options->kind]);

        printf("%*s%s", width < 24 ? 24 - width : 1, "", options->help);
        print_default(options);
        putchar('\n');
    }
    printf("  --help                print this\n");
}

static bool set(const struct bench_option *option, const char *value)
{
    char *end = NULL;

    switch (option->kind) {
    case BENCH_FLAG:
        *(bool *)option->value = true;
        return value == NULL;
    case BENCH_COUNT:
        if (value == NULL || value[0] < '0' || value[0] > '9')
            return false;
        *(size_t *)option->value = (size_t)strtoull(value, &end, 10);
        return *end == '\0';
    case BENCH_NUMBER:
        if (value == NULL)
            return false;
        *(double *)option->value = strtod(value, &end);
        return end != value && *end == '\0';
    case BENCH_TEXT:
        *(const char **)option->value = value;
        return value != NULL;
    }
    return false;
}

/* The option that `text` names; `*value` is what follows "=", or NULL. */
static const struct bench_option *find(const struct bench_option *options,
                                       const char *text, const char **value)
{
    size_t length = strcspn(text, "=");

    *value = text[length] == '=' ? text + length + 1 : NULL;
    for (; options->name != NULL; ++options)
        if (strlen(options->name) == length &&
            strncmp(options->name, text, length) == 0)
            return options;
    return NULL;
}

void bench_options(int argc, char **argv, const char *about,
                   const struct bench_option *options)
{
    for (int i = 1; i < argc; ++i) {
        const char *value = NULL;
        const struct bench_option *option = NULL;

        if (strcmp(argv[i], "--help") == 0) {
            print_help(argv[0], about, options);
            exit(0);
        }
        if (strncmp(argv[i], "--", 2) == 0)
            option = find(options, argv[i] + 2, &value);
        if (option != NULL && option->kind != BENCH_FLAG && value == NULL &&
            i + 1 < argc)
            value = argv[++i];
        if (option == NULL || !set(option, value)) {
            fprintf(stderr, "%s: '%s' is not understood; see --help\n", argv[0],
                    argv[i]);
            exit(2);
        }
    }
}

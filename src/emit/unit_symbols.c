/* What an object defines, asked of nm. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/proc.h"
#include "base/str.h"
#include "emit/unit.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct mk__symbol *)a)->name,
                  ((const struct mk__symbol *)b)->name);
}

/* A line is "NAME TYPE VALUE SIZE", the numbers hexadecimal. Weak ones may be
 * defined several times; versions ("NAME@@VERSION") are no part of the name. */
static bool read_line(const char *line, struct mk__symbol *symbol,
                      struct mk__arena *arena, bool *memory)
{
    size_t length = mk__line_length(line);
    size_t name = strcspn(line, " \n");
    const char *type = line + name + 1;
    char *copy;

    if (name + 2 >= length || type[1] != ' ' || strchr("WwVvU", *type) != NULL)
        return false;
    copy = mk__arena_alloc(arena, name + 1, 1);
    *memory = copy != NULL;
    if (copy == NULL)
        return false;
    memcpy(copy, line, name);
    copy[strcspn(copy, "@")] = '\0';
    symbol->name = copy;
    symbol->size = 0;
    type = memchr(type + 2, ' ', length - name - 3);
    if (type != NULL)
        symbol->size = strtoul(type, NULL, 16);
    return true;
}

static int read_lines(struct mk__symbol **symbols, size_t *count,
                      struct mk__arena *arena, const char *text)
{
    bool memory = true;
    size_t room = 1;

    for (const char *c = text; *c != '\0'; ++c)
        room += *c == '\n';
    *symbols = mk__arena_alloc(arena, room, sizeof(**symbols));
    if (*symbols == NULL)
        return MK_ERROR_NO_MEMORY;
    while (*text != '\0' && memory) {
        *count += read_line(text, &(*symbols)[*count], arena, &memory);
        text += mk__line_length(text);
        text += *text == '\n';
    }
    qsort(*symbols, *count, sizeof(**symbols), by_name);
    return memory ? MK_OK : MK_ERROR_NO_MEMORY;
}

int mk__symbols_read(struct mk__symbol **symbols, size_t *count,
                     const char **fault, struct mk__arena *arena,
                     const char *path, bool shared)
{
    const char *const argv[] = {
        "nm", "-g", "-P", "--defined-only", shared ? "-D" : "-g", path, NULL
    };
    char *output = NULL;
    int exit_status = 0;
    int status = mk__proc_run(argv, &output, &exit_status);

    *count = 0;
    *fault = NULL;
    if (status == MK_OK && exit_status > 0) {
        output[mk__line_length(output)] = '\0';
        *fault = mk__arena_strdup(arena, output);
        status = *fault != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
    } else if (status == MK_OK) {
        status = read_lines(symbols, count, arena, output);
    }
    free(output);
    return status;
}

const struct mk__symbol *mk__symbols_find(const struct mk__symbol *symbols,
                                          size_t count, const char *name)
{
    const struct mk__symbol wanted = { name, 0 };

    return count > 0
               ? bsearch(&wanted, symbols, count, sizeof(*symbols), by_name)
               : NULL;
}

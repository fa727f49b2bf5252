/* Devices in words. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"

const mk_backend *cli_backend(const char *name)
{
    for (const mk_backend *const *all = mk_backends(); *all != NULL; ++all)
        if (strcmp((*all)->name, name) == 0)
            return *all;
    return NULL;
}

const char *cli_fingerprint(const mk_backend *backend)
{
    const char *fingerprint;

    if (backend == NULL || backend->device->fingerprint(&fingerprint) != MK_OK)
        return "{}";
    return fingerprint;
}

void cli_print_device(const mk_backend *backend)
{
    json_t *fingerprint = cli_json_fingerprint(cli_fingerprint(backend));
    const char *model =
        json_string_value(json_object_get(fingerprint, "model"));

    fputs(backend != NULL ? backend->device->name : "?", stdout);
    if (model != NULL)
        printf(" (%s)", model);
    json_decref(fingerprint);
}

/* ---- Fields ---------------------------------------------------------------- */

enum {
    LABEL_WIDTH = 11,
    PAGE_WIDTH = 80
};

/* Prints words from column LABEL_WIDTH on; none is ever broken. */
static void print_wrapped(const char *text)
{
    size_t column = LABEL_WIDTH;

    while (*text != '\0') {
        size_t blanks = strspn(text, " ");
        size_t length = strcspn(text + blanks, " ");

        if (column > LABEL_WIDTH && column + blanks + length > PAGE_WIDTH) {
            printf("\n%*s", LABEL_WIDTH, "");
            column = LABEL_WIDTH;
            text += blanks;
            blanks = 0;
        }
        printf("%.*s", (int)(blanks + length), text);
        column += blanks + length;
        text += blanks + length;
    }
    putchar('\n');
}

void cli_print_field(const char *label, const char *format, ...)
{
    int blanks = LABEL_WIDTH - 2 - (int)strlen(label);
    char *text = NULL;
    va_list list;

    va_start(list, format);
    if (vasprintf(&text, format, list) < 0)
        text = NULL;
    va_end(list);
    printf("%s: %*s", label, blanks > 0 ? blanks : 0, "");
    print_wrapped(text != NULL ? text : mk_status_text(MK_ERROR_NO_MEMORY));
    free(text);
}

void cli_print_fingerprint(const char *fingerprint)
{
    json_t *members = cli_json_fingerprint(fingerprint);
    const char *name;
    json_t *value;

    json_object_foreach(members, name, value)
    {
        char *text = json_is_string(value)
                         ? NULL
                         : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

        cli_print_field(name, "%s",
                        text != NULL ? text : json_string_value(value));
        free(text);
    }
    json_decref(members);
}

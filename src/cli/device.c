/* Devices in words. */
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

    if (backend == NULL || backend->device == NULL ||
        backend->device->fingerprint(backend->device, &fingerprint) != MK_OK)
        return "{}";
    return fingerprint;
}

void cli_print_device(FILE *stream, const mk_backend *backend)
{
    json_t *fingerprint = cli_json_fingerprint(cli_fingerprint(backend));
    const char *model =
        json_string_value(json_object_get(fingerprint, "model"));

    fputs(backend != NULL && backend->device != NULL ? backend->device->name
                                                     : "?",
          stream);
    if (model != NULL)
        fprintf(stream, " (%s)", model);
    json_decref(fingerprint);
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

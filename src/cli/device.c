/* Devices: what definitions run on, and what there is, in words. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"

int cli_devices(const mk_backend *backend, const mk_device *const **list,
                size_t *count)
{
    *list = &backend->device;
    *count = 1;
    return backend->devices != NULL ? backend->devices(list, count) : MK_OK;
}

static const mk_backend *find_backend(const char *name)
{
    for (const mk_backend *const *all = mk_backends(); *all != NULL; ++all)
        if (strcmp((*all)->name, name) == 0)
            return *all;
    return NULL;
}

const mk_device *cli_device(const mk_definition *definition)
{
    const mk_backend *backend = find_backend(mk_definition_backend(definition));
    DLDevice wanted = mk_definition_device(definition);
    const mk_device *const *list;
    size_t count;

    if (backend == NULL || cli_devices(backend, &list, &count) != MK_OK)
        return NULL;
    for (size_t i = 0; i < count; ++i)
        if (list[i]->device.device_type == wanted.device_type &&
            list[i]->device.device_id == wanted.device_id)
            return list[i];
    mk_fail(MK_ERROR_NOT_FOUND, backend->name, 0, NULL,
            "%s: there is no GPU %d: %zu %s, numbered from 0",
            mk_definition_path(definition), (int)wanted.device_id, count,
            count == 1 ? "is there" : "are there");
    return NULL;
}

int cli_load_definition(mk_definition **definition, const char *path,
                        const cli_settings *settings)
{
    int status = mk_definition_load(definition, path);

    if (status == MK_OK && settings->device != CLI_NO_DEVICE)
        status = mk_definition_set_device(*definition, settings->device);
    if (status != MK_OK)
        return cli_report_error(status);
    if (cli_device(*definition) != NULL)
        return CLI_DONE;
    /* Nothing is wrong with the input, whatever the library's error says of
     * names that are not found. */
    (void)cli_report_error(MK_ERROR_NOT_FOUND);
    return CLI_FAILED;
}

const char *cli_fingerprint(const mk_device *device)
{
    const char *fingerprint;

    if (device == NULL || device->fingerprint(device, &fingerprint) != MK_OK)
        return "{}";
    return fingerprint;
}

void cli_print_device(FILE *stream, const mk_device *device)
{
    json_t *fingerprint = cli_json_fingerprint(cli_fingerprint(device));
    const char *model =
        json_string_value(json_object_get(fingerprint, "model"));

    fputs(device != NULL ? device->name : "?", stream);
    if (model != NULL)
        fprintf(stream, " (%s)", model);
    json_decref(fingerprint);
}

void cli_print_fingerprint(const char *fingerprint)
{
    json_t *members = cli_json_fingerprint(fingerprint);
    const char *name;
    json_t *value;

    json_object_foreach (members, name, value) {
        char *text = json_is_string(value)
                         ? NULL
                         : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

        cli_print_field(name, "%s",
                        text != NULL ? text : json_string_value(value));
        free(text);
    }
    json_decref(members);
}

#include "json.h"

#include <stdlib.h>
#include <string.h>

json_t *cli_json_text(const char *text)
{
    json_t *string = json_string(text);
    char *plain = string == NULL ? strdup(text) : NULL;

    if (plain != NULL) {
        for (char *c = plain; *c != '\0'; ++c)
            if ((unsigned char)*c >= 0x80)
                *c = '?';
        string = json_string(plain);
        free(plain);
    }
    return string;
}

json_t *cli_json_fingerprint(const char *fingerprint)
{
    json_t *object = json_loads(fingerprint, 0, NULL);

    return object != NULL ? object : json_object();
}

json_t *cli_json_device(const char *backend, const mk_device *device)
{
    return json_pack("{s:s, s:s, s:o}", "backend", backend, "name",
                     device != NULL ? device->name : "", "fingerprint",
                     cli_json_fingerprint(cli_fingerprint(device)));
}

json_t *cli_json_device_of(const mk_definition *definition)
{
    return cli_json_device(mk_definition_backend(definition),
                           cli_device(definition));
}

json_t *cli_json_sizes(const mk_definition *definition, const cli_sizes *given)
{
    json_t *object = json_object();
    size_t count;
    const mk_size *sizes = mk_definition_sizes(definition, &count);

    for (size_t i = 0; i < count; ++i) {
        json_int_t value = cli_size_value(given, &sizes[i]);

        if (json_object_set_new(object, sizes[i].name, json_integer(value)) !=
            0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

json_t *cli_json_variants(const mk_candidate *candidates, size_t count)
{
    json_t *variants = json_array();

    for (size_t i = 0; i < count; ++i) {
        const mk_candidate *candidate = &candidates[i];
        json_t *variant = json_pack(
            "{s:o, s:I, s:s, s:f, s:[f, f], s:f, s:I, s:o}", "name",
            cli_json_text(candidate->name), "index", (json_int_t)i, "status",
            mk_fate_name(candidate->fate), "time_ns", candidate->time_ns,
            "interval_ns", candidate->interval_ns[0], candidate->interval_ns[1],
            "ratio", candidate->ratio, "samples",
            (json_int_t)candidate->samples, "detail",
            cli_json_text(candidate->detail));

        if (json_array_append_new(variants, variant) != 0) {
            json_decref(variants);
            return NULL;
        }
    }
    return variants;
}

json_t *cli_json_pick(const mk_report *report)
{
    if (report->pick >= report->count)
        return json_null();
    return json_pack(
        "{s:o, s:I, s:s, s:s, s:o, s:f, s:o}", "name",
        cli_json_text(report->candidates[report->pick].name), "index",
        (json_int_t)report->pick, "from", mk_origin_name(report->from), "key",
        report->key, "file", cli_json_text(report->file), "tuning_ms",
        report->tuning_ms, "reason", cli_json_text(report->reason));
}

void cli_json_append(json_t **document, const char *name, json_t *entry)
{
    if (json_array_append_new(json_object_get(*document, name), entry) != 0) {
        json_decref(*document);
        *document = NULL;
    }
}

void cli_json_set(json_t **document, const char *name, json_t *value)
{
    if (json_object_set_new(*document, name, value) != 0) {
        json_decref(*document);
        *document = NULL;
    }
}

int cli_json_finish(json_t *document)
{
    /* Ten digits: more than any time has, and 1.1 stays 1.1. */
    size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(10);

    if (document == NULL)
        return cli_no_memory();
    /* What can't be written is noticed when stdout is flushed at the end. */
    (void)json_dumpf(document, stdout, flags);
    putchar('\n');
    json_decref(document);
    return CLI_DONE;
}

/* The objects of --json, made with jansson. Each function returns a new
 * reference, or NULL if memory is out. */
#ifndef MULTIKERNEL_CLI_JSON_H
#define MULTIKERNEL_CLI_JSON_H

#include <jansson.h>

#include "survey.h"

/* A string; bytes that are not UTF-8 (JSON has no others) become '?'. */
json_t *cli_json_text(const char *text);

/* {"backend", "name", "fingerprint"} of a back end's device, or of what a
 * definition runs on. */
json_t *cli_json_device(const char *backend, const mk_device *device);
json_t *cli_json_device_of(const mk_definition *definition);
json_t *cli_json_sizes(const mk_definition *definition, const cli_sizes *given);
json_t *cli_json_variants(const mk_candidate *candidates, size_t count);
/* The pick of a report; null where there is none. */
json_t *cli_json_pick(const mk_report *report);

/* What the policy made of a shape. */
json_t *cli_json_by_shape(const cli_survey *survey, const cli_result *result);
/* What the shapes of a survey say together. */
json_t *cli_json_summary(const cli_survey *survey);

/* A fingerprint's text as an object. */
json_t *cli_json_fingerprint(const char *fingerprint);

/* Appends `entry`, which it takes over, to the array `name` of `*document`;
 * where memory is out, `*document` is freed and becomes NULL. */
void cli_json_append(json_t **document, const char *name, json_t *entry);

/* The same for a member `name` that is no list. */
void cli_json_set(json_t **document, const char *name, json_t *value);

/* Prints `document` to stdout and frees it. Returns an exit status. */
int cli_json_finish(json_t *document);

#endif

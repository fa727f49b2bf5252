#include "store/record.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

/* Of the file's form; another one is a miss. */
#define FORMAT 1

static const char *const fates[] = {
#define FATE_NAME(name, text) text,
    MK_FATE_LIST(FATE_NAME)
#undef FATE_NAME
};

const char *mk_fate_name(mk_fate fate)
{
    return fates[fate];
}

bool mk__fate_of(const char *name, mk_fate *fate)
{
    for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); ++i)
        if (strcmp(fates[i], name) == 0) {
            *fate = (mk_fate)i;
            return true;
        }
    return false;
}

/* ---- Writing ---------------------------------------------------------------- */

/* What others say, a compiler in its own encoding perhaps, or cut short in the
 * midst of a character: JSON takes UTF-8 only. */
static json_t *foreign_text(const char *text)
{
    json_t *json = json_string(text);
    char *plain = json == NULL ? mk__strdup(text) : NULL;

    for (char *at = plain; at != NULL && *at != '\0'; ++at)
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    if (plain != NULL)
        json = json_string(plain);
    free(plain);
    return json;
}

static json_t *candidate_json(const mk_candidate *candidate, size_t index)
{
    return json_pack(
        "{s:s, s:I, s:s, s:f, s:[f,f], s:f, s:I, s:o}", "name", candidate->name,
        "index", (json_int_t)index, "status", mk_fate_name(candidate->fate),
        "time_ns", candidate->time_ns, "interval_ns", candidate->interval_ns[0],
        candidate->interval_ns[1], "ratio", candidate->ratio, "samples",
        (json_int_t)candidate->samples, "detail",
        foreign_text(candidate->detail));
}

static json_t *record_json(const mk_stored_pick *pick)
{
    json_t *candidates = json_array();
    json_t *device = json_loads(pick->device, 0, NULL);

    for (size_t i = 0; candidates != NULL && i < pick->count; ++i)
        if (json_array_append_new(
                candidates, candidate_json(&pick->candidates[i], i)) != 0) {
            json_decref(candidates);
            candidates = NULL;
        }
    /* json_pack takes the references over, also when it fails. */
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:I}, s:o, "
                     "s:f, s:o, s:o}",
                     "multikernel", FORMAT, "version", pick->version, "key",
                     pick->key, "date", pick->date, "multi", pick->multi,
                     "shapes", pick->shapes, "policy", pick->policy, "pick",
                     "name", pick->candidates[pick->pick].name, "index",
                     (json_int_t)pick->pick, "reason",
                     foreign_text(pick->reason), "tuning_ms", pick->tuning_ms,
                     "candidates", candidates, "device", device);
}

int mk__record_write(const mk_stored_pick *pick, char **text)
{
    json_t *json = record_json(pick);

    *text = json != NULL
                ? json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(9))
                : NULL;
    json_decref(json);
    if (*text == NULL)
        return mk__error(MK_ERROR_NO_MEMORY,
                         "no memory to write the pick of %s", pick->multi);
    return MK_OK;
}

/* ---- Reading -------------------------------------------------------------- */

static int wrong(const char *file, const char *what)
{
    return mk__error(MK_ERROR_IO, "%s: %s", file, what);
}

static int read_candidate(struct mk__arena *arena, const char *file,
                          json_t *json, mk_candidate *candidate)
{
    const char *name, *status, *detail;
    json_int_t samples;
    json_error_t error;

    if (json_unpack_ex(json, &error, 0,
                       "{s:s, s:s, s:F, s:[F,F!], s:F, s:I, s:s}", "name",
                       &name, "status", &status, "time_ns", &candidate->time_ns,
                       "interval_ns", &candidate->interval_ns[0],
                       &candidate->interval_ns[1], "ratio", &candidate->ratio,
                       "samples", &samples, "detail", &detail) != 0)
        return wrong(file, error.text);
    if (!mk__fate_of(status, &candidate->fate) || samples < 0)
        return wrong(file, "a candidate's status or samples are not known");
    candidate->samples = (size_t)samples;
    candidate->name = mk__arena_strdup(arena, name);
    candidate->detail = mk__arena_strdup(arena, detail);
    candidate->log = NULL;
    return candidate->name != NULL && candidate->detail != NULL
               ? MK_OK
               : MK_ERROR_NO_MEMORY;
}

static int read_candidates(struct mk__arena *arena, const char *file,
                           json_t *json, mk_stored_pick *pick)
{
    size_t count = json_array_size(json);
    mk_candidate *candidates =
        mk__arena_alloc(arena, count, sizeof(*candidates));
    int status = MK_OK;

    if (candidates == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < count && status == MK_OK; ++i)
        status = read_candidate(arena, file, json_array_get(json, i),
                                &candidates[i]);
    pick->candidates = candidates;
    pick->count = count;
    return status;
}

static int read_record(struct mk__arena *arena, const char *file, json_t *json,
                       mk_stored_pick *pick)
{
    json_t *candidates, *device;
    const char *name;
    json_int_t index;
    json_error_t error;
    char *text;
    int format;
    int status;

    if (json_unpack_ex(json, &error, 0, "{s:i}", "multikernel", &format) != 0)
        return wrong(file, error.text);
    if (format != FORMAT)
        return wrong(file, "written in another version's form");
    if (json_unpack_ex(
            json, &error, 0,
            "{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:I}, s:s, s:F, s:o, s:o}",
            "version", &pick->version, "key", &pick->key, "date", &pick->date,
            "multi", &pick->multi, "shapes", &pick->shapes, "policy",
            &pick->policy, "pick", "name", &name, "index", &index, "reason",
            &pick->reason, "tuning_ms", &pick->tuning_ms, "candidates",
            &candidates, "device", &device) != 0)
        return wrong(file, error.text);
    status = read_candidates(arena, file, candidates, pick);
    if (status != MK_OK)
        return status;
    if (index < 0 || (uint64_t)index >= pick->count)
        return wrong(file, "the pick's index is out of range");
    pick->pick = (size_t)index;
    if (strcmp(name, pick->candidates[index].name) != 0)
        return wrong(file, "the pick's name and index name two kernels");
    if (!json_is_object(device))
        return wrong(file, "its device is no object");
    text = json_dumps(device, JSON_COMPACT);
    if (text == NULL)
        return mk__error(MK_ERROR_NO_MEMORY, "no memory to read %s", file);
    pick->device = mk__arena_strdup(arena, text);
    free(text);
    return pick->device != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

/* Strings belong to the JSON until here. */
static int keep_strings(struct mk__arena *arena, const char *file,
                        mk_stored_pick *pick)
{
    const char **strings[] = { &pick->version, &pick->key,    &pick->date,
                               &pick->multi,   &pick->shapes, &pick->policy,
                               &pick->reason };

    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); ++i) {
        *strings[i] = mk__arena_strdup(arena, *strings[i]);
        if (*strings[i] == NULL)
            return MK_ERROR_NO_MEMORY;
    }
    pick->file = mk__arena_strdup(arena, file);
    return pick->file != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

int mk__record_read(struct mk__arena *arena, const char *file, const char *text,
                    size_t length, mk_stored_pick *pick)
{
    json_error_t error;
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    int status;

    if (json == NULL)
        return mk__error(MK_ERROR_IO, "%s:%d:%d: %s", file, error.line,
                         error.column, error.text);
    status = read_record(arena, file, json, pick);
    if (status == MK_OK)
        status = keep_strings(arena, file, pick);
    json_decref(json);
    return status;
}

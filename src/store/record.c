#include "store/record.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"

/* Of the file's form; another one is a miss. */
#define FORMAT 1
/* More than any multi-kernel has; bounds what a damaged head can ask for. */
#define MOST_KERNELS 100000

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

static char *dump(json_t *json)
{
    char *text = json != NULL
                     ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(9))
                     : NULL;

    json_decref(json);
    return text;
}

/* NULL, which leaves the member out, for none. */
static json_t *index_json(size_t index, size_t count)
{
    return index < count ? json_integer((json_int_t)index) : NULL;
}

/* The same for a pick that is not explained. */
static json_t *how_json(const mk_stored_pick *pick)
{
    if (!pick->explained)
        return NULL;
    return json_pack(
        "{s:b, s:f, s:f, s:o*, s:o*, s:o*, s:b}", "from_calls",
        pick->from_calls, "tie_margin", pick->tie_margin, "budget_ms",
        pick->budget_ms, "incumbent", index_json(pick->incumbent, pick->count),
        "default", index_json(pick->default_index, pick->count), "reference",
        index_json(pick->reference, pick->count), "isolated", pick->isolated);
}

/* json_pack takes references over, also when it fails. */
static char *write_evidence(const mk_stored_pick *pick)
{
    json_t *candidates = json_array();
    json_t *device = json_loads(pick->device, 0, NULL);

    for (size_t i = 0; candidates != NULL && i < pick->count; ++i)
        if (json_array_append_new(
                candidates, candidate_json(&pick->candidates[i], i)) != 0) {
            json_decref(candidates);
            candidates = NULL;
        }
    return dump(json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:f, s:o*, s:o, s:o}", "version",
        pick->version, "date", pick->date, "multi", pick->multi, "shapes",
        pick->shapes, "policy", pick->policy, "tuning_ms", pick->tuning_ms,
        "how", how_json(pick), "candidates", candidates, "device", device));
}

static void digest_of(const char *text, size_t length,
                      char digest[MK__DIGEST_SIZE])
{
    struct mk__hash hash;

    mk__hash_init(&hash);
    mk__hash_bytes(&hash, text, length);
    mk__hash_end(&hash, digest);
}

static char *write_head(const mk_stored_pick *pick, const char *evidence)
{
    char digest[MK__DIGEST_SIZE];

    digest_of(evidence, strlen(evidence), digest);
    return dump(json_pack(
        "{s:i, s:s, s:I, s:{s:s, s:I}, s:o, s:{s:I, s:s}}", "multikernel",
        FORMAT, "key", pick->key, "kernels", (json_int_t)pick->count, "pick",
        "name", pick->candidates[pick->pick].name, "index",
        (json_int_t)pick->pick, "reason", foreign_text(pick->reason),
        "evidence", "bytes", (json_int_t)strlen(evidence), "sha256", digest));
}

int mk__record_write(const mk_stored_pick *pick, char **text)
{
    char *evidence = write_evidence(pick);
    char *head = evidence != NULL ? write_head(pick, evidence) : NULL;

    *text = head != NULL ? mk__format("%s\n%s\n", head, evidence) : NULL;
    free(head);
    free(evidence);
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

/* The end of a file as its head describes it. */
struct tail {
    const char *text;
    size_t length;
};

/* The evidence must be there, whole, and end the file. */
static int check_tail(const char *file, const struct tail *rest,
                      json_int_t bytes, const char *sha256, struct tail *tail)
{
    char digest[MK__DIGEST_SIZE];

    if (bytes < 0 || rest->length < 2 || rest->text[0] != '\n' ||
        (uint64_t)bytes != rest->length - 2 ||
        rest->text[rest->length - 1] != '\n')
        return wrong(file, "truncated, or longer than it was written");
    *tail = (struct tail){ rest->text + 1, (size_t)bytes };
    digest_of(tail->text, tail->length, digest);
    if (strcmp(digest, sha256) != 0)
        return wrong(file, "its evidence is not what was written");
    return MK_OK;
}

/* One candidate's name is all that the head knows of them. */
static int name_pick(struct mk__arena *arena, mk_stored_pick *pick,
                     json_int_t count, json_int_t index, const char *name)
{
    mk_candidate *candidates =
        mk__arena_alloc(arena, (size_t)count, sizeof(*candidates));

    if (candidates == NULL)
        return MK_ERROR_NO_MEMORY;
    candidates[index].name = mk__arena_strdup(arena, name);
    pick->candidates = candidates;
    pick->count = (size_t)count;
    pick->pick = (size_t)index;
    return candidates[index].name != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

static int unpack_head(struct mk__arena *arena, const char *file, json_t *json,
                       const struct tail *rest, mk_stored_pick *pick,
                       struct tail *tail)
{
    const char *key, *name, *reason, *sha256;
    json_int_t count, index, bytes;
    json_error_t error;
    int format;
    int status;

    if (json_unpack_ex(json, &error, 0, "{s:i}", "multikernel", &format) != 0)
        return wrong(file, error.text);
    if (format != FORMAT)
        return wrong(file, "written in another version's form");
    if (json_unpack_ex(json, &error, 0,
                       "{s:s, s:I, s:{s:s, s:I}, s:s, s:{s:I, s:s}}", "key",
                       &key, "kernels", &count, "pick", "name", &name, "index",
                       &index, "reason", &reason, "evidence", "bytes", &bytes,
                       "sha256", &sha256) != 0)
        return wrong(file, error.text);
    if (count < 1 || count > MOST_KERNELS || index < 0 || index >= count)
        return wrong(file, "the pick's index is out of range");
    status = check_tail(file, rest, bytes, sha256, tail);
    if (status == MK_OK)
        status = name_pick(arena, pick, count, index, name);
    if (status != MK_OK)
        return status;
    pick->key = mk__arena_strdup(arena, key);
    pick->reason = mk__arena_strdup(arena, reason);
    pick->file = mk__arena_strdup(arena, file);
    return pick->key != NULL && pick->reason != NULL && pick->file != NULL
               ? MK_OK
               : MK_ERROR_NO_MEMORY;
}

static int read_head(struct mk__arena *arena, const char *file,
                     const char *text, size_t length, mk_stored_pick *pick,
                     struct tail *tail)
{
    json_error_t error;
    json_t *json = json_loadb(
        text, length, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
    struct tail rest;
    int status;

    if (json == NULL)
        return mk__error(MK_ERROR_IO, "%s:%d:%d: %s", file, error.line,
                         error.column, error.text);
    rest =
        (struct tail){ text + error.position, length - (size_t)error.position };
    status = unpack_head(arena, file, json, &rest, pick, tail);
    json_decref(json);
    return status;
}

int mk__record_glance(struct mk__arena *arena, const char *file,
                      const char *text, size_t length, mk_stored_pick *pick)
{
    struct tail tail;

    *pick = (mk_stored_pick){ 0 };
    return read_head(arena, file, text, length, pick, &tail);
}

/* An index among the candidates; `count` where none is given. */
static bool read_index(json_t *how, const char *name, size_t count,
                       size_t *index)
{
    json_t *json = json_object_get(how, name);
    json_int_t value = json_integer_value(json);

    *index = json != NULL ? (size_t)value : count;
    return json == NULL ||
           (json_is_integer(json) && value >= 0 && (uint64_t)value < count);
}

/* How it was decided; older versions did not tell. */
static int read_how(const char *file, json_t *how, mk_stored_pick *pick)
{
    int from_calls, isolated;
    json_error_t error;

    if (how == NULL)
        return MK_OK;
    if (json_unpack_ex(how, &error, 0, "{s:b, s:F, s:F, s:b}", "from_calls",
                       &from_calls, "tie_margin", &pick->tie_margin,
                       "budget_ms", &pick->budget_ms, "isolated",
                       &isolated) != 0)
        return wrong(file, error.text);
    if (!read_index(how, "default", pick->count, &pick->default_index) ||
        !read_index(how, "incumbent", pick->count, &pick->incumbent) ||
        !read_index(how, "reference", pick->count, &pick->reference))
        return wrong(file, "a kernel's index is out of range");
    pick->explained = true;
    pick->from_calls = from_calls != 0;
    pick->isolated = isolated != 0;
    return MK_OK;
}

static int unpack_evidence(struct mk__arena *arena, const char *file,
                           json_t *json, mk_stored_pick *pick)
{
    const char **strings[] = { &pick->version, &pick->date, &pick->multi,
                               &pick->shapes, &pick->policy };
    const char *picked = pick->candidates[pick->pick].name;
    json_t *candidates, *device;
    json_error_t error;
    size_t count = pick->count;
    char *text;
    int status;

    if (json_unpack_ex(json, &error, 0,
                       "{s:s, s:s, s:s, s:s, s:s, s:F, s:o, s:o}", "version",
                       strings[0], "date", strings[1], "multi", strings[2],
                       "shapes", strings[3], "policy", strings[4], "tuning_ms",
                       &pick->tuning_ms, "candidates", &candidates, "device",
                       &device) != 0)
        return wrong(file, error.text);
    if (!json_is_object(device))
        return wrong(file, "the device is no object");
    status = read_candidates(arena, file, candidates, pick);
    if (status != MK_OK)
        return status;
    if (pick->count != count ||
        strcmp(pick->candidates[pick->pick].name, picked) != 0)
        return wrong(file, "the pick and its evidence speak of two kernels");
    status = read_how(file, json_object_get(json, "how"), pick);
    if (status != MK_OK)
        return status;
    /* Strings belong to the JSON until here. */
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); ++i) {
        *strings[i] = mk__arena_strdup(arena, *strings[i]);
        if (*strings[i] == NULL)
            return MK_ERROR_NO_MEMORY;
    }
    text = json_dumps(device, JSON_COMPACT);
    pick->device = mk__arena_strdup(arena, text);
    free(text);
    return pick->device != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

int mk__record_read(struct mk__arena *arena, const char *file, const char *text,
                    size_t length, mk_stored_pick *pick)
{
    struct tail tail;
    json_error_t error;
    json_t *json;
    int status;

    *pick = (mk_stored_pick){ 0 };
    status = read_head(arena, file, text, length, pick, &tail);
    if (status != MK_OK)
        return status;
    json = json_loadb(tail.text, tail.length, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        return mk__error(MK_ERROR_IO, "%s:%d:%d: %s", file, error.line + 1,
                         error.column, error.text);
    status = unpack_evidence(arena, file, json, pick);
    json_decref(json);
    return status;
}

/* Reading JSON so that every complaint names file, line, column and field:
 *
 *   softmax.mk.json:12:15: variants[1].entry: expected a string, got an
 *   integer (3)
 *
 * A cursor is a value and the way to it from the root. Cursors are made on the
 * stack and point to their parents, so a child must not outlive its parent. The
 * way is turned into a position only when there is something to complain
 * about. All strings are borrowed from the file. */
#ifndef MULTIKERNEL_DEFINE_JSON_H
#define MULTIKERNEL_DEFINE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"

struct mk__json_file {
    char *path;
    char *
        text; /* NULL: the root was made, not parsed; complaints tell no place */
    size_t length;
    json_t *root;
};

struct mk__json {
    const struct mk__json_file *file;
    const struct mk__json *parent; /* NULL: this is the root */
    const char *key;               /* in an object; NULL: in an array, */
    size_t index;                  /* at this place */
    json_t *value;                 /* NULL: there is no such key */
};

/* Deeper values than this are complained about at their ancestor's place. */
#define MK__JSON_DEPTH 16

/* Parses `length` bytes of `text`, which it takes over. `path` is copied. The
 * file may be closed whatever this returns. */
int mk__json_parse(struct mk__json_file *file, const char *path, char *text,
                   size_t length);
void mk__json_close(struct mk__json_file *file);

/* ---- Moving ----------------------------------------------------------------- */

struct mk__json mk__json_root(const struct mk__json_file *file);

/* The member `key`; its value is NULL where there is none. */
struct mk__json mk__json_member(const struct mk__json *object, const char *key);
struct mk__json mk__json_element(const struct mk__json *array, size_t index);

/* A copy of the cursor and its parents in the arena: for complaints to come
 * while the file is open. NULL without memory. */
const struct mk__json *mk__json_keep(struct mk__arena *arena,
                                     const struct mk__json *at);

static inline bool mk__json_has(const struct mk__json *object, const char *key)
{
    return json_object_get(object->value, key) != NULL;
}

/* ---- What a value has to be --------------------------------------------------- */

/* Each returns MK_OK or MK_ERROR_DEFINITION, described. A missing value is
 * complained about at its parent, as a missing key. */
int mk__json_string(const struct mk__json *at, const char **text);
int mk__json_boolean(const struct mk__json *at, bool *value);
int mk__json_number(const struct mk__json *at, double *value);
int mk__json_integer(const struct mk__json *at, int64_t low, int64_t high,
                     int64_t *value);
int mk__json_array(const struct mk__json *at, size_t *count);
int mk__json_object(const struct mk__json *at);

/* Member `name` of an object, which must be an object too; `map->value` is NULL
 * where there is none. */
int mk__json_map(const struct mk__json *at, const char *name,
                 struct mk__json *map);

/* A C identifier that means nothing in expressions. */
int mk__json_identifier(const struct mk__json *at, const char **text);

/* The same of the key under which the value stands. */
int mk__json_identifier_key(const struct mk__json *at);

/* An object whose keys are all among `known`, which ends with NULL. */
int mk__json_keys(const struct mk__json *at, const char *const *known);

/* A string among `known`, which ends with NULL; `*index` is its place. `what`
 * is the noun: "intent". */
int mk__json_choice(const struct mk__json *at, const char *what,
                    const char *const *known, size_t *index);

/* An array of strings; `*list` holds borrowed strings, free it with free(). */
int mk__json_strings(const struct mk__json *at, const char ***list,
                     size_t *count);

/* ---- Complaining -------------------------------------------------------------- */

/* MK_ERROR_DEFINITION at the value. */
int mk__json_error(const struct mk__json *at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* At byte `offset` of the string that the value is. */
int mk__json_error_in(const struct mk__json *at, size_t offset,
                      const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* At the key rather than its value. */
int mk__json_error_key(const struct mk__json *at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "expected EXPECTED, got an integer (3)" */
int mk__json_expected(const struct mk__json *at, const char *expected);

/* ---- Places (place.c) ----------------------------------------------------------- */

struct mk__json_place {
    size_t line;
    size_t column; /* in characters; both from 1 */
};

/* The place of byte `offset` of the file's text. */
struct mk__json_place mk__json_place(const struct mk__json_file *file,
                                     size_t offset);

/* Where in the text the value begins, or its key. */
size_t mk__json_offset(const struct mk__json *at, bool key);

/* The offset in the text of byte `inside` of the string that begins, with its
 * quote, at `begin`. */
size_t mk__json_inside(const char *text, size_t begin, size_t inside);

#endif

/* A stored pick as text: two lines, each a JSON object. The first is the pick,
 * all that a call needs; the second is the evidence for whoever asks. The first
 * says how long the second is, and its digest, so that damage is noticed without
 * reading it. */
#ifndef MULTIKERNEL_STORE_RECORD_H
#define MULTIKERNEL_STORE_RECORD_H

#include <multikernel/store.h>

#include "base/arena.h"

/* The text of a pick file. Free with free(). */
int mk__record_write(const mk_stored_pick *pick, char **text);

/* Reads such a text into `pick`, whose parts lie in the arena; `file` is kept
 * and named in errors. Anything that does not fit, from truncation to an index
 * out of range, is MK_ERROR_IO and says what. */
int mk__record_read(struct mk__arena *arena, const char *file, const char *text,
                    size_t length, mk_stored_pick *pick);

/* The same for the first line alone: sets key, file, count, pick, reason and the
 * picked candidate's name, and nothing else. */
int mk__record_glance(struct mk__arena *arena, const char *file,
                      const char *text, size_t length, mk_stored_pick *pick);

/* The fate of that name; false: there is none. */
bool mk__fate_of(const char *name, mk_fate *fate);

#endif

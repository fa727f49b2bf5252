/* The mark that emitted text begins with, as a comment of two lines:
 *
 *   softmax_mk.h: emitted by multikernel 0.1.0 from ../softmax.mk.json.
 *   What is changed here is lost when it is emitted anew. */
#ifndef MULTIKERNEL_EMIT_MARK_H
#define MULTIKERNEL_EMIT_MARK_H

#include <stdbool.h>

#include "base/str.h"

/* `comment` is C's, "/" "*", or what every line begins with: "#". */
void mk__mark_add(struct mk__str *text, const char *comment, const char *name,
                  const char *from);

/* Whether `text` begins with the mark of file `name`, emitted from `from`. */
bool mk__mark_is(const char *text, const char *comment, const char *name,
                 const char *from);

/* Adds, for people, what a text says that has another mark, or none. */
void mk__mark_tell(struct mk__str *out, const char *text, const char *comment,
                   const char *name);

/* Adds text that may lie in any comment: it does not end one, nor its line. */
void mk__comment_add(struct mk__str *text, const char *what);

#endif

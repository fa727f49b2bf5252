/* What a misspelt word may have been meant to be. */
#ifndef MULTIKERNEL_DEFINE_NEAREST_H
#define MULTIKERNEL_DEFINE_NEAREST_H

#include "base/str.h"

/* The word itself among `known`, which ends with NULL; NULL: not there. */
const char *mk__nearest_find(const char *const *known, const char *word);

/* Adds "; did you mean 'entry'? known: name, entry, ..." after a complaint
 * about `word`; the question only where a known word is close. */
void mk__nearest_list(struct mk__str *out, const char *const *known,
                      const char *word);

#endif

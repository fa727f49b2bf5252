/* Asking a C text for a word, so that what is emitted holds no more than it uses. */
#ifndef MULTIKERNEL_EMIT_MENTIONS_H
#define MULTIKERNEL_EMIT_MENTIONS_H

#include <stdbool.h>

/* Whether the text names `word`; of what memory was out for, no. */
bool mk__mentions(const char *text, const char *word);

/* Whether it calls `word`: names it before a parenthesis. */
bool mk__mentions_call(const char *text, const char *word);

#endif

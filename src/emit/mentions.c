/* Asking a C text for a word. */
#include "emit/mentions.h"

#include <ctype.h>
#include <string.h>

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The word in the text, from `text` on; NULL: it is not there. `start` is where the
 * whole begins. */
static const char *find_word(const char *start, const char *text,
                             const char *word)
{
    size_t length = strlen(word);

    for (const char *at = text; (at = strstr(at, word)) != NULL; at += length)
        if ((at == start || !in_word(at[-1])) && !in_word(at[length]))
            return at;
    return NULL;
}

bool mk__mentions(const char *text, const char *word)
{
    return text != NULL && word != NULL && find_word(text, text, word) != NULL;
}

bool mk__mentions_call(const char *text, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = text; (at = find_word(text, at, word)) != NULL;
         at += length)
        if (at[length] == '(')
            return true;
    return false;
}

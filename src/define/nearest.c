#include "define/nearest.h"

#include <ctype.h>
#include <string.h>

/* Longer words are not compared: no key of ours is as long. */
#define LONGEST 32

const char *mk__nearest_find(const char *const *known, const char *word)
{
    for (; *known != NULL; ++known)
        if (strcmp(*known, word) == 0)
            return *known;
    return NULL;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t differ(char a, char b)
{
    return tolower((unsigned char)a) != tolower((unsigned char)b);
}

/* Insertions, deletions and replacements that make `b` of `a`; upper and
 * lower case are the same. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST + 1];
    size_t long_a = strlen(a);
    size_t long_b = strlen(b);

    if (long_a > LONGEST || long_b > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= long_b; ++j)
        row[j] = j;
    for (size_t i = 1; i <= long_a; ++i) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= long_b; ++j) {
            size_t replaced = diagonal + differ(a[i - 1], b[j - 1]);

            diagonal = row[j];
            row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[long_b];
}

void mk__nearest_list(struct mk__str *out, const char *const *known,
                      const char *word)
{
    const char *nearest = NULL;
    size_t length = strlen(word);
    /* So far is no misspelling. */
    size_t best = length <= 2 ? 1 : length <= 4 ? 2 : 3;

    for (size_t i = 0; known[i] != NULL; ++i) {
        size_t far = distance(word, known[i]);

        if (far < best) {
            best = far;
            nearest = known[i];
        }
    }
    if (nearest != NULL)
        mk__str_addf(out, "; did you mean '%s'?", nearest);
    mk__str_add(out, nearest != NULL ? " known: " : "; known: ");
    for (size_t i = 0; known[i] != NULL; ++i)
        mk__str_addf(out, "%s%s", i > 0 ? ", " : "", known[i]);
}

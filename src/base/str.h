/* Text that grows. A failed allocation sticks: later additions do nothing, and
 * mk__str_take returns NULL, so a builder checks once, at the end. */
#ifndef MULTIKERNEL_BASE_STR_H
#define MULTIKERNEL_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

struct mk__str {
    char *text; /* NULL while empty */
    size_t length;
    size_t capacity;
    bool failed;
};

/* clang-format off */
#define MK__STR_INIT {NULL, 0, 0, false}
/* clang-format on */

void mk__str_add(struct mk__str *str, const char *text);
void mk__str_addn(struct mk__str *str, const char *text, size_t length);
void mk__str_addf(struct mk__str *str, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Hands the text over (free with free()) and empties the builder; NULL, with
 * the error set, when an addition failed. */
char *mk__str_take(struct mk__str *str);
void mk__str_free(struct mk__str *str);

/* Length of the first line of `text`, without its end. */
size_t mk__line_length(const char *text);

/* The first line of a compiler's log that says "error:", else its first line. */
const char *mk__first_error(const char *log);

#endif

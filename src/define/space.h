/* The variants that a definition has at given sizes. */
#ifndef MULTIKERNEL_DEFINE_SPACE_H
#define MULTIKERNEL_DEFINE_SPACE_H

#include "define/definition.h"

/* A variant and one combination of its defines' values, counted with the first
 * define slowest. */
struct mk__point {
    const struct mk__variant *variant;
    size_t combination;
};

/* The value that define number `define` has in a combination. */
const struct mk__choice *mk__space_choice(const struct mk__variant *variant,
                                          size_t combination, size_t define);

/* "blocked[BLOCK=64]", or "online" where no define is a list. Free with
 * free(); NULL without memory. */
char *mk__space_name(const struct mk__point *point);

/* The point of that name; false: there is none. */
bool mk__space_find(const mk_definition *definition, const char *name,
                    const struct mk__variant **variant, size_t *combination);

/* The value of every size of the definition: those given, else the defaults.
 * `values` has room for MK__MAX_SIZES. */
int mk__space_sizes(const mk_definition *definition, const mk_size *sizes,
                    size_t count, int64_t *values);

/* The same, with 0 for a size that has neither. */
int mk__space_given(const mk_definition *definition, const mk_size *sizes,
                    size_t count, int64_t *values);

/* The points that `where` leaves at these sizes, or at any (NULL), in the order of
 * the file: at least one. Free `*points` with free(). */
int mk__space_points(const mk_definition *definition, const int64_t *sizes,
                     struct mk__point **points, size_t *count);

#endif

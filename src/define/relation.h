/* Relations of sizes that are asked of a call: `requires.sizes`, and `where` in a
 * multi-kernel whose sizes vary. */
#ifndef MULTIKERNEL_DEFINE_RELATION_H
#define MULTIKERNEL_DEFINE_RELATION_H

#include "define/space.h"

/* Whether a variant's own arguments tell the size: as a scalar, or as a
 * dimension that is just its name. `*argument` is the place among what the
 * variant takes, `*dimension` SIZE_MAX for a scalar. */
bool mk__relation_source(const mk_definition *definition,
                         const struct mk__variant *variant, const char *size,
                         size_t *argument, size_t *dimension);

struct mk__relation;

/* What a variant's `requires.sizes` asks of every call, with the defines of the
 * combination; and, with `where` set, its `where`, so far as that depends on
 * sizes: the arguments must tell them then. NULL where it asks nothing. The
 * relation does not borrow from the definition. */
int mk__relation_make(struct mk__relation **relation,
                      const mk_definition *definition,
                      const struct mk__point *point, bool where);
const char *mk__relation_text(const struct mk__relation *relation);

/* For mk_requirements: `context` is a relation. Where the expression has no
 * value (a division by zero, say), the relation does not hold. */
bool mk__relation_holds(const mk_arg *args, void *context);
void mk__relation_free(void *context); /* NULL is allowed */

#endif

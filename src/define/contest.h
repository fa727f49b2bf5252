/* Which variant is fastest at a size hint: found out, or looked up, by the
 * ordinary multi-kernel of all variants at the hint's sizes. */
#ifndef MULTIKERNEL_DEFINE_CONTEST_H
#define MULTIKERNEL_DEFINE_CONTEST_H

#include "define/space.h"

struct mk__contest {
    const mk_definition *definition;
    const mk_multi_options *options; /* for tuning; not which is forced */
    const int64_t *given;         /* sizes that a hint does not name; 0: none */
    const struct mk__hint *hints; /* the definition's, or a caller's */
    size_t hint_count;
    size_t hint;
};

/* The values of all sizes at the hint. */
int mk__contest_sizes(const struct mk__contest *contest, int64_t *values);

int mk__contest_hold(struct mk__contest *contest, struct mk__point *winner);

#endif

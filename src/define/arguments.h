/* Arguments at the values of all sizes. */
#ifndef MULTIKERNEL_DEFINE_ARGUMENTS_H
#define MULTIKERNEL_DEFINE_ARGUMENTS_H

#include "define/definition.h"

/* What arguments are made from. */
struct mk__recipe {
    const mk_definition *definition;
    const mk_multi *multi;
    const int64_t *sizes;
    uint64_t seed;
    /* The tensors' memory is not touched and holds whatever it holds: for
     * questions about shapes, whatever these would take. */
    bool empty;
};

int mk__arguments_make(mk_arguments **arguments,
                       const struct mk__recipe *recipe);

#endif

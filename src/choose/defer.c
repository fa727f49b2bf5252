/* Stretches of a thread in which nothing is tuned. */
#include "choose/multi.h"

static _Thread_local unsigned long depth;

void mk_defer_begin(void)
{
    depth += 1;
}

void mk_defer_end(void)
{
    if (depth > 0)
        depth -= 1;
}

bool mk__deferred(void)
{
    return depth > 0;
}

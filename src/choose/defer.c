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

bool mk__captured(const mk_multi *multi, mk_stream stream)
{
    const mk_device *device = multi->device;
    bool captured = false;

    /* A stream that can't be asked is not to be waited for either. */
    return device->capturing != NULL &&
           (device->capturing(device, stream, &captured) != MK_OK || captured);
}

bool mk__defer_capture(const mk_multi *multi, mk_stream stream)
{
    bool captured = mk__captured(multi, stream);

    if (captured)
        mk_defer_begin();
    return captured;
}

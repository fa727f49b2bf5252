#include "support/fake_inspection.h"

#include <stdlib.h>
#include <string.h>

#include "measure/clone.h"
#include "measure/compare.h"
#include "measure/element.h"
#include "support/fake_backend.h"

#define MOST_RANGES 256

struct fake_inspection fake_inspection;

/* The device's memory, what was released included. */
static struct {
    const char *start;
    size_t bytes;
} ranges[MOST_RANGES];
static size_t range_count;

static void add_range(const void *memory, size_t bytes)
{
    if (range_count == MOST_RANGES)
        abort();
    ranges[range_count].start = memory;
    ranges[range_count].bytes = bytes;
    range_count += 1;
}

static bool is_ours(const void *memory)
{
    const char *at = memory;

    for (size_t i = 0; i < range_count; ++i)
        if (at >= ranges[i].start && at < ranges[i].start + ranges[i].bytes)
            return true;
    return false;
}

/* ---- Memory ------------------------------------------------------------------- */

static int allocate(const mk_device *device, size_t bytes, mk_stream stream,
                    void **memory)
{
    int status = fake_device.allocate(device, bytes, stream, memory);

    if (status == MK_OK)
        add_range(*memory, bytes);
    return status;
}

static int copy(const mk_device *device, void *to, const void *from,
                size_t bytes, mk_stream stream)
{
    if (!is_ours(to) && bytes == MK__GUARD) {
        fake_inspection.guards += 1;
    } else if (!is_ours(to)) {
        fake_inspection.others += 1;
        fake_inspection.brought += bytes;
    }
    return fake_device.copy(device, to, from, bytes, stream);
}

/* ---- What looks at it ------------------------------------------------------------ */

static int called(size_t *count)
{
    *count += 1;
    if (fake_inspection.calls++ >= fake_inspection.fails_from)
        return mk_fail(MK_ERROR_LAUNCH, "fake", 8, NULL,
                       "the fake device does not look");
    return MK_OK;
}

static int equal(const mk_device *device, const void *a, const void *b,
                 size_t bytes, mk_stream stream, bool *same)
{
    int status = called(&fake_inspection.equals);

    (void)device;
    (void)stream;
    if (status == MK_OK && !(is_ours(a) && is_ours(b)))
        abort();
    if (status == MK_OK && fake_inspection.knows_nothing)
        status = mk_fail(MK_ERROR_UNSUPPORTED, "fake", 9, NULL,
                         "the fake device knows nothing");
    *same = status == MK_OK && memcmp(a, b, bytes) == 0;
    return status;
}

static bool knows(const mk_device *device, DLDataType type)
{
    (void)device;
    return !fake_inspection.knows_nothing &&
           mk__element_of(type).kind != MK__BYTES;
}

static int poison(const mk_device *device, const mk_tolerance *within, void *to,
                  size_t count, const void *results, mk_stream stream)
{
    int status = called(&fake_inspection.poisons);

    (void)device;
    (void)stream;
    if (!is_ours(to) || !(results == NULL || is_ours(results)))
        abort();
    if (status == MK_OK)
        mk__poison(within, to, count, results);
    return status;
}

static int confusable(const mk_device *device, const mk_tolerance *within,
                      const void *results, size_t count, mk_stream stream,
                      bool *could_be)
{
    int status = called(&fake_inspection.confusables);

    (void)device;
    (void)stream;
    if (!is_ours(results))
        abort();
    *could_be = status == MK_OK && mk__confusable(within, results, count);
    return status;
}

static int compare(const mk_device *device, const mk_tolerance *within,
                   const void *results, const void *got, size_t count,
                   bool poisoned, mk_stream stream, mk_difference *difference)
{
    int status = called(&fake_inspection.compares);

    (void)device;
    (void)stream;
    if (!is_ours(results) || !is_ours(got))
        abort();
    if (status == MK_OK)
        (void)mk__compare(within, results, got, count, poisoned, difference);
    return status;
}

void fake_inspection_begin(mk_device *device, const void *memory, size_t bytes)
{
    fake_inspection = (struct fake_inspection){ .fails_from = FAKE_NEVER };
    range_count = 0;
    add_range(memory, bytes);
    device->allocate = allocate;
    device->copy = copy;
    device->equal = equal;
    device->knows = knows;
    device->poison = poison;
    device->confusable = confusable;
    device->compare = compare;
}

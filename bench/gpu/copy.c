#include "gpu/gpu.h"

#include "base/clock.h"
#include "support/fail.h"
#include "support/stats.h"

/* Far beyond any last-level cache. */
#define COPY_BYTES ((size_t)512 << 20)
enum {
    copies = 32,
    rounds = 7
};

/* On a stream, as a program copies; the host's part is nothing beside it. */
static double time_copies(const mk_device *device, void *to, const void *from)
{
    uint64_t start;

    bench_check(device->synchronize(device, MK_DEFAULT_STREAM), "synchronize");
    start = mk__now_ns();
    for (int i = 0; i < copies; ++i)
        bench_check(
            device->copy(device, to, from, COPY_BYTES, MK_DEFAULT_STREAM),
            "copy");
    bench_check(device->synchronize(device, MK_DEFAULT_STREAM), "synchronize");
    return (double)(mk__now_ns() - start);
}

double copy_bandwidth(const mk_device *device)
{
    double samples[rounds];
    void *from, *to;

    bench_check(device->allocate(device, COPY_BYTES, MK_DEFAULT_STREAM, &from),
                "allocate");
    bench_check(device->allocate(device, COPY_BYTES, MK_DEFAULT_STREAM, &to),
                "allocate");
    bench_check(device->fill(device, from, 1, COPY_BYTES, MK_DEFAULT_STREAM),
                "fill");
    (void)time_copies(device, to, from);
    for (int r = 0; r < rounds; ++r)
        samples[r] = time_copies(device, to, from);
    device->release(device, from, MK_DEFAULT_STREAM);
    device->release(device, to, MK_DEFAULT_STREAM);
    return 2.0 * copies * (double)COPY_BYTES / bench_median(samples, rounds);
}

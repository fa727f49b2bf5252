#include "gpu/gpu.h"

#include "support/fail.h"
#include "support/stats.h"

/* Far beyond any last-level cache. */
#define COPY_BYTES ((size_t)512 << 20)
enum {
    copies = 8,
    rounds = 15
};

double copy_bandwidth(const mk_device *device)
{
    double samples[rounds];
    mk_recording *recording;
    mk_stream stream;
    void *from, *to;

    bench_check(device->allocate(device, COPY_BYTES, MK_DEFAULT_STREAM, &from),
                "allocate");
    bench_check(device->allocate(device, COPY_BYTES, MK_DEFAULT_STREAM, &to),
                "allocate");
    bench_check(device->fill(device, from, 1, COPY_BYTES, MK_DEFAULT_STREAM),
                "fill");
    bench_check(device->synchronize(device, MK_DEFAULT_STREAM), "synchronize");
    bench_check(device->record(device, &recording, &stream), "record");
    bench_check(device->copy(device, to, from, COPY_BYTES, stream), "copy");
    bench_check(device->record_mark(device, recording, true), "mark");
    for (int i = 0; i < copies; ++i)
        bench_check(device->copy(device, to, from, COPY_BYTES, stream), "copy");
    bench_check(device->record_mark(device, recording, false), "mark");
    bench_check(device->record_end(device, recording), "record");
    for (int r = 0; r < rounds; ++r)
        bench_check(device->replay(device, recording, &samples[r]), "replay");
    device->forget(device, recording);
    device->release(device, from, MK_DEFAULT_STREAM);
    device->release(device, to, MK_DEFAULT_STREAM);
    return 2.0 * copies * (double)COPY_BYTES / bench_median(samples, rounds);
}

/* The kernels by which the library looks at a GPU's memory, on the host: what
 * cuda_inspect.cu does, element by element. */
#include "support/fake_gpu.h"

#include <string.h>

#include "backend/cuda_inspect.h"

static struct mk__inspect_job job_of(const struct fake_cuda_launch *launch)
{
    struct mk__inspect_job job;

    memcpy(&job, launch->argv[0], sizeof(job));
    return job;
}

static void *pointer_of(const struct fake_cuda_launch *launch, size_t i)
{
    return *(void **)launch->argv[i];
}

static uint64_t part(const struct mk__inspect_job *job, const char *all,
                     uint64_t i)
{
    uint64_t bits = 0;

    memcpy(&bits, all + i * job->element.bytes, job->element.bytes);
    return bits;
}

static uint64_t plain_poison(const struct mk__inspect_job *job)
{
    return mk__part_poison(job->element.kind) & mk__inspect_mask(&job->element);
}

static void poison_all(void *context, const struct fake_cuda_launch *launch)
{
    const struct mk__inspect_job job = job_of(launch);
    char *to = pointer_of(launch, 1);

    (void)context;
    for (uint64_t i = 0; i < job.count * job.element.parts; ++i) {
        uint64_t bits =
            job.results != NULL
                ? mk__inspect_poison(&job, part(&job, job.results, i))
                : plain_poison(&job);

        memcpy(to + i * job.element.bytes, &bits, job.element.bytes);
    }
}

static void confusable(void *context, const struct fake_cuda_launch *launch)
{
    const struct mk__inspect_job job = job_of(launch);
    unsigned *found = pointer_of(launch, 1);

    (void)context;
    for (uint64_t i = 0; i < job.count * job.element.parts; ++i)
        if (mk__part_distance(&job.element, job.rtol, job.atol,
                              part(&job, job.results, i), plain_poison(&job))
                .agree)
            *found = 1;
}

/* Every block looks at some. */
static void compare(void *context, const struct fake_cuda_launch *launch)
{
    const struct mk__inspect_job job = job_of(launch);
    struct mk__inspect_finding *findings = pointer_of(launch, 1);

    (void)context;
    for (uint64_t i = 0; i < job.count; ++i) {
        uint64_t first = i * job.element.parts;
        uint64_t last = first + job.element.parts - 1;
        const uint64_t a[2] = { part(&job, job.results, first),
                                part(&job, job.results, last) };
        const uint64_t b[2] = { part(&job, job.got, first),
                                part(&job, job.got, last) };

        if (a[0] != b[0] || a[1] != b[1])
            mk__inspect_element(&job, a, b, i, &findings[i % launch->grid[0]]);
    }
}

static void unequal(void *context, const struct fake_cuda_launch *launch)
{
    uint64_t bytes = *(uint64_t *)launch->argv[2];
    unsigned *found = pointer_of(launch, 3);

    (void)context;
    if (memcmp(pointer_of(launch, 0), pointer_of(launch, 1), bytes) != 0)
        *found = 1;
}

void gpu_inspection_begin(void)
{
    gpu->kernel("mk__inspect_poison_all", poison_all, NULL);
    gpu->kernel("mk__inspect_confusable", confusable, NULL);
    gpu->kernel("mk__inspect_compare", compare, NULL);
    gpu->kernel("mk__inspect_unequal", unequal, NULL);
}

/* Looks at a GPU's memory by kernels of ours. They are loaded when they are first
 * needed, from PTX text that is part of the library, and stay loaded. */
#include "backend/cuda_inspect.h"

#include <stdlib.h>

#include "args/element.h"
#include "backend/cuda_device.h"
#include "base/alloc.h"

/* Made from cuda_inspect.ptx by the build; ends with a zero. */
static const unsigned char ptx[] = {
#include "backend/cuda_inspect_ptx.inc"
};

/* What the text is for: GPUs of this capability and newer ones. */
#define LEAST_CAPABILITY 70

/* Enough to keep a multiprocessor's memory requests going. */
#define BLOCKS_PER_SM 8

/* The context is entered. */
static int load(struct mk__cuda_device *cuda)
{
    CUresult result = CUDA_SUCCESS;

    if (cuda->capability < LEAST_CAPABILITY)
        return mk_fail(MK_ERROR_UNSUPPORTED, "cuda", 0, NULL,
                       "%s: looking at its memory by kernels takes a "
                       "capability of %d.%d, got %d.%d",
                       cuda->name, LEAST_CAPABILITY / 10, LEAST_CAPABILITY % 10,
                       cuda->capability / 10, cuda->capability % 10);
    pthread_mutex_lock(&cuda->lock);
    if (cuda->inspection == NULL)
        result = cuda->driver->cuModuleLoadDataEx(&cuda->inspection, ptx, 0,
                                                  NULL, NULL);
    pthread_mutex_unlock(&cuda->lock);
    return mk__cuda_check(cuda, MK_ERROR_UNSUPPORTED, result,
                          "can't load the kernels that look at its memory");
}

bool mk__cuda_knows(const mk_device *device, DLDataType type)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct mk__cuda_visit visit;
    int status = mk__cuda_enter(&visit, cuda);

    if (status == MK_OK)
        status = load(cuda);
    mk__cuda_leave(&visit);
    return status == MK_OK && mk__element_of(type).kind != MK__BYTES;
}

/* Blocks for so many bytes. */
static unsigned blocks_for(const struct mk__cuda_device *cuda, size_t bytes)
{
    size_t most = (size_t)cuda->sm_count * BLOCKS_PER_SM;
    size_t blocks = bytes / ((size_t)MK__INSPECT_THREADS * 16) + 1;

    return (unsigned)(blocks < most ? blocks : most);
}

/* Launches one of our kernels. */
static int launch(const mk_device *device, const char *name, unsigned blocks,
                  void **argv, mk_stream stream)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct mk__cuda_visit visit;
    CUfunction function = NULL;
    CUresult result = CUDA_SUCCESS;
    int status = mk__cuda_enter(&visit, cuda);

    if (status == MK_OK)
        status = load(cuda);
    if (status == MK_OK)
        result = cuda->driver->cuModuleGetFunction(&function, cuda->inspection,
                                                   name);
    if (status == MK_OK && result == CUDA_SUCCESS)
        result = cuda->driver->cuLaunchKernel(function, blocks, 1, 1,
                                              MK__INSPECT_THREADS, 1, 1, 0,
                                              (CUstream)stream, argv, NULL);
    mk__cuda_leave(&visit);
    if (status != MK_OK)
        return status;
    return mk__cuda_check(cuda, MK_ERROR_LAUNCH, result, "can't launch %s",
                          name);
}

static struct mk__inspect_job job_of(const mk_tolerance *within,
                                     const void *results, const void *got,
                                     size_t count)
{
    return (struct mk__inspect_job){
        .results = results,
        .got = got,
        .count = count,
        .element = mk__element_of(within->type),
        .rtol = within->rtol,
        .atol = within->atol,
    };
}

static size_t bytes_of(const struct mk__inspect_job *job)
{
    return (size_t)job->count * job->element.parts * job->element.bytes;
}

static int check_type(const mk_device *device,
                      const struct mk__inspect_job *job)
{
    if (job->element.kind != MK__BYTES)
        return MK_OK;
    return mk_fail(MK_ERROR_UNSUPPORTED, "cuda", 0, NULL,
                   "%s: its kernels know no elements of that type",
                   device->name);
}

int mk__cuda_poison(const mk_device *device, const mk_tolerance *within,
                    void *to, size_t count, const void *results,
                    mk_stream stream)
{
    struct mk__inspect_job job = job_of(within, results, NULL, count);
    void *argv[] = { &job, &to };
    int status = check_type(device, &job);

    if (status != MK_OK || count == 0)
        return status;
    return launch(device, "mk__inspect_poison_all",
                  blocks_for(mk__cuda_of(device), bytes_of(&job)), argv,
                  stream);
}

/* Launches a kernel that leaves `bytes` bytes, zero before, in `*memory`, which
 * is one of its arguments and is made for this; and brings them. */
static int ask(const mk_device *device, const char *name, unsigned blocks,
               void **argv, void **memory, void *answer, size_t bytes,
               mk_stream stream)
{
    int status = mk__cuda_allocate(device, bytes, stream, memory);

    if (status == MK_OK)
        status = mk__cuda_fill(device, *memory, 0, bytes, stream);
    if (status == MK_OK)
        status = launch(device, name, blocks, argv, stream);
    if (status == MK_OK)
        status = mk__cuda_copy(device, answer, *memory, bytes, stream);
    if (status == MK_OK)
        status = mk__cuda_synchronize(device, stream);
    mk__cuda_release(device, *memory, stream);
    return status;
}

int mk__cuda_confusable(const mk_device *device, const mk_tolerance *within,
                        const void *results, size_t count, mk_stream stream,
                        bool *confusable)
{
    struct mk__inspect_job job = job_of(within, results, NULL, count);
    void *memory;
    void *argv[] = { &job, &memory };
    unsigned found = 0;
    int status = check_type(device, &job);

    if (status == MK_OK && count > 0)
        status = ask(device, "mk__inspect_confusable",
                     blocks_for(mk__cuda_of(device), bytes_of(&job)), argv,
                     &memory, &found, sizeof(found), stream);
    *confusable = found != 0;
    return status;
}

int mk__cuda_compare(const mk_device *device, const mk_tolerance *within,
                     const void *results, const void *got, size_t count,
                     bool poisoned, mk_stream stream, mk_difference *difference)
{
    struct mk__inspect_job job = job_of(within, results, got, count);
    unsigned blocks = blocks_for(mk__cuda_of(device), bytes_of(&job));
    struct mk__inspect_finding all = { 0 };
    struct mk__inspect_finding *found = NULL;
    void *memory;
    void *argv[] = { &job, &memory };
    int status = check_type(device, &job);

    job.poisoned = poisoned;
    if (status == MK_OK) {
        found = mk__calloc(blocks, sizeof(*found));
        if (found == NULL)
            status = MK_ERROR_NO_MEMORY;
    }
    if (status == MK_OK && count > 0)
        status = ask(device, "mk__inspect_compare", blocks, argv, &memory,
                     found, blocks * sizeof(*found), stream);
    for (unsigned i = 0; i < blocks && status == MK_OK; ++i)
        mk__inspect_add(&all, &found[i]);
    free(found);
    *difference =
        (mk_difference){ (size_t)all.wrong, (size_t)all.worst, all.by,
                         (size_t)all.unwritten, (size_t)all.first_unwritten };
    return status;
}

int mk__cuda_equal(const mk_device *device, const void *a, const void *b,
                   size_t bytes, mk_stream stream, bool *equal)
{
    uint64_t length = bytes;
    void *memory;
    void *argv[] = { &a, &b, &length, &memory };
    unsigned found = 0;
    int status = MK_OK;

    if (bytes > 0)
        status = ask(device, "mk__inspect_unequal",
                     blocks_for(mk__cuda_of(device), bytes), argv, &memory,
                     &found, sizeof(found), stream);
    *equal = status == MK_OK && found == 0;
    return status;
}

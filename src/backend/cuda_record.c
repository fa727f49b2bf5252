/* Recordings: graphs captured from a stream of their own, with events inside that
 * time a part of them. So what a launch costs the host is not in the time. */
#include "backend/cuda_device.h"

#include <stdlib.h>

#include "base/alloc.h"

struct mk_recording {
    CUstream stream;
    CUevent start, end;
    CUgraphExec exec;          /* NULL: nothing was recorded */
    bool open;                 /* the stream still captures */
    struct mk_recording *next; /* spare ones */
};

/* ---- Making them ---------------------------------------------------------------- */

/* A stream and its events cost as much as a recording: they are kept. */
static mk_recording *take_spare(struct mk__cuda_device *cuda)
{
    mk_recording *spare;

    pthread_mutex_lock(&cuda->lock);
    spare = cuda->spare;
    if (spare != NULL)
        cuda->spare = spare->next;
    pthread_mutex_unlock(&cuda->lock);
    return spare;
}

static void put_spare(struct mk__cuda_device *cuda, mk_recording *recording)
{
    pthread_mutex_lock(&cuda->lock);
    recording->next = cuda->spare;
    cuda->spare = recording;
    pthread_mutex_unlock(&cuda->lock);
}

static void destroy(const struct mk__cuda_device *cuda, mk_recording *recording)
{
    if (recording->end != NULL)
        (void)cuda->driver->cuEventDestroy(recording->end);
    if (recording->start != NULL)
        (void)cuda->driver->cuEventDestroy(recording->start);
    if (recording->stream != NULL)
        (void)cuda->driver->cuStreamDestroy(recording->stream);
    free(recording);
}

/* A capture is ended in any case, so that the stream is free again. */
static CUresult close_capture(const struct mk__cuda_device *cuda,
                              mk_recording *recording, CUgraph *graph)
{
    *graph = NULL;
    recording->open = false;
    return cuda->driver->cuStreamEndCapture(recording->stream, graph);
}

/* Back to a stream and its events. */
static void clear(const struct mk__cuda_device *cuda, mk_recording *recording)
{
    CUgraph graph = NULL;

    if (recording->open)
        (void)close_capture(cuda, recording, &graph);
    if (graph != NULL)
        (void)cuda->driver->cuGraphDestroy(graph);
    if (recording->exec != NULL)
        (void)cuda->driver->cuGraphExecDestroy(recording->exec);
    recording->exec = NULL;
}

static int make(struct mk__cuda_device *cuda, mk_recording **out)
{
    const struct mk__cuda *driver = cuda->driver;
    mk_recording *recording = take_spare(cuda);
    CUresult result;

    *out = recording;
    if (recording != NULL) {
        clear(cuda, recording); /* where it could not be */
        return MK_OK;
    }
    recording = mk__calloc(1, sizeof(*recording));
    if (recording == NULL)
        return MK_ERROR_NO_MEMORY;
    result = driver->cuStreamCreate(&recording->stream, CU_STREAM_NON_BLOCKING);
    if (result == CUDA_SUCCESS)
        result = driver->cuEventCreate(&recording->start, CU_EVENT_DEFAULT);
    if (result == CUDA_SUCCESS)
        result = driver->cuEventCreate(&recording->end, CU_EVENT_DEFAULT);
    if (result != CUDA_SUCCESS) {
        destroy(cuda, recording);
        return mk__cuda_check(cuda, MK_ERROR_LAUNCH, result,
                              "can't make a stream to time launches on");
    }
    *out = recording;
    return MK_OK;
}

/* ---- Recording -------------------------------------------------------------------- */

int mk__cuda_record(const mk_device *device, mk_recording **out,
                    mk_stream *stream)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct mk__cuda_visit visit;
    CUresult result = CUDA_SUCCESS;
    int status = mk__cuda_enter(&visit, cuda);

    *out = NULL;
    if (status == MK_OK)
        status = make(cuda, out);
    if (status == MK_OK) {
        result = cuda->driver->cuStreamBeginCapture(
            (*out)->stream, CU_STREAM_CAPTURE_MODE_RELAXED);
        (*out)->open = result == CUDA_SUCCESS;
        *stream = (*out)->stream;
    }
    if (result != CUDA_SUCCESS) {
        status = mk__cuda_check(cuda, MK_ERROR_LAUNCH, result,
                                "can't record launches");
        put_spare(cuda, *out);
        *out = NULL;
    }
    mk__cuda_leave(&visit);
    return status;
}

static int record_event(struct mk__cuda_device *cuda,
                        const mk_recording *recording, CUevent event)
{
    return mk__cuda_check(
        cuda, MK_ERROR_LAUNCH,
        cuda->driver->cuEventRecordWithFlags(event, recording->stream,
                                             CU_EVENT_RECORD_EXTERNAL),
        "can't time what is recorded");
}

int mk__cuda_record_mark(const mk_device *device, mk_recording *recording)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct mk__cuda_visit visit;
    int status = mk__cuda_enter(&visit, cuda);

    if (status == MK_OK)
        status = record_event(cuda, recording, recording->start);
    mk__cuda_leave(&visit);
    return status;
}

int mk__cuda_record_end(const mk_device *device, mk_recording *recording)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    const struct mk__cuda *driver = cuda->driver;
    struct mk__cuda_visit visit;
    CUgraph graph = NULL;
    CUresult result;
    int status = mk__cuda_enter(&visit, cuda);

    if (status != MK_OK)
        return status;
    status = record_event(cuda, recording, recording->end);
    result = close_capture(cuda, recording, &graph);
    if (status == MK_OK && result == CUDA_SUCCESS)
        result =
            driver->cuGraphInstantiateWithFlags(&recording->exec, graph, 0);
    if (status == MK_OK && result == CUDA_SUCCESS)
        result = driver->cuGraphUpload(recording->exec, recording->stream);
    if (graph != NULL)
        (void)driver->cuGraphDestroy(graph);
    mk__cuda_leave(&visit);
    if (status != MK_OK)
        return status;
    return mk__cuda_check(cuda, MK_ERROR_LAUNCH, result,
                          "can't make a graph of what was recorded");
}

/* ---- Replaying --------------------------------------------------------------------- */

int mk__cuda_replay(const mk_device *device, mk_recording *recording,
                    double *ns)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    const struct mk__cuda *driver = cuda->driver;
    struct mk__cuda_visit visit;
    float milliseconds = 0;
    CUresult result;
    int status = mk__cuda_enter(&visit, cuda);

    if (status != MK_OK)
        return status;
    result = driver->cuGraphLaunch(recording->exec, recording->stream);
    if (result == CUDA_SUCCESS)
        result = driver->cuStreamSynchronize(recording->stream);
    if (result == CUDA_SUCCESS)
        result = driver->cuEventElapsedTime(&milliseconds, recording->start,
                                            recording->end);
    mk__cuda_leave(&visit);
    *ns = (double)milliseconds * 1e6;
    return mk__cuda_check(cuda, MK_ERROR_LAUNCH, result,
                          "what was recorded failed");
}

void mk__cuda_forget(const mk_device *device, mk_recording *recording)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct mk__cuda_visit visit;

    if (recording == NULL)
        return;
    if (mk__cuda_enter(&visit, cuda) == MK_OK)
        clear(cuda, recording);
    mk__cuda_leave(&visit);
    put_spare(cuda, recording);
}

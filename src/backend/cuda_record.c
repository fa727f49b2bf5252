/* Recordings: graphs captured from a stream of their own, with events inside that
 * time a part of them. So what a launch costs the host is not in the time. */
#include "backend/cuda_device.h"

#include <stdlib.h>

#include "base/alloc.h"

struct part {
    CUevent start;
    CUevent end;
};

struct mk_recording {
    CUstream stream;
    struct part parts[MK_RECORDED_PARTS];
    size_t count;              /* of parts that are timed */
    CUgraphExec exec;          /* NULL: nothing was recorded */
    bool open;                 /* the stream still captures */
    struct mk_recording *next; /* spare ones */
};

/* ---- Making them ---------------------------------------------------------------- */

/* A stream costs as much as a recording: it is kept, for as long as the process
 * lives. */
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

/* A capture is ended in any case, so that the stream is free again. */
static CUresult close_capture(const struct mk__cuda_device *cuda,
                              mk_recording *recording, CUgraph *graph)
{
    *graph = NULL;
    recording->open = false;
    return cuda->driver->cuStreamEndCapture(recording->stream, graph);
}

static void destroy_event(const struct mk__cuda_device *cuda, CUevent *event)
{
    if (*event != NULL)
        (void)cuda->driver->cuEventDestroy(*event);
    *event = NULL;
}

/* Back to a stream. */
static void clear(const struct mk__cuda_device *cuda, mk_recording *recording)
{
    CUgraph graph = NULL;

    if (recording->open)
        (void)close_capture(cuda, recording, &graph);
    if (graph != NULL)
        (void)cuda->driver->cuGraphDestroy(graph);
    if (recording->exec != NULL)
        (void)cuda->driver->cuGraphExecDestroy(recording->exec);
    for (size_t i = 0; i < MK_RECORDED_PARTS; ++i) {
        destroy_event(cuda, &recording->parts[i].start);
        destroy_event(cuda, &recording->parts[i].end);
    }
    recording->exec = NULL;
    recording->count = 0;
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
    if (result != CUDA_SUCCESS) {
        free(recording);
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

int mk__cuda_record_mark(const mk_device *device, mk_recording *recording,
                         bool on)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct part *part = &recording->parts[recording->count];
    CUevent *event = on ? &part->start : &part->end;
    struct mk__cuda_visit visit;
    CUresult result;
    int status;

    if (recording->count == MK_RECORDED_PARTS)
        return mk_fail(MK_ERROR_INVALID, "cuda", 0, NULL,
                       "%s: more than %d timed parts in a recording",
                       cuda->name, MK_RECORDED_PARTS);
    status = mk__cuda_enter(&visit, cuda);
    if (status != MK_OK)
        return status;
    result = *event == NULL
                 ? cuda->driver->cuEventCreate(event, CU_EVENT_DEFAULT)
                 : CUDA_SUCCESS;
    if (result == CUDA_SUCCESS)
        result = cuda->driver->cuEventRecordWithFlags(*event, recording->stream,
                                                      CU_EVENT_RECORD_EXTERNAL);
    mk__cuda_leave(&visit);
    if (result == CUDA_SUCCESS && !on)
        recording->count += 1;
    return mk__cuda_check(cuda, MK_ERROR_LAUNCH, result,
                          "can't time what is recorded");
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
    result = close_capture(cuda, recording, &graph);
    if (result == CUDA_SUCCESS)
        result =
            driver->cuGraphInstantiateWithFlags(&recording->exec, graph, 0);
    if (result == CUDA_SUCCESS)
        result = driver->cuGraphUpload(recording->exec, recording->stream);
    if (graph != NULL)
        (void)driver->cuGraphDestroy(graph);
    mk__cuda_leave(&visit);
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
    double milliseconds = 0;
    CUresult result;
    int status = mk__cuda_enter(&visit, cuda);

    if (status != MK_OK)
        return status;
    result = driver->cuGraphLaunch(recording->exec, recording->stream);
    if (result == CUDA_SUCCESS)
        result = driver->cuStreamSynchronize(recording->stream);
    for (size_t i = 0; i < recording->count && result == CUDA_SUCCESS; ++i) {
        float one = 0;

        result = driver->cuEventElapsedTime(&one, recording->parts[i].start,
                                            recording->parts[i].end);
        milliseconds += (double)one;
    }
    mk__cuda_leave(&visit);
    *ns = milliseconds * 1e6;
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

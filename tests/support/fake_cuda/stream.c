/* Streams, and what they capture. */
#include "support/fake_cuda/fake.h"

#include <stdlib.h>
#include <string.h>

/* ---- Captures that a call would disturb --------------------------------------------- */

/* What this thread allows itself while others, or it, capture. */
static _Thread_local CUstreamCaptureMode thread_mode;

#define MODE_GLOBAL 0

static bool disturbed(const struct CUstream_st *stream)
{
    if (stream->capture != CAPTURING ||
        stream->mode == CU_STREAM_CAPTURE_MODE_RELAXED ||
        thread_mode == CU_STREAM_CAPTURE_MODE_RELAXED)
        return false;
    return pthread_equal(stream->thread, pthread_self()) != 0 ||
           (stream->mode == MODE_GLOBAL && thread_mode == MODE_GLOBAL);
}

CUresult fake_unsafe(void)
{
    CUresult result = CUDA_SUCCESS;

    for (struct object *o = fake_objects(); o != NULL; o = o->next)
        if (o->kind == FAKE_CUDA_STREAMS && disturbed((CUstream)o)) {
            ((CUstream)o)->capture = CAPTURE_LOST;
            result = (CUresult)FAKE_CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        }
    return result;
}

CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode *mode)
{
    CUresult result =
        fake_begin(FAKE_cuThreadExchangeStreamCaptureMode, NEEDS_INIT);
    CUstreamCaptureMode now = thread_mode;

    if (result == CUDA_SUCCESS && *mode > CU_STREAM_CAPTURE_MODE_RELAXED)
        result = CUDA_ERROR_INVALID_VALUE;
    if (result == CUDA_SUCCESS) {
        thread_mode = *mode;
        *mode = now;
    }
    return fake_end(result);
}

/* ---- Streams -------------------------------------------------------------------------- */

/* NULL, and the two handles that cuda.h has for the default streams. */
bool fake_is_legacy(CUstream stream)
{
    return (uintptr_t)stream <= 2;
}

CUresult fake_stream_good(CUstream stream)
{
    CUresult result = CUDA_SUCCESS;

    if (!fake_is_legacy(stream)) {
        if (!fake_is(stream, FAKE_CUDA_STREAMS))
            return (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
        if (stream->object.context != fake_current())
            return fake_misuse((CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE,
                               "a stream of another context is used");
        return CUDA_SUCCESS;
    }
    for (struct object *o = fake_objects(); o != NULL; o = o->next) {
        struct CUstream_st *other = (CUstream)o;

        if (o->kind == FAKE_CUDA_STREAMS && o->context == fake_current() &&
            other->capture == CAPTURING &&
            (other->flags & CU_STREAM_NON_BLOCKING) == 0) {
            other->capture = CAPTURE_LOST;
            result = (CUresult)FAKE_CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
        }
    }
    return result;
}

CUresult cuStreamCreate(CUstream *stream, unsigned flags)
{
    CUresult result = fake_begin(FAKE_cuStreamCreate, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS && flags > CU_STREAM_NON_BLOCKING)
        result = CUDA_ERROR_INVALID_VALUE;
    if (result == CUDA_SUCCESS) {
        *stream = fake_object(FAKE_CUDA_STREAMS, sizeof(**stream));
        if (*stream == NULL)
            result = CUDA_ERROR_OUT_OF_MEMORY;
        else
            (*stream)->flags = flags;
    }
    return fake_end(result);
}

CUresult cuStreamDestroy(CUstream stream)
{
    CUresult result = fake_begin(FAKE_cuStreamDestroy, NEEDS_CONTEXT | ENDS);

    if (result == CUDA_SUCCESS && !fake_is(stream, FAKE_CUDA_STREAMS))
        result = (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (result == CUDA_SUCCESS) {
        if (stream->capture != NOT_CAPTURING)
            (void)fake_misuse(CUDA_SUCCESS,
                              "a stream is destroyed that still captures");
        fake_nodes_free(&stream->nodes);
        fake_object_end(stream);
    }
    return fake_end(result);
}

CUresult cuStreamSynchronize(CUstream stream)
{
    CUresult result = fake_begin(FAKE_cuStreamSynchronize, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS)
        result = fake_stream_good(stream);
    if (result == CUDA_SUCCESS && !fake_is_legacy(stream) &&
        stream->capture != NOT_CAPTURING) {
        stream->capture = CAPTURE_LOST;
        result = (CUresult)FAKE_CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    return fake_end(result);
}

/* ---- Capturing ------------------------------------------------------------------------ */

CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus *status)
{
    CUresult result = fake_begin(FAKE_cuStreamIsCapturing, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS)
        result = fake_stream_good(stream);
    if (result == CUDA_SUCCESS)
        *status = fake_is_legacy(stream)
                      ? CU_STREAM_CAPTURE_STATUS_NONE
                      : (CUstreamCaptureStatus)stream->capture;
    return fake_end(result);
}

CUresult cuStreamBeginCapture(CUstream stream, CUstreamCaptureMode mode)
{
    CUresult result = fake_begin(FAKE_cuStreamBeginCapture, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS)
        result = fake_stream_good(stream);
    if (result == CUDA_SUCCESS && fake_is_legacy(stream))
        result = (CUresult)FAKE_CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    if (result == CUDA_SUCCESS && (mode > CU_STREAM_CAPTURE_MODE_RELAXED))
        result = CUDA_ERROR_INVALID_VALUE;
    if (result == CUDA_SUCCESS && stream->capture != NOT_CAPTURING)
        result = (CUresult)FAKE_CUDA_ERROR_ILLEGAL_STATE;
    if (result == CUDA_SUCCESS) {
        stream->capture = CAPTURING;
        stream->mode = mode;
        stream->thread = pthread_self();
    }
    return fake_end(result);
}

static CUresult end_capture(CUstream stream, CUgraph *graph)
{
    CUresult result = CUDA_SUCCESS;

    *graph = NULL;
    if (stream->capture == NOT_CAPTURING)
        return (CUresult)FAKE_CUDA_ERROR_ILLEGAL_STATE;
    if (stream->mode != CU_STREAM_CAPTURE_MODE_RELAXED &&
        pthread_equal(stream->thread, pthread_self()) == 0)
        return (CUresult)FAKE_CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
    if (stream->capture == CAPTURE_LOST)
        result = (CUresult)FAKE_CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    else if ((*graph = fake_object(FAKE_CUDA_GRAPHS, sizeof(**graph))) == NULL)
        result = CUDA_ERROR_OUT_OF_MEMORY;
    if (*graph != NULL)
        (*graph)->nodes = stream->nodes;
    else
        fake_nodes_free(&stream->nodes);
    memset(&stream->nodes, 0, sizeof(stream->nodes));
    stream->capture = NOT_CAPTURING;
    return result;
}

/* Where this is to fail, the capture is over and there is no graph. */
CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph)
{
    CUresult result = fake_begin(FAKE_cuStreamEndCapture, NEEDS_CONTEXT);
    bool lost = result != CUDA_SUCCESS;

    if (fake_current() == NULL)
        return fake_end(result);
    if (fake_is_legacy(stream) || !fake_is(stream, FAKE_CUDA_STREAMS))
        return fake_end(lost ? result
                             : (CUresult)FAKE_CUDA_ERROR_ILLEGAL_STATE);
    if (lost && stream->capture == CAPTURING)
        stream->capture = CAPTURE_LOST;
    if (lost)
        (void)end_capture(stream, graph);
    else
        result = end_capture(stream, graph);
    return fake_end(result);
}

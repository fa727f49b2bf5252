/* Work, done or kept; graphs and events. */
#include "support/fake_cuda/fake.h"

#include <stdlib.h>
#include <string.h>

/* ---- Work ----------------------------------------------------------------------------- */

CUresult fake_do(const struct node *node)
{
    bool launch = node->work == WORK_LAUNCH;

    if (node->work == WORK_EVENT) {
        if (!fake_is(node->event, FAKE_CUDA_EVENTS))
            return (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
        node->event->recorded = true;
        node->event->captured = false;
        node->event->at = fake.clock;
        return CUDA_SUCCESS;
    }
    if (launch)
        return fake_kernel_do(node->function, &node->launch);
    if (!fake_memory_good(node->to, node->bytes, node->work == WORK_COPY) ||
        (node->work == WORK_COPY &&
         !fake_memory_good(node->from, node->bytes, true)))
        return CUDA_ERROR_INVALID_VALUE;
    if (node->work == WORK_COPY)
        memmove((void *)(uintptr_t)node->to, (void *)(uintptr_t)node->from,
                node->bytes);
    else
        memset((void *)(uintptr_t)node->to, node->byte, node->bytes);
    fake.clock += fake.ns_per_byte * (double)node->bytes;
    fake_touch((double)node->bytes);
    return CUDA_SUCCESS;
}

CUresult fake_work(CUstream stream, const struct node *node)
{
    CUresult result = fake_stream_good(stream);

    if (result != CUDA_SUCCESS)
        return result;
    if (fake_is_legacy(stream) || stream->capture == NOT_CAPTURING) {
        if (node->work == WORK_LAUNCH)
            fake.clock += fake.ns_per_launch;
        return fake_do(node);
    }
    if (stream->capture == CAPTURE_LOST)
        return (CUresult)FAKE_CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    return fake_nodes_add(&stream->nodes, node) ? CUDA_SUCCESS
                                                : CUDA_ERROR_OUT_OF_MEMORY;
}

/* ---- Lists of it ---------------------------------------------------------------------- */

/* One block: pointers, then what they point to, each at a multiple of 16. */
static bool copy_arguments(struct node *node)
{
    const struct fake_cuda_launch launch = node->launch;
    size_t values = 0;
    char *block;

    for (size_t i = 0; i < launch.argc; ++i)
        values += (node->function->params[i] + 15) & ~(size_t)15;
    node->launch.argv = NULL;
    if (launch.argc == 0)
        return true;
    block =
        malloc(((launch.argc * sizeof(void *) + 15) & ~(size_t)15) + values);
    if (block == NULL)
        return false;
    node->launch.argv = (void **)(void *)block;
    block += (launch.argc * sizeof(void *) + 15) & ~(size_t)15;
    for (size_t i = 0; i < launch.argc; ++i) {
        memcpy(block, launch.argv[i], node->function->params[i]);
        node->launch.argv[i] = block;
        block += (node->function->params[i] + 15) & ~(size_t)15;
    }
    return true;
}

bool fake_nodes_add(struct nodes *nodes, const struct node *node)
{
    struct node *copy = malloc(sizeof(*copy));

    if (copy == NULL)
        return false;
    *copy = *node;
    copy->next = NULL;
    if (copy->work == WORK_LAUNCH && !copy_arguments(copy)) {
        free(copy);
        return false;
    }
    if (nodes->first == NULL)
        nodes->first = copy;
    else
        nodes->last->next = copy;
    nodes->last = copy;
    return true;
}

void fake_nodes_free(struct nodes *nodes)
{
    struct node *node = nodes->first;

    while (node != NULL) {
        struct node *next = node->next;

        free(node->launch.argv);
        free(node);
        node = next;
    }
    memset(nodes, 0, sizeof(*nodes));
}

static bool add_all(struct nodes *nodes, const struct nodes *others)
{
    bool good = true;

    for (const struct node *n = others->first; n != NULL && good; n = n->next)
        good = fake_nodes_add(nodes, n);
    return good;
}

/* ---- Graphs --------------------------------------------------------------------------- */

CUresult cuGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph,
                                     unsigned long long flags)
{
    CUresult result =
        fake_begin(FAKE_cuGraphInstantiateWithFlags, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS && !fake_is(graph, FAKE_CUDA_GRAPHS))
        result = (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (result == CUDA_SUCCESS && flags > 15)
        result = CUDA_ERROR_INVALID_VALUE;
    if (result == CUDA_SUCCESS) {
        *exec = fake_object(FAKE_CUDA_EXECS, sizeof(**exec));
        if (*exec == NULL || !add_all(&(*exec)->nodes, &graph->nodes))
            result = CUDA_ERROR_OUT_OF_MEMORY;
    }
    return fake_end(result);
}

static CUresult good_exec(CUgraphExec exec)
{
    if (!fake_is(exec, FAKE_CUDA_EXECS))
        return (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    return exec->object.context == fake_current()
               ? CUDA_SUCCESS
               : fake_misuse((CUresult)FAKE_CUDA_ERROR_INVALID_CONTEXT,
                             "a graph of another context is launched");
}

CUresult cuGraphUpload(CUgraphExec exec, CUstream stream)
{
    CUresult result = fake_begin(FAKE_cuGraphUpload, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS)
        result = good_exec(exec);
    if (result == CUDA_SUCCESS)
        result = fake_stream_good(stream);
    if (result == CUDA_SUCCESS && !fake_is_legacy(stream) &&
        stream->capture != NOT_CAPTURING) {
        stream->capture = CAPTURE_LOST;
        result = (CUresult)FAKE_CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    return fake_end(result);
}

CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream)
{
    CUresult result = fake_begin(FAKE_cuGraphLaunch, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS)
        result = good_exec(exec);
    if (result == CUDA_SUCCESS)
        result = fake_stream_good(stream);
    if (result == CUDA_SUCCESS && !fake_is_legacy(stream) &&
        stream->capture != NOT_CAPTURING) {
        if (!add_all(&stream->nodes, &exec->nodes))
            result = CUDA_ERROR_OUT_OF_MEMORY;
    } else if (result == CUDA_SUCCESS) {
        fake.clock += fake.ns_per_launch;
        for (const struct node *node = exec->nodes.first;
             node != NULL && result == CUDA_SUCCESS; node = node->next)
            result = fake_do(node);
    }
    return fake_end(result);
}

CUresult cuGraphExecDestroy(CUgraphExec exec)
{
    CUresult result = fake_begin(FAKE_cuGraphExecDestroy, NEEDS_INIT | ENDS);

    if (result == CUDA_SUCCESS && !fake_is(exec, FAKE_CUDA_EXECS))
        result = (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (result == CUDA_SUCCESS) {
        fake_nodes_free(&exec->nodes);
        fake_object_end(exec);
    }
    return fake_end(result);
}

CUresult cuGraphDestroy(CUgraph graph)
{
    CUresult result = fake_begin(FAKE_cuGraphDestroy, NEEDS_INIT | ENDS);

    if (result == CUDA_SUCCESS && !fake_is(graph, FAKE_CUDA_GRAPHS))
        result = (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (result == CUDA_SUCCESS) {
        fake_nodes_free(&graph->nodes);
        fake_object_end(graph);
    }
    return fake_end(result);
}

/* ---- Events --------------------------------------------------------------------------- */

CUresult cuEventCreate(CUevent *event, unsigned flags)
{
    CUresult result = fake_begin(FAKE_cuEventCreate, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS && flags > 7)
        result = CUDA_ERROR_INVALID_VALUE;
    if (result == CUDA_SUCCESS) {
        *event = fake_object(FAKE_CUDA_EVENTS, sizeof(**event));
        if (*event == NULL)
            result = CUDA_ERROR_OUT_OF_MEMORY;
        else
            (*event)->timed = (flags & 2) == 0; /* CU_EVENT_DISABLE_TIMING */
    }
    return fake_end(result);
}

CUresult cuEventDestroy(CUevent event)
{
    CUresult result = fake_begin(FAKE_cuEventDestroy, NEEDS_INIT | ENDS);

    if (result == CUDA_SUCCESS && !fake_is(event, FAKE_CUDA_EVENTS))
        result = (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (result == CUDA_SUCCESS)
        fake_object_end(event);
    return fake_end(result);
}

static CUresult record(CUevent event, CUstream stream, unsigned flags)
{
    struct node node = { .work = WORK_EVENT, .event = event };
    bool external = (flags & CU_EVENT_RECORD_EXTERNAL) != 0;
    CUresult result = fake_stream_good(stream);
    bool capturing;

    if (result != CUDA_SUCCESS)
        return result;
    if (!fake_is(event, FAKE_CUDA_EVENTS))
        return (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (event->object.context != fake_current())
        return fake_misuse((CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE,
                           "an event of another context is recorded");
    capturing = !fake_is_legacy(stream) && stream->capture != NOT_CAPTURING;
    if (flags > CU_EVENT_RECORD_EXTERNAL || (external && !capturing))
        return CUDA_ERROR_INVALID_VALUE;
    if (!capturing || external)
        return fake_work(stream, &node);
    event->captured = true;
    return stream->capture == CAPTURE_LOST
               ? (CUresult)FAKE_CUDA_ERROR_STREAM_CAPTURE_INVALIDATED
               : CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent event, CUstream stream)
{
    CUresult result = fake_begin(FAKE_cuEventRecord, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS)
        result = record(event, stream, 0);
    return fake_end(result);
}

CUresult cuEventRecordWithFlags(CUevent event, CUstream stream, unsigned flags)
{
    CUresult result = fake_begin(FAKE_cuEventRecordWithFlags, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS)
        result = record(event, stream, flags);
    return fake_end(result);
}

CUresult cuEventSynchronize(CUevent event)
{
    CUresult result =
        fake_begin(FAKE_cuEventSynchronize, NEEDS_CONTEXT | UNSAFE);

    if (result == CUDA_SUCCESS && !fake_is(event, FAKE_CUDA_EVENTS))
        result = (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (result == CUDA_SUCCESS && event->captured)
        result = (CUresult)FAKE_CUDA_ERROR_CAPTURED_EVENT;
    return fake_end(result);
}

CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end)
{
    CUresult result = fake_begin(FAKE_cuEventElapsedTime, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS &&
        (!fake_is(start, FAKE_CUDA_EVENTS) || !fake_is(end, FAKE_CUDA_EVENTS)))
        result = (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (result == CUDA_SUCCESS && (start->captured || end->captured))
        result = (CUresult)FAKE_CUDA_ERROR_CAPTURED_EVENT;
    if (result == CUDA_SUCCESS &&
        (!start->recorded || !end->recorded || !start->timed || !end->timed))
        result = (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (result == CUDA_SUCCESS)
        *milliseconds = (float)((end->at - start->at) * 1e-6);
    return fake_end(result);
}

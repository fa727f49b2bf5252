#include "measure/inputs.h"

#include <stdlib.h>
#include <string.h>

#include "args/tensor.h"
#include "base/alloc.h"

/* As much of a device's memory is looked at in one go. */
#define BOUNCE_BYTES ((size_t)1 << 20)

/* Elements that lie side by side, on their way through a tensor's runs. */
struct look {
    struct mk__inputs *inputs;
    const struct mk__input *input;
    struct mk__hash *hash;
    size_t changed; /* number of the first changed element; SIZE_MAX: none */
    int status;
};

/* The host's view of device memory: itself, or a copy in bounce buffer `b`. */
static const char *see(struct look *look, const char *memory, size_t bytes,
                       int b)
{
    struct mk__inputs *inputs = look->inputs;

    if (inputs->device->host_memory)
        return memory;
    if (look->status == MK_OK)
        look->status = inputs->device->copy(inputs->device, inputs->bounce[b],
                                            memory, bytes, inputs->stream);
    if (look->status == MK_OK && inputs->device->synchronize != NULL)
        look->status =
            inputs->device->synchronize(inputs->device, inputs->stream);
    return inputs->bounce[b];
}

static size_t piece(const struct look *look, size_t left)
{
    return look->inputs->device->host_memory || left < BOUNCE_BYTES
               ? left
               : BOUNCE_BYTES;
}

static size_t element_bytes(const struct look *look)
{
    return mk__element_bytes(look->input->tensor->dtype);
}

static bool hash_run(void *context, ptrdiff_t at, size_t first, size_t count)
{
    struct look *look = context;
    const char *from = mk__tensor_data(look->input->tensor) + at;
    size_t left = count * element_bytes(look);

    (void)first;
    while (left > 0 && look->status == MK_OK) {
        size_t bytes = piece(look, left);
        const char *seen = see(look, from, bytes, 0);

        if (look->status == MK_OK)
            mk__hash_bytes(look->hash, seen, bytes);
        from += bytes;
        left -= bytes;
    }
    return look->status == MK_OK;
}

static bool compare_run(void *context, ptrdiff_t at, size_t first, size_t count)
{
    struct look *look = context;
    const char *now = mk__tensor_data(look->input->tensor) + at;
    const char *saved = look->input->saved + at;
    size_t bytes = count * element_bytes(look);

    for (size_t done = 0; done < bytes && look->status == MK_OK;) {
        size_t length = piece(look, bytes - done);
        const char *a = see(look, now + done, length, 0);
        const char *b = see(look, saved + done, length, 1);

        if (look->status == MK_OK && memcmp(a, b, length) != 0) {
            size_t i = 0;

            while (a[i] == b[i])
                ++i;
            look->changed = first + (done + i) / element_bytes(look);
            return false;
        }
        done += length;
    }
    return look->status == MK_OK;
}

/* ---- Keeping ------------------------------------------------------------------- */

struct move {
    const mk_device *device;
    mk_stream stream;
    char *to;
    const char *from;
    size_t element;
    int status;
};

static bool move_run(void *context, ptrdiff_t at, size_t first, size_t count)
{
    struct move *move = context;

    (void)first;
    move->status =
        move->device->copy(move->device, move->to + at, move->from + at,
                           count * move->element, move->stream);
    return move->status == MK_OK;
}

/* Copies the elements from one place to the other, nothing between them. */
static int copy_elements(const struct mk__inputs *inputs,
                         const DLTensor *tensor, char *to, const char *from)
{
    struct move move = { inputs->device,
                         inputs->stream,
                         to,
                         from,
                         mk__element_bytes(tensor->dtype),
                         MK_OK };

    mk__tensor_runs(tensor, move_run, &move);
    return move.status;
}

static int hash(struct mk__inputs *inputs, const struct mk__input *input,
                char digest[MK__DIGEST_SIZE])
{
    struct mk__hash state;
    struct look look = { inputs, input, &state, SIZE_MAX, MK_OK };

    mk__hash_init(&state);
    mk__tensor_runs(input->tensor, hash_run, &look);
    mk__hash_end(&state, digest);
    return look.status;
}

/* Saves an input, or hashes it; `budget` shrinks. */
static int keep(struct mk__inputs *inputs, struct mk__input *input,
                const struct mk__span *span, size_t *budget)
{
    const mk_device *device = inputs->device;
    char *data = mk__tensor_data(input->tensor);
    size_t bytes = span->high - span->low;

    input->memory = NULL;
    if (bytes > *budget || device->allocate(device, bytes, inputs->stream,
                                            &input->memory) != MK_OK) {
        input->memory = NULL;
        return hash(inputs, input, input->digest);
    }
    *budget -= bytes;
    input->saved = (char *)input->memory + ((uintptr_t)data - span->low);
    return copy_elements(inputs, input->tensor, input->saved, data);
}

/* Whether a tensor before it is the same one. */
static bool kept_already(const struct mk__inputs *inputs,
                         const DLTensor *tensor)
{
    for (size_t i = 0; i < inputs->count; ++i) {
        const DLTensor *other = inputs->input[i].tensor;

        if (other == tensor ||
            (mk__tensor_data(other) == mk__tensor_data(tensor) &&
             other->ndim == tensor->ndim && mk__tensor_compact(other) &&
             mk__tensor_compact(tensor) &&
             memcmp(&other->dtype, &tensor->dtype, sizeof(tensor->dtype)) ==
                 0 &&
             memcmp(other->shape, tensor->shape,
                    (size_t)tensor->ndim * sizeof(*tensor->shape)) == 0))
            return true;
    }
    return false;
}

int mk__inputs_keep(struct mk__inputs *inputs, const struct mk__clones *clones,
                    const mk_arg *args, size_t budget)
{
    int status = MK_OK;

    inputs->device = clones->device;
    inputs->stream = clones->stream;
    inputs->count = 0;
    for (int b = 0; b < 2; ++b) {
        inputs->bounce[b] =
            clones->device->host_memory ? NULL : mk__malloc(BOUNCE_BYTES);
        if (!clones->device->host_memory && inputs->bounce[b] == NULL)
            status = MK_ERROR_NO_MEMORY;
    }
    for (size_t i = 0; i < clones->count && status == MK_OK; ++i) {
        struct mk__input *input = &inputs->input[inputs->count];
        struct mk__span span;

        if (clones->params[i].rank == MK_SCALAR ||
            clones->group_of[i] != MK_MAX_ARGS ||
            kept_already(inputs, args[i].tensor))
            continue;
        input->arg = i;
        input->tensor = args[i].tensor;
        status = mk__tensor_span(input->tensor, clones->params[i].name, &span);
        if (status != MK_OK || span.low == span.high)
            continue;
        inputs->count += 1;
        status = keep(inputs, input, &span, &budget);
    }
    if (status != MK_OK)
        mk__inputs_end(inputs);
    return status;
}

/* ---- Checking ---------------------------------------------------------------------- */

/* Whether the device says that nothing changed, at its own speed. */
static int ask_device(const struct mk__inputs *inputs,
                      const struct mk__input *input, bool *same)
{
    const mk_device *device = inputs->device;
    struct mk__span span;
    int status;

    *same = false;
    if (device->host_memory || device->equal == NULL ||
        !mk__tensor_compact(input->tensor))
        return MK_OK;
    status = mk__tensor_span(input->tensor, "", &span);
    if (status == MK_OK)
        status = device->equal(device, (const void *)span.low, input->saved,
                               span.high - span.low, inputs->stream, same);
    return status == MK_ERROR_UNSUPPORTED ? MK_OK : status;
}

static int check_saved(struct mk__inputs *inputs, const struct mk__input *input,
                       size_t *changed)
{
    struct look look = { inputs, input, NULL, SIZE_MAX, MK_OK };
    bool same;
    int status = ask_device(inputs, input, &same);

    if (status != MK_OK || same)
        return status;
    mk__tensor_runs(input->tensor, compare_run, &look);
    *changed = look.changed;
    if (look.status == MK_OK && look.changed != SIZE_MAX)
        look.status =
            copy_elements(inputs, input->tensor, mk__tensor_data(input->tensor),
                          input->saved);
    return look.status;
}

static int check_hashed(struct mk__inputs *inputs, struct mk__input *input,
                        bool *changed)
{
    char digest[MK__DIGEST_SIZE];
    int status = hash(inputs, input, digest);

    *changed = status == MK_OK && strcmp(digest, input->digest) != 0;
    if (*changed)
        memcpy(input->digest, digest, sizeof(digest));
    return status;
}

int mk__inputs_check(struct mk__inputs *inputs, struct mk__damage *damage)
{
    int status = MK_OK;

    *damage = (struct mk__damage){ MK_MAX_ARGS, SIZE_MAX, false };
    for (size_t i = 0; i < inputs->count && status == MK_OK; ++i) {
        struct mk__input *input = &inputs->input[i];
        size_t element = SIZE_MAX;
        bool lasting = false;

        if (input->memory != NULL)
            status = check_saved(inputs, input, &element);
        else
            status = check_hashed(inputs, input, &lasting);
        if ((element != SIZE_MAX || lasting) && damage->arg == MK_MAX_ARGS) {
            damage->arg = input->arg;
            damage->element = element;
        }
        /* The one that can't be put right is the one to tell. */
        if (lasting && !damage->lasting)
            *damage = (struct mk__damage){ input->arg, SIZE_MAX, true };
    }
    return status;
}

void mk__inputs_end(struct mk__inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; ++i)
        if (inputs->input[i].memory != NULL)
            inputs->device->release(inputs->device, inputs->input[i].memory,
                                    inputs->stream);
    for (int b = 0; b < 2; ++b) {
        free(inputs->bounce[b]);
        inputs->bounce[b] = NULL;
    }
    inputs->count = 0;
}

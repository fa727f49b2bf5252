/* Formal parameters in the form in which a call's arguments are checked
 * against them and placed: a few compares of whole words each. */
#ifndef MULTIKERNEL_ARGS_FORMALS_H
#define MULTIKERNEL_ARGS_FORMALS_H

#include <stdbool.h>
#include <string.h>

#include <multikernel/kernel.h>

struct mk__formal {
    uint64_t header; /* an mk_arg's kind and scalar type */
    uint64_t wanted; /* a DLTensor's rank and element type, */
    uint64_t mask;   /* of which these bits count */
    uint64_t device; /* a DLTensor's device */
};

struct mk__formals {
    size_t count;
    const mk_param *params; /* borrowed */
    struct mk__formal formal[];
};

/* Room for a placed argument list: argv[i] points to argument i. */
struct mk__placed {
    void *argv[MK_MAX_ARGS];
    void *data[MK_MAX_ARGS]; /* tensors' first elements, which argv points to */
};

/* NULL without memory. `params` must outlive the formals. Free with free(). */
struct mk__formals *mk__formals_make(const mk_param *params, size_t count,
                                     DLDevice device);

/* Checks the arguments one by one and describes the first that is wrong: kernel
 * (`name`), parameter, expected and got. `deep` looks at sizes and strides
 * too. MK_OK where all fit. */
int mk__formals_check(const struct mk__formals *formals, const char *name,
                      const mk_arg *args, size_t count, bool deep);

static inline uint64_t mk__word(const void *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

/* Places `args`, which are `formals->count`; false when one does not fit. This
 * is the hot path of every unbound call: errors are described elsewhere. */
static inline bool mk__formals_place(const struct mk__formals *formals,
                                     const mk_arg *args,
                                     struct mk__placed *placed)
{
    for (size_t i = 0; i < formals->count; ++i) {
        const struct mk__formal *formal = &formals->formal[i];
        const DLTensor *tensor = args[i].value.tensor;

        if (mk__word(&args[i]) != formal->header)
            return false;
        if (args[i].kind == MK_ARG_SCALAR) {
            union {
                const void *from;
                void *to;
            } value = { &args[i].value };

            placed->argv[i] = value.to;
            continue;
        }
        if (tensor == NULL || tensor->data == NULL ||
            ((mk__word(&tensor->ndim) ^ formal->wanted) & formal->mask) != 0 ||
            mk__word(&tensor->device) != formal->device)
            return false;
        placed->data[i] = (char *)tensor->data + tensor->byte_offset;
        placed->argv[i] = &placed->data[i];
    }
    return true;
}

/* As above for a list that mk__formals_check found right: empty tensors, which
 * may have no data, included. */
void mk__formals_place_checked(const struct mk__formals *formals,
                               const mk_arg *args, struct mk__placed *placed);

/* "float32*[2]" for a tensor of rank 2, "int64" for a scalar. */
void mk__type_text(DLDataType type, int rank, char text[32]);

/* Bytes of one element. */
size_t mk__element_bytes(DLDataType type);

#endif

/* The caller's inputs, which a candidate sees but must not write.
 *
 * They are saved first, within a budget, and put back where one was written; of
 * those beyond it a hash tells that they were written, and the damage stays.
 * Only elements are looked at and put back: what lies between them may be
 * somebody else's, who is at work on it. */
#ifndef MULTIKERNEL_MEASURE_INPUTS_H
#define MULTIKERNEL_MEASURE_INPUTS_H

#include "base/hash.h"
#include "measure/clone.h"

struct mk__input {
    size_t arg;
    const DLTensor *tensor; /* the caller's */
    char *saved;            /* its first element's counterpart, on the device */
    void *memory;           /* the allocation; NULL: it is hashed */
    char digest[MK__DIGEST_SIZE];
};

struct mk__inputs {
    const mk_device *device;
    mk_stream stream;
    char *bounce[2]; /* where the host can't read the device's memory */
    size_t count;
    struct mk__input input[MK_MAX_ARGS];
};

/* Saves, or hashes, the tensors of a call that have no clone. On an error
 * nothing is held. */
int mk__inputs_keep(struct mk__inputs *inputs, const struct mk__clones *clones,
                    const mk_arg *args, size_t budget);

/* What was written since; the first one, if there are several. */
struct mk__damage {
    size_t arg;     /* MK_MAX_ARGS: none */
    size_t element; /* number of the first one; SIZE_MAX: not known */
    bool lasting;   /* one at least could not be put back */
};

/* Looks for damage and puts it right. An error where that could not be done, or
 * not be seen. */
int mk__inputs_check(struct mk__inputs *inputs, struct mk__damage *damage);

void mk__inputs_end(struct mk__inputs *inputs);

#endif

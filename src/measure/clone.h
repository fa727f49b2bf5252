/* Private copies of what a candidate would write.
 *
 * Tensors that overlap are one group, cloned as one, so that aliasing between
 * arguments stays as it is. A group that nothing writes is passed as it is,
 * unless everything is to be private. */
#ifndef MULTIKERNEL_MEASURE_CLONE_H
#define MULTIKERNEL_MEASURE_CLONE_H

#include <stdbool.h>
#include <stdint.h>

#include <multikernel/backend.h>

struct mk__shared; /* isolate.h */

/* Before and after every clone lie so many bytes that are nobody's: what a
 * candidate writes there, it writes out of bounds. */
#define MK__GUARD ((size_t)4096)

/* Overlapping tensors. */
struct mk__group {
    char *original; /* the caller's memory: lowest byte, */
    size_t bytes;   /* and how many there are */
    void *memory;   /* the allocation, on the device or on the host */
    char *copy;     /* the bytes' counterpart in it */
    bool saved;     /* the copy is kept, the caller's memory is written and put
                       back */
    bool on_host;   /* over the budget, and so saved: the copy lies there */
    bool written;   /* by somebody */
    bool restore;   /* read too, so restored before every repetition */
};

/* Where candidates find it: the clone, or the caller's own memory. */
static inline char *mk__group_target(const struct mk__group *group)
{
    return group->saved ? group->original : group->copy;
}

struct mk__clones {
    const mk_device *device;
    mk_stream stream;
    const mk_param *params; /* borrowed */
    size_t count;
    bool must_restore; /* something must happen before every repetition */
    mk_arg args[MK_MAX_ARGS];      /* to run candidates on */
    DLTensor tensors[MK_MAX_ARGS]; /* which the args point to */
    size_t group_of[MK_MAX_ARGS];  /* group_count: passed as it is */
    struct mk__group groups[MK_MAX_ARGS];
    size_t group_count;
    bool shared; /* all copies lie in memory that is not ours to free */
};

/* How clones are made. */
struct mk__clone_plan {
    size_t budget;    /* bytes of copies on the device */
    size_t alignment; /* a power of two of at least 4096 */
    /* Candidates write the caller's own memory, of which a copy is kept and put
     * back: where memory lies is part of what is timed. */
    bool in_place;
};

/* Clones what `params` say is written. Addresses of clones keep their remainder
 * modulo the plan's alignment. What goes beyond the budget, or beyond what the
 * device has, is saved to host memory, and candidates write the caller's own.
 * On an error nothing is held and nothing changed. */
int mk__clones_make(struct mk__clones *clones, const mk_device *device,
                    const mk_param *params, const mk_arg *args, size_t count,
                    const struct mk__clone_plan *plan, mk_stream stream);

/* The same for all tensors, read ones too, in memory of the host's that other
 * processes see, which is made and is the caller's to free after the clones.
 * Nothing on its way there is left. More than `budget` bytes are an error. */
int mk__clones_share(struct mk__clones *clones, struct mk__shared *shared,
                     const mk_device *device, const mk_param *params,
                     const mk_arg *args, size_t count, size_t budget,
                     size_t alignment, mk_stream stream);

/* Brings what is read and written, and what must be zero, to its first state, in
 * the order of a stream. */
int mk__clones_restore(const struct mk__clones *clones, mk_stream stream);

/* Puts saved memory back and frees all copies. */
int mk__clones_end(struct mk__clones *clones);

#endif

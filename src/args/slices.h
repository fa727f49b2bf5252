/* The union of several parameter lists, and which part of it each one takes. */
#ifndef MULTIKERNEL_ARGS_SLICES_H
#define MULTIKERNEL_ARGS_SLICES_H

#include <stdbool.h>

#include <multikernel/kernel.h>
#include <multikernel/multi.h>

/* The slices of one kernel over the union, in the kernel's own order. */
struct mk__slices {
    size_t count;
    bool whole; /* one slice over everything: nothing is filtered */
    mk_slice slice[MK_MAX_ARGS];
};

struct mk__union {
    size_t count;
    mk_param params[MK_MAX_ARGS]; /* names borrowed from the signatures */
    /* own[i]: the kernel whose own parameter this is, or SIZE_MAX: shared. */
    size_t own[MK_MAX_ARGS];
};

/* One kernel's side of the union: its name is for messages. */
struct mk__taker {
    const char *name;
    const mk_signature *signature;
};

/* Builds the union in call order: the first kernel's parameters; a parameter
 * that only a later kernel has, before the next one it shares, else at the
 * end; own parameters last, kernel by kernel. With `given`, the union is that
 * list, which has no own parameters, with them behind it, and every other
 * parameter of a kernel must be in it. An error where two kernels differ on a
 * parameter's type, rank or intent. */
int mk__union_make(struct mk__union *all, const struct mk__taker *kernels,
                   size_t count, const mk_signature *given);

/* The slices of kernel `index`, one of those the union was made of. */
void mk__slices_make(struct mk__slices *slices, const struct mk__union *all,
                     const mk_signature *signature, size_t index);

/* Copies the pointers a kernel takes out of those of the whole list. */
static inline void mk__slices_pick(const struct mk__slices *slices,
                                   void *const *from, void **to)
{
    for (size_t s = 0; s < slices->count; ++s)
        for (size_t i = slices->slice[s].start; i < slices->slice[s].stop; ++i)
            *to++ = from[i];
}

/* The same for arguments. */
void mk__slices_pick_args(const struct mk__slices *slices, const mk_arg *from,
                          mk_arg *to);

#endif

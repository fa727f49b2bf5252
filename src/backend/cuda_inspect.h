/* Our own kernels on a GPU, which look at what other kernels wrote: what the
 * host hands them, and what they hand back. C and CUDA C++ both.
 *
 * scripts/inspect-ptx makes cuda_inspect.ptx of cuda_inspect.cu. */
#ifndef MULTIKERNEL_BACKEND_CUDA_INSPECT_H
#define MULTIKERNEL_BACKEND_CUDA_INSPECT_H

#include "args/part.h"

#define MK__INSPECT_THREADS 256 /* of a block */

/* Elements that lie side by side, and what they are compared with. */
struct mk__inspect_job {
    const char *results; /* (poison) may be NULL */
    const char *got;
    uint64_t count;
    struct mk__element element;
    double rtol;
    double atol;
    bool poisoned;
};

/* What a block of threads found, see mk_difference. */
struct mk__inspect_finding {
    uint64_t wrong;
    uint64_t worst;
    double by;
    uint64_t unwritten;
    uint64_t first_unwritten;
};

/* Adds what was found elsewhere, in any order. */
MK__EVERYWHERE void mk__inspect_add(struct mk__inspect_finding *to,
                                    const struct mk__inspect_finding *from)
{
    if (from->wrong > 0 && (to->wrong == 0 || from->by > to->by ||
                            (from->by == to->by && from->worst < to->worst))) {
        to->worst = from->worst;
        to->by = from->by;
    }
    if (from->unwritten > 0 &&
        (to->unwritten == 0 || from->first_unwritten < to->first_unwritten))
        to->first_unwritten = from->first_unwritten;
    to->wrong += from->wrong;
    to->unwritten += from->unwritten;
}

/* The bits of a part below its own, where others may follow. */
MK__EVERYWHERE uint64_t mk__inspect_mask(const struct mk__element *element)
{
    return element->bytes == 8 ? ~UINT64_C(0)
                               : (UINT64_C(1) << (8 * element->bytes)) - 1;
}

/* The poison of a part whose result is given. */
MK__EVERYWHERE uint64_t mk__inspect_poison(const struct mk__inspect_job *job,
                                           uint64_t result)
{
    uint64_t mask = mk__inspect_mask(&job->element);
    uint64_t plain = mk__part_poison(job->element.kind) & mask;

    return mk__part_distance(&job->element, job->rtol, job->atol, result, plain)
                   .agree
               ? mk__part_other_poison() & mask
               : plain;
}

/* Looks at an element, whose number is `index`, by its one or two parts; it is
 * known by its worst part. */
MK__EVERYWHERE void mk__inspect_element(const struct mk__inspect_job *job,
                                        const uint64_t result[2],
                                        const uint64_t got[2], uint64_t index,
                                        struct mk__inspect_finding *finding)
{
    struct mk__inspect_finding one = { 0, index, 0, 0, index };
    bool unwritten = false;
    bool agree = true;

    for (size_t p = 0; p < job->element.parts; ++p) {
        struct mk__distance apart = mk__part_distance(
            &job->element, job->rtol, job->atol, result[p], got[p]);

        if (apart.agree)
            continue;
        agree = false;
        one.by = fmax(one.by, apart.by);
        unwritten = unwritten || (job->poisoned &&
                                  got[p] == mk__inspect_poison(job, result[p]));
    }
    one.wrong = !agree && !unwritten;
    one.unwritten = !agree && unwritten;
    mk__inspect_add(finding, &one);
}

#endif

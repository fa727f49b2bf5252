/* The typed function of one multi-kernel: what the parts of its text share. */
#ifndef MULTIKERNEL_EMIT_DISPATCHER_H
#define MULTIKERNEL_EMIT_DISPATCHER_H

#include "emit/aot.h"
#include "emit/jit.h"

struct mk__dispatcher {
    struct mk__emission emission;
    struct mk__typed typed;
    struct mk__picks picks;
    struct mk__distances distances; /* pass AOT, by shape */
    int64_t given[MK__MAX_SIZES];   /* none: every call brings its own */
    const char *stem;
};

/* "void softmax(const float *x, ...)": `what`, the list, and what ends it. */
void mk__dispatcher_write_function(struct mk__str *out, struct mk__arena *arena,
                                   const struct mk__typed *typed,
                                   const char *what, const char *tail);

/* The pointer to the user's function for failures, and with `fails` what calls
 * it. */
void mk__dispatcher_write_failed(struct mk__str *out,
                                 const struct mk__typed *typed, bool fails);

/* The pointers that calls go through, one for each class: "first_ID" finds out what
 * they are to be. */
void mk__dispatcher_write_pointers(struct mk__str *out, struct mk__arena *arena,
                                   const struct mk__typed *typed,
                                   size_t classes);

/* The function itself: one load, one indirect call. */
void mk__dispatcher_write_dispatch(struct mk__str *out, struct mk__arena *arena,
                                   const struct mk__typed *typed,
                                   size_t classes);

/* Everything behind the kernels' prototypes. */
int mk__dispatcher_write_jit(struct mk__str *out,
                             struct mk__dispatcher *dispatcher);
int mk__dispatcher_write_aot(struct mk__str *out,
                             struct mk__dispatcher *dispatcher);

#endif

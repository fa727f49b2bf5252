/* Text of a multi-kernel in pass AOT: the choice baked in.
 *
 * Where one kernel runs on every call, it is called directly and there is no text.
 * Else a function "run_ID" takes the list and chooses: by the machine's number, by
 * the nearest size hint, and among those kernels that may run on the call. */
#ifndef MULTIKERNEL_EMIT_AOT_H
#define MULTIKERNEL_EMIT_AOT_H

#include "emit/nearest.h"

/* Whether one kernel runs on every call, on every machine. */
bool mk__aot_is_direct(const struct mk__typed *typed);

/* What "run_ID" needs from where it is called. */
struct mk__aot_place {
    const char
        *parameter; /* in front of the list: "struct norm *self"; or NULL */
    const char *machine; /* the machine's number: "self->machine" */
    const char
        *last; /* by shape, what remembers the last shapes: "&self->last_ID" */
};

/* By shape: the type of what remembers the last shapes, "struct last_ID"; nothing
 * else. */
void mk__aot_write_memory(struct mk__str *out, const struct mk__typed *typed,
                          const struct mk__picks *picks,
                          const struct mk__distances *distances);

/* "log2_of", once for all that are by shape. */
void mk__aot_write_log2(struct mk__str *out);

/* Functions "call_..." and, unless it is direct, "run_ID". */
int mk__aot_write_run(struct mk__str *out, struct mk__emission *emission,
                      size_t index, const struct mk__distances *distances,
                      const struct mk__aot_place *place);

/* A function "choose_machine" that gives the machine's number, or -1. */
void mk__aot_write_machine(struct mk__str *out, struct mk__emission *emission);

#endif

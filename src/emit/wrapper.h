/* A program as C: what the parts of its text share. */
#ifndef MULTIKERNEL_EMIT_WRAPPER_H
#define MULTIKERNEL_EMIT_WRAPPER_H

#include "define/program.h"
#include "emit/aot.h"
#include "emit/buffers.h"
#include "emit/emission.h"
#include "emit/jit.h"

struct mk__wrapper {
    struct mk__emission emission;
    const mk_program *program;
    struct mk__distances *distances;   /* by multi-kernel; pass AOT, by shape */
    struct mk__workspaces *workspaces; /* by call */
    struct mk__layout layout;
};

static inline bool mk__wrapper_is_jit(const struct mk__wrapper *wrapper)
{
    return wrapper->emission.options.pass == MK_PASS_JIT;
}

/* Whether multi-kernel `index` is called without a function in between. */
bool mk__wrapper_is_direct(const struct mk__wrapper *wrapper, size_t index);

/* Whether there are several machines, or one that must be asked for. */
bool mk__wrapper_asks_machine(const struct mk__wrapper *wrapper);

/* Whether its "run_ID" takes `self` in pass AOT. */
bool mk__wrapper_takes_self(const struct mk__wrapper *wrapper, size_t index);

/* ---- wrapper_text.c: everything but the run ------------------------------------------ */

void mk__wrapper_write_header(struct mk__str *out, struct mk__wrapper *wrapper);
int mk__wrapper_write_source(struct mk__str *out, struct mk__wrapper *wrapper);

/* "int norm_run(struct norm *self, ...)" and what ends it. */
void mk__wrapper_write_signature(struct mk__str *out,
                                 struct mk__wrapper *wrapper, const char *tail);

/* "return fail(self, "PROGRAM: what");" */
void mk__wrapper_write_fail(struct mk__str *out, struct mk__arena *arena,
                            size_t indent, const char *self, const char *text);

/* ---- wrapper_multis.c --------------------------------------------------------------- */

/* Of all multi-kernels that are not called directly: what comes `before` the
 * declaration of the instance, or behind it. */
int mk__wrapper_write_multis(struct mk__str *out, struct mk__wrapper *wrapper,
                             bool before);

/* ---- wrapper_run.c ----------------------------------------------------------------------- */

int mk__wrapper_write_run(struct mk__str *out, struct mk__wrapper *wrapper);

/* ---- nan_check.c (rule H4) -------------------------------------------------------------- */

/* The functions that search, of those widths that the program has. */
void mk__nan_write_functions(struct mk__str *out,
                             const struct mk__wrapper *wrapper);

/* Checks of the distinct tensors that a call reads only, or (`written`) writes. */
int mk__nan_write_checks(struct mk__str *out, struct mk__wrapper *wrapper,
                         size_t call, bool written);

/* ---- jit_pass.c --------------------------------------------------------------------------- */

/* Emits the program's JIT pass into a folder of its own, compiles it, runs it on its
 * trial sizes, and adds the choices that it records to the emission's. */
int mk__jit_pass(struct mk__wrapper *wrapper);

#endif

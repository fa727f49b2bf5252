/* Text of a multi-kernel in pass JIT: kernels as the library calls them, the
 * multi-kernel, and a call through the library. */
#ifndef MULTIKERNEL_EMIT_JIT_H
#define MULTIKERNEL_EMIT_JIT_H

#include "emit/emission.h"

/* Whether calls run the only kernel, which asks nothing (B1): no library is
 * needed. */
bool mk__jit_is_direct(const struct mk__typed *typed);

/* How many classes of calls there are, each of which is settled for itself; 0:
 * none ever is, as calls are chosen for by shape, or there would be too many. */
size_t mk__jit_classes(const struct mk__typed *typed,
                       const struct mk__picks *picks);

/* Functions that all multi-kernels share. */
void mk__jit_write_helpers(struct mk__str *out);

/* The kernels as the library knows them: entries, parameters, what they ask. */
int mk__jit_write_kernels(struct mk__str *out, struct mk__arena *arena,
                          const struct mk__typed *typed);

/* "static int make_ID(mk_multi **multi)" */
int mk__jit_write_make(struct mk__str *out, struct mk__arena *arena,
                       const struct mk__typed *typed,
                       const struct mk__picks *picks, mk_shape_policy policy);

/* What calls need that are settled: the functions' type, the functions by index, as
 * "kernels_ID", and "static size_t class_of_ID(...)" where there are several
 * classes. Nothing where there is none. */
void mk__jit_write_settling(struct mk__str *out, struct mk__arena *arena,
                            const struct mk__typed *typed, size_t classes);

/* The conditions that hold in class `index`, in words. */
const char *mk__jit_class_words(struct mk__arena *arena,
                                const struct mk__typed *typed, size_t index);

/* "class_of_ID(x, y, n)", or "0". */
const char *mk__jit_class(struct mk__arena *arena,
                          const struct mk__typed *typed, size_t classes);

/* What a call of mk_run needs: declarations of `tensors` and `args`, and the
 * statements that fill them. */
int mk__jit_write_arguments(struct mk__str *declarations,
                            struct mk__str *statements, struct mk__arena *arena,
                            const struct mk__typed *typed, size_t *count);

/* "MK_FLOAT32" */
const char *mk__jit_type(DLDataType type);

/* The argument list of mk_run. */
int mk__jit_list(const struct mk__typed *typed, struct mk__arena *arena,
                 mk_param params[MK_MAX_ARGS], size_t *count);

#endif

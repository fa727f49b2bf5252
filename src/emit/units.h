/* The kernels that come with emitted code: translation units around the
 * definitions' sources, and how to build them.
 *
 * A kernel is a function of C's portable types, under a name of its own. Other
 * external names of a source are renamed, so that it can be linked several
 * times, with other macros, and beside the user's own. */
#ifndef MULTIKERNEL_EMIT_UNITS_H
#define MULTIKERNEL_EMIT_UNITS_H

#include "define/space.h"
#include "emit/files.h"

struct mk__unit_kernel {
    const mk_definition *definition;
    struct mk__point point;
    const char *name;   /* for people: "softmax.blocked[BLOCK=64]" */
    const char *symbol; /* the function that emitted code calls */
    /* Why it can't be had, "does not compile: ..."; NULL: it can. To be set, in
     * the files' arena. */
    const char *fault;
    const char *log; /* the compiler's, or NULL */
};

/* What a unit gives emitted code for a parameter: "const float *", "uint16_t *",
 * "int64_t"; a pointer ends with its star. Of workspaces (`scratch`) "uint8_t *".
 * Static. */
const char *mk__unit_type(DLDataType type, bool tensor, mk_intent intent);

/* Compiles the kernels and finds the faults of those that can't be had. Then adds
 * the units of the others to the files, as sources or objects, and STEM.cmake
 * and STEM.make, which build them together with STEM.c; with `library`, the
 * result needs multikernel. In the order of the kernels, whose symbols differ. */
int mk__units_add(struct mk__files *files, struct mk__unit_kernel *kernels,
                  size_t count, bool objects, bool library);

#endif

/* Whether kernels do what they should.
 *
 * Each runs once, on private outputs full of poison between guard zones. What it
 * wrote is compared with what the first kernel that passed wrote: the
 * reference. What it must not write must be as it was: guard zones, gaps
 * between elements, inputs. */
#ifndef MULTIKERNEL_MEASURE_VERIFY_H
#define MULTIKERNEL_MEASURE_VERIFY_H

#include "args/slices.h"
#include "measure/clone.h"
#include "measure/inputs.h"
#include "measure/isolate.h"

/* A tensor that kernels write and are judged by. */
struct mk__output {
    size_t arg;
    mk_tolerance within;
    size_t count;    /* of elements */
    bool poisoned;   /* before a run */
    char *results;   /* the reference's, in row-major order, */
    bool on_device;  /* there; or on the host */
    bool known;      /* they are there, */
    bool fresh;      /* but of the kernel that is being judged */
    bool confusable; /* with the plain poison */
};

/* What is known of a group of clones (clone.h). */
struct mk__scenery {
    /* On the host: what all of it holds between runs. NULL where that does not
     * matter, since one tensor fills it that is not read. */
    char *before;
    char *snapshot; /* the allocation, where that is no other memory; or NULL */
    bool whole;     /* one compact tensor, and no other, */
    size_t only;    /* which is this argument */
    bool on_device; /* and the device looks at it, not the host */
};

struct mk__verify {
    struct mk__clones clones;
    struct mk__shared shared;
    const struct mk__limits *limits; /* NULL: runs are in this process */
    struct mk__inputs inputs;
    struct mk__scenery scenery[MK_MAX_ARGS]; /* by group */
    struct mk__output outputs[MK_MAX_ARGS];
    size_t output_count;
    bool takes[MK_MAX_ARGS]; /* by argument: the kernel being judged */
    char *staging;           /* where the host can't read what kernels write */
    char guard[MK__GUARD];   /* what guard zones hold */
};

/* What to verify on: a call, whose arguments were checked. */
struct mk__verify_call {
    const mk_device *device;
    const mk_param *params;
    const mk_arg *args;
    size_t count;
    const mk_tolerance *within; /* by argument */
    size_t budget;              /* bytes of copies, where possible */
    size_t alignment;
    mk_stream stream;
    /* (optional) Runs are in another process; NULL: in this one. */
    const struct mk__limits *limits;
};

/* Makes everything private. On an error nothing is held. */
int mk__verify_begin(struct mk__verify *verify,
                     const struct mk__verify_call *call);

struct mk__verdict {
    mk_fate fate;
    char detail[384];
    bool lasting; /* the caller's memory was changed for good */
    bool here;    /* it ran in this process, where another one was asked for */
};

/* Runs a kernel, which takes `slices` of the call's arguments, once; or twice
 * where its results, the first ones, could be poison. An error where nothing
 * can be told of any kernel. */
int mk__verify_kernel(struct mk__verify *verify, mk_kernel *kernel,
                      const struct mk__slices *slices,
                      struct mk__verdict *verdict);

/* Puts saved memory back and frees everything. */
int mk__verify_end(struct mk__verify *verify);

/* ---- scenery.c: the memory around a run -------------------------------------- */

/* Finds out what the groups are, and which the device can look at itself. */
void mk__scenery_plan(struct mk__verify *verify);

/* Notes what the groups hold, and fills guard zones. `*budget` shrinks by what
 * that takes. */
int mk__scenery_make(struct mk__verify *verify, size_t *budget);
void mk__scenery_free(struct mk__verify *verify);

/* Poisons and zeroes what the kernel is to write. */
int mk__scenery_prepare(struct mk__verify *verify);

/* Looks for what the kernel must not have written, judges its outputs if
 * `judged`, and makes everything as it was before. */
int mk__scenery_examine(struct mk__verify *verify, bool judged,
                        struct mk__verdict *verdict);

/* Whether what kernels write is the host's to read and write. */
bool mk__scenery_seen(const struct mk__verify *verify);

/* Whether the kernel being judged writes an argument of a group. */
bool mk__scenery_writes(const struct mk__verify *verify, size_t g, size_t arg);

/* Accuses of what was written into the guard zones, as the host sees them, and
 * fills them again. */
int mk__scenery_examine_guards(const struct mk__verify *verify, size_t g,
                               const char *before, const char *after,
                               struct mk__verdict *verdict);

/* ---- scenery_device.c: groups that the device looks at ----------------------- */

/* Whether it can, of a group that is whole. */
bool mk__scenery_device_can(const struct mk__verify *verify, size_t g);

/* As those of all groups, for one. */
int mk__scenery_device_prepare(struct mk__verify *verify, size_t g);
int mk__scenery_device_examine(struct mk__verify *verify, size_t g, bool judged,
                               struct mk__verdict *verdict);

/* ---- outputs.c ------------------------------------------------------------------ */

/* Makes the outputs; those whose results find room on the device stay with it.
 * `*budget` shrinks by what that takes. */
int mk__outputs_make(struct mk__verify *verify,
                     const struct mk__verify_call *call, size_t *budget);
void mk__outputs_free(struct mk__verify *verify);

/* The output that an argument is, or NULL. */
struct mk__output *mk__output_of(struct mk__verify *verify, size_t arg);

/* The results that the output's poison is to differ from. NULL: the plain one
 * does; also of no output. */
const char *mk__output_poison(const struct mk__output *output);

/* Judges what the kernel wrote to an output, or keeps it, if it is the reference;
 * `got`, on the host, is its first element. */
void mk__output_judge(struct mk__verify *verify, struct mk__output *output,
                      const char *got, struct mk__verdict *verdict);

/* The same, of a compact one, where it and the results are on the device. */
int mk__output_judge_there(const struct mk__verify *verify,
                           struct mk__output *output, const char *got,
                           struct mk__verdict *verdict);

/* ---- verify.c ------------------------------------------------------------------- */

/* Of several things that a kernel did wrong, the worst is its fate. */
void mk__verify_accuse(struct mk__verdict *verdict, mk_fate fate,
                       const char *detail, ...)
    __attribute__((format(printf, 3, 4)));

/* "[3, 17]": where an element is, by its number in row-major order. */
#define MK__INDEX_TEXT 96
void mk__verify_index(const DLTensor *tensor, size_t element,
                      char text[MK__INDEX_TEXT]);

#endif

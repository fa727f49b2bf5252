/* An NVRTC that compiles nothing: a shared object with the functions of
 * driver/nvrtc.h, for tests of what is built on them.
 *
 * A source's cubin is text in the language of fake_cuda.h: a comment with the
 * name and the options, then the source's lines that begin with "//kernel ", or,
 * where there is none, a line for the entry. The symbol of "softmax" is
 * softmax, that of "rows<256, float>" _Z_rows_256__float_. A line of the source
 * that begins with "#error " is an error, and so is an entry whose identifier the
 * source does not have. Options that are not NVRTC's are refused. */
#ifndef MULTIKERNEL_TESTS_FAKE_NVRTC_H
#define MULTIKERNEL_TESTS_FAKE_NVRTC_H

#include <stdatomic.h>

#include "driver/nvrtc.h"

/* FAKE_nvrtcVersion, ...: what is called. */
enum fake_nvrtc_call {
#define FAKE_NVRTC_CALL(name, type, parameters) FAKE_##name,
    MK__NVRTC_FUNCTIONS(FAKE_NVRTC_CALL)
#undef FAKE_NVRTC_CALL
    FAKE_NVRTC_CALLS,
};

struct fake_nvrtc {
    /* The script, set while nothing runs. */
    int major;
    int minor;
    nvrtcResult fail[FAKE_NVRTC_CALLS]; /* what calls fail with */
    bool no_cubin;                      /* there is none, and no error */
    void (*compiling)(void); /* (optional) called at every compilation */

    /* What happened. */
    atomic_size_t calls[FAKE_NVRTC_CALLS];
    atomic_size_t live;    /* programs that are not destroyed */
    atomic_size_t misuses; /* calls that a program's state does not allow */
    char name[512];        /* of the program that was compiled last, */
    char options[4096];    /* and its options, each behind a blank */

    /* Back to one that works, with nothing counted. */
    void (*reset)(void);
};

/* Opens the fake, which whatever needs NVRTC then opens too. NULL: it can't be
 * opened. In the program only. */
struct fake_nvrtc *fake_nvrtc_open(void);

#endif

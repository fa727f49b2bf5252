/* Where the buffers of a program lie: the caller's memory, one allocation that
 * buffers and workspaces share where their lives do not overlap, or nowhere.
 *
 * Lives are counted in calls. An intermediate is alive from the first call that
 * touches it to the last, a workspace in its call. Where a kernel may write an
 * output over an input (H5), the input is an intermediate that nothing touches
 * later, and the output was not touched before, the two are one piece of memory:
 * the output's, if that is the caller's.
 *
 * With constant sizes, pieces are placed from the largest down, each into the
 * tightest gap left by those that live at the same time. With open sizes, pieces
 * are put into slots, as they come to life, a slot holding one piece at a time and
 * being as large as its largest. Both are never worse than no sharing. */
#ifndef MULTIKERNEL_EMIT_BUFFERS_H
#define MULTIKERNEL_EMIT_BUFFERS_H

#include "emit/workspace.h"

#define MK__LAYOUT_ALIGNMENT 64

enum mk__home {
    MK__HOME_CALLER,  /* the argument of that name */
    MK__HOME_SHARED,  /* `offset` bytes into the allocation */
    MK__HOME_OVER,    /* where buffer `over` lies, which is the caller's */
    MK__HOME_NOWHERE, /* never allocated: every variant removes it (B6) */
};

struct mk__place {
    enum mk__home home;
    size_t over;
    const struct mk__formula *offset;
};

struct mk__layout {
    struct mk__arena arena;
    struct mk__place *buffers; /* by the program's buffers */
    /* By call, then by its workspaces: always MK__HOME_SHARED. */
    struct mk__place **workspaces;
    const struct mk__formula *bytes; /* of the allocation; 0: there is none */
    const struct mk__formula *separate; /* of its pieces, each on its own */
};

/* `workspaces` has a list for each call. The layout may be freed whatever this
 * returns. */
int mk__layout_make(struct mk__layout *layout, const mk_program *program,
                    const struct mk__workspaces *workspaces);
void mk__layout_free(struct mk__layout *layout);

#endif

/* Workspaces of a program's calls, merged over variants as in rule B5. */
#ifndef MULTIKERNEL_EMIT_WORKSPACE_H
#define MULTIKERNEL_EMIT_WORKSPACE_H

#include "define/program.h"

struct mk__workspace {
    const char *name;
    const struct mk__formula *bytes; /* over the program's sizes */
    bool zero;
};

struct mk__workspaces {
    struct mk__workspace *list;
    size_t count;
};

/* Those of call number `call`, in the order of its multi-kernel's argument list:
 * `points` are indices of the multi-kernel's points, those whose workspaces are
 * needed (the pick alone in pass AOT), or NULL for all. They lie in the arena. */
int mk__workspaces_merge(struct mk__workspaces *workspaces,
                         struct mk__arena *arena, const mk_program *program,
                         size_t call, const size_t *points, size_t count);

#endif

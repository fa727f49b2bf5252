/* Placing pieces of memory that live for a while. */
#ifndef MULTIKERNEL_EMIT_LAYOUT_H
#define MULTIKERNEL_EMIT_LAYOUT_H

#include "emit/buffers.h"

struct mk__piece {
    const struct mk__formula *bytes;
    size_t first; /* calls, both included */
    size_t last;
    const struct mk__formula *offset; /* to be found */
};

/* Finds each piece's offset, and the bytes of all together. */
int mk__layout_place(struct mk__layout *layout, struct mk__piece *pieces,
                     size_t count);

/* The bytes that it would take if no two shared memory: every intermediate buffer
 * that some call touches, and every workspace, each rounded up. */
int mk__layout_separate(struct mk__layout *layout, const mk_program *program,
                        const struct mk__workspaces *workspaces);

#endif

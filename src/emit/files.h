/* The files of one emission: made in memory, then written all or none.
 *
 * The first line of every text tells that it was emitted, and from what. A file
 * that is in the way and does not say the same is left alone. */
#ifndef MULTIKERNEL_EMIT_FILES_H
#define MULTIKERNEL_EMIT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct mk__file {
    const char *name;
    const char *path;
    const char *comment; /* NULL: it has no mark */
    const char *bytes;
    size_t length;
    bool same;       /* it is there already */
    char *temporary; /* the path under which it is written at first */
};

struct mk__files {
    struct mk__arena arena;
    const char *folder; /* absolute */
    const char *stem;   /* what all names begin with: "softmax_mk" */
    const char *from;   /* as the mark tells it: a path seen from the folder, or
                           "program norm_softmax" */
    struct mk__file *list;
    size_t count;
    size_t room;
    const char *made; /* the first folder on the way that was not there */
    bool written;
};

/* Makes the folder. `path` is what is emitted from, NULL: program `name`. What is
 * begun must be freed, whatever this returns. */
int mk__files_begin(struct mk__files *files, const char *folder,
                    const char *stem, const char *path, const char *name);

/* A path as it is seen from the folder: "../kernels/softmax.c". In the arena;
 * NULL without memory. */
const char *mk__files_relative(struct mk__files *files, const char *path);

/* The path of the file of that name in the folder. In the arena; NULL without
 * memory. */
const char *mk__files_name(struct mk__files *files, const char *name);

/* Adds the file named STEM and `ending`: ".h", "_main.c". The text is copied,
 * behind the mark, two lines of comment: of C where `comment` is "/" "*", else
 * lines that begin with it, as with "#". With NULL there is no mark, as in an
 * object. */
int mk__files_add(struct mk__files *files, const char *ending,
                  const char *comment, const char *text, size_t length);

/* Writes all but what is there already, the same to the byte; removes kernels
 * (STEM_kernels_*) that an earlier emission left and this one has not. Once. On
 * an error, no file has changed. */
int mk__files_write(struct mk__files *files);

/* The path of file `i`, in alphabetical order; after writing. */
const char *mk__files_path(const struct mk__files *files, size_t i);

/* If nothing was written, the folder is gone too, unless it was there before. */
void mk__files_free(struct mk__files *files);

#endif

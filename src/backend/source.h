/* C source as a kernel: the parts of the source back end. */
#ifndef MULTIKERNEL_BACKEND_SOURCE_H
#define MULTIKERNEL_BACKEND_SOURCE_H

#include <pthread.h>

#include <multikernel/kernel.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/task.h"

/* What is compiled, and what came of it. Everything up to `digest` is fixed at
 * creation and lies in the arena. */
struct mk__source {
    struct mk__task task; /* builds and loads */
    struct mk__arena arena;
    const char *name; /* the kernel's */
    const char *path; /* absolute, or NULL: */
    const char *text;
    const char *entry;
    const char *compiler;
    const char **flags; /* include folders made absolute */
    size_t flag_count;
    const mk_define *defines;
    size_t define_count;
    mk_signature signature; /* without names of its own kernel's making */

    pthread_mutex_t lock;         /* of the digest */
    char digest[MK__DIGEST_SIZE]; /* "": not made yet */

    void *lib;
    mk_native function;
    int status;
    char *message;
    char *log;
};

/* Copies what the user gives; nothing is compiled, and the task is not set. */
int mk__source_create(struct mk__source **source, const mk_source *given,
                      const mk_signature *signature, const char *name);

/* Frees a source whose task does not run. */
void mk__source_free(struct mk__source *source);

/* The generated translation unit: the source, a check of the entry's prototype
 * against the parameters, and a function in the argv convention that calls it.
 * Free with free(). */
char *mk__source_unit(const struct mk__source *source);

/* The symbol of that function. */
#define MK__SOURCE_SYMBOL "mk_entry"

/* "void softmax(const float *x, float *y, int64_t rows, int64_t cols)" */
char *mk__source_prototype(const struct mk__source *source);

/* Adds the contents of the source and of every local header it includes. */
int mk__source_hash_files(struct mk__hash *hash,
                          const struct mk__source *source);

/* Digest of all that decides what the compiler makes of the source. Made at the
 * first need, and kept. */
int mk__source_digest(struct mk__source *source, char digest[MK__DIGEST_SIZE]);

/* Puts a compiled object where later processes find it; failing that, says so
 * in the log. */
void mk__source_keep(const char *object, const char *kept);

/* Whether there is a kept object, and it is what was written: loading one that
 * was cut short or changed would be the end of the process. */
bool mk__source_kept(const char *kept);

/* Identity of a compiler: its path and what --version says. The program is run
 * only when the file changed since it was run last, by any process. */
int mk__compiler_identify(const char *compiler, char digest[MK__DIGEST_SIZE]);

#endif

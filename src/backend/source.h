/* C source as a kernel: the parts of the source back end. */
#ifndef MULTIKERNEL_BACKEND_SOURCE_H
#define MULTIKERNEL_BACKEND_SOURCE_H

#include <pthread.h>
#include <stdbool.h>

#include <multikernel/kernel.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/task.h"

/* What is compiled, and what came of it. Everything up to `digest` is fixed at
 * creation and lies in the arena. */
struct mk__source {
    struct mk__task task; /* builds */
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

    pthread_mutex_t lock;         /* of the digest, and of `object` */
    char digest[MK__DIGEST_SIZE]; /* "": not made yet */

    /* Made by the task. */
    const char *object; /* its path, for any process of this user's */
    bool found;         /* an earlier process compiled it */
    int file;           /* -1, or the object's, which then has no name */
    int status;
    char *message;
    char *log;

    void *lib; /* NULL: not loaded */
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

/* Digest of all that decides what the compiler makes of the source. Made at the
 * first need, and kept. */
int mk__source_digest(struct mk__source *source, char digest[MK__DIGEST_SIZE]);

/* The same, made now. */
int mk__source_digest_now(const struct mk__source *source,
                          char digest[MK__DIGEST_SIZE]);

/* The task: finds the object, or compiles. */
void mk__source_build(struct mk__task *task);

/* Of a source that is built: the object's path, and the address of its entry in
 * this process, where it is loaded once. */
const char *mk__source_object(struct mk__source *source);
int mk__source_open(struct mk__source *source, void **address);

/* Puts a compiled object where later processes find it; failing that, is false
 * and says so in the log. */
bool mk__source_keep(const char *object, const char *kept);

/* Whether there is a kept object, and it is what was written: loading one that
 * was cut short or changed would be the end of the process. */
bool mk__source_kept(const char *kept);

/* Identity of a compiler: its path and what --version says. The program is run
 * only when the file changed since it was run last, by any process. */
int mk__compiler_identify(const char *compiler, char digest[MK__DIGEST_SIZE]);

/* ---- For others that compile such sources ---------------------------------- */

/* The compiler that is given, else the variable CC, else "cc". */
const char *mk__source_compiler(const char *given);

/* The flags for the source at `path`, copied into the arena: the `*count` that
 * are given, or the default ones (NULL), with include folders made absolute. */
int mk__source_flags(const char ***flags, size_t *count,
                     struct mk__arena *arena, const char *path,
                     const char *const *given);

/* One such flag, copied. `path` NULL: as it is given. */
const char *mk__source_flag(struct mk__arena *arena, const char *path,
                            const char *flag);

/* Whether a flag names an include folder that is seen from the source. */
bool mk__source_flag_is_local(const char *flag);

/* A source, and the flags that tell where headers are: -IFOLDER, -I FOLDER,
 * -iquote FOLDER, -include FILE, -imacros FILE. */
struct mk__source_files {
    const char *path; /* or NULL */
    const char *text; /* or NULL: what is in the file */
    const char *const *flags;
    size_t flag_count;
};

/* Adds the contents of the source and of every local header it includes. */
int mk__source_hash_files(struct mk__hash *hash,
                          const struct mk__source_files *files);

/* Puts what a compiler made where later processes find it; failing that, is
 * false and says so in the log. */
bool mk__source_keep_bytes(const char *bytes, size_t length, const char *kept);

/* What was put there. NULL: nothing, or it is not what was put there, which the
 * log says. Free with free(). */
char *mk__source_kept_bytes(const char *kept, size_t *length);

/* The C type of an element: "_Float16". */
const char *mk__source_type(DLDataType type);

/* "const float *x, float *y, int64_t rows"; names where asked. */
void mk__source_add_params(struct mk__str *text, const mk_signature *signature,
                           bool constant, bool names);

/* A constant expression: whether the entry is a function of these parameters,
 * with `in` tensors as pointers to const or not; and what to say if it is
 * neither. */
void mk__source_add_fit(struct mk__str *text, const char *entry,
                        const mk_signature *signature, bool constant);
void mk__source_add_misfit(struct mk__str *text, const char *entry,
                           const mk_signature *signature);

/* #line 1 "the definition of NAME": what the compiler calls the lines that
 * follow. */
void mk__source_add_line(struct mk__str *text, const char *what,
                         const char *name);

#endif

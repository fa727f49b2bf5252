/* One translation unit of kernels: those of one source, compiler, flags and
 * macros, or of one shared object. */
#ifndef MULTIKERNEL_EMIT_UNIT_H
#define MULTIKERNEL_EMIT_UNIT_H

#include <multikernel/kernel.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/task.h"
#include "emit/units.h"

/* A kernel as the unit has it. */
struct mk__unit_entry {
    struct mk__unit_kernel *kernel;
    const char *entry;
    mk_signature signature;
    bool
        constant; /* the source's own function takes `in` as pointers to const */
    bool
        renamed; /* that function gets the kernel's symbol; else one is made that
                      calls it */
    const char *fault; /* in the unit's arena */
    const char *log;
};

struct mk__unit {
    struct mk__task task;
    struct mk__arena arena;
    const char *stem;
    size_t number; /* STEM_kernels_NUMBER; 0: every kernel has a fault */
    enum mk__language language;
    const char *path;         /* of source or shared object, absolute */
    const char *seen;         /* the same, from the folder of the files */
    const char *own_compiler; /* NULL: that of whoever builds */
    const char *compiler;     /* the one that is asked now */
    const char *const *given; /* flags as the definition has them, or NULL */
    const char **flags;       /* include folders made absolute */
    size_t flag_count;
    mk_define *defines;
    size_t define_count;
    struct mk__unit_entry *entries;
    size_t count;

    /* Made by the tasks. */
    char *bench;          /* a private folder */
    const char **symbols; /* external ones, in alphabetical order */
    size_t symbol_count;
    char *object; /* the final unit's */
    size_t object_length;
    const char **left; /* external ones that could not be renamed */
    size_t left_count;
    int status;
    char *message;
};

/* ---- Making (unit_sort.c) --------------------------------------------------- */

/* Sorts the kernels into units, in the order of their first ones. Free each with
 * mk__unit_free, and `*units` with free(). */
int mk__units_make(struct mk__unit **units, size_t *unit_count,
                   struct mk__files *files, struct mk__unit_kernel *kernels,
                   size_t count);
void mk__unit_free(struct mk__unit *unit);

/* "STEM_kernels_3" and `ending`. Free with free(). */
char *mk__unit_name(const struct mk__unit *unit, const char *ending);

/* ---- Text (unit_text.c) ------------------------------------------------------ */

/* Whether the emitted code's type for a parameter is the source's own. */
bool mk__unit_is_plain(const mk_param *param);

/* A unit that shows what the source defines: itself, and for every entry from
 * `first` on, `count` of them, an array named MK__UNIT_FIT and its number, whose
 * size tells how the prototype fits. Free with free(). */
char *mk__unit_probe(const struct mk__unit *unit, size_t first, size_t count);

#define MK__UNIT_FIT "mk__fit_"
enum mk__unit_fit {
    MK__UNIT_NO_FIT = 1,
    MK__UNIT_FIT_PLAIN,    /* `in` tensors are pointers, */
    MK__UNIT_FIT_CONSTANT, /* pointers to const, */
    MK__UNIT_FIT_BOTH,     /* or there are none */
};

/* The unit as it is emitted, behind the mark, with the source at `path`. Free with
 * free(). */
char *mk__unit_text(const struct mk__unit *unit, const char *path);

/* ---- Compiling (unit_compile.c) ------------------------------------------------ */

/* Tasks. The first finds the symbols, how entries fit and which of them have a
 * fault; the second makes the final unit's object, and may find faults too. */
void mk__unit_look(struct mk__task *task);
void mk__unit_compile(struct mk__task *task);

/* Removes the files of both. */
void mk__unit_close(struct mk__unit *unit);

/* Gives a fault to every kernel that has none. Returns a status. */
int mk__unit_blame(struct mk__unit *unit, const char *log, const char *format,
                   ...) __attribute__((format(printf, 3, 4)));

/* ---- Symbols (unit_symbols.c) --------------------------------------------------- */

struct mk__symbol {
    const char *name;
    size_t size;
};

/* What the object, or the shared object, defines for others, in alphabetical
 * order and in the arena. `*fault`, if it can't be read: why. */
int mk__symbols_read(struct mk__symbol **symbols, size_t *count,
                     const char **fault, struct mk__arena *arena,
                     const char *path, bool shared);

/* The symbol of that name, or NULL. */
const struct mk__symbol *mk__symbols_find(const struct mk__symbol *symbols,
                                          size_t count, const char *name);

/* ---- How to build them (unit_build.c) -------------------------------------------- */

/* What is built: `units` with number 0 are left out. */
struct mk__build {
    struct mk__files *files;
    const struct mk__unit *units;
    size_t count;
    bool objects;
    bool library;
};

int mk__build_cmake(const struct mk__build *build); /* unit_cmake.c */
int mk__build_make(const struct mk__build *build);  /* unit_makefile.c */

/* Calls `add`, once for each, with the flags of units that linking needs too, and
 * without one for a unit of a shared object, `unit->seen`. */
typedef void mk__build_add(struct mk__str *text, const struct mk__build *build,
                           const struct mk__unit *unit, const char *flag);
void mk__build_links(const struct mk__build *build, mk__build_add *add,
                     struct mk__str *text);

/* The include folder that a flag of the unit names, as the folder of the files
 * sees it; NULL: it names none, or an absolute one. */
int mk__build_include(const char **folder, const struct mk__build *build,
                      const struct mk__unit *unit, size_t flag);

/* Adds the text, which is emptied, to the files. */
int mk__build_add_file(const struct mk__build *build, const char *ending,
                       struct mk__str *text);

#endif

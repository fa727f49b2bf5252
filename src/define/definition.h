/* A definition as it lies in memory, checked. Immutable after loading, but for
 * the device. Strings are borrowed from the JSON; all else lies in the arena. */
#ifndef MULTIKERNEL_DEFINE_DEFINITION_H
#define MULTIKERNEL_DEFINE_DEFINITION_H

#include <multikernel/define.h>

#include "base/arena.h"
#include "base/str.h"
#include "define/expression.h"
#include "define/json.h"

#define MK__MAX_SIZES        64
#define MK__MAX_VARIANTS     4096
#define MK__MAX_COMBINATIONS 65536 /* of one variant's defines */
#define MK__MAX_HINTS        4096
#define MK__SIZE_LIMIT       ((int64_t)1 << 62)
#define MK__NO_SIZE          SIZE_MAX

/* An expression and where it stands, for complaints about its value. */
struct mk__term {
    struct mk__expression *expression; /* NULL: there is none */
    const struct mk__json *at;
};

struct mk__parameter {
    const char *name;
    DLDataType type;
    int rank; /* MK_SCALAR: no tensor */
    mk_intent intent;
    bool zero;
    struct mk__term *shape; /* `rank` dimensions */
    size_t size;            /* a scalar's size, or MK__NO_SIZE: */
    mk_arg value;           /* its value */
    const struct mk__json *at;
};

struct mk__choice {
    const char *text; /* NULL: defined without a value */
    bool integer;     /* the text is one, then its value: */
    int64_t number;
};

struct mk__define {
    const char *name;
    bool listed; /* a dimension of the space, even with one value */
    size_t count;
    struct mk__choice *choices;
};

struct mk__scratch {
    const char *name;
    struct mk__term bytes;
    bool zero;
};

/* A scalar of a variant's own, as a template kernel's grid is (rule A5). */
struct mk__own {
    const char *name;
    DLDataType type; /* an integer's */
    struct mk__term value;
};

enum mk__language {
    MK__LANGUAGE_C,
    MK__LANGUAGE_OBJECT,
    MK__LANGUAGE_CUDA, /* from here on for GPUs */
    MK__LANGUAGE_PTX,
    MK__LANGUAGE_CUBIN,
    MK__LANGUAGE_TRITON,
    MK__LANGUAGE_COUNT, /* those after it are not in this build */
};

/* The places of a launch that a variant for GPUs has terms for: three dimensions
 * of each but the last. */
enum mk__launch_place {
    MK__LAUNCH_GRID = 0,
    MK__LAUNCH_BLOCK = 3,
    MK__LAUNCH_CLUSTER = 6,
    MK__LAUNCH_SHARED = 9,
    MK__LAUNCH_PLACES,
};

struct mk__variant {
    const char *name;
    enum mk__language language;
    const char *source; /* a path as the process sees it */
    const char *entry;  /* NULL: the source tells (Triton) */
    const char **flags; /* NULL: the back end's own */
    size_t flag_count;
    const char *compiler;
    const char *metadata;
    const char *reduction_hint;

    struct mk__define *defines;
    size_t define_count;
    size_t combinations; /* at least 1 */
    struct mk__term where;

    /* What it takes, in its order: a parameter's index; or the parameters' count
     * and a workspace's index; or both counts and the index of an own scalar. */
    size_t *takes;
    size_t take_count;

    struct mk__scratch *workspaces;
    size_t workspace_count;
    struct mk__own *own;
    size_t own_count;
    mk_inplace *inplace;
    size_t inplace_count;
    const char **removed;
    size_t removed_count;
    const char **inplaced_removed;
    size_t inplaced_removed_count;

    const char **cpu; /* features, of the GPU where it runs on one */
    size_t cpu_count;
    mk_alignment *align;
    size_t align_count;
    const char *sizes_text; /* `requires.sizes`, checked; or NULL */

    struct mk__term
        launch[MK__LAUNCH_PLACES]; /* without one: 1; or 0, of `shared` */
    bool cooperative;
};

/* A combination of sizes that the variants are tuned for. */
struct mk__hint {
    const char *text; /* "rows=64 cols=1024" */
    mk_size *sizes;   /* in the definition's order */
    size_t count;
};

struct mk_definition {
    struct mk__json_file file;
    struct mk__arena arena;
    struct mk__owned *expressions;
    const char *name;
    const char *backend;
    DLDevice device;
    mk_size sizes[MK__MAX_SIZES];
    size_t size_count;
    struct mk__parameter *params;
    size_t param_count;
    struct mk__variant *variants;
    size_t variant_count;
    size_t reference; /* variant */
    bool tolerant;    /* a tolerance is given: */
    double rtol, atol;
    struct mk__hint *hints;
    size_t hint_count;
};

/* Takes `text` over; `path` says where sources are looked for. */
int mk__definition_parse(mk_definition **definition, const char *path,
                         char *text, size_t length);

/* Index by name, or the count. */
size_t mk__definition_size(const mk_definition *definition, const char *name);
size_t mk__definition_param(const mk_definition *definition, const char *name);
size_t mk__variant_define(const struct mk__variant *variant, const char *name);
size_t mk__variant_workspace(const struct mk__variant *variant,
                             const char *name);
size_t mk__variant_own(const struct mk__variant *variant, const char *name);

/* The own scalar that place `take` of what a variant takes is; NULL: it is none. */
const struct mk__own *mk__variant_takes_own(const mk_definition *definition,
                                            const struct mk__variant *variant,
                                            size_t take);

/* Adds "; did you mean 'rows'? known: rows, cols" after a complaint about
 * `name`; `other` is known too, or NULL. */
void mk__definition_list_sizes(struct mk__str *out,
                               const mk_definition *definition,
                               const char *other, const char *name);

/* The text of the hint whose sizes have these values, the first of several;
 * NULL: there is none. */
const char *mk__definition_hint_at(const mk_definition *definition,
                                   const int64_t *values);

/* A definition's or a variant's name: letters, digits and _ . + - behind a
 * letter or '_', as options and files name it. */
int mk__definition_read_name(const struct mk__json *at, const char **name);

/* Member "type" of a parameter: "float32*", a tensor, or "float32". */
int mk__definition_read_type(const struct mk__json *param, DLDataType *type,
                             bool *tensor);

/* Whether a scalar may have that type. */
bool mk__definition_is_scalar_type(DLDataType type);

/* A number that is a scalar's value. */
int mk__definition_read_value(mk_arg *value, DLDataType type,
                              const struct mk__json *at);

/* The parts of loading, each in a file of its own. */
int mk__definition_read_sizes(mk_definition *definition,
                              const struct mk__json *root);
int mk__definition_read_params(mk_definition *definition,
                               const struct mk__json *root);
int mk__definition_read_variants(mk_definition *definition,
                                 const struct mk__json *root);
int mk__definition_read_defines(mk_definition *definition,
                                struct mk__variant *variant,
                                const struct mk__json *at);
int mk__definition_read_own(mk_definition *definition,
                            struct mk__variant *variant,
                            const struct mk__json *at);
int mk__definition_read_traits(mk_definition *definition,
                               struct mk__variant *variant,
                               const struct mk__json *at);
int mk__definition_read_requires(mk_definition *definition,
                                 struct mk__variant *variant,
                                 const struct mk__json *at);
int mk__definition_read_launch(mk_definition *definition,
                               struct mk__variant *variant,
                               const struct mk__json *at);
int mk__definition_read_hints(mk_definition *definition,
                              const struct mk__json *root);

/* Whether the language's kernels run on a GPU. */
static inline bool mk__language_is_gpu(enum mk__language language)
{
    return language >= MK__LANGUAGE_CUDA;
}

/* MK_ERROR_UNSUPPORTED where the variants run on a GPU, and `what`, "a program
 * calls", goes with kernels of the CPU alone. */
int mk__definition_check_cpu(const mk_definition *definition, const char *what);

/* ---- Terms (term.c) ------------------------------------------------------- */

/* Reads an expression, or an integer, which stands for itself. */
int mk__term_read(struct mk__term *term, mk_definition *definition,
                  const struct mk__json *at);

/* The same; its names must be sizes or, with `variant`, integer defines. */
int mk__term_read_known(struct mk__term *term, mk_definition *definition,
                        const struct mk__variant *variant,
                        const struct mk__json *at);

/* The first size that the term's value depends on, and where it appears in the
 * text; NULL: it depends on none. `offset` may be NULL. */
const char *mk__term_size(const struct mk__term *term,
                          const mk_definition *definition, size_t *offset);

/* Frees what the arena does not. */
void mk__terms_free(mk_definition *definition);

/* What names mean: sizes, and the defines of one combination of a variant. */
struct mk__scope {
    const mk_definition *definition;
    const int64_t *sizes;
    const struct mk__variant *variant; /* NULL: sizes only */
    size_t combination;
};

/* A complaint when there is no value, or it is not within [low, high]. */
int mk__term_value(const struct mk__term *term, const struct mk__scope *scope,
                   int64_t low, int64_t high, int64_t *value);

#endif

/* What benchmarks of the choosing work on: the variants of an example's
 * definition at one shape, calls bound to them, and a noisy neighbour. */
#ifndef BENCH_SUPPORT_CASES_H
#define BENCH_SUPPORT_CASES_H

#include <stddef.h>
#include <stdint.h>

#include <multikernel/multikernel.h>

/* ---- shapes.c ------------------------------------------------------------------ */

#define SHAPES     6
#define MOST_SIZES 3

struct shape_table {
    const char *kernel;
    const char *names[MOST_SIZES]; /* of the sizes; NULL: fewer */
    int64_t values[SHAPES][MOST_SIZES];
};

extern const struct shape_table shape_tables[];
extern const size_t shape_table_count;

/* ---- cases.c: the variants of a definition at one shape ------------------------------ */

struct variants {
    const mk_definition *definition;
    mk_size sizes[MOST_SIZES];
    size_t size_count;
    size_t count;
    char **names;
    /* By variant: a multi-kernel that is forced to it; NULL where it may not
     * run here. */
    mk_multi **forced;
};

/* Compiles everything. */
void variants_create(struct variants *variants, const mk_definition *definition,
                     const struct shape_table *table, size_t shape);
void variants_destroy(struct variants *variants);

/* Arguments of their own, and calls of all variants bound to them. */
struct bound {
    mk_arguments *arguments;
    const mk_arg *args;
    size_t arg_count;
    mk_call **calls; /* by variant; NULL where it may not run */
    size_t count;
};

/* A multi-kernel of the definition at these sizes, with options. */
mk_multi *variants_multi(const struct variants *variants,
                         const mk_multi_options *options);

/* "rows=64 cols=1024"; free with free(). */
char *variants_shape(const struct variants *variants);

void bound_create(struct bound *bound, const struct variants *variants,
                  uint64_t seed);
void bound_destroy(struct bound *bound);

/* Nanoseconds that `launches` calls take. */
double bound_time(const struct bound *bound, size_t variant, size_t launches);

/* ---- noise.c ------------------------------------------------------------------------------ */

/* Starts a child that streams through memory on the first CPU, until
 * noise_stop or the end of this process. */
void noise_start(void);
void noise_stop(void);

#endif

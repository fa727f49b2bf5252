/* The parts of bench_shapes. */
#ifndef BENCH_SHAPES_SHAPES_H
#define BENCH_SHAPES_SHAPES_H

#include <stddef.h>
#include <stdint.h>

/* ---- subject.c: a multi-kernel by shape whose kernels do nothing ------------------- */

/* What tells the shapes of a call. */
enum subject_places {
    SUBJECT_SCALARS = 0, /* its scalars, as a definition has it */
    SUBJECT_DIMENSIONS,  /* the tensors' dimensions: it has no scalars */
    SUBJECT_ONE_SHAPE,   /* nothing: a plain multi-kernel, settled */
};

/* The order in which shapes come is decided beforehand. */
#define ORDER 16384 /* a power of two */

struct subject;

/* Of `tensors` (2 or 3) matrices, and as many scalars that are their sizes; calls
 * of `shapes` different shapes, all made once. */
struct subject *subject_create(enum subject_places places, size_t tensors,
                               size_t shapes, size_t capacity);
void subject_destroy(struct subject *subject);

/* Calls in the order of the shapes, from number `at` on: the function itself, or
 * through mk_run, or, bound to the first shape, through mk_call_run. */
void subject_direct(const struct subject *subject, size_t at, size_t calls);
void subject_run(const struct subject *subject, size_t at, size_t calls);
void subject_run_bound(const struct subject *subject, size_t at, size_t calls);

/* ---- cost.c: what a call costs -------------------------------------------------------- */

void print_cost(size_t rounds, uint64_t seed);
void print_threads(size_t most, size_t rounds, double round_ms);

/* Only calls, for a tool that counts instructions; the exit status. */
int run_one_way(const char *way, size_t calls);

/* ---- quality.c: what the policies' picks are worth ------------------------------------- */

void print_quality(const char *kernel, size_t shapes, double oracle_ms,
                   uint64_t seed);

#endif

/* The ways that are compared: each calls something so many times. */
#ifndef BENCH_EMIT_WAYS_H
#define BENCH_EMIT_WAYS_H

#include <stddef.h>

struct way {
    const char *name; /* for a table */
    const char *code; /* for the command line */
    void (*loop)(size_t calls);
    size_t against; /* the way that it is compared with */
    size_t inside;  /* multi-kernels that one call runs; 0: it is no wrapper */
};

extern const struct way ways[];
extern const size_t way_count;

/* Fills the data, makes the instances and settles what is to be settled. */
void ways_prepare(void);
void ways_release(void);

#endif

/* A device that looks at its memory itself: a fake one, whose entries for that
 * ask the host's functions, and count. It tells what it brings to the host. */
#ifndef MULTIKERNEL_TESTS_FAKE_INSPECTION_H
#define MULTIKERNEL_TESTS_FAKE_INSPECTION_H

#include <multikernel/backend.h>

struct fake_inspection {
    /* The script. */
    bool knows_nothing; /* no element type, nor what is equal */
    size_t fails_from;  /* the entries' calls from the nth on (from 0) fail */

    size_t calls; /* of all four that do something */
    size_t poisons;
    size_t confusables;
    size_t compares;
    size_t equals;
    size_t guards;  /* copies to the host, of so many bytes as a guard zone, */
    size_t others;  /* and of others, */
    size_t brought; /* and those bytes */
};

extern struct fake_inspection fake_inspection;

/* Gives a copy of fake_device these entries, and forgets what happened. `memory`
 * is the device's too, though it did not hand it out. */
void fake_inspection_begin(mk_device *device, const void *memory, size_t bytes);

#endif

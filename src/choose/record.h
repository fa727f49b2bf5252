/* Choices, from inside the library. */
#ifndef MULTIKERNEL_CHOOSE_RECORD_H
#define MULTIKERNEL_CHOOSE_RECORD_H

#include <multikernel/record.h>

#include "choose/multi.h"

/* Who a recorded choice belongs to: a class of calls, by number; later decisions
 * for the same calls may replace it. */
enum {
    MK__OWNED_BY_NOBODY = 0,  /* it was there before the pass */
    MK__OWNED_BY_SEVERAL = 1, /* which agreed so far */
    MK__FIRST_OWNER = 2,
};

struct mk__chosen {
    mk_choice choice;
    /* What the choice's names point to. */
    char *multi;
    char *kernel;
    char *rival;
    uint64_t owner;
};

/* Names of CPU features, sorted, in one block. */
struct mk__features {
    const char **list; /* NULL: none; free with free() */
    size_t count;
};

struct mk_choices {
    struct mk__chosen *list; /* sorted by the multi-kernel's name */
    size_t count;
    struct mk__features features; /* of the machine they are from */
    char *path; /* that it was read from, or NULL; for messages */
};

/* This machine's. */
int mk__features_here(struct mk__features *features);

/* Notes a conflict over a choice that is there. */
int mk__choices_rival(mk_choices *choices, const char *multi,
                      const char *rival);

#endif

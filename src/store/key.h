/* The key of a pick: a hash over everything that could change it. */
#ifndef MULTIKERNEL_STORE_KEY_H
#define MULTIKERNEL_STORE_KEY_H

#include "base/hash.h"

struct mk__key {
    const char *const *kernels; /* digests, in order */
    size_t count;
    const char *device;   /* fingerprint */
    const char *policy;   /* "warm, wall" */
    const char *shapes;   /* of the arguments */
    const char *eligible; /* which kernels may run on them */
};

/* Hashes the parts, and the version of this list of parts. */
void mk__key_digest(const struct mk__key *key, char digest[MK__DIGEST_SIZE]);

#endif

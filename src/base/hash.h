/* SHA-256, for keys and content hashes (nettle: no set-up cost, and it uses the
 * CPU's SHA instructions where there are any). */
#ifndef MULTIKERNEL_BASE_HASH_H
#define MULTIKERNEL_BASE_HASH_H

#include <stddef.h>

#include <nettle/sha2.h>

#define MK__DIGEST_SIZE 65 /* 64 hex digits and the end */

struct mk__hash {
    struct sha256_ctx context;
};

void mk__hash_init(struct mk__hash *hash);
void mk__hash_bytes(struct mk__hash *hash, const void *bytes, size_t length);

/* Adds a string with its length, so that ("ab", "c") differs from ("a", "bc").
 * NULL differs from "". */
void mk__hash_text(struct mk__hash *hash, const char *text);
void mk__hash_end(struct mk__hash *hash, char digest[MK__DIGEST_SIZE]);

#endif

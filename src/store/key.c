#include "store/key.h"

#include <stdint.h>

/* Raised whenever the parts, their order or their text change. */
#define KEY_VERSION "multikernel pick 1"

void mk__key_digest(const struct mk__key *key, char digest[MK__DIGEST_SIZE])
{
    uint64_t count = key->count;
    struct mk__hash hash;

    mk__hash_init(&hash);
    mk__hash_text(&hash, KEY_VERSION);
    mk__hash_bytes(&hash, &count, sizeof(count));
    for (size_t i = 0; i < key->count; ++i)
        mk__hash_text(&hash, key->kernels[i]);
    mk__hash_text(&hash, key->device);
    mk__hash_text(&hash, key->policy);
    mk__hash_text(&hash, key->shapes);
    mk__hash_text(&hash, key->eligible);
    mk__hash_end(&hash, digest);
}

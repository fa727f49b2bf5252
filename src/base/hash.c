#include "base/hash.h"

#include <stdint.h>
#include <string.h>

void mk__hash_init(struct mk__hash *hash)
{
    sha256_init(&hash->context);
}

void mk__hash_bytes(struct mk__hash *hash, const void *bytes, size_t length)
{
    sha256_update(&hash->context, length, bytes);
}

void mk__hash_text(struct mk__hash *hash, const char *text)
{
    uint64_t length = text != NULL ? strlen(text) : UINT64_MAX;

    mk__hash_bytes(hash, &length, sizeof(length));
    if (text != NULL)
        mk__hash_bytes(hash, text, (size_t)length);
}

void mk__hash_end(struct mk__hash *hash, char digest[MK__DIGEST_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[SHA256_DIGEST_SIZE];

    sha256_digest(&hash->context, sizeof(bytes), bytes);
    for (size_t i = 0; i < sizeof(bytes); ++i) {
        digest[2 * i] = digits[bytes[i] >> 4];
        digest[2 * i + 1] = digits[bytes[i] & 15];
    }
    digest[2 * sizeof(bytes)] = '\0';
}

/* Compiled objects between processes: the object's bytes, and after them their
 * digest, which the loader does not look at. */
#include "backend/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"

#define SEAL_LENGTH (MK__DIGEST_SIZE - 1)

static void make_seal(const char *bytes, size_t length,
                      char seal[MK__DIGEST_SIZE])
{
    struct mk__hash hash;

    mk__hash_init(&hash);
    mk__hash_bytes(&hash, bytes, length);
    mk__hash_end(&hash, seal);
}

static int write_sealed(const char *kept, const char *bytes, size_t length)
{
    char seal[MK__DIGEST_SIZE];
    char *sealed = mk__malloc(length + SEAL_LENGTH);
    int status;

    if (sealed == NULL)
        return MK_ERROR_NO_MEMORY;
    make_seal(bytes, length, seal);
    memcpy(sealed, bytes, length);
    memcpy(sealed + length, seal, SEAL_LENGTH);
    status = mk__file_write(kept, sealed, length + SEAL_LENGTH);
    free(sealed);
    return status;
}

static void say_unkept(void)
{
    mk__log(MK_LOG_INFO, "the compiled object is not kept: %s",
            mk_last_error()->message);
}

bool mk__source_keep_bytes(const char *bytes, size_t length, const char *kept)
{
    bool written = write_sealed(kept, bytes, length) == MK_OK;

    if (!written)
        say_unkept();
    return written;
}

bool mk__source_keep(const char *object, const char *kept)
{
    char *bytes = NULL;
    size_t length;
    bool written = false;

    if (mk__file_read(object, &bytes, &length) == MK_OK)
        written = mk__source_keep_bytes(bytes, length, kept);
    else
        say_unkept();
    free(bytes);
    return written;
}

char *mk__source_kept_bytes(const char *kept, size_t *length)
{
    char seal[MK__DIGEST_SIZE];
    char *bytes;
    bool intact = false;

    if (!mk__file_exists(kept) || mk__file_read(kept, &bytes, length) != MK_OK)
        return NULL;
    if (*length > SEAL_LENGTH) {
        *length -= SEAL_LENGTH;
        make_seal(bytes, *length, seal);
        intact = memcmp(bytes + *length, seal, SEAL_LENGTH) == 0;
    }
    if (intact)
        return bytes;
    mk__log(MK_LOG_INFO, "a compiled object is made anew: %s is damaged", kept);
    free(bytes);
    return NULL;
}

bool mk__source_kept(const char *kept)
{
    size_t length;
    char *bytes = mk__source_kept_bytes(kept, &length);

    free(bytes);
    return bytes != NULL;
}

/* Which compiler it is. Asking costs milliseconds, so the answer is kept in
 * <cache>/compilers/<hash of the file's path, size, times, inode>.txt. */
#include "backend/source.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cache.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"

/* The file's digest: changes when the compiler is replaced. */
static int file_digest(const char *path, char digest[MK__DIGEST_SIZE])
{
    struct mk__hash hash;
    struct stat about;
    int64_t facts[5];

    if (stat(path, &about) != 0)
        return mk__error(MK_ERROR_COMPILE, "can't read the compiler %s", path);
    facts[0] = (int64_t)about.st_size;
    facts[1] = (int64_t)about.st_mtim.tv_sec;
    facts[2] = (int64_t)about.st_mtim.tv_nsec;
    facts[3] = (int64_t)about.st_ino;
    facts[4] = (int64_t)about.st_dev;
    mk__hash_init(&hash);
    mk__hash_text(&hash, path);
    mk__hash_bytes(&hash, facts, sizeof(facts));
    mk__hash_end(&hash, digest);
    return MK_OK;
}

static int ask(const char *path, char **version)
{
    const char *const argv[] = { path, "--version", NULL };
    int exit_status;
    int status = mk__proc_run(argv, version, &exit_status);

    if (status == MK_OK && exit_status > 0) {
        status = mk__error_log(MK_ERROR_COMPILE, *version,
                               "%s --version ended with status %d", path,
                               exit_status);
        free(*version);
        *version = NULL;
    }
    return status;
}

int mk__compiler_identify(const char *compiler, char digest[MK__DIGEST_SIZE])
{
    char *path = mk__proc_which(compiler);
    char *version = NULL;
    char *kept = NULL;
    struct mk__hash hash;
    int status;

    if (path == NULL && mk_last_error()->status == MK_ERROR_NO_MEMORY)
        return MK_ERROR_NO_MEMORY;
    if (path == NULL)
        return mk__error(MK_ERROR_COMPILE,
                         "there is no compiler '%s' on PATH: install one "
                         "(apt-get install gcc) or name it in the variable CC",
                         compiler);
    status = file_digest(path, digest);
    if (status != MK_OK)
        goto done;
    kept = mk__cache_path("compilers/%s.txt", digest);
    if (kept == NULL || mk__file_read(kept, &version, NULL) != MK_OK) {
        status = ask(path, &version);
        if (status != MK_OK)
            goto done;
        if (kept == NULL ||
            mk__file_write(kept, version, strlen(version)) != MK_OK)
            mk__log(MK_LOG_INFO, "the compiler's version is not kept: %s",
                    mk_last_error()->message);
    }
    mk__hash_init(&hash);
    mk__hash_text(&hash, mk__path_base(path));
    mk__hash_text(&hash, version);
    mk__hash_end(&hash, digest);
done:
    free(version);
    free(kept);
    free(path);
    return status;
}

/* Which compiler it is. Asking costs milliseconds, so the answer is kept in
 * <cache>/compilers/<hash of the file's path, size, times, inode>.txt. */
#include "backend/source.h"

#include <pthread.h>
#include <stdbool.h>
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

/* What the compiler of this file digest says of itself: asked, or read. */
static int find_version(const char *path, const char *digest, char **version)
{
    char *kept = mk__cache_path("compilers/%s.txt", digest);
    int status = MK_OK;

    if (kept == NULL || mk__file_read(kept, version, NULL) != MK_OK) {
        status = ask(path, version);
        if (status == MK_OK &&
            (kept == NULL ||
             mk__file_write(kept, *version, strlen(*version)) != MK_OK))
            mk__log(MK_LOG_INFO, "the compiler's version is not kept: %s",
                    mk_last_error()->message);
    }
    free(kept);
    return status;
}

/* The compiler asked for last, in this process: of many kernels, most have the
 * same one. */
static pthread_mutex_t last_lock = PTHREAD_MUTEX_INITIALIZER;
static char last_file[MK__DIGEST_SIZE];
static char last_identity[MK__DIGEST_SIZE];

static bool recall(const char *file, char identity[MK__DIGEST_SIZE])
{
    bool same;

    pthread_mutex_lock(&last_lock);
    same = strcmp(file, last_file) == 0;
    if (same)
        memcpy(identity, last_identity, MK__DIGEST_SIZE);
    pthread_mutex_unlock(&last_lock);
    return same;
}

static void keep_last(const char *file, const char *identity)
{
    pthread_mutex_lock(&last_lock);
    memcpy(last_file, file, MK__DIGEST_SIZE);
    memcpy(last_identity, identity, MK__DIGEST_SIZE);
    pthread_mutex_unlock(&last_lock);
}

int mk__compiler_identify(const char *compiler, char digest[MK__DIGEST_SIZE])
{
    char *path = mk__proc_which(compiler);
    char file[MK__DIGEST_SIZE];
    char *version = NULL;
    struct mk__hash hash;
    int status;

    if (path == NULL && mk_last_error()->status == MK_ERROR_NO_MEMORY)
        return MK_ERROR_NO_MEMORY;
    if (path == NULL)
        return mk__error(MK_ERROR_COMPILE,
                         "there is no compiler '%s' on PATH: install one "
                         "(apt-get install gcc) or name it in the variable CC",
                         compiler);
    status = file_digest(path, file);
    if (status == MK_OK && !recall(file, digest)) {
        status = find_version(path, file, &version);
        if (status == MK_OK) {
            mk__hash_init(&hash);
            mk__hash_text(&hash, mk__path_base(path));
            mk__hash_text(&hash, version);
            mk__hash_end(&hash, digest);
            keep_last(file, digest);
        }
    }
    free(version);
    free(path);
    return status;
}

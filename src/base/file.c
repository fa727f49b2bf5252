#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

/* An append holds the lock for a moment; who holds it longer is stopped. */
#define APPEND_WAIT_MS 5000

static int read_whole(int file, const char *path, char *bytes, size_t length)
{
    size_t done = 0;

    while (done < length) {
        ssize_t now = read(file, bytes + done, length - done);

        if (now < 0 && errno == EINTR)
            continue;
        if (now < 0)
            return mk__error_errno(MK_ERROR_IO, errno, "can't read %s", path);
        if (now == 0)
            return mk__error(MK_ERROR_IO, "%s became shorter while it was read",
                             path);
        done += (size_t)now;
    }
    bytes[length] = '\0';
    return MK_OK;
}

int mk__file_read(const char *path, char **bytes, size_t *length)
{
    struct stat about;
    int status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    *bytes = NULL;
    if (file < 0 || fstat(file, &about) != 0) {
        status = mk__error_errno(MK_ERROR_IO, errno, "can't read %s", path);
    } else if (!S_ISREG(about.st_mode)) {
        status =
            mk__error(MK_ERROR_IO, "can't read %s: not a regular file", path);
    } else {
        *bytes = mk__malloc((size_t)about.st_size + 1);
        status = *bytes == NULL
                     ? MK_ERROR_NO_MEMORY
                     : read_whole(file, path, *bytes, (size_t)about.st_size);
    }
    if (status != MK_OK) {
        free(*bytes);
        *bytes = NULL;
    } else if (length != NULL) {
        *length = (size_t)about.st_size;
    }
    if (file >= 0)
        (void)close(file);
    return status;
}

static int write_all(int file, const char *path, const char *bytes,
                     size_t length)
{
    while (length > 0) {
        ssize_t now = write(file, bytes, length);

        if (now < 0 && errno == EINTR)
            continue;
        if (now < 0)
            return mk__error_errno(MK_ERROR_IO, errno, "can't write %s", path);
        bytes += now;
        length -= (size_t)now;
    }
    return MK_OK;
}

static int write_whole(int file, const char *path, const char *bytes,
                       size_t length)
{
    int status = write_all(file, path, bytes, length);

    if (status == MK_OK && fsync(file) != 0)
        status = mk__error_errno(MK_ERROR_IO, errno, "can't write %s", path);
    return status;
}

/* The folder of `path`, "." when it names none. Free with free(). */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return mk__strdup(".");
    return mk__strndup(path, slash > path ? (size_t)(slash - path) : 1);
}

/* Makes a new file in the folder of `path`. Never takes one that is there: a
 * process of the same number in another container may be writing it. */
static int create_beside(const char *path, char **temporary, int *file)
{
    static atomic_uint counter;

    do {
        free(*temporary);
        *temporary = mk__format("%s.%ld.%u.tmp", path, (long)getpid(),
                                atomic_fetch_add(&counter, 1));
        if (*temporary == NULL)
            return MK_ERROR_NO_MEMORY;
        *file = open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (*file < 0 && errno == EEXIST);
    if (*file < 0)
        return mk__error_errno(MK_ERROR_IO, errno, "can't create %s",
                               *temporary);
    return MK_OK;
}

int mk__file_write_beside(char **temporary, const char *path, const char *bytes,
                          size_t length)
{
    int file = -1;
    int status;

    *temporary = NULL;
    status = create_beside(path, temporary, &file);
    if (status == MK_OK) {
        status = write_whole(file, *temporary, bytes, length);
        (void)close(file);
        if (status != MK_OK)
            (void)unlink(*temporary);
    }
    if (status != MK_OK) {
        free(*temporary);
        *temporary = NULL;
    }
    return status;
}

int mk__file_write(const char *path, const char *bytes, size_t length)
{
    char *folder = folder_of(path);
    char *temporary = NULL;
    int status = MK_ERROR_NO_MEMORY;

    if (folder != NULL)
        status = mk__folder_make(folder);
    if (status == MK_OK)
        status = mk__file_write_beside(&temporary, path, bytes, length);
    if (status == MK_OK && rename(temporary, path) != 0) {
        status = mk__error_errno(MK_ERROR_IO, errno, "can't write %s", path);
        (void)unlink(temporary);
    }
    free(temporary);
    free(folder);
    return status;
}

bool mk__file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool is_folder(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

int mk__folder_make(const char *path)
{
    char *copy;
    int status = MK_OK;

    if (is_folder(path))
        return MK_OK;
    copy = mk__strdup(path);
    if (copy == NULL)
        return MK_ERROR_NO_MEMORY;
    for (char *end = copy + (copy[0] == '/');; ++end) {
        char last = *end;
        int code;

        if (last != '/' && last != '\0')
            continue;
        *end = '\0';
        code = mkdir(copy, 0777) != 0 ? errno : 0;
        if (code != 0 && !is_folder(copy)) {
            status = mk__error_errno(MK_ERROR_IO, code,
                                     "can't make the folder %s", copy);
            break;
        }
        *end = last;
        if (last == '\0')
            break;
    }
    free(copy);
    return status;
}

int mk__folder_temporary(char **path)
{
    const char *under = getenv("TMPDIR");
    int status = MK_OK;

    *path = mk__format("%s/multikernel-XXXXXX",
                       under != NULL && under[0] != '\0' ? under : "/tmp");
    if (*path == NULL)
        return MK_ERROR_NO_MEMORY;
    if (mkdtemp(*path) == NULL) {
        status = mk__error(MK_ERROR_IO,
                           "can't make a temporary folder %s: set TMPDIR to a "
                           "folder that can be written",
                           *path);
        free(*path);
        *path = NULL;
    }
    return status;
}

char *mk__path_beside(const char *from, const char *name)
{
    const char *slash = strrchr(from, '/');

    if (name[0] == '/' || slash == NULL)
        return mk__strdup(name);
    return mk__format("%.*s/%s", (int)(slash - from), from, name);
}

const char *mk__path_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Opens with `flags`, then as mk__lock_take. */
static int open_locked(int *lock, const char *path, int flags, unsigned wait_ms)
{
    const struct timespec pause = { .tv_nsec = 2000000 };
    uint64_t deadline = mk__now_ns() + (uint64_t)wait_ms * 1000000;
    int file = open(path, flags | O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int status = MK_OK;

    *lock = -1;
    if (file < 0)
        return mk__error_errno(MK_ERROR_IO, errno, "can't create %s", path);
    while (flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            status = mk__error_errno(MK_ERROR_IO, errno, "can't lock %s", path);
        if (status != MK_OK || mk__now_ns() >= deadline) {
            (void)close(file);
            return status;
        }
        (void)nanosleep(&pause, NULL);
    }
    *lock = file;
    return MK_OK;
}

int mk__lock_take(int *lock, const char *path, unsigned wait_ms)
{
    return open_locked(lock, path, 0, wait_ms);
}

void mk__lock_drop(int lock)
{
    if (lock < 0)
        return;
    /* A child that was forked meanwhile holds the same open file. */
    (void)flock(lock, LOCK_UN);
    (void)close(lock);
}

/* Whether the file, which is open and of that size, begins with `head`. */
static bool begins_with(int file, size_t size, const char *head)
{
    size_t length = strlen(head);
    char *begin = size >= length ? mk__malloc(length + 1) : NULL;
    bool same = begin != NULL &&
                pread(file, begin, length, 0) == (ssize_t)length &&
                memcmp(begin, head, length) == 0;

    free(begin);
    return same;
}

int mk__file_append(const char *path, const char *head, const char *text)
{
    struct stat about;
    int file;
    int status = open_locked(&file, path, O_APPEND, APPEND_WAIT_MS);

    if (status != MK_OK)
        return status;
    if (file < 0)
        return mk__error(MK_ERROR_IO, "%s is locked by another process", path);
    if (fstat(file, &about) != 0) {
        status = mk__error_errno(MK_ERROR_IO, errno, "can't read %s", path);
        goto done;
    }
    if (about.st_size == 0) {
        status = write_all(file, path, head, strlen(head));
    } else if (!begins_with(file, (size_t)about.st_size, head)) {
        status = mk__error(MK_ERROR_IO,
                           "%s is left as it is: its first line is not %.*s",
                           path, (int)strcspn(head, "\n"), head);
        goto done;
    }
    if (status == MK_OK)
        status = write_all(file, path, text, strlen(text));
    if (status != MK_OK && ftruncate(file, about.st_size) != 0)
        status = mk__error_errno(
            MK_ERROR_IO, errno, "can't take back a part of a line in %s", path);
done:
    mk__lock_drop(file);
    return status;
}

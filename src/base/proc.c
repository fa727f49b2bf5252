#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/str.h"

extern char **environ;

/* No standard input, both outputs to one descriptor. */
static int redirect(posix_spawn_file_actions_t *actions,
                    const struct mk__proc_files *files)
{
    int code = posix_spawn_file_actions_init(actions);

    if (code != 0)
        return code;
    code = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null",
                                            O_RDONLY, 0);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(actions, files->output,
                                                STDOUT_FILENO);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(actions, files->output,
                                                STDERR_FILENO);
    /* On itself: not closed when the program starts. */
    for (size_t i = 0; i < 2 && code == 0; ++i)
        if (files->inherited[i] >= 0)
            code = posix_spawn_file_actions_adddup2(
                actions, files->inherited[i], files->inherited[i]);
    if (code != 0)
        (void)posix_spawn_file_actions_destroy(actions);
    return code;
}

/* The library's threads block all signals; a child must not inherit that. */
static int set_attributes(posix_spawnattr_t *attributes, bool own_group)
{
    short flags = POSIX_SPAWN_SETSIGMASK;
    sigset_t none;
    int code = posix_spawnattr_init(attributes);

    if (own_group)
        flags |= POSIX_SPAWN_SETPGROUP; /* of its own number unless set */
    (void)sigemptyset(&none);
    if (code == 0)
        code = posix_spawnattr_setsigmask(attributes, &none);
    if (code == 0)
        code = posix_spawnattr_setflags(attributes, flags);
    return code;
}

int mk__proc_start(pid_t *child, const char *const *argv,
                   const struct mk__proc_files *files)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *const *arguments;
    int code;

    /* posix_spawnp's argv is not const for historical reasons only. */
    memcpy(&arguments, &argv, sizeof(arguments));
    code = redirect(&actions, files);
    if (code == 0) {
        code = set_attributes(&attributes, files->own_group);
        if (code == 0)
            code = posix_spawnp(child, argv[0], &actions, &attributes,
                                arguments, environ);
        (void)posix_spawnattr_destroy(&attributes);
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    if (code != 0)
        return mk__error_errno(MK_ERROR_IO, code, "can't run %s", argv[0]);
    return MK_OK;
}

static void read_all(int from, struct mk__str *text)
{
    char buffer[4096];
    ssize_t length;

    for (;;) {
        length = read(from, buffer, sizeof(buffer));
        if (length > 0)
            mk__str_addn(text, buffer, (size_t)length);
        else if (length == 0 || errno != EINTR)
            return;
    }
}

static int wait_for(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    if (WIFSIGNALED(status))
        return 128 + WTERMSIG(status);
    return WEXITSTATUS(status);
}

int mk__proc_run(const char *const *argv, char **output, int *status)
{
    struct mk__proc_files files = { .inherited = { -1, -1 } };
    struct mk__str text = MK__STR_INIT;
    int ends[2];
    pid_t child;
    int result;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return mk__error_errno(MK_ERROR_IO, errno, "can't run %s", argv[0]);
    files.output = ends[1];
    result = mk__proc_start(&child, argv, &files);
    (void)close(ends[1]);
    if (result == MK_OK) {
        read_all(ends[0], &text);
        *status = wait_for(child);
        *output = mk__str_take(&text);
        if (*output == NULL)
            result = MK_ERROR_NO_MEMORY;
    }
    (void)close(ends[0]);
    return result;
}

char *mk__proc_which(const char *name)
{
    const char *path = getenv("PATH");

    if (strchr(name, '/') != NULL) {
        if (access(name, X_OK) == 0)
            return mk__strdup(name);
    } else {
        while (path != NULL && *path != '\0') {
            size_t length = strcspn(path, ":");
            char *file = mk__format("%.*s/%s", (int)length, path, name);

            if (file == NULL || access(file, X_OK) == 0)
                return file;
            free(file);
            path += length + (path[length] == ':');
        }
    }
    mk__error(MK_ERROR_NOT_FOUND, "there is no program '%s' on PATH", name);
    return NULL;
}

size_t mk__proc_cores(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
        return (size_t)CPU_COUNT(&set);
    return 1;
}

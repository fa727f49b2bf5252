#include "support/fake_home.h"

#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <multikernel/log.h>

#include "base/alloc.h"
#include "base/file.h"
#include "support/fake_backend.h"

/* ---- Log ---------------------------------------------------------------------- */

#define MOST_LINES 512

static struct {
    mk_log_level level;
    char text[2048];
} lines[MOST_LINES];
static size_t line_count;
static pthread_mutex_t line_lock = PTHREAD_MUTEX_INITIALIZER;

static void keep_line(void *context, mk_log_level level, const char *line)
{
    (void)context;
    pthread_mutex_lock(&line_lock);
    if (line_count < MOST_LINES) {
        lines[line_count].level = level;
        snprintf(lines[line_count++].text, sizeof(lines[0].text), "%s", line);
    }
    pthread_mutex_unlock(&line_lock);
}

static size_t find_line(const char *text)
{
    size_t i = 0;

    pthread_mutex_lock(&line_lock);
    while (i < line_count && strstr(lines[i].text, text) == NULL)
        ++i;
    if (i == line_count)
        i = MOST_LINES;
    pthread_mutex_unlock(&line_lock);
    return i;
}

const char *fake_home_line(const char *text)
{
    size_t i = find_line(text);

    return i < MOST_LINES ? lines[i].text : NULL;
}

bool fake_home_logged(const char *text)
{
    return find_line(text) < MOST_LINES;
}

int fake_home_level(const char *text)
{
    size_t i = find_line(text);

    return i < MOST_LINES ? (int)lines[i].level : -1;
}

void fake_home_forget_log(void)
{
    pthread_mutex_lock(&line_lock);
    line_count = 0;
    pthread_mutex_unlock(&line_lock);
}

/* ---- Folder -------------------------------------------------------------------- */

static char folder[4096];

const char *fake_home_folder(void)
{
    return folder;
}

static const char *wanted_suffix;
static size_t files_found;

static int count_file(const char *path, const struct stat *about, int type,
                      struct FTW *position)
{
    size_t length = strlen(path);
    size_t suffix = strlen(wanted_suffix);

    (void)about;
    (void)position;
    files_found += type == FTW_F && length >= suffix &&
                   strcmp(path + length - suffix, wanted_suffix) == 0;
    return 0;
}

size_t fake_home_files(const char *suffix)
{
    wanted_suffix = suffix;
    files_found = 0;
    (void)nftw(folder, count_file, 8, FTW_PHYS);
    return files_found;
}

void fake_home_write(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* A new folder in the one that the test program was given, or in /tmp. */
static int make_folder(void)
{
    static char root[2048];

    if (root[0] == '\0') {
        const char *given = getenv("MULTIKERNEL_CACHE_DIR");

        snprintf(root, sizeof(root), "%s",
                 given != NULL ? given : "/tmp/multikernel-tests");
    }
    if (mk__folder_make(root) != MK_OK)
        return -1;
    snprintf(folder, sizeof(folder), "%s/XXXXXX", root);
    return mkdtemp(folder) != NULL ? 0 : -1;
}

/* ---- Before and after ------------------------------------------------------------ */

int fake_home_setup(void **state)
{
    static const char *const variables[] = {
        "MULTIKERNEL_MODE",        "MULTIKERNEL_PICK",
        "MULTIKERNEL_LOG",         "MULTIKERNEL_TUNE_BUDGET_MS",
        "MULTIKERNEL_RETUNE",      "MULTIKERNEL_DISABLE_CACHE",
        "MULTIKERNEL_VERIFY",      "MULTIKERNEL_ISOLATE",
        "MULTIKERNEL_WORKER",      "MULTIKERNEL_METRICS",
        "MULTIKERNEL_METRICS_DIR",
    };
    char system[sizeof(folder) + 8];

    (void)state;
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); ++i)
        (void)unsetenv(variables[i]);
    if (make_folder() != 0)
        return -1;
    snprintf(system, sizeof(system), "%s/system", folder);
    (void)setenv("MULTIKERNEL_CACHE_DIR", folder, 1);
    (void)setenv("MULTIKERNEL_SYSTEM_CACHE_DIR", system, 1);
    fake_reset();
    fake_home_forget_log();
    mk_log_set(keep_line, NULL, MK_LOG_DEBUG);
    return 0;
}

int fake_home_teardown(void **state)
{
    (void)state;
    mk_log_set(NULL, NULL, MK_LOG_ERROR);
    mk__alloc_fail_after(-1);
    assert_int_equal(atomic_load(&fake.releases),
                     atomic_load(&fake.allocations));
    return 0;
}

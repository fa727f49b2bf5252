#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/folder.h"

#include "base/alloc.h"
#include "base/error.h"

static void what_is_written_is_read(void **state)
{
    static const char bytes[] = "a\0b\nc";
    char *read;
    size_t length;

    (void)state;
    assert_ok(mk__file_write(folder_path("x"), bytes, sizeof(bytes)));
    assert_ok(mk__file_read(folder_path("x"), &read, &length));
    assert_int_equal(length, sizeof(bytes));
    assert_memory_equal(read, bytes, sizeof(bytes));
    assert_int_equal(read[length], '\0');
    free(read);
    folder_write("empty", "");
    assert_ok(mk__file_read(folder_path("empty"), &read, &length));
    assert_int_equal(length, 0);
    free(read);
}

static void what_is_no_file_cannot_be_read(void **state)
{
    char *read;

    (void)state;
    assert_error(mk__file_read(folder_path("none"), &read, NULL), MK_ERROR_IO,
                 "can't read", folder_path("none"));
    assert_int_equal(mk_last_error()->native_code, ENOENT);
    assert_null(read);
    assert_error(mk__file_read(folder, &read, NULL), MK_ERROR_IO,
                 "not a regular file");
    assert_int_equal(mkfifo(folder_path("fifo"), 0600), 0);
    assert_error(mk__file_read(folder_path("fifo"), &read, NULL), MK_ERROR_IO,
                 "not a regular file");
}

static void a_reader_keeps_the_old_file_whole(void **state)
{
    char old[8] = "";
    int reader;

    (void)state;
    folder_write("x", "old");
    reader = open(folder_path("x"), O_RDONLY);
    assert_true(reader >= 0);
    folder_write("x", "a new one");
    assert_int_equal(read(reader, old, sizeof(old)), 3);
    assert_string_equal(old, "old");
    (void)close(reader);
    assert_int_equal(count_files(""), 1);
}

static void a_write_makes_the_folders_above(void **state)
{
    (void)state;
    folder_write("a/b/c/x", "text");
    assert_true(mk__file_exists(folder_path("a/b/c/x")));
    assert_ok(mk__folder_make(folder_path("a/b/c")));
    assert_ok(mk__folder_make(folder_path("a/d/")));
    assert_ok(mk__folder_make("/"));
}

static void a_write_that_fails_leaves_nothing(void **state)
{
    (void)state;
    assert_ok(mk__folder_make(folder_path("taken")));
    assert_error(mk__file_write(folder_path("taken"), "x", 1), MK_ERROR_IO,
                 "can't write", folder_path("taken"));
    folder_write("file", "text");
    assert_error(mk__file_write(folder_path("file/x"), "x", 1), MK_ERROR_IO,
                 "can't make the folder", folder_path("file"));
    assert_int_equal(count_files(""), 1);
}

static void a_file_is_no_folder(void **state)
{
    (void)state;
    folder_write("file", "text");
    assert_error(mk__folder_make(folder_path("file")), MK_ERROR_IO,
                 folder_path("file"));
    assert_error(mk__folder_make(folder_path("file/below")), MK_ERROR_IO,
                 folder_path("file"));
    assert_int_equal(mk__folder_make(""), MK_ERROR_IO);
}

/* In another container a process may have this one's number. */
static void a_write_leaves_other_writers_files_alone(void **state)
{
    char name[64];

    (void)state;
    for (int i = 0; i < 64; ++i) {
        int file;

        snprintf(name, sizeof(name), "x.%ld.%d.tmp", (long)getpid(), i);
        file = open(folder_path(name), O_WRONLY | O_CREAT | O_EXCL, 0600);
        assert_int_equal(write(file, "theirs", 6), 6);
        (void)close(file);
    }
    folder_write("x", "ours");
    for (int i = 0; i < 64; ++i) {
        char *text;

        snprintf(name, sizeof(name), "x.%ld.%d.tmp", (long)getpid(), i);
        text = folder_read(name);
        assert_string_equal(text, "theirs");
        free(text);
    }
}

static void paths_are_seen_from_a_file(void **state)
{
    static const char *const rows[][3] = {
        { "a/b.c", "d.h", "a/d.h" },       { "b.c", "d.h", "d.h" },
        { "a/b.c", "/d.h", "/d.h" },       { "/b.c", "d.h", "/d.h" },
        { "a/b.c", "../d.h", "a/../d.h" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); ++i) {
        char *path = mk__path_beside(rows[i][0], rows[i][1]);

        assert_string_equal(path, rows[i][2]);
        free(path);
    }
    assert_string_equal(mk__path_base("a/b.c"), "b.c");
    assert_string_equal(mk__path_base("b.c"), "b.c");
}

static void a_lock_is_one_holders(void **state)
{
    int first, second;

    (void)state;
    assert_ok(mk__lock_take(&first, folder_path("lock"), 0));
    assert_true(first >= 0);
    assert_ok(mk__lock_take(&second, folder_path("lock"), 0));
    assert_int_equal(second, -1);
    assert_ok(mk__lock_take(&second, folder_path("lock"), 5));
    assert_int_equal(second, -1);
    mk__lock_drop(first);
    assert_ok(mk__lock_take(&second, folder_path("lock"), 0));
    assert_true(second >= 0);
    mk__lock_drop(second);
    mk__lock_drop(-1);
}

/* Takes the lock in another process, which then only waits to be killed. */
static pid_t hold_elsewhere(const char *path)
{
    int ready[2];
    pid_t child;
    char byte;

    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        int lock;

        if (mk__lock_take(&lock, path, 0) == MK_OK && lock >= 0 &&
            write(ready[1], "x", 1) == 1)
            for (;;)
                (void)pause();
        _exit(1);
    }
    (void)close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    return child;
}

static void a_killed_holder_holds_no_lock(void **state)
{
    pid_t holder = hold_elsewhere(folder_path("lock"));
    int lock;

    (void)state;
    assert_ok(mk__lock_take(&lock, folder_path("lock"), 0));
    assert_int_equal(lock, -1);
    assert_int_equal(kill(holder, SIGKILL), 0);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
    assert_ok(mk__lock_take(&lock, folder_path("lock"), 0));
    assert_true(lock >= 0);
    mk__lock_drop(lock);
}

static void a_lock_that_cannot_be_made_is_an_error(void **state)
{
    int lock;

    (void)state;
    assert_error(mk__lock_take(&lock, folder_path("none/lock"), 0), MK_ERROR_IO,
                 folder_path("none/lock"));
    assert_int_equal(lock, -1);
}

static void without_memory_nothing_is_written(void **state)
{
    int status = MK_ERROR_NO_MEMORY;
    long failed = 0;

    (void)state;
    for (; status != MK_OK; ++failed) {
        mk__alloc_fail_after(failed);
        status = mk__file_write(folder_path("a/x"), "text", 4);
        if (status != MK_OK)
            assert_int_equal(status, MK_ERROR_NO_MEMORY);
        assert_int_equal(mk__file_exists(folder_path("a/x")), status == MK_OK);
    }
    mk__alloc_fail_after(-1);
    assert_true(failed > 1);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read),
        TEST(what_is_no_file_cannot_be_read),
        TEST(a_reader_keeps_the_old_file_whole),
        TEST(a_write_makes_the_folders_above),
        TEST(a_write_that_fails_leaves_nothing),
        TEST(a_file_is_no_folder),
        TEST(a_write_leaves_other_writers_files_alone),
        TEST(paths_are_seen_from_a_file),
        TEST(a_lock_is_one_holders),
        TEST(a_killed_holder_holds_no_lock),
        TEST(a_lock_that_cannot_be_made_is_an_error),
        TEST(without_memory_nothing_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Lines appended to a file by many at once, and files that take none. */
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/folder.h"

#include "base/error.h"

static void G2_head_is_written_once(void **state)
{
    char *text;

    (void)state;
    assert_ok(mk__file_append(folder_path("t"), "a,b\n", "1,2\n"));
    assert_ok(mk__file_append(folder_path("t"), "a,b\n", "3,4\n5,6\n"));
    text = folder_read("t");
    assert_string_equal(text, "a,b\n1,2\n3,4\n5,6\n");
    free(text);
    folder_write("empty", "");
    assert_ok(mk__file_append(folder_path("empty"), "a\n", "1\n"));
    text = folder_read("empty");
    assert_string_equal(text, "a\n1\n");
    free(text);
}

static void G2_file_with_another_head_is_left_as_it_is(void **state)
{
    static const char *const others[] = { "a", "a,c\n1,2\n", "a,b" };

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); ++i) {
        char *text;

        folder_write("other", others[i]);
        assert_error(mk__file_append(folder_path("other"), "a,b\n", "1,2\n"),
                     MK_ERROR_IO, folder_path("other"),
                     "its first line is not a,b");
        text = folder_read("other");
        assert_string_equal(text, others[i]);
        free(text);
    }
    assert_error(mk__file_append(folder, "a\n", "1\n"), MK_ERROR_IO, folder,
                 "");
}

/* In a child, whose files may not grow past `most` bytes. */
static void append_limited(rlim_t most)
{
    const struct rlimit limit = { most, most };
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(2);
        _exit(mk__file_append(folder_path("full"), "head\n", "a long row\n") ==
              MK_ERROR_IO);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
}

static void G2_row_that_does_not_fit_is_taken_back(void **state)
{
    char *text;

    (void)state;
    append_limited(10); /* the head fits, and a part of the row */
    text = folder_read("full");
    assert_string_equal(text, "");
    free(text);
    assert_ok(mk__file_append(folder_path("full"), "head\n", "row\n"));
    append_limited(15);
    text = folder_read("full");
    assert_string_equal(text, "head\nrow\n");
    free(text);
}

/* ---- At once -------------------------------------------------------------------- */

#define WRITERS 4
#define ROWS    50

static const char *lines; /* the file */

static void append_rows(size_t writer)
{
    char row[256];

    memset(row, 'a' + (int)writer, sizeof(row) - 2);
    row[sizeof(row) - 2] = '\n';
    row[sizeof(row) - 1] = '\0';
    for (size_t i = 0; i < ROWS; ++i)
        if (mk__file_append(lines, "head\n", row) != MK_OK)
            abort();
}

static void *append_from_thread(void *writer)
{
    append_rows(*(size_t *)writer);
    return NULL;
}

/* Every line is whole, and there are all of them; the file goes. */
static void expect_whole_lines(void)
{
    char *text = folder_read("lines");
    const char *line = text + strlen("head\n");

    assert_int_equal(strlen(text), strlen("head\n") + WRITERS * ROWS * 255);
    assert_memory_equal(text, "head\n", strlen("head\n"));
    for (size_t i = 0; i < (size_t)WRITERS * ROWS; ++i) {
        for (size_t c = 0; c < 254; ++c)
            assert_int_equal(line[c], line[0]);
        assert_int_equal(line[254], '\n');
        line += 255;
    }
    free(text);
    assert_int_equal(unlink(folder_path("lines")), 0);
}

static void G2_rows_of_several_threads_do_not_mingle(void **state)
{
    pthread_t threads[WRITERS];
    size_t numbers[WRITERS];

    (void)state;
    lines = folder_path("lines");
    for (size_t i = 0; i < WRITERS; ++i) {
        numbers[i] = i;
        assert_int_equal(
            pthread_create(&threads[i], NULL, append_from_thread, &numbers[i]),
            0);
    }
    for (size_t i = 0; i < WRITERS; ++i)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    expect_whole_lines();
}

static void G2_rows_of_several_processes_do_not_mingle(void **state)
{
    pid_t children[WRITERS];

    (void)state;
    lines = folder_path("lines");
    for (size_t i = 0; i < WRITERS; ++i) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            append_rows(i);
            _exit(0);
        }
    }
    for (size_t i = 0; i < WRITERS; ++i) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    expect_whole_lines();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(G2_head_is_written_once),
        cmocka_unit_test(G2_file_with_another_head_is_left_as_it_is),
        cmocka_unit_test(G2_row_that_does_not_fit_is_taken_back),
        cmocka_unit_test(G2_rows_of_several_threads_do_not_mingle),
        cmocka_unit_test(G2_rows_of_several_processes_do_not_mingle),
    };

    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}

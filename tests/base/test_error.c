#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "support/tensors.h"

#include "base/error.h"
#include "base/options.h"

static void *fail_elsewhere(void *seen)
{
    *(int *)seen = (int)mk_last_error()->status;
    mk__error_log(MK_ERROR_COMPILE, "its log", "the other thread's");
    return NULL;
}

static void every_thread_has_its_own(void **state)
{
    pthread_t thread;
    int seen = -1;

    (void)state;
    mk__error(MK_ERROR_IO, "this thread's %d", 1);
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, &seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(seen, MK_OK);
    assert_int_equal(mk_last_error()->status, MK_ERROR_IO);
    assert_string_equal(mk_last_error()->message, "this thread's 1");
    assert_null(mk_last_error()->log);
}

static void *look(void *seen)
{
    *(const char **)seen = mk_last_error()->message[0] == '\0' ? "empty" : "";
    return NULL;
}

static void before_any_failure_it_is_empty(void **state)
{
    const char *seen = NULL;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, look, &seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(seen, "empty");
}

static void a_system_call_adds_its_reason(void **state)
{
    int status = mk__error_errno(MK_ERROR_IO, ENOENT, "can't read %s", "x");

    (void)state;
    assert_error(status, MK_ERROR_IO, "can't read x: ", strerror(ENOENT));
    assert_int_equal(mk_last_error()->native_code, ENOENT);
}

static void a_log_lasts_until_the_next_failure(void **state)
{
    char log[] = "line 1\nline 2";

    (void)state;
    mk__error_log(MK_ERROR_COMPILE, log, "first");
    log[0] = 'X';
    assert_string_equal(mk_last_error()->log, "line 1\nline 2");
    /* An error may be passed on with its own strings. */
    mk__error_log(MK_ERROR_COMPILE, mk_last_error()->log, "again: %s",
                  mk_last_error()->message);
    assert_string_equal(mk_last_error()->log, "line 1\nline 2");
    assert_string_equal(mk_last_error()->message, "again: first");
    mk__error(MK_ERROR_IO, "without");
    assert_null(mk_last_error()->log);
}

static void a_back_end_gives_its_name_and_code(void **state)
{
    char name[] = "fake";

    (void)state;
    assert_int_equal(mk_fail(MK_ERROR_LAUNCH, name, 700, "log", "no %s", "go"),
                     MK_ERROR_LAUNCH);
    name[0] = 'X';
    assert_string_equal(mk_last_error()->backend, "fake");
    assert_int_equal(mk_last_error()->native_code, 700);
    assert_string_equal(mk_last_error()->log, "log");
    assert_string_equal(mk_last_error()->message, "no go");
    mk__error(MK_ERROR_IO, "without");
    assert_null(mk_last_error()->backend);
}

static void a_long_message_is_cut(void **state)
{
    char text[5000];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    mk__error_errno(MK_ERROR_IO, ENOENT, "%s", text);
    assert_true(strlen(mk_last_error()->message) > 1000);
    assert_true(strlen(mk_last_error()->message) < sizeof(text));
}

static void statuses_have_names_and_texts(void **state)
{
    (void)state;
    assert_string_equal(mk_status_name(MK_OK), "MK_OK");
    assert_string_equal(mk_status_name(MK_ERROR_UNSUPPORTED),
                        "MK_ERROR_UNSUPPORTED");
    assert_string_equal(mk_status_text(MK_ERROR_NO_MEMORY), "out of memory");
    assert_string_equal(mk_status_name(-1), "unknown status");
    assert_string_equal(mk_status_text(1000), "unknown status");
    assert_string_equal(mk_version(), MULTIKERNEL_VERSION);
}

struct options {
    size_t struct_size;
    int old;
    int recent;
};

static void shorter_options_are_an_older_programs(void **state)
{
    struct options to = { 0 };
    struct options from = { offsetof(struct options, recent), 1, 2 };

    (void)state;
    assert_ok(mk__options_copy(&to, sizeof(to), &from, "options"));
    assert_int_equal(to.old, 1);
    assert_int_equal(to.recent, 0);
    assert_ok(mk__options_copy(&to, sizeof(to), NULL, "options"));
    assert_int_equal(to.old, 1);
}

static void options_of_an_impossible_size_are_refused(void **state)
{
    struct options to = { 0 };
    struct options from = { sizeof(from) + 1, 1, 2 };

    (void)state;
    assert_error(mk__options_copy(&to, sizeof(to), &from, "options"),
                 MK_ERROR_INVALID, "options.struct_size");
    from.struct_size = 0;
    assert_error(mk__options_copy(&to, sizeof(to), &from, "options"),
                 MK_ERROR_INVALID, "options.struct_size is 0");
    assert_int_equal(to.old, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_thread_has_its_own),
        cmocka_unit_test(before_any_failure_it_is_empty),
        cmocka_unit_test(a_system_call_adds_its_reason),
        cmocka_unit_test(a_log_lasts_until_the_next_failure),
        cmocka_unit_test(a_back_end_gives_its_name_and_code),
        cmocka_unit_test(a_long_message_is_cut),
        cmocka_unit_test(statuses_have_names_and_texts),
        cmocka_unit_test(shorter_options_are_an_older_programs),
        cmocka_unit_test(options_of_an_impossible_size_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

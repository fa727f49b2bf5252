#include <stdlib.h>
#include <string.h>

#include "base/folder.h"

#include "base/log.h"

/* The lines a sink was given, each behind its level's number. */
static char lines[8192];

static void collect(void *context, mk_log_level level, const char *line)
{
    size_t length = strlen(lines);

    assert_string_equal(context, "context");
    snprintf(lines + length, sizeof(lines) - length, "%d %s\n", (int)level,
             line);
}

static char context[] = "context";

static int start(void **state)
{
    lines[0] = '\0';
    unsetenv("MULTIKERNEL_LOG");
    mk_log_set(NULL, NULL, MK_LOG_ERROR);
    return folder_make(state);
}

static int end(void **state)
{
    mk_log_set(NULL, NULL, MK_LOG_ERROR);
    return folder_remove(state);
}

static void a_sink_gets_lines_up_to_its_level(void **state)
{
    (void)state;
    mk_log_set(collect, context, MK_LOG_WARNING);
    mk__log(MK_LOG_ERROR, "bad %d", 1);
    mk__log(MK_LOG_WARNING, "odd");
    mk__log(MK_LOG_INFO, "told");
    assert_string_equal(lines, "0 bad 1\n1 odd\n");
    assert_true(mk__log_wanted(MK_LOG_WARNING));
    assert_false(mk__log_wanted(MK_LOG_INFO));
}

static void no_sink_gets_nothing(void **state)
{
    (void)state;
    mk_log_set(collect, context, MK_LOG_DEBUG);
    mk_log_set(NULL, NULL, MK_LOG_DEBUG);
    mk__log(MK_LOG_ERROR, "nobody listens");
    assert_string_equal(lines, "");
    assert_false(mk__log_wanted(MK_LOG_ERROR));
}

static void a_long_line_is_cut(void **state)
{
    char text[5000];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    mk_log_set(collect, context, MK_LOG_INFO);
    mk__log(MK_LOG_INFO, "%s", text);
    assert_true(strlen(lines) > 1000);
    assert_true(strlen(lines) < sizeof(text));
}

/* Runs `multikernel: LEVEL: LINE` through standard error of another process. */
static char *log_elsewhere(const char *level)
{
    const char *const argv[] = { "/proc/self/exe", "log", NULL };
    char *output;
    int exit_status;

    setenv("MULTIKERNEL_LOG", level, 1);
    assert_ok(mk__proc_run(argv, &output, &exit_status));
    assert_int_equal(exit_status, 0);
    return output;
}

static void the_variable_sends_lines_to_standard_error(void **state)
{
    char *output = log_elsewhere("info");

    (void)state;
    assert_string_equal(output, "multikernel: warning: odd\n"
                                "multikernel: info: told\n");
    free(output);
    output = log_elsewhere("nonsense");
    assert_string_equal(output, "");
    free(output);
}

/* In the other process. */
static int log_here(void)
{
    mk__log(MK_LOG_WARNING, "odd");
    mk__log(MK_LOG_INFO, "told");
    mk__log(MK_LOG_DEBUG, "chat");
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sink_gets_lines_up_to_its_level,
                                        start, end),
        cmocka_unit_test_setup_teardown(no_sink_gets_nothing, start, end),
        cmocka_unit_test_setup_teardown(a_long_line_is_cut, start, end),
        cmocka_unit_test_setup_teardown(
            the_variable_sends_lines_to_standard_error, start, end),
    };

    if (argc > 1 && strcmp(argv[1], "log") == 0)
        return log_here();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

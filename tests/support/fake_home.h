/* What surrounds a test: an environment without the developer's settings, a
 * cache folder that holds nothing, and the log's lines. */
#ifndef MULTIKERNEL_TESTS_FAKE_HOME_H
#define MULTIKERNEL_TESTS_FAKE_HOME_H

#include <stdbool.h>
#include <stddef.h>

/* Before and after every test: FAKE_TEST(function). Afterwards everything that
 * the fake device handed out must have come back. */
int fake_home_setup(void **state);
int fake_home_teardown(void **state);

#define FAKE_TEST(function)                                                    \
    cmocka_unit_test_setup_teardown(function, fake_home_setup,                 \
                                    fake_home_teardown)

/* The cache folder of this test: MULTIKERNEL_CACHE_DIR. */
const char *fake_home_folder(void);

/* Files in it and below whose names end so. */
size_t fake_home_files(const char *suffix);

/* Writes a file whole, in place: for what the library would never write. */
void fake_home_write(const char *path, const char *bytes, size_t length);

/* Whether a line of the log, debug lines included, holds the text; and forgets
 * the lines so far. */
bool fake_home_logged(const char *text);
void fake_home_forget_log(void);

/* The first such line; NULL: there is none. */
const char *fake_home_line(const char *text);

/* The level of that line, mk_log_level; -1: there is none. */
int fake_home_level(const char *text);

#endif

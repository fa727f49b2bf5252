/* C source for tests, and compilers made of shell scripts, which count how often
 * they run and do what the test wants. */
#ifndef MULTIKERNEL_TESTS_BACKEND_FAKE_COMPILER_H
#define MULTIKERNEL_TESTS_BACKEND_FAKE_COMPILER_H

#include "base/folder.h"

#include "backend/kernel.h"
#include "base/alloc.h"

/* The kernel of most tests: fills y with a value. */
static const mk_param fill_params[] = { PARAM_OUT("y", 1), PARAM_SIZE("n") };
static const mk_signature fill_signature = SIGNATURE(fill_params);

#define FILL_SOURCE(value)                                                     \
    "#include <stdint.h>\n"                                                    \
    "void fill(float *y, int64_t n)\n"                                         \
    "{\n"                                                                      \
    "    for (int64_t i = 0; i < n; ++i)\n"                                    \
    "        y[i] = " value ";\n"                                              \
    "}\n"

/* The compiler that the tests were told to use. */
static inline const char *real_compiler(void)
{
    const char *compiler = getenv("CC");

    return compiler != NULL && compiler[0] != '\0' ? compiler : "cc";
}

/* Makes the program `name` in the folder, a shell script whose text, `body`,
 * knows the folder as $F and the real compiler as $REAL. It answers to
 * --version; its runs are counted, in the file `name`.runs, and these questions
 * too, in `name`.asked. */
static inline const char *make_compiler(const char *name, const char *body)
{
    char *script = mk__format("#!/bin/sh\n"
                              "F='%s'\n"
                              "REAL='%s'\n"
                              "if [ \"$1\" = --version ]; then\n"
                              "    echo run >>\"$F/%s.asked\"\n"
                              "    echo '%s 1.0'; exit\n"
                              "fi\n"
                              "echo run >>\"$F/%s.runs\"\n"
                              "%s\n",
                              folder, real_compiler(), name, name, name, body);

    assert_non_null(script);
    folder_write(name, script);
    free(script);
    assert_int_equal(chmod(folder_path(name), 0755), 0);
    return folder_path(name);
}

/* Bodies: one that compiles, and one that does so once, keeps the object in the
 * file `made`, and copies that from then on, whatever it is asked for. */
#define COMPILE "exec \"$REAL\" \"$@\""
#define COMPILE_ONCE                                                           \
    "test -f \"$F/made\" || \"$REAL\" \"$@\" -o \"$F/made\" || exit\n"         \
    "while [ \"$1\" != -o ]; do shift; done\n"                                 \
    "exec cp \"$F/made\" \"$2\""

static inline size_t count_runs(const char *name)
{
    size_t runs;
    char *text;

    if (!mk__file_exists(folder_path(name)))
        return 0;
    text = folder_read(name);
    runs = strlen(text) / strlen("run\n");
    free(text);
    return runs;
}

/* Launches a kernel of fill_signature, which must set all of y to `value`. */
static inline void check_fill(mk_kernel *kernel, float value)
{
    float data[5] = { 0 };
    void *y = data;
    int64_t n = COUNT(data) - 1;
    void *argv[] = { &y, &n };

    assert_ok(mk_kernel_wait(kernel));
    assert_ok(mk__kernel_launch(kernel, argv, MK_DEFAULT_STREAM));
    for (int64_t i = 0; i < n; ++i)
        assert_true(data[i] == value);
    assert_true(data[n] == 0);
}

#endif

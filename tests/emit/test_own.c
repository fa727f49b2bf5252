/* Rule A5 in emitted code: scalars of kernels' own. */
#include "emit/unit_bed.h"

#include <multikernel/emit.h>

/* y tells what it was called with. */
static const char own_source[] =
    "#include <stdint.h>\n"
    "void plain(const float *x, float *y, int64_t n)\n"
    "{\n"
    "    for (int64_t i = 0; i < n; ++i)\n"
    "        y[i] = x[i];\n"
    "}\n"
    "void gridded(const float *x, int64_t rest, float *y, int64_t n,\n"
    "             int16_t grid)\n"
    "{\n"
    "    for (int64_t i = 0; i < n; ++i)\n"
    "        y[i] = x[i] + 1000 * (float)rest + (float)grid;\n"
    "}\n"
    "void behind(const float *x, float *y, int64_t n, int64_t grid)\n"
    "{\n"
    "    gridded(x, 0, y, n, (int16_t)grid);\n"
    "}\n";

#define GRIDDED                                                                \
    "{\"name\": \"g\", \"entry\": \"gridded\", \"defines\": {\"B\": [2, 4]}, " \
    "\"params\": [\"x\", \"rest\", \"y\", \"n\"], \"own\": ["                  \
    "{\"name\": \"grid\", \"type\": \"int16\", \"value\": "                    \
    "\"ceildiv(n, B)\"}, "                                                     \
    "{\"name\": \"rest\", \"type\": \"int64\", \"value\": \"n % B\"}]}"
/* Takes all that is shared, as it is, and one more. */
#define BEHIND                                                                 \
    "{\"name\": \"b\", \"entry\": \"behind\", \"own\": ["                      \
    "{\"name\": \"grid\", \"type\": \"int64\", \"value\": \"2 * n\"}]}"
#define DEFINITION                                                             \
    DEMO("float32", FLAGS "\"sizes\": {\"n\": 64},",                           \
         VARIANT("plain", "plain") ", " GRIDDED ", " BEHIND)

static int make_demo(void **state)
{
    int status = folder_make(state);

    folder_write("demo.mk.json", DEFINITION);
    folder_write("demo.c", own_source);
    return status;
}

/* What `chosen` is of the multi-kernel that goes by `multi`. */
static mk_choices *chose(const char *multi, const char *chosen)
{
    mk_choices *choices;

    assert_ok(mk_choices_create(&choices));
    assert_ok(mk_choices_set(choices, multi, chosen, 0));
    return choices;
}

/* Pass AOT where a kernel is chosen, else pass JIT. */
static mk_emit_options options_of(const mk_choices *const *choices)
{
    mk_emit_options options = MK_EMIT_OPTIONS_INIT;

    if (*choices != NULL) {
        options.pass = MK_PASS_AOT;
        options.choices = choices;
        options.choice_count = 1;
    }
    return options;
}

static void emit_dispatcher(const char *out, mk_choices *choices)
{
    const mk_choices *list = choices;
    const mk_emit_options options = options_of(&list);
    mk_definition *definition;

    assert_ok(mk_definition_load(&definition, folder_path("demo.mk.json")));
    assert_ok(mk_emit_dispatcher(NULL, definition, NULL, 0, folder_path(out),
                                 &options));
    mk_definition_destroy(definition);
    mk_choices_destroy(choices);
}

/* A program with one call of demo, n being open. */
static const char program_text[] =
    "{\"multikernel\": 1, \"program\": \"once\", \"trial_sizes\": {\"n\": 9},\n"
    "\"inputs\": [{\"name\": \"p\", \"type\": \"float32*\", \"shape\": "
    "[\"n\"]}],\n"
    "\"outputs\": [{\"name\": \"q\", \"type\": \"float32*\", \"shape\": "
    "[\"n\"]}],\n"
    "\"calls\": [{\"kernel\": \"demo.mk.json\", \"args\": {\"x\": \"p\", "
    "\"y\": \"q\"}}]}";

static void emit_wrapper(const char *out, mk_choices *choices)
{
    const mk_choices *list = choices;
    const mk_emit_options options = options_of(&list);
    mk_program *program;

    folder_write("once.mk.json", program_text);
    assert_ok(mk_program_load(&program, folder_path("once.mk.json"), NULL, 0));
    assert_ok(mk_emit_wrapper(NULL, program, folder_path(out), &options));
    mk_program_destroy(program);
    mk_choices_destroy(choices);
}

/* As C11 and as C++17, without a warning. */
static void assert_compiles(const char *file)
{
    char *command = mk__format(
        "set -- -Wall -Wextra -Wconversion -pedantic -Werror -fsyntax-only "
        "-I\"$SOURCE_DIR/include\" && ${CC:-cc} -std=c11 \"$@\" %s && "
        "if command -v c++ >/dev/null; then "
        "c++ -std=c++17 -x c++ \"$@\" %s; fi",
        file, file);

    run(command);
    free(command);
}

static void assert_text(const char *file, const char *part)
{
    char *text = folder_read(file);

    if (strstr(text, part) == NULL)
        fail_msg("not in %s: %s", file, part);
    free(text);
}

/* ---- Dispatchers ------------------------------------------------------------------ */

#define ARGUMENTS                                                              \
    "    args[2] = mk_i64(n);\n"                                               \
    "    args[3] = mk_i64(n % 2);\n"                                           \
    "    args[4] = mk_i16((int16_t)(ceildiv(n, 2)));\n"                        \
    "    args[5] = mk_i64(n % 4);\n"                                           \
    "    args[6] = mk_i16((int16_t)(ceildiv(n, 4)));\n"                        \
    "    args[7] = mk_i64(2 * n);\n"

static void A5_a_jit_dispatcher_passes_every_kernels_own(void **state)
{
    (void)state;
    emit_dispatcher("jit", NULL);
    assert_text("jit/demo_mk.c", "mk_arg args[8];");
    assert_text("jit/demo_mk.c", ARGUMENTS);
    assert_text("jit/demo_mk.c", "mk_run(made, args, 8,");
    assert_compiles("jit/demo_mk.c");
}

/* A list that is given names what is shared. */
static void A5_a_jit_dispatcher_lists_what_kernels_share(void **state)
{
    (void)state;
    emit_dispatcher("jit", NULL);
    assert_text("jit/demo_mk.c",
                "params_demo[] = {\n"
                "    { \"x\", MK_FLOAT32, 1, MK_IN, 0 },\n"
                "    { \"y\", MK_FLOAT32, 1, MK_OUT, 0 },\n"
                "    { \"n\", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },\n"
                "};\n");
    assert_text("jit/demo_mk.c",
                "/* g[B=4] takes [0, 1) and [1, 3) of the list, and scalars of "
                "its own. */\n"
                "static const mk_param params_demo_g_B_4[] = {\n"
                "    { \"x\", MK_FLOAT32, 1, MK_IN, 0 },\n"
                "    { \"rest\", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_OWN },\n"
                "    { \"y\", MK_FLOAT32, 1, MK_OUT, 0 },\n"
                "    { \"n\", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },\n"
                "    { \"grid\", MK_INT16, MK_SCALAR, MK_IN, MK_PARAM_OWN },\n"
                "};\n");
    assert_text("jit/demo_mk.c", "all = { params_demo, 3 };");
    assert_text("jit/demo_mk.c", "takes.params = params_demo_g_B_4;\n"
                                 "        takes.count = 5;\n");
    assert_text("jit/demo_mk.c", "takes.params = params_demo_b;\n"
                                 "        takes.count = 4;\n");
}

/* Calls that are settled no longer come by the library. */
static void A5_settled_calls_bring_them_too(void **state)
{
    (void)state;
    emit_dispatcher("jit", NULL);
    assert_text("jit/demo_mk.c",
                "call_demo_g_B_4(const float *x, float *y, int64_t n)\n{\n"
                "    demo_mk_g_B_4(x, n % 4, y, n, (int16_t)(ceildiv(n, 4)));\n"
                "}\n");
    assert_text("jit/demo_mk.c", "    call_demo_g_B_4,");
}

static void A5_an_aot_dispatcher_calls_with_them(void **state)
{
    (void)state;
    folder_write("main.c", "#include \"aot/demo_mk.h\"\n"
                           "int main(void)\n{\n"
                           "    const float x[5] = { 0.5F };\n"
                           "    float y[5];\n"
                           "    demo(x, y, 5);\n"
                           "    return y[0] != 1002.5F || y[4] != 1002;\n"
                           "}\n");
    emit_dispatcher("aot", chose("demo", "g[B=4]"));
    assert_text("aot/demo_mk.c",
                "void demo(const float *x, float *y, int64_t n)\n{\n"
                "    demo_mk_g_B_4(x, n % 4, y, n, (int16_t)(ceildiv(n, 4)));\n"
                "}\n");
    assert_text("aot/demo_mk.c",
                "void demo_mk_g_B_4(const float *x, int64_t rest, float *y, "
                "int64_t n,\n                   int16_t grid);\n");
    assert_compiles("aot/demo_mk.c");
    run("${CC:-cc} -o main main.c aot/*.c -lm && ./main");
}

/* ---- Programs ---------------------------------------------------------------------- */

static void A5_a_jit_program_passes_every_kernels_own(void **state)
{
    (void)state;
    emit_wrapper("jit", NULL);
    assert_text("jit/once.c", ARGUMENTS);
    assert_text("jit/once.c", "mk_run(self->multi_demo, args, 8,");
    assert_compiles("jit/once.c");
}

static void A5_an_aot_program_calls_with_them(void **state)
{
    (void)state;
    folder_write("main.c", "#include \"aot/once.h\"\n"
                           "int main(void)\n{\n"
                           "    const float p[5] = { 0.5F };\n"
                           "    float q[5];\n"
                           "    struct once *once;\n"
                           "    return once_init(&once) != 0 ||\n"
                           "           once_run(once, p, q, 5, 0) != 0 ||\n"
                           "           q[0] != 1003.5F || q[4] != 1003;\n"
                           "}\n");
    emit_wrapper("aot", chose("once.demo", "g[B=2]"));
    assert_text("aot/once.c", "    call_demo_g_B_2(p, q, n);\n");
    assert_text("aot/once.c",
                "    once_demo_g_B_2(x, n % 2, y, n, (int16_t)(ceildiv(n, 2)));"
                "\n");
    assert_compiles("aot/once.c");
    run("${CC:-cc} -o main main.c aot/*.c -lm && ./main");
}

/* ---- What can't be had --------------------------------------------------------------- */

static void assert_refused(const char *from, const char *to,
                           const char *message)
{
    mk_emit_options options = MK_EMIT_OPTIONS_INIT;
    char *changed = replaced(DEFINITION, from, to);
    mk_definition *definition;

    folder_write("demo.mk.json", changed);
    assert_ok(mk_definition_load(&definition, folder_path("demo.mk.json")));
    assert_int_equal(mk_emit_dispatcher(NULL, definition, NULL, 0,
                                        folder_path("no"), &options),
                     MK_ERROR_DEFINITION);
    if (strstr(mk_last_error()->message, message) == NULL)
        fail_msg("not '%s' but '%s'", message, mk_last_error()->message);
    mk_definition_destroy(definition);
    free(changed);
    folder_write("demo.mk.json", DEFINITION);
}

static void A5_what_no_call_could_compute_is_refused(void **state)
{
    (void)state;
    assert_refused("ceildiv(n, B)", "ceildiv(n, n - B)",
                   "variants[1].own[0].value: emitted code computes this at "
                   "every call: each divisor must be a size, or a positive "
                   "number");
    assert_refused("ceildiv(n, B)", "B * 10000",
                   "variants[1].own[0].value: the value 40000 does not fit "
                   "the type");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(A5_a_jit_dispatcher_passes_every_kernels_own),
        cmocka_unit_test(A5_a_jit_dispatcher_lists_what_kernels_share),
        cmocka_unit_test(A5_settled_calls_bring_them_too),
        cmocka_unit_test(A5_an_aot_dispatcher_calls_with_them),
        cmocka_unit_test(A5_a_jit_program_passes_every_kernels_own),
        cmocka_unit_test(A5_an_aot_program_calls_with_them),
        cmocka_unit_test(A5_what_no_call_could_compute_is_refused),
    };

    return cmocka_run_group_tests(tests, make_demo, folder_remove);
}

/* The kernels that come with emitted code: what they are called, and what they
 * take. */
#include "emit/unit_bed.h"

#include "emit/unit.h"

/* ---- Names --------------------------------------------------------------------- */

/* A source with other external names, compiled with two values of a macro, and
 * linked beside itself. */
static void copies_of_a_source_are_linked_together(void **state)
{
    (void)state;
    folder_write("demo.mk.json",
                 DEMO("float32", FLAGS,
                      "{\"name\": \"a\", \"entry\": \"scale\", "
                      "\"defines\": {\"BY\": [2, 3]}}, "
                      "{\"name\": \"b\", \"entry\": \"scale_slowly\", "
                      "\"defines\": {\"BY\": 2}}"));
    folder_write("demo.c",
                 "#include <stdint.h>\n"
                 "float factor = BY;\n"
                 "int calls;\n"
                 "float times(float x) { ++calls; return factor * x; "
                 "}\n" SCALE("scale", "float", "times(x[i])")
                     SCALE("scale_slowly", "float", "times(x[i]) + calls"));
    folder_write(
        "main.c",
        "#define BY 5\n#include \"demo.c\"\n"
        "void demo_0(const float *x, float *y, int64_t n);\n"
        "void demo_1(const float *x, float *y, int64_t n);\n"
        "void demo_2(const float *x, float *y, int64_t n);\n"
        "int main(void)\n{\n"
        "    float x = 1, y[4];\n"
        "    demo_0(&x, &y[0], 1);\n"
        "    demo_1(&x, &y[1], 1);\n"
        "    demo_2(&x, &y[2], 1);\n" /* after one call of demo_0 */
        "    scale(&x, &y[3], 1);\n"
        "    return y[0] != 2 || y[1] != 3 || y[2] != 4 || y[3] != 5;\n"
        "}\n");
    emit("out", false);
    run(MAKE_AND_RUN);
    /* a[BY=2] and b share their unit, as they share the macro's value. */
    run("grep -q 'define scale demo_0' out/demo_kernels_1.c");
    run("grep -q 'define times demo_2_times' out/demo_kernels_2.c");
}

static void other_flags_are_another_unit(void **state)
{
    (void)state;
    folder_write(
        "demo.mk.json",
        DEMO("float32", FLAGS,
             "{\"name\": \"a\", \"entry\": \"scale\", \"flags\": [\"-DBY=2\"]},"
             "{\"name\": \"b\", \"entry\": \"scale\", \"flags\": [\"-DBY=3\"]},"
             "{\"name\": \"c\", \"entry\": \"scale\", \"flags\": [\"-DBY=2\", "
             "\"-O1\"]}"));
    folder_write("demo.c",
                 "#include <stdint.h>\n" SCALE("scale", "float", "BY * x[i]"));
    folder_write("main.c", "#include <stdint.h>\n"
                           "void demo_0(const float *x, float *y, int64_t n);\n"
                           "void demo_1(const float *x, float *y, int64_t n);\n"
                           "void demo_2(const float *x, float *y, int64_t n);\n"
                           "int main(void)\n{\n"
                           "    float x = 1, y[3];\n"
                           "    demo_0(&x, &y[0], 1);\n"
                           "    demo_1(&x, &y[1], 1);\n"
                           "    demo_2(&x, &y[2], 1);\n"
                           "    return y[0] != 2 || y[1] != 3 || y[2] != 2;\n"
                           "}\n");
    emit("out", false);
    run(MAKE_AND_RUN " && test -e out/demo_kernels_3.c");
}

/* Default flags are those of the back end. */
static void without_flags_there_are_the_default_ones(void **state)
{
    (void)state;
    folder_write("demo.mk.json",
                 DEMO("float32", "",
                      ONE ", {\"name\": \"b\", \"entry\": \"scale\", "
                          "\"flags\": [\"-O3\", \"-march=native\"]}"));
    folder_write("demo.c",
                 "#include <stdint.h>\n" SCALE("scale", "float", "x[i]"));
    emit("out", false);
    run("test ! -e out/demo_kernels_2.c && "
        "grep -q '(CC) -O3 -march=native -fPIC' out/demo.make");
}

/* A name that no macro changes is a fault where there are two of it. */
static void a_name_that_cant_be_changed_is_had_once(void **state)
{
    struct bed bed;

    (void)state;
    folder_write("demo.mk.json", DEMO("float32", FLAGS,
                                      "{\"name\": \"a\", \"entry\": \"scale\", "
                                      "\"defines\": {\"BY\": [2, 3]}}"));
    folder_write("demo.c",
                 "#include <stdint.h>\n"
                 "int hidden __asm__(\"told_to_the_assembler\");\n"
                 "int hidden = BY;\n" SCALE("scale", "float", "hidden * x[i]"));
    bed_begin(&bed, "out");
    assert_ok(mk__units_add(&bed.files, bed.kernels, 2, false, false));
    assert_null(bed.kernels[0].fault);
    assert_string_equal(bed.kernels[1].fault,
                        "can't be linked with demo.a[BY=2]: both define "
                        "'told_to_the_assembler', under a name that can't be "
                        "changed");
    bed_free(&bed);
}

/* The string is no token that a macro reaches. */
static void an_alias_has_to_be_told_by_its_new_name(void **state)
{
    struct bed bed;

    (void)state;
    folder_write("demo.mk.json", DEMO("float32", FLAGS, ONE));
    folder_write("demo.c",
                 "#include <stdint.h>\n" SCALE(
                     "inner", "float",
                     "x[i]") "void scale(const float *x, float *y, int64_t n)\n"
                             "    __attribute__((alias(\"inner\")));\n");
    bed_begin(&bed, "out");
    assert_ok(mk__units_add(&bed.files, bed.kernels, 1, false, false));
    assert_non_null(bed.kernels[0].fault);
    assert_contains(bed.kernels[0].fault, "does not compile: ");
    assert_contains(bed.kernels[0].log, "error:");
    bed_free(&bed);
}

/* ---- Types ------------------------------------------------------------------------ */

static void types_are_those_that_c_and_cxx_share(void **state)
{
    static const DLDataType int32 = MK_INT32, half = MK_FLOAT16,
                            brain = MK_BFLOAT16, complex64 = MK_COMPLEX64,
                            complex128 = MK_COMPLEX128, bytes = MK_UINT8;

    (void)state;
    assert_string_equal(mk__unit_type(int32, false, MK_IN), "int32_t");
    assert_string_equal(mk__unit_type(int32, true, MK_IN), "const int32_t *");
    assert_string_equal(mk__unit_type(half, true, MK_IN), "const uint16_t *");
    assert_string_equal(mk__unit_type(half, true, MK_OUT), "uint16_t *");
    assert_string_equal(mk__unit_type(brain, true, MK_INOUT), "uint16_t *");
    assert_string_equal(mk__unit_type(complex64, true, MK_IN), "const float *");
    assert_string_equal(mk__unit_type(complex128, true, MK_OUT), "double *");
    assert_string_equal(mk__unit_type(bytes, true, MK_WORKSPACE), "uint8_t *");
}

/* x and y of a type that C calls `in` and `out`, the source's function and what
 * calls it. */
static void check_type(const char *type, const char *function, const char *call)
{
    char *definition = replaced(DEMO("TYPE", FLAGS, ONE), "TYPE", type);
    char *both = replaced(definition, "TYPE", type);

    folder_write("demo.mk.json", both);
    folder_write("demo.c", function);
    folder_write("main.c", call);
    emit("out", false);
    run(MAKE_AND_RUN);
    free(both);
    free(definition);
}

static void half_precision_is_passed_as_its_bits(void **state)
{
    char *known;

    (void)state;
    folder_write("half.c", "_Float16 half;\n");
    known = shell("${CC:-cc} -c half.c >/dev/null 2>&1 || echo no");
    if (strcmp(known, "") != 0) {
        free(known);
        skip(); /* clang 14 has none on x86 */
    }
    free(known);
    check_type("float16",
               "#include <stdint.h>\n" SCALE("scale", "_Float16", "2 * x[i]"),
               CALLER("uint16_t", "0x3c00", "0", "y[0] == 0x4000"));
    assert_true(has_text("out/demo_kernels_1.c",
                         "\nvoid scale(const _Float16 *, _Float16 *, int64_t);"
                         "\nvoid demo_0(const uint16_t *, uint16_t *, "
                         "int64_t);\n"));
}

static void bfloat16_is_passed_as_it_is(void **state)
{
    (void)state;
    check_type("bfloat16",
               "#include <stdint.h>\n" SCALE("scale", "uint16_t", "x[i] + 1"),
               CALLER("uint16_t", "7", "0", "y[0] == 8"));
    assert_true(has_text("out/demo_kernels_1.c", "#define scale demo_0\n"));
}

static void complex_numbers_are_passed_as_their_parts(void **state)
{
    (void)state;
    check_type(
        "complex64",
        "#include <stdint.h>\n" SCALE("scale", "float _Complex", "x[i] * x[i]"),
        CALLER("float", "2, 3", "0, 0", "y[0] == -5 && y[1] == 12"));
    check_type("complex128",
               "#include <stdint.h>\n" SCALE("scale", "double _Complex",
                                             "x[i] * x[i]"),
               CALLER("double", "2, 3", "0, 0", "y[0] == -5 && y[1] == 12"));
}

static void inputs_may_be_without_const(void **state)
{
    (void)state;
    check_type("float32",
               "#include <stdint.h>\n"
               "void scale(float *x, float *y, int64_t n)\n"
               "{\n    for (int64_t i = 0; i < n; ++i) y[i] = 2 * x[i];\n}\n",
               CALLER("float", "3", "0", "y[0] == 6"));
    check_type("complex64",
               "#include <stdint.h>\n"
               "void scale(float _Complex *x, float _Complex *y, int64_t n)\n"
               "{\n    for (int64_t i = 0; i < n; ++i) y[i] = 2 * x[i];\n}\n",
               CALLER("float", "3, 4", "0, 0", "y[0] == 6 && y[1] == 8"));
}

/* The back end takes them, so they are called from where they are known. */
static void static_functions_and_macros_are_entries_too(void **state)
{
    (void)state;
    check_type(
        "float32",
        "#include <stdint.h>\nstatic " SCALE("scale", "float", "2 * x[i]"),
        CALLER("float", "3", "0", "y[0] == 6"));
    check_type("float32",
               "#include <stdint.h>\n#define scale scale_by_two\n" SCALE(
                   "scale_by_two", "float", "2 * x[i]"),
               CALLER("float", "3", "0", "y[0] == 6"));
}

static void a_source_without_stdint_has_its_types(void **state)
{
    (void)state;
    check_type("float32", SCALE("scale", "float", "2 * x[i]"),
               CALLER("float", "3", "0", "y[0] == 6"));
}

/* ---- What kernels take -------------------------------------------------------------- */

#define ORDERED                                                                \
    "{\"name\": \"a\", \"entry\": \"scale\", \"params\": [\"n\", \"y\", "      \
    "\"room\", \"x\"], \"workspace\": [{\"name\": \"room\", \"bytes\": 8}]},"  \
    "{\"name\": \"b\", \"entry\": \"scale\", \"params\": [\"n\", \"y\", "      \
    "\"room\", \"x\"], \"workspace\": [{\"name\": \"room\", \"bytes\": 16}]}"

/* Two variants of one function: each has a symbol. */
static void arguments_are_in_the_variants_order(void **state)
{
    (void)state;
    folder_write("demo.mk.json", DEMO("float32", FLAGS, ORDERED));
    folder_write("demo.c",
                 "#include <stdint.h>\n"
                 "void scale(int64_t n, float *y, uint8_t *room,"
                 " const float *x)\n"
                 "{\n"
                 "    for (int64_t i = 0; i < n; ++i) y[i] = 2 * x[i];\n"
                 "    room[0] = 7;\n}\n");
    folder_write("main.c",
                 "#include <stdint.h>\n"
                 "void demo_0(int64_t n, float *y, uint8_t *room, "
                 "const float *x);\n"
                 "void demo_1(int64_t n, float *y, uint8_t *room, "
                 "const float *x);\n"
                 "int main(void)\n{\n"
                 "    float x = 3, y[2] = {0, 0};\n"
                 "    uint8_t room[16] = {0};\n"
                 "    demo_0(1, &y[0], room, &x);\n"
                 "    demo_1(1, &y[1], room, &x);\n"
                 "    return y[0] != 6 || y[1] != 6 || room[0] != 7;\n"
                 "}\n");
    emit("out", false);
    run(MAKE_AND_RUN);
    assert_false(has_text("out/demo.make", "kernels_2"));
}

/* Parameters named like macros of the source, keywords, or the function. */
static void parameters_may_have_any_name(void **state)
{
    char *text = replaced(DEMO("complex64", FLAGS, ONE), "\"x\"", "\"int\"");
    char *all = replaced(text, "\"y\"", "\"scale\"");

    (void)state;
    folder_write("demo.mk.json", all);
    folder_write("demo.c",
                 "#include <stdint.h>\n" SCALE("scale", "float _Complex",
                                               "2 * x[i]") "#define n 1\n");
    folder_write("main.c",
                 CALLER("float", "3, 4", "0, 0", "y[0] == 6 && y[1] == 8"));
    emit("out", false);
    run(MAKE_AND_RUN);
    free(all);
    free(text);
}

/* ---- Macros --------------------------------------------------------------------------- */

/* As the compiler's option -D has them. */
static void macros_are_what_the_back_end_makes_them(void **state)
{
    (void)state;
    folder_write("demo.mk.json",
                 DEMO("float32", FLAGS,
                      "{\"name\": \"a\", \"entry\": \"scale\", \"defines\": "
                      "{\"FAST\": null, \"T\": \"const float\", "
                      "\"_GNU_SOURCE\": null, \"TEXT\": \"\\\"a b\\\"\"}}"));
    folder_write("demo.c",
                 "#include <stdint.h>\n#include <string.h>\n"
                 "#if FAST != 1\n#error FAST\n#endif\n"
                 "void scale(T *x, float *y, int64_t n)\n"
                 "{\n"
                 "    const char *at = memmem(TEXT, 3, \" \", 1);\n"
                 "    for (int64_t i = 0; i < n; ++i)\n"
                 "        y[i] = 2 * x[i] + (float)(at[1] == 'b');\n}\n");
    folder_write("main.c", CALLER("float", "3", "0", "y[0] == 7"));
    emit("out", false);
    run(MAKE_AND_RUN);
}

/* ---- Together ---------------------------------------------------------------------------- */

static void equal_input_makes_equal_bytes(void **state)
{
    (void)state;
    folder_write("demo.mk.json",
                 DEMO("float32", "\"flags\": [\"-O1\", \"-g\"],",
                      "{\"name\": \"a\", \"entry\": \"scale\", "
                      "\"defines\": {\"BY\": [2, 3, 4, 5]}}, "
                      "{\"name\": \"b\", \"entry\": \"half\"}"));
    folder_write("demo.c",
                 "#include <stdint.h>\n#ifndef BY\n#define BY 1\n#endif\n"
                 "int z, b, c, a;\n" SCALE("scale", "float", "BY * x[i]")
                     SCALE("half", "float", "x[i] / 2"));
    emit("one", false);
    emit("two", false);
    run("diff -r one two");
    emit("three", true);
    emit("four", true);
    run("diff -r three four");
    emit("one", true);
    run("diff -r one three");
}

/* Definitions of several programs' calls go into one set of units. */
static void definitions_share_units(void **state)
{
    struct bed bed;
    char *other;

    (void)state;
    folder_write("demo.mk.json", DEMO("float32", FLAGS, ONE));
    other = replaced(
        DEMO("float32", FLAGS, "{\"name\": \"a\", \"entry\": \"half\"}"),
        "demo\"", "other\"");
    folder_write("other.mk.json", other);
    free(other);
    folder_write("demo.c",
                 "#include <stdint.h>\n" SCALE("scale", "float", "2 * x[i]")
                     SCALE("half", "float", "x[i] / 2"));
    folder_write("main.c",
                 "#include <stdint.h>\n"
                 "void demo_0(const float *x, float *y, int64_t n);\n"
                 "void other_0(const float *x, float *y, int64_t n);\n"
                 "int main(void)\n{\n"
                 "    float x = 3, y[2];\n"
                 "    demo_0(&x, &y[0], 1);\n"
                 "    other_0(&x, &y[1], 1);\n"
                 "    return y[0] != 6 || y[1] != 1.5F;\n"
                 "}\n");
    bed_begin(&bed, "out");
    bed_add(&bed, "other.mk.json");
    assert_ok(mk__units_add(&bed.files, bed.kernels, 2, false, false));
    assert_ok(bed_write(&bed));
    bed_free(&bed);
    run(MAKE_AND_RUN " && test ! -e out/demo_kernels_2.c");
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(copies_of_a_source_are_linked_together),
        TEST(other_flags_are_another_unit),
        TEST(without_flags_there_are_the_default_ones),
        TEST(a_name_that_cant_be_changed_is_had_once),
        TEST(an_alias_has_to_be_told_by_its_new_name),
        TEST(types_are_those_that_c_and_cxx_share),
        TEST(half_precision_is_passed_as_its_bits),
        TEST(bfloat16_is_passed_as_it_is),
        TEST(complex_numbers_are_passed_as_their_parts),
        TEST(inputs_may_be_without_const),
        TEST(static_functions_and_macros_are_entries_too),
        TEST(a_source_without_stdint_has_its_types),
        TEST(arguments_are_in_the_variants_order),
        TEST(parameters_may_have_any_name),
        TEST(macros_are_what_the_back_end_makes_them),
        TEST(equal_input_makes_equal_bytes),
        TEST(definitions_share_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

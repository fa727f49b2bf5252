/* The kernels that come with emitted code: what they are called, what they take,
 * and which can't be had. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(copies_of_a_source_are_linked_together,
                                        folder_make, folder_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

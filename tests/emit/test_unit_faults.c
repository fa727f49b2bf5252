/* Kernels that can't be had: what is said of them, and that the others can. */
#include "emit/unit_bed.h"

#include "base/no_memory.h"

/* ---- Faults -------------------------------------------------------------------------- */

/* Six variants, of which a and d are good; c and d are of other sources. */
static void what_cant_be_had_is_told_and_left_out(void **state)
{
    struct bed bed;

    (void)state;
    folder_write("demo.mk.json",
                 DEMO("float32", FLAGS,
                      ONE ", {\"name\": \"b\", \"entry\": \"wrong\"}, "
                          "{\"name\": \"c\", \"entry\": \"scale\", "
                          "\"source\": \"broken.c\"}, "
                          "{\"name\": \"d\", \"entry\": \"scale_two\"}, "
                          "{\"name\": \"e\", \"entry\": \"gone\"}, "
                          "{\"name\": \"f\", \"entry\": \"scale\", "
                          "\"compiler\": \"/no/such/compiler\"}"));
    folder_write("broken.c", "#include <stdint.h>\n#error not for you\n");
    folder_write("demo.c",
                 "#include <stdint.h>\n" SCALE("scale", "float", "2 * x[i]")
                     SCALE("wrong", "double", "x[i]")
                         SCALE("scale_two", "float", "2 * x[i]"));
    folder_write(
        "main.c",
        CALLER(
            "float", "3", "0",
            "y[0] == 6") "void demo_3(const float *x, float *y, int64_t n);\n"
                         "void (*other)(const float *, float *, int64_t) = demo_3;\n");
    bed_begin(&bed, "out");
    assert_int_equal(bed.count, 6);
    assert_ok(mk__units_add(&bed.files, bed.kernels, bed.count, false, false));
    assert_null(bed.kernels[0].fault);
    assert_null(bed.kernels[0].log);
    assert_string_equal(bed.kernels[1].fault,
                        "does not compile: wrong does not fit the definition, "
                        "which expects void wrong(const float *x, float *y, "
                        "int64_t n)");
    assert_contains(bed.kernels[2].fault, "does not compile: ");
    assert_contains(bed.kernels[2].fault, "broken.c:2");
    assert_contains(bed.kernels[2].fault, "not for you");
    assert_contains(bed.kernels[2].log, "not for you");
    assert_null(bed.kernels[3].fault);
    assert_contains(bed.kernels[4].fault,
                    "does not compile: the definition of demo:1");
    assert_contains(bed.kernels[4].fault, "gone");
    assert_contains(bed.kernels[4].log, "gone");
    assert_null(strchr(bed.kernels[4].fault, '\n'));
    assert_string_equal(bed.kernels[5].fault,
                        "does not compile: can't run /no/such/compiler: No "
                        "such file or directory");
    assert_ok(bed_write(&bed));
    bed_free(&bed);
    run(MAKE_AND_RUN);
    assert_false(has_text("out/demo_kernels_1.c", "demo_4"));
    assert_false(has_text("out/demo.cmake", "kernels_2"));
    run("test ! -e out/demo_kernels_2.c");
}

/* Not one of its entries is wrong: each has the whole log. */
static void a_source_that_does_not_compile_is_told_of_every_kernel(void **state)
{
    struct bed bed;

    (void)state;
    folder_write("demo.mk.json",
                 DEMO("float32", FLAGS, ONE "," VARIANT("b", "other")));
    folder_write("demo.c", "int a;\n#error not yet\n#error nor then\n");
    bed_begin(&bed, "out");
    assert_ok(mk__units_add(&bed.files, bed.kernels, 2, false, false));
    for (size_t i = 0; i < 2; ++i) {
        assert_contains(bed.kernels[i].fault, "not yet");
        assert_contains(bed.kernels[i].log, "nor then");
        assert_null(strstr(bed.kernels[i].log, "definition of"));
    }
    bed_free(&bed);
}

/* A unit of which nothing is left takes no number. */
static void units_are_numbered_as_they_are_left(void **state)
{
    struct bed bed;

    (void)state;
    folder_write("demo.mk.json",
                 DEMO("float32", FLAGS,
                      "{\"name\": \"a\", \"entry\": \"gone\", "
                      "\"defines\": {\"A\": 1}}, "
                      "{\"name\": \"b\", \"entry\": \"wrong\", "
                      "\"defines\": {\"A\": 2}}, " VARIANT("c", "scale")));
    folder_write("demo.c",
                 "#include <stdint.h>\n" SCALE("scale", "float", "2 * x[i]")
                     SCALE("wrong", "double", "x[i]"));
    bed_begin(&bed, "out");
    assert_ok(mk__units_add(&bed.files, bed.kernels, 3, false, false));
    assert_non_null(bed.kernels[0].fault);
    assert_non_null(bed.kernels[1].fault);
    assert_null(bed.kernels[2].fault);
    assert_ok(bed_write(&bed));
    bed_free(&bed);
    run("test -e out/demo_kernels_1.c && test ! -e out/demo_kernels_2.c");
}

static void with_nothing_left_there_are_no_units(void **state)
{
    struct bed bed;

    (void)state;
    folder_write("demo.mk.json", DEMO("float32", FLAGS, ONE));
    folder_write("demo.c", "#error no\n");
    bed_begin(&bed, "out");
    assert_ok(mk__units_add(&bed.files, bed.kernels, 1, true, false));
    assert_non_null(bed.kernels[0].fault);
    assert_ok(bed_write(&bed));
    bed_free(&bed);
    run("make -s -f out/demo.make && test -e out/demo.a && "
        "test ! -e out/demo_kernels_1.o");
}

/* Warnings were the author's to see; emitting is not to fail for those that the
 * units add. */
static void warnings_as_errors_are_the_sources_business(void **state)
{
    struct bed bed;

    (void)state;
    folder_write("demo.mk.json",
                 DEMO("float32",
                      "\"flags\": [\"-O1\", \"-Wall\", \"-Wextra\", "
                      "\"-Werror\", \"-pedantic\", "
                      "\"-Wcast-qual\", \"-Wredundant-decls\"],",
                      ONE ", {\"name\": \"b\", \"entry\": \"scale\", "
                          "\"source\": \"careless.c\"}"));
    folder_write("demo.c", "#include <stdint.h>\n"
                           "void scale(float *x, float *y, int64_t n);\n"
                           "void scale(float *x, float *y, int64_t n)\n"
                           "{\n    y[n] = x[n];\n}\n");
    folder_write("careless.c",
                 "#include <stdint.h>\nstatic void unused(void) {}\n" SCALE(
                     "scale", "float", "x[i]"));
    bed_begin(&bed, "out");
    assert_ok(mk__units_add(&bed.files, bed.kernels, 2, false, false));
    assert_null(bed.kernels[0].fault);
    assert_contains(bed.kernels[1].fault, "unused");
    assert_ok(bed_write(&bed));
    bed_free(&bed);
    run("make -s -f out/demo.make");
}

static void nothing_is_left_in_the_temporary_folder(void **state)
{
    char *before = NULL;

    (void)state;
    assert_int_equal(mkdir(folder_path("tmp"), 0777), 0);
    assert_int_equal(setenv("TMPDIR", folder_path("tmp"), 1), 0);
    what_cant_be_had_is_told_and_left_out(state);
    before = shell("ls -A tmp");
    assert_string_equal(before, "");
    free(before);
    assert_int_equal(setenv("TMPDIR", folder_path("no/such"), 1), 0);
    {
        struct bed bed;

        bed_begin(&bed, "out");
        assert_error(mk__units_add(&bed.files, bed.kernels, 1, false, false),
                     MK_ERROR_IO, "TMPDIR");
        bed_free(&bed);
    }
    unsetenv("TMPDIR");
}

static void nm_must_be_there(void **state)
{
    char *path = mk__strdup(getenv("PATH"));
    struct bed bed;

    (void)state;
    folder_write("demo.mk.json", DEMO("float32", FLAGS, ONE));
    folder_write("demo.c", SCALE("scale", "float", "x[i]"));
    bed_begin(&bed, "out");
    assert_int_equal(setenv("PATH", folder, 1), 0);
    assert_error(mk__units_add(&bed.files, bed.kernels, 1, false, false),
                 MK_ERROR_NOT_FOUND, "'nm'", "binutils");
    assert_int_equal(setenv("PATH", path, 1), 0);
    bed_free(&bed);
    free(path);
}

/* ---- Shared objects -------------------------------------------------------------------- */

#define OBJECT(name, source, entry)                                            \
    "{\"name\": \"" name "\", \"entry\": \"" entry "\", \"language\": "        \
    "\"shared-object\", \"source\": \"" source "\"}"

static void make_objects(void)
{
    folder_write("object.c",
                 "#include <stdint.h>\n"
                 "void argv_scale(void *const *argv)\n"
                 "{\n"
                 "    const float *x = *(const float **)argv[0];\n"
                 "    float *y = *(float **)argv[1];\n"
                 "    for (int64_t i = 0; i < *(int64_t *)argv[2]; ++i)\n"
                 "        y[i] = 2 * x[i];\n"
                 "}\n");
    folder_write("versions", "V1 { global: argv_scale; local: *; };\n");
    run("${CC:-cc} -shared -fPIC -o one.so object.c -Wl,-soname,one.so "
        "-Wl,--version-script,versions && cp one.so two.so");
}

static void shared_objects_are_linked(void **state)
{
    struct bed bed;

    (void)state;
    make_objects();
    folder_write("demo.c", SCALE("scale", "float", "x[i]"));
    folder_write("not.so", "not a shared object\n");
    folder_write(
        "demo.mk.json",
        DEMO("float32", FLAGS,
             OBJECT("a", "one.so", "argv_scale") "," OBJECT(
                 "b", "one.so",
                 "gone") "," OBJECT("c", "not.so",
                                    "other") "," VARIANT("d", "scale")));
    folder_write("main.c", CALLER("float", "3", "0", "y[0] == 6"));
    bed_begin(&bed, "out");
    assert_ok(mk__units_add(&bed.files, bed.kernels, 4, false, false));
    assert_null(bed.kernels[0].fault);
    assert_contains(bed.kernels[1].fault, "does not load: ");
    assert_contains(bed.kernels[1].fault, "one.so has no 'gone'");
    assert_contains(bed.kernels[2].fault, "does not load: ");
    assert_contains(bed.kernels[2].fault, "not.so");
    assert_null(bed.kernels[3].fault);
    assert_ok(bed_write(&bed));
    bed_free(&bed);
    folder_write("Makefile", "all: main\n"
                             "demo_DIR = build\n"
                             "include out/demo.make\n"
                             "main: main.c $(demo_LIBRARY)\n"
                             "\t$(CC) -o $@ $^ $(demo_LIBS)\n");
    run("make -s && cd / && \"$OLDPWD/main\"");
    assert_false(has_text("out/demo.make", "not.so"));
}

static void two_shared_objects_with_one_name_are_an_error(void **state)
{
    struct bed bed;

    (void)state;
    make_objects();
    folder_write("demo.c", "");
    folder_write("demo.mk.json",
                 DEMO("float32", FLAGS,
                      OBJECT("a", "one.so", "argv_scale") "," OBJECT(
                          "b", "two.so", "argv_scale")));
    bed_begin(&bed, "out");
    assert_error(mk__units_add(&bed.files, bed.kernels, 2, false, false),
                 MK_ERROR_CONFLICT, "demo.a", "demo.b", "/one.so", "/two.so",
                 "'argv_scale'");
    bed_free(&bed);
}

/* ---- Memory ------------------------------------------------------------------------------ */

/* By a compiler that keeps what it made, which is the same at every attempt. */
static void memory_may_run_out(void **state)
{
    bool failed = true;
    char *variants, *left;

    (void)state;
    folder_write("fast",
                 "#!/bin/sh\n"
                 "made=\"${0%/*}/made-$#\"\n"
                 "test -f \"$made\" || ${CC:-cc} \"$@\" -o \"$made\" || exit\n"
                 "while [ \"$1\" != -o ]; do shift; done\n"
                 "exec cp \"$made\" \"$2\"\n");
    run("chmod +x fast && mkdir tmp");
    variants = mk__format("{\"name\": \"a\", \"entry\": \"scale\", "
                          "\"compiler\": \"%s\"}, {\"name\": \"b\", "
                          "\"entry\": \"wrong\", \"compiler\": \"%s\"}",
                          folder_path("fast"), folder_path("fast"));
    left = replaced(DEMO("complex64", "\"flags\": [\"-Ix\"],", "VARIANTS"),
                    "VARIANTS", variants);
    folder_write("demo.mk.json", left);
    free(left);
    free(variants);
    folder_write("demo.c",
                 "#include <stdint.h>\n" SCALE("scale", "float _Complex",
                                               "2 * x[i]") "int wrong;\n");
    assert_int_equal(setenv("TMPDIR", folder_path("tmp"), 1), 0);
    for (long count = 0; failed; ++count) {
        struct bed bed;
        int status;

        bed_begin(&bed, "out");
        mk__alloc_fail_after(count);
        status = mk__units_add(&bed.files, bed.kernels, 2, false, true);
        if (status == MK_OK)
            status = bed_write(&bed);
        failed = allocation_failed(count);
        if (status != MK_OK) {
            assert_int_equal(status, MK_ERROR_NO_MEMORY);
            assert_int_equal(mk_last_error()->status, MK_ERROR_NO_MEMORY);
            assert_false(mk__file_exists(folder_path("out/demo.c")));
        }
        assert_true(failed || status == MK_OK);
        bed_free(&bed);
        if (status == MK_OK)
            run("rm -r out");
        if (!failed)
            assert_true(count > 50);
    }
    unsetenv("TMPDIR");
    left = shell("ls -A tmp");
    assert_string_equal(left, "");
    free(left);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_cant_be_had_is_told_and_left_out),
        TEST(a_source_that_does_not_compile_is_told_of_every_kernel),
        TEST(units_are_numbered_as_they_are_left),
        TEST(with_nothing_left_there_are_no_units),
        TEST(warnings_as_errors_are_the_sources_business),
        TEST(nothing_is_left_in_the_temporary_folder),
        TEST(nm_must_be_there),
        TEST(shared_objects_are_linked),
        TEST(two_shared_objects_with_one_name_are_an_error),
        TEST(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

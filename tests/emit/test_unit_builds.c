/* STEM.make, STEM.cmake and objects: a user's build of what was emitted. */
#include "emit/unit_bed.h"

#define MAIN                                                                   \
    "#include \"demo.h\"\n#include <stdint.h>\n"                               \
    "void demo_0(const float *x, float *y, int64_t n);\n"                      \
    "int main(void)\n{\n"                                                      \
    "    float x = 3, y = 0;\n"                                                \
    "    demo_0(&x, &y, 1);\n"                                                 \
    "    return y != 6 || demo_answer() != 42;\n"                              \
    "}\n"

/* The kernel doubles, as the header `by.h` says. */
#define SOURCE                                                                 \
    "#include <stdint.h>\n#include \"by.h\"\n" SCALE("scale", "float",         \
                                                     "BY * x[i]")

static void write_demo(const char *flags, const char *variants)
{
    char *text = replaced(DEMO("float32", FLAGS, "VARIANTS"), "\"-O1\"", flags);
    char *all = replaced(text, "VARIANTS", variants);

    folder_write("demo.mk.json", all);
    folder_write("demo.c", SOURCE);
    folder_write("by.h", "#define BY 2\n");
    folder_write("main.c", MAIN);
    free(all);
    free(text);
}

/* A program that calls, in a CMake project with what `more` says. */
static void write_project(const char *more)
{
    char *text = mk__format("cmake_minimum_required(VERSION 3.16)\n"
                            "project(user LANGUAGES C)\n"
                            "%s"
                            "include(out/demo.cmake)\n"
                            "add_executable(program main.c)\n"
                            "target_link_libraries(program PRIVATE demo)\n",
                            more);

    folder_write("CMakeLists.txt", text);
    free(text);
}

#define CMAKE_BUILD "cmake -S . -B bld >log && cmake --build bld >>log 2>&1"
#define CMAKE_AND_RUN                                                          \
    "{ " CMAKE_BUILD " || { cat log; false; }; } && bld/program"

/* ---- make ------------------------------------------------------------------------ */

static void a_makefile_includes_it(void **state)
{
    (void)state;
    write_demo("\"-O1\"", ONE);
    emit("out", false);
    folder_write("Makefile", "demo_DIR = build/deep\n"
                             "include out/demo.make\n"
                             "main: main.c $(demo_LIBRARY)\n"
                             "\t$(CC) -Iout -o $@ $^ $(demo_LIBS)\n"
                             "list:\n\t@echo $(demo_OBJECTS)\n");
    /* The user's first rule is the default one, the second time too. */
    run("make -s && ./main && rm main && make -s && ./main");
    run("test `make list` = build/deep/demo.o || "
        "test \"`make list`\" = 'build/deep/demo.o build/deep/demo_kernels_1.o'");
    run("test -e build/deep/demo.a && test ! -e out/demo.a");
}

static void make_builds_what_changed(void **state)
{
    (void)state;
    write_demo("\"-O1\"", ONE);
    emit("out", false);
    run("make -s -f out/demo.make && test -e out/demo.a && "
        "make -f out/demo.make | grep -q 'up to date'");
    /* A header of the source's. */
    run("sleep 0.01; echo '#define BY 3' >by.h; make -s -f out/demo.make && "
        "${CC:-cc} -Iout -o main main.c out/demo.a && ! ./main");
    folder_write("by.h", "#define BY 2\n");
    /* Flags that were changed by hand. */
    folder_write("demo.c", SOURCE "#ifdef MINE\nint mine;\n#endif\n");
    run("make -s -f out/demo.make && sleep 0.01 && "
        "sed -i 's/-O1/-O1 -DMINE/' out/demo.make && "
        "make -s -f out/demo.make && nm out/demo.a | grep -q mine");
    /* Other flags: the units are the same, but for their comment. */
    write_demo("\"-O1\", \"-DADDED\"", ONE);
    folder_write("demo.c", SOURCE "#ifdef ADDED\nint added;\n#endif\n");
    emit("out", false);
    run("make -s -f out/demo.make && nm out/demo.a | grep -q demo_1_added");
}

static void make_honours_the_users_compiler(void **state)
{
    (void)state;
    write_demo("\"-O1\", \"-DKERNELS\"", ONE);
    emit("out", false);
    folder_write("cc", "#!/bin/sh\necho \"$@\" >>log\nexec ${CC:-cc} \"$@\"\n");
    run("chmod +x cc && REAL=${CC:-cc} && sed -i \"s|exec .*|exec $REAL "
        "\\\"\\$@\\\"|\" cc");
    run("make -s -f out/demo.make CC=./cc CFLAGS='-O1 -DMINE' "
        "CPPFLAGS=-DBOTH");
    run("test `grep -c . log` = 2");
    run("grep 'demo.c$' log | grep -e -DMINE | grep -q -e -DBOTH");
    run("grep 'demo_kernels_1.c$' log | grep -e '-O1 -DKERNELS' | "
        "grep -v -q -e -DMINE");
}

/* As they are compiled by the back end: hidden, calls among them can be inlined. */
static void kernels_are_position_independent_and_hidden(void **state)
{
    (void)state;
    write_demo("\"-O1\", \"-flto\"", ONE);
    emit("out", false);
    run("make -s -f out/demo.make demo_DIR=one && "
        "${CC:-cc} -shared -o one.so main.c -Iout one/demo.a && "
        "nm -D one.so | grep -q main && ! nm -D one.so | grep -q demo_0");
    write_project("add_library(two SHARED main.c)\n");
    folder_write("more.cmake", "target_link_libraries(two PRIVATE demo)\n");
    run("cat more.cmake >>CMakeLists.txt && " CMAKE_AND_RUN
        " && nm bld/libtwo.so | grep -q demo_0 && "
        "! nm -D bld/libtwo.so | grep -q demo_0");
}

/* ---- CMake ----------------------------------------------------------------------- */

static void a_cmake_project_includes_it(void **state)
{
    (void)state;
    write_demo("\"-O1\"", ONE);
    emit("out", false);
    write_project("");
    run(CMAKE_AND_RUN);
}

/* The kernels are compiled as they were tuned: a GNU extension, a warning, the
 * same flag before two others. */
static void the_projects_settings_are_not_the_kernels(void **state)
{
    (void)state;
    write_demo("\"-O1\", \"-D\", \"A=2\", \"-D\", \"B=2\"", ONE);
    folder_write("demo.c", "#include <stdint.h>\n#include <math.h>\n"
                           "static int unused = M_PI > 3;\n" SCALE(
                               "scale", "float", "(A + B) / 2 * x[i]"));
    folder_write("main.c",
                 "int main(void);\n" MAIN); /* itself without a warning */
    emit("out", false);
    write_project("set(CMAKE_C_STANDARD 11)\nset(CMAKE_C_EXTENSIONS OFF)\n"
                  "add_compile_options(-Wall -Werror)\n");
    run(CMAKE_AND_RUN);
}

static void a_cxx_project_includes_it(void **state)
{
    (void)state;
    write_demo("\"-O1\"", ONE);
    emit("out", false);
    folder_write("main.cc", "extern \"C\" {\n" MAIN "}\n");
    folder_write("CMakeLists.txt",
                 "cmake_minimum_required(VERSION 3.16)\n"
                 "project(user LANGUAGES CXX)\n"
                 "include(out/demo.cmake)\n"
                 "add_executable(program main.cc)\n"
                 "target_link_libraries(program PRIVATE demo)\n");
    run(CMAKE_AND_RUN);
}

/* ---- Flags ----------------------------------------------------------------------- */

/* Include folders are seen from the source, and move with it; flags are passed on
 * as they are, whatever is in them. */
static void flags_are_passed_on(void **state)
{
    (void)state;
    write_demo("\"-O1\", \"-Iinner dir\", \"-Iby$1\", \"-I/usr/include\", "
               "\"-DTEXT=\\\"a 'b' ${c}; #d\\\\\\\\\\\"\", \"-Wl,-z,now\", "
               "\"-L/no/such\"",
               ONE);
    folder_write("demo.c",
                 "#include <stdint.h>\n#include <by.h>\n#include <more.h>\n"
                 "#include <string.h>\n"
                 "void scale(const float *x, float *y, int64_t n)\n{\n"
                 "    for (int64_t i = 0; i < n; ++i)\n"
                 "        y[i] = BY * x[i] + (float)strcmp(TEXT, "
                 "\"a 'b' ${c}; #d\\\\\");\n}\n");
    run("rm by.h; mkdir 'inner dir' 'by$1' && echo '#define BY 2' >'inner "
        "dir/by.h' && touch 'by$1/more.h'");
    emit("out", false);
    assert_false(has_text("out/demo.make", folder));
    assert_false(has_text("out/demo.cmake", folder));
    assert_true(has_text("out/demo.make", "-I/usr/include"));
    assert_true(has_text("out/demo.make", "demo_LIBS ?= -L/no/such -lm"));
    assert_true(has_text("out/demo.cmake", "\"-L/no/such\" m)"));
    /* All of it goes elsewhere. */
    run("mkdir moved && mv demo.c main.c by* inner* out moved");
    run("cd moved && make -s -f out/demo.make demo_DIR=build && "
        "${CC:-cc} -Iout -o main main.c build/demo.a && ./main");
    write_project("");
    run("mv CMakeLists.txt moved && cd moved && " CMAKE_AND_RUN);
}

/* A variant's own compiler is asked here, by make and by CMake. */
static void a_variants_own_compiler_is_asked(void **state)
{
    char *variants;

    (void)state;
    folder_write(
        "own cc",
        "#!/bin/sh\n"
        "case \"$*\" in *kernels*) echo run >>\"${0%/*}/runs\";; esac\n"
        "exec ${REAL:-cc} \"$@\" -DBY=2\n");
    run("chmod +x 'own cc'");
    variants = mk__format("{\"name\": \"a\", \"entry\": \"scale\", "
                          "\"compiler\": \"%s\"}, " VARIANT("b", "scale"),
                          folder_path("own cc"));
    write_demo("\"-O1\"", variants);
    free(variants);
    folder_write("demo.c", "#include <stdint.h>\n#ifndef BY\n#define BY 7\n"
                           "#endif\n" SCALE("scale", "float", "BY * x[i]"));
    emit("out", false);
    run("rm -f runs; make -s -f out/demo.make demo_DIR=build && "
        "${CC:-cc} -Iout -o main main.c build/demo.a && ./main && "
        "test `wc -l <runs` = 1");
    write_project("");
    run("rm runs; " CMAKE_AND_RUN " && test `wc -l <runs` = 1");
}

/* ---- Objects --------------------------------------------------------------------- */

static void objects_need_no_source(void **state)
{
    (void)state;
    write_demo("\"-O1\"", ONE ", {\"name\": \"b\", \"entry\": \"scale\", "
                              "\"defines\": {\"X\": 1}}");
    emit("out", true);
    run("ls out >list && printf '%s\\n' demo.c demo.cmake demo.h demo.make "
        "demo_kernels_1.o demo_kernels_2.o | cmp - list");
    run("rm demo.c by.h");
    run("make -s -f out/demo.make demo_DIR=build && "
        "${CC:-cc} -Iout -o main main.c build/demo.a && ./main");
    write_project("");
    run(CMAKE_AND_RUN);
    /* They can become a part of a shared object, which does not show them. */
    run("${CC:-cc} -shared -o all.so out/demo_kernels_1.o "
        "out/demo_kernels_2.o && nm all.so | grep -q demo_0 && "
        "! nm -D all.so | grep -q demo_0");
}

static void sources_take_the_place_of_objects(void **state)
{
    (void)state;
    write_demo("\"-O1\"", ONE);
    emit("out", true);
    emit("out", false);
    run("test -e out/demo_kernels_1.c");
    folder_write("by.h", "#define BY 3\n");
    run("make -s -f out/demo.make && "
        "${CC:-cc} -Iout -o main main.c out/demo.a && ! ./main");
    emit("out", true);
    run("test ! -e out/demo_kernels_1.c && test -e out/demo_kernels_1.o");
}

/* ---- What else is linked ----------------------------------------------------------- */

static void shared_objects_are_linked_by_cmake(void **state)
{
    (void)state;
    write_demo("\"-O1\"",
               "{\"name\": \"a\", \"entry\": \"argv_scale\", \"language\": "
               "\"shared-object\", \"source\": \"one.so\"}");
    folder_write("object.c",
                 "void argv_scale(void *const *argv)\n"
                 "{\n"
                 "    **(float **)argv[1] = 2 * **(float **)argv[0];\n"
                 "}\n");
    run("${CC:-cc} -shared -fPIC -o one.so object.c");
    emit("out", false);
    write_project("");
    run(CMAKE_AND_RUN);
}

static void what_linking_needs_is_told_once(void **state)
{
    (void)state;
    write_demo("\"-O1\", \"-pthread\", \"-pthread\"",
               ONE ", {\"name\": \"b\", \"entry\": \"scale\", "
                   "\"flags\": [\"-pthread\", \"-O0\", \"-lm\"]}");
    emit("out", false);
    assert_true(has_text("out/demo.make", "demo_LIBS ?= -pthread -lm -lm\n"));
    assert_true(has_text("out/demo.cmake", "PUBLIC\n"
                                           "    \"-pthread\"\n"
                                           "    \"-lm\" m)\n"));
    write_project("");
    run(CMAKE_AND_RUN);
}

/* What the library needs comes from a package, or from the project. */
static void the_library_is_linked_where_it_is_needed(void **state)
{
    struct bed bed;

    (void)state;
    write_demo("\"-O1\"", ONE);
    bed_begin(&bed, "out");
    assert_ok(mk__units_add(&bed.files, bed.kernels, 1, false, true));
    assert_ok(bed_write(&bed));
    bed_free(&bed);
    folder_write("main.c", "const char *mk_version(void);\n" MAIN);
    write_project("add_library(fake INTERFACE)\n"
                  "target_compile_definitions(fake INTERFACE FAKE)\n"
                  "add_library(multikernel::multikernel ALIAS fake)\n");
    run("printf '#ifndef FAKE\\n#error the library is not used\\n#endif\\n' "
        ">>main.c");
    run(CMAKE_AND_RUN);
    write_project("find_package(multikernel QUIET)\nset(multikernel_DIR x)\n");
    run("rm -rf bld; ! cmake -S . -B bld >log 2>&1 && grep -q multikernel log");
    folder_write("pkg-config", "#!/bin/sh\necho -DASKED_${1#--}_$2\n");
    run("chmod +x pkg-config && PATH=\"$PWD:$PATH\" make -f out/demo.make "
        ">log && grep -q -e '-DASKED_cflags_multikernel' log");
    folder_write("Makefile", "all:\n\t@echo $(demo_LIBS) >log\n"
                             "include out/demo.make\n");
    run("PATH=\"$PWD:$PATH\" make && "
        "echo -DASKED_libs_multikernel -lm | cmp - log");
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_makefile_includes_it),
        TEST(make_builds_what_changed),
        TEST(make_honours_the_users_compiler),
        TEST(kernels_are_position_independent_and_hidden),
        TEST(a_cmake_project_includes_it),
        TEST(the_projects_settings_are_not_the_kernels),
        TEST(a_cxx_project_includes_it),
        TEST(flags_are_passed_on),
        TEST(a_variants_own_compiler_is_asked),
        TEST(objects_need_no_source),
        TEST(sources_take_the_place_of_objects),
        TEST(shared_objects_are_linked_by_cmake),
        TEST(what_linking_needs_is_told_once),
        TEST(the_library_is_linked_where_it_is_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

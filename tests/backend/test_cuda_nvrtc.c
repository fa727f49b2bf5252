/* CUDA source and the true NVRTC, where there is one; no GPU is needed. */
#include <pthread.h>

#include "base/folder.h"

#include "backend/cuda_compile.h"
#include "base/task.h"

#define ROWS                                                                   \
    "namespace norms {\n"                                                      \
    "template <int N, class T> __global__ void rows(T *x)\n"                   \
    "{\n"                                                                      \
    "    x[threadIdx.x] += N;\n"                                               \
    "}\n"                                                                      \
    "}\n"                                                                      \
    "extern \"C\" __global__ void plain(float *x) { *x = 1; }\n"

/* The folder's rows.cu, for capability 9.0. */
static struct mk__cuda_program program;
static char path[256];

static int start(void **state)
{
    if (folder_make(state) != 0)
        return -1;
    snprintf(path, sizeof(path), "%s", folder_path("rows.cu"));
    program = (struct mk__cuda_program){
        .name = "k",
        .path = path,
        .text = ROWS,
        .entry = "plain",
        .capability = 90,
    };
    return 0;
}

static void object_free(struct mk__cuda_object *object)
{
    free(object->image);
    free(object->symbol);
}

/* Whether the cubin has a section of code for the symbol. */
static bool has_code(const struct mk__cuda_object *object)
{
    char section[256];

    snprintf(section, sizeof(section), ".text.%s", object->symbol);
    return memcmp(object->image, "\177ELF", 4) == 0 &&
           memmem(object->image, object->length, section,
                  strlen(section) + 1) != NULL;
}

/* Compiles the program; whether it was found is as expected. */
static void build(bool found, const char *symbol)
{
    struct mk__cuda_object object;

    assert_ok(mk__cuda_compile(&program, &object));
    assert_int_equal(object.found, found);
    assert_string_equal(object.symbol, symbol);
    assert_true(has_code(&object));
    object_free(&object);
}

static void expect_error(const char *a, const char *b)
{
    struct mk__cuda_object object;

    assert_error(mk__cuda_compile(&program, &object), MK_ERROR_COMPILE, "k", a,
                 b);
    assert_non_null(mk_last_error()->log);
}

/* ---- Entries ------------------------------------------------------------------------ */

static void an_entry_is_found_by_its_name_in_cpp(void **state)
{
    (void)state;
    build(false, "plain");
    program.entry = "norms::rows<256, float>";
    build(false, "_ZN5norms4rowsILi256EfEEvPT0_");
    build(true, "_ZN5norms4rowsILi256EfEEvPT0_");
}

static void an_entry_that_is_not_there_is_told(void **state)
{
    static const char *const entries[] = { "nothing", "nothing<3>",
                                           "norms::rows<float>", "norms::rows",
                                           "" };

    (void)state;
    for (size_t i = 0; i < COUNT(entries); ++i) {
        program.entry = entries[i];
        expect_error("is not the C++ name of a __global__ function in", path);
    }
    program.text = "__device__ int help() { return 1; }\n" ROWS;
    program.entry = "help";
    expect_error("entry 'help' is not", "non-__global__");
}

/* ---- Options --------------------------------------------------------------------------- */

static void points_of_a_space_are_objects_of_their_own(void **state)
{
    mk_define define = { "N", "32" };
    struct mk__cuda_object a, b;

    (void)state;
    program.text = "template <int M> __global__ void add(int *x) { *x += M; }\n"
                   "#if N == 32\n"
                   "__global__ void kernel(int *x) { *x = N; }\n"
                   "#else\n"
                   "__global__ void kernel(int *x) { *x = N + *x; }\n"
                   "#endif\n";
    program.entry = "kernel";
    program.defines = &define;
    program.define_count = 1;
    assert_ok(mk__cuda_compile(&program, &a));
    define.value = "33";
    assert_ok(mk__cuda_compile(&program, &b));
    assert_string_equal(a.symbol, b.symbol);
    assert_true(a.length != b.length ||
                memcmp(a.image, b.image, a.length) != 0);
    object_free(&a);
    object_free(&b);
    build(true, "_Z6kernelPi");
    /* A macro may make the entry's arguments. */
    program.entry = "add<N>";
    build(false, "_Z3addILi33EEvPi");
}

static void an_architecture_of_the_users_own_wins(void **state)
{
    static const char *const flags[] = { "-arch", "sm_90a" };

    (void)state;
    program.text = "#ifdef __CUDA_ARCH_FEAT_SM90_ALL\n" ROWS "#endif\n";
    expect_error("entry 'plain'", "undefined");
    program.flags = flags;
    program.flag_count = COUNT(flags);
    build(false, "plain");
}

static void what_makes_no_cubin_is_told(void **state)
{
    static const char *const flags[] = { "-arch=compute_90" };
    struct mk__cuda_object object;

    (void)state;
    program.flags = flags;
    program.flag_count = COUNT(flags);
    assert_error(mk__cuda_compile(&program, &object), MK_ERROR_COMPILE,
                 "makes no cubin of it for compute_90");
}

static void options_that_are_none_are_told(void **state)
{
    static const char *const flags[] = { "--nonsense" };

    (void)state;
    program.capability = 10; /* a GPU that no NVRTC of today compiles for */
    expect_error("does not compile for sm_10", "gpu-architecture");
    program.capability = 90;
    program.flags = flags;
    program.flag_count = COUNT(flags);
    expect_error("with these flags", "--nonsense");
}

/* ---- Headers ------------------------------------------------------------------------ */

static void a_changed_header_is_compiled(void **state)
{
    static const char *const flags[] = { "--include-path=inner",
                                         "--std=c++17" };

    (void)state;
    program.text = "#include \"deep/a.h\"\n"
                   "__global__ void kernel(int *x) { *x = VALUE; }\n";
    program.entry = "kernel";
    program.flags = flags;
    program.flag_count = COUNT(flags);
    folder_write("deep/a.h", "#include \"../b.h\"\n#include <c.h>\n"
                             "#include \"d.h\"\n");
    folder_write("b.h", "#define VALUE (B + C)\n");
    folder_write("inner/c.h", "#define C 1\n");
    folder_write("d.h", "#define B 1\n");
    build(false, "_Z6kernelPi");
    build(true, "_Z6kernelPi");
    folder_write("inner/c.h", "#define C 2\n");
    build(false, "_Z6kernelPi");
    folder_write("d.h", "#define B 2\n");
    build(false, "_Z6kernelPi");
    /* NVRTC and the digest agree on which file goes before which. */
    folder_write("inner/d.h", "#define B 3\n");
    folder_write("d.h", "#error not this one\n");
    build(false, "_Z6kernelPi");
    folder_write("d.h", "#error nor this one\n");
    build(true, "_Z6kernelPi");
    folder_write("deep/d.h", "#define B 4\n");
    folder_write("inner/d.h", "#error not this one\n");
    build(false, "_Z6kernelPi");
    folder_write("inner/d.h", "#error nor this one\n");
    build(true, "_Z6kernelPi");
}

static void the_toolkits_headers_are_found(void **state)
{
    (void)state;
    if (!mk__file_exists("/usr/local/cuda/include/mma.h"))
        skip();
    unsetenv("CUDA_HOME");
    unsetenv("CUDA_PATH");
    program.text = "#include <cooperative_groups.h>\n"
                   "#include <cuda_fp16.h>\n"
                   "#include <mma.h>\n"
                   "__global__ void kernel(__half *x)\n"
                   "{ cooperative_groups::this_grid().sync(); *x = 1; }\n";
    program.entry = "kernel";
    build(false, "_Z6kernelP6__half");
}

/* ---- Errors ------------------------------------------------------------------------- */

static void an_error_tells_file_and_line(void **state)
{
    char line[300];

    (void)state;
    program.text = "\n__global__ void plain(float *x)\n{\n    *x = y;\n}\n";
    snprintf(line, sizeof(line), "%s(4): error: identifier \"y\"", path);
    expect_error("does not compile", line);
    assert_contains(mk_last_error()->log, "*x = y;");
    program.path = NULL;
    expect_error("does not compile", "the text of k(4): error:");
}

/* ---- At once ------------------------------------------------------------------------- */

#define THREADS  8
#define PROGRAMS 16

struct job {
    struct mk__task task;
    struct mk__cuda_program program;
    mk_define define;
    char value[8];
    struct mk__cuda_object object;
    int status;
};

static pthread_barrier_t together;

static void compile_job(struct mk__task *task)
{
    struct job *job = (struct job *)task;

    job->status = mk__cuda_compile(&job->program, &job->object);
}

static void *compile_two(void *context)
{
    struct job *jobs = context;

    (void)pthread_barrier_wait(&together);
    compile_job(&jobs[0].task);
    compile_job(&jobs[1].task);
    return NULL;
}

static void check_jobs(struct job *jobs, bool found)
{
    for (size_t i = 0; i < PROGRAMS; ++i) {
        assert_int_equal(jobs[i].status, MK_OK);
        assert_int_equal(jobs[i].object.found, found);
        assert_true(has_code(&jobs[i].object));
        for (size_t j = 0; j < i && !found; ++j)
            assert_true(jobs[i].object.length != jobs[j].object.length ||
                        memcmp(jobs[i].object.image, jobs[j].object.image,
                               jobs[i].object.length) != 0);
    }
    for (size_t i = 0; i < PROGRAMS; ++i)
        object_free(&jobs[i].object);
}

static void many_compile_at_once(void **state)
{
    static struct job jobs[PROGRAMS];
    pthread_t threads[THREADS];

    (void)state;
    program.text = "__global__ void kernel(float *x) { *x *= N; }\n";
    program.entry = "kernel";
    for (size_t i = 0; i < PROGRAMS; ++i) {
        snprintf(jobs[i].value, sizeof(jobs[i].value), "%zu", i + 3);
        jobs[i].define = (mk_define){ "N", jobs[i].value };
        jobs[i].program = program;
        jobs[i].program.defines = &jobs[i].define;
        jobs[i].program.define_count = 1;
        jobs[i].task.run = compile_job;
    }
    assert_int_equal(pthread_barrier_init(&together, NULL, THREADS), 0);
    for (size_t i = 0; i < THREADS; ++i)
        assert_int_equal(
            pthread_create(&threads[i], NULL, compile_two, &jobs[2 * i]), 0);
    for (size_t i = 0; i < THREADS; ++i)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    (void)pthread_barrier_destroy(&together);
    check_jobs(jobs, false);
    for (size_t i = 0; i < PROGRAMS; ++i)
        mk__task_start(&jobs[i].task);
    for (size_t i = 0; i < PROGRAMS; ++i)
        mk__task_finish(&jobs[i].task);
    check_jobs(jobs, true);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(an_entry_is_found_by_its_name_in_cpp),
        TEST(an_entry_that_is_not_there_is_told),
        TEST(points_of_a_space_are_objects_of_their_own),
        TEST(an_architecture_of_the_users_own_wins),
        TEST(what_makes_no_cubin_is_told),
        TEST(options_that_are_none_are_told),
        TEST(a_changed_header_is_compiled),
        TEST(the_toolkits_headers_are_found),
        TEST(an_error_tells_file_and_line),
        TEST(many_compile_at_once),
    };
    const char *version;

    if (mk__cuda_compiler(&version) != MK_OK) {
        printf("skipped: %s\n", mk_last_error()->message);
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

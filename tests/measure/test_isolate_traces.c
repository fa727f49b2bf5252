/* Rule C6: nothing of a run elsewhere stays behind, and runs do not meet. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "base/no_memory.h"
#include "measure/elsewhere.h"

/* ---- What stays ------------------------------------------------------------------ */

static size_t open_files(void)
{
    DIR *folder_stream = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(folder_stream);
    while (readdir(folder_stream) != NULL)
        count += 1;
    (void)closedir(folder_stream);
    return count;
}

static void expect_nothing_left(size_t files_before)
{
    assert_int_equal(open_files(), files_before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child at all */
    assert_int_equal(errno, ECHILD);
}

static void C6_nothing_is_left_after_many_runs(void **state)
{
    static const char *const names[] = { "none", "segv", "exit_3", "abort",
                                         "loop" };
    const struct mk__limits limits = { 60000, ELSEWHERE_MEMORY };
    const struct mk__limits brief = { 20, ELSEWHERE_MEMORY };
    size_t files = open_files();
    sigset_t before, after;

    (void)state;
    assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &before), 0);
    for (int way = 0; way < FAULTY_WAYS; ++way) {
        for (size_t k = 0; k < COUNT(names); ++k) {
            mk_kernel *kernel = faulty_kernel((enum faulty_way)way, names[k]);

            for (int i = 0; i < 5; ++i) {
                struct mk__ending ending;

                assert_ok(elsewhere_try(
                    kernel, strcmp(names[k], "loop") == 0 ? &brief : &limits,
                    &ending));
            }
            mk_kernel_destroy(kernel);
        }
    }
    expect_nothing_left(files);
    assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &after), 0);
    for (int number = 1; number < SIGRTMIN; ++number)
        assert_int_equal(sigismember(&before, number),
                         sigismember(&after, number));
}

static int run_one(void)
{
    mk_kernel *kernel;
    struct mk__ending ending;
    mk_source source = MK_SOURCE_INIT;
    int status;

    source.text = "#include <stdint.h>\n"
                  "void fill(float *y, int64_t n) { y[n - 1] = 7; }\n";
    source.entry = "fill";
    status = mk_kernel_source(&kernel, &faulty_signature, "k", &source, NULL);
    if (status == MK_OK) {
        status = elsewhere_try(kernel, NULL, &ending);
        if (status == MK_OK && ending.ended != MK__RETURNED)
            status = MK_ERROR_NO_MEMORY; /* while it was compiled, and kept */
    }
    mk_kernel_destroy(kernel);
    return status;
}

static void C6_nothing_is_left_where_memory_runs_out(void **state)
{
    size_t files = open_files();

    (void)state;
    assert_ok(run_one());
    assert_true(fail_every_allocation(run_one) > 5);
    expect_nothing_left(files);
}

/* No pipe, no memory, no process: each is missing in turn. */
static void C6_nothing_is_left_where_files_run_out(void **state)
{
    mk_kernel *kernel = faulty_kernel(FAULTY_WORKER, "none");
    struct rlimit before, limited;
    struct mk__ending ending;
    size_t files = open_files();
    int failures = 0;
    int status = MK_ERROR_IO;

    (void)state;
    assert_ok(elsewhere_try(kernel, NULL, &ending));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    /* Also those that this process has, and never fewer. */
    for (rlim_t most = 3; most < 64 && status != MK_OK; ++most) {
        limited = before;
        limited.rlim_cur = most;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limited), 0);
        status = elsewhere_try(kernel, NULL, &ending);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        if (status != MK_OK) {
            failures += 1;
            assert_int_equal(mk_last_error()->status, MK_ERROR_IO);
        }
        expect_nothing_left(files);
    }
    assert_ok(status);
    assert_true(failures >= 2);
    mk_kernel_destroy(kernel);
}

static void C6_no_core_file_is_left(void **state)
{
    struct rlimit before, unlimited;
    char *here = getcwd(NULL, 0);

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_CORE, &before), 0);
    unlimited = before;
    unlimited.rlim_cur = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_CORE, &unlimited), 0);
    assert_int_equal(chdir(folder), 0);
    for (int way = 0; way < FAULTY_WAYS; ++way)
        assert_int_equal(
            elsewhere_run((enum faulty_way)way, "segv", NULL).ended,
            MK__SIGNALLED);
    assert_int_equal(chdir(here), 0);
    assert_int_equal(setrlimit(RLIMIT_CORE, &before), 0);
    assert_int_equal(count_files("core"), 0);
    free(here);
}

/* Whether the process is there; one that nobody reaps is not. */
static bool alive(pid_t process)
{
    char name[64];
    char text[256] = "";
    const char *state;
    FILE *file;

    snprintf(name, sizeof(name), "/proc/%ld/stat", (long)process);
    file = fopen(name, "r");
    if (file == NULL)
        return false;
    (void)!fgets(text, sizeof(text), file);
    (void)fclose(file);
    state = strrchr(text, ')');
    return state != NULL && strchr("ZX", state[2]) == NULL;
}

static pid_t kernel_process(void)
{
    return (pid_t) * (volatile float *)elsewhere.y;
}

static void C6_it_ends_with_its_parent(void **state)
{
    const struct timespec pause = { .tv_nsec = 1000000 };

    (void)state;
    for (int way = 0; way < FAULTY_WAYS; ++way) {
        mk_kernel *kernel = faulty_kernel((enum faulty_way)way, "named_loop");
        struct mk__ending ending;
        pid_t parent;

        elsewhere.y[0] = 0;
        assert_ok(mk_kernel_wait(kernel));
        parent = fork();
        assert_true(parent >= 0);
        if (parent == 0) {
            (void)elsewhere_try(kernel, NULL, &ending);
            _exit(0);
        }
        while (kernel_process() == 0)
            (void)nanosleep(&pause, NULL);
        assert_int_equal(kill(parent, SIGKILL), 0);
        assert_int_equal(waitpid(parent, NULL, 0), parent);
        while (alive(kernel_process()))
            (void)nanosleep(&pause, NULL);
        mk_kernel_destroy(kernel);
    }
}

/* ---- Several at once ------------------------------------------------------------- */

struct caller {
    mk_kernel *kernel;
    struct mk__shared shared;
    int bad;
};

static void *call_often(void *context)
{
    const struct mk__limits limits = { 60000, ELSEWHERE_MEMORY };
    struct caller *caller = context;
    float *y = (float *)(void *)caller->shared.memory;
    int64_t n = 8;
    void *argv[] = { &y, &n };

    for (int i = 0; i < 10; ++i) {
        struct mk__ending ending;

        memset(caller->shared.memory, 0, sizeof(*y) * 8);
        if (mk__isolate(caller->kernel, &caller->shared, argv, &limits,
                        MK_DEFAULT_STREAM, &ending) != MK_OK ||
            ending.ended != MK__RETURNED || y[7] != 7)
            caller->bad += 1;
    }
    return NULL;
}

static void C6_threads_isolate_at_once(void **state)
{
    pthread_t threads[4];
    struct caller callers[COUNT(threads)];
    size_t files = open_files();

    (void)state;
    for (size_t i = 0; i < COUNT(threads); ++i) {
        callers[i].bad = 0;
        callers[i].kernel =
            faulty_kernel(i % 2 == 0 ? FAULTY_WORKER : FAULTY_FORK, "none");
        assert_ok(mk__shared_make(&callers[i].shared, 32, 4096));
        assert_int_equal(
            pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    for (size_t i = 0; i < COUNT(threads); ++i) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(callers[i].bad, 0);
        mk_kernel_destroy(callers[i].kernel);
        mk__shared_free(&callers[i].shared);
    }
    expect_nothing_left(files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ELSEWHERE_TEST(C6_nothing_is_left_after_many_runs),
        ELSEWHERE_TEST(C6_nothing_is_left_where_memory_runs_out),
        ELSEWHERE_TEST(C6_nothing_is_left_where_files_run_out),
        ELSEWHERE_TEST(C6_no_core_file_is_left),
        ELSEWHERE_TEST(C6_it_ends_with_its_parent),
        ELSEWHERE_TEST(C6_threads_isolate_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

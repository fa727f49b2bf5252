/* The CPU as a device. */
#include <jansson.h>

#include "base/folder.h"

#include "backend/backends.h"
#include "backend/cpu.h"
#include "base/alloc.h"

/* ---- Features ------------------------------------------------------------------- */

/* The flags line of /proc/cpuinfo with a space at either end, or NULL where
 * there is none. */
static bool read_flags(char *flags, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    bool found = false;

    while (file != NULL && !found && fgets(flags, (int)size, file) != NULL)
        found = strncmp(flags, "flags", 5) == 0 ||
                strncmp(flags, "Features", 8) == 0;
    if (file != NULL)
        (void)fclose(file);
    if (found)
        flags[strcspn(flags, "\n")] = ' ';
    return found;
}

static bool has_flag(const char *flags, const char *name)
{
    char *word = mk__format(" %s ", name);
    bool found = strstr(flags, word) != NULL;

    free(word);
    return found;
}

static void features_are_those_the_system_tells_of(void **state)
{
    struct mk__str text = MK__STR_INIT;
    char flags[16384];
    char *name, *rest;

    (void)state;
    if (!read_flags(flags, sizeof(flags)))
        skip();
    mk__cpu_features(&text);
    for (name = strtok_r(text.text, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest))
        if (strcmp(name, "sse3") != 0) /* "pni" there */
            assert_true(has_flag(flags, name));
    mk__str_free(&text);
}

static void a_feature_is_had_or_not(void **state)
{
    static const char *const names[] = {
        "sse2",     "pni",         "ssse3",    "sse4_1",   "sse4_2",
        "popcnt",   "fma",         "f16c",     "avx",      "avx2",
        "bmi1",     "bmi2",        "abm",      "avx512f",  "avx512bw",
        "avx512vl", "avx512_vnni", "amx_tile", "avx_vnni", "vaes",
        "gfni",     "asimd",       "sve",      "asimdhp",
    };
    char flags[16384];

    (void)state;
    assert_false(mk__cpu_has_feature("no_such_feature"));
    assert_false(mk__cpu_has_feature(""));
    if (!read_flags(flags, sizeof(flags)))
        skip();
    for (size_t i = 0; i < COUNT(names); ++i)
        if (mk__cpu_has_feature(names[i]) != has_flag(flags, names[i]))
            fail_msg("%s is told wrong", names[i]);
}

/* ---- Fingerprint ------------------------------------------------------------------ */

static void the_fingerprint_is_one_line_of_json(void **state)
{
    const char *json, *again;
    json_error_t error;
    json_t *object;

    (void)state;
    assert_ok(mk__device_cpu.fingerprint(&mk__device_cpu, &json));
    assert_ok(mk__device_cpu.fingerprint(&mk__device_cpu, &again));
    assert_ptr_equal(json, again);
    assert_null(strchr(json, '\n'));
    object = json_loads(json, 0, &error);
    assert_true(json_is_object(object));
    assert_true(json_is_string(json_object_get(object, "model")));
    assert_true(json_is_string(json_object_get(object, "features")));
    assert_true(json_is_string(json_object_get(object, "libc")));
    assert_true(json_is_integer(json_object_get(object, "cores")));
    assert_true(json_is_integer(json_object_get(object, "threads")));
    json_decref(object);
}

/* ---- Topology: asked once per boot --------------------------------------------------- */

/* Another process's view, which begins without one of its own. */
static char *topology_elsewhere(void)
{
    const char *const argv[] = { "/proc/self/exe", "topology", NULL };
    char *output;
    int exit_status;

    assert_ok(mk__proc_run(argv, &output, &exit_status));
    assert_int_equal(exit_status, 0);
    return output;
}

static int print_topology(void)
{
    const struct mk__cpu_topology *topology = mk__cpu_topology();

    return printf("%zu %zu %zu %zu %zu %zu\n", topology->cache[0],
                  topology->cache[1], topology->cache[2], topology->cache[3],
                  topology->cores, topology->threads) < 0;
}

static void check_topology(const char *expected)
{
    char *found = topology_elsewhere();

    assert_string_equal(found, expected);
    free(found);
}

static void the_topology_is_kept(void **state)
{
    char *asked = topology_elsewhere();
    char *line;

    (void)state;
    if (count_files(".txt") == 0) {
        free(asked);
        skip(); /* the boot has no number here */
    }
    check_topology(asked);
    assert_ok(mk__file_read(found_file, &line, NULL));
    free(line);
    /* What is kept is believed, */
    line = mk__strdup("1 2 3 4 5 6 \n");
    assert_ok(mk__file_write(found_file, line, strlen(line)));
    check_topology("1 2 3 4 5 6\n");
    /* unless there is a doubt. */
    assert_ok(mk__file_write(found_file, line, strlen(line) - 1));
    check_topology(asked);
    assert_ok(mk__file_write(found_file, "1 2 3 none", 10));
    check_topology(asked);
    free(line);
    free(asked);
}

static void a_cache_folder_that_is_a_file_does_not_matter(void **state)
{
    char *asked = topology_elsewhere();

    (void)state;
    folder_write("file", "in the way");
    setenv("MULTIKERNEL_CACHE_DIR", folder_path("file"), 1);
    check_topology(asked);
    free(asked);
}

/* ---- Memory ----------------------------------------------------------------------------- */

static void memory_is_had_filled_copied_and_given_back(void **state)
{
    const mk_device *cpu = &mk__device_cpu;
    void *one, *other;

    (void)state;
    assert_ok(cpu->allocate(cpu, 100, MK_DEFAULT_STREAM, &one));
    assert_ok(cpu->allocate(cpu, 0, MK_DEFAULT_STREAM, &other));
    assert_int_equal((uintptr_t)one % 4096, 0);
    assert_non_null(other);
    cpu->release(cpu, other, MK_DEFAULT_STREAM);
    assert_ok(cpu->allocate(cpu, 100, MK_DEFAULT_STREAM, &other));
    assert_ok(cpu->fill(cpu, one, 0xab, 100, MK_DEFAULT_STREAM));
    assert_ok(cpu->copy(cpu, other, one, 100, MK_DEFAULT_STREAM));
    for (size_t i = 0; i < 100; ++i)
        assert_int_equal(((const unsigned char *)other)[i], 0xab);
    cpu->release(cpu, one, MK_DEFAULT_STREAM);
    cpu->release(cpu, other, MK_DEFAULT_STREAM);
    assert_true(cpu->free_memory(cpu) > 0);
    assert_int_equal(cpu->allocate(cpu, SIZE_MAX, MK_DEFAULT_STREAM, &one),
                     MK_ERROR_NO_MEMORY);
    assert_int_equal(mk_last_error()->status, MK_ERROR_NO_MEMORY);
}

int main(int argc, char **argv)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(features_are_those_the_system_tells_of),
        TEST(a_feature_is_had_or_not),
        TEST(the_fingerprint_is_one_line_of_json),
        TEST(the_topology_is_kept),
        TEST(a_cache_folder_that_is_a_file_does_not_matter),
        TEST(memory_is_had_filled_copied_and_given_back),
    };

    if (argc > 1 && strcmp(argv[1], "topology") == 0)
        return print_topology();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

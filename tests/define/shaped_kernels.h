/* Kernels whose times depend on a size n so much that the fastest is certain.
 * Each adds a number of its own to its results, within the tolerance, so that a
 * call tells which one ran: never 0, small 1, large 2. */
#ifndef MULTIKERNEL_TESTS_DEFINE_SHAPED_KERNELS_H
#define MULTIKERNEL_TESTS_DEFINE_SHAPED_KERNELS_H

#include "folder.h"

#include "backend/kernel.h"
#include "choose/multi.h"
#include "define/definition.h"

#define NEVER 0
#define SMALL 1
#define LARGE 2

static const char source[] =
    "#include <stdint.h>\n"
    "#ifndef EXTRA\n"
    "#define EXTRA 0\n"
    "#endif\n"
    "static void run(const float *x, float *y, int64_t n, float add,\n"
    "                int64_t rounds)\n"
    "{\n"
    "    for (volatile int64_t i = 0; i < rounds; ++i) {\n"
    "    }\n"
    "    for (int64_t i = 0; i < n; ++i)\n"
    "        y[i] = x[i] + add;\n"
    "}\n"
    "void never(const float *x, float *y, int64_t n)\n"
    "{\n"
    "    run(x, y, n, 0, 40000);\n"
    "}\n"
    "void small(const float *x, float *y, int64_t n)\n"
    "{\n"
    "    run(x, y, n, 1, n < 100 ? EXTRA : 20000);\n"
    "}\n"
    "void large(const float *x, float *y, int64_t n)\n"
    "{\n"
    "    run(x, y, n, 2, n < 100 ? 20000 : 0);\n"
    "}\n"
    "void scratch(const float *x, float *y, int64_t n, uint8_t *w)\n"
    "{\n"
    "    w[63] = 0;\n"
    "    small(x, y, n);\n"
    "}\n"
    "void object(void *const *argv);\n"
    "void object(void *const *argv)\n"
    "{\n"
    "    small(*(const float **)argv[0], *(float **)argv[1],\n"
    "          *(int64_t *)argv[2]);\n"
    "}\n";

static const char form[] =
    "{\"multikernel\": 1, \"name\": \"shaped\", \"language\": \"c\", "
    "\"source\": \"k.c\", \"flags\": [\"-O1\"],\n"
    " \"params\": [\n"
    "  {\"name\": \"x\", \"type\": \"float32*\", \"intent\": \"in\", "
    "\"shape\": [\"n\"]},\n"
    "  {\"name\": \"y\", \"type\": \"float32*\", \"intent\": \"out\", "
    "\"shape\": [\"n\"]},\n"
    "  {\"name\": \"n\", \"type\": \"int64\"}],\n"
    " \"sizes\": {\"n\": 24, \"m\": 1}, \"tolerance\": {\"atol\": 100},\n"
    " \"variants\": [\nVARIANTS]HINTS}";

#define NEVER_ONE "{\"name\": \"never\", \"entry\": \"never\"}"
#define SMALL_ONE "{\"name\": \"small\", \"entry\": \"small\"}"
#define LARGE_ONE "{\"name\": \"large\", \"entry\": \"large\"}"
#define ALL_THREE NEVER_ONE ", " SMALL_ONE ", " LARGE_ONE
#define TWO_HINTS "{\"n\": [10, 1000]}"

static inline int make_folder(void **state)
{
    char *command;
    int status;

    if (folder_make(state) != 0)
        return -1;
    folder_write("k.c", source);
    command = mk__format("${CC:-cc} -shared -fPIC -o '%s/k.so' '%s/k.c'",
                         folder, folder);
    status = system(command); // NOLINT
    free(command);
    return status;
}

/* Nothing is remembered from another test. */
static inline int forget(void **state)
{
    static unsigned tests;
    char *path = mk__format("%s/cache%u", folder, tests++);
    int status = setenv("MULTIKERNEL_CACHE_DIR", path, 1);

    (void)state;
    free(path);
    return status;
}

#define SHAPED_TEST(function) cmocka_unit_test_setup(function, forget)

/* `hints` is NULL for none. */
static inline mk_definition *define(const char *variants, const char *hints)
{
    char *key = hints != NULL ? mk__format(", \"size_hints\": %s", hints)
                              : mk__strdup("");
    char *most = replaced(form, "VARIANTS", variants);
    char *content = replaced(most, "HINTS", key);
    mk_definition *definition;

    folder_write("d.mk.json", content);
    free(content);
    free(most);
    free(key);
    if (mk_definition_load(&definition, folder_path("d.mk.json")) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return definition;
}

/* Options that count the samples that are taken: of tunings. */
static size_t samples;

static inline void count_sample(void *context, const mk_sample *sample)
{
    (void)context;
    (void)sample;
    samples += 1;
}

static inline mk_multi_options counting(void)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;

    samples = 0;
    options.trace = count_sample;
    options.budget_ms = 20;
    return options;
}

/* By shape. */
static inline mk_multi *shaped(const mk_definition *definition,
                               const mk_multi_options *options)
{
    mk_multi *multi;

    if (mk_definition_multi_by_shape(&multi, definition, NULL, 0, options) !=
        MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return multi;
}

static inline void assert_kernels(const mk_multi *multi, const char *names)
{
    char *got = mk__pick_names(multi);

    assert_string_equal(got, names);
    free(got);
}

/* Calls with n elements; which kernel ran. */
static inline int run_at(mk_multi *multi, const mk_definition *definition,
                         int64_t n)
{
    const mk_size size = { "n", n };
    mk_arguments *arguments;
    const mk_arg *list;
    size_t count;
    float added;

    if (mk_arguments_create(&arguments, definition, multi, &size, 1, 1) !=
        MK_OK)
        fail_msg("%s", mk_last_error()->message);
    list = mk_arguments_list(arguments, &count);
    if (mk_run(multi, list, count, MK_DEFAULT_STREAM) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    added = ((float *)list[1].tensor->data)[n - 1] -
            ((float *)list[0].tensor->data)[n - 1];
    mk_arguments_destroy(arguments);
    return (int)(added + 0.5F);
}

static inline mk_origin origin_of(mk_multi *multi)
{
    mk_report *report;
    mk_origin from;

    assert_int_equal(mk_multi_report(multi, &report), MK_OK);
    from = report->from;
    mk_report_destroy(report);
    return from;
}

#endif

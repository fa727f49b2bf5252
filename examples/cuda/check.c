/* Runs every variant of the examples here on a GPU, one by one, and compares what
 * it computes with a reference in double on the CPU.
 *
 *   example_cuda_check examples/cuda/softmax/softmax.mk.json...
 *   example_cuda_check --size rows=64,cols=65536 --size rows=3,cols=1001 \
 *       examples/cuda/softmax/softmax.mk.json
 *   example_cuda_check --small examples/cuda/softmax/softmax.mk.json
 *
 * A line each: the largest error, and how much of the tolerance it takes (over 1
 * is wrong). Without sizes: at those of reference.c, which make every flavour run
 * somewhere; --small: at few and small ones, as for compute-sanitizer.
 * Exit status: 0 all are right, 1 one is not, 2 wrong usage, 77 no GPU. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <multikernel/cuda.h>
#include <multikernel/multikernel.h>

#include "poison.h"
#include "reference.h"

enum {
    MAX_SHAPES = 32,
    MAX_SIZES = 3,
    DEVICE = 0 /* of definitions that name none */
};

/* One definition at some sizes, ready to run. */
struct bench {
    const struct operation *operation;
    mk_definition *definition;
    mk_multi *multi;
    mk_arguments *arguments;
    mk_size sizes[MAX_SIZES];
    size_t size_count;
    size_t values[MAX_SIZES];
    size_t output;     /* index of the result's argument */
    size_t results;    /* elements of the result */
    double *reference; /* of them */
    float *got;
    float *in[3];
    char title[256];
};

/* ---- Sizes ------------------------------------------------------------------ */

/* A size given as NAME=NUMBER,... goes over the default. */
static void set_size(struct bench *bench, const char *name, size_t length,
                     int64_t value)
{
    for (size_t i = 0; i < bench->size_count; ++i)
        if (strncmp(bench->sizes[i].name, name, length) == 0 &&
            bench->sizes[i].name[length] == '\0')
            bench->sizes[i].value = value;
}

static void read_sizes(struct bench *bench, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "=");
        char *end = NULL;

        if (text[length] == '\0')
            return;
        set_size(bench, text, length, strtoll(text + length + 1, &end, 10));
        text = *end == ',' ? end + 1 : end;
    }
}

/* The defaults, then those of the text. */
static void find_sizes(struct bench *bench, const char *text)
{
    size_t count;
    const mk_size *sizes = mk_definition_sizes(bench->definition, &count);
    int used;

    bench->size_count = count < MAX_SIZES ? count : MAX_SIZES;
    memcpy(bench->sizes, sizes, bench->size_count * sizeof(*sizes));
    read_sizes(bench, text);
    used = snprintf(bench->title, sizeof(bench->title), "%s",
                    mk_definition_name(bench->definition));
    for (size_t i = 0; i < bench->size_count; ++i) {
        bench->values[i] = (size_t)bench->sizes[i].value;
        used +=
            snprintf(bench->title + used, sizeof(bench->title) - (size_t)used,
                     " %s=%zu", bench->sizes[i].name, bench->values[i]);
    }
}

/* ---- Arguments and reference -------------------------------------------------- */

static size_t elements_of(const struct bench *bench, size_t in)
{
    const size_t *sizes = bench->values;

    if (bench->size_count == 3) /* a: m x k, b: k x n */
        return in == 0 ? sizes[0] * sizes[2] : sizes[2] * sizes[1];
    return in == 0 ? sizes[0] * sizes[1] : sizes[1];
}

/* Copies the inputs, and finds the result among the arguments. */
static int read_inputs(struct bench *bench)
{
    size_t in = 0;

    for (size_t i = 0; i < mk_multi_param_count(bench->multi); ++i) {
        const mk_param *param = mk_multi_param(bench->multi, i);
        size_t bytes;
        int status;

        if (param->rank == MK_SCALAR || param->intent == MK_WORKSPACE)
            continue;
        if (param->intent == MK_OUT) {
            bench->output = i;
            continue;
        }
        bytes = elements_of(bench, in) * sizeof(float);
        bench->in[in] = malloc(bytes);
        if (bench->in[in] == NULL)
            return MK_ERROR_NO_MEMORY;
        status = mk_arguments_read(bench->arguments, i, bench->in[in++], bytes);
        if (status != MK_OK)
            return status;
    }
    return MK_OK;
}

static int compute_reference(struct bench *bench)
{
    struct problem problem = { { bench->in[0], bench->in[1], bench->in[2] },
                               bench->values };

    bench->results = bench->operation->results(bench->values);
    bench->reference = malloc(bench->results * sizeof(*bench->reference));
    bench->got = malloc(bench->results * sizeof(*bench->got));
    if (bench->reference == NULL || bench->got == NULL)
        return MK_ERROR_NO_MEMORY;
    bench->operation->compute(&problem, bench->reference);
    return MK_OK;
}

static int prepare(struct bench *bench)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    int status;

    /* What the library itself would check, measure and remember is left out. */
    options.mode = MK_MODE_CACHED;
    options.disable_cache = true;
    status = mk_definition_multi(&bench->multi, bench->definition, bench->sizes,
                                 bench->size_count, &options);
    if (status == MK_OK)
        status = mk_arguments_create(&bench->arguments, bench->definition,
                                     bench->multi, bench->sizes,
                                     bench->size_count, 1);
    if (status == MK_OK)
        status = read_inputs(bench);
    if (status == MK_OK)
        status = compute_reference(bench);
    return status;
}

static void clean_up(struct bench *bench)
{
    for (size_t i = 0; i < 3; ++i)
        free(bench->in[i]);
    free(bench->got);
    free(bench->reference);
    mk_arguments_destroy(bench->arguments);
    mk_multi_destroy(bench->multi);
}

/* ---- Running ------------------------------------------------------------------ */

/* The largest error, and the largest in units of what is tolerated; a NaN is
 * beyond all tolerance. */
static double worst_error(const struct bench *bench, double *in_tolerances)
{
    double worst = 0;

    *in_tolerances = 0;
    for (size_t i = 0; i < bench->results; ++i) {
        double right = bench->reference[i];
        double error = fabs((double)bench->got[i] - right);
        double tolerance =
            bench->operation->atol + bench->operation->rtol * fabs(right);
        double share = error <= tolerance && error == 0 ? 0 : error / tolerance;

        if (isnan(error))
            error = share = (double)INFINITY;
        worst = fmax(worst, error);
        *in_tolerances = fmax(*in_tolerances, share);
    }
    return worst;
}

static int tell(const struct bench *bench, const char *variant,
                const char *what, const char *detail)
{
    printf("%-40s %-44s %s%s%s\n", bench->title, variant, what,
           *detail ? ": " : "", detail);
    fflush(stdout);
    return strcmp(what, "not eligible") != 0;
}

/* The caller's part: outputs that nothing is known of, and zeros where the kernels
 * count on them, though a variant before may have left others. NULL, or what went
 * wrong. */
static const char *make_ready(const struct bench *bench, const mk_arg *args,
                              size_t count)
{
    const char *broken =
        poison(args[bench->output].value.data, bench->results * sizeof(float));

    for (size_t i = 0; i < count && broken == NULL; ++i) {
        const mk_param *param = mk_multi_param(bench->multi, i);

        if ((param->flags & MK_PARAM_ZERO) != 0)
            broken =
                clear(args[i].tensor->data, (size_t)args[i].tensor->shape[0]);
    }
    return broken;
}

/* Runs variant `index`, which is forced; 1 where it is wrong. */
static int run_variant(struct bench *bench, const char *name, size_t index)
{
    size_t bytes = bench->results * sizeof(float);
    double share;
    double error;
    size_t count;
    const mk_arg *args = mk_arguments_list(bench->arguments, &count);
    mk_report *report = NULL;
    size_t ran;
    const char *broken = make_ready(bench, args, count);

    if (broken != NULL)
        return tell(bench, name, "FAILED", broken);
    if (mk_run(bench->multi, args, count, MK_DEFAULT_STREAM) != MK_OK)
        return tell(bench, name, "FAILED", mk_last_error()->message);
    if (mk_arguments_read(bench->arguments, bench->output, bench->got, bytes) !=
            MK_OK ||
        mk_multi_report(bench->multi, &report) != MK_OK)
        return tell(bench, name, "FAILED", mk_last_error()->message);
    ran = report->pick;
    if (ran != index) {
        mk_fate fate = report->candidates[index].fate;
        int wrong = tell(bench, name,
                         fate == MK_FATE_INELIGIBLE ? "not eligible" : "FAILED",
                         report->candidates[index].detail);

        mk_report_destroy(report);
        return wrong;
    }
    mk_report_destroy(report);
    error = worst_error(bench, &share);
    printf("%-40s %-44s max error %.2e, %5.3f of tolerance  %s\n", bench->title,
           name, error, share, share <= 1 ? "ok" : "WRONG");
    fflush(stdout);
    return share > 1;
}

/* How many variants are wrong. */
static int run_variants(struct bench *bench)
{
    mk_report *report;
    int wrong = 0;

    if (mk_multi_report(bench->multi, &report) != MK_OK)
        return tell(bench, "", "FAILED", mk_last_error()->message);
    for (size_t i = 0; i < report->count; ++i) {
        const char *name = report->candidates[i].name;

        if (mk_multi_force(bench->multi, name) != MK_OK)
            wrong += tell(bench, name, "FAILED", mk_last_error()->message);
        else
            wrong += run_variant(bench, name, i);
    }
    mk_report_destroy(report);
    return wrong;
}

static int check_at(const struct operation *operation,
                    mk_definition *definition, const char *text)
{
    struct bench bench = { .operation = operation, .definition = definition };
    int wrong;

    find_sizes(&bench, text);
    if (prepare(&bench) == MK_OK)
        wrong = run_variants(&bench);
    else
        wrong = tell(&bench, "", "FAILED", mk_last_error()->message);
    clean_up(&bench);
    return wrong;
}

/* At `shapes`, which end with NULL; where there are none, the operation's own. */
static int check(const char *path, const char *const *shapes, int small)
{
    mk_definition *definition;
    const struct operation *operation;
    int wrong = 0;

    if (mk_definition_load(&definition, path) != MK_OK) {
        printf("FAILED: %s\n", mk_last_error()->message);
        return 1;
    }
    operation = operation_named(mk_definition_name(definition));
    if (operation == NULL) {
        printf("FAILED: %s: no reference for '%s'\n", path,
               mk_definition_name(definition));
        wrong = 1;
    } else {
        if (shapes[0] == NULL)
            shapes = small ? operation->small : operation->shapes;
        for (; *shapes != NULL; ++shapes)
            wrong += check_at(operation, definition, *shapes);
    }
    mk_definition_destroy(definition);
    return wrong;
}

/* Returns the index of the first definition, 0 where usage is wrong. */
static int read_options(int argc, char **argv, const char **shapes, int *small)
{
    size_t count = 0;
    int at = 1;

    *small = 0;
    for (; at < argc && argv[at][0] == '-'; ++at) {
        if (strcmp(argv[at], "--small") == 0)
            *small = 1;
        else if (strcmp(argv[at], "--size") == 0 && at + 1 < argc &&
                 count < MAX_SHAPES)
            shapes[count++] = argv[++at];
        else
            return 0;
    }
    shapes[count] = NULL;
    return at < argc && !(*small && count > 0) ? at : 0;
}

int main(int argc, char **argv)
{
    const char *shapes[MAX_SHAPES + 1];
    int small;
    int gpus;
    int wrong = 0;
    int first = read_options(argc, argv, shapes, &small);
    const char *broken;

    if (first == 0) {
        fprintf(stderr,
                "usage: %s [--small | --size NAME=NUMBER,...]... "
                "DEFINITION...\n",
                argv[0]);
        return 2;
    }
    if (mk_cuda_device_count(&gpus) != MK_OK) {
        fprintf(stderr, "%s: %s\n", argv[0], mk_last_error()->message);
        return 77;
    }
    broken = poison_open(DEVICE);
    if (broken != NULL) {
        fprintf(stderr, "%s: %s\n", argv[0], broken);
        return 1;
    }
    for (int i = first; i < argc; ++i)
        wrong += check(argv[i], shapes, small);
    printf("%d wrong\n", wrong);
    return wrong > 0;
}

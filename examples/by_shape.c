/* A server's loop: every request multiplies matrices of sizes of its own, and the
 * multi-kernel picks by shape.
 *
 * At the start it holds, for every size hint of the definition, the variant that
 * is fastest there (tuned now, or found in the store). A request runs the nearest
 * hint's; where the nearest hints disagree, the shapes are measured once, not too
 * often, and remembered.
 *
 *   by_shape [MATMUL.mk.json [REQUESTS]]
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <multikernel/multikernel.h>

#define DEFINITION    "examples/kernels/matmul/matmul.mk.json"
#define REQUESTS      20000
#define SHAPES        100                /* that requests have */
#define MOST          1024               /* of each size */
#define MOST_PRODUCTS ((int64_t)1 << 22) /* of one request */

/* One request in so many is checked. */
#define CHECKED_EVERY 100

struct shape {
    int64_t m, n, k;
    size_t requests;
    size_t kernel;  /* that was chosen for it */
    mk_origin from; /* and why */
};

/* Room for the largest matrices. */
struct matrices {
    float *a, *b, *c;
};

/* ---- Requests ------------------------------------------------------------------- */

static uint64_t random_bits(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* As many small sizes as large ones: uniform in the logarithm. */
static int64_t random_size(uint64_t *state)
{
    double part = (double)random_bits(state) / 2147483648.0;

    return (int64_t)exp2(part * log2(MOST) + 0.5);
}

static void draw_shape(struct shape *shape, uint64_t *state)
{
    do {
        shape->m = random_size(state);
        shape->n = random_size(state);
        shape->k = random_size(state);
    } while (shape->m * shape->n * shape->k > MOST_PRODUCTS);
}

/* ---- Serving ---------------------------------------------------------------------- */

static DLTensor tensor(float *data, int64_t shape[2])
{
    DLTensor made = { 0 };

    made.data = data;
    made.device.device_type = kDLCPU;
    made.ndim = 2;
    made.dtype = (DLDataType)MK_FLOAT32;
    made.shape = shape;
    return made;
}

static int serve(mk_multi *matmul, const struct shape *shape,
                 const struct matrices *matrices)
{
    int64_t shape_a[2] = { shape->m, shape->k };
    int64_t shape_b[2] = { shape->k, shape->n };
    int64_t shape_c[2] = { shape->m, shape->n };
    DLTensor a = tensor(matrices->a, shape_a);
    DLTensor b = tensor(matrices->b, shape_b);
    DLTensor c = tensor(matrices->c, shape_c);
    mk_arg args[6];

    args[0] = mk_tensor(&a);
    args[1] = mk_tensor(&b);
    args[2] = mk_tensor(&c);
    args[3] = mk_i64(shape->m);
    args[4] = mk_i64(shape->n);
    args[5] = mk_i64(shape->k);
    return mk_run(matmul, args, 6, MK_DEFAULT_STREAM);
}

/* Compares one element of the result with what it should be. */
static int check(const struct shape *shape, const struct matrices *matrices,
                 uint64_t *state)
{
    int64_t row = (int64_t)random_bits(state) % shape->m;
    int64_t column = (int64_t)random_bits(state) % shape->n;
    double got = (double)matrices->c[row * shape->n + column];
    double expected = 0;

    for (int64_t i = 0; i < shape->k; ++i)
        expected += (double)matrices->a[row * shape->k + i] *
                    (double)matrices->b[i * shape->n + column];
    if (fabs(got - expected) <= 1e-3 + 1e-4 * fabs(expected))
        return 1;
    fprintf(stderr,
            "m=%" PRId64 " n=%" PRId64 " k=%" PRId64 ": element [%" PRId64
            ", %" PRId64 "] is %g, expected %g\n",
            shape->m, shape->n, shape->k, row, column, got, expected);
    return 0;
}

/* Asks what was decided last: for the shape of the call before. */
static int ask(struct shape *shape, mk_multi *matmul)
{
    mk_report *report;
    int status = mk_multi_report(matmul, &report);

    if (status != MK_OK)
        return status;
    shape->kernel = report->pick;
    shape->from = report->from;
    mk_report_destroy(report);
    return MK_OK;
}

static int serve_all(mk_multi *matmul, struct shape *shapes, size_t requests,
                     const struct matrices *matrices, int *right)
{
    uint64_t state = 1;
    int status = MK_OK;

    for (size_t i = 0; i < SHAPES; ++i)
        draw_shape(&shapes[i], &state);
    for (size_t i = 0; i < requests && status == MK_OK; ++i) {
        struct shape *shape = &shapes[random_bits(&state) % SHAPES];

        status = serve(matmul, shape, matrices);
        if (status == MK_OK && shape->requests++ == 0)
            status = ask(shape, matmul);
        if (status == MK_OK && i % CHECKED_EVERY == 0)
            *right &= check(shape, matrices, &state);
    }
    return status;
}

/* ---- What came of it -------------------------------------------------------------- */

static int tell(mk_multi *matmul, const struct shape *shapes)
{
    mk_report *report;
    int status = mk_multi_report(matmul, &report);
    size_t measured = 0;

    if (status != MK_OK)
        return status;
    printf("%-28s %8s %10s\n", "kernel", "shapes", "requests");
    for (size_t k = 0; k < report->count; ++k) {
        size_t count = 0, requests = 0;

        for (size_t i = 0; i < SHAPES; ++i) {
            if (shapes[i].requests == 0 || shapes[i].kernel != k)
                continue;
            count += 1;
            requests += shapes[i].requests;
            measured += shapes[i].from == MK_FROM_BENCHMARK;
        }
        printf("%-28s %8zu %10zu\n", report->candidates[k].name, count,
               requests);
    }
    printf("%zu shapes' first request was a tuning\n", measured);
    mk_report_destroy(report);
    return MK_OK;
}

static int make_matmul(mk_multi **matmul, const char *path)
{
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_definition *definition;
    int status = mk_definition_load(&definition, path);

    if (status != MK_OK)
        return status;
    by_shape.policy = MK_SHAPE_NEAREST_K;
    options.by_shape = &by_shape;
    status =
        mk_definition_multi_by_shape(matmul, definition, NULL, 0, &options);
    mk_definition_destroy(definition);
    return status;
}

static float *random_matrix(uint64_t *state)
{
    size_t count = (size_t)MOST * MOST;
    float *matrix = malloc(count * sizeof(*matrix));

    for (size_t i = 0; matrix != NULL && i < count; ++i)
        matrix[i] = (float)random_bits(state) / 1073741824.0f - 1.0f;
    return matrix;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : DEFINITION;
    size_t requests = argc > 2 ? strtoul(argv[2], NULL, 10) : REQUESTS;
    struct shape *shapes = calloc(SHAPES, sizeof(*shapes));
    uint64_t state = 2;
    struct matrices matrices = { random_matrix(&state), random_matrix(&state),
                                 random_matrix(&state) };
    mk_multi *matmul = NULL;
    int right = 1;
    int status = MK_ERROR_NO_MEMORY;

    if (shapes != NULL && matrices.a != NULL && matrices.b != NULL &&
        matrices.c != NULL)
        status = make_matmul(&matmul, path);
    if (status == MK_OK)
        status = serve_all(matmul, shapes, requests, &matrices, &right);
    if (status == MK_OK)
        status = tell(matmul, shapes);
    if (status != MK_OK)
        fprintf(stderr, "%s: %s\n", mk_status_text(status),
                mk_last_error()->message);
    mk_multi_destroy(matmul);
    free(matrices.a);
    free(matrices.b);
    free(matrices.c);
    free(shapes);
    return status == MK_OK && right ? 0 : 1;
}

/* What the policies' picks are worth: at random shapes that are no hints, every
 * variant is timed by the oracle, and a policy is charged the oracle's time of
 * what it picks, so that it is judged by its choice alone. */
#include "shapes/shapes.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <multikernel/multikernel.h>

#include "define/definition.h"
#include "support/cases.h"
#include "support/fail.h"
#include "support/machine.h"
#include "support/oracle.h"
#include "support/stats.h"
#include "support/table.h"

/* One more shape in so many is timed a second time, at the end. */
#define TWICE_EVERY 10

/* A variant that the oracle left, as hopeless, costs at least this. */
#define HOPELESS 1.3

/* Shapes that are listed for being worst. */
#define LISTED 8

struct shape {
    mk_size sizes[MOST_SIZES];
    char **names;  /* by variant */
    double *truth; /* time over the best one's; NAN: not measured for long */
    double *first; /* of the oracle's first session, where there is a second */
    size_t variants;
    size_t best;
};

/* A bucket that was measured. */
struct tuned {
    char key[MK_DIGEST_SIZE];
    double ms;
    size_t policy; /* that asked for it last */
};

struct field {
    const mk_definition *definition;
    const mk_size *declared;
    size_t size_count;
    struct shape *shapes;
    size_t count;
    struct tuned *tuned; /* by all policies so far, `count` at most */
    size_t tuned_count;
};

/* What a policy picks at every shape. */
struct picks {
    char *name;
    char **names;
    double *cost; /* time over the best */
    size_t tunings;
    double ms;
};

#define MOST_POLICIES 12

/* ---- Shapes ---------------------------------------------------------------------- */

struct range {
    double low[MOST_SIZES]; /* logarithms */
    double high[MOST_SIZES];
    double least; /* of all sizes' product */
    double most;
};

static int64_t size_of(const struct field *field, size_t hint, size_t s)
{
    size_t count;
    const mk_size *sizes = mk_definition_hint(field->definition, hint, &count);

    for (size_t i = 0; i < count; ++i)
        if (strcmp(sizes[i].name, field->declared[s].name) == 0)
            return sizes[i].value;
    return field->declared[s].value;
}

/* What the hints span. */
static struct range find_range(const struct field *field)
{
    struct range range = { .least = (double)INFINITY };

    for (size_t h = 0; h < mk_definition_hint_count(field->definition); ++h) {
        double product = 0;

        for (size_t s = 0; s < field->size_count; ++s) {
            double size = log2((double)size_of(field, h, s));

            product += size;
            if (h == 0 || size < range.low[s])
                range.low[s] = size;
            range.high[s] = fmax(range.high[s], size);
        }
        range.least = fmin(range.least, product);
        range.most = fmax(range.most, product);
    }
    return range;
}

static bool is_hint(const struct field *field, const int64_t *sizes)
{
    for (size_t h = 0; h < mk_definition_hint_count(field->definition); ++h) {
        bool same = true;

        for (size_t s = 0; s < field->size_count && same; ++s)
            same = size_of(field, h, s) == sizes[s];
        if (same)
            return true;
    }
    return false;
}

/* Uniform in the logarithms of the sizes. */
static void draw(const struct field *field, const struct range *range,
                 struct shape *shape, uint64_t *random)
{
    int64_t sizes[MOST_SIZES];
    double product;

    do {
        product = 0;
        for (size_t s = 0; s < field->size_count; ++s) {
            double part = (double)(bench_random(random) >> 11) * 0x1p-53;
            double size =
                range->low[s] + part * (range->high[s] - range->low[s]);

            sizes[s] = (int64_t)round(exp2(size));
            product += log2((double)sizes[s]);
        }
    } while (product < range->least || product > range->most ||
             is_hint(field, sizes));
    for (size_t s = 0; s < field->size_count; ++s)
        shape->sizes[s] = (mk_size){ field->declared[s].name, sizes[s] };
}

/* ---- The oracle ---------------------------------------------------------------------- */

static void time_shape(const struct field *field, struct shape *shape,
                       double oracle_ms, uint64_t seed)
{
    struct shape_table table = { mk_definition_name(field->definition),
                                 { NULL },
                                 { { 0 } } };
    struct variants variants;
    struct oracle oracle;

    for (size_t s = 0; s < field->size_count; ++s) {
        table.names[s] = shape->sizes[s].name;
        table.values[0][s] = shape->sizes[s].value;
    }
    variants_create(&variants, field->definition, &table, 0);
    oracle_start(&oracle, &variants, seed);
    oracle_session(&oracle, &variants, oracle_ms);
    oracle_session(&oracle, &variants, oracle_ms);
    oracle_conclude(&oracle);
    if (shape->truth != NULL) {
        shape->first = shape->truth;
    } else {
        shape->variants = variants.count;
        shape->names = bench_allocate(variants.count, sizeof(char *));
        for (size_t v = 0; v < variants.count; ++v)
            shape->names[v] = bench_format("%s", variants.names[v]);
    }
    shape->truth = bench_allocate(variants.count, sizeof(double));
    memcpy(shape->truth, oracle.truth, variants.count * sizeof(double));
    shape->best = oracle.best;
    oracle_end(&oracle);
    variants_destroy(&variants);
}

/* The time of a variant over the best one's. */
static double cost_of(const struct shape *shape, const char *name)
{
    for (size_t v = 0; v < shape->variants; ++v)
        if (strcmp(shape->names[v], name) == 0)
            return isnan(shape->truth[v]) ? HOPELESS : shape->truth[v];
    return (double)NAN; /* its `where` leaves it out there */
}

/* ---- Policies -------------------------------------------------------------------------- */

static void start(struct picks *picks, char *name, size_t count)
{
    *picks = (struct picks){ .name = name };
    picks->names = bench_allocate(count, sizeof(char *));
    picks->cost = bench_allocate(count, sizeof(double));
}

static void set(struct picks *picks, const struct field *field, size_t i,
                const char *name)
{
    picks->names[i] = bench_format("%s", name);
    picks->cost[i] = cost_of(&field->shapes[i], name);
}

/* Counts what was measured for a policy. Buckets that an earlier policy measured
 * are found in the store; what they took then is charged all the same. */
static void charge(struct picks *picks, struct field *field,
                   const mk_report *report, size_t policy)
{
    size_t i = 0;

    if (report->key[0] == '\0')
        return;
    while (i < field->tuned_count &&
           strcmp(field->tuned[i].key, report->key) != 0)
        ++i;
    if (i == field->tuned_count) {
        snprintf(field->tuned[i].key, sizeof(field->tuned[i].key), "%s",
                 report->key);
        field->tuned[i].ms = report->tuning_ms;
        field->tuned[i].policy = SIZE_MAX;
        field->tuned_count += 1;
    }
    if (field->tuned[i].policy == policy)
        return;
    field->tuned[i].policy = policy;
    picks->tunings += 1;
    picks->ms += field->tuned[i].ms;
}

/* Dispatches every shape through the library. */
static void pick(struct picks *picks, struct field *field,
                 const mk_definition *definition, const mk_by_shape *by_shape,
                 size_t policy)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_multi *multi;

    options.by_shape = by_shape;
    bench_progress("%s", picks->name);
    bench_check(
        mk_definition_multi_by_shape(&multi, definition, NULL, 0, &options),
        picks->name);
    for (size_t i = 0; i < field->count; ++i) {
        mk_arguments *arguments;
        const mk_arg *args;
        mk_report *report;
        size_t count;

        bench_progress("%s: %zu of %zu", picks->name, i + 1, field->count);
        bench_check(mk_arguments_create(&arguments, definition, multi,
                                        field->shapes[i].sizes,
                                        field->size_count, 1),
                    picks->name);
        args = mk_arguments_list(arguments, &count);
        bench_check(mk_tune(multi, args, count, MK_DEFAULT_STREAM),
                    picks->name);
        bench_check(mk_multi_report(multi, &report), picks->name);
        set(picks, field, i, report->candidates[report->pick].name);
        charge(picks, field, report, policy);
        mk_report_destroy(report);
        mk_arguments_destroy(arguments);
    }
    mk_multi_destroy(multi);
}

/* ---- Summing up -------------------------------------------------------------------------- */

static double geometric_mean(const double *values, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; ++i)
        sum += log(values[i]);
    return exp(sum / (double)count);
}

/* One variant for all shapes: the definition's first, or the best such. */
static void pick_fixed(struct picks *picks, struct field *field, bool best)
{
    const struct shape *any = &field->shapes[0];
    const char *chosen = any->names[0];
    double least = (double)INFINITY;
    double *cost = bench_allocate(field->count, sizeof(*cost));

    for (size_t v = 0; v < any->variants && best; ++v) {
        double mean;

        for (size_t i = 0; i < field->count; ++i)
            cost[i] = cost_of(&field->shapes[i], any->names[v]);
        mean = geometric_mean(cost, field->count);
        if (mean < least) { /* not where it is missing somewhere: a NAN */
            least = mean;
            chosen = any->names[v];
        }
    }
    free(cost);
    for (size_t i = 0; i < field->count; ++i)
        set(picks, field, i, chosen);
}

/* The definition with the hints of one dynamic dimension: all sizes alike. */
static mk_definition *along_diagonal(const mk_definition *definition)
{
    static const int sizes[] = { 64, 256, 4096 };
    const char *path = mk_definition_path(definition);
    json_t *root = json_load_file(path, 0, NULL);
    json_t *hints = json_array();
    mk_definition *made;
    size_t count;
    const mk_size *declared = mk_definition_sizes(definition, &count);
    char *text;

    for (size_t h = 0; h < sizeof(sizes) / sizeof(sizes[0]); ++h) {
        json_t *hint = json_object();

        for (size_t s = 0; s < count; ++s)
            (void)json_object_set_new(
                hint, declared[s].name,
                /* A product of three so large takes minutes. */
                json_integer(count > 2 && sizes[h] > 1024 ? 1024 : sizes[h]));
        (void)json_array_append_new(hints, hint);
    }
    (void)json_object_set_new(root, "size_hints", hints);
    text = json_dumps(root, 0);
    json_decref(root);
    if (text == NULL)
        bench_fail("no memory for %s", path);
    bench_check(mk__definition_parse(&made, path, text, strlen(text)), path);
    return made;
}

static size_t pick_all(struct picks *all, struct field *field)
{
    static const size_t nearest[] = { 2, 4, 8 };
    mk_definition *diagonal = along_diagonal(field->definition);
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    size_t count = 0;

    start(&all[count], bench_format("nearest"), field->count);
    pick(&all[count], field, field->definition, &by_shape, count);
    ++count;
    for (size_t k = 0; k < sizeof(nearest) / sizeof(nearest[0]); ++k) {
        by_shape.policy = MK_SHAPE_NEAREST_K;
        by_shape.nearest = nearest[k];
        start(&all[count], bench_format("nearest-k, k = %zu", nearest[k]),
              field->count);
        pick(&all[count], field, field->definition, &by_shape, count);
        ++count;
    }
    by_shape.policy = MK_SHAPE_MEASURE;
    start(&all[count], bench_format("measure"), field->count);
    pick(&all[count], field, field->definition, &by_shape, count);
    ++count;
    by_shape.leading_bits = 64;
    start(&all[count], bench_format("measure, every shape"), field->count);
    pick(&all[count], field, field->definition, &by_shape, count);
    ++count;
    by_shape = (mk_by_shape)MK_BY_SHAPE_INIT;
    start(&all[count], bench_format("nearest, one dimension"), field->count);
    pick(&all[count], field, diagonal, &by_shape, count);
    ++count;
    start(&all[count], bench_format("best fixed variant"), field->count);
    pick_fixed(&all[count++], field, true);
    start(&all[count], bench_format("default variant"), field->count);
    pick_fixed(&all[count++], field, false);
    mk_definition_destroy(diagonal);
    return count;
}

/* ---- Telling ---------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void print_policies(const struct picks *all, size_t count,
                           const struct field *field)
{
    struct bench_table table;

    bench_table_start(&table, "policy | geometric mean | 90th percentile | "
                              "worst | tunings | s tuning");
    for (size_t p = 0; p < count; ++p) {
        double *cost = bench_allocate(field->count, sizeof(*cost));

        memcpy(cost, all[p].cost, field->count * sizeof(*cost));
        qsort(cost, field->count, sizeof(*cost), ascending);
        bench_table_add(&table, "%s", all[p].name);
        bench_table_add(&table, "%.3f", geometric_mean(cost, field->count));
        bench_table_add(&table, "%.2f", cost[field->count * 9 / 10]);
        bench_table_add(&table, "%.2f", cost[field->count - 1]);
        bench_table_add(&table, "%zu", all[p].tunings);
        bench_table_add(&table, "%.1f", all[p].ms * 1e-3);
        free(cost);
    }
    bench_table_print(&table);
}

static char *shape_text(const struct field *field, const struct shape *shape)
{
    char *text = bench_format("%s", "");

    for (size_t s = 0; s < field->size_count; ++s) {
        char *longer = bench_format("%s%s%s=%lld", text, s > 0 ? " " : "",
                                    shape->sizes[s].name,
                                    (long long)shape->sizes[s].value);

        free(text);
        text = longer;
    }
    return text;
}

static void print_worst(const struct picks *picks, const struct field *field)
{
    bool *listed = bench_allocate(field->count, sizeof(*listed));
    struct bench_table table;

    printf("Where %s is worst:\n\n", picks->name);
    bench_table_start(&table, "shape | picked | over the best | best");
    for (size_t n = 0; n < LISTED && n < field->count; ++n) {
        size_t worst = field->count;
        char *text;

        for (size_t i = 0; i < field->count; ++i)
            if (!listed[i] &&
                (worst == field->count || picks->cost[i] > picks->cost[worst]))
                worst = i;
        listed[worst] = true;
        text = shape_text(field, &field->shapes[worst]);
        bench_table_add(&table, "%s", text);
        bench_table_add(&table, "%s", picks->names[worst]);
        bench_table_add(&table, "%.3f", picks->cost[worst]);
        bench_table_add(&table, "%s",
                        field->shapes[worst].names[field->shapes[worst].best]);
        free(text);
    }
    free(listed);
    bench_table_print(&table);
}

/* How far the oracle's two looks at the same shapes, minutes apart, differ. */
static void print_doubt(const struct field *field)
{
    double *doubt = bench_allocate(field->count, sizeof(*doubt));
    size_t count = 0, other = 0;

    for (size_t i = 0; i < field->count; ++i) {
        const struct shape *shape = &field->shapes[i];

        if (shape->first == NULL)
            continue;
        doubt[count] = isnan(shape->first[shape->best])
                           ? HOPELESS
                           : shape->first[shape->best];
        other += doubt[count] > 1;
        ++count;
    }
    if (count > 0)
        printf("The oracle's doubt: of %zu shapes timed once more at the end, "
               "%zu had another best variant, which the first time took %.3f "
               "times the best one's time (geometric mean of all), %.3f at "
               "most.\n\n",
               count, other, geometric_mean(doubt, count),
               bench_worst(doubt, count));
    free(doubt);
}

static void release(struct picks *all, size_t count, struct field *field)
{
    for (size_t p = 0; p < count; ++p) {
        for (size_t i = 0; i < field->count; ++i)
            free(all[p].names[i]);
        free(all[p].names);
        free(all[p].cost);
        free(all[p].name);
    }
    for (size_t i = 0; i < field->count; ++i) {
        struct shape *shape = &field->shapes[i];

        for (size_t v = 0; v < shape->variants; ++v)
            free(shape->names[v]);
        free(shape->names);
        free(shape->truth);
        free(shape->first);
    }
    free(field->shapes);
    free(field->tuned);
}

void print_quality(const char *kernel, size_t shapes, double oracle_ms,
                   uint64_t seed)
{
    char *path =
        strchr(kernel, '/') != NULL
            ? bench_format("%s", kernel)
            : bench_format("%s/%s/%s.mk.json", BENCH_EXAMPLES, kernel, kernel);
    struct field field = { .count = shapes };
    struct picks all[MOST_POLICIES];
    struct range range;
    mk_definition *definition;
    size_t policies;

    bench_check(mk_definition_load(&definition, path), path);
    field.definition = definition;
    field.declared = mk_definition_sizes(definition, &field.size_count);
    field.shapes = bench_allocate(shapes, sizeof(*field.shapes));
    /* Two kinds of buckets ask for a tuning each. */
    field.tuned = bench_allocate(2 * shapes, sizeof(*field.tuned));
    range = find_range(&field);
    for (size_t i = 0; i < shapes; ++i) {
        draw(&field, &range, &field.shapes[i], &seed);
        bench_progress("%s: oracle, %zu of %zu", kernel, i + 1, shapes);
        time_shape(&field, &field.shapes[i], oracle_ms, seed);
    }
    policies = pick_all(all, &field);
    for (size_t i = 0; i < shapes; i += TWICE_EVERY) {
        bench_progress("%s: oracle again, %zu of %zu", kernel, i + 1, shapes);
        time_shape(&field, &field.shapes[i], oracle_ms, seed + i);
    }
    bench_progress(NULL);
    printf("%s: %zu random shapes, %zu hints\n\n",
           mk_definition_name(definition), shapes,
           mk_definition_hint_count(definition));
    print_policies(all, policies, &field);
    print_worst(&all[2], &field);
    print_doubt(&field);
    release(all, policies, &field);
    mk_definition_destroy(definition);
    free(path);
}

#include "emit/nearest.h"

#include <math.h>
#include <string.h>

#include "args/distance.h"

void mk__hint_sizes(int64_t *values, const struct mk__typed *typed,
                    const struct mk__hint *hint)
{
    const mk_definition *definition = typed->definition;

    for (size_t i = 0; i < definition->size_count; ++i)
        values[i] =
            typed->given[i] > 0 ? typed->given[i] : definition->sizes[i].value;
    for (size_t i = 0; i < hint->count; ++i)
        values[mk__definition_size(definition, hint->sizes[i].name)] =
            hint->sizes[i].value;
}

/* ---- The table -------------------------------------------------------------------- */

/* The column of a size, made if need be. */
static size_t column_of(struct mk__distances *distances,
                        const struct mk__formula *size)
{
    size_t c = 0;

    while (c < distances->count &&
           !mk__formula_equal(distances->columns[c].size, size))
        ++c;
    if (c == distances->count)
        distances->columns[distances->count++] = (struct mk__column){ size, 0 };
    ++distances->columns[c].weight;
    return c;
}

/* One dimension of one tensor. `most` is the room for columns. */
static int add_dimension(struct mk__distances *distances, size_t most,
                         struct mk__arena *arena, const struct mk__typed *typed,
                         const struct mk__picks *picks,
                         const struct mk__term *term)
{
    const struct mk__formula *size;
    int status = mk__typed_formula(&size, arena, typed, NULL, term);
    size_t c = 0;

    if (status == MK_OK && !size->constant)
        c = column_of(distances, size);
    for (size_t h = 0; h < picks->hint_count && status == MK_OK; ++h) {
        int64_t values[MK__MAX_SIZES];
        const struct mk__scope scope = { typed->definition, values, NULL, 0 };
        int64_t at;

        mk__hint_sizes(values, typed, &picks->hints[h]);
        status = mk__term_value(term, &scope, 1, MK__SIZE_LIMIT - 1, &at);
        if (status == MK_OK && size->constant)
            distances->far[h] +=
                fabs(mk__size_log2(at) - mk__size_log2(size->value));
        else if (status == MK_OK)
            distances->logs[h * most + c] = mk__size_log2(at);
    }
    return status;
}

int mk__distances_make(struct mk__distances *distances, struct mk__arena *arena,
                       const struct mk__typed *typed,
                       const struct mk__picks *picks)
{
    const mk_definition *definition = typed->definition;
    size_t most = 0;
    int status = MK_OK;

    for (size_t i = 0; i < definition->param_count; ++i)
        if (definition->params[i].rank > 0)
            most += (size_t)definition->params[i].rank;
    *distances = (struct mk__distances){ .hint_count = picks->hint_count };
    distances->columns =
        mk__arena_alloc(arena, most, sizeof(*distances->columns));
    distances->logs = mk__arena_alloc(arena, most * picks->hint_count,
                                      sizeof(*distances->logs));
    distances->far =
        mk__arena_alloc(arena, picks->hint_count, sizeof(*distances->far));
    if (distances->columns == NULL || distances->logs == NULL ||
        distances->far == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < definition->param_count; ++i)
        for (int d = 0; d < definition->params[i].rank && status == MK_OK; ++d)
            status = add_dimension(distances, most, arena, typed, picks,
                                   &definition->params[i].shape[d]);
    for (size_t h = 0; h < picks->hint_count; ++h) {
        distances->always = distances->always || distances->far[h] > 0;
        memmove(&distances->logs[h * distances->count],
                &distances->logs[h * most],
                distances->count * sizeof(*distances->logs));
    }
    return status;
}

/* ---- Its text ---------------------------------------------------------------------- */

/* "static size_t nearest_ID(int machine, uint64_t may, int64_t size_0, ...)" */
static void write_head(struct mk__str *out, struct mk__arena *arena,
                       const char *id, const struct mk__distances *distances,
                       size_t machines, bool asks)
{
    const char *head = mk__write_text(arena, "static size_t nearest_%s(", id);
    struct mk__items items = { .arena = arena };

    if (machines > 1)
        mk__items_add(&items, "int machine");
    if (asks)
        mk__items_add(&items, "uint64_t may");
    for (size_t c = 0; c < distances->count; ++c)
        mk__items_add(&items, "int64_t size_%zu", c);
    items.failed = items.failed || head == NULL;
    mk__write_comment(out, 0,
                      "The kernel that was fastest at the nearest size hint: "
                      "the sum of |log2 a - log2 b| over all dimensions of all "
                      "tensors is the distance%s.",
                      asks ? "; only kernels that may run count" : "");
    mk__write_list(out, 0, head, &items, ")", "void");
}

/* What is known of each hint, and which kernel was fastest there, on each machine. */
static void write_hints(struct mk__str *out, struct mk__arena *arena,
                        const struct mk__distances *distances,
                        const struct mk__picks *picks, size_t machines)
{
    size_t logs = distances->count + (distances->always ? 1 : 0);
    struct mk__items rows = { .arena = arena };
    struct mk__items texts = { .arena = arena };

    for (size_t h = 0; h < distances->hint_count; ++h) {
        struct mk__str row = MK__STR_INIT;

        for (size_t c = 0; c < distances->count; ++c)
            mk__str_addf(&row, "%s%s", c > 0 ? ", " : "",
                         mk__write_number(
                             arena, distances->logs[h * distances->count + c]));
        if (distances->always)
            mk__str_addf(&row, ", %s",
                         mk__write_number(arena, distances->far[h]));
        mk__str_add(&row, " }, { ");
        for (size_t m = 0; m < machines; ++m)
            mk__str_addf(&row, "%s%zu", m > 0 ? ", " : "",
                         picks->kernels[m * picks->hint_count + h]);
        rows.failed = rows.failed || row.failed;
        mk__items_add(&rows, "{ { %s } }", row.text != NULL ? row.text : "");
        mk__items_add(&texts, "%s", picks->hints[h].text);
        mk__str_free(&row);
    }
    mk__str_addf(out,
                 "    static const struct {\n"
                 "        double at[%zu]; /* log2 of the sizes%s */\n"
                 "        size_t kernel[%zu];\n",
                 logs,
                 distances->always ? ", and how far off it always is" : "",
                 machines);
    mk__write_rows(out, 4, "} hints[] = ", &rows, &texts);
}

static void write_loop(struct mk__str *out,
                       const struct mk__distances *distances, size_t machines,
                       bool asks)
{
    const char *kernel =
        machines > 1 ? "hints[h].kernel[machine]" : "hints[h].kernel[0]";

    mk__str_addf(out, "\n    for (size_t h = 0; h < %zu; ++h) {\n",
                 distances->hint_count);
    mk__str_add(out, "        double distance = 0;\n\n");
    for (size_t c = 0; c < distances->count; ++c) {
        size_t weight = distances->columns[c].weight;

        mk__str_add(out, "        distance += ");
        if (weight > 1)
            mk__str_addf(out, "%zu * ", weight);
        mk__str_addf(out, "fabs(log_%zu - hints[h].at[%zu]);\n", c, c);
    }
    if (distances->always)
        mk__str_addf(out, "        distance += hints[h].at[%zu];\n",
                     distances->count);
    if (asks)
        mk__str_addf(out,
                     "        if ((may >> %s & 1) != 0 &&\n"
                     "            distance < best) {\n",
                     kernel);
    else
        mk__str_add(out, "        if (distance < best) {\n");
    mk__str_addf(out,
                 "            best = distance;\n            kernel = %s;\n"
                 "        }\n    }\n    return kernel;\n}\n\n",
                 kernel);
}

void mk__nearest_write(struct mk__str *out, struct mk__arena *arena,
                       const char *id, const struct mk__distances *distances,
                       const struct mk__picks *picks, size_t machines,
                       bool asks, size_t stand_by)
{
    write_head(out, arena, id, distances, machines, asks);
    mk__str_add(out, "{\n");
    write_hints(out, arena, distances, picks, machines);
    for (size_t c = 0; c < distances->count; ++c)
        mk__str_addf(out, "    const double log_%zu = log2_of(size_%zu);\n", c,
                     c);
    mk__str_addf(out, "    double best = HUGE_VAL;\n    size_t kernel = %zu;\n",
                 stand_by != MK__NO_KERNEL ? stand_by : 0);
    write_loop(out, distances, machines, asks);
}

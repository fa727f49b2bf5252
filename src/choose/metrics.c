/* Metrics tables: what tunings found, as CSV files that grow by every tuning.
 * MULTIKERNEL_METRICS says which, MULTIKERNEL_METRICS_DIR where. */
#include "choose/multi.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"

/* ---- Cells -------------------------------------------------------------------- */

/* Adds a cell, quoted where RFC 4180 asks for it. */
static void add_cell(struct mk__str *row, const char *text)
{
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        mk__str_add(row, text);
        return;
    }
    mk__str_add(row, "\"");
    for (; *text != '\0'; ++text)
        mk__str_addn(row, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    mk__str_add(row, "\"");
}

/* The next cell, or the last with `end` a line end. */
static void add_text(struct mk__str *row, const char *text, const char *end)
{
    add_cell(row, text != NULL ? text : "");
    mk__str_add(row, end);
}

/* ---- persistent_red_perf: the seed's, a row for each tuning -------------------- */

#define MOST_COLUMNS 4 /* kernels */

static const char red_perf_head[] =
    "size_hints,reduction_hint,"
    "kernel0_path,kernel1_path,kernel2_path,kernel3_path,"
    "kernel0_latency,kernel1_latency,kernel2_latency,kernel3_latency\n";

/* Where a kernel's code is: a file, or else its name stands for it. */
static const char *path_of(const mk_kernel *kernel)
{
    const char *path = kernel->backend->file != NULL
                           ? kernel->backend->file(kernel->code)
                           : NULL;

    return path != NULL ? path : kernel->name;
}

static void add_red_perf(struct mk__str *rows, const mk_multi *multi,
                         const struct mk__class *class, const char *shapes)
{
    const mk_kernel_options *first = &multi->kernels[0]->options;

    (void)shapes;
    if (multi->count > MOST_COLUMNS) {
        mk__log(MK_LOG_WARNING,
                "%s: left out of the table persistent_red_perf, which has room "
                "for %d kernels, not %zu; the table multi_kernel has no limit",
                multi->name, MOST_COLUMNS, multi->count);
        return;
    }
    add_text(rows, first->size_hints, ",");
    add_text(rows, first->reduction_hint, ",");
    for (size_t k = 0; k < MOST_COLUMNS; ++k)
        add_text(rows, k < multi->count ? path_of(multi->kernels[k]) : "", ",");
    for (size_t k = 0; k < MOST_COLUMNS; ++k) {
        double ns = k < multi->count ? class->fates[k].ns : 0;

        if (ns > 0)
            mk__str_addf(rows, "%.6f", ns * 1e-6);
        mk__str_add(rows, k + 1 < MOST_COLUMNS ? "," : "\n");
    }
}

/* ---- multi_kernel: a row for each candidate ------------------------------------- */

static const char multi_kernel_head[] =
    "multi,key,shapes,kernel,index,fate,time_ns,low,high,ratio,samples,"
    "picked\n";

static void add_candidates(struct mk__str *rows, const mk_multi *multi,
                           const struct mk__class *class, const char *shapes)
{
    for (size_t k = 0; k < multi->count; ++k) {
        const struct mk__fate *fate = &class->fates[k];

        add_text(rows, multi->name, ",");
        add_text(rows, class->key, ",");
        add_text(rows, shapes, ",");
        add_text(rows, multi->kernels[k]->name, ",");
        mk__str_addf(rows, "%zu,%s,", k,
                     mk_fate_name(mk__pick_fate(multi, class, k)));
        if (fate->ns > 0)
            mk__str_addf(rows, "%.3f,%.3f,%.3f,%.6f", fate->ns,
                         fate->interval[0], fate->interval[1], fate->ratio);
        else
            mk__str_add(rows, ",,,");
        mk__str_addf(rows, ",%zu,%d\n", fate->samples, k == class->pick);
    }
}

/* ---- Tables ------------------------------------------------------------------------ */

static const struct {
    const char *name;
    const char *head;
    void (*add)(struct mk__str *rows, const mk_multi *multi,
                const struct mk__class *class, const char *shapes);
    bool stops_cache;
} tables[] = {
    { "persistent_red_perf", red_perf_head, add_red_perf, true },
    { "multi_kernel", multi_kernel_head, add_candidates, false },
};

#define TABLE_COUNT (sizeof(tables) / sizeof(tables[0]))

/* Turns a table on by the first `length` characters of `name`. */
static int turn_on(mk_multi *multi, const char *name, size_t length)
{
    for (size_t i = 0; i < TABLE_COUNT; ++i) {
        if (strlen(tables[i].name) != length ||
            strncmp(tables[i].name, name, length) != 0)
            continue;
        multi->metrics |= 1u << i;
        multi->options.disable_cache |= tables[i].stops_cache;
        return MK_OK;
    }
    return mk__error(MK_ERROR_INVALID,
                     "the variable MULTIKERNEL_METRICS names '%.*s': expected "
                     "tables among %s and %s, separated by commas",
                     (int)length, name, tables[0].name, tables[1].name);
}

int mk__metrics_read(mk_multi *multi)
{
    const char *at = getenv("MULTIKERNEL_METRICS");
    int status = MK_OK;

    while (at != NULL && *at != '\0' && status == MK_OK) {
        size_t length;

        at += strspn(at, ", ");
        length = strcspn(at, ", ");
        if (length > 0)
            status = turn_on(multi, at, length);
        at += length;
    }
    return status;
}

static int append(size_t table, const char *rows)
{
    const char *folder = getenv("MULTIKERNEL_METRICS_DIR");
    char *path;
    int status;

    if (folder == NULL || folder[0] == '\0')
        folder = ".";
    path = mk__format("%s/%s.csv", folder, tables[table].name);
    if (path == NULL)
        return MK_ERROR_NO_MEMORY;
    status = mk__folder_make(folder);
    if (status == MK_OK)
        status = mk__file_append(path, tables[table].head, rows);
    free(path);
    return status;
}

void mk__metrics_tuned(const mk_multi *multi, const struct mk__class *class,
                       const char *shapes)
{
    for (size_t i = 0; i < TABLE_COUNT; ++i) {
        struct mk__str rows = MK__STR_INIT;
        char *text;
        int status = MK_OK;

        if ((multi->metrics & 1u << i) == 0)
            continue;
        tables[i].add(&rows, multi, class, shapes);
        text = mk__str_take(&rows);
        if (text == NULL)
            status = MK_ERROR_NO_MEMORY;
        else if (text[0] != '\0')
            status = append(i, text);
        if (status != MK_OK)
            mk__log(MK_LOG_WARNING, "%s: missing in the table %s: %s",
                    multi->name, tables[i].name, mk_last_error()->message);
        free(text);
    }
}

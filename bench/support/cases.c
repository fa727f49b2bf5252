#include "support/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "support/fail.h"

mk_multi *variants_multi(const struct variants *variants,
                         const mk_multi_options *options)
{
    mk_multi *multi;

    bench_check(mk_definition_multi(&multi, variants->definition,
                                    variants->sizes, variants->size_count,
                                    options),
                mk_definition_path(variants->definition));
    return multi;
}

/* A multi-kernel that always runs the variant, or NULL. */
static mk_multi *make_forced(const struct variants *variants, size_t index,
                             mk_fate fate)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;

    if (fate != MK_FATE_OK && fate != MK_FATE_DROPPED)
        return NULL;
    options.pick = variants->names[index];
    options.disable_cache = true;
    return variants_multi(variants, &options);
}

/* Learns names and fates from a tuning, which compiles everything as well. */
void variants_create(struct variants *variants, const mk_definition *definition,
                     const struct shape_table *table, size_t shape)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_arguments *arguments;
    const mk_arg *args;
    mk_report *report;
    mk_multi *multi;
    size_t count;

    *variants = (struct variants){ .definition = definition };
    for (size_t s = 0; s < MOST_SIZES && table->names[s] != NULL; ++s)
        variants->sizes[variants->size_count++] =
            (mk_size){ table->names[s], table->values[shape][s] };
    options.disable_cache = true;
    options.budget_ms = 1;
    multi = variants_multi(variants, &options);
    bench_check(mk_arguments_create(&arguments, definition, multi,
                                    variants->sizes, variants->size_count, 1),
                table->kernel);
    args = mk_arguments_list(arguments, &count);
    bench_check(mk_tune(multi, args, count, MK_DEFAULT_STREAM), table->kernel);
    bench_check(mk_multi_report(multi, &report), table->kernel);
    variants->count = report->count;
    variants->names = bench_allocate(report->count, sizeof(char *));
    variants->forced = bench_allocate(report->count, sizeof(mk_multi *));
    for (size_t v = 0; v < report->count; ++v) {
        variants->names[v] = bench_format("%s", report->candidates[v].name);
        variants->forced[v] =
            make_forced(variants, v, report->candidates[v].fate);
    }
    mk_report_destroy(report);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
}

void variants_destroy(struct variants *variants)
{
    for (size_t v = 0; v < variants->count; ++v) {
        mk_multi_destroy(variants->forced[v]);
        free(variants->names[v]);
    }
    free(variants->forced);
    free(variants->names);
}

char *variants_shape(const struct variants *variants)
{
    char text[128] = "";

    for (size_t s = 0; s < variants->size_count; ++s) {
        size_t length = strlen(text);

        snprintf(text + length, sizeof(text) - length, "%s%s=%lld",
                 s > 0 ? " " : "", variants->sizes[s].name,
                 (long long)variants->sizes[s].value);
    }
    return bench_format("%s", text);
}

/* ---- Bound calls ------------------------------------------------------------------- */

void bound_create(struct bound *bound, const struct variants *variants,
                  uint64_t seed)
{
    const mk_multi *any = NULL;

    *bound = (struct bound){ .count = variants->count };
    for (size_t v = 0; v < variants->count && any == NULL; ++v)
        any = variants->forced[v];
    if (any == NULL)
        bench_fail("%s: no variant may run here",
                   mk_definition_path(variants->definition));
    bench_check(mk_arguments_create(&bound->arguments, variants->definition,
                                    any, variants->sizes, variants->size_count,
                                    seed),
                mk_definition_path(variants->definition));
    bound->args = mk_arguments_list(bound->arguments, &bound->arg_count);
    bound->calls = bench_allocate(variants->count, sizeof(mk_call *));
    for (size_t v = 0; v < variants->count; ++v) {
        if (variants->forced[v] == NULL)
            continue;
        bench_check(mk_bind(&bound->calls[v], variants->forced[v], bound->args,
                            bound->arg_count),
                    variants->names[v]);
        bench_check(mk_call_run(bound->calls[v], MK_DEFAULT_STREAM),
                    variants->names[v]);
    }
}

void bound_destroy(struct bound *bound)
{
    for (size_t v = 0; v < bound->count; ++v)
        mk_call_destroy(bound->calls[v]);
    free(bound->calls);
    mk_arguments_destroy(bound->arguments);
}

double bound_time(const struct bound *bound, size_t variant, size_t launches)
{
    mk_call *call = bound->calls[variant];
    uint64_t start = mk__now_ns();
    int status = MK_OK;

    for (size_t i = 0; i < launches; ++i)
        status |= mk_call_run(call, MK_DEFAULT_STREAM);
    bench_check(status, "call of a variant");
    return (double)(mk__now_ns() - start) - mk__clock_cost_ns();
}

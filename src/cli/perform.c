#include <stdlib.h>

#include "cli.h"

/* Calls without a pick after which none is to be expected any more. */
enum {
    MOST_CALLS = 10000
};

/* Whether the multi-kernel has a pick, or none can be seen. */
static bool is_picked(mk_multi *multi)
{
    mk_report *report;
    bool picked = true;

    if (mk_multi_report(multi, &report) == MK_OK) {
        picked = report->pick < report->count;
        mk_report_destroy(report);
    }
    return picked;
}

/* Up to the calls, and the calls. Returns an mk_status. */
static int call_until_picked(const mk_definition *definition,
                             const cli_settings *settings,
                             const cli_sizes *sizes, cli_call *call,
                             mk_multi **multi, size_t *calls)
{
    mk_arguments *arguments = NULL;
    const mk_arg *list;
    size_t count;
    int status;

    status = mk_definition_multi(multi, definition, sizes->list, sizes->count,
                                 &settings->multi);
    if (status != MK_OK)
        return status;
    status = mk_arguments_create(&arguments, definition, *multi, sizes->list,
                                 sizes->count, settings->seed);
    if (status == MK_OK) {
        list = mk_arguments_list(arguments, &count);
        do {
            status = call(*multi, list, count, MK_DEFAULT_STREAM);
            *calls += 1;
        } while (status == MK_OK && *calls < MOST_CALLS && !is_picked(*multi));
    }
    mk_arguments_destroy(arguments);
    return status;
}

int cli_perform(const mk_definition *definition, const cli_settings *settings,
                const cli_sizes *sizes, cli_call *call, cli_outcome *outcome)
{
    cli_settings watched = *settings;
    char *title = cli_title(definition, sizes);
    mk_multi *multi = NULL;
    cli_progress progress;
    int exit_status;
    int status;

    *outcome = (cli_outcome){ 0 };
    if (title == NULL)
        return cli_no_memory();
    cli_progress_start(&progress, title);
    watched.multi.progress = cli_progress_step;
    watched.multi.progress_context = &progress;
    if (settings->trace->file != NULL) {
        watched.multi.trace = cli_trace_sample;
        watched.multi.trace_context = settings->trace;
        cli_trace_sizes(settings->trace, definition, sizes);
    }
    status = call_until_picked(definition, &watched, sizes, call, &multi,
                               &outcome->calls);
    cli_progress_stop(&progress);
    exit_status = cli_report_error(status);
    if (multi != NULL && exit_status != CLI_WRONG_INPUT &&
        mk_multi_report(multi, &outcome->report) != MK_OK)
        outcome->report = NULL;
    mk_multi_destroy(multi);
    free(title);
    return exit_status;
}

const char *cli_origin_words(mk_origin origin)
{
    static const char *const words[] = {
        [MK_FROM_NOWHERE] = "not yet made",
        [MK_FROM_BENCHMARK] = "from the benchmark",
        [MK_FROM_STORE] = "from the store (nothing was benchmarked)",
        [MK_FROM_FORCED] = "forced (nothing was benchmarked)",
        [MK_FROM_DEFAULT] = "the default (nothing was benchmarked)",
        [MK_FROM_ONLY] = "the only one that may run",
        [MK_FROM_INLINE] = "from inline trials",
    };

    if ((size_t)origin < sizeof(words) / sizeof(words[0]))
        return words[origin];
    return mk_origin_name(origin);
}

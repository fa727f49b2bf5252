#include <stdlib.h>

#include "cli.h"

/* Up to the call, and the call. Returns an mk_status. */
static int call_once(const mk_definition *definition,
                     const cli_settings *settings, const cli_sizes *sizes,
                     cli_call *call, mk_multi **multi)
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
        status = call(*multi, list, count, MK_DEFAULT_STREAM);
    }
    mk_arguments_destroy(arguments);
    return status;
}

int cli_perform(const mk_definition *definition, const cli_settings *settings,
                const cli_sizes *sizes, cli_call *call, mk_report **report)
{
    cli_settings watched = *settings;
    char *title = cli_title(definition, sizes);
    mk_multi *multi = NULL;
    cli_progress progress;
    int exit_status;
    int status;

    *report = NULL;
    if (title == NULL)
        return cli_no_memory();
    cli_progress_start(&progress, title);
    watched.multi.progress = cli_progress_step;
    watched.multi.progress_context = &progress;
    status = call_once(definition, &watched, sizes, call, &multi);
    cli_progress_stop(&progress);
    exit_status = cli_report_error(status);
    if (multi != NULL && exit_status != CLI_WRONG_INPUT &&
        mk_multi_report(multi, report) != MK_OK)
        *report = NULL;
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
    };

    if ((size_t)origin < sizeof(words) / sizeof(words[0]))
        return words[origin];
    return mk_origin_name(origin);
}

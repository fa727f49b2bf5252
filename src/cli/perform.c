#include "survey.h"

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

/* Makes the choice for a shape the last one of a multi-kernel by shape, as it may
 * have been found by an equal shape before, and finds the nearest hint. */
static int settle_shape(mk_multi *multi, const mk_arg *list, size_t count,
                        cli_result *result)
{
    int status = mk_tune(multi, list, count, MK_DEFAULT_STREAM);
    size_t hints;

    if (status == MK_OK && mk_multi_hints(multi, &hints) != NULL &&
        mk_multi_nearest(multi, list, count, &result->hint,
                         &result->distance) != MK_OK)
        result->hint = CLI_NO_HINT;
    return status;
}

int cli_perform(mk_multi *multi, const cli_survey *survey, cli_result *result,
                cli_call *call)
{
    const cli_sizes *sizes = result->sizes;
    mk_arguments *arguments = NULL;
    const mk_arg *list;
    size_t count;
    int status =
        mk_arguments_create(&arguments, survey->definition, multi, sizes->list,
                            sizes->count, survey->settings->seed);

    if (status == MK_OK) {
        list = mk_arguments_list(arguments, &count);
        do {
            status = call(multi, list, count, MK_DEFAULT_STREAM);
            result->calls += 1;
        } while (status == MK_OK && result->calls < MOST_CALLS &&
                 !is_picked(multi));
        if (status == MK_OK && multi == survey->by_shape)
            status = settle_shape(multi, list, count, result);
    }
    mk_arguments_destroy(arguments);
    return status;
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
        [MK_FROM_NEAREST] = "the nearest size hint's (nothing was benchmarked)",
    };

    if ((size_t)origin < sizeof(words) / sizeof(words[0]))
        return words[origin];
    return mk_origin_name(origin);
}

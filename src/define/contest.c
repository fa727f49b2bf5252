#include "define/contest.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "choose/multi.h"
#include "define/arguments.h"
#include "define/kernels.h"

int mk__contest_sizes(const struct mk__contest *contest, int64_t *values)
{
    const mk_definition *definition = contest->definition;
    const struct mk__hint *hint = &contest->hints[contest->hint];

    memcpy(values, contest->given, definition->size_count * sizeof(*values));
    for (size_t i = 0; i < hint->count; ++i)
        values[mk__definition_size(definition, hint->sizes[i].name)] =
            hint->sizes[i].value;
    for (size_t i = 0; i < definition->size_count; ++i)
        if (values[i] == 0)
            return mk__error(MK_ERROR_INVALID,
                             "%s: size '%s' has no default, was not given, and "
                             "the size hint %s does not name it",
                             definition->file.path, definition->sizes[i].name,
                             hint->text);
    return MK_OK;
}

/* The hints' tunings as one: so much of all of them is done. */
static void tell_progress(void *context, const char *kernel, double fraction)
{
    const struct mk__contest *contest = context;
    double done = (double)contest->hint + fraction;

    contest->options->progress(contest->options->progress_context, kernel,
                               done / (double)contest->hint_count);
}

/* The multi-kernel of the variants that are left at the hint's sizes. Its name
 * tells the hint, in messages and in choices that are recorded meanwhile. */
static int make_multi(mk_multi **multi, struct mk__contest *contest,
                      const int64_t *sizes, const struct mk__point *points,
                      size_t count)
{
    const mk_definition *definition = contest->definition;
    const struct mk__plan plan = {
        .definition = definition,
        .sizes = sizes,
        .points = points,
        .count = count,
        .hint = mk__definition_hint_at(definition, sizes),
    };
    mk_multi_options options = *contest->options;
    char *name = mk__format(
        "%s at %s", options.name != NULL ? options.name : definition->name,
        contest->hints[contest->hint].text);
    int status = name != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    options.name = name;
    options.by_shape = NULL;
    options.pick = NULL;
    options.default_index = 0;
    options.reference_index = 0;
    options.busy = MK_BUSY_WAIT;
    if (options.progress != NULL) {
        options.progress = tell_progress;
        options.progress_context = contest;
    }
    if (status == MK_OK)
        status = mk__plan_multi(multi, &plan, &options);
    /* What is forced, by MULTIKERNEL_PICK, has not won. */
    if (status == MK_OK)
        status = mk_multi_force(*multi, NULL);
    free(name);
    return status;
}

static size_t first_usable(const mk_report *report)
{
    size_t k = 0;

    while (k + 1 < report->count &&
           report->candidates[k].fate != MK_FATE_UNTRIED)
        ++k;
    return k;
}

/* The pick of a multi-kernel for arguments; where tuning is put off, and nothing
 * picked, the first kernel that may run. */
static int tune(size_t *winner, mk_multi *multi, const mk_arguments *arguments)
{
    size_t count;
    const mk_arg *list = mk_arguments_list(arguments, &count);
    mk_report *report;
    int status = mk_tune(multi, list, count, MK_DEFAULT_STREAM);

    if (status == MK_OK)
        status = mk_multi_report(multi, &report);
    if (status != MK_OK)
        return status;
    *winner =
        report->pick < report->count ? report->pick : first_usable(report);
    mk_report_destroy(report);
    return MK_OK;
}

static bool is_measured(const mk_multi *multi)
{
    return multi->options.mode != MK_MODE_CACHED &&
           multi->options.mode != MK_MODE_FROZEN && !mk__deferred();
}

/* Which of the kernels wins. What is stored is found by shapes alone: no kernel is
 * built for it, and no memory filled. */
static int decide(size_t *winner, mk_multi *multi,
                  const struct mk__contest *contest, const int64_t *sizes)
{
    struct mk__recipe recipe = { contest->definition, multi, sizes,
                                 contest->options->seed, true };
    mk_arguments *arguments;
    size_t count;
    int status = mk__arguments_make(&arguments, &recipe);

    if (status == MK_OK)
        status =
            mk__pick_known(multi, mk_arguments_list(arguments, &count), winner);
    if (status == MK_OK && *winner != MK__NONE)
        mk__log(MK_LOG_INFO, "%s: pick %zu (%s), stored or the only one",
                multi->name, *winner, multi->kernels[*winner]->name);
    if (status == MK_OK && *winner == MK__NONE && is_measured(multi)) {
        mk_arguments_destroy(arguments);
        recipe.empty = false;
        status = mk__arguments_make(&arguments, &recipe);
    }
    if (status == MK_OK && *winner == MK__NONE)
        status = tune(winner, multi, arguments);
    mk_arguments_destroy(arguments);
    return status;
}

int mk__contest_hold(struct mk__contest *contest, struct mk__point *winner)
{
    int64_t sizes[MK__MAX_SIZES];
    struct mk__point *points = NULL;
    mk_multi *multi = NULL;
    size_t count, index;
    int status = mk__contest_sizes(contest, sizes);

    if (status == MK_OK)
        status = mk__space_points(contest->definition, sizes, &points, &count);
    if (status == MK_OK)
        status = make_multi(&multi, contest, sizes, points, count);
    if (status == MK_OK)
        status = decide(&index, multi, contest, sizes);
    if (status == MK_OK)
        *winner = points[index];
    mk_multi_destroy(multi);
    free(points);
    return status;
}

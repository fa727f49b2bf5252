#include "emit/emission.h"

#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "define/contest.h"

/* ---- From choices ---------------------------------------------------------------- */

static const char *name_at(struct mk__emission *emission, size_t index,
                           size_t hint)
{
    const struct mk__typed *typed = &emission->multis[index];
    const struct mk__picks *picks = &emission->picks[index];

    return picks->at_hints
               ? mk__write_text(&emission->arena, "%s at %s", typed->name,
                                picks->hints[hint].text)
               : typed->name;
}

static int no_such_kernel(const struct mk__typed *typed,
                          const mk_choice *choice)
{
    struct mk__str names = MK__STR_INIT;
    int status;

    for (size_t k = 0; k < typed->kernel_count; ++k)
        mk__str_addf(&names, "%s%s", k > 0 ? ", " : "", typed->kernels[k].name);
    status =
        mk__error(MK_ERROR_NOT_FOUND,
                  "the choice of '%s' is %s, which %s has not at these "
                  "sizes: [%s]; record anew",
                  choice->multi, choice->kernel, typed->definition->file.path,
                  names.text != NULL ? names.text : "");
    mk__str_free(&names);
    return status;
}

static int look_up(size_t *kernel, struct mk__emission *emission, size_t index,
                   size_t hint, const mk_choices *choices)
{
    const struct mk__typed *typed = &emission->multis[index];
    const char *name = name_at(emission, index, hint);
    const mk_choice *choice;
    int status;

    *kernel = 0;
    if (typed->kernel_count == 1) /* nothing to choose, nothing recorded (B1) */
        return MK_OK;
    status = name != NULL ? mk_choices_lookup(choices, name, &choice)
                          : MK_ERROR_NO_MEMORY;
    for (; status == MK_OK && *kernel < typed->kernel_count; ++*kernel)
        if (strcmp(typed->kernels[*kernel].name, choice->kernel) == 0)
            return MK_OK;
    return status == MK_OK ? no_such_kernel(typed, choice) : status;
}

/* ---- Chosen now -------------------------------------------------------------------- */

static bool same_point(const struct mk__point *a, const struct mk__point *b)
{
    return a->variant == b->variant && a->combination == b->combination;
}

/* Holds the contest at a hint, and notes who won. */
static int choose(size_t *kernel, struct mk__emission *emission, size_t index,
                  size_t hint)
{
    const struct mk__typed *typed = &emission->multis[index];
    const struct mk__picks *picks = &emission->picks[index];
    mk_multi_options tuning = emission->tuning;
    int64_t given[MK__MAX_SIZES];
    struct mk__contest contest = { .definition = typed->definition,
                                   .options = &tuning,
                                   .given = given,
                                   .hints = picks->hints,
                                   .hint_count = picks->hint_count,
                                   .hint = hint };
    struct mk__point winner;
    const char *name = name_at(emission, index, hint);
    int status = name != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    for (size_t i = 0; i < typed->definition->size_count; ++i)
        given[i] = typed->given[i] > 0 ? typed->given[i]
                                       : typed->definition->sizes[i].value;
    tuning.name = typed->name;
    if (status == MK_OK)
        status = mk__contest_hold(&contest, &winner);
    if (status != MK_OK)
        return status;
    *kernel = 0;
    while (*kernel < typed->kernel_count &&
           !same_point(&typed->kernels[*kernel].point, &winner))
        ++*kernel;
    if (*kernel == typed->kernel_count)
        return mk__error(MK_ERROR_NOT_FOUND,
                         "%s: what won at %s is not among the kernels here",
                         typed->name, picks->hints[hint].text);
    return mk_choices_set(emission->made, name, typed->kernels[*kernel].name,
                          *kernel);
}

/* ---- What is needed ---------------------------------------------------------------- */

size_t mk__picks_stand_by(const struct mk__typed *typed)
{
    const struct mk__variant *reference =
        &typed->definition->variants[typed->definition->reference];
    size_t found = MK__NO_KERNEL;

    for (size_t k = typed->kernel_count; k-- > 0;) {
        const struct mk__typed_kernel *kernel = &typed->kernels[k];
        const struct mk__variant *variant = kernel->point.variant;

        if (variant->cpu_count > 0 || kernel->condition != NULL ||
            kernel->never)
            continue;
        if (found == MK__NO_KERNEL || variant == reference ||
            typed->kernels[found].point.variant != reference)
            found = k;
    }
    return found;
}

/* Marks the kernels that some call may need. */
static void mark(bool *needed, const struct mk__typed *typed,
                 const struct mk__picks *picks, size_t count, bool anywhere)
{
    bool all = picks->kernels == NULL;
    bool asks = false;
    size_t stand_by = mk__picks_stand_by(typed);

    for (size_t k = 0; k < typed->kernel_count; ++k)
        needed[k] = all && !typed->kernels[k].never;
    for (size_t i = 0; !all && i < count; ++i)
        needed[picks->kernels[i]] = true;
    for (size_t k = 0; k < typed->kernel_count; ++k)
        asks = asks ||
               (needed[k] &&
                (typed->kernels[k].condition != NULL ||
                 (anywhere && typed->kernels[k].point.variant->cpu_count > 0)));
    asks = asks || (anywhere && count > picks->hint_count); /* machines */
    if (asks && stand_by != MK__NO_KERNEL)
        needed[stand_by] = true;
}

static int reduce(struct mk__emission *emission, size_t index, size_t count,
                  bool anywhere)
{
    struct mk__typed *typed = &emission->multis[index];
    struct mk__picks *picks = &emission->picks[index];
    bool *needed =
        mk__arena_alloc(&emission->arena, typed->kernel_count, sizeof(*needed));

    if (needed == NULL)
        return MK_ERROR_NO_MEMORY;
    mark(needed, typed, picks, count, anywhere);
    for (size_t k = typed->kernel_count; k-- > 0;) {
        if (needed[k])
            continue;
        mk__typed_leave_out(typed, k);
        for (size_t i = 0; i < count; ++i)
            picks->kernels[i] -= picks->kernels[i] > k;
    }
    return MK_OK;
}

/* ---- All --------------------------------------------------------------------------- */

int mk__picks_find(struct mk__emission *emission, size_t index, bool anywhere)
{
    const struct mk__typed *typed = &emission->multis[index];
    struct mk__picks *picks = &emission->picks[index];
    bool aot = emission->options.pass == MK_PASS_AOT;
    size_t lists = aot ? emission->list_count : 0;
    size_t machines = lists > 0 ? lists : 1;
    size_t count = machines * picks->hint_count;
    int status = MK_OK;

    if (!aot && !picks->at_hints)
        count = 0; /* left to the first call */
    if (count > 0) {
        picks->kernels =
            mk__arena_alloc(&emission->arena, count, sizeof(*picks->kernels));
        status = picks->kernels != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
    }
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        size_t hint = i % picks->hint_count;

        status = lists > 0 ? look_up(&picks->kernels[i], emission, index, hint,
                                     emission->lists[i / picks->hint_count])
                           : choose(&picks->kernels[i], emission, index, hint);
        if (status == MK_OK && typed->kernels[picks->kernels[i]].never)
            status = mk__error(
                MK_ERROR_NOT_FOUND,
                "the choice of '%s' is %s, which may not run at these sizes",
                typed->name, typed->kernels[picks->kernels[i]].name);
    }
    return status == MK_OK ? reduce(emission, index, count, anywhere) : status;
}

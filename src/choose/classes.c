/* Eligibility: which kernels may run on a call. Conditions are tested per call
 * only where a kernel asks for one; the outcome, a few bits, selects a class of
 * calls, and every class has a choice of its own. */
#include "choose/multi.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/str.h"

/* ---- Conditions ------------------------------------------------------------- */

static bool same_condition(const mk_multi *multi, const struct mk__condition *a,
                           const struct mk__condition *b)
{
    const mk_kernel *one = multi->kernels[a->kernel];
    const mk_kernel *other = multi->kernels[b->kernel];

    if (a->alignment != b->alignment)
        return false;
    if (a->alignment != 0)
        return a->arg == b->arg;
    /* The same words about the same arguments. */
    return strcmp(one->options.requirements.sizes_text,
                  other->options.requirements.sizes_text) == 0 &&
           multi->slices[a->kernel].count == multi->slices[b->kernel].count &&
           memcmp(multi->slices[a->kernel].slice,
                  multi->slices[b->kernel].slice,
                  multi->slices[a->kernel].count * sizeof(mk_slice)) == 0;
}

static int add_condition(mk_multi *multi, struct mk__condition condition)
{
    size_t i = 0;

    while (i < multi->condition_count &&
           !same_condition(multi, &multi->conditions[i], &condition))
        ++i;
    if (i == MK__MAX_CONDITIONS)
        return mk__error(MK_ERROR_INVALID,
                         "%s: the kernels ask for more than %d different "
                         "alignments and relations of sizes",
                         multi->name, MK__MAX_CONDITIONS);
    if (i == multi->condition_count)
        multi->conditions[multi->condition_count++] = condition;
    if (condition.alignment != 0)
        multi->alignments |= UINT64_C(1) << i;
    multi->needs[condition.kernel] |= UINT64_C(1) << i;
    return MK_OK;
}

/* The call's argument that is parameter `param` of kernel `k`. */
static size_t argument_of(const mk_multi *multi, size_t k, size_t param)
{
    const struct mk__slices *slices = &multi->slices[k];

    for (size_t s = 0; s < slices->count; ++s) {
        size_t length = slices->slice[s].stop - slices->slice[s].start;

        if (param < length)
            return slices->slice[s].start + param;
        param -= length;
    }
    return multi->all.count;
}

/* "needs x aligned to 64 bytes and cols % 16 == 0"; "" for no needs. */
static const char *describe(mk_multi *multi, size_t k)
{
    const mk_requirements *needs = &multi->kernels[k]->options.requirements;
    struct mk__str text = MK__STR_INIT;
    const char *between = "needs ";
    const char *kept;

    if (multi->lacks[k] != NULL) {
        mk__str_addf(&text, "needs %s, which this machine lacks",
                     multi->lacks[k]);
    } else {
        for (size_t i = 0; i < needs->align_count; ++i) {
            mk__str_addf(&text, "%s%s aligned to %zu bytes", between,
                         needs->align[i].param, needs->align[i].bytes);
            between = " and ";
        }
        if (needs->sizes != NULL)
            mk__str_addf(&text, "%s%s", between, needs->sizes_text);
    }
    kept = mk__arena_strdup(&multi->arena, text.text != NULL ? text.text : "");
    mk__str_free(&text);
    return kept;
}

int mk__classes_prepare(mk_multi *multi)
{
    int status = MK_OK;

    multi->asks =
        mk__arena_alloc(&multi->arena, multi->count, sizeof(*multi->asks));
    if (multi->asks == NULL)
        return MK_ERROR_NO_MEMORY;
    multi->alignment = 4096;
    for (size_t k = 0; k < multi->count && status == MK_OK; ++k) {
        const mk_kernel *kernel = multi->kernels[k];
        const mk_requirements *needs = &kernel->options.requirements;

        for (size_t i = 0; i < needs->align_count && status == MK_OK; ++i) {
            size_t param = mk__kernel_param(kernel, needs->align[i].param);
            size_t bytes = needs->align[i].bytes;

            if (bytes > multi->alignment)
                multi->alignment = bytes;
            status = add_condition(
                multi, (struct mk__condition){ argument_of(multi, k, param),
                                               bytes, k });
        }
        if (status == MK_OK && needs->sizes != NULL)
            status = add_condition(multi, (struct mk__condition){ 0, 0, k });
        if (status == MK_OK) {
            multi->asks[k] = describe(multi, k);
            status = multi->asks[k] != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
        }
    }
    return status;
}

static bool holds(const mk_multi *multi, const struct mk__condition *condition,
                  const mk_arg *args)
{
    const mk_requirements *needs;
    mk_arg own[MK_MAX_ARGS];

    if (condition->alignment != 0) {
        /* What the kernel gets, wherever the tensor points by now. */
        return ((uintptr_t)args[condition->arg].value.data &
                (condition->alignment - 1)) == 0;
    }
    needs = &multi->kernels[condition->kernel]->options.requirements;
    mk__slices_pick_args(&multi->slices[condition->kernel], args, own);
    return needs->sizes(own, needs->sizes_context);
}

/* Which of the conditions `asked` hold. */
static mk__holds test(const mk_multi *multi, const mk_arg *args,
                      mk__holds asked)
{
    mk__holds all = 0;

    for (size_t i = 0; i < multi->condition_count; ++i)
        if ((asked & UINT64_C(1) << i) != 0 &&
            holds(multi, &multi->conditions[i], args))
            all |= UINT64_C(1) << i;
    return all;
}

mk__holds mk__classes_test(const mk_multi *multi, const mk_arg *args)
{
    return test(multi, args, ~(mk__holds)0);
}

mk__holds mk__classes_aligned(const mk_multi *multi, const mk_arg *args)
{
    return test(multi, args, multi->alignments);
}

/* ---- Classes ------------------------------------------------------------------- */

static bool eligible(const mk_multi *multi, size_t k, mk__holds all)
{
    return multi->lacks[k] == NULL && (multi->needs[k] & ~all) == 0;
}

/* The class with the same eligible kernels, or NULL. */
static struct mk__class *same_class(const mk_multi *multi, mk__holds all)
{
    struct mk__class *class = multi->class_list;

    for (; class != NULL; class = class->next) {
        bool same = class->base == NULL;

        for (size_t k = 0; k < multi->count && same; ++k)
            same = class->eligible[k] == eligible(multi, k, all);
        if (same)
            return class;
    }
    return NULL;
}

void mk__classes_blank(mk_multi *multi, struct mk__class *class)
{
    class->pick = class->stand_in = class->incumbent = class->fallback =
        MK__NONE;
    class->from = MK_FROM_NOWHERE;
    class->reason[0] = class->key[0] = '\0';
    class->evidence_waits = class->waits = false;
    class->tuning_ms = 0;
    class->owner = 0;
    for (size_t k = 0; k < multi->count; ++k)
        class->fates[k] = (struct mk__fate){
            .fate = class->eligible[k] ? MK_FATE_UNTRIED : MK_FATE_INELIGIBLE,
        };
}

/* A class whose eligible kernels are set already. */
static struct mk__class *make_class(mk_multi *multi, struct mk__class *base,
                                    bool *eligible_kernels)
{
    struct mk__arena *arena = &multi->arena;
    struct mk__class *class = mk__arena_alloc(arena, 1, sizeof(*class));

    if (class == NULL)
        return NULL;
    class->base = base;
    class->eligible = eligible_kernels;
    class->routes =
        mk__arena_alloc(arena, MK__WAYS * multi->count, sizeof(*class->routes));
    class->fates = mk__arena_alloc(arena, multi->count, sizeof(*class->fates));
    if (class->routes == NULL || class->fates == NULL)
        return NULL;
    mk__classes_blank(multi, class);
    if (mk__route_renew(multi, class, MK__UNDECIDED, MK__NONE) != MK_OK)
        return NULL;
    class->next = multi->class_list;
    multi->class_list = class;
    return class;
}

static struct mk__class *make_base(mk_multi *multi, mk__holds all)
{
    struct mk__arena *arena = &multi->arena;
    bool *kernels = mk__arena_alloc(arena, multi->count, sizeof(*kernels));
    struct mk__class **nearest = NULL;
    struct mk__class *class;

    /* All of it before the class is listed, and found again. */
    if (multi->by_shape != NULL) {
        nearest =
            mk__arena_alloc(arena, multi->count, sizeof(struct mk__class *));
        if (nearest == NULL)
            return NULL;
    }
    if (kernels == NULL)
        return NULL;
    for (size_t k = 0; k < multi->count; ++k)
        kernels[k] = eligible(multi, k, all);
    class = make_class(multi, NULL, kernels);
    if (class != NULL)
        class->nearest = nearest;
    return class;
}

struct mk__class *mk__classes_derive(mk_multi *multi, struct mk__class *base)
{
    return make_class(multi, base, base->eligible);
}

/* Publishes a table with one more row. */
static int add_row(mk_multi *multi, mk__holds all, struct mk__class *class)
{
    struct mk__class_table *old = atomic_load(&multi->classes);
    size_t count = old != NULL ? old->count : 0;
    struct mk__class_table *table = mk__arena_alloc(
        &multi->arena, 1, sizeof(*table) + (count + 1) * sizeof(table->row[0]));

    if (table == NULL)
        return MK_ERROR_NO_MEMORY;
    if (count > 0)
        memcpy(table->row, old->row, count * sizeof(old->row[0]));
    table->row[count].holds = all;
    table->row[count].class = class;
    table->count = count + 1;
    atomic_store_explicit(&multi->classes, table, memory_order_release);
    return MK_OK;
}

int mk__classes_get(mk_multi *multi, mk__holds all, struct mk__class **class)
{
    int status = MK_OK;

    *class = mk__classes_find(
        atomic_load_explicit(&multi->classes, memory_order_acquire), all);
    if (*class != NULL)
        return MK_OK;
    pthread_mutex_lock(&multi->growth);
    *class = mk__classes_find(atomic_load(&multi->classes), all);
    if (*class == NULL) {
        *class = same_class(multi, all);
        if (*class == NULL)
            *class = make_base(multi, all);
        status =
            *class != NULL ? add_row(multi, all, *class) : MK_ERROR_NO_MEMORY;
    }
    pthread_mutex_unlock(&multi->growth);
    return status;
}

const char *mk__classes_reason(const mk_multi *multi,
                               const struct mk__class *class, size_t index)
{
    return class->eligible[index] ? "" : multi->asks[index];
}

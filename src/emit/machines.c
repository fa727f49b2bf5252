/* Which choices are for which processor. */
#include "emit/emission.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* ---- Features ------------------------------------------------------------------- */

/* Those that gcc 12 and clang 14 both can ask for, where they name them otherwise
 * than /proc/cpuinfo does. */
static const struct {
    const char *cpuinfo;
    const char *compiler;
} renamed[] = {
    { "sse4_1", "sse4.1" },
    { "sse4_2", "sse4.2" },
    { "pni", "sse3" },
    { "bmi1", "bmi" },
    { "pclmulqdq", "pclmul" },
    { "avx512_vbmi2", "avx512vbmi2" },
    { "avx512_vnni", "avx512vnni" },
    { "avx512_bitalg", "avx512bitalg" },
    { "avx512_vpopcntdq", "avx512vpopcntdq" },
};
static const char *const known[] = {
    "cmov",     "mmx",      "popcnt",   "sse",        "sse2",       "ssse3",
    "sse4a",    "avx",      "avx2",     "fma",        "fma4",       "xop",
    "bmi2",     "aes",      "gfni",     "vpclmulqdq", "avx512f",    "avx512vl",
    "avx512bw", "avx512dq", "avx512cd", "avx512ifma", "avx512vbmi",
};

/* The compiler's name of a feature; NULL: it can't be asked for. */
static const char *compilers_name(const char *feature)
{
    for (size_t i = 0; i < sizeof(renamed) / sizeof(renamed[0]); ++i)
        if (strcmp(renamed[i].cpuinfo, feature) == 0)
            return renamed[i].compiler;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); ++i)
        if (strcmp(known[i], feature) == 0)
            return known[i];
    return NULL;
}

static bool contains(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; ++i)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A machine that asks for the features of `list`, each once. */
static int add_features(struct mk__emission *emission,
                        struct mk__machine *machine, const char *const *list,
                        size_t count)
{
    const char **features = mk__arena_alloc(
        &emission->arena, machine->count + count, sizeof(*features));

    if (features == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < machine->count; ++i)
        features[i] = machine->features[i];
    machine->features = features;
    for (size_t i = 0; i < count; ++i) {
        const char *name = compilers_name(list[i]);

        if (name == NULL)
            return mk__error(MK_ERROR_UNSUPPORTED,
                             "no compiler's __builtin_cpu_supports knows the "
                             "feature '%s' that a kernel requires, so emitted "
                             "code can't ask for it",
                             list[i]);
        if (!contains(features, machine->count, name))
            features[machine->count++] = name;
    }
    qsort(features, machine->count, sizeof(*features), by_name);
    return MK_OK;
}

/* ---- What a list of choices is for ---------------------------------------------------- */

/* What the picked kernels require. */
static int add_picked(struct mk__emission *emission, size_t m)
{
    int status = MK_OK;

    for (size_t i = 0; i < emission->count; ++i) {
        const struct mk__picks *picks = &emission->picks[i];
        const size_t *row = picks->kernels + m * picks->hint_count;

        for (size_t h = 0; h < picks->hint_count && status == MK_OK; ++h) {
            const struct mk__variant *variant =
                emission->multis[i].kernels[row[h]].point.variant;

            status = add_features(emission, &emission->machines[m],
                                  variant->cpu, variant->cpu_count);
        }
    }
    return status;
}

/* What any variant requires, and the machine has: machines that differ in it may
 * have chosen differently. */
static int add_relevant(struct mk__emission *emission, size_t m)
{
    size_t count;
    const char *const *has = mk_choices_features(emission->lists[m], &count);
    int status = MK_OK;

    for (size_t i = 0; i < emission->count; ++i) {
        const mk_definition *definition = emission->multis[i].definition;

        for (size_t v = 0; v < definition->variant_count; ++v) {
            const struct mk__variant *variant = &definition->variants[v];

            for (size_t f = 0; f < variant->cpu_count && status == MK_OK; ++f)
                if (contains(has, count, variant->cpu[f]))
                    status = add_features(emission, &emission->machines[m],
                                          &variant->cpu[f], 1);
        }
    }
    return status;
}

static bool same_features(const struct mk__machine *a,
                          const struct mk__machine *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; i < a->count && same; ++i)
        same = strcmp(a->features[i], b->features[i]) == 0;
    return same;
}

static bool same_picks(const struct mk__emission *emission, size_t a, size_t b)
{
    for (size_t i = 0; i < emission->count; ++i) {
        const struct mk__picks *picks = &emission->picks[i];

        if (memcmp(picks->kernels + a * picks->hint_count,
                   picks->kernels + b * picks->hint_count,
                   picks->hint_count * sizeof(*picks->kernels)) != 0)
            return false;
    }
    return true;
}

/* A feature that machine `a` has and `b` lacks; NULL: none that can be asked for. */
static const char *find_difference(const struct mk__emission *emission,
                                   size_t a, size_t b)
{
    size_t count, other_count;
    const char *const *has = mk_choices_features(emission->lists[a], &count);
    const char *const *other =
        mk_choices_features(emission->lists[b], &other_count);

    for (size_t i = 0; i < count; ++i)
        if (compilers_name(has[i]) != NULL &&
            !contains(other, other_count, has[i]))
            return has[i];
    return NULL;
}

/* Two machines that chose differently, and differ in nothing that a variant
 * requires: what else tells them apart? */
static int tell_apart(struct mk__emission *emission, size_t a, size_t b)
{
    const char *one = find_difference(emission, a, b);
    const char *other = find_difference(emission, b, a);

    if (one != NULL)
        return add_features(emission, &emission->machines[a], &one, 1);
    if (other != NULL)
        return add_features(emission, &emission->machines[b], &other, 1);
    return mk__error(MK_ERROR_CONFLICT,
                     "choices %zu and %zu differ, but their processors can't "
                     "be told apart: no feature that emitted code can ask for "
                     "is in one list's \"cpu\" and not in the other's; leave "
                     "one of them out",
                     a + 1, b + 1);
}

static int check_apart(struct mk__emission *emission)
{
    int status = MK_OK;

    for (size_t a = 0; a < emission->machine_count; ++a)
        for (size_t b = a + 1; b < emission->machine_count && status == MK_OK;
             ++b)
            if (same_features(&emission->machines[a], &emission->machines[b]) &&
                !same_picks(emission, a, b))
                status = tell_apart(emission, a, b);
    return status;
}

/* ---- Order ------------------------------------------------------------------------- */

static void swap_rows(struct mk__emission *emission, size_t a, size_t b)
{
    struct mk__machine machine = emission->machines[a];

    emission->machines[a] = emission->machines[b];
    emission->machines[b] = machine;
    for (size_t i = 0; i < emission->count; ++i) {
        struct mk__picks *picks = &emission->picks[i];

        for (size_t h = 0; h < picks->hint_count; ++h) {
            size_t *one = &picks->kernels[a * picks->hint_count + h];
            size_t *other = &picks->kernels[b * picks->hint_count + h];
            size_t kernel = *one;

            *one = *other;
            *other = kernel;
        }
    }
}

/* The most demanding first, so that the first that fits is right; equal ones as
 * they were given. */
static void sort(struct mk__emission *emission)
{
    for (size_t i = 1; i < emission->machine_count; ++i)
        for (size_t m = i; m > 0 && emission->machines[m].count >
                                        emission->machines[m - 1].count;
             --m)
            swap_rows(emission, m, m - 1);
}

/* A last row for every other processor, if each multi-kernel has a kernel for it. */
static int add_any(struct mk__emission *emission)
{
    size_t m = emission->machine_count;

    if (emission->machines[m - 1].count == 0)
        return MK_OK;
    for (size_t i = 0; i < emission->count; ++i)
        if (mk__picks_stand_by(&emission->multis[i]) == MK__NO_KERNEL)
            return MK_OK;
    for (size_t i = 0; i < emission->count; ++i) {
        struct mk__picks *picks = &emission->picks[i];
        size_t hints = picks->hint_count;
        size_t *kernels = mk__arena_alloc(&emission->arena, (m + 1) * hints,
                                          sizeof(*kernels));

        if (kernels == NULL)
            return MK_ERROR_NO_MEMORY;
        memcpy(kernels, picks->kernels, m * hints * sizeof(*kernels));
        for (size_t h = 0; h < hints; ++h)
            kernels[m * hints + h] = mk__picks_stand_by(&emission->multis[i]);
        picks->kernels = kernels;
    }
    ++emission->machine_count;
    return MK_OK;
}

int mk__machines_find(struct mk__emission *emission, bool anywhere)
{
    size_t lists = emission->list_count;
    int status = MK_OK;

    emission->machine_count = lists > 0 ? lists : 1;
    emission->machines =
        mk__arena_alloc(&emission->arena, emission->machine_count + 1,
                        sizeof(*emission->machines));
    if (emission->machines == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t m = 0; m < emission->machine_count && status == MK_OK; ++m) {
        status = add_picked(emission, m);
        if (status == MK_OK && lists > 1)
            status = add_relevant(emission, m);
    }
    if (status == MK_OK)
        status = check_apart(emission);
    if (status == MK_OK)
        sort(emission);
    return status == MK_OK && anywhere ? add_any(emission) : status;
}

bool mk__machines_fit_all(const struct mk__emission *emission)
{
    return emission->machines[emission->machine_count - 1].count == 0;
}

const char *mk__machine_words(struct mk__arena *arena,
                              const struct mk__machine *machine)
{
    const char *text = "";

    for (size_t i = 0; i < machine->count && text != NULL; ++i)
        text = mk__write_text(arena, "%s%s%s", text, i > 0 ? " and " : "",
                              machine->features[i]);
    return text;
}

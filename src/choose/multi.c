#include "choose/by_shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/options.h"

/* ---- Identity: the same kernels in the same order are one multi-kernel ------- */

#define BUCKETS 1024

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct mk_multi *registry[BUCKETS];
static unsigned long names_given;

static size_t bucket_of(mk_kernel *const *kernels, size_t count)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

    for (size_t i = 0; i < count; ++i)
        hash =
            (hash ^ (uint64_t)(uintptr_t)kernels[i]) * UINT64_C(1099511628211);
    return (size_t)(hash >> 32) % BUCKETS;
}

static bool same_kernels(const mk_multi *multi, mk_kernel *const *kernels,
                         size_t count)
{
    return multi->count == count &&
           memcmp(multi->kernels, kernels, count * sizeof(*kernels)) == 0;
}

static bool same_params(const struct mk__union *a, const struct mk__union *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; i < a->count && same; ++i)
        same = strcmp(a->params[i].name, b->params[i].name) == 0 &&
               memcmp(&a->params[i].type, &b->params[i].type,
                      sizeof(a->params[i].type)) == 0 &&
               a->params[i].rank == b->params[i].rank &&
               a->params[i].intent == b->params[i].intent &&
               a->params[i].flags == b->params[i].flags &&
               a->own[i] == b->own[i];
    return same;
}

static bool same_tolerances(const mk_multi_options *a,
                            const mk_multi_options *b)
{
    bool same = a->tolerance_count == b->tolerance_count;

    for (size_t i = 0; i < a->tolerance_count && same; ++i)
        same = memcmp(&a->tolerances[i].type, &b->tolerances[i].type,
                      sizeof(a->tolerances[i].type)) == 0 &&
               a->tolerances[i].rtol == b->tolerances[i].rtol &&
               a->tolerances[i].atol == b->tolerances[i].atol;
    return same;
}

/* Whether calls to both would do the same. */
static bool same_multi(const mk_multi *a, const mk_multi *b)
{
    const mk_multi_options *x = &a->options;
    const mk_multi_options *y = &b->options;

    return same_kernels(a, b->kernels, b->count) &&
           same_params(&a->all, &b->all) && strcmp(a->name, b->name) == 0 &&
           a->first_forced == b->first_forced && x->mode == y->mode &&
           x->default_index == y->default_index &&
           x->cache_state == y->cache_state && x->busy == y->busy &&
           x->tie_margin == y->tie_margin && x->budget_ms == y->budget_ms &&
           a->memory_asked == b->memory_asked && x->seed == y->seed &&
           x->retune == y->retune && x->disable_cache == y->disable_cache &&
           a->metrics == b->metrics && x->progress == y->progress &&
           x->progress_context == y->progress_context &&
           x->verify == y->verify && x->reference_index == y->reference_index &&
           same_tolerances(x, y) && x->isolate == y->isolate &&
           x->isolation_timeout_ms == y->isolation_timeout_ms &&
           x->isolation_memory == y->isolation_memory &&
           x->first_call_budget_ms == y->first_call_budget_ms &&
           x->drift_every == y->drift_every && x->trace == y->trace &&
           x->trace_context == y->trace_context && mk__by_shape_same(a, b);
}

/* The name that these kernels got before, or the next one. */
static const char *name_for(mk_multi *multi, const char *given)
{
    const mk_multi *other = registry[bucket_of(multi->kernels, multi->count)];
    char name[32];

    if (given != NULL)
        return mk__arena_strdup(&multi->arena, given);
    for (; other != NULL; other = other->next)
        if (other->named_here &&
            same_kernels(other, multi->kernels, multi->count))
            break;
    multi->named_here = true;
    if (other != NULL)
        return mk__arena_strdup(&multi->arena, other->name);
    snprintf(name, sizeof(name), "multi_kernel_%lu", names_given++);
    return mk__arena_strdup(&multi->arena, name);
}

/* The equal multi-kernel that is there already, else NULL. */
static mk_multi *find_same(const mk_multi *multi)
{
    mk_multi *other = registry[bucket_of(multi->kernels, multi->count)];

    while (other != NULL && !same_multi(other, multi))
        other = other->next;
    return other;
}

/* ---- Creation ------------------------------------------------------------------ */

static void free_multi(mk_multi *multi)
{
    for (struct mk__class *class = multi->class_list; class != NULL;
         class = class->next) {
        free(class->file);
        mk__arena_free(&class->details);
        mk__tune_drop(class);
        mk__inline_free(class);
        mk__drift_free(class);
    }
    for (size_t k = 0; k < multi->count; ++k) {
        if (multi->losses != NULL) {
            free(multi->losses[k].detail);
            free(multi->losses[k].log);
        }
        mk_kernel_destroy(multi->kernels[k]);
    }
    mk__by_shape_free(multi);
    free(multi->formals);
    (void)pthread_mutex_destroy(&multi->lock);
    (void)pthread_mutex_destroy(&multi->growth);
    mk__arena_free(&multi->arena);
    free(multi);
}

static int check_kernels(mk_kernel *const *kernels, size_t count)
{
    if (kernels == NULL || count == 0)
        return mk__error(MK_ERROR_INVALID,
                         "a multi-kernel needs at least one kernel");
    for (size_t k = 0; k < count; ++k) {
        if (kernels[k] == NULL)
            return mk__error(MK_ERROR_INVALID, "kernel %zu is NULL", k);
        if (kernels[k]->device != kernels[0]->device)
            return mk__error(MK_ERROR_INVALID,
                             "kernels %s and %s are for different devices",
                             kernels[0]->name, kernels[k]->name);
        for (size_t other = 0; other < k; ++other)
            if (strcmp(kernels[other]->name, kernels[k]->name) == 0)
                return mk__error(MK_ERROR_INVALID,
                                 "two kernels are named %s: a pick could not "
                                 "tell them apart",
                                 kernels[k]->name);
    }
    return MK_OK;
}

static bool allocate_parts(mk_multi *multi, size_t count)
{
    struct mk__arena *arena = &multi->arena;

    multi->slices = mk__arena_alloc(arena, count, sizeof(*multi->slices));
    multi->lacks = mk__arena_alloc(arena, count, sizeof(*multi->lacks));
    multi->needs = mk__arena_alloc(arena, count, sizeof(*multi->needs));
    multi->losses = mk__arena_alloc(arena, count, sizeof(*multi->losses));
    return multi->slices != NULL && multi->lacks != NULL &&
           multi->needs != NULL && multi->losses != NULL;
}

static int merge_params(mk_multi *multi, const mk_signature *given)
{
    struct mk__taker *takers = mk__calloc(multi->count, sizeof(*takers));
    int status;

    if (takers == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t k = 0; k < multi->count; ++k)
        takers[k] = (struct mk__taker){ multi->kernels[k]->name,
                                        &multi->kernels[k]->signature };
    status = mk__union_make(&multi->all, takers, multi->count, given);
    free(takers);
    for (size_t i = 0; i < multi->all.count && status == MK_OK; ++i) {
        multi->all.params[i].name =
            mk__arena_strdup(&multi->arena, multi->all.params[i].name);
        if (multi->all.params[i].name == NULL)
            status = MK_ERROR_NO_MEMORY;
    }
    for (size_t k = 0; k < multi->count && status == MK_OK; ++k) {
        mk__slices_make(&multi->slices[k], &multi->all,
                        &multi->kernels[k]->signature, k);
        multi->lacks[k] = mk__kernel_lacks(multi->kernels[k]);
    }
    return status;
}

/* Options that must be read before all others. */
static int read_first(mk_multi *multi, const mk_multi_options *options)
{
    mk_multi_options given = { 0 };
    int status =
        mk__options_copy(&given, sizeof(given), options, "mk_multi_options");

    if (status != MK_OK)
        return status;
    multi->name = name_for(multi, given.name);
    if (multi->name == NULL || !allocate_parts(multi, multi->count))
        return MK_ERROR_NO_MEMORY;
    multi->memory_asked = given.memory_budget;
    if (given.signature != NULL)
        status =
            mk__signature_check("multi-kernel", multi->name, given.signature);
    if (status == MK_OK)
        status = merge_params(multi, given.signature);
    if (status == MK_OK)
        status = mk__settings_read(multi, options);
    /* The caller's strings need not live on. */
    multi->options.name = NULL;
    multi->options.pick = NULL;
    multi->options.signature = NULL;
    multi->first_forced = multi->forced;
    return status;
}

static int build(mk_multi *multi, const mk_multi_options *options)
{
    int status = read_first(multi, options);

    if (status == MK_OK)
        status = mk__merge_metadata(multi);
    if (status == MK_OK)
        status = mk__classes_prepare(multi);
    if (status == MK_OK) {
        multi->formals = mk__formals_make(multi->all.params, multi->all.count,
                                          multi->device->device);
        status = multi->formals != NULL ? mk__by_shape_make(multi)
                                        : MK_ERROR_NO_MEMORY;
    }
    if (status == MK_OK)
        status = mk__route_start(multi);
    return status;
}

static mk_multi *new_multi(mk_kernel *const *kernels, size_t count)
{
    mk_multi *multi = mk__calloc(1, sizeof(*multi));

    if (multi == NULL)
        return NULL;
    multi->device = kernels[0]->device;
    multi->forced = MK__NONE;
    multi->references = 1;
    (void)pthread_mutex_init(&multi->lock, NULL);
    (void)pthread_mutex_init(&multi->growth, NULL);
    multi->kernels =
        mk__arena_copy(&multi->arena, kernels, count * sizeof(mk_kernel *));
    if (multi->kernels == NULL) {
        free_multi(multi);
        return NULL;
    }
    multi->count = count;
    for (size_t k = 0; k < count; ++k)
        (void)mk__kernel_retain(kernels[k]);
    return multi;
}

int mk_multi_create(mk_multi **out, mk_kernel *const *kernels, size_t count,
                    const mk_multi_options *options)
{
    mk_multi *multi, *same = NULL;
    int status = check_kernels(kernels, count);

    *out = NULL;
    if (status != MK_OK)
        return status;
    multi = new_multi(kernels, count);
    if (multi == NULL)
        return MK_ERROR_NO_MEMORY;
    pthread_mutex_lock(&registry_lock);
    status = build(multi, options);
    if (status == MK_OK) {
        same = find_same(multi);
        if (same != NULL) {
            same->references += 1;
            *out = same;
        } else {
            size_t bucket = bucket_of(multi->kernels, count);

            multi->next = registry[bucket];
            registry[bucket] = multi;
            *out = multi;
        }
    }
    pthread_mutex_unlock(&registry_lock);
    if (*out != multi)
        free_multi(multi);
    return status;
}

void mk_multi_destroy(mk_multi *multi)
{
    struct mk_multi **at;
    bool last;

    if (multi == NULL)
        return;
    pthread_mutex_lock(&registry_lock);
    last = --multi->references == 0;
    if (last) {
        at = &registry[bucket_of(multi->kernels, multi->count)];
        while (*at != multi)
            at = &(*at)->next;
        *at = multi->next;
    }
    pthread_mutex_unlock(&registry_lock);
    if (last)
        free_multi(multi);
}

void mk__multi_retain(mk_multi *multi)
{
    pthread_mutex_lock(&registry_lock);
    multi->references += 1;
    pthread_mutex_unlock(&registry_lock);
}

int mk__multi_all(mk_multi ***all, size_t *count)
{
    size_t found = 0;

    *count = 0;
    pthread_mutex_lock(&registry_lock);
    for (size_t i = 0; i < BUCKETS; ++i)
        for (mk_multi *multi = registry[i]; multi != NULL; multi = multi->next)
            ++found;
    *all = mk__calloc(found + 1, sizeof(mk_multi *));
    for (size_t i = 0; i < BUCKETS && *all != NULL; ++i)
        for (mk_multi *multi = registry[i]; multi != NULL;
             multi = multi->next) {
            multi->references += 1;
            (*all)[(*count)++] = multi;
        }
    pthread_mutex_unlock(&registry_lock);
    return *all != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

/* ---- What was merged -------------------------------------------------------------- */

const char *mk_multi_name(const mk_multi *multi)
{
    return multi->name;
}

size_t mk_multi_param_count(const mk_multi *multi)
{
    return multi->all.count;
}

const mk_param *mk_multi_param(const mk_multi *multi, size_t i)
{
    return i < multi->all.count ? &multi->all.params[i] : NULL;
}

const mk_slice *mk_multi_slices(const mk_multi *multi, size_t index,
                                size_t *count)
{
    if (index >= multi->count) {
        *count = 0;
        return NULL;
    }
    *count = multi->slices[index].count;
    return multi->slices[index].slice;
}

const mk_workspace *mk_multi_workspaces(const mk_multi *multi, size_t *count)
{
    *count = multi->workspace_count;
    return multi->workspaces;
}

const char *const *mk_multi_removed(const mk_multi *multi, size_t *count)
{
    *count = multi->removed_count;
    return multi->removed;
}

const char *const *mk_multi_inplaced_removed(const mk_multi *multi,
                                             size_t *count)
{
    *count = multi->inplaced_removed_count;
    return multi->inplaced_removed;
}

const mk_inplace *mk_multi_inplace(const mk_multi *multi, size_t *count)
{
    *count = multi->inplace_count;
    return multi->inplace;
}

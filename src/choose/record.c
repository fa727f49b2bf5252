/* Choices recorded in one pass, to be looked up in the next. */
#include "choose/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/str.h"

/* ---- The list --------------------------------------------------------------- */

int mk_choices_create(mk_choices **choices)
{
    *choices = mk__calloc(1, sizeof(**choices));
    return *choices != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

static void free_chosen(struct mk__chosen *chosen)
{
    free(chosen->multi);
    free(chosen->kernel);
    free(chosen->rival);
}

/* The place of a name, or where it belongs; whether it is there. */
static bool find(const mk_choices *choices, const char *multi, size_t *place)
{
    size_t low = 0, high = choices->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(choices->list[middle].choice.multi, multi);

        if (order == 0) {
            *place = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *place = low;
    return false;
}

/* Makes room at `place`. */
static int insert(mk_choices *choices, size_t place)
{
    size_t bytes = (choices->count + 1) * sizeof(*choices->list);
    struct mk__chosen *list = mk__realloc(choices->list, bytes);

    if (list == NULL)
        return MK_ERROR_NO_MEMORY;
    memmove(list + place + 1, list + place,
            (choices->count - place) * sizeof(*list));
    choices->list = list;
    choices->count += 1;
    return MK_OK;
}

int mk_choices_set(mk_choices *choices, const char *multi, const char *kernel,
                   size_t index)
{
    struct mk__chosen made = { .owner = MK__OWNED_BY_NOBODY };
    size_t place;
    int status = MK_ERROR_NO_MEMORY;

    if (multi == NULL || kernel == NULL)
        return mk__error(MK_ERROR_INVALID,
                         "a choice needs a multi-kernel's name and a kernel's");
    made.multi = mk__strdup(multi);
    made.kernel = mk__strdup(kernel);
    if (made.multi == NULL || made.kernel == NULL)
        goto failed;
    if (find(choices, multi, &place)) {
        free_chosen(&choices->list[place]);
    } else {
        status = insert(choices, place);
        if (status != MK_OK)
            goto failed;
    }
    made.choice = (mk_choice){ made.multi, made.kernel, index, NULL };
    choices->list[place] = made;
    return MK_OK;

failed:
    free_chosen(&made);
    return status;
}

int mk__choices_rival(mk_choices *choices, const char *multi, const char *rival)
{
    struct mk__chosen *chosen;
    size_t place;
    char *copy;

    if (!find(choices, multi, &place))
        return MK_OK;
    copy = mk__strdup(rival);
    if (copy == NULL)
        return MK_ERROR_NO_MEMORY;
    chosen = &choices->list[place];
    free(chosen->rival);
    chosen->rival = copy;
    chosen->choice.rival = copy;
    return MK_OK;
}

size_t mk_choices_count(const mk_choices *choices)
{
    return choices->count;
}

const mk_choice *mk_choices_at(const mk_choices *choices, size_t i)
{
    return i < choices->count ? &choices->list[i].choice : NULL;
}

/* ---- Looking up --------------------------------------------------------------- */

/* More names than this make no message clearer. */
#define MOST_NAMES 16

static int not_found(const mk_choices *choices, const char *multi)
{
    struct mk__str names = MK__STR_INIT;

    for (size_t i = 0; i < choices->count && i < MOST_NAMES; ++i)
        mk__str_addf(&names, "%s%s", i > 0 ? ", " : "",
                     choices->list[i].choice.multi);
    mk__error(MK_ERROR_NOT_FOUND,
              "%s%sno choice is recorded for the multi-kernel '%s' (recorded: "
              "%s%s): call it in the JIT pass, under this name, and record "
              "anew",
              choices->path != NULL ? choices->path : "",
              choices->path != NULL ? ": " : "", multi,
              names.text != NULL ? names.text : "none",
              choices->count > MOST_NAMES ? ", ..." : "");
    mk__str_free(&names);
    return MK_ERROR_NOT_FOUND;
}

int mk_choices_lookup(const mk_choices *choices, const char *multi,
                      const mk_choice **choice)
{
    const mk_choice *found;
    size_t place;

    *choice = NULL;
    if (!find(choices, multi, &place))
        return not_found(choices, multi);
    found = &choices->list[place].choice;
    if (found->rival != NULL)
        return mk__error(MK_ERROR_CONFLICT,
                         "%s%sboth %s and %s were picked under the name '%s': "
                         "give the multi-kernels names of their own, or decide "
                         "for one kernel",
                         choices->path != NULL ? choices->path : "",
                         choices->path != NULL ? ": " : "", found->kernel,
                         found->rival, multi);
    *choice = found;
    return MK_OK;
}

/* ---- The pass ----------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock; /* of all this; taken after a multi-kernel's */
    mk_choices *choices;  /* NULL: no pass is under way */
    uint64_t owners;      /* numbers given so far */
    bool incomplete;      /* for want of memory */
} pass = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Sets the choice of the class that `owner` is; the lock is held. */
static int take(const mk_multi *multi, size_t index, uint64_t owner)
{
    const char *kernel = multi->kernels[index]->name;
    struct mk__chosen *chosen = NULL;
    size_t place;
    int status;

    if (find(pass.choices, multi->name, &place))
        chosen = &pass.choices->list[place];
    if (chosen == NULL || chosen->owner == MK__OWNED_BY_NOBODY ||
        (chosen->owner == owner && chosen->choice.rival == NULL)) {
        status = mk_choices_set(pass.choices, multi->name, kernel, index);
        if (status == MK_OK && find(pass.choices, multi->name, &place))
            pass.choices->list[place].owner = owner;
        return status;
    }
    if (chosen->choice.index == index &&
        strcmp(chosen->choice.kernel, kernel) == 0) {
        if (chosen->owner != owner)
            chosen->owner = MK__OWNED_BY_SEVERAL;
        return MK_OK;
    }
    if (chosen->choice.rival != NULL)
        return MK_OK; /* one is enough */
    mk__log(MK_LOG_WARNING,
            "%s: its pick %s is not recorded: %s is, under the same name",
            multi->name, kernel, chosen->choice.kernel);
    return mk__choices_rival(pass.choices, multi->name, kernel);
}

void mk__record_pick(const mk_multi *multi, struct mk__class *class,
                     size_t index)
{
    pthread_mutex_lock(&pass.lock);
    if (pass.choices != NULL) {
        if (class->owner == 0)
            class->owner = MK__FIRST_OWNER + pass.owners++;
        if (take(multi, index, class->owner) != MK_OK)
            pass.incomplete = true;
    }
    pthread_mutex_unlock(&pass.lock);
}

/* Makes every multi-kernel decide once more, so that its pick comes by here. */
static int reopen_all(void)
{
    mk_multi **all;
    size_t count;
    int status = mk__multi_all(&all, &count);

    for (size_t i = 0; status == MK_OK && i < count; ++i) {
        pthread_mutex_lock(&all[i]->lock);
        status = mk__route_reopen(all[i]);
        pthread_mutex_unlock(&all[i]->lock);
    }
    for (size_t i = 0; i < count; ++i)
        mk_multi_destroy(all[i]);
    free(all);
    return status;
}

/* Gives a list other features, and takes its own. */
static void swap_features(mk_choices *choices, struct mk__features *features)
{
    struct mk__features own = choices->features;

    choices->features = *features;
    *features = own;
}

int mk_record_begin(mk_choices *choices)
{
    struct mk__features features;
    int status;

    if (choices == NULL)
        return mk__error(MK_ERROR_INVALID, "there is no list to record in");
    status = mk__features_here(&features);
    if (status != MK_OK)
        return status;
    pthread_mutex_lock(&pass.lock);
    if (pass.choices != NULL) {
        status = mk__error(MK_ERROR_INVALID,
                           "a recording pass is under way already: end it with "
                           "mk_record_end first");
    } else {
        pass.choices = choices;
        pass.incomplete = false;
        swap_features(choices, &features);
        for (size_t i = 0; i < choices->count; ++i)
            choices->list[i].owner = MK__OWNED_BY_NOBODY;
    }
    pthread_mutex_unlock(&pass.lock);
    if (status == MK_OK) {
        /* After the pass is open: what is decided meanwhile is recorded. */
        status = reopen_all();
        if (status != MK_OK) {
            pthread_mutex_lock(&pass.lock);
            pass.choices = NULL;
            swap_features(choices, &features);
            pthread_mutex_unlock(&pass.lock);
        }
    }
    free(features.list);
    return status;
}

/* The choices in conflict, as an error. */
static int tell_conflicts(const mk_choices *choices)
{
    struct mk__str conflicts = MK__STR_INIT;
    int status = MK_OK;

    for (size_t i = 0; i < choices->count; ++i) {
        const mk_choice *choice = &choices->list[i].choice;

        if (choice->rival != NULL)
            mk__str_addf(&conflicts, "%s%s (%s and %s)",
                         conflicts.length > 0 ? ", " : "", choice->multi,
                         choice->kernel, choice->rival);
    }
    if (conflicts.text != NULL)
        status = mk__error(MK_ERROR_CONFLICT,
                           "several kernels were picked under one name: %s; "
                           "give the multi-kernels names of their own, or "
                           "decide with mk_choices_set",
                           conflicts.text);
    mk__str_free(&conflicts);
    return status;
}

int mk_record_end(void)
{
    mk_choices *choices;
    bool incomplete;

    pthread_mutex_lock(&pass.lock);
    choices = pass.choices;
    incomplete = pass.incomplete;
    pass.choices = NULL;
    pthread_mutex_unlock(&pass.lock);
    if (choices == NULL)
        return mk__error(MK_ERROR_INVALID, "no recording pass is under way");
    if (incomplete)
        return mk__error(MK_ERROR_NO_MEMORY,
                         "no memory to record every pick: some are missing");
    return tell_conflicts(choices);
}

void mk_choices_destroy(mk_choices *choices)
{
    if (choices == NULL)
        return;
    pthread_mutex_lock(&pass.lock);
    if (pass.choices == choices)
        pass.choices = NULL;
    pthread_mutex_unlock(&pass.lock);
    for (size_t i = 0; i < choices->count; ++i)
        free_chosen(&choices->list[i]);
    free(choices->list);
    free(choices->features.list);
    free(choices->path);
    free(choices);
}

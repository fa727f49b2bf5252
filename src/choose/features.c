/* The CPU features of the machine that choices were recorded on. */
#include "choose/record.h"

#include <stdlib.h>
#include <string.h>

#include "backend/cpu.h"
#include "base/alloc.h"
#include "base/error.h"

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Puts a list in order, each feature once, so that equal ones are equal. */
static size_t order(const char **list, size_t count)
{
    size_t kept = 0;

    qsort(list, count, sizeof(*list), compare);
    for (size_t i = 0; i < count; ++i)
        if (kept == 0 || strcmp(list[kept - 1], list[i]) != 0)
            list[kept++] = list[i];
    return kept;
}

/* A copy as one block: the list, then the texts. */
static int copy(struct mk__features *to, const char *const *features,
                size_t count)
{
    size_t bytes = count * sizeof(*to->list);
    char *text;

    *to = (struct mk__features){ NULL, 0 };
    if (count == 0)
        return MK_OK;
    for (size_t i = 0; i < count; ++i)
        bytes += strlen(features[i]) + 1;
    to->list = mk__malloc(bytes);
    if (to->list == NULL)
        return MK_ERROR_NO_MEMORY;
    text = (char *)(to->list + count);
    for (size_t i = 0; i < count; ++i) {
        size_t length = strlen(features[i]) + 1;

        to->list[i] = memcpy(text, features[i], length);
        text += length;
    }
    to->count = order(to->list, count);
    return MK_OK;
}

int mk__features_here(struct mk__features *features)
{
    struct mk__str all = MK__STR_INIT;
    const char **list = NULL;
    size_t count = 0;
    char *text, *name, *rest;
    int status = MK_ERROR_NO_MEMORY;

    mk__cpu_features(&all);
    text = mk__str_take(&all);
    if (text != NULL)
        list = mk__calloc(strlen(text) + 1, sizeof(*list)); /* enough */
    if (list != NULL) {
        for (name = strtok_r(text, " ", &rest); name != NULL;
             name = strtok_r(NULL, " ", &rest))
            list[count++] = name;
        status = copy(features, list, count);
    }
    free(list);
    free(text);
    return status;
}

const char *const *mk_choices_features(const mk_choices *choices, size_t *count)
{
    *count = choices->features.count;
    return choices->features.list;
}

int mk_choices_set_features(mk_choices *choices, const char *const *features,
                            size_t count)
{
    struct mk__features made;
    int status;

    for (size_t i = 0; i < count; ++i)
        if (features[i] == NULL || features[i][0] == '\0')
            return mk__error(MK_ERROR_INVALID,
                             "feature %zu of the CPU has no name", i);
    status = copy(&made, features, count);
    if (status != MK_OK)
        return status;
    free(choices->features.list);
    choices->features = made;
    return MK_OK;
}

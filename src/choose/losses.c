/* Which kernels may be chosen: those that are eligible and have not failed for
 * good. */
#include "choose/by_shape.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/str.h"

bool mk__pick_usable(const mk_multi *multi, const struct mk__class *class,
                     size_t index)
{
    return index < multi->count && class->eligible[index] &&
           multi->losses[index].fate == MK_FATE_OK;
}

mk_fate mk__pick_fate(const mk_multi *multi, const struct mk__class *class,
                      size_t index)
{
    mk_fate lost = multi->losses[index].fate;

    return lost != MK_FATE_OK ? lost : class->fates[index].fate;
}

size_t mk__pick_count(const mk_multi *multi, const struct mk__class *class)
{
    size_t count = 0;

    for (size_t k = 0; k < multi->count; ++k)
        count += mk__pick_usable(multi, class, k);
    return count;
}

void mk__pick_lose(mk_multi *multi, size_t index, mk_fate fate)
{
    struct mk__loss *loss = &multi->losses[index];
    const mk_error *error = mk_last_error();
    const char *line;

    loss->fate = fate;
    free(loss->detail);
    free(loss->log);
    /* Of a compiler's log, the line that says what is wrong. */
    line = error->log != NULL ? mk__first_error(error->log) : error->message;
    loss->detail = mk__strndup(line, mk__line_length(line));
    loss->log = error->log != NULL ? mk__strdup(error->log) : NULL;
    mk__log(MK_LOG_WARNING, "%s: kernel %s is out (%s): %s", multi->name,
            multi->kernels[index]->name, mk_fate_name(fate),
            loss->detail != NULL ? loss->detail : "");
    if (multi->by_shape != NULL)
        mk__by_shape_lost(multi, index);
}

int mk__pick_load(mk_multi *multi, size_t index)
{
    int status = mk__kernel_load(multi->kernels[index]);

    if (status != MK_OK)
        mk__pick_lose(multi, index,
                      status == MK_ERROR_COMPILE ? MK_FATE_NOT_COMPILED
                                                 : MK_FATE_FAILED);
    return status;
}

size_t mk__pick_default(const mk_multi *multi, const struct mk__class *class)
{
    if (mk__pick_usable(multi, class, class->fallback))
        return class->fallback;
    if (mk__pick_usable(multi, class, multi->options.default_index))
        return multi->options.default_index;
    for (size_t k = 0; k < multi->count; ++k)
        if (mk__pick_usable(multi, class, k))
            return k;
    return MK__NONE;
}

static bool failed_alike(const mk_multi *multi, size_t a, size_t b)
{
    const struct mk__loss *one = &multi->losses[a];
    const struct mk__loss *other = &multi->losses[b];

    return one->fate != MK_FATE_OK && one->fate == other->fate &&
           one->detail != NULL && other->detail != NULL &&
           strcmp(one->detail, other->detail) == 0;
}

/* Adds "; a, b: DETAIL": kernel `k` and those that failed like it, unless one of
 * these came before. */
static void add_loss(struct mk__str *message, const mk_multi *multi, size_t k)
{
    const char *detail = multi->losses[k].detail;

    for (size_t i = 0; i < k; ++i)
        if (failed_alike(multi, i, k))
            return;
    mk__str_addf(message, "; %s", multi->kernels[k]->name);
    for (size_t i = k + 1; i < multi->count; ++i)
        if (failed_alike(multi, i, k))
            mk__str_addf(message, ", %s", multi->kernels[i]->name);
    mk__str_addf(message, ": %s", detail != NULL ? detail : "");
}

int mk__pick_nothing_left(const mk_multi *multi, const struct mk__class *class)
{
    struct mk__str message = MK__STR_INIT;
    struct mk__str log = MK__STR_INIT;
    bool lost = false;

    mk__str_addf(&message, "%s: no kernel is left to run", multi->name);
    for (size_t k = 0; k < multi->count; ++k) {
        const struct mk__loss *loss = &multi->losses[k];

        lost = lost || loss->fate != MK_FATE_OK;
        if (loss->fate == MK_FATE_OK)
            mk__str_addf(&message, "; %s %s", multi->kernels[k]->name,
                         mk__classes_reason(multi, class, k));
        else
            add_loss(&message, multi, k);
        if (loss->log != NULL)
            mk__str_addf(&log, "%s:\n%s\n", multi->kernels[k]->name, loss->log);
    }
    mk__error_log(lost ? MK_ERROR_NO_CANDIDATE : MK_ERROR_INELIGIBLE, log.text,
                  "%s", message.text != NULL ? message.text : multi->name);
    mk__str_free(&message);
    mk__str_free(&log);
    return lost ? MK_ERROR_NO_CANDIDATE : MK_ERROR_INELIGIBLE;
}

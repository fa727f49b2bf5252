/* Which kernel is settled, for callers that go there without us. */
#include "base/error.h"
#include "choose/call.h"

/* Why the calls of a class still have to come by. */
static const char *why_not(enum mk__way way)
{
    static const char *const whys[MK__WAYS] = {
        [MK__UNDECIDED] = "no call has decided yet",
        [MK__ON_TRIAL] = "the calls are its trials",
        [MK__WATCHED] = "the pick is watched for drift",
        [MK__WAITING] = "it waits to be tuned",
    };

    return whys[way];
}

static int not_settled(const mk_multi *multi, const char *why)
{
    return mk__error(MK_ERROR_NOT_FOUND,
                     "%s: no kernel is settled for such calls: %s", multi->name,
                     why);
}

int mk_multi_settled(mk_multi *multi, const mk_arg *args, size_t count,
                     size_t *index)
{
    const struct mk__request request = { .args = args, .count = count };
    const struct mk__class *class;
    const struct mk__route *route;
    int status = mk__call_look(multi, &request);

    if (status != MK_OK)
        return status;
    if (multi->by_shape != NULL)
        return not_settled(multi, "it depends on the shapes of every call");
    /* One that no call was of so far is not made for this. */
    class = mk__classes_find(
        atomic_load_explicit(&multi->classes, memory_order_acquire),
        mk__classes_test(multi, args));
    if (class == NULL)
        return not_settled(multi, why_not(MK__UNDECIDED));
    route = mk__class_route(class);
    if (route->way != MK__SETTLED)
        return not_settled(multi, why_not(route->way));
    *index = route->index;
    return MK_OK;
}

/* What the ways of a call share. */
#ifndef MULTIKERNEL_CHOOSE_CALL_H
#define MULTIKERNEL_CHOOSE_CALL_H

#include "choose/multi.h"

/* Room for the placed arguments of one call, whole and picked. */
struct mk__places {
    void *argv[MK_MAX_ARGS];
    void *picked[MK_MAX_ARGS];
};

/* Places the arguments that kernel `index` takes. */
static inline void *const *mk__place_for(const mk_multi *multi, size_t index,
                                         const mk_arg *args,
                                         struct mk__places *places)
{
    const struct mk__slices *slices = &multi->slices[index];

    mk__args_place(args, multi->all.count, places->argv);
    if (slices->whole)
        return places->argv;
    mk__slices_pick(slices, places->argv, places->picked);
    return places->picked;
}

/* Runs a settled kernel that takes only some of the placed arguments. */
int mk__call_picked(const struct mk__route *route, void *const *argv);

/* Goes on with a call of a class. */
static inline int mk__call_class(mk_multi *multi, const struct mk__class *class,
                                 const struct mk__request *request)
{
    const struct mk__route *route = mk__class_route(class);
    void *const *argv = request->argv;

    if (argv == NULL || route->entry == NULL)
        return route->run(route, multi, request);
    if (route->slices != NULL)
        return mk__call_picked(route, argv);
    route->entry(argv);
    return MK_OK;
}

/* Looks at arguments that do not fit at first sight. */
int mk__call_look(const mk_multi *multi, const struct mk__request *request);

/* Checks arguments as far as every call does. */
static inline int mk__call_check(const mk_multi *multi,
                                 const struct mk__request *request)
{
    return request->argv != NULL ? MK_OK : mk__call_look(multi, request);
}

/* Checks sizes, strides and workspaces too: what is done before deciding. */
int mk__call_check_deep(const mk_multi *multi, const mk_arg *args,
                        size_t count);

/* Decides for arguments that were not looked at so far, and runs. */
int mk__call_decide(mk_multi *multi, struct mk__class *class,
                    const struct mk__request *request);

/* Runs kernel `index` (MK__NONE: a trial, if it may be one) on checked
 * arguments; where it fails, the next ones. */
int mk__call_launch(mk_multi *multi, struct mk__class *class, size_t index,
                    const struct mk__request *request);

/* Goes on after the launch of this route's kernel failed, with this status: runs
 * the next ones, where there are any. */
int mk__call_go_on(mk_multi *multi, const struct mk__route *failed, int status,
                   const struct mk__request *request);

/* Runs kernel `index` once on checked arguments, and tells how long it took. */
int mk__call_time(mk_multi *multi, size_t index, const mk_arg *args,
                  mk_stream stream, double *ns);

#endif

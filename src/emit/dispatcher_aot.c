/* A dispatcher whose choices are baked in. */
#include "emit/dispatcher.h"

#include "base/error.h"
#include "emit/mentions.h"

/* ---- Pass AOT --------------------------------------------------------------------------- */

/* One kernel, called directly. */
static void write_direct(struct mk__str *out, struct mk__arena *arena,
                         const struct mk__typed *typed)
{
    const char *what = mk__write_text(arena, "void %s", typed->id);

    if (what == NULL) {
        out->failed = true;
        return;
    }
    mk__dispatcher_write_function(out, arena, typed, what, ")");
    mk__str_add(out, "{\n");
    for (size_t i = 0; i < typed->count; ++i) {
        bool used = false;

        for (size_t a = 0; a < typed->kernels[0].count; ++a)
            used = used || mk__mentions(typed->kernels[0].arguments[a],
                                        typed->params[i].name);
        if (!used)
            mk__str_addf(out, "    (void)%s;\n", typed->params[i].name);
    }
    mk__typed_write_call(out, arena, 4, &typed->kernels[0]);
    mk__str_add(out, "}\n");
}

/* What is done on a processor that no choice is for. */
static void write_unfit(struct mk__str *out,
                        const struct mk__emission *emission)
{
    if (!mk__machines_fit_all(emission))
        mk__str_addf(out,
                     "    if (machine < 0) {\n"
                     "        fail(\"%s: no variant that was chosen runs on "
                     "this processor\");\n"
                     "        return;\n    }\n",
                     emission->multis[0].name);
}

/* Without shapes and conditions, the processor decides once for all calls. */
static void write_resolved(struct mk__str *out,
                           struct mk__dispatcher *dispatcher)
{
    struct mk__emission *emission = &dispatcher->emission;
    struct mk__arena *arena = &emission->arena;
    const struct mk__typed *typed = &dispatcher->typed;
    const char *first =
        mk__write_text(arena, "static void first_%s", typed->id);
    const char *head = mk__write_text(
        arena, "static %s_function *const kernels_%s[] = ", typed->id,
        typed->id);
    struct mk__items kernels = { .arena = arena };
    struct mk__items names = { .arena = arena };
    struct mk__items pass = { .arena = arena };

    if (first == NULL || head == NULL) {
        out->failed = true;
        return;
    }
    mk__typed_write_function_type(out, arena, typed);
    mk__str_add(out, "\n");
    mk__typed_write_calls(out, arena, typed);
    for (size_t m = 0; m < emission->machine_count; ++m) {
        const struct mk__typed_kernel *kernel =
            &typed->kernels[dispatcher->picks.kernels[m]];

        mk__items_add(&kernels, "%s", mk__typed_callable(arena, typed, kernel));
        mk__items_add(&names, "%s",
                      emission->machines[m].count > 0
                          ? mk__machine_words(arena, &emission->machines[m])
                          : "any processor");
    }
    mk__write_rows(out, 0, head, &kernels, &names);
    mk__str_add(out, "\n");
    mk__dispatcher_write_function(out, arena, typed, first, ");");
    mk__str_add(out, "\n");
    mk__dispatcher_write_pointers(out, arena, typed, 1);
    mk__dispatcher_write_function(out, arena, typed, first, ")");
    mk__str_add(out, "{\n    int machine = choose_machine();\n\n");
    write_unfit(out, emission);
    mk__str_addf(out,
                 "    __atomic_store_n(&settled, kernels_%s[machine], "
                 "__ATOMIC_RELEASE);\n",
                 typed->id);
    head = mk__write_text(arena, "kernels_%s[machine](", typed->id);
    mk__typed_pass(&pass, typed);
    mk__write_list(out, 4, head != NULL ? head : "", &pass, ");", "");
    mk__str_add(out, "}\n\n");
    mk__dispatcher_write_dispatch(out, arena, typed, 1);
}

/* What every call is asked: its shapes, or what a kernel requires of it. */
static int write_asking(struct mk__str *out, struct mk__dispatcher *dispatcher)
{
    struct mk__emission *emission = &dispatcher->emission;
    struct mk__arena *arena = &emission->arena;
    const struct mk__typed *typed = &dispatcher->typed;
    const struct mk__aot_place place = { emission->machine_count > 1
                                             ? "int machine"
                                             : NULL,
                                         "machine", "&last_call" };
    bool machines =
        emission->machine_count > 1 || emission->machines[0].count > 0;
    struct mk__items pass = { .arena = arena };
    const char *what = mk__write_text(arena, "void %s", typed->id);
    const char *head = mk__write_text(arena, "run_%s(", typed->id);
    int status = what != NULL && head != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    if (status != MK_OK)
        return status;
    if (machines)
        mk__str_add(out, "/* Whose choices hold here; -2: not asked yet. */\n"
                         "static int this_machine = -2;\n\n");
    if (dispatcher->picks.by_shape) {
        mk__aot_write_log2(out);
        mk__aot_write_memory(out, typed, &dispatcher->picks,
                             &dispatcher->distances);
        mk__str_addf(out,
                     "#ifdef __cplusplus\n"
                     "static thread_local struct last_%s last_call;\n"
                     "#else\n"
                     "static _Thread_local struct last_%s last_call;\n"
                     "#endif\n\n",
                     typed->id, typed->id);
    }
    status =
        mk__aot_write_run(out, emission, 0, &dispatcher->distances, &place);
    mk__dispatcher_write_function(out, arena, typed, what, ")");
    mk__str_add(out, "{\n");
    if (machines)
        mk__str_add(out, "    int machine = __atomic_load_n(&this_machine, "
                         "__ATOMIC_RELAXED);\n\n"
                         "    if (machine == -2) {\n"
                         "        machine = choose_machine();\n"
                         "        __atomic_store_n(&this_machine, machine, "
                         "__ATOMIC_RELAXED);\n"
                         "    }\n");
    if (machines)
        write_unfit(out, emission);
    if (emission->machine_count > 1)
        mk__items_add(&pass, "machine");
    mk__typed_pass(&pass, typed);
    mk__write_list(out, 4, head, &pass, ");", "");
    mk__str_add(out, "}\n");
    return status;
}

int mk__dispatcher_write_aot(struct mk__str *out,
                             struct mk__dispatcher *dispatcher)
{
    struct mk__emission *emission = &dispatcher->emission;
    const struct mk__typed *typed = &dispatcher->typed;
    bool machines =
        emission->machine_count > 1 || emission->machines[0].count > 0;
    bool asking = dispatcher->picks.by_shape;
    bool direct = mk__aot_is_direct(typed) && !machines;

    for (size_t k = 0; k < typed->kernel_count; ++k)
        asking = asking || typed->kernels[k].condition != NULL;
    asking = asking && !mk__aot_is_direct(typed);
    mk__write_heading(out, "Calls");
    mk__dispatcher_write_failed(out, typed,
                                machines && !mk__machines_fit_all(emission));
    if (direct) {
        write_direct(out, &emission->arena, typed);
        return MK_OK;
    }
    if (machines)
        mk__aot_write_machine(out, emission);
    if (asking)
        return write_asking(out, dispatcher);
    write_resolved(out, dispatcher);
    return MK_OK;
}

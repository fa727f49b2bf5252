/* The multi-kernels of a program, and the functions that call them. */
#include "emit/wrapper.h"

#include "base/error.h"

/* ---- Multi-kernels --------------------------------------------------------------------- */

/* What the library says of calls like this one is kept. */
static void write_settle(struct mk__str *out, struct mk__arena *arena,
                         const struct mk__typed *typed, const char *calls,
                         size_t count)
{
    const char *settled =
        mk__write_text(arena, "self->settled_%s[%s]", typed->id, calls);
    const char *value = mk__write_text(arena, "kernels_%s[kernel]", typed->id);

    out->failed = out->failed || settled == NULL || value == NULL;
    if (out->failed)
        return;
    mk__str_addf(out,
                 "    status = mk_multi_settled(self->multi_%s, args, %zu, "
                 "&kernel);\n    if (status == MK_OK)\n",
                 typed->id, count);
    mk__write_setting(out, 8, settled, value);
}

/* A call through the library, after which calls of its class may be settled. */
static int write_first(struct mk__str *out, struct mk__wrapper *wrapper,
                       size_t index, size_t classes)
{
    struct mk__arena *arena = &wrapper->emission.arena;
    const struct mk__typed *typed = &wrapper->emission.multis[index];
    struct mk__str declarations = MK__STR_INIT;
    struct mk__str statements = MK__STR_INIT;
    const char *head = mk__write_text(arena, "static int %s_%s(",
                                      classes > 0 ? "first" : "run", typed->id);
    const char *calls = mk__jit_class(arena, typed, classes);
    struct mk__items items = { .arena = arena, .failed = head == NULL };
    size_t count = 0;
    int status = calls != NULL
                     ? mk__jit_write_arguments(&declarations, &statements,
                                               arena, typed, &count)
                     : MK_ERROR_NO_MEMORY;

    mk__items_add(&items, "struct %s *self", wrapper->program->name);
    mk__typed_items(&items, typed);
    mk__items_add(&items, "void *stream");
    out->failed = out->failed || declarations.failed || statements.failed;
    if (status == MK_OK && !out->failed) {
        mk__write_list(out, 0, head, &items, ")", "");
        mk__str_addf(out,
                     "{\n%s%s    int status;\n\n%s"
                     "    status = mk_run(self->multi_%s, args, %zu, stream);\n"
                     "    if (status != MK_OK)\n"
                     "        return fail(self, mk_last_error()->message);\n",
                     declarations.text,
                     classes > 0 ? "    size_t kernel;\n" : "", statements.text,
                     typed->id, count);
        if (classes > 0)
            write_settle(out, arena, typed, calls, count);
        mk__str_add(out, "    return 0;\n}\n\n");
    }
    mk__str_free(&declarations);
    mk__str_free(&statements);
    return status;
}

/* A call that is settled goes past the library. */
static void write_settled(struct mk__str *out, struct mk__wrapper *wrapper,
                          size_t index, size_t classes)
{
    struct mk__arena *arena = &wrapper->emission.arena;
    const struct mk__typed *typed = &wrapper->emission.multis[index];
    const char *head = mk__write_text(arena, "static int run_%s(", typed->id);
    const char *first = mk__write_text(arena, "return first_%s(", typed->id);
    const char *calls = mk__jit_class(arena, typed, classes);
    const char *type = mk__write_text(arena, "%s_function *settled", typed->id);
    const char *value =
        calls != NULL
            ? mk__write_text(arena, "self->settled_%s[%s]", typed->id, calls)
            : NULL;
    struct mk__items items = { .arena = arena };
    struct mk__items pass = { .arena = arena };
    struct mk__items long_way = { .arena = arena };

    out->failed = out->failed || head == NULL || first == NULL ||
                  type == NULL || value == NULL;
    if (out->failed)
        return;
    mk__items_add(&items, "struct %s *self", wrapper->program->name);
    mk__typed_items(&items, typed);
    mk__items_add(&items, "void *stream");
    mk__items_add(&long_way, "self");
    mk__typed_pass(&long_way, typed);
    mk__items_add(&long_way, "stream");
    mk__typed_pass(&pass, typed);
    mk__write_list(out, 0, head, &items, ")", "");
    mk__str_add(out, "{\n");
    mk__write_setting(out, 4, type, value);
    mk__str_add(out, "\n    if (settled == NULL)\n");
    mk__write_list(out, 8, first, &long_way, ");", "");
    mk__write_list(out, 4, "settled(", &pass, ");", "");
    mk__str_add(out, "    return 0;\n}\n\n");
}

/* Of pass JIT, before the instance is declared: kernels and multi-kernels. */
static int write_made(struct mk__str *out, struct mk__wrapper *wrapper,
                      size_t index)
{
    struct mk__emission *emission = &wrapper->emission;
    struct mk__arena *arena = &emission->arena;
    const struct mk__typed *typed = &emission->multis[index];
    size_t classes = mk__jit_classes(typed, &emission->picks[index]);
    int status = mk__jit_write_kernels(out, arena, typed);

    if (status == MK_OK)
        status = mk__jit_write_make(out, arena, typed, &emission->picks[index],
                                    emission->options.policy);
    mk__jit_write_settling(out, arena, typed, classes);
    return status;
}

int mk__wrapper_write_multis(struct mk__str *out, struct mk__wrapper *wrapper,
                             bool before)
{
    struct mk__emission *emission = &wrapper->emission;
    int status = MK_OK;

    for (size_t i = 0; i < emission->count && status == MK_OK; ++i) {
        const struct mk__typed *typed = &emission->multis[i];
        size_t classes = mk__jit_classes(typed, &emission->picks[i]);
        const char *self = mk__write_text(&emission->arena, "struct %s *self",
                                          wrapper->program->name);
        const char *last =
            mk__write_text(&emission->arena, "&self->last_%s", typed->id);
        const struct mk__aot_place place = { mk__wrapper_takes_self(wrapper, i)
                                                 ? self
                                                 : NULL,
                                             "self->machine", last };

        if (self == NULL || last == NULL)
            return MK_ERROR_NO_MEMORY;
        if (mk__wrapper_is_direct(wrapper, i)) {
            if (before && typed->kernels[0].owns)
                mk__typed_write_calls(out, &emission->arena, typed);
            continue;
        }
        if (before) {
            if (mk__wrapper_is_jit(wrapper) || emission->picks[i].by_shape)
                mk__write_heading(out, typed->name);
            if (mk__wrapper_is_jit(wrapper))
                status = write_made(out, wrapper, i);
            else
                mk__aot_write_memory(out, typed, &emission->picks[i],
                                     &wrapper->distances[i]);
        } else if (mk__wrapper_is_jit(wrapper)) {
            status = write_first(out, wrapper, i, classes);
            if (classes > 0)
                write_settled(out, wrapper, i, classes);
        } else {
            status = mk__aot_write_run(out, emission, i, &wrapper->distances[i],
                                       &place);
        }
    }
    return status;
}

/* A dispatcher that chooses at its first calls. */
#include "emit/dispatcher.h"

#include "base/error.h"

/* ---- Pass JIT -------------------------------------------------------------------------- */

/* The multi-kernel, made at the first call, whichever thread's that is. */
static void write_multi(struct mk__str *out, const struct mk__typed *typed)
{
    mk__str_addf(
        out,
        "static mk_multi *multi;\n\n"
        "/* Makes it, unless another thread has; NULL: the last error says "
        "why. */\n"
        "static mk_multi *get_multi(void)\n{\n"
        "    mk_multi *made = __atomic_load_n(&multi, __ATOMIC_ACQUIRE);\n"
        "    mk_multi *other = NULL;\n\n"
        "    if (made != NULL || make_%s(&made) != MK_OK)\n"
        "        return made;\n"
        "    if (__atomic_compare_exchange_n(&multi, &other, made, false,\n"
        "                                    __ATOMIC_ACQ_REL, "
        "__ATOMIC_ACQUIRE))\n"
        "        return made;\n"
        "    mk_multi_destroy(made);\n"
        "    return other;\n}\n\n",
        typed->id);
}

/* A call through the library, after which calls of its class may be settled. */
static int write_first(struct mk__str *out, struct mk__arena *arena,
                       const struct mk__typed *typed, size_t classes)
{
    struct mk__str declarations = MK__STR_INIT;
    struct mk__str statements = MK__STR_INIT;
    const char *what = mk__write_text(arena, "static void first_%s", typed->id);
    const char *calls = mk__jit_class(arena, typed, classes);
    size_t count;
    int status = what != NULL && calls != NULL
                     ? mk__jit_write_arguments(&declarations, &statements,
                                               arena, typed, &count)
                     : MK_ERROR_NO_MEMORY;

    if (status == MK_OK) {
        mk__dispatcher_write_function(out, arena, typed, what, ")");
        mk__str_addf(out,
                     "{\n    mk_multi *made = get_multi();\n%s%s\n%s"
                     "    if (made == NULL || mk_run(made, args, %zu, "
                     "MK_DEFAULT_STREAM) != MK_OK) {\n"
                     "        fail(mk_last_error()->message);\n"
                     "        return;\n    }\n",
                     declarations.text != NULL ? declarations.text : "",
                     classes > 0 ? "    size_t kernel;\n" : "",
                     statements.text != NULL ? statements.text : "", count);
        if (classes > 0) {
            struct mk__items store = { .arena = arena };

            mk__str_addf(out,
                         "    if (mk_multi_settled(made, args, %zu, &kernel) "
                         "== MK_OK)\n",
                         count);
            mk__items_add(&store, classes > 1 ? "&settled[%s]" : "&settled",
                          calls);
            mk__items_add(&store, "kernels_%s[kernel]", typed->id);
            mk__items_add(&store, "__ATOMIC_RELEASE");
            mk__write_list(out, 8, "__atomic_store_n(", &store, ");", "");
        }
        mk__str_add(out, "}\n\n");
    }
    out->failed = out->failed || declarations.failed || statements.failed;
    mk__str_free(&declarations);
    mk__str_free(&statements);
    return status;
}

int mk__dispatcher_write_jit(struct mk__str *out,
                             struct mk__dispatcher *dispatcher)
{
    struct mk__arena *arena = &dispatcher->emission.arena;
    const struct mk__typed *typed = &dispatcher->typed;
    size_t classes = mk__jit_classes(typed, &dispatcher->picks);
    const char *first =
        mk__write_text(arena, "static void first_%s", typed->id);
    int status;

    status = first != NULL ? mk__jit_write_kernels(out, arena, typed)
                           : MK_ERROR_NO_MEMORY;
    mk__write_heading(out, "The multi-kernel");
    if (status == MK_OK)
        status = mk__jit_write_make(out, arena, typed, &dispatcher->picks,
                                    dispatcher->emission.options.policy);
    write_multi(out, typed);
    mk__write_heading(out, "Calls");
    mk__dispatcher_write_failed(out, typed, true);
    mk__jit_write_helpers(out);
    mk__jit_write_settling(out, arena, typed, classes);
    if (classes > 0) {
        mk__dispatcher_write_function(out, arena, typed, first, ");");
        mk__str_add(out, "\n");
        mk__dispatcher_write_pointers(out, arena, typed, classes);
    }
    if (status == MK_OK)
        status = write_first(out, arena, typed, classes);
    if (classes > 0) {
        mk__dispatcher_write_dispatch(out, arena, typed, classes);
    } else {
        struct mk__items items = { .arena = arena };
        const char *head = mk__write_text(arena, "first_%s(", typed->id);

        first = mk__write_text(arena, "void %s", typed->id);
        if (head == NULL || first == NULL)
            return MK_ERROR_NO_MEMORY;
        mk__dispatcher_write_function(out, arena, typed, first, ")");
        mk__str_add(out, "{\n");
        mk__typed_pass(&items, typed);
        mk__write_list(out, 4, head, &items, ");", "");
        mk__str_add(out, "}\n");
    }
    return status;
}

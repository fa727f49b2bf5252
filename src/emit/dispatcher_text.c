/* Text of a dispatcher that both passes share. */
#include "emit/dispatcher.h"

#include <stdio.h>

void mk__dispatcher_write_function(struct mk__str *out, struct mk__arena *arena,
                                   const struct mk__typed *typed,
                                   const char *what, const char *tail)
{
    const char *head = mk__write_text(arena, "%s(", what);
    struct mk__items items = { .arena = arena, .failed = head == NULL };

    mk__typed_items(&items, typed);
    mk__write_list(out, 0, head, &items, tail, "void");
}

/* ---- What both passes have ---------------------------------------------------- */

void mk__dispatcher_write_failed(struct mk__str *out,
                                 const struct mk__typed *typed, bool fails)
{
    mk__str_addf(out, "void (*%s_failed)(const char *message);\n\n", typed->id);
    if (fails)
        mk__str_addf(out,
                     "static void fail(const char *message)\n{\n"
                     "    if (%s_failed != NULL) {\n"
                     "        %s_failed(message);\n"
                     "    } else {\n"
                     "        fprintf(stderr, \"%%s\\n\", message);\n"
                     "        abort();\n"
                     "    }\n}\n\n",
                     typed->id, typed->id);
}

void mk__dispatcher_write_pointers(struct mk__str *out, struct mk__arena *arena,
                                   const struct mk__typed *typed,
                                   size_t classes)
{
    struct mk__items items = { .arena = arena };
    struct mk__items notes = { .arena = arena };
    const char *head =
        mk__write_text(arena, "static %s_function *settled[] = ", typed->id);

    if (classes == 1) {
        mk__str_addf(out,
                     "/* What a call runs. */\n"
                     "static %s_function *settled = first_%s;\n\n",
                     typed->id, typed->id);
        return;
    }
    items.failed = head == NULL;
    for (size_t i = 0; i < classes; ++i) {
        mk__items_add(&items, "first_%s", typed->id);
        mk__items_add(&notes, "%s", mk__jit_class_words(arena, typed, i));
    }
    mk__str_add(out, "/* What a call runs, by what holds for it. */\n");
    mk__write_rows(out, 0, head, &items, &notes);
    mk__str_add(out, "\n");
}

void mk__dispatcher_write_dispatch(struct mk__str *out, struct mk__arena *arena,
                                   const struct mk__typed *typed,
                                   size_t classes)
{
    const char *what = mk__write_text(arena, "void %s", typed->id);
    const char *head =
        mk__write_text(arena, "%s_function *run = __atomic_load_n(", typed->id);
    const char *calls = mk__jit_class(arena, typed, classes);
    struct mk__items load = { .arena = arena };
    struct mk__items items = { .arena = arena };

    out->failed = out->failed || what == NULL || calls == NULL || head == NULL;
    if (out->failed)
        return;
    mk__items_add(&load, classes > 1 ? "&settled[%s]" : "&settled", calls);
    mk__items_add(&load, "__ATOMIC_ACQUIRE");
    mk__typed_pass(&items, typed);
    mk__dispatcher_write_function(out, arena, typed, what, ")");
    mk__str_add(out, "{\n");
    mk__write_list(out, 4, head, &load, ");", "");
    mk__str_add(out, "\n");
    mk__write_list(out, 4, "run(", &items, ");", "");
    mk__str_add(out, "}\n");
}

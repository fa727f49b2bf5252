/* The typed function of one multi-kernel. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "emit/aot.h"
#include "emit/jit.h"

struct dispatcher {
    struct mk__emission emission;
    struct mk__typed typed;
    struct mk__picks picks;
    struct mk__distances distances;
    int64_t given[MK__MAX_SIZES]; /* none: every call brings its own */
    const char *stem;
};

/* ---- Header ------------------------------------------------------------------------ */

/* What the caller must provide for each workspace. */
static void write_workspace_notes(struct mk__str *out,
                                  const struct mk__typed *typed)
{
    for (size_t w = 0; w < typed->workspace_count; ++w) {
        const struct mk__typed_workspace *one = &typed->workspaces[w];

        mk__write_comment(out, 0, "%s: scratch memory of %s bytes%s.",
                          one->name, one->bytes->text,
                          one->zero ? ", which must hold zeros" : "");
    }
}

/* "void softmax(const float *x, ...)" and what ends it. */
static void write_function(struct mk__str *out, struct mk__arena *arena,
                           const struct mk__typed *typed, const char *what,
                           const char *tail)
{
    const char *head = mk__write_text(arena, "%s(", what);
    struct mk__items items = { .arena = arena, .failed = head == NULL };

    mk__typed_items(&items, typed);
    mk__write_list(out, 0, head, &items, tail, "void");
}

static void write_header(struct mk__str *out, struct dispatcher *dispatcher)
{
    struct mk__arena *arena = &dispatcher->emission.arena;
    const struct mk__typed *typed = &dispatcher->typed;
    const char *what = mk__write_text(arena, "void %s", typed->id);
    const char *guard = mk__write_upper(arena, dispatcher->stem);

    out->failed = out->failed || what == NULL || guard == NULL;
    if (out->failed)
        return;
    mk__str_addf(out,
                 "#ifndef %s_H\n#define %s_H\n\n#include <stdint.h>\n\n"
                 "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n",
                 guard, guard);
    mk__write_comment(out, 0,
                      "Runs the fastest variant of %s. Tensors are row-major "
                      "and compact; sizes are positive. Any number of threads "
                      "may call it.",
                      typed->definition->name);
    write_workspace_notes(out, typed);
    write_function(out, arena, typed, what, ");");
    mk__str_add(out, "\n");
    mk__write_comment(out, 0,
                      "Called with a message when no variant can run. Where it "
                      "is NULL, the message goes to stderr and the program is "
                      "aborted; where it returns, nothing has run.");
    mk__str_addf(out,
                 "extern void (*%s_failed)(const char *message);\n\n"
                 "#ifdef __cplusplus\n}\n#endif\n\n#endif\n",
                 typed->id);
}

/* ---- Source, what both passes have ---------------------------------------------------- */

static void write_failed(struct mk__str *out, const struct mk__typed *typed)
{
    mk__str_addf(out,
                 "void (*%s_failed)(const char *message);\n\n"
                 "static void fail(const char *message)\n{\n"
                 "    if (%s_failed != NULL) {\n"
                 "        %s_failed(message);\n"
                 "    } else {\n"
                 "        fprintf(stderr, \"%%s\\n\", message);\n"
                 "        abort();\n"
                 "    }\n}\n\n",
                 typed->id, typed->id, typed->id);
}

/* The pointers that calls go through: "first" finds out what they are to be. */
static void write_pointers(struct mk__str *out, struct mk__arena *arena,
                           const struct mk__typed *typed, size_t classes)
{
    struct mk__items items = { .arena = arena };
    const char *head =
        mk__write_text(arena, "static %s_function *settled[] = ", typed->id);

    items.failed = head == NULL;
    for (size_t i = 0; i < classes; ++i)
        mk__items_add(&items, "first_%s", typed->id);
    mk__write_comment(out, 0,
                      classes > 1 ? "What a call runs, by class."
                                  : "What a call runs.");
    if (classes > 1) {
        mk__write_table(out, 0, head, &items);
        mk__str_add(out, "\n");
    } else {
        mk__str_addf(out, "static %s_function *settled = first_%s;\n\n",
                     typed->id, typed->id);
    }
}

/* One load, one indirect call. */
static void write_dispatch(struct mk__str *out, struct mk__arena *arena,
                           const struct mk__typed *typed, size_t classes)
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
    write_function(out, arena, typed, what, ")");
    mk__str_add(out, "{\n");
    mk__write_list(out, 4, head, &load, ");", "");
    mk__str_add(out, "\n");
    mk__write_list(out, 4, "run(", &items, ");", "");
    mk__str_add(out, "}\n");
}

static void write_start(struct mk__str *out, struct dispatcher *dispatcher,
                        const char *includes, const char *body)
{
    struct mk__arena *arena = &dispatcher->emission.arena;
    const struct mk__typed *typed = &dispatcher->typed;

    mk__str_addf(out, "#include \"%s.h\"\n\n%s\n", dispatcher->stem, includes);
    mk__write_heading(out, "Kernels");
    mk__str_add(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    mk__typed_write_prototypes(out, arena, typed);
    mk__str_add(out, "\n#ifdef __cplusplus\n}\n#endif\n\n");
    mk__typed_write_helpers(out, body);
    mk__str_add(out, body);
}

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
        write_function(out, arena, typed, what, ")");
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

static int write_jit(struct mk__str *out, struct dispatcher *dispatcher)
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
    write_failed(out, typed);
    mk__jit_write_helpers(out);
    if (classes > 0) {
        mk__typed_write_function_type(out, arena, typed);
        mk__str_add(out, "\n");
        mk__typed_write_calls(out, arena, typed);
        mk__jit_write_functions(out, arena, typed);
        mk__jit_write_classes(out, arena, typed, classes);
        write_function(out, arena, typed, first, ");");
        mk__str_add(out, "\n");
        write_pointers(out, arena, typed, classes);
    }
    if (status == MK_OK)
        status = write_first(out, arena, typed, classes);
    if (classes > 0) {
        write_dispatch(out, arena, typed, classes);
    } else {
        struct mk__items items = { .arena = arena };
        const char *head = mk__write_text(arena, "first_%s(", typed->id);

        first = mk__write_text(arena, "void %s", typed->id);
        if (head == NULL || first == NULL)
            return MK_ERROR_NO_MEMORY;
        write_function(out, arena, typed, first, ")");
        mk__str_add(out, "{\n");
        mk__typed_pass(&items, typed);
        mk__write_list(out, 4, head, &items, ");", "");
        mk__str_add(out, "}\n");
    }
    return status;
}

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
    write_function(out, arena, typed, what, ")");
    mk__str_add(out, "{\n");
    for (size_t i = 0; i < typed->count; ++i) {
        bool used = false;

        for (size_t a = 0; a < typed->kernels[0].count; ++a)
            used = used || mk__write_mentions(typed->kernels[0].arguments[a],
                                              typed->params[i].name);
        if (!used)
            mk__str_addf(out, "    (void)%s;\n", typed->params[i].name);
    }
    mk__typed_write_call(out, arena, 4, &typed->kernels[0]);
    mk__str_add(out, "}\n");
}

/* Without shapes and conditions, the processor decides once for all calls. */
static void write_resolved(struct mk__str *out, struct dispatcher *dispatcher)
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
    write_function(out, arena, typed, first, ");");
    mk__str_add(out, "\n");
    write_pointers(out, arena, typed, 1);
    write_function(out, arena, typed, first, ")");
    mk__str_addf(out,
                 "{\n    int machine = choose_machine();\n\n"
                 "    if (machine < 0) {\n"
                 "        fail(\"%s: no variant that was chosen runs on this "
                 "processor\");\n"
                 "        return;\n    }\n"
                 "    __atomic_store_n(&settled, kernels_%s[machine], "
                 "__ATOMIC_RELEASE);\n",
                 typed->name, typed->id);
    head = mk__write_text(arena, "kernels_%s[machine](", typed->id);
    mk__typed_pass(&pass, typed);
    mk__write_list(out, 4, head != NULL ? head : "", &pass, ");", "");
    mk__str_add(out, "}\n\n");
    write_dispatch(out, arena, typed, 1);
}

/* What every call is asked: its shapes, or what a kernel requires of it. */
static int write_asking(struct mk__str *out, struct dispatcher *dispatcher)
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
    write_function(out, arena, typed, what, ")");
    mk__str_add(out, "{\n");
    if (machines)
        mk__str_addf(
            out,
            "    int machine = __atomic_load_n(&this_machine, "
            "__ATOMIC_RELAXED);\n\n"
            "    if (machine == -2) {\n"
            "        machine = choose_machine();\n"
            "        __atomic_store_n(&this_machine, machine, "
            "__ATOMIC_RELAXED);\n"
            "    }\n"
            "    if (machine < 0) {\n"
            "        fail(\"%s: no variant that was chosen runs on this "
            "processor\");\n"
            "        return;\n    }\n",
            typed->name);
    if (emission->machine_count > 1)
        mk__items_add(&pass, "machine");
    mk__typed_pass(&pass, typed);
    mk__write_list(out, 4, head, &pass, ");", "");
    mk__str_add(out, "}\n");
    return status;
}

static int write_aot(struct mk__str *out, struct dispatcher *dispatcher)
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
    if (direct) {
        mk__str_addf(out, "void (*%s_failed)(const char *message);\n\n",
                     typed->id);
        write_direct(out, &emission->arena, typed);
        return MK_OK;
    }
    if (machines) {
        write_failed(out, typed);
        mk__aot_write_machine(out, emission);
    } else {
        mk__str_addf(out, "void (*%s_failed)(const char *message);\n\n",
                     typed->id);
    }
    if (asking)
        return write_asking(out, dispatcher);
    write_resolved(out, dispatcher);
    return MK_OK;
}

/* ---- What to emit ------------------------------------------------------------------------- */

static const char *aot_includes(const char *body)
{
    if (mk__write_mentions(body, "log2"))
        return "#include <math.h>\n#include <stdbool.h>\n"
               "#include <stdio.h>\n#include <stdlib.h>\n";
    return mk__write_mentions(body, "abort")
               ? "#include <stdio.h>\n#include <stdlib.h>\n"
               : "";
}

static int add_texts(struct dispatcher *dispatcher)
{
    struct mk__emission *emission = &dispatcher->emission;
    struct mk__str header = MK__STR_INIT;
    struct mk__str source = MK__STR_INIT;
    struct mk__str body = MK__STR_INIT;
    bool aot = emission->options.pass == MK_PASS_AOT;
    int status =
        aot ? write_aot(&body, dispatcher) : write_jit(&body, dispatcher);

    write_header(&header, dispatcher);
    if (status == MK_OK && !body.failed)
        write_start(&source, dispatcher,
                    aot ? aot_includes(body.text)
                        : "#include <stdbool.h>\n#include <stdio.h>\n"
                          "#include <stdlib.h>\n#include <string.h>\n\n"
                          "#include <multikernel/multikernel.h>\n",
                    body.text);
    if (status == MK_OK && (header.failed || source.failed || body.failed))
        status = mk__error(MK_ERROR_NO_MEMORY, "out of memory (emitting C)");
    if (status == MK_OK)
        status = mk__files_add(&emission->files, ".h", "/*", header.text,
                               header.length);
    if (status == MK_OK)
        status = mk__files_add(&emission->files, ".c", "/*", source.text,
                               source.length);
    mk__str_free(&header);
    mk__str_free(&source);
    mk__str_free(&body);
    return status;
}

/* Shapes of the caller are hints as those of the file are. */
static int take_shapes(struct dispatcher *dispatcher,
                       const mk_definition *definition, const mk_sizes *shapes,
                       size_t count)
{
    struct mk__arena *arena = &dispatcher->emission.arena;
    struct mk__picks *picks = &dispatcher->picks;
    struct mk__hint *hints =
        mk__arena_alloc(arena, count > 0 ? count : 1, sizeof(*hints));
    int status = hints != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    picks->hints = hints;
    picks->hint_count = count > 0 ? count : 1;
    picks->by_shape = picks->at_hints = count > 1;
    if (count == 0 && definition->hint_count > 0) {
        picks->hints = definition->hints;
        picks->hint_count = definition->hint_count;
        picks->by_shape = definition->hint_count > 1;
        picks->at_hints = true;
        return status;
    }
    for (size_t i = 0; i < picks->hint_count && status == MK_OK; ++i)
        status = mk__emission_hint(&hints[i], arena, definition,
                                   count > 0 ? &shapes[i] : NULL);
    return status;
}

static int make_kernels(struct dispatcher *dispatcher)
{
    struct mk__emission *emission = &dispatcher->emission;
    struct mk__typed *typed = &dispatcher->typed;
    struct mk__point *points = NULL;
    size_t count;
    int status = mk__space_points(typed->definition, NULL, &points, &count);

    if (status == MK_OK)
        status = mk__typed_begin(typed, &emission->arena, points, count);
    free(points);
    if (status == MK_OK)
        status = mk__typed_describe(typed, &emission->arena);
    if (status == MK_OK)
        status = mk__picks_find(emission, 0, true);
    if (status == MK_OK && emission->options.pass == MK_PASS_AOT)
        status = mk__machines_find(emission, true);
    if (status == MK_OK)
        status = mk__emission_add_units(emission);
    if (status == MK_OK && dispatcher->picks.by_shape)
        status = mk__distances_make(&dispatcher->distances, &emission->arena,
                                    typed, &dispatcher->picks);
    return status;
}

static int name_it(struct dispatcher *dispatcher,
                   const mk_definition *definition)
{
    struct mk__arena *arena = &dispatcher->emission.arena;
    struct mk__typed *typed = &dispatcher->typed;
    const char *id = mk__typed_identifier(arena, definition->name);

    typed->definition = definition;
    typed->name = definition->name;
    typed->given = dispatcher->given;
    typed->id = id != NULL ? mk__typed_c_name(arena, id) : NULL;
    dispatcher->stem =
        typed->id != NULL ? mk__write_text(arena, "%s_mk", typed->id) : NULL;
    typed->prefix = dispatcher->stem;
    return dispatcher->stem != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

int mk_emit_dispatcher(mk_emitted **emitted, const mk_definition *definition,
                       const mk_sizes *shapes, size_t shape_count,
                       const char *folder, const mk_emit_options *options)
{
    struct dispatcher dispatcher = { 0 };
    struct mk__emission *emission = &dispatcher.emission;
    int status = mk__emission_begin(emission, options);

    if (emitted != NULL)
        *emitted = NULL;
    emission->multis = &dispatcher.typed;
    emission->picks = &dispatcher.picks;
    emission->count = 1;
    if (status == MK_OK)
        status = name_it(&dispatcher, definition);
    if (status == MK_OK)
        status = mk__files_begin(&emission->files, folder, dispatcher.stem,
                                 definition->file.path, definition->name);
    if (status == MK_OK)
        status = take_shapes(&dispatcher, definition, shapes, shape_count);
    if (status == MK_OK)
        status = make_kernels(&dispatcher);
    if (status == MK_OK)
        status = add_texts(&dispatcher);
    if (status == MK_OK)
        status = mk__emission_end(emission, emitted, "0", "0");
    mk__emission_free(emission);
    return status;
}

/* The typed function of one multi-kernel: what is chosen, and its files. */
#include "emit/dispatcher.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "emit/mentions.h"

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

static void write_header(struct mk__str *out, struct mk__dispatcher *dispatcher)
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
    mk__dispatcher_write_function(out, arena, typed, what, ");");
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

static void write_start(struct mk__str *out, struct mk__dispatcher *dispatcher,
                        const char *includes, const char *body)
{
    struct mk__arena *arena = &dispatcher->emission.arena;
    const struct mk__typed *typed = &dispatcher->typed;

    mk__str_addf(out, "#include \"%s.h\"\n\n%s%s", dispatcher->stem, includes,
                 includes[0] != '\0' ? "\n" : "");
    mk__write_heading(out, "Kernels");
    mk__str_add(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    mk__typed_write_prototypes(out, arena, typed);
    mk__str_add(out, "\n#ifdef __cplusplus\n}\n#endif\n\n");
    mk__typed_write_helpers(out, body);
    mk__str_add(out, body);
}

/* ---- What to emit ------------------------------------------------------------------------- */

static const char *aot_includes(const char *body)
{
    if (mk__mentions(body, "log2"))
        return "#include <math.h>\n#include <stdbool.h>\n"
               "#include <stdio.h>\n#include <stdlib.h>\n";
    return mk__mentions(body, "abort")
               ? "#include <stdio.h>\n#include <stdlib.h>\n"
               : "";
}

static int add_texts(struct mk__dispatcher *dispatcher)
{
    struct mk__emission *emission = &dispatcher->emission;
    struct mk__str header = MK__STR_INIT;
    struct mk__str source = MK__STR_INIT;
    struct mk__str body = MK__STR_INIT;
    bool aot = emission->options.pass == MK_PASS_AOT;
    int status = aot ? mk__dispatcher_write_aot(&body, dispatcher)
                     : mk__dispatcher_write_jit(&body, dispatcher);

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
static int take_shapes(struct mk__dispatcher *dispatcher,
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

static int make_kernels(struct mk__dispatcher *dispatcher)
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

static int name_it(struct mk__dispatcher *dispatcher,
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
    struct mk__dispatcher dispatcher = { 0 };
    struct mk__emission *emission = &dispatcher.emission;
    int status = mk__emission_begin(emission, options);

    if (emitted != NULL)
        *emitted = NULL;
    emission->multis = &dispatcher.typed;
    emission->picks = &dispatcher.picks;
    emission->count = 1;
    if (status == MK_OK)
        status = mk__definition_check_cpu(definition, "emitted code holds");
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

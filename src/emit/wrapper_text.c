/* The text of a program around its run. */
#include "emit/wrapper.h"

#include <string.h>

#include "base/error.h"
#include "emit/mentions.h"

/* ---- Header -------------------------------------------------------------------------- */

void mk__wrapper_write_signature(struct mk__str *out,
                                 struct mk__wrapper *wrapper, const char *tail)
{
    const mk_program *program = wrapper->program;
    struct mk__arena *arena = &wrapper->emission.arena;
    const char *head = mk__write_text(arena, "int %s_run(", program->name);
    struct mk__items items = { .arena = arena, .failed = head == NULL };

    mk__items_add(&items, "struct %s *self", program->name);
    for (size_t i = 0; i < program->buffer_count; ++i) {
        const mk_buffer *buffer = &program->buffers[i].told;
        const struct mk__typed_param param = {
            .name = buffer->name,
            .ctype =
                mk__unit_type(buffer->type, buffer->rank != MK_SCALAR,
                              buffer->role == MK_ROLE_INPUT ? MK_IN : MK_OUT),
        };

        if (buffer->role != MK_ROLE_INTERMEDIATE)
            mk__typed_add_param(&items, &param);
    }
    for (size_t i = 0; i < program->size_count; ++i)
        if (program->sizes[i].value == 0)
            mk__items_add(&items, "int64_t %s", program->sizes[i].name);
    mk__items_add(&items, "void *stream");
    mk__write_list(out, 0, head, &items, tail, "");
}

/* "x (read): float32 [rows, 1024]" */
static void write_buffer_note(struct mk__str *out, const mk_buffer *buffer)
{
    static const char *const roles[] = { "read", "read and written", "written",
                                         "" };

    mk__str_addf(out, " *   %s: %s", buffer->name, roles[buffer->role]);
    for (int d = 0; d < buffer->rank; ++d)
        mk__str_addf(out, "%s%s", d == 0 ? ", [" : ", ", buffer->shape[d]);
    mk__str_add(out, buffer->rank > 0 ? "]\n" : "\n");
}

void mk__wrapper_write_header(struct mk__str *out, struct mk__wrapper *wrapper)
{
    const mk_program *program = wrapper->program;
    const char *name = program->name;
    const char *guard = mk__write_upper(&wrapper->emission.arena, name);

    out->failed = out->failed || guard == NULL;
    mk__str_addf(
        out,
        "#ifndef %s_H\n#define %s_H\n\n#include <stdint.h>\n\n"
        "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
        "/* What lives from one run to the next. An instance belongs to "
        "one thread at a\n * time; several may run at once. */\n"
        "struct %s;\n\n"
        "/* Makes an instance. 0: done; else %s_error tells why not, "
        "also of the\n * instance that is made all the same unless "
        "memory is out. */\n"
        "int %s_init(struct %s **self);\n\n",
        guard, guard, name, name, name, name);
    mk__str_add(out, "/* Runs the program once. Tensors are row-major and "
                     "compact, and do not overlap:\n *\n");
    for (size_t i = 0; i < program->buffer_count; ++i)
        if (program->buffers[i].told.role != MK_ROLE_INTERMEDIATE)
            write_buffer_note(out, &program->buffers[i].told);
    mk__str_addf(out,
                 " *\n * `stream` is handed to the kernels; those that run on "
                 "the CPU ignore it. 0: done;\n * else %s_error tells what "
                 "failed. */\n",
                 name);
    mk__wrapper_write_signature(out, wrapper, ");");
    mk__str_addf(
        out,
        "\n/* The last failure of an instance; of NULL, that memory is "
        "out. */\n"
        "const char *%s_error(const struct %s *self);\n\n"
        "/* NULL is allowed. */\nvoid %s_destroy(struct %s *self);\n\n"
        "#ifdef __cplusplus\n}\n#endif\n\n#endif\n",
        name, name, name, name);
}

/* ---- The instance ---------------------------------------------------------------------- */

static bool has_scratch(const struct mk__wrapper *wrapper)
{
    const struct mk__formula *bytes = wrapper->layout.bytes;

    return !bytes->constant || bytes->value > 0;
}

static void write_struct(struct mk__str *out, struct mk__wrapper *wrapper)
{
    struct mk__emission *emission = &wrapper->emission;

    mk__str_addf(out, "struct %s {\n", wrapper->program->name);
    if (has_scratch(wrapper)) {
        if (mk__formula_equal(wrapper->layout.bytes, wrapper->layout.separate))
            mk__write_comment(out, 4,
                              "What lives from one call to another: %s bytes.",
                              wrapper->layout.bytes->text);
        else
            mk__write_comment(out, 4,
                              "What lives from one call to another: %s bytes. "
                              "If no two shared memory, they would be %s.",
                              wrapper->layout.bytes->text,
                              wrapper->layout.separate->text);
        mk__str_add(out, "    uint8_t *scratch;\n");
    }
    if (!wrapper->layout.bytes->constant)
        mk__str_add(out, "    int64_t room; /* its bytes */\n");
    if (!mk__wrapper_is_jit(wrapper) && emission->machine_count > 1)
        mk__str_add(out, "    int machine; /* whose choices hold here */\n");
    for (size_t i = 0; i < emission->count; ++i) {
        const struct mk__typed *typed = &emission->multis[i];
        size_t classes = mk__jit_classes(typed, &emission->picks[i]);

        if (mk__wrapper_is_direct(wrapper, i))
            continue;
        if (mk__wrapper_is_jit(wrapper)) {
            mk__str_addf(out, "    mk_multi *multi_%s;\n", typed->id);
            if (classes > 0)
                mk__str_addf(out, "    %s_function *settled_%s[%zu];\n",
                             typed->id, typed->id, classes);
        } else if (emission->picks[i].by_shape) {
            mk__str_addf(out, "    struct last_%s last_%s;\n", typed->id,
                         typed->id);
        }
    }
    mk__str_add(out, "    char error[512];\n};\n\n");
}

void mk__wrapper_write_fail(struct mk__str *out, struct mk__arena *arena,
                            size_t indent, const char *self, const char *text)
{
    struct mk__items items = { .arena = arena };

    mk__items_add(&items, "%s", self);
    mk__items_add(&items, "%s", text);
    mk__write_list(out, indent, "return fail(", &items, ");", "");
}

static void write_fail(struct mk__str *out, const struct mk__wrapper *wrapper)
{
    const char *name = wrapper->program->name;

    mk__str_addf(out,
                 "static int fail(struct %s *self, const char *message)\n{\n"
                 "    snprintf(self->error, sizeof(self->error), \"%%s\", "
                 "message);\n    return 1;\n}\n\n",
                 name);
}

/* Memory that grows with the sizes. */
static void write_reserve(struct mk__str *out, struct mk__wrapper *wrapper)
{
    const char *name = wrapper->program->name;
    struct mk__arena *arena = &wrapper->emission.arena;
    const char *text = mk__write_text(arena, "\"%s: out of memory\"", name);

    if (wrapper->layout.bytes->constant)
        return;
    mk__str_addf(out,
                 "/* Memory of at least so many bytes, a multiple of 64. */\n"
                 "static int reserve(struct %s *self, int64_t bytes)\n{\n"
                 "    if (bytes <= self->room)\n        return 0;\n"
                 "    free(self->scratch);\n    self->room = 0;\n"
                 "    self->scratch = (uint8_t *)aligned_alloc(64, "
                 "(size_t)bytes);\n"
                 "    if (self->scratch == NULL)\n",
                 name);
    mk__wrapper_write_fail(out, arena, 8, "self", text != NULL ? text : "");
    mk__str_add(out, "    self->room = bytes;\n    return 0;\n}\n\n");
}

/* On a processor that no choice is for, there is nothing to run. */
static void write_machine(struct mk__str *out, struct mk__wrapper *wrapper)
{
    struct mk__emission *emission = &wrapper->emission;
    struct mk__arena *arena = &emission->arena;
    const char *text;

    if (emission->machine_count > 1)
        text = mk__write_text(arena,
                              "\"%s: none of the choices is for this "
                              "processor\"",
                              wrapper->program->name);
    else
        text = mk__write_text(arena, "\"%s needs a processor with %s\"",
                              wrapper->program->name,
                              mk__machine_words(arena, emission->machines));
    if (emission->machine_count > 1)
        mk__str_add(out, "    made->machine = choose_machine();\n");
    if (mk__machines_fit_all(emission))
        return;
    mk__str_add(out, emission->machine_count > 1
                         ? "    if (made->machine < 0)\n"
                         : "    if (choose_machine() < 0)\n");
    mk__wrapper_write_fail(out, arena, 8, "made", text != NULL ? text : "");
}

static void write_init(struct mk__str *out, struct mk__wrapper *wrapper)
{
    const char *name = wrapper->program->name;
    const struct mk__formula *bytes = wrapper->layout.bytes;
    struct mk__emission *emission = &wrapper->emission;
    struct mk__arena *arena = &emission->arena;
    const char *made = mk__write_text(arena, "struct %s *made", name);
    const char *value =
        mk__write_text(arena, "(struct %s *)calloc(1, sizeof(*made))", name);
    const char *text = mk__write_text(arena, "\"%s: out of memory\"", name);

    out->failed = out->failed || made == NULL || value == NULL || text == NULL;
    if (out->failed)
        return;
    mk__str_addf(out, "int %s_init(struct %s **self)\n{\n", name, name);
    mk__write_setting(out, 4, made, value);
    mk__str_add(out, "\n    *self = made;\n    if (made == NULL)\n"
                     "        return 1;\n");
    if (!mk__wrapper_is_jit(wrapper) && mk__wrapper_asks_machine(wrapper))
        write_machine(out, wrapper);
    if (bytes->constant && bytes->value > 0) {
        mk__str_addf(out,
                     "    made->scratch = (uint8_t *)aligned_alloc(64, %s);\n"
                     "    if (made->scratch == NULL)\n",
                     bytes->text);
        mk__wrapper_write_fail(out, arena, 8, "made", text);
    }
    for (size_t i = 0; i < emission->count && mk__wrapper_is_jit(wrapper); ++i)
        if (!mk__wrapper_is_direct(wrapper, i))
            mk__str_addf(out,
                         "    if (make_%s(&made->multi_%s) != MK_OK)\n"
                         "        return fail(made, "
                         "mk_last_error()->message);\n",
                         emission->multis[i].id, emission->multis[i].id);
    mk__str_add(out, "    return 0;\n}\n\n");
}

/* Everything in the reverse order of its making. */
static void write_destroy(struct mk__str *out, struct mk__wrapper *wrapper)
{
    const char *name = wrapper->program->name;
    struct mk__emission *emission = &wrapper->emission;

    mk__str_addf(out,
                 "void %s_destroy(struct %s *self)\n{\n"
                 "    if (self == NULL)\n        return;\n",
                 name, name);
    for (size_t i = emission->count; i-- > 0 && mk__wrapper_is_jit(wrapper);)
        if (!mk__wrapper_is_direct(wrapper, i))
            mk__str_addf(out, "    mk_multi_destroy(self->multi_%s);\n",
                         emission->multis[i].id);
    if (has_scratch(wrapper))
        mk__str_add(out, "    free(self->scratch);\n");
    mk__str_addf(out,
                 "    free(self);\n}\n\n"
                 "const char *%s_error(const struct %s *self)\n{\n"
                 "    return self != NULL ? self->error : \"out of memory\";\n"
                 "}\n\n",
                 name, name);
}

/* ---- Source ---------------------------------------------------------------------------- */

/* Which helpers the text needs is known only when it is all there. */
static void write_includes(struct mk__str *out,
                           const struct mk__wrapper *wrapper, const char *body)
{
    mk__str_addf(out, "#include \"%s.h\"\n\n", wrapper->program->name);
    if (mk__mentions(body, "log2"))
        mk__str_add(out, "#include <math.h>\n");
    if (mk__mentions(body, "bool"))
        mk__str_add(out, "#include <stdbool.h>\n");
    if (mk__mentions(body, "snprintf"))
        mk__str_add(out, "#include <stdio.h>\n");
    mk__str_add(out, "#include <stdlib.h>\n");
    if (mk__mentions(body, "memset") || mk__mentions(body, "memcpy"))
        mk__str_add(out, "#include <string.h>\n");
    mk__str_add(out, "\n");
    if (mk__wrapper_is_jit(wrapper) && mk__mentions(body, "mk_multi"))
        mk__str_add(out, "#include <multikernel/multikernel.h>\n\n");
}

static void write_prototypes(struct mk__str *out, struct mk__wrapper *wrapper)
{
    mk__write_heading(out, "Kernels");
    mk__str_add(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    for (size_t i = 0; i < wrapper->emission.count; ++i)
        mk__typed_write_prototypes(out, &wrapper->emission.arena,
                                   &wrapper->emission.multis[i]);
    mk__str_add(out, "\n#ifdef __cplusplus\n}\n#endif\n\n");
}

static bool any_by_shape(const struct mk__wrapper *wrapper)
{
    bool any = false;

    for (size_t i = 0; i < wrapper->emission.count; ++i)
        any = any || (wrapper->emission.picks[i].by_shape &&
                      !mk__wrapper_is_direct(wrapper, i));
    return any;
}

static bool any_multi(const struct mk__wrapper *wrapper)
{
    bool any = false;

    for (size_t i = 0; i < wrapper->emission.count; ++i)
        any = any || !mk__wrapper_is_direct(wrapper, i);
    return any;
}

/* What comes behind the instance's declaration. */
static int write_functions(struct mk__str *out, struct mk__wrapper *wrapper)
{
    int status;

    mk__nan_write_functions(out, wrapper);
    write_reserve(out, wrapper);
    status = mk__wrapper_write_multis(out, wrapper, false);
    write_init(out, wrapper);
    write_destroy(out, wrapper);
    return status == MK_OK ? mk__wrapper_write_run(out, wrapper) : status;
}

static int write_body(struct mk__str *out, struct mk__wrapper *wrapper)
{
    struct mk__str functions = MK__STR_INIT;
    int status = write_functions(&functions, wrapper);

    if (mk__wrapper_is_jit(wrapper) && any_multi(wrapper))
        mk__jit_write_helpers(out);
    if (!mk__wrapper_is_jit(wrapper) && mk__wrapper_asks_machine(wrapper))
        mk__aot_write_machine(out, &wrapper->emission);
    if (!mk__wrapper_is_jit(wrapper) && any_by_shape(wrapper))
        mk__aot_write_log2(out);
    if (status == MK_OK)
        status = mk__wrapper_write_multis(out, wrapper, true);
    mk__write_heading(out, "The program");
    write_struct(out, wrapper);
    out->failed = out->failed || functions.failed;
    if (status == MK_OK && !out->failed) {
        if (mk__mentions_call(functions.text, "fail"))
            write_fail(out, wrapper);
        mk__str_add(out, functions.text);
    }
    mk__str_free(&functions);
    return status;
}

int mk__wrapper_write_source(struct mk__str *out, struct mk__wrapper *wrapper)
{
    struct mk__str body = MK__STR_INIT;
    int status = write_body(&body, wrapper);

    out->failed = out->failed || body.failed;
    if (status == MK_OK && !out->failed) {
        write_includes(out, wrapper, body.text);
        write_prototypes(out, wrapper);
        mk__typed_write_helpers(out, body.text);
        mk__str_add(out, body.text);
    }
    mk__str_free(&body);
    return status;
}

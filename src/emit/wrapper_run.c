/* The function that runs a program: its memory, and its calls in order. */
#include "emit/wrapper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "define/kernels.h"
#include "emit/mentions.h"

/* ---- Memory -------------------------------------------------------------------------- */

static const char *pointer_type(DLDataType type)
{
    return mk__unit_type(type, true, MK_OUT);
}

/* Whether a place begins where the memory does. */
static bool is_first(const struct mk__place *place)
{
    return place->offset->constant && place->offset->value == 0;
}

/* "float *const normed = (float *)(void *)(self->scratch + 4096);" */
static void write_buffer(struct mk__str *out, struct mk__wrapper *wrapper,
                         size_t index)
{
    struct mk__arena *arena = &wrapper->emission.arena;
    const mk_buffer *buffer = &wrapper->program->buffers[index].told;
    const struct mk__place *place = &wrapper->layout.buffers[index];
    const char *type = pointer_type(buffer->type);
    const char *name = mk__write_text(arena, "%sconst %s", type, buffer->name);
    const char *value = NULL;

    if (place->home == MK__HOME_SHARED) {
        value = is_first(place)
                    ? mk__write_text(arena, "(%s)(void *)self->scratch", type)
                    : mk__write_text(arena, "(%s)(void *)(self->scratch + %s)",
                                     type, place->offset->text);
    } else if (place->home == MK__HOME_OVER) {
        value =
            mk__write_text(arena, "(%s)(void *)%s", type,
                           wrapper->program->buffers[place->over].told.name);
    } else {
        return;
    }
    out->failed = out->failed || name == NULL || value == NULL;
    if (!out->failed)
        mk__write_setting(out, 4, name, value);
}

static void write_buffers(struct mk__str *out, struct mk__wrapper *wrapper)
{
    for (size_t i = 0; i < wrapper->program->buffer_count; ++i)
        write_buffer(out, wrapper, i);
}

/* Open sizes are positive, and the memory is there. */
static void write_checks(struct mk__str *out, struct mk__wrapper *wrapper)
{
    const mk_program *program = wrapper->program;
    const struct mk__formula *bytes = wrapper->layout.bytes;
    struct mk__items items = { .arena = &wrapper->emission.arena };

    for (size_t i = 0; i < program->size_count; ++i) {
        const char *text = mk__write_text(
            &wrapper->emission.arena, "\"%s: the size '%s' must be positive\"",
            program->name, program->sizes[i].name);

        if (program->sizes[i].value != 0)
            continue;
        mk__str_addf(out, "    if (%s < 1)\n", program->sizes[i].name);
        mk__wrapper_write_fail(out, &wrapper->emission.arena, 8, "self",
                               text != NULL ? text : "");
    }
    if (bytes->constant)
        return;
    mk__items_add(&items, "self");
    mk__items_add(&items, "%s", bytes->text);
    mk__write_list(out, 4, "if (reserve(", &items, ") != 0)", "");
    mk__str_add(out, "        return 1;\n");
}

/* ---- Arguments ------------------------------------------------------------------------ */

/* A number as a literal of its type. */
static const char *literal(struct mk__arena *arena, const mk_arg *value)
{
    DLDataType type = mk_arg_type_of(value);
    char text[32];

    if (type.code == kDLUInt)
        return mk__write_text(
            arena, "%lluU",
            (unsigned long long)(type.bits == 64   ? value->value.u64
                                 : type.bits == 32 ? value->value.u32
                                 : type.bits == 16 ? value->value.u16
                                                   : value->value.u8));
    if (type.code == kDLInt) {
        int64_t number = type.bits == 64   ? value->value.i64
                         : type.bits == 32 ? value->value.i32
                         : type.bits == 16 ? value->value.i16
                                           : value->value.i8;

        return number == INT64_MIN
                   ? "INT64_MIN"
                   : mk__write_text(arena, "%lld", (long long)number);
    }
    if (type.bits == 64)
        return mk__write_number(arena, value->value.f64);
    for (int digits = 1; digits <= 9; ++digits) {
        snprintf(text, sizeof(text), "%.*g", digits, (double)value->value.f32);
        if (strtof(text, NULL) == value->value.f32)
            break;
    }
    return mk__write_text(arena, "%s%sF", text,
                          strpbrk(text, ".en") == NULL ? ".0" : "");
}

/* An expression over sizes for a scalar that may be narrower. */
static const char *size_argument(struct mk__arena *arena, DLDataType type,
                                 const struct mk__formula *size)
{
    DLDataType whole = MK_INT64;

    if (size->constant || memcmp(&type, &whole, sizeof(type)) == 0)
        return size->text;
    return mk__write_text(arena, "(%s)(%s)", mk__unit_type(type, false, MK_IN),
                          size->text);
}

/* A tensor that no kernel takes: any other's memory stands in for it. */
static const char *stand_in(struct mk__arena *arena,
                            const struct mk__wrapper *wrapper,
                            const struct mk__program_call *call, size_t param)
{
    const mk_definition *definition =
        wrapper->program->multis[call->multi].definition;
    const char *type = mk__unit_type(definition->params[param].type, true,
                                     definition->params[param].intent);

    for (size_t i = 0; i < definition->param_count; ++i)
        if (definition->params[i].rank != MK_SCALAR && !call->args[i].removed)
            return mk__write_text(
                arena, "(%s)(uintptr_t)%s", type,
                wrapper->program->buffers[call->args[i].buffer].told.name);
    return "NULL";
}

static const char *param_argument(struct mk__wrapper *wrapper,
                                  const struct mk__program_call *call,
                                  size_t param)
{
    struct mk__arena *arena = &wrapper->emission.arena;
    const struct mk__program_arg *arg = &call->args[param];
    const mk_definition *definition =
        wrapper->program->multis[call->multi].definition;

    if (arg->removed)
        return stand_in(arena, wrapper, call, param);
    if (arg->bound == MK__BOUND_BUFFER)
        return wrapper->program->buffers[arg->buffer].told.name;
    if (arg->bound == MK__BOUND_VALUE)
        return literal(arena, &arg->value);
    return size_argument(arena, definition->params[param].type, arg->size);
}

/* What a call passes for a place of its multi-kernel's list. */
static const char *argument(struct mk__wrapper *wrapper,
                            const struct mk__program_call *call, size_t place)
{
    const struct mk__typed *typed = &wrapper->emission.multis[call->multi];
    const struct mk__typed_param *param = &typed->params[place];

    switch (param->kind) {
    case MK__TYPED_PARAM:
        return param_argument(wrapper, call, param->index);
    case MK__TYPED_WORKSPACE:
        return param->name;
    case MK__TYPED_SIZE:
        return call->sizes[param->index]->text;
    }
    return NULL;
}

/* ---- Calls ------------------------------------------------------------------------------ */

static void write_zeroing(struct mk__str *out, size_t indent, const char *name,
                          const struct mk__formula *bytes)
{
    mk__str_addf(out,
                 bytes->constant ? "%*smemset(%s, 0, %s);\n"
                                 : "%*smemset(%s, 0, (size_t)(%s));\n",
                 (int)indent, "", name, bytes->text);
}

/* Its workspaces, which live until the end of the block. */
static void write_workspaces(struct mk__str *out, struct mk__wrapper *wrapper,
                             size_t index)
{
    struct mk__arena *arena = &wrapper->emission.arena;
    const struct mk__workspaces *workspaces = &wrapper->workspaces[index];

    for (size_t w = 0; w < workspaces->count; ++w) {
        const struct mk__place *place = &wrapper->layout.workspaces[index][w];
        const char *name = mk__typed_c_name(arena, workspaces->list[w].name);

        mk__str_addf(out, "        uint8_t *const %s = self->scratch%s%s;\n",
                     name != NULL ? name : "", is_first(place) ? "" : " + ",
                     is_first(place) ? "" : place->offset->text);
        out->failed = out->failed || name == NULL;
    }
    mk__str_add(out, "\n");
    for (size_t w = 0; w < workspaces->count; ++w) {
        const char *name = mk__typed_c_name(arena, workspaces->list[w].name);

        if (!workspaces->list[w].zero)
            continue;
        write_zeroing(out, 8, name, workspaces->list[w].bytes);
    }
}

/* Tensors that must hold zeros on entry. */
static void write_zeros(struct mk__str *out, struct mk__wrapper *wrapper,
                        const struct mk__program_call *call, size_t indent)
{
    const mk_program *program = wrapper->program;
    const mk_definition *definition = program->multis[call->multi].definition;

    for (size_t i = 0; i < definition->param_count; ++i) {
        const struct mk__program_buffer *buffer;

        if (!definition->params[i].zero || call->args[i].removed)
            continue;
        buffer = &program->buffers[call->args[i].buffer];
        write_zeroing(out, indent, buffer->told.name, buffer->bytes);
    }
}

/* The kernel itself, with what it takes. */
static void write_direct_call(struct mk__str *out, struct mk__wrapper *wrapper,
                              const struct mk__program_call *call,
                              size_t indent)
{
    struct mk__arena *arena = &wrapper->emission.arena;
    const struct mk__typed *typed = &wrapper->emission.multis[call->multi];
    const struct mk__typed_kernel *kernel = typed->kernels;
    const char *head =
        kernel->owns ? mk__write_text(arena, "%s(",
                                      mk__typed_callable(arena, typed, kernel))
                     : mk__write_text(arena, "%s(", kernel->symbol);
    size_t count = kernel->owns ? typed->count : kernel->count;
    struct mk__items items = { .arena = arena, .failed = head == NULL };

    for (size_t i = 0; i < count; ++i) {
        const char *text =
            argument(wrapper, call, kernel->owns ? i : kernel->takes[i]);

        items.failed = items.failed || text == NULL;
        mk__items_add(&items, "%s", text);
    }
    mk__write_list(out, indent, head, &items, ");", "");
}

static void write_run_call(struct mk__str *out, struct mk__wrapper *wrapper,
                           const struct mk__program_call *call, size_t indent)
{
    struct mk__arena *arena = &wrapper->emission.arena;
    const struct mk__typed *typed = &wrapper->emission.multis[call->multi];
    bool jit = wrapper->emission.options.pass == MK_PASS_JIT;
    const char *head =
        mk__write_text(arena, jit ? "status = run_%s(" : "run_%s(", typed->id);
    struct mk__items items = { .arena = arena, .failed = head == NULL };

    if (jit || mk__wrapper_takes_self(wrapper, call->multi))
        mk__items_add(&items, "self");
    for (size_t i = 0; i < typed->count; ++i) {
        const char *text = argument(wrapper, call, i);

        items.failed = items.failed || text == NULL;
        mk__items_add(&items, "%s", text);
    }
    if (jit)
        mk__items_add(&items, "stream");
    mk__write_list(out, indent, head, &items, ");", "");
    if (jit)
        mk__str_addf(out, "%*sif (status != 0)\n%*sreturn status;\n",
                     (int)indent, "", (int)indent + 4, "");
}

static int write_call(struct mk__str *out, struct mk__wrapper *wrapper,
                      size_t index)
{
    const struct mk__program_call *call = &wrapper->program->calls[index];
    bool block = wrapper->workspaces[index].count > 0;
    size_t indent = block ? 8 : 4;
    int status;

    mk__str_addf(out, "%s    /* calls[%zu]: %s */\n", index > 0 ? "\n" : "",
                 index, call->told.multi);
    status = mk__nan_write_checks(out, wrapper, index, false);
    if (block) {
        mk__str_add(out, "    {\n");
        write_workspaces(out, wrapper, index);
    }
    write_zeros(out, wrapper, call, indent);
    if (mk__wrapper_is_direct(wrapper, call->multi))
        write_direct_call(out, wrapper, call, indent);
    else
        write_run_call(out, wrapper, call, indent);
    if (block)
        mk__str_add(out, "    }\n");
    return status == MK_OK ? mk__nan_write_checks(out, wrapper, index, true)
                           : status;
}

/* Arguments that the calls left nothing of. */
static void write_unused(struct mk__str *out, const struct mk__wrapper *wrapper,
                         const char *body)
{
    const mk_program *program = wrapper->program;

    for (size_t i = 0; i < program->buffer_count; ++i)
        if (program->buffers[i].told.role != MK_ROLE_INTERMEDIATE &&
            !mk__mentions(body, program->buffers[i].told.name))
            mk__str_addf(out, "    (void)%s;\n", program->buffers[i].told.name);
    if (!mk__mentions(body, "stream"))
        mk__str_add(out, "    (void)stream;\n");
    if (!mk__mentions(body, "self"))
        mk__str_add(out, "    (void)self;\n");
}

/* The body in its parts, with blank lines between them. */
static void write_parts(struct mk__str *out, const struct mk__wrapper *wrapper,
                        struct mk__str *checks, struct mk__str *buffers,
                        struct mk__str *calls)
{
    struct mk__str unused = MK__STR_INIT;
    bool status = mk__mentions(calls->text, "status");

    mk__str_addf(&unused, "%s%s%s", checks->text, buffers->text, calls->text);
    out->failed = out->failed || unused.failed;
    if (out->failed) {
        mk__str_free(&unused);
        return;
    }
    /* Declarations come before statements, unless memory is to be found first. */
    if (checks->length > 0)
        mk__str_addf(out, "%s%s\n%s%s", status ? "    int status;\n\n" : "",
                     checks->text, buffers->text,
                     buffers->length > 0 ? "\n" : "");
    else if (buffers->length > 0 || status)
        mk__str_addf(out, "%s%s\n", buffers->text,
                     status ? "    int status;\n" : "");
    write_unused(out, wrapper, unused.text);
    mk__str_add(out, calls->text);
    mk__str_free(&unused);
}

int mk__wrapper_write_run(struct mk__str *out, struct mk__wrapper *wrapper)
{
    struct mk__str checks = MK__STR_INIT;
    struct mk__str buffers = MK__STR_INIT;
    struct mk__str calls = MK__STR_INIT;
    int status = MK_OK;

    mk__str_add(&checks, "");
    mk__str_add(&buffers, "");
    write_checks(&checks, wrapper);
    write_buffers(&buffers, wrapper);
    for (size_t c = 0; c < wrapper->program->call_count && status == MK_OK; ++c)
        status = write_call(&calls, wrapper, c);
    out->failed =
        out->failed || checks.failed || buffers.failed || calls.failed;
    if (status == MK_OK && !out->failed) {
        mk__wrapper_write_signature(out, wrapper, ")");
        mk__str_add(out, "{\n");
        write_parts(out, wrapper, &checks, &buffers, &calls);
        mk__str_add(out, "\n    return 0;\n}\n");
    }
    mk__str_free(&checks);
    mk__str_free(&buffers);
    mk__str_free(&calls);
    return status;
}

/* A program as C: what is chosen, where everything lies, and the files. */
#include "emit/wrapper.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "emit/main_text.h"

bool mk__wrapper_is_direct(const struct mk__wrapper *wrapper, size_t index)
{
    const struct mk__typed *typed = &wrapper->emission.multis[index];

    return wrapper->emission.options.pass == MK_PASS_AOT
               ? mk__aot_is_direct(typed)
               : mk__jit_is_direct(typed);
}

bool mk__wrapper_asks_machine(const struct mk__wrapper *wrapper)
{
    return wrapper->emission.machine_count > 1 ||
           (wrapper->emission.machine_count == 1 &&
            wrapper->emission.machines[0].count > 0);
}

bool mk__wrapper_takes_self(const struct mk__wrapper *wrapper, size_t index)
{
    return wrapper->emission.machine_count > 1 ||
           wrapper->emission.picks[index].by_shape;
}

/* ---- Multi-kernels ----------------------------------------------------------------------- */

/* The definition's name as an identifier, with a number behind it where the
 * program has several of it. */
static const char *id_of(struct mk__emission *emission, size_t index)
{
    struct mk__arena *arena = &emission->arena;
    const char *id =
        mk__typed_identifier(arena, emission->multis[index].definition->name);
    const char *tried = id;
    size_t number = 2;

    for (size_t i = 0; tried != NULL && i < index; ++i)
        if (strcmp(emission->multis[i].id, tried) == 0) {
            tried = mk__write_text(arena, "%s_%zu", id, number++);
            i = SIZE_MAX; /* from the first on again */
        }
    return tried;
}

static void plan_picks(struct mk__wrapper *wrapper, size_t index)
{
    const struct mk__program_multi *multi = &wrapper->program->multis[index];
    struct mk__picks *picks = &wrapper->emission.picks[index];
    const mk_definition *definition = multi->definition;
    static const struct mk__hint anywhere = { "", NULL, 0 };

    picks->hints = &anywhere;
    picks->hint_count = 1;
    if (multi->open && definition->hint_count > 0) {
        picks->hints = definition->hints;
        picks->hint_count = definition->hint_count;
        picks->at_hints = true;
        picks->by_shape = definition->hint_count > 1;
    } else if (multi->open) {
        picks->measured = wrapper->emission.options.pass == MK_PASS_JIT;
    }
}

static int make_multi(struct mk__wrapper *wrapper, size_t index)
{
    const struct mk__program_multi *multi = &wrapper->program->multis[index];
    struct mk__emission *emission = &wrapper->emission;
    struct mk__typed *typed = &emission->multis[index];
    int status;

    typed->definition = multi->definition;
    typed->name = multi->name;
    typed->given = multi->sizes;
    typed->id = id_of(emission, index);
    typed->prefix = typed->id != NULL
                        ? mk__write_text(&emission->arena, "%s_%s",
                                         wrapper->program->name, typed->id)
                        : NULL;
    if (typed->prefix == NULL)
        return MK_ERROR_NO_MEMORY;
    plan_picks(wrapper, index);
    status = mk__typed_begin(typed, &emission->arena, multi->points,
                             multi->point_count);
    return status == MK_OK ? mk__typed_describe(typed, &emission->arena)
                           : status;
}

/* What was chosen, and then what is left of each multi-kernel. */
static int choose(struct mk__wrapper *wrapper)
{
    struct mk__emission *emission = &wrapper->emission;
    bool aot = emission->options.pass == MK_PASS_AOT;
    int status = MK_OK;

    if (aot && emission->options.choice_count == 0) {
        status = mk__jit_pass(wrapper);
        mk__emission_take_made(emission);
    }
    for (size_t i = 0; i < emission->count && status == MK_OK; ++i)
        status = mk__picks_find(emission, i, false);
    if (status == MK_OK && aot)
        status = mk__machines_find(emission, false);
    if (status == MK_OK)
        status = mk__emission_add_units(emission);
    for (size_t i = 0; i < emission->count && status == MK_OK; ++i) {
        status = mk__typed_describe(&emission->multis[i], &emission->arena);
        if (status == MK_OK && aot && emission->picks[i].by_shape)
            status =
                mk__distances_make(&wrapper->distances[i], &emission->arena,
                                   &emission->multis[i], &emission->picks[i]);
    }
    return status;
}

static int make_multis(struct mk__wrapper *wrapper)
{
    struct mk__emission *emission = &wrapper->emission;
    struct mk__arena *arena = &emission->arena;
    size_t count = wrapper->program->multi_count;
    int status = MK_OK;

    emission->multis = mk__arena_alloc(arena, count, sizeof(struct mk__typed));
    emission->picks = mk__arena_alloc(arena, count, sizeof(struct mk__picks));
    wrapper->distances =
        mk__arena_alloc(arena, count, sizeof(struct mk__distances));
    if (emission->multis == NULL || emission->picks == NULL ||
        wrapper->distances == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        status = make_multi(wrapper, i);
        ++emission->count;
    }
    return status == MK_OK ? choose(wrapper) : status;
}

/* ---- Memory -------------------------------------------------------------------------------- */

/* The places among the multi-kernel's points of the kernels that are left. */
static size_t *left_points(struct mk__wrapper *wrapper, size_t index)
{
    const struct mk__program_multi *multi = &wrapper->program->multis[index];
    const struct mk__typed *typed = &wrapper->emission.multis[index];
    size_t *points = mk__arena_alloc(&wrapper->emission.arena,
                                     typed->kernel_count, sizeof(*points));

    for (size_t k = 0; points != NULL && k < typed->kernel_count; ++k)
        for (size_t p = 0; p < multi->point_count; ++p)
            if (multi->points[p].variant == typed->kernels[k].point.variant &&
                multi->points[p].combination ==
                    typed->kernels[k].point.combination)
                points[k] = p;
    return points;
}

static int lay_out(struct mk__wrapper *wrapper)
{
    const mk_program *program = wrapper->program;
    struct mk__arena *arena = &wrapper->emission.arena;
    int status = MK_OK;

    wrapper->workspaces = mk__arena_alloc(arena, program->call_count,
                                          sizeof(*wrapper->workspaces));
    if (wrapper->workspaces == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t c = 0; c < program->call_count && status == MK_OK; ++c) {
        size_t multi = program->calls[c].multi;
        const size_t *points = left_points(wrapper, multi);

        status = points != NULL
                     ? mk__workspaces_merge(
                           &wrapper->workspaces[c], arena, program, c, points,
                           wrapper->emission.multis[multi].kernel_count)
                     : MK_ERROR_NO_MEMORY;
    }
    return status == MK_OK
               ? mk__layout_make(&wrapper->layout, program, wrapper->workspaces)
               : status;
}

/* ---- Files ----------------------------------------------------------------------------------- */

static int add_file(struct mk__wrapper *wrapper, const char *ending,
                    struct mk__str *text)
{
    return text->failed
               ? mk__error(MK_ERROR_NO_MEMORY, "out of memory (emitting C)")
               : mk__files_add(&wrapper->emission.files, ending, "/*",
                               text->text, text->length);
}

static int add_files(struct mk__wrapper *wrapper)
{
    struct mk__emission *emission = &wrapper->emission;
    struct mk__str header = MK__STR_INIT;
    struct mk__str source = MK__STR_INIT;
    struct mk__str main = MK__STR_INIT;
    int status;

    mk__wrapper_write_header(&header, wrapper);
    status = mk__wrapper_write_source(&source, wrapper);
    if (status == MK_OK && emission->options.main)
        status = mk__main_text(&main, wrapper->program, emission->options.pass);
    if (status == MK_OK)
        status = add_file(wrapper, ".h", &header);
    if (status == MK_OK)
        status = add_file(wrapper, ".c", &source);
    if (status == MK_OK && emission->options.main)
        status = add_file(wrapper, "_main.c", &main);
    mk__str_free(&header);
    mk__str_free(&source);
    mk__str_free(&main);
    return status;
}

/* Names that the emitted code has uses of its own for. */
static int check_names(const struct mk__wrapper *wrapper)
{
    struct mk__arena arena = MK__ARENA_INIT;
    const mk_program *program = wrapper->program;
    int status = MK_OK;

    for (size_t i = 0; i < program->buffer_count + program->size_count; ++i) {
        const char *name = i < program->buffer_count
                               ? program->buffers[i].told.name
                               : program->sizes[i - program->buffer_count].name;

        if (status == MK_OK && mk__typed_c_name(&arena, name) != name)
            status = mk__error(MK_ERROR_INVALID,
                               "program %s: '%s' has a meaning of its own in "
                               "the emitted code; take another name",
                               program->name, name);
    }
    mk__arena_free(&arena);
    return status;
}

int mk_emit_wrapper(mk_emitted **emitted, const mk_program *program,
                    const char *folder, const mk_emit_options *options)
{
    struct mk__wrapper wrapper = { .program = program };
    struct mk__emission *emission = &wrapper.emission;
    int status = mk__emission_begin(emission, options);

    if (emitted != NULL)
        *emitted = NULL;
    if (status == MK_OK && !program->finished)
        status = mk__error(MK_ERROR_INVALID,
                           "program %s is not finished: call "
                           "mk_program_finish first",
                           program->name);
    if (status == MK_OK)
        status = check_names(&wrapper);
    if (status == MK_OK)
        status = mk__files_begin(&emission->files, folder, program->name,
                                 mk_program_path(program), program->name);
    if (status == MK_OK)
        status = make_multis(&wrapper);
    if (status == MK_OK)
        status = lay_out(&wrapper);
    if (status == MK_OK)
        status = add_files(&wrapper);
    if (status == MK_OK)
        status = mk__emission_end(emission, emitted, wrapper.layout.bytes->text,
                                  wrapper.layout.separate->text);
    mk__layout_free(&wrapper.layout);
    mk__emission_free(emission);
    return status;
}

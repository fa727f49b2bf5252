/* Which buffers are one piece of memory, and which need memory at all. Where the
 * pieces lie is layout.c's business. */
#include "emit/layout.h"

#include <string.h>

#include "base/error.h"

/* ---- In place ---------------------------------------------------------------- */

/* How many of a call's arguments are this buffer. */
static size_t times_passed(const mk_program *program,
                           const struct mk__program_call *call, size_t buffer)
{
    const mk_definition *definition = program->multis[call->multi].definition;
    size_t times = 0;

    for (size_t i = 0; i < definition->param_count; ++i)
        times += call->args[i].bound == MK__BOUND_BUFFER &&
                 call->args[i].buffer == buffer;
    return times;
}

/* Whether parameter `out` of call number `c` may be written over its input: the
 * input is an intermediate that nobody touches later, the output was not touched
 * before and needs no zeros, and the call knows each by one parameter only. */
static bool may_lie_over(const mk_program *program, size_t c, size_t out,
                         size_t in)
{
    const struct mk__program_call *call = &program->calls[c];
    const struct mk__program_multi *multi = &program->multis[call->multi];
    size_t written = call->args[out].buffer;
    size_t read = call->args[in].buffer;
    const struct mk__program_buffer *output = &program->buffers[written];
    const struct mk__program_buffer *input = &program->buffers[read];

    return written != read && input->told.role == MK_ROLE_INTERMEDIATE &&
           (output->told.role == MK_ROLE_INTERMEDIATE ||
            output->told.role == MK_ROLE_OUTPUT) &&
           input->last == c && output->first == c &&
           !multi->definition->params[out].zero &&
           mk__formula_equal(input->bytes, output->bytes) &&
           times_passed(program, call, read) == 1 &&
           times_passed(program, call, written) == 1;
}

/* Makes the input's piece and the output's one, which is the output's: its memory
 * may be the caller's. */
static void lie_over(const mk_program *program, size_t *pieces, size_t out,
                     size_t in)
{
    size_t from = pieces[in];

    for (size_t i = 0; i < program->buffer_count; ++i)
        if (pieces[i] == from)
            pieces[i] = pieces[out];
}

static void join_in_place(const mk_program *program, size_t *pieces)
{
    for (size_t c = 0; c < program->call_count; ++c) {
        const struct mk__program_call *call = &program->calls[c];
        const struct mk__program_multi *multi = &program->multis[call->multi];

        for (size_t p = 0; p < multi->definition->param_count; ++p) {
            size_t in = multi->inplace[p];

            if (in != MK__NO_PARAM && may_lie_over(program, c, p, in))
                lie_over(program, pieces, call->args[p].buffer,
                         call->args[in].buffer);
        }
    }
}

/* ---- Pieces ------------------------------------------------------------------ */

/* The piece whose last buffer is `root`: alive from the first touch of any buffer
 * in it on. */
static struct mk__piece gather(const mk_program *program, const size_t *pieces,
                               size_t root)
{
    const struct mk__program_buffer *buffer = &program->buffers[root];
    struct mk__piece piece = { buffer->bytes, buffer->first, buffer->last,
                               NULL };

    for (size_t i = 0; i < program->buffer_count; ++i)
        if (pieces[i] == root && program->buffers[i].first < piece.first)
            piece.first = program->buffers[i].first;
    return piece;
}

static bool is_callers(const struct mk__program_buffer *buffer)
{
    return buffer->told.role != MK_ROLE_INTERMEDIATE;
}

/* Adds a piece for every root that needs memory; the others are at home. */
static size_t add_buffers(struct mk__layout *layout, const mk_program *program,
                          const size_t *pieces, struct mk__piece *list,
                          size_t *piece_of)
{
    size_t count = 0;

    for (size_t i = 0; i < program->buffer_count; ++i) {
        const struct mk__program_buffer *buffer = &program->buffers[i];
        struct mk__place *place = &layout->buffers[i];

        if (is_callers(buffer)) {
            place->home = MK__HOME_CALLER;
        } else if (buffer->first == MK__NO_CALL) {
            place->home = MK__HOME_NOWHERE;
        } else if (is_callers(&program->buffers[pieces[i]])) {
            place->home = MK__HOME_OVER;
            place->over = pieces[i];
        } else {
            place->home = MK__HOME_SHARED;
            if (pieces[i] != i)
                continue;
            list[count] = gather(program, pieces, i);
            piece_of[i] = count++;
        }
    }
    return count;
}

static int add_workspaces(struct mk__layout *layout, const mk_program *program,
                          const struct mk__workspaces *workspaces,
                          struct mk__piece *list, size_t *count)
{
    struct mk__place **places = mk__arena_alloc(
        &layout->arena, program->call_count, sizeof(struct mk__place *));

    if (places == NULL)
        return MK_ERROR_NO_MEMORY;
    layout->workspaces = places;
    for (size_t c = 0; c < program->call_count; ++c) {
        size_t each = workspaces[c].count;

        places[c] = mk__arena_alloc(&layout->arena, each, sizeof(**places));
        if (places[c] == NULL)
            return MK_ERROR_NO_MEMORY;
        for (size_t w = 0; w < each; ++w)
            list[(*count)++] =
                (struct mk__piece){ workspaces[c].list[w].bytes, c, c, NULL };
    }
    return MK_OK;
}

/* Tells everybody where their piece lies. */
static void move_in(struct mk__layout *layout, const mk_program *program,
                    const struct mk__workspaces *workspaces,
                    const size_t *pieces, const size_t *piece_of,
                    const struct mk__piece *list, size_t buffers)
{
    const struct mk__piece *next = list + buffers;

    for (size_t i = 0; i < program->buffer_count; ++i)
        if (layout->buffers[i].home == MK__HOME_SHARED)
            layout->buffers[i].offset = list[piece_of[pieces[i]]].offset;
    for (size_t c = 0; c < program->call_count; ++c)
        for (size_t w = 0; w < workspaces[c].count; ++w)
            layout->workspaces[c][w] =
                (struct mk__place){ .home = MK__HOME_SHARED,
                                    .offset = next++->offset };
}

/* ---- All ---------------------------------------------------------------------- */

int mk__layout_make(struct mk__layout *layout, const mk_program *program,
                    const struct mk__workspaces *workspaces)
{
    struct mk__arena *arena = &layout->arena;
    size_t most = program->buffer_count;
    struct mk__piece *list;
    size_t *pieces;
    size_t *piece_of;
    size_t buffers;
    size_t count;
    int status;

    memset(layout, 0, sizeof(*layout));
    for (size_t c = 0; c < program->call_count; ++c)
        most += workspaces[c].count;
    layout->buffers =
        mk__arena_alloc(arena, program->buffer_count, sizeof(*layout->buffers));
    list = mk__arena_alloc(arena, most, sizeof(*list));
    pieces = mk__arena_alloc(arena, 2 * program->buffer_count, sizeof(*pieces));
    if (layout->buffers == NULL || list == NULL || pieces == NULL)
        return MK_ERROR_NO_MEMORY;
    piece_of = pieces + program->buffer_count;
    for (size_t i = 0; i < program->buffer_count; ++i)
        pieces[i] = i;
    join_in_place(program, pieces);
    buffers = add_buffers(layout, program, pieces, list, piece_of);
    count = buffers;
    status = add_workspaces(layout, program, workspaces, list, &count);
    if (status == MK_OK)
        status = mk__layout_separate(layout, program, workspaces);
    if (status == MK_OK)
        status = mk__layout_place(layout, list, count);
    if (status == MK_OK)
        move_in(layout, program, workspaces, pieces, piece_of, list, buffers);
    return status;
}

void mk__layout_free(struct mk__layout *layout)
{
    mk__arena_free(&layout->arena);
}

/* The multi-kernels of a program: shared by calls of the same definition at the
 * same constant sizes (B2), and what their variants agree on (B6). */
#include "define/program.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

/* ---- Variants ---------------------------------------------------------------- */

/* What names mean in a `where`: constant sizes and one combination's defines. */
struct scope {
    struct mk__arena arena;
    const mk_definition *definition;
    const int64_t *sizes;
    struct mk__point point;
};

static const struct mk__formula *look_up(void *context, size_t index,
                                         const char *name)
{
    struct scope *scope = context;
    size_t size = mk__definition_size(scope->definition, name);
    const struct mk__formula *formula = NULL;
    size_t define;
    int status;

    (void)index;
    if (size == scope->definition->size_count) {
        define = mk__variant_define(scope->point.variant, name);
        status = mk__formula_number(&formula, &scope->arena,
                                    mk__space_choice(scope->point.variant,
                                                     scope->point.combination,
                                                     define)
                                        ->number);
    } else if (scope->sizes[size] > 0) {
        status =
            mk__formula_number(&formula, &scope->arena, scope->sizes[size]);
    } else {
        status = mk__formula_name(&formula, &scope->arena, name, size);
    }
    return status == MK_OK ? formula : NULL;
}

/* Whether `where` leaves a combination out, whatever the open sizes are. What
 * can't be told is left in: every call asks again. */
static int is_out(struct scope *scope, bool *out)
{
    const struct mk__term *where = &scope->point.variant->where;
    const struct mk__formula *formula;
    struct mk__problem problem;
    int status;

    *out = false;
    if (where->expression == NULL)
        return MK_OK;
    status = mk__formula_of(&formula, &scope->arena, where->expression, look_up,
                            scope, &problem);
    if (status == MK_OK)
        *out = formula->constant && formula->value == 0;
    mk__arena_free(&scope->arena);
    return status == MK_ERROR_DEFINITION ? MK_OK : status;
}

/* As mk__space_points, for sizes of which some are open (0). */
static int open_points(const struct mk__program_multi *multi,
                       struct mk__point **points, size_t *count)
{
    const mk_definition *definition = multi->definition;
    struct scope scope = { .definition = definition, .sizes = multi->sizes };
    size_t room = 0;
    int status = MK_OK;

    for (size_t i = 0; i < definition->variant_count; ++i)
        room += definition->variants[i].combinations;
    *count = 0;
    *points = mk__calloc(room, sizeof(**points));
    if (*points == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t v = 0; v < definition->variant_count; ++v) {
        const struct mk__variant *variant = &definition->variants[v];

        for (size_t c = 0; c < variant->combinations && status == MK_OK; ++c) {
            bool out;

            scope.point = (struct mk__point){ variant, c };
            status = is_out(&scope, &out);
            if (!out)
                (*points)[(*count)++] = scope.point;
        }
    }
    return status;
}

static int find_points(mk_program *program, struct mk__program_multi *multi,
                       const struct mk__json *at)
{
    struct mk__point *points = NULL;
    int status = multi->open ? open_points(multi, &points, &multi->point_count)
                             : mk__space_points(multi->definition, multi->sizes,
                                                &points, &multi->point_count);

    if (status == MK_OK && multi->point_count == 0)
        status = mk__json_error(at, "'where' excludes every variant of %s",
                                multi->definition->name);
    if (status == MK_OK) {
        multi->points = mk__arena_copy(&program->arena, points,
                                       multi->point_count * sizeof(*points));
        status = multi->points != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
    }
    free(points);
    return status;
}

/* ---- In place ---------------------------------------------------------------- */

static const char *input_of(const struct mk__variant *variant,
                            const char *output)
{
    for (size_t i = 0; i < variant->inplace_count; ++i)
        if (strcmp(variant->inplace[i].output, output) == 0)
            return variant->inplace[i].input;
    return NULL;
}

/* All variants must say the same, as mk_multi_create demands. */
static int agree_inplace(mk_program *program, struct mk__program_multi *multi,
                         const struct mk__json *at)
{
    const mk_definition *definition = multi->definition;
    const struct mk__variant *first = multi->points[0].variant;
    size_t *inplace = mk__arena_alloc(&program->arena, definition->param_count,
                                      sizeof(*inplace));

    if (inplace == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t p = 0; p < definition->param_count; ++p) {
        const char *output = definition->params[p].name;
        const char *input = input_of(first, output);

        for (size_t i = 1; i < multi->point_count; ++i) {
            const struct mk__variant *other = multi->points[i].variant;
            const char *its = input_of(other, output);

            if ((its == NULL) == (input == NULL) &&
                (its == NULL || strcmp(its, input) == 0))
                continue;
            return mk__json_error(
                at,
                "variants %s and %s of %s differ on what '%s' "
                "is written over in place",
                first->name, other->name, definition->name, output);
        }
        inplace[p] = input != NULL ? mk__definition_param(definition, input)
                                   : MK__NO_PARAM;
    }
    multi->inplace = inplace;
    return MK_OK;
}

/* ---- Sharing ------------------------------------------------------------------ */

static bool same_sizes(const struct mk__program_multi *multi,
                       const struct mk__program_call *call)
{
    for (size_t i = 0; i < multi->definition->size_count; ++i) {
        int64_t value = call->sizes[i]->constant ? call->sizes[i]->value : 0;

        if (multi->sizes[i] != value)
            return false;
    }
    return true;
}

static int name_multi(mk_program *program, struct mk__program_multi *multi)
{
    char *name;
    size_t like = 1;

    for (size_t i = 0; i < program->multi_count; ++i)
        like += strcmp(program->multis[i].definition->name,
                       multi->definition->name) == 0;
    name = like == 1
               ? mk__format("%s.%s", program->name, multi->definition->name)
               : mk__format("%s.%s.%zu", program->name, multi->definition->name,
                            like);
    if (name == NULL)
        return MK_ERROR_NO_MEMORY;
    multi->name = mk__arena_strdup(&program->arena, name);
    free(name);
    return multi->name != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

static int make_multi(mk_program *program, struct mk__program_multi *multi,
                      const struct mk__program_call *call,
                      const struct mk__json *at)
{
    size_t count = multi->definition->size_count;
    int64_t *sizes = mk__arena_alloc(&program->arena, count, sizeof(*sizes));
    int status = sizes != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        sizes[i] = call->sizes[i]->constant ? call->sizes[i]->value : 0;
        multi->open = multi->open || sizes[i] == 0;
    }
    multi->sizes = sizes;
    if (status == MK_OK)
        status = name_multi(program, multi);
    if (status == MK_OK)
        status = find_points(program, multi, at);
    if (status == MK_OK)
        status = agree_inplace(program, multi, at);
    return status;
}

int mk__program_find_multi(mk_program *program, mk_definition *definition,
                           const char *path, struct mk__program_call *call,
                           const struct mk__json *at)
{
    struct mk__program_multi *multi = program->multis;
    struct mk__program_multi *end = multi + program->multi_count;
    int status = MK_OK;

    while (multi < end &&
           (multi->definition != definition || !same_sizes(multi, call)))
        ++multi;
    if (multi == end) {
        multi->definition = definition;
        multi->path = path;
        status = make_multi(program, multi, call, at);
        program->multi_count += status == MK_OK;
    }
    call->multi = (size_t)(multi - program->multis);
    call->told.multi = multi->name;
    return status;
}

#include "emit/workspace.h"

#include <string.h>

#include "base/error.h"

/* What names mean in a workspace's size: sizes of the call, defines of the
 * variant. */
struct scope {
    struct mk__arena *arena;
    const mk_definition *definition;
    const struct mk__program_call *call;
    const struct mk__point *point;
};

static const struct mk__formula *look_up(void *context, size_t index,
                                         const char *name)
{
    const struct scope *scope = context;
    size_t size = mk__definition_size(scope->definition, name);
    const struct mk__variant *variant = scope->point->variant;
    const struct mk__formula *number;
    size_t define;

    (void)index;
    if (size < scope->definition->size_count)
        return scope->call->sizes[size];
    define = mk__variant_define(variant, name);
    if (mk__formula_number(
            &number, scope->arena,
            mk__space_choice(variant, scope->point->combination, define)
                ->number) != MK_OK)
        return NULL;
    return number;
}

static int add(struct mk__workspaces *workspaces, struct scope *scope,
               const struct mk__scratch *one)
{
    struct mk__workspace *merged = workspaces->list;
    struct mk__workspace *end = merged + workspaces->count;
    struct mk__problem problem = { 0, "" };
    const struct mk__formula *bytes;
    int status = mk__formula_of(&bytes, scope->arena, one->bytes.expression,
                                look_up, scope, &problem);

    while (merged < end && strcmp(merged->name, one->name) != 0)
        ++merged;
    if (status == MK_OK && bytes->constant && bytes->value < 0)
        return mk__json_error(one->bytes.at,
                              "the value is %lld, expected 0 or "
                              "more",
                              (long long)bytes->value);
    if (status == MK_OK && merged == end) {
        *merged = (struct mk__workspace){ one->name, bytes, one->zero };
        ++workspaces->count;
    } else if (status == MK_OK) {
        merged->zero = merged->zero || one->zero;
        status = mk__formula_max(&merged->bytes, scope->arena, merged->bytes,
                                 bytes, &problem);
    }
    return status == MK_ERROR_DEFINITION
               ? mk__json_error_in(one->bytes.at, problem.offset, "%s",
                                   problem.text)
               : status;
}

int mk__workspaces_merge(struct mk__workspaces *workspaces,
                         struct mk__arena *arena, const mk_program *program,
                         size_t call, const size_t *points, size_t count)
{
    const struct mk__program_call *one = &program->calls[call];
    const struct mk__program_multi *multi = &program->multis[one->multi];
    struct scope scope = { arena, multi->definition, one, NULL };
    size_t room = 0;
    int status = MK_OK;

    if (points == NULL)
        count = multi->point_count;
    workspaces->count = 0;
    for (size_t i = 0; i < count; ++i)
        room += multi->points[points != NULL ? points[i] : i]
                    .variant->workspace_count;
    workspaces->list = mk__arena_alloc(arena, room, sizeof(*workspaces->list));
    if (workspaces->list == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        const struct mk__variant *variant;

        scope.point = &multi->points[points != NULL ? points[i] : i];
        variant = scope.point->variant;
        for (size_t w = 0; w < variant->workspace_count && status == MK_OK; ++w)
            status = add(workspaces, &scope, &variant->workspaces[w]);
    }
    return status;
}

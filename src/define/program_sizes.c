/* A program's sizes, and formulas over them. */
#include "define/program.h"

#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "define/nearest.h"

/* Adds a size; 0: it is open. */
static int add_size(mk_program *program, const struct mk__json *at,
                    const char *name, int64_t value)
{
    size_t i = program->size_count;
    int status = mk__program_check_name(at, name);

    if (status != MK_OK)
        return status;
    if (strcmp(name, program->name) == 0)
        return mk__json_error(at, "'%s' is the program's name", name);
    if (i == MK__MAX_SIZES)
        return mk__json_error(at, "more than %d sizes", MK__MAX_SIZES);
    program->sizes[i] = (mk_size){ name, value };
    program->trial_sizes[i] = 0;
    program->size_used[i] = false;
    program->size_count = i + 1;
    return value > 0 ? mk__formula_number(&program->size_formulas[i],
                                          &program->arena, value)
                     : mk__formula_name(&program->size_formulas[i],
                                        &program->arena, name, i);
}

/* Sizes of the caller: they come before the file's. */
static int add_given(mk_program *program, const struct mk__json *root,
                     const mk_size *given, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        const char *name;
        int status;

        if (given[i].value <= 0 || given[i].value >= MK__SIZE_LIMIT)
            return mk__error(MK_ERROR_INVALID,
                             "%s: size '%s' is %lld, expected 1 to 2^62 - 1",
                             program->file.path, given[i].name,
                             (long long)given[i].value);
        if (mk__program_size(program, given[i].name) < program->size_count)
            return mk__error(MK_ERROR_INVALID, "%s: size '%s' is given twice",
                             program->file.path, given[i].name);
        name = mk__arena_strdup(&program->arena, given[i].name);
        status = name != NULL ? add_size(program, root, name, given[i].value)
                              : MK_ERROR_NO_MEMORY;
        if (status != MK_OK)
            return status;
    }
    return MK_OK;
}

static int read_size(struct mk__json *at, int64_t *value)
{
    int status = mk__json_identifier_key(at);

    return status == MK_OK ? mk__json_integer(at, 1, MK__SIZE_LIMIT - 1, value)
                           : status;
}

static int read_sizes(mk_program *program, const struct mk__json *root)
{
    struct mk__json sizes;
    const char *key;
    json_t *value;
    int status = mk__json_map(root, "sizes", &sizes);

    if (status != MK_OK || sizes.value == NULL)
        return status;
    json_object_foreach (sizes.value, key, value) {
        struct mk__json at = mk__json_member(&sizes, key);
        int64_t size;

        status = read_size(&at, &size);
        if (status == MK_OK &&
            mk__program_size(program, key) == program->size_count)
            status = add_size(program, &at, key, size);
        if (status != MK_OK)
            return status;
    }
    return MK_OK;
}

int mk__program_read_sizes(mk_program *program, const struct mk__json *root,
                           const mk_size *given, size_t count)
{
    int status = add_given(program, root, given, count);

    return status == MK_OK ? read_sizes(program, root) : status;
}

static void list_sizes(struct mk__str *out, const mk_program *program,
                       const char *name)
{
    const char *known[MK__MAX_SIZES + 1] = { NULL };

    size_t count = 0;

    for (size_t i = 0; i < program->size_count; ++i)
        if (program->size_used[i])
            known[count++] = program->sizes[i].name;
    if (count > 0)
        mk__nearest_list(out, known, name);
}

/* They must be sizes; of those that are constant they are of no use. */
int mk__program_read_trial_sizes(mk_program *program,
                                 const struct mk__json *root)
{
    struct mk__json trials;
    const char *key;
    json_t *value;
    int status = mk__json_map(root, "trial_sizes", &trials);

    if (status != MK_OK || trials.value == NULL)
        return status;
    json_object_foreach (trials.value, key, value) {
        struct mk__json at = mk__json_member(&trials, key);
        size_t i = mk__program_size(program, key);
        struct mk__str list = MK__STR_INIT;
        int64_t size;

        status = read_size(&at, &size);
        if (status != MK_OK)
            return status;
        if (i < program->size_count) {
            program->trial_sizes[i] = size;
            continue;
        }
        list_sizes(&list, program, key);
        status = mk__json_error_key(&at, "no shape has the size '%.40s'%s", key,
                                    list.text != NULL ? list.text : "");
        mk__str_free(&list);
        return status;
    }
    return MK_OK;
}

int mk__program_check_sizes(const mk_program *program,
                            const struct mk__json *root)
{
    for (size_t i = 0; i < program->size_count; ++i) {
        const char *name = program->sizes[i].name;
        struct mk__json sizes = mk__json_member(root, "sizes");
        struct mk__json at = mk__json_member(&sizes, name);
        struct mk__str list = MK__STR_INIT;
        int status;

        if (program->size_used[i])
            continue;
        list_sizes(&list, program, name);
        if (at.value != NULL)
            status =
                mk__json_error_key(&at, "no shape has the size '%s'%s", name,
                                   list.text != NULL ? list.text : "");
        else
            status = mk__error(MK_ERROR_INVALID, "%s: there is no size '%s'%s",
                               program->file.path, name,
                               list.text != NULL ? list.text : "");
        mk__str_free(&list);
        return status;
    }
    return MK_OK;
}

/* ---- Formulas --------------------------------------------------------------- */

static const struct mk__formula *look_up(void *context, size_t index,
                                         const char *name)
{
    mk_program *program = context;
    size_t i = mk__program_size(program, name);

    (void)index;
    if (i == program->size_count)
        return NULL;
    program->size_used[i] = true;
    return program->size_formulas[i];
}

static int unknown_size(const mk_program *program, const struct mk__json *at,
                        const char *name, size_t offset)
{
    struct mk__str list = MK__STR_INIT;
    int status;

    list_sizes(&list, program, name);
    status = mk__json_error_in(at, offset, "'%.40s' is no size%s", name,
                               list.text != NULL ? list.text : "");
    mk__str_free(&list);
    return status;
}

static int take_names(mk_program *program, const struct mk__json *at,
                      const struct mk__expression *expression, bool add)
{
    int status = MK_OK;

    for (size_t i = 0; i < mk__expression_names(expression) && status == MK_OK;
         ++i) {
        size_t offset;
        const char *name = mk__expression_name(expression, i, &offset);
        const char *kept;

        if (mk__program_size(program, name) < program->size_count)
            continue;
        if (!add)
            return unknown_size(program, at, name, offset);
        kept = mk__arena_strdup(&program->arena, name);
        status =
            kept != NULL ? add_size(program, at, kept, 0) : MK_ERROR_NO_MEMORY;
    }
    return status;
}

int mk__program_read_formula(const struct mk__formula **formula,
                             mk_program *program, const struct mk__json *at,
                             bool add)
{
    struct mk__expression *expression = NULL;
    struct mk__problem problem = { 0, "" };
    int64_t number;
    int status;

    if (json_is_integer(at->value)) {
        status = mk__json_integer(at, -MK__SIZE_LIMIT, MK__SIZE_LIMIT, &number);
        return status == MK_OK
                   ? mk__formula_number(formula, &program->arena, number)
                   : status;
    }
    if (!json_is_string(at->value))
        return mk__json_expected(at, "an integer or an expression (a string)");
    status = mk__expression_parse(&expression, json_string_value(at->value),
                                  &problem);
    if (status == MK_OK)
        status = take_names(program, at, expression, add);
    if (status == MK_OK)
        status = mk__formula_of(formula, &program->arena, expression, look_up,
                                program, &problem);
    mk__expression_free(expression);
    if (status == MK_ERROR_DEFINITION && problem.text[0] != '\0')
        return mk__json_error_in(at, problem.offset, "%s", problem.text);
    return status;
}

/* The launch of each call, by its own sizes: for multi-kernels by shape. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/str.h"
#include "define/launch.h"
#include "define/scalar.h"

/* Where the value of one name of an expression comes from. */
struct binding {
    bool constant; /* a define's, `number`; else from an argument */
    int64_t number;
    size_t argument;
    DLDataType type;
};

/* What a place is set to. */
struct setting {
    enum mk__launch_place place;
    struct mk__expression *expression;
    struct binding *bindings; /* by the expression's names */
};

struct mk__configure {
    char *text;
    size_t count;
    struct setting settings[MK__LAUNCH_PLACES];
};

static const char *const names[] = { "grid.x",    "grid.y",    "grid.z",
                                     "block.x",   "block.y",   "block.z",
                                     "cluster.x", "cluster.y", "cluster.z",
                                     "shared" };

_Static_assert(sizeof(names) / sizeof(names[0]) == MK__LAUNCH_PLACES,
               "a name for each place");

/* ---- At a call ------------------------------------------------------------------ */

struct call {
    const struct binding *bindings;
    void *const *argv;
};

static bool look_up(void *context, size_t index, const char *name,
                    int64_t *value)
{
    const struct call *call = context;
    const struct binding *binding = &call->bindings[index];

    (void)name;
    if (!binding->constant)
        return mk__scalar_load(call->argv[binding->argument], binding->type,
                               value);
    *value = binding->number;
    return true;
}

void mk__configure_launch(void *context, void *const *argv,
                          mk_cuda_launch *launch)
{
    const struct mk__configure *configure = context;

    for (size_t i = 0; i < configure->count; ++i) {
        const struct setting *setting = &configure->settings[i];
        struct call call = { setting->bindings, argv };
        int64_t value;

        if (!mk__expression_value(setting->expression, look_up, &call, &value,
                                  NULL) ||
            value < mk__launch_least(setting->place) ||
            value > mk__launch_most(setting->place)) {
            launch->grid[0] = 0;
            return;
        }
        mk__launch_set(launch, setting->place, value);
    }
}

const char *mk__configure_text(const struct mk__configure *configure)
{
    return configure->text;
}

void mk__configure_free(void *context)
{
    struct mk__configure *configure = context;

    if (configure == NULL)
        return;
    for (size_t i = 0; i < configure->count; ++i) {
        mk__expression_free(configure->settings[i].expression);
        free(configure->settings[i].bindings);
    }
    free(configure->text);
    free(configure);
}

/* ---- Making ---------------------------------------------------------------------- */

/* The scalar that tells a size to the variant's kernel: its place among what the
 * variant takes; the count of that: there is none. */
static size_t find_scalar(const mk_definition *definition,
                          const struct mk__variant *variant, const char *size)
{
    size_t i;

    for (i = 0; i < variant->take_count; ++i) {
        const struct mk__parameter *param;

        if (variant->takes[i] >= definition->param_count)
            continue;
        param = &definition->params[variant->takes[i]];
        if (param->size != MK__NO_SIZE && strcmp(param->name, size) == 0)
            break;
    }
    return i;
}

int mk__configure_check(const mk_definition *definition,
                        const struct mk__variant *variant)
{
    for (size_t p = 0; p < MK__LAUNCH_PLACES; ++p) {
        const struct mk__term *term = &variant->launch[p];
        size_t count = term->expression != NULL
                           ? mk__expression_names(term->expression)
                           : 0;

        for (size_t i = 0; i < count; ++i) {
            size_t offset;
            const char *name =
                mk__expression_name(term->expression, i, &offset);

            if (mk__variant_define(variant, name) == variant->define_count &&
                find_scalar(definition, variant, name) == variant->take_count)
                return mk__json_error_in(
                    term->at, offset,
                    "chosen by shape, '%s' is launched as each call's sizes "
                    "ask, and no scalar that it takes tells the size '%s': "
                    "let it take one of that name",
                    variant->name, name);
        }
    }
    return MK_OK;
}

/* `setting->bindings` has room for the expression's names. */
static void bind(struct setting *setting, const mk_definition *definition,
                 const struct mk__point *point)
{
    const struct mk__variant *variant = point->variant;

    for (size_t i = 0; i < mk__expression_names(setting->expression); ++i) {
        const char *name = mk__expression_name(setting->expression, i, NULL);
        struct binding *binding = &setting->bindings[i];
        size_t define = mk__variant_define(variant, name);
        size_t take;

        binding->constant = define < variant->define_count;
        if (binding->constant) {
            binding->number =
                mk__space_choice(variant, point->combination, define)->number;
            continue;
        }
        /* There is one: that was checked. */
        take = find_scalar(definition, variant, name);
        binding->argument = take;
        binding->type = definition->params[variant->takes[take]].type;
    }
}

/* Parsed anew: the kernel that will own it may outlive the definition. */
static int add_setting(struct mk__configure *configure, struct mk__str *text,
                       const mk_definition *definition,
                       const struct mk__point *point,
                       enum mk__launch_place place)
{
    const struct mk__json *at = point->variant->launch[place].at;
    struct setting *setting = &configure->settings[configure->count++];
    struct mk__problem problem = { 0, "" };
    int status = mk__expression_parse(&setting->expression,
                                      json_string_value(at->value), &problem);

    if (status == MK_ERROR_DEFINITION)
        return mk__json_error_in(at, problem.offset, "%s", problem.text);
    if (status != MK_OK)
        return status;
    setting->place = place;
    setting->bindings = mk__calloc(mk__expression_names(setting->expression),
                                   sizeof(*setting->bindings));
    if (setting->bindings == NULL)
        return MK_ERROR_NO_MEMORY;
    bind(setting, definition, point);
    mk__str_addf(text, "%s%s = %s", text->length > 0 ? ", " : "", names[place],
                 json_string_value(at->value));
    return MK_OK;
}

/* ", BLOCK=256": a text that is the same means the same. */
static void add_defines(struct mk__str *text, const struct mk__point *point)
{
    const struct mk__variant *variant = point->variant;

    for (size_t i = 0; i < variant->define_count; ++i) {
        const struct mk__choice *choice =
            mk__space_choice(variant, point->combination, i);

        if (choice->integer)
            mk__str_addf(text, ", %s=%lld", variant->defines[i].name,
                         (long long)choice->number);
    }
}

int mk__configure_make(struct mk__configure **configure,
                       const mk_definition *definition,
                       const struct mk__point *point)
{
    struct mk__configure *made = mk__calloc(1, sizeof(*made));
    struct mk__str text = MK__STR_INIT;
    int status = made != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    *configure = NULL;
    for (size_t p = 0; p < MK__LAUNCH_PLACES && status == MK_OK; ++p) {
        const struct mk__term *term = &point->variant->launch[p];

        if (term->expression != NULL &&
            mk__term_size(term, definition, NULL) != NULL)
            status = add_setting(made, &text, definition, point,
                                 (enum mk__launch_place)p);
    }
    if (status == MK_OK && made->count > 0) {
        add_defines(&text, point);
        made->text = mk__str_take(&text);
        status = made->text != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
    }
    mk__str_free(&text);
    if (status == MK_OK && made->count > 0)
        *configure = made;
    else
        mk__configure_free(made);
    return status;
}

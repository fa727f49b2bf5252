#include "emit/aot.h"

#include <string.h>

#include "base/error.h"
#include "emit/mentions.h"

bool mk__aot_is_direct(const struct mk__typed *typed)
{
    return typed->kernel_count == 1 && typed->kernels[0].condition == NULL;
}

/* ---- Machines ---------------------------------------------------------------------- */

void mk__aot_write_machine(struct mk__str *out, struct mk__emission *emission)
{
    size_t m = 0;

    mk__write_comment(out, 0,
                      "Which of the choices is for this processor; -1: none.");
    mk__str_add(out, "static int choose_machine(void)\n{\n"
                     "    __builtin_cpu_init();\n");
    for (; m < emission->machine_count && emission->machines[m].count > 0;
         ++m) {
        const struct mk__machine *machine = &emission->machines[m];

        struct mk__items tests = { .arena = &emission->arena,
                                   .between = " &&" };

        for (size_t f = 0; f < machine->count; ++f)
            mk__items_add(&tests, "__builtin_cpu_supports(\"%s\")",
                          machine->features[f]);
        mk__write_list(out, 4, "if (", &tests, ")", "");
        mk__str_addf(out, "        return %zu;\n", m);
    }
    mk__str_addf(out, "    return %d;\n}\n\n",
                 m < emission->machine_count ? (int)m : -1);
}

/* ---- By shape ---------------------------------------------------------------------- */

static bool asks(const struct mk__typed *typed)
{
    for (size_t k = 0; k < typed->kernel_count; ++k)
        if (typed->kernels[k].condition != NULL)
            return true;
    return false;
}

void mk__aot_write_log2(struct mk__str *out)
{
    mk__str_add(out, "static double log2_of(int64_t size)\n{\n"
                     "    return size > 0 ? log2((double)size) : -1;\n}\n\n");
}

void mk__aot_write_memory(struct mk__str *out, const struct mk__typed *typed,
                          const struct mk__picks *picks,
                          const struct mk__distances *distances)
{
    if (!picks->by_shape || mk__aot_is_direct(typed))
        return;
    mk__write_comment(out, 0, "The shapes of the last call of %s.", typed->id);
    mk__str_addf(out, "struct last_%s {\n", typed->id);
    for (size_t c = 0; c < distances->count; ++c)
        mk__str_addf(out, "    int64_t size_%zu; /* %s */\n", c,
                     distances->columns[c].size->text);
    if (asks(typed))
        mk__str_add(out, "    uint64_t may;\n");
    mk__str_add(out, "    size_t kernel;\n"
                     "    bool known;\n};\n\n");
}

/* Bits of the kernels that may run on the call. */
static void write_may(struct mk__str *out, const struct mk__typed *typed)
{
    unsigned long long always = 0;

    for (size_t k = 0; k < typed->kernel_count; ++k)
        if (typed->kernels[k].condition == NULL)
            always |= 1ULL << k;
    mk__str_addf(out, "    uint64_t may = %llu;\n", always);
}

static void write_mays(struct mk__str *out, const struct mk__typed *typed)
{
    for (size_t k = 0; k < typed->kernel_count; ++k)
        if (typed->kernels[k].condition != NULL)
            mk__str_addf(out,
                         "    if (%s)\n        may |= (uint64_t)1 << %zu;\n",
                         typed->kernels[k].condition, k);
}

/* Whether the last call had the same shapes, else the nearest hint. */
static void write_lookup(struct mk__str *out, struct mk__arena *arena,
                         const struct mk__typed *typed,
                         const struct mk__distances *distances, size_t machines,
                         const char *machine)
{
    struct mk__items items = { .arena = arena };
    const char *head =
        mk__write_text(arena, "last->kernel = nearest_%s(", typed->id);

    struct mk__items tests = { .arena = arena, .between = " ||" };

    mk__items_add(&tests, "!last->known");
    for (size_t c = 0; c < distances->count; ++c)
        mk__items_add(&tests, "last->size_%zu != size_%zu", c, c);
    if (asks(typed))
        mk__items_add(&tests, "last->may != may");
    mk__write_list(out, 4, "if (", &tests, ") {", "");
    if (machines > 1)
        mk__items_add(&items, "%s", machine);
    if (asks(typed))
        mk__items_add(&items, "may");
    for (size_t c = 0; c < distances->count; ++c) {
        mk__str_addf(out, "        last->size_%zu = size_%zu;\n", c, c);
        mk__items_add(&items, "size_%zu", c);
    }
    if (asks(typed))
        mk__str_add(out, "        last->may = may;\n");
    items.failed = items.failed || head == NULL;
    mk__write_list(out, 8, head, &items, ");", "");
    mk__str_add(out, "        last->known = true;\n    }\n");
}

static void write_switch(struct mk__str *out, struct mk__arena *arena,
                         const struct mk__typed *typed)
{
    mk__str_add(out, "    switch (last->kernel) {\n");
    for (size_t k = 0; k < typed->kernel_count; ++k) {
        if (k + 1 < typed->kernel_count)
            mk__str_addf(out, "    case %zu:\n", k);
        else
            mk__str_add(out, "    default:\n");
        mk__typed_write_call(out, arena, 8, &typed->kernels[k]);
        mk__str_add(out, "        break;\n");
    }
    mk__str_add(out, "    }\n");
}

/* Arguments that no kernel takes, and nobody asks for. */
static void write_unused(struct mk__str *out, const struct mk__typed *typed,
                         const struct mk__distances *distances)
{
    for (size_t i = 0; i < typed->count; ++i) {
        const char *name = typed->params[i].name;
        bool used = false;

        for (size_t k = 0; k < typed->kernel_count && !used; ++k) {
            const struct mk__typed_kernel *kernel = &typed->kernels[k];

            used = kernel->condition != NULL &&
                   mk__mentions(kernel->condition, name);
            for (size_t a = 0; a < kernel->count && !used; ++a)
                used = mk__mentions(kernel->arguments[a], name);
        }
        for (size_t c = 0; c < distances->count && !used; ++c)
            used = mk__mentions(distances->columns[c].size->text, name);
        if (!used)
            mk__str_addf(out, "    (void)%s;\n", name);
    }
}

static void write_by_shape(struct mk__str *out, struct mk__emission *emission,
                           size_t index, const struct mk__distances *distances,
                           const struct mk__aot_place *place)
{
    const struct mk__typed *typed = &emission->multis[index];

    for (size_t c = 0; c < distances->count; ++c)
        mk__str_addf(out, "    const int64_t size_%zu = %s;\n", c,
                     distances->columns[c].size->text);
    mk__str_addf(out, "    struct last_%s *last = %s;\n", typed->id,
                 place->last);
    if (asks(typed))
        write_may(out, typed);
    mk__str_add(out, "\n");
    write_unused(out, typed, distances);
    write_mays(out, typed);
    write_lookup(out, &emission->arena, typed, distances,
                 emission->machine_count, place->machine);
    write_switch(out, &emission->arena, typed);
}

/* ---- By machine, and by what kernels ask ------------------------------------------------- */

/* "call; else the one that stands by". */
static int write_guarded(struct mk__str *out, struct mk__arena *arena,
                         const struct mk__typed *typed, size_t k, size_t indent)
{
    const struct mk__typed_kernel *kernel = &typed->kernels[k];
    size_t stand_by = mk__picks_stand_by(typed);

    if (kernel->condition == NULL) {
        mk__typed_write_call(out, arena, indent, kernel);
        return MK_OK;
    }
    if (stand_by == MK__NO_KERNEL)
        return mk__error(MK_ERROR_INELIGIBLE,
                         "%s: the choice, %s, asks something of every call "
                         "(%s), and there is no variant that asks nothing, "
                         "for calls on which it may not run",
                         typed->name, kernel->name, kernel->condition);
    mk__str_addf(out, "%*sif (%s)\n", (int)indent, "", kernel->condition);
    mk__typed_write_call(out, arena, indent + 4, kernel);
    mk__str_addf(out, "%*selse\n", (int)indent, "");
    mk__typed_write_call(out, arena, indent + 4, &typed->kernels[stand_by]);
    return MK_OK;
}

static int write_by_machine(struct mk__str *out, struct mk__emission *emission,
                            size_t index, const struct mk__aot_place *place)
{
    const struct mk__typed *typed = &emission->multis[index];
    const struct mk__picks *picks = &emission->picks[index];
    const struct mk__distances none = { 0 };
    int status = MK_OK;

    write_unused(out, typed, &none);
    if (emission->machine_count == 1)
        return write_guarded(out, &emission->arena, typed, picks->kernels[0],
                             4);
    mk__str_addf(out, "    switch (%s) {\n", place->machine);
    for (size_t m = 0; m < emission->machine_count && status == MK_OK; ++m) {
        if (m + 1 < emission->machine_count)
            mk__str_addf(out, "    case %zu:\n", m);
        else
            mk__str_add(out, "    default:\n");
        status =
            write_guarded(out, &emission->arena, typed, picks->kernels[m], 8);
        mk__str_add(out, "        break;\n");
    }
    mk__str_add(out, "    }\n");
    return status;
}

/* ---- All --------------------------------------------------------------------------- */

int mk__aot_write_run(struct mk__str *out, struct mk__emission *emission,
                      size_t index, const struct mk__distances *distances,
                      const struct mk__aot_place *place)
{
    const struct mk__typed *typed = &emission->multis[index];
    const struct mk__picks *picks = &emission->picks[index];
    struct mk__arena *arena = &emission->arena;
    struct mk__items items = { .arena = arena };
    const char *head = mk__write_text(arena, "static void run_%s(", typed->id);
    int status = MK_OK;

    if (mk__aot_is_direct(typed))
        return MK_OK;
    if (picks->by_shape && typed->kernel_count > 64)
        return mk__error(MK_ERROR_UNSUPPORTED,
                         "%s: more than 64 kernels have won at size hints",
                         typed->name);
    if (picks->by_shape)
        mk__nearest_write(out, arena, typed->id, distances, picks,
                          emission->machine_count, asks(typed),
                          mk__picks_stand_by(typed));
    if (place->parameter != NULL)
        mk__items_add(&items, "%s", place->parameter);
    mk__typed_items(&items, typed);
    items.failed = items.failed || head == NULL;
    mk__write_list(out, 0, head, &items, ")", "void");
    mk__str_add(out, "{\n");
    if (picks->by_shape)
        write_by_shape(out, emission, index, distances, place);
    else
        status = write_by_machine(out, emission, index, place);
    mk__str_add(out, "}\n\n");
    return status;
}

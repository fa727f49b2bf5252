/* Programs whose buffers are laid out: definitions of kernels that are never
 * built, and short ways to write a program of them. */
#ifndef MULTIKERNEL_TESTS_EMIT_PLAN_TEXT_H
#define MULTIKERNEL_TESTS_EMIT_PLAN_TEXT_H

#include "define/folder.h"

#include "emit/buffers.h"

#define VECTOR(name, intent)                                                   \
    "{\"name\": \"" name "\", \"type\": \"uint8*\", \"intent\": \"" intent     \
    "\", \"shape\": [\"" name "_n\"]}"
#define DEFINITION(name, params, variants)                                     \
    "{\"multikernel\": 1, \"name\": \"" name "\", \"language\": \"c\", "       \
    "\"source\": \"k.c\", \"params\": [" params "], \"variants\": [" variants  \
    "]}"

/* copy: y = f(x); over: the same, y may be written over x; join: z = f(x, y). */
static inline int plan_folder(void **state)
{
    int status = folder_make(state);

    folder_write("k.c", "");
    folder_write("copy.mk.json",
                 DEFINITION("copy", VECTOR("x", "in") "," VECTOR("y", "out"),
                            "{\"name\": \"a\", \"entry\": \"a\"}"));
    folder_write("over.mk.json",
                 DEFINITION("over", VECTOR("x", "in") "," VECTOR("y", "out"),
                            "{\"name\": \"a\", \"entry\": \"a\", "
                            "\"inplace\": {\"y\": \"x\"}}"));
    folder_write("join.mk.json",
                 DEFINITION("join",
                            VECTOR("x", "in") "," VECTOR("y", "in") "," VECTOR(
                                "z", "out"),
                            "{\"name\": \"a\", \"entry\": \"a\", "
                            "\"inplace\": {\"z\": \"x\"}}"));
    return status;
}

/* A buffer of so many bytes, a number in quotes or an expression. */
#define BUFFER(name, bytes)                                                    \
    "{\"name\": \"" name "\", \"type\": \"uint8*\", \"shape\": [" bytes "]}"
#define CALL(kernel, x, y)                                                     \
    "{\"kernel\": \"" kernel ".mk.json\", \"args\": {\"x\": \"" x              \
    "\", \"y\": \"" y "\"}}"
#define JOIN(x, y, z)                                                          \
    "{\"kernel\": \"join.mk.json\", \"args\": {\"x\": \"" x "\", \"y\": \"" y  \
    "\", \"z\": \"" z "\"}}"
#define PROGRAM(buffers, calls)                                                \
    "{\"multikernel\": 1, \"program\": \"p\",\n"                               \
    "\"inputs\": [" BUFFER(                                                    \
        "in", "64") "],\n"                                                     \
                    "\"outputs\": [" BUFFER(                                   \
                        "out", "64") "],\n"                                    \
                                     "\"buffers\": [" buffers "],\n"           \
                                     "\"calls\": [" calls "]}\n"

/* A program and its layout, with the workspaces of all variants. */
struct plan {
    mk_program *program;
    struct mk__arena arena;
    struct mk__workspaces *workspaces;
    struct mk__layout layout;
};

static inline struct plan planned(const char *text)
{
    struct plan plan = { 0 };

    folder_write("p.mk.json", text);
    if (mk_program_load(&plan.program, folder_path("p.mk.json"), NULL, 0) !=
        MK_OK)
        fail_msg("%s", mk_last_error()->message);
    plan.workspaces =
        mk__calloc(plan.program->call_count, sizeof(*plan.workspaces));
    assert_non_null(plan.workspaces);
    for (size_t c = 0; c < plan.program->call_count; ++c)
        assert_int_equal(mk__workspaces_merge(&plan.workspaces[c], &plan.arena,
                                              plan.program, c, NULL, 0),
                         MK_OK);
    if (mk__layout_make(&plan.layout, plan.program, plan.workspaces) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return plan;
}

static inline void plan_free(struct plan *plan)
{
    mk__layout_free(&plan->layout);
    free(plan->workspaces);
    mk__arena_free(&plan->arena);
    mk_program_destroy(plan->program);
}

static inline const struct mk__place *place_of(const struct plan *plan,
                                               const char *name)
{
    return &plan->layout.buffers[mk__program_buffer(plan->program, name)];
}

static inline void assert_shared(const struct plan *plan, const char *name,
                                 const char *offset)
{
    assert_int_equal(place_of(plan, name)->home, MK__HOME_SHARED);
    assert_string_equal(place_of(plan, name)->offset->text, offset);
}

static inline void assert_over(const struct plan *plan, const char *name,
                               const char *over)
{
    assert_int_equal(place_of(plan, name)->home, MK__HOME_OVER);
    assert_int_equal(place_of(plan, name)->over,
                     mk__program_buffer(plan->program, over));
}

#endif

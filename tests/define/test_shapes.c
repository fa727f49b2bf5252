/* What a multi-kernel by shape is told: hints' shapes, and places of sizes. */
#include "scale_text.h"

#include "define/shapes.h"

/* Parameters, and what an argument list of these names is. */
struct scene {
    mk_definition *definition;
    mk_param params[MK_MAX_ARGS];
    mk_signature signature;
    struct mk__arena arena;
};

static void scene_open(struct scene *scene, const char *params)
{
    char *content = mk__format(
        "{\"multikernel\": 1, \"name\": \"d\", \"language\": \"c\", \"source\": "
        "\"k.c\", \"params\": [%s], \"sizes\": {\"n\": 8, \"m\": 3}, "
        "\"variants\": [{\"name\": \"plain\", \"entry\": \"plain\"}]}",
        params);

    *scene = (struct scene){ .definition = loaded(content) };
    free(content);
    scene->signature.params = scene->params;
    scene->signature.count = scene->definition->param_count;
    for (size_t i = 0; i < scene->signature.count; ++i)
        scene->params[i].name = scene->definition->params[i].name;
}

static void scene_close(struct scene *scene)
{
    mk__arena_free(&scene->arena);
    mk_definition_destroy(scene->definition);
}

#define TENSOR(name, shape)                                                    \
    "{\"name\": \"" name "\", \"type\": \"int8*\", \"intent\": \"in\", "       \
    "\"shape\": [" shape "]}"
#define SCALAR(name) "{\"name\": \"" name "\", \"type\": \"int64\"}"
#define NUMBER(name)                                                           \
    "{\"name\": \"" name "\", \"type\": \"int64\", \"value\": 3}"

/* ---- Places ------------------------------------------------------------------- */

/* "argument.dimension" of each, "argument" alone for a scalar. */
static void expect_places(struct scene *scene, const char *expected)
{
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    struct mk__str list = MK__STR_INIT;
    char *got;

    assert_int_equal(mk__definition_places(&by_shape, &scene->arena,
                                           scene->definition,
                                           &scene->signature),
                     MK_OK);
    for (size_t i = 0; i < by_shape.place_count; ++i) {
        const mk_place *place = &by_shape.places[i];

        if (place->dimension == MK_PLACE_SCALAR)
            mk__str_addf(&list, " %zu", place->arg);
        else
            mk__str_addf(&list, " %zu.%d", place->arg, place->dimension);
    }
    got = mk__str_take(&list);
    assert_string_equal(got, expected);
    free(got);
}

static void F3_places_are_as_few_as_tell_all_sizes(void **state)
{
    static const struct {
        const char *params, *places;
    } cases[] = {
        /* Scalars, where they are sizes. */
        { TENSOR("x", "\"n\", \"m\"") ", " NUMBER("k") ", " SCALAR(
              "m") ", " SCALAR("n"),
          " 2 3" },
        /* Else dimensions, each size once. */
        { TENSOR("x", "\"n\", \"m\"") ", " TENSOR("y", "\"m\", \"n\""),
          " 0.0 0.1" },
        { TENSOR("x", "\"m\", \"n\", \"m\"") ", " SCALAR("n"), " 1 0.0" },
        /* What is constant tells nothing, nor what follows from others. */
        { TENSOR("x", "4, \"2 * n\"") ", " TENSOR("y", "\"n\", \"3 * 4\""),
          " 1.0" },
        /* Sizes that only show in others are told by all of these. */
        { TENSOR("x", "\"n + m\", \"n * 2\"") ", " TENSOR("y",
                                                          "\"n\", \"m + 1\""),
          " 1.0 0.0 1.1" },
        { TENSOR("x", "3") ", " TENSOR("y", ""), "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        struct scene scene;

        scene_open(&scene, cases[i].params);
        expect_places(&scene, cases[i].places);
        scene_close(&scene);
    }
}

static void F3_places_are_those_of_the_argument_list(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene, TENSOR("x", "\"n\"") ", " SCALAR("n"));
    scene.params[0] = (mk_param){ .name = "w", .intent = MK_WORKSPACE };
    scene.params[1].name = "n";
    scene.params[2].name = "x";
    scene.params[3] = (mk_param){ .name = "grid", .flags = MK_PARAM_OWN };
    scene.signature.count = 4;
    expect_places(&scene, " 1");
    scene_close(&scene);
}

/* ---- Shapes ------------------------------------------------------------------- */

static void F1_shapes_are_those_of_tensors_but_workspaces(void **state)
{
    const int64_t sizes[] = { 5, 7 };
    struct scene scene;
    mk_hint hint;

    (void)state;
    scene_open(&scene,
               TENSOR("x", "\"n * 2\", \"m\"") ", " SCALAR("n") ", " TENSOR(
                   "one", "") ", " TENSOR("y", "4, \"n\""));
    scene.params[4] = (mk_param){ .name = "w", .intent = MK_WORKSPACE };
    scene.params[5] = (mk_param){ .name = "grid", .flags = MK_PARAM_OWN };
    scene.signature.count = 6;
    assert_int_equal(mk__definition_shapes(&hint, &scene.arena,
                                           scene.definition, &scene.signature,
                                           sizes),
                     MK_OK);
    assert_int_equal(hint.shape_count, 3);
    assert_int_equal(hint.shapes[0].rank, 2);
    assert_int_equal(hint.shapes[0].sizes[0], 10);
    assert_int_equal(hint.shapes[0].sizes[1], 7);
    assert_int_equal(hint.shapes[1].rank, 0);
    assert_int_equal(hint.shapes[2].sizes[0], 4);
    assert_int_equal(hint.shapes[2].sizes[1], 5);
    scene_close(&scene);
}

static void F1_a_shape_without_a_value_is_told_with_its_place(void **state)
{
    const int64_t sizes[] = { 5, 7 };
    struct scene scene;
    mk_hint hint;

    (void)state;
    scene_open(&scene, TENSOR("x", "\"n - 5\""));
    assert_int_equal(mk__definition_shapes(&hint, &scene.arena,
                                           scene.definition, &scene.signature,
                                           sizes),
                     MK_ERROR_DEFINITION);
    assert_contains(mk_last_error()->message,
                    "params[0].shape[0]: the value is 0 at n=5, expected 1 to");
    scene_close(&scene);
}

static void a_parameter_of_nobody_is_named(void **state)
{
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    const int64_t sizes[] = { 5, 7 };
    struct scene scene;
    mk_hint hint;

    (void)state;
    scene_open(&scene, TENSOR("x", "\"n\""));
    scene.params[0].name = "z";
    assert_int_equal(mk__definition_places(&by_shape, &scene.arena,
                                           scene.definition, &scene.signature),
                     MK_ERROR_INVALID);
    assert_contains(mk_last_error()->message,
                    "parameter 'z' of the argument list is not in this");
    assert_int_equal(mk__definition_shapes(&hint, &scene.arena,
                                           scene.definition, &scene.signature,
                                           sizes),
                     MK_ERROR_INVALID);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(F3_places_are_as_few_as_tell_all_sizes),
        cmocka_unit_test(F3_places_are_those_of_the_argument_list),
        cmocka_unit_test(F1_shapes_are_those_of_tensors_but_workspaces),
        cmocka_unit_test(F1_a_shape_without_a_value_is_told_with_its_place),
        cmocka_unit_test(a_parameter_of_nobody_is_named),
    };

    return cmocka_run_group_tests(tests, make_folder, folder_remove);
}

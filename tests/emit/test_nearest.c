/* The table of distances from size hints, against the library's own distance. */
#include "emit_bed.h"

#include <math.h>

#include "args/distance.h"
#include "define/shapes.h"
#include "emit/nearest.h"

static const char definition_text[] =
    "{\"multikernel\": 1, \"name\": \"mm\", \"language\": \"c\", "
    "\"source\": \"k.c\", \"params\": ["
    "{\"name\": \"a\", \"type\": \"float32*\", \"intent\": \"in\", "
    "\"shape\": [\"m\", \"k\"]}, "
    "{\"name\": \"b\", \"type\": \"float32*\", \"intent\": \"in\", "
    "\"shape\": [\"k\", \"2 * n\"]}, "
    "{\"name\": \"c\", \"type\": \"float32*\", \"intent\": \"out\", "
    "\"shape\": [\"m\", \"2 * n\", 3]}, "
    "{\"name\": \"m\", \"type\": \"int64\"}], "
    "\"sizes\": {\"m\": 8, \"n\": 8, \"k\": 8}, "
    "\"variants\": [{\"name\": \"v\", \"entry\": \"v\"}], "
    "\"size_hints\": {\"m\": [1, 30, 700], \"n\": [5, 64], \"k\": [16, 100]}}";

struct scene {
    struct mk__arena arena;
    mk_definition *definition;
    struct mk__typed typed;
    struct mk__picks picks;
    struct mk__distances distances;
    int64_t given[MK__MAX_SIZES];
};

static void make_scene(struct scene *scene, int64_t k)
{
    memset(scene, 0, sizeof(*scene));
    folder_write("mm.mk.json", definition_text);
    assert_ok_(
        mk_definition_load(&scene->definition, folder_path("mm.mk.json")));
    scene->given[mk__definition_size(scene->definition, "k")] = k;
    scene->typed = (struct mk__typed){ .definition = scene->definition,
                                       .name = "mm",
                                       .id = "mm",
                                       .prefix = "mm",
                                       .given = scene->given };
    assert_ok_(mk__typed_describe(&scene->typed, &scene->arena));
    scene->picks.hints = scene->definition->hints;
    scene->picks.hint_count = scene->definition->hint_count;
    assert_ok_(mk__distances_make(&scene->distances, &scene->arena,
                                  &scene->typed, &scene->picks));
}

static void free_scene(struct scene *scene)
{
    mk_definition_destroy(scene->definition);
    mk__arena_free(&scene->arena);
}

/* The value of a column: m, 2 * n or k. */
static double value_of(const struct mk__column *column, int64_t m, int64_t n,
                       int64_t k)
{
    const char *text = column->size->text;

    if (strcmp(text, "m") == 0)
        return (double)m;
    if (strcmp(text, "2 * n") == 0)
        return 2 * (double)n;
    assert_string_equal(text, "k");
    return (double)k;
}

static double by_table(const struct scene *scene, size_t hint, int64_t m,
                       int64_t n, int64_t k)
{
    const struct mk__distances *distances = &scene->distances;
    double distance = distances->far[hint];

    for (size_t c = 0; c < distances->count; ++c)
        distance += (double)distances->columns[c].weight *
                    fabs(log2(value_of(&distances->columns[c], m, n, k)) -
                         distances->logs[hint * distances->count + c]);
    return distance;
}

/* As the library measures it: all sizes of all tensors, one by one. */
static double by_library(const struct mk__hint *hint, int64_t m, int64_t n,
                         int64_t k)
{
    int64_t at[3] = { 0, 0, 0 };
    double distance = 0;

    for (size_t i = 0; i < hint->count; ++i)
        at[hint->sizes[i].name[0] == 'm'   ? 0
           : hint->sizes[i].name[0] == 'n' ? 1
                                           : 2] = hint->sizes[i].value;
    {
        const int64_t ours[] = { m, k, k, 2 * n, m, 2 * n, 3 };
        const int64_t theirs[] = { at[0], at[2],     at[2], 2 * at[1],
                                   at[0], 2 * at[1], 3 };
        const mk_shape shapes[] = { { ours, 2 },
                                    { ours + 2, 2 },
                                    { ours + 4, 3 } };
        const mk_shape hints[] = { { theirs, 2 },
                                   { theirs + 2, 2 },
                                   { theirs + 4, 3 } };
        double a[10], b[10];

        mk__logs_fill(a, shapes, 3);
        mk__logs_fill(b, hints, 3);
        distance = mk__logs_distance(a, b, 3);
    }
    return distance;
}

static void F2_the_table_gives_the_librarys_distances(void **state)
{
    static const int64_t sizes[] = { 1, 2, 7, 100, 4096, 1000000 };
    struct scene scene;

    (void)state;
    for (int64_t given = 0; given <= 50; given += 50) {
        make_scene(&scene, given);
        assert_int_equal(scene.distances.count, given > 0 ? 2 : 3);
        assert_int_equal(scene.distances.always, given > 0);
        for (size_t i = 0; i < 6 * 6 * 6; ++i) {
            int64_t m = sizes[i % 6], n = sizes[i / 6 % 6];
            int64_t k = given > 0 ? given : sizes[i / 36];

            for (size_t h = 0; h < scene.picks.hint_count; ++h) {
                double expected = by_library(&scene.picks.hints[h], m, n, k);

                assert_true(fabs(by_table(&scene, h, m, n, k) - expected) <
                            1e-9 * (1 + expected));
            }
        }
        free_scene(&scene);
    }
}

static void equal_dimensions_are_one_column(void **state)
{
    struct scene scene;

    (void)state;
    make_scene(&scene, 0);
    assert_string_equal(scene.distances.columns[0].size->text, "m");
    for (size_t c = 0; c < 3; ++c)
        assert_int_equal(scene.distances.columns[c].weight, 2);
    for (size_t h = 0; h < scene.picks.hint_count; ++h)
        assert_true(scene.distances.far[h] == 0);
    free_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(F2_the_table_gives_the_librarys_distances),
        cmocka_unit_test(equal_dimensions_are_one_column),
    };

    return cmocka_run_group_tests(tests, emit_folder, folder_remove);
}

/* Loading: what is accepted, and that anything else is survived. */
#include "scale_text.h"

/* ---- Right ones ----------------------------------------------------------------- */

static void a_definition_is_loaded_whole(void **state)
{
    mk_definition *definition = loaded(text);
    const struct mk__variant *blocked = &definition->variants[1];
    const mk_size *sizes;
    size_t count;

    (void)state;
    assert_string_equal(mk_definition_name(definition), "scale");
    assert_string_equal(mk_definition_path(definition),
                        folder_path("d.mk.json"));
    assert_string_equal(mk_definition_backend(definition), "source");
    sizes = mk_definition_sizes(definition, &count);
    assert_int_equal(count, 2);
    assert_string_equal(sizes[0].name, "n");
    assert_int_equal(sizes[0].value, 8);
    assert_string_equal(sizes[1].name, "m");
    assert_int_equal(sizes[1].value, 0);
    assert_int_equal(definition->param_count, 4);
    assert_int_equal(definition->params[1].intent, MK_OUT);
    assert_int_equal(definition->params[2].size, 0);
    assert_true(definition->params[3].value.value.f32 == 0.5F);
    assert_int_equal(definition->variant_count, 2);
    assert_int_equal(blocked->combinations, 2);
    assert_int_equal(blocked->take_count, 4);
    assert_string_equal(blocked->source, folder_path("k.c"));
    assert_string_equal(blocked->flags[0], "-O3");
    assert_true(definition->rtol == 1e-5);
    assert_int_equal(mk_definition_hint_count(definition), 2);
    mk_definition_destroy(definition);
}

static void a_variant_may_override_what_all_share(void **state)
{
    char *content = replaced(
        text, PLAIN,
        "{\"name\": \"plain\", \"entry\": \"plain\", \"language\": "
        "\"shared-object\", \"source\": \"k.so\", \"metadata\": \"m\"}");
    mk_definition *definition = loaded(content);

    (void)state;
    assert_string_equal(mk_definition_backend(definition), "object");
    assert_int_equal(definition->variants[0].language, MK__LANGUAGE_OBJECT);
    assert_null(definition->variants[0].flags);
    assert_string_equal(definition->variants[0].metadata, "m");
    assert_int_equal(definition->variants[1].language, MK__LANGUAGE_C);
    assert_null(definition->variants[1].metadata);
    mk_definition_destroy(definition);
    free(content);
}

static void a_variant_takes_its_own_parameters_and_workspaces(void **state)
{
    char *content = replaced(
        text, PLAIN_WITH("\"params\": [\"w2\", \"y\", \"x\"], \"workspace\": ["
                         "{\"name\": \"w1\", \"bytes\": 8},"
                         "{\"name\": \"w2\", \"bytes\": \"n * 8\"}]"));
    mk_definition *definition = loaded(content);
    const struct mk__variant *plain = &definition->variants[0];

    (void)state;
    assert_int_equal(plain->take_count, 4);
    assert_int_equal(plain->takes[0], 5);
    assert_int_equal(plain->takes[1], 1);
    assert_int_equal(plain->takes[2], 0);
    assert_int_equal(plain->takes[3], 4);
    mk_definition_destroy(definition);
    free(content);
}

static void a_file_that_is_not_there_or_no_file_is_an_io_error(void **state)
{
    mk_definition *definition;

    (void)state;
    assert_int_equal(mk_definition_load(&definition, folder_path("no.json")),
                     MK_ERROR_IO);
    assert_null(definition);
    assert_contains(mk_last_error()->message, "no.json");
    assert_int_equal(mk_definition_load(&definition, folder), MK_ERROR_IO);
    mk_definition_destroy(NULL);
}

/* ---- Anything at all ------------------------------------------------------------ */

static void any_prefix_and_any_changed_byte_is_survived(void **state)
{
    static const char bytes[] = "{}[]\",:\\0a- \n\x80";
    char changed[sizeof(text)];
    mk_definition *definition;

    (void)state;
    for (size_t length = 0; length < sizeof(text) - 1; ++length) {
        memcpy(changed, text, sizeof(text));
        changed[length] = '\0';
        if (load(&definition, changed) != MK_OK)
            assert_true(mk_last_error()->message[0] != '\0');
        mk_definition_destroy(definition);
        for (size_t b = 0; b < sizeof(bytes) - 1; ++b) {
            memcpy(changed, text, sizeof(text));
            changed[length] = bytes[b];
            (void)load(&definition, changed);
            mk_definition_destroy(definition);
        }
    }
}

static void running_out_of_memory_anywhere_is_told(void **state)
{
    char *content = replaced(
        text,
        PLAIN_WITH(
            "\"params\": [\"y\", \"x\", \"n\"], \"workspace\": ["
            "{\"name\": \"w1\", \"bytes\": \"n * 8\"}], \"requires\": "
            "{\"cpu\": [\"avx2\"], \"align\": {\"x\": 64}, \"sizes\": "
            "\"n % 8 == 0\"}, \"own\": [{\"name\": \"g\", \"type\": "
            "\"int8\", \"value\": \"n / 8\"}], \"removed\": [\"t\"], \"inplace\": "
            "{\"y\": \"x\"}"));
    char *copy = NULL;
    mk_definition *definition = NULL;
    int status = MK_ERROR_NO_MEMORY;
    long done = 0;

    (void)state;
    for (; status != MK_OK; ++done) {
        copy = mk__strdup(content);
        mk__alloc_fail_after(done);
        status = mk__definition_parse(&definition, folder_path("d.mk.json"),
                                      copy, strlen(content));
        mk__alloc_fail_after(-1);
        if (status != MK_OK)
            assert_int_equal(status, MK_ERROR_NO_MEMORY);
    }
    assert_true(done > 30);
    mk_definition_destroy(definition);
    free(content);
}

/* ---- Examples -------------------------------------------------------------------- */

static void every_example_is_loaded(void **state)
{
    const char *source = getenv("SOURCE_DIR");
    char *command;
    char path[512];
    size_t count = 0;
    FILE *list;

    (void)state;
    if (source == NULL)
        skip();
    command = mk__format("ls '%s'/examples/kernels/*/*.mk.json", source);
    list = popen(command, "r"); // NOLINT
    assert_non_null(list);
    while (fgets(path, sizeof(path), list) != NULL) {
        mk_definition *definition;

        path[strcspn(path, "\n")] = '\0';
        if (mk_definition_load(&definition, path) != MK_OK)
            fail_msg("%s", mk_last_error()->message);
        mk_definition_destroy(definition);
        ++count;
    }
    assert_true(count > 0);
    (void)pclose(list);
    free(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_definition_is_loaded_whole),
        cmocka_unit_test(a_variant_may_override_what_all_share),
        cmocka_unit_test(a_variant_takes_its_own_parameters_and_workspaces),
        cmocka_unit_test(a_file_that_is_not_there_or_no_file_is_an_io_error),
        cmocka_unit_test(any_prefix_and_any_changed_byte_is_survived),
        cmocka_unit_test(running_out_of_memory_anywhere_is_told),
        cmocka_unit_test(every_example_is_loaded),
    };

    return cmocka_run_group_tests(tests, make_folder, folder_remove);
}

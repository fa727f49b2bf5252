/* Allocations of an emission fail in turn: it is then out of memory, nothing is
 * written, and nothing is lost. */
#include "emit_bed.h"

#include "base/no_memory.h"

/* Every attempt runs a compiler, a short one. */
#define STEP 7

static mk_definition *definition;
static mk_program *program;
static mk_choices *choices;
static const mk_choices *list;
static mk_emit_options options = MK_EMIT_OPTIONS_INIT;

static int emit_the_dispatcher(void)
{
    mk_emitted *emitted;
    int status = mk_emit_dispatcher(&emitted, definition, NULL, 0,
                                    folder_path("out"), &options);

    mk_emitted_destroy(emitted);
    return status;
}

static int emit_the_wrapper(void)
{
    mk_emitted *emitted;
    int status =
        mk_emit_wrapper(&emitted, program, folder_path("out"), &options);

    mk_emitted_destroy(emitted);
    return status;
}

/* A compiler that keeps what it made of a unit: every attempt has the same. */
static void write_compiler(void)
{
    char *command = mk__format("chmod +x '%s/fast'", folder);

    folder_write("fast",
                 "#!/bin/sh\n"
                 "for one; do case $one in *.c) unit=$one ;; esac; done\n"
                 "sum=$(cksum <\"$unit\")\n"
                 "made=\"${0%/*}/made-$#-${sum%% *}\"\n"
                 "test -f \"$made\" || ${CC:-cc} \"$@\" -o \"$made\" || exit\n"
                 "while [ \"$1\" != -o ]; do shift; done\n"
                 "exec cp \"$made\" \"$2\"\n");
    assert_non_null(command);
    assert_int_equal(system(command), 0); // NOLINT
    free(command);
}

static void write_definition(void)
{
    char *text = replaced(DEFINITION_WITH(PLAIN ", " FOURS ", " AVX2,
                                          ", \"compiler\": \"COMPILER\""),
                          "COMPILER", folder_path("fast"));

    folder_write("move.mk.json", text);
    free(text);
}

static int make(void **state)
{
    int status = emit_folder(state);

    write_compiler();
    write_definition();
    folder_write("p.mk.json",
                 "{\"multikernel\": 1, \"program\": \"p\", \"nan_checks\": "
                 "true, \"trial_sizes\": {\"n\": 64}, \"inputs\": [{\"name\": "
                 "\"a\", \"type\": \"float32*\", \"shape\": [\"n\"]}], "
                 "\"outputs\": [{\"name\": \"b\", \"type\": \"float32*\", "
                 "\"shape\": [\"n\"]}], \"buffers\": [{\"name\": \"t\", "
                 "\"type\": \"float32*\", \"shape\": [\"n\"]}], \"calls\": ["
                 "{\"kernel\": \"move.mk.json\", \"args\": {\"x\": \"a\", "
                 "\"y\": \"t\"}}, {\"kernel\": \"move.mk.json\", \"args\": "
                 "{\"x\": \"t\", \"y\": \"b\"}}]}");
    assert_ok_(mk_definition_load(&definition, folder_path("move.mk.json")));
    assert_ok_(mk_program_load(&program, folder_path("p.mk.json"), NULL, 0));
    choices = choices_of((const char *const[]){ "move", "fours", "p.move",
                                                "fours", NULL, NULL });
    list = choices;
    options.main = true;
    return status;
}

static int clean_up(void **state)
{
    mk_choices_destroy(choices);
    mk_program_destroy(program);
    mk_definition_destroy(definition);
    return folder_remove(state);
}

static void set_pass(mk_pass pass)
{
    options.pass = pass;
    options.choices = pass == MK_PASS_AOT ? &list : NULL;
    options.choice_count = pass == MK_PASS_AOT;
}

static void a_dispatcher_in_pass_jit(void **state)
{
    (void)state;
    set_pass(MK_PASS_JIT);
    assert_true(fail_allocations(emit_the_dispatcher, STEP) > 50);
}

static void a_wrapper_in_pass_aot(void **state)
{
    (void)state;
    set_pass(MK_PASS_AOT);
    assert_true(fail_allocations(emit_the_wrapper, STEP) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dispatcher_in_pass_jit),
        cmocka_unit_test(a_wrapper_in_pass_aot),
    };

    return cmocka_run_group_tests(tests, make, clean_up);
}

/* Pass JIT, run to find the choices of pass AOT (rule G1): emitted with its `main`
 * into a folder of its own, compiled, and run once at its trial sizes. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/lib.h"
#include "base/proc.h"
#include "choose/record.h"
#include "emit/wrapper.h"

struct pass {
    struct mk__wrapper *wrapper;
    struct mk__arena arena;
    char *folder;
    mk_emitted *emitted;
    const char *program; /* what is compiled */
    const char *choices; /* what it records */
};

/* ---- Compiling ------------------------------------------------------------------------ */

/* Words of a variable that holds flags. */
static void add_words(struct mk__items *argv, const char *variable)
{
    const char *text = getenv(variable);

    while (text != NULL && *(text += strspn(text, " \t")) != '\0') {
        size_t length = strcspn(text, " \t");

        mk__items_add(argv, "%.*s", (int)length, text);
        text += length;
    }
}

/* Where this library and its headers are, if it is a shared one; else the compiler
 * is left to find them. */
static void add_library(struct mk__items *argv, bool headers)
{
    char *library = mk__lib_here();
    bool shared = library != NULL &&
                  strstr(mk__path_base(library), "multikernel.so") != NULL;
    char *folder = shared ? mk__path_beside(library, ".") : NULL;
    char *include =
        shared ? mk__path_beside(library, MULTIKERNEL_INCLUDE_FROM_LIB) : NULL;

    argv->failed =
        argv->failed || (shared && (folder == NULL || include == NULL));
    if (headers && include != NULL)
        mk__items_add(argv, "-I%s", include);
    if (!headers && folder != NULL) {
        mk__items_add(argv, "-L%s", folder);
        mk__items_add(argv, "-Wl,-rpath,%s", folder);
    }
    free(include);
    free(folder);
    free(library);
}

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text);
    size_t end = strlen(ending);

    return length >= end && strcmp(text + length - end, ending) == 0;
}

/* Shared objects that kernels come from. */
static void add_objects(struct mk__items *argv, const struct pass *pass)
{
    const struct mk__emission *emission = &pass->wrapper->emission;

    for (size_t i = 0; i < emission->count; ++i)
        for (size_t k = 0; k < emission->multis[i].kernel_count; ++k) {
            const struct mk__variant *variant =
                emission->multis[i].kernels[k].point.variant;

            if (variant->language == MK__LANGUAGE_OBJECT)
                mk__items_add(argv, "%s", variant->source);
        }
}

static int compile(struct pass *pass)
{
    const char *cc = getenv("CC");
    struct mk__items argv = { .arena = &pass->arena };
    char *log = NULL;
    int exit_status = 0;
    int status;

    mk__items_add(&argv, "%s", cc != NULL && cc[0] != '\0' ? cc : "cc");
    mk__items_add(&argv, "-O2");
    add_words(&argv, "CFLAGS");
    add_library(&argv, true);
    for (size_t i = 0; i < pass->emitted->file_count; ++i)
        if (ends_with(pass->emitted->files[i], ".c") ||
            ends_with(pass->emitted->files[i], ".o"))
            mk__items_add(&argv, "%s", pass->emitted->files[i]);
    mk__items_add(&argv, "-o");
    mk__items_add(&argv, "%s", pass->program);
    add_objects(&argv, pass);
    add_words(&argv, "LDFLAGS");
    add_library(&argv, false);
    mk__items_add(&argv, "-lmultikernel");
    mk__items_add(&argv, "-lm");
    argv.failed = argv.failed || !mk__items_end(&argv);
    if (argv.failed)
        return MK_ERROR_NO_MEMORY;
    status = mk__proc_run(argv.list, &log, &exit_status);
    if (status == MK_OK && exit_status != 0) {
        const char *line = mk__first_error(log);

        status = mk__error_log(
            MK_ERROR_COMPILE, log,
            "the JIT pass of %s does not compile (CFLAGS and LDFLAGS can tell "
            "the compiler where multikernel is): %.*s",
            pass->wrapper->program->name, (int)mk__line_length(line), line);
    }
    free(log);
    return status;
}

/* ---- Running -------------------------------------------------------------------------- */

/* How the caller wants to tune, as the environment of the program. */
static void add_environment(struct mk__items *argv,
                            const mk_multi_options *tuning)
{
    mk__items_add(argv, "env");
    mk__items_add(argv, "-u");
    mk__items_add(argv, "MULTIKERNEL_MODE");
    if (tuning->retune)
        mk__items_add(argv, "MULTIKERNEL_RETUNE=1");
    if (tuning->disable_cache)
        mk__items_add(argv, "MULTIKERNEL_DISABLE_CACHE=1");
    if (tuning->budget_ms > 0)
        mk__items_add(argv, "MULTIKERNEL_TUNE_BUDGET_MS=%.17g",
                      tuning->budget_ms);
    if (tuning->verify != MK_SWITCH_DEFAULT)
        mk__items_add(argv, "MULTIKERNEL_VERIFY=%d",
                      tuning->verify == MK_SWITCH_ON);
    if (tuning->isolate != MK_SWITCH_DEFAULT)
        mk__items_add(argv, "MULTIKERNEL_ISOLATE=%d",
                      tuning->isolate == MK_SWITCH_ON);
}

static int run(struct pass *pass)
{
    const mk_multi_options *tuning = &pass->wrapper->emission.tuning;
    struct mk__items argv = { .arena = &pass->arena };
    char *output = NULL;
    int exit_status = 0;
    int status;

    add_environment(&argv, tuning);
    mk__items_add(&argv, "%s", pass->program);
    mk__items_add(&argv, "--runs");
    mk__items_add(&argv, "1");
    mk__items_add(&argv, "--seed");
    mk__items_add(&argv, "%llu", (unsigned long long)tuning->seed);
    mk__items_add(&argv, "--record");
    mk__items_add(&argv, "%s", pass->choices);
    argv.failed = argv.failed || !mk__items_end(&argv);
    if (argv.failed)
        return MK_ERROR_NO_MEMORY;
    status = mk__proc_run(argv.list, &output, &exit_status);
    if (status == MK_OK && exit_status != 0) {
        size_t length = strlen(output);

        while (length > 0 && output[length - 1] == '\n')
            output[--length] = '\0';
        status = mk__error(MK_ERROR_LAUNCH,
                           "the JIT pass of %s failed (exit status %d): %s",
                           pass->wrapper->program->name, exit_status, output);
    }
    free(output);
    return status;
}

/* Adds what the program recorded. */
static int take_choices(struct pass *pass)
{
    mk_choices *made = pass->wrapper->emission.made;
    mk_choices *recorded;
    const char *const *features;
    size_t count;
    int status = mk_choices_load(&recorded, pass->choices);

    for (size_t i = 0; status == MK_OK && i < mk_choices_count(recorded); ++i) {
        const mk_choice *choice = mk_choices_at(recorded, i);

        status =
            mk_choices_set(made, choice->multi, choice->kernel, choice->index);
        if (status == MK_OK && choice->rival != NULL)
            status = mk__choices_rival(made, choice->multi, choice->rival);
    }
    if (status == MK_OK) {
        features = mk_choices_features(recorded, &count);
        status = mk_choices_set_features(made, features, count);
    }
    mk_choices_destroy(recorded);
    return status;
}

/* ---- The pass --------------------------------------------------------------------------- */

static int emit(struct pass *pass)
{
    const struct mk__emission *emission = &pass->wrapper->emission;
    mk_emit_options options = MK_EMIT_OPTIONS_INIT;

    options.pass = MK_PASS_JIT;
    options.main = true;
    options.objects = true;
    options.record = emission->made;
    options.tuning = &emission->tuning;
    return mk_emit_wrapper(&pass->emitted, pass->wrapper->program, pass->folder,
                           &options);
}

static void clean_up(struct pass *pass)
{
    for (size_t i = 0; pass->emitted != NULL && i < pass->emitted->file_count;
         ++i)
        (void)unlink(pass->emitted->files[i]);
    if (pass->program != NULL)
        (void)unlink(pass->program);
    if (pass->choices != NULL)
        (void)unlink(pass->choices);
    if (pass->folder != NULL)
        (void)rmdir(pass->folder);
    mk_emitted_destroy(pass->emitted);
    mk__arena_free(&pass->arena);
    free(pass->folder);
}

/* Without a value the program would not know at which sizes to run. */
static int check_trial_sizes(const mk_program *program)
{
    for (size_t i = 0; i < program->size_count; ++i)
        if (program->sizes[i].value == 0 && program->trial_sizes[i] == 0)
            return mk__error(MK_ERROR_INVALID,
                             "program %s: the choices are to be found by "
                             "running it, but at which '%s'? Give it under "
                             "\"trial_sizes\", or give choices",
                             program->name, program->sizes[i].name);
    return MK_OK;
}

int mk__jit_pass(struct mk__wrapper *wrapper)
{
    struct pass pass = { .wrapper = wrapper };
    int status = check_trial_sizes(wrapper->program);

    if (status == MK_OK)
        status = mk__folder_temporary(&pass.folder);
    if (status == MK_OK) {
        pass.program = mk__write_text(&pass.arena, "%s/%s", pass.folder,
                                      wrapper->program->name);
        pass.choices =
            mk__write_text(&pass.arena, "%s/choices.json", pass.folder);
        if (pass.program == NULL || pass.choices == NULL)
            status = MK_ERROR_NO_MEMORY;
    }
    if (status == MK_OK)
        status = emit(&pass);
    if (status == MK_OK)
        status = compile(&pass);
    if (status == MK_OK)
        status = run(&pass);
    if (status == MK_OK)
        status = take_choices(&pass);
    clean_up(&pass);
    return status;
}

/* Compiling units: to learn what the sources define, and to see that they compile
 * as they are emitted. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/source.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/proc.h"
#include "emit/unit.h"

/* ---- Faults ------------------------------------------------------------------------ */

static int blame(struct mk__unit *unit, struct mk__unit_entry *entry,
                 const char *log, const char *fault)
{
    entry->fault = mk__arena_strdup(&unit->arena, fault);
    entry->log = mk__arena_strdup(&unit->arena, log);
    return entry->fault != NULL && (log == NULL || entry->log != NULL)
               ? MK_OK
               : MK_ERROR_NO_MEMORY;
}

int mk__unit_blame(struct mk__unit *unit, const char *log, const char *format,
                   ...)
{
    int status = MK_OK;
    char fault[1024];
    va_list list;

    va_start(list, format);
    vsnprintf(fault, sizeof(fault), format, list);
    va_end(list);
    for (size_t i = 0; i < unit->count && status == MK_OK; ++i)
        if (unit->entries[i].fault == NULL)
            status = blame(unit, &unit->entries[i], log, fault);
    return status;
}

/* ---- The compiler ------------------------------------------------------------------- */

/* What it said of one text; both in the unit's arena. */
struct verdict {
    const char *fault; /* NULL: it compiled */
    const char *log;
    const char *object; /* path */
};

/* A path in the private folder, in the arena. */
static const char *bench_path(struct mk__unit *unit, const char *ending)
{
    char *name = mk__unit_name(unit, ending);
    char *path = name != NULL ? mk__format("%s/%s", unit->bench, name) : NULL;
    const char *copy = mk__arena_strdup(&unit->arena, path);

    free(path);
    free(name);
    return copy;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The compiler's command line; NULL without memory. Symbols are asked of objects
 * that nm can read, and the folder's name is kept out of them. */
static const char **command(struct mk__unit *unit, const char *source,
                            const char *object, bool final)
{
    const char **argv =
        mk__arena_alloc(&unit->arena, unit->flag_count + 12, sizeof(*argv));
    bool lto = false, debug = false;
    size_t count = 0;
    char *map;

    if (argv == NULL)
        return NULL;
    argv[count++] = unit->compiler;
    for (size_t i = 0; i < unit->flag_count; ++i) {
        argv[count++] = unit->flags[i];
        lto = lto || begins(unit->flags[i], "-flto");
        debug = debug || begins(unit->flags[i], "-g");
    }
    argv[count++] = "-fPIC";
    argv[count++] = "-fvisibility=hidden";
    if (lto)
        argv[count++] = "-fno-lto";
    if (debug) {
        map = mk__format("-ffile-prefix-map=%s=.", unit->bench);
        argv[count] = mk__arena_strdup(&unit->arena, map);
        free(map);
        if (argv[count++] == NULL)
            return NULL;
    }
    if (final)
        argv[count++] = "-w"; /* warnings were the author's to see */
    argv[count++] = "-c";
    argv[count++] = "-o";
    argv[count++] = object;
    argv[count++] = source;
    return argv;
}

/* Of what the compiler, which failed, wrote; NULL: it could not be run. */
static int condemn(struct mk__unit *unit, struct verdict *verdict,
                   const char *log)
{
    const char *why = log == NULL      ? mk_last_error()->message
                      : log[0] == '\0' ? "the compiler failed without a word"
                                       : mk__first_error(log);
    char *fault =
        mk__format("does not compile: %.*s", (int)mk__line_length(why), why);

    verdict->fault = mk__arena_strdup(&unit->arena, fault);
    verdict->log = mk__arena_strdup(&unit->arena, log);
    free(fault);
    return verdict->fault != NULL && (log == NULL || verdict->log != NULL)
               ? MK_OK
               : MK_ERROR_NO_MEMORY;
}

/* Compiles a text, which is freed; NULL: there was no memory for it. */
static int compile(struct mk__unit *unit, struct verdict *verdict, char *text,
                   bool final)
{
    const char *source = bench_path(unit, ".c");
    const char **argv = NULL;
    char *log = NULL;
    int exit_status = 0;
    int status = MK_ERROR_NO_MEMORY;

    *verdict = (struct verdict){ .object = bench_path(unit, ".o") };
    if (text == NULL || source == NULL || verdict->object == NULL)
        goto done;
    argv = command(unit, source, verdict->object, final);
    if (argv == NULL)
        goto done;
    (void)unlink(verdict->object);
    status = mk__file_write(source, text, strlen(text));
    if (status != MK_OK)
        goto done;
    status = mk__proc_run(argv, &log, &exit_status);
    if (status == MK_ERROR_IO ||
        (status == MK_OK && exit_status != 0 &&
         !(exit_status < 0 && mk__file_exists(verdict->object))))
        status = condemn(unit, verdict, log);
    (void)unlink(source);
    if (status != MK_OK || verdict->fault != NULL)
        (void)unlink(verdict->object);
done:
    free(log);
    free(text);
    return status;
}

void mk__unit_close(struct mk__unit *unit)
{
    if (unit->bench != NULL)
        (void)rmdir(unit->bench);
    free(unit->bench);
    unit->bench = NULL;
}

/* ---- What the source defines ---------------------------------------------------------- */

static bool is_identifier(const char *name)
{
    for (const char *c = name; *c != '\0'; ++c)
        if (!isalnum((unsigned char)*c) && *c != '_')
            return false;
    return *name != '\0' && !isdigit((unsigned char)*name);
}

/* Those that can be told from the source's, and renamed. */
static int keep_symbols(struct mk__unit *unit, const struct mk__symbol *symbols,
                        size_t count)
{
    unit->symbol_count = 0;
    unit->symbols =
        mk__arena_alloc(&unit->arena, count, sizeof(*unit->symbols));
    if (unit->symbols == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < count; ++i)
        if (is_identifier(symbols[i].name) &&
            !begins(symbols[i].name, MK__UNIT_FIT))
            unit->symbols[unit->symbol_count++] = symbols[i].name;
    return MK_OK;
}

static int misfit(struct mk__unit *unit, struct mk__unit_entry *entry)
{
    struct mk__str text = MK__STR_INIT;
    char *fault;
    int status;

    mk__str_add(&text, "does not compile: ");
    mk__source_add_misfit(&text, entry->entry, &entry->signature);
    fault = mk__str_take(&text);
    status =
        fault != NULL ? blame(unit, entry, NULL, fault) : MK_ERROR_NO_MEMORY;
    free(fault);
    return status;
}

static int judge_fits(struct mk__unit *unit, const struct mk__symbol *symbols,
                      size_t count, size_t first, size_t entries)
{
    int status = MK_OK;

    for (size_t i = first; i < first + entries && status == MK_OK; ++i) {
        struct mk__unit_entry *entry = &unit->entries[i];
        const struct mk__symbol *fit;
        char name[64];

        snprintf(name, sizeof(name), MK__UNIT_FIT "%zu", i);
        fit = mk__symbols_find(symbols, count, name);
        if (fit == NULL || fit->size <= MK__UNIT_NO_FIT)
            status = misfit(unit, entry);
        entry->constant = fit != NULL && fit->size != MK__UNIT_FIT_PLAIN;
    }
    return status;
}

/* Compiles the source with some of the entries. */
static int probe(struct mk__unit *unit, struct verdict *verdict, size_t first,
                 size_t entries)
{
    struct mk__symbol *symbols;
    size_t count;
    int status =
        compile(unit, verdict, mk__unit_probe(unit, first, entries), false);

    if (status != MK_OK || verdict->fault != NULL)
        return status;
    status = mk__symbols_read(&symbols, &count, &verdict->fault, &unit->arena,
                              verdict->object, false);
    if (status == MK_OK && verdict->fault == NULL)
        status = keep_symbols(unit, symbols, count);
    if (status == MK_OK && verdict->fault == NULL)
        status = judge_fits(unit, symbols, count, first, entries);
    (void)unlink(verdict->object);
    return status;
}

/* Something is wrong: with the source, or else with single entries. */
static int probe_each(struct mk__unit *unit)
{
    struct verdict verdict;
    int status = probe(unit, &verdict, 0, 0);

    if (status == MK_OK && verdict.fault != NULL)
        return mk__unit_blame(unit, verdict.log, "%s", verdict.fault);
    for (size_t i = 0; i < unit->count && status == MK_OK; ++i) {
        status = probe(unit, &verdict, i, 1);
        if (status == MK_OK && verdict.fault != NULL)
            status = blame(unit, &unit->entries[i], verdict.log, verdict.fault);
    }
    return status;
}

/* Whether the entry's function may be the kernel's as it is. */
static void choose_names(struct mk__unit *unit)
{
    for (size_t i = 0; i < unit->count; ++i) {
        struct mk__unit_entry *entry = &unit->entries[i];
        bool external = false, first = true, plain = entry->constant;

        if (entry->fault != NULL)
            continue;
        for (size_t s = 0; s < unit->symbol_count; ++s)
            external = external || strcmp(unit->symbols[s], entry->entry) == 0;
        for (size_t j = 0; j < i; ++j)
            first =
                first && !(unit->entries[j].renamed &&
                           strcmp(unit->entries[j].entry, entry->entry) == 0);
        for (size_t p = 0; p < entry->signature.count; ++p)
            plain = plain && mk__unit_is_plain(&entry->signature.params[p]);
        entry->renamed = external && first && plain;
    }
}

static int look_at_source(struct mk__unit *unit)
{
    struct verdict verdict;
    int status = probe(unit, &verdict, 0, unit->count);

    if (status == MK_OK && verdict.fault != NULL)
        status = unit->count > 1
                     ? probe_each(unit)
                     : mk__unit_blame(unit, verdict.log, "%s", verdict.fault);
    choose_names(unit);
    return status;
}

static int look_at_object(struct mk__unit *unit)
{
    struct mk__symbol *symbols;
    const char *fault;
    size_t count;
    int status = mk__symbols_read(&symbols, &count, &fault, &unit->arena,
                                  unit->path, true);

    if (status == MK_OK && fault != NULL)
        return mk__unit_blame(unit, NULL, "does not load: %s", fault);
    for (size_t i = 0; i < unit->count && status == MK_OK; ++i) {
        struct mk__unit_entry *entry = &unit->entries[i];
        char *text;

        if (mk__symbols_find(symbols, count, entry->entry) != NULL)
            continue;
        text = mk__format("does not load: %s has no '%s'", unit->path,
                          entry->entry);
        status =
            text != NULL ? blame(unit, entry, NULL, text) : MK_ERROR_NO_MEMORY;
        free(text);
    }
    return status;
}

/* The error is this thread's; whoever waits may be another one. */
static void finish(struct mk__unit *unit, int status)
{
    unit->status = status;
    if (status != MK_OK)
        unit->message = mk__strdup(mk_last_error()->message);
}

void mk__unit_look(struct mk__task *task)
{
    struct mk__unit *unit = (struct mk__unit *)task;
    int status = mk__folder_temporary(&unit->bench);

    if (status == MK_OK)
        status = unit->language == MK__LANGUAGE_OBJECT ? look_at_object(unit)
                                                       : look_at_source(unit);
    finish(unit, status);
}

/* ---- The final unit -------------------------------------------------------------------- */

/* Looks for the kernels, and for names that no macro could change. */
static int check_symbols(struct mk__unit *unit, const char *object)
{
    struct mk__symbol *symbols;
    const char *fault;
    size_t count;
    int status =
        mk__symbols_read(&symbols, &count, &fault, &unit->arena, object, false);

    if (status == MK_OK && fault != NULL)
        return mk__unit_blame(unit, NULL, "does not compile: %s", fault);
    if (status != MK_OK)
        return status;
    for (size_t i = 0; i < unit->count; ++i)
        if (unit->entries[i].fault == NULL &&
            mk__symbols_find(symbols, count, unit->entries[i].kernel->symbol) ==
                NULL)
            return mk__unit_blame(
                unit, NULL,
                "does not compile: '%s' can't be given another name",
                unit->entries[i].entry);
    unit->left =
        mk__arena_alloc(&unit->arena, unit->symbol_count, sizeof(*unit->left));
    if (unit->left == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < unit->symbol_count; ++i)
        if (mk__symbols_find(symbols, count, unit->symbols[i]) != NULL)
            unit->left[unit->left_count++] = unit->symbols[i];
    return MK_OK;
}

void mk__unit_compile(struct mk__task *task)
{
    struct mk__unit *unit = (struct mk__unit *)task;
    struct verdict verdict;
    int status = compile(unit, &verdict, mk__unit_text(unit, unit->path), true);

    if (status == MK_OK && verdict.fault != NULL)
        status = mk__unit_blame(unit, verdict.log, "%s", verdict.fault);
    else if (status == MK_OK)
        status = check_symbols(unit, verdict.object);
    if (status == MK_OK && verdict.fault == NULL)
        status =
            mk__file_read(verdict.object, &unit->object, &unit->object_length);
    if (verdict.object != NULL)
        (void)unlink(verdict.object);
    finish(unit, status);
}

/* --record: what was picked, as a file of choices. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "survey.h"

/* Whether the file can be written in the end: better told before hours of tuning
 * than after them. It is replaced whole, so that it is its folder that counts. */
static int check_path(const char *path)
{
    struct stat about;
    char *beside;
    int file, code;

    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode)) {
        cli_message("--record: %s is no file that could be replaced", path);
        return CLI_WRONG_INPUT;
    }
    if (asprintf(&beside, "%s.XXXXXX", path) < 0)
        return cli_no_memory();
    file = mkostemp(beside, O_CLOEXEC);
    code = errno;
    if (file >= 0) {
        (void)close(file);
        (void)unlink(beside);
    }
    free(beside);
    if (file >= 0)
        return CLI_DONE;
    cli_message("--record: can't write %s: %s", path, strerror(code));
    return CLI_WRONG_INPUT;
}

int cli_record_open(cli_record *record, const char *path)
{
    int exit_status;
    int status;

    *record = (cli_record){ .path = path };
    if (path == NULL)
        return CLI_DONE;
    exit_status = check_path(path);
    if (exit_status != CLI_DONE)
        return exit_status;
    /* A pass notes what machine this is. What is picked does not come by it, but
     * by names that tell the shapes; under the multi-kernels' own, the picks at
     * several shapes would be in conflict. */
    status = mk_choices_create(&record->choices);
    if (status == MK_OK)
        status = mk_record_begin(record->choices);
    if (status == MK_OK)
        status = mk_record_end();
    return cli_report_error(status);
}

/* "softmax"; "softmax at rows=64 cols=1024", in the words of a hint, for one of
 * the size hints or of several shapes. Free with free(); NULL if memory is out. */
static char *name_choice(const cli_survey *survey, size_t i)
{
    const cli_sizes *given = survey->results[i].sizes;
    size_t count;
    const mk_size *sizes = mk_definition_sizes(survey->definition, &count);
    char *name = NULL;
    size_t length;
    FILE *stream = open_memstream(&name, &length);
    bool written;

    if (stream == NULL)
        return NULL;
    if (survey->shapes == &survey->hints) { /* only the sizes they name */
        sizes = given->list;
        count = given->count;
    } else if (survey->shapes->count == 1) {
        count = 0;
    }
    fputs(mk_definition_name(survey->definition), stream);
    for (size_t k = 0; k < count; ++k)
        fprintf(stream, "%s%s=%lld", k == 0 ? " at " : " ", sizes[k].name,
                (long long)cli_size_value(given, &sizes[k]));
    written = !ferror(stream);
    if (fclose(stream) == 0 && written)
        return name;
    free(name);
    return NULL;
}

/* Whether the name is free, or stands for the same pick. */
static int check_conflict(cli_record *record, const char *name,
                          const char *kernel, size_t index)
{
    const mk_choice *choice;

    if (mk_choices_lookup(record->choices, name, &choice) != MK_OK ||
        (choice->index == index && strcmp(choice->kernel, kernel) == 0))
        return CLI_DONE;
    record->conflict = true;
    cli_message("--record: both %s and %s were picked under the name '%s', so "
                "that %s is not written: give the definitions names of their "
                "own",
                choice->kernel, kernel, name, record->path);
    return CLI_FAILED;
}

int cli_record_shape(cli_record *record, const cli_survey *survey, size_t i)
{
    const mk_report *report = survey->results[i].report;
    const char *kernel;
    char *name;
    int exit_status;

    if (record->choices == NULL || report == NULL ||
        report->pick >= report->count)
        return CLI_DONE;
    kernel = report->candidates[report->pick].name;
    name = name_choice(survey, i);
    if (name == NULL)
        return cli_no_memory();
    exit_status = check_conflict(record, name, kernel, report->pick);
    if (exit_status == CLI_DONE)
        exit_status = cli_report_error(
            mk_choices_set(record->choices, name, kernel, report->pick));
    free(name);
    return exit_status;
}

int cli_record_close(cli_record *record)
{
    int exit_status = CLI_DONE;

    if (record->choices != NULL && !record->conflict &&
        mk_choices_count(record->choices) > 0 &&
        cli_report_error(mk_choices_save(record->choices, record->path)) !=
            CLI_DONE)
        exit_status = CLI_FAILED;
    cli_record_free(record);
    return exit_status;
}

void cli_record_free(cli_record *record)
{
    mk_choices_destroy(record->choices);
    record->choices = NULL;
}

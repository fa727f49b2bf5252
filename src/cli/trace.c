/* --trace: every sample as a line of JSON, for anyone who doubts a pick. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"

/* All digits of any time in nanoseconds. */
enum {
    LINE_FLAGS = JSON_COMPACT | JSON_REAL_PRECISION(12)
};

int cli_trace_open(cli_trace *trace, const char *path)
{
    *trace = (cli_trace){ .path = path };
    if (path == NULL)
        return CLI_DONE;
    trace->file = fopen(path, "we");
    if (trace->file != NULL)
        return CLI_DONE;
    cli_message("--trace: can't write %s: %s", path, strerror(errno));
    return CLI_WRONG_INPUT;
}

/* Writes a line, which it takes over; after the first failure, none. */
static void write_line(cli_trace *trace, json_t *line)
{
    if (trace->failure == 0) {
        errno = 0;
        if (line == NULL || json_dumpf(line, trace->file, LINE_FLAGS) != 0 ||
            putc('\n', trace->file) == EOF)
            trace->failure = line != NULL && errno != 0 ? errno : ENOMEM;
    }
    json_decref(line);
}

void cli_trace_definition(cli_trace *trace, const mk_definition *definition)
{
    if (trace->file != NULL)
        write_line(trace,
                   json_pack("{s:i, s:s, s:o, s:o, s:o}", "multikernel", 1,
                             "version", mk_version(), "definition",
                             cli_json_text(mk_definition_name(definition)),
                             "path",
                             cli_json_text(mk_definition_path(definition)),
                             "device", cli_json_device_of(definition)));
}

void cli_trace_sizes(cli_trace *trace, const mk_definition *definition,
                     const cli_sizes *sizes)
{
    json_decref(trace->sizes);
    trace->sizes = NULL;
    if (trace->file != NULL)
        trace->sizes =
            sizes != NULL ? cli_json_sizes(definition, sizes) : json_null();
}

void cli_trace_sample(void *context, const mk_sample *sample)
{
    cli_trace *trace = context;

    trace->samples += 1;
    write_line(trace, json_pack("{s:o, s:o, s:I, s:I, s:I, s:f, s:f, s:O}",
                                "multi", cli_json_text(sample->multi), "kernel",
                                cli_json_text(sample->kernel), "index",
                                (json_int_t)sample->index, "round",
                                (json_int_t)sample->round, "launches",
                                (json_int_t)sample->launches, "ns", sample->ns,
                                "at_ns", sample->at_ns, "sizes", trace->sizes));
}

int cli_trace_close(cli_trace *trace)
{
    if (trace->file == NULL)
        return CLI_DONE;
    if (fclose(trace->file) != 0 && trace->failure == 0)
        trace->failure = errno;
    trace->file = NULL;
    json_decref(trace->sizes);
    trace->sizes = NULL;
    if (trace->failure != 0) {
        cli_message("--trace: %s could not be written whole: %s", trace->path,
                    strerror(trace->failure));
        return CLI_FAILED;
    }
    if (trace->samples == 0)
        cli_message("--trace: nothing was timed, so %s holds no sample; "
                    "--retune times what is stored",
                    trace->path);
    return CLI_DONE;
}

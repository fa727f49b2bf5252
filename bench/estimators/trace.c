#include "estimators/estimators.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fail.h"

/* A file is text: a line of the case's name, a line of the variants' names, and
 * a line for each round: session, time, and for each variant its samples. */

void trace_start(struct trace *trace, const char *name, char *const *names,
                 size_t variants)
{
    *trace = (struct trace){ .variants = variants };
    trace->name = bench_format("%s", name);
    trace->names = bench_allocate(variants, sizeof(*trace->names));
    for (size_t v = 0; v < variants; ++v)
        trace->names[v] = bench_format("%s", names[v]);
}

void trace_end(struct trace *trace)
{
    for (size_t v = 0; v < trace->variants; ++v)
        free(trace->names[v]);
    free(trace->names);
    free(trace->name);
    free(trace->session);
    free(trace->at);
    free(trace->samples);
}

static void *grow(void *memory, size_t count, size_t size)
{
    void *grown = realloc(memory, count * size);

    if (grown == NULL)
        bench_fail("no memory for a trace");
    return grown;
}

void trace_add(struct trace *trace, size_t session, double at)
{
    size_t row = trace->variants * SUBSAMPLES;

    if (trace->rounds == trace->room) {
        trace->room = trace->room > 0 ? 2 * trace->room : 256;
        trace->session = grow(trace->session, trace->room, sizeof(size_t));
        trace->at = grow(trace->at, trace->room, sizeof(double));
        trace->samples =
            grow(trace->samples, trace->room * row, sizeof(double));
    }
    trace->session[trace->rounds] = session;
    trace->at[trace->rounds] = at;
    for (size_t i = 0; i < row; ++i)
        trace->samples[trace->rounds * row + i] = (double)NAN;
    trace->rounds += 1;
    trace->sessions = session + 1;
}

static void write_rounds(const struct trace *trace, FILE *file, size_t session)
{
    for (size_t r = 0; r < trace->rounds; ++r) {
        fprintf(file, "%zu %.0f", session, trace->at[r]);
        for (size_t i = 0; i < trace->variants * SUBSAMPLES; ++i)
            fprintf(file, " %.7g", trace_samples(trace, r, 0)[i]);
        fputc('\n', file);
    }
}

void trace_append(const struct trace *trace, const char *path)
{
    FILE *file = fopen(path, "r");
    size_t session = 0;

    if (file != NULL) {
        struct trace old;

        (void)fclose(file);
        trace_read(&old, path);
        session = old.sessions;
        trace_end(&old);
    }
    file = fopen(path, "a");
    if (file == NULL)
        bench_fail("%s: %s", path, strerror(errno));
    if (session == 0) {
        fprintf(file, "%s\n", trace->name);
        for (size_t v = 0; v < trace->variants; ++v)
            fprintf(file, "%s%s", v > 0 ? " " : "", trace->names[v]);
        fputc('\n', file);
    }
    write_rounds(trace, file, session);
    if (fclose(file) != 0)
        bench_fail("%s: %s", path, strerror(errno));
}

static size_t count_words(const char *line)
{
    size_t count = line[0] != '\0';

    for (; *line != '\0'; ++line)
        count += *line == ' ';
    return count;
}

static void read_head(struct trace *trace, const char *name, char *line)
{
    size_t count = count_words(line);
    char **names = bench_allocate(count, sizeof(*names));
    char *rest = NULL;

    for (size_t v = 0; v < count; ++v)
        names[v] = strtok_r(v == 0 ? line : NULL, " ", &rest);
    trace_start(trace, name, names, count);
    free(names);
}

/* Returns the next line without its end, or NULL. */
static char *next_line(FILE *file, char **line, size_t *room)
{
    ssize_t length = getline(line, room, file);

    if (length < 0)
        return NULL;
    (*line)[strcspn(*line, "\n")] = '\0';
    return *line;
}

void trace_read(struct trace *trace, const char *path)
{
    FILE *file = fopen(path, "r");
    char *name = NULL, *line = NULL;
    size_t name_room = 0, room = 0;

    if (file == NULL)
        bench_fail("%s: %s", path, strerror(errno));
    if (next_line(file, &name, &name_room) == NULL ||
        next_line(file, &line, &room) == NULL)
        bench_fail("%s: no trace: expected two lines of names", path);
    read_head(trace, name, line);
    while (next_line(file, &line, &room) != NULL) {
        char *end;
        size_t session = strtoul(line, &end, 10);
        double at = strtod(end, &end);

        trace_add(trace, session, at);
        for (size_t i = 0; i < trace->variants * SUBSAMPLES; ++i)
            trace_samples(trace, trace->rounds - 1, 0)[i] = strtod(end, &end);
    }
    free(name);
    free(line);
    (void)fclose(file);
}

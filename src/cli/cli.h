/* What the files of the command-line program share.
 *
 * stdout carries results, stderr everything else; a message begins with
 * "multikernel: ". Nothing here is called from two threads, except
 * cli_progress_step, from whichever thread tunes. */
#ifndef MULTIKERNEL_CLI_H
#define MULTIKERNEL_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <multikernel/multikernel.h>

/* ---- Commands -------------------------------------------------------------- */

/* Exit statuses, which a command returns; a worse one is greater. */
enum {
    CLI_DONE = 0,
    CLI_FAILED = 1,      /* no candidate left, or the run failed */
    CLI_WRONG_INPUT = 2, /* usage, definition, sizes, a missing file */
};

static inline int cli_worse(int exit_status, int other)
{
    return exit_status > other ? exit_status : other;
}

/* A command of the program. argv[0] is "multikernel", so that getopt_long's
 * own messages begin as all others do; argv[1] is the first argument. */
typedef int cli_command(int argc, char **argv);

cli_command cli_cmd_run, cli_cmd_tune, cli_cmd_picks, cli_cmd_emit,
    cli_cmd_devices;

/* ---- Messages (message.c) -------------------------------------------------- */

void cli_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Points to the help of `command`; returns CLI_WRONG_INPUT. */
int cli_try_help(const char *command);

/* A message, then cli_try_help. */
int cli_usage_error(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The exit status for an mk_status; prints the library's last error where it
 * is not MK_OK, once if it comes several times in a row. */
int cli_report_error(int status);

/* The message and exit status when memory is out. */
int cli_no_memory(void);

/* Whether `stream` is a terminal that understands escape sequences. */
bool cli_is_terminal(FILE *stream);

/* ---- Pages (page.c) -------------------------------------------------------- */

/* Columns of the terminal that stdout is; SIZE_MAX where it is none: lines for
 * programs are never broken. */
size_t cli_page_width(void);

/* Prints "label:    text", wrapped at blanks to the width of a page. */
void cli_print_field(const char *label, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints a line, on a terminal wrapped at blanks, its further lines indented. */
void cli_print_note(const char *text);

/* ---- Shapes (shapes.c) ----------------------------------------------------- */

enum {
    CLI_MAX_SIZES = 64,
    CLI_MAX_SHAPES = 4096
};

/* A shape: sizes by name. Those that are not named have their defaults. */
typedef struct cli_sizes {
    mk_size list[CLI_MAX_SIZES];
    size_t count;
} cli_sizes;

typedef struct cli_shapes {
    cli_sizes *list;
    size_t count;
    size_t room;
} cli_shapes;

/* Adds the shapes that the text of one --size means, which changes: names stay
 * where they are in it, and end at their '='. Returns an exit status, after a
 * message that points to the help of `command`. */
int cli_shapes_take(cli_shapes *shapes, const char *command, char *text);

/* Adds a shape of up to CLI_MAX_SIZES sizes, whose names are borrowed. */
int cli_shapes_add(cli_shapes *shapes, const mk_size *sizes, size_t count);

void cli_shapes_free(cli_shapes *shapes);

/* The value of a definition's size: the given one, else its default. */
int64_t cli_size_value(const cli_sizes *given, const mk_size *declared);

/* "softmax, rows=64, cols=1024": the definition and all its sizes. Free with
 * free(); NULL if memory is out. */
char *cli_title(const mk_definition *definition, const cli_sizes *given);

/* ---- Options (options.c) --------------------------------------------------- */

#define CLI_NO_DEVICE (-1)

/* What the options of `run`, `tune` and `emit` say. */
typedef struct cli_settings {
    const char *command; /* for messages */
    const char *letters; /* the short options, as getopt's; default "h" */
    /* (optional) Takes, before all others, options that only this command has.
     * Returns false where it is none; `*exit_status` is set where it is wrong. */
    bool (*take_own)(struct cli_settings *settings, int option, char *value,
                     int *exit_status);
    cli_shapes shapes; /* of all --size */
    /* `by_shape` of it is the member below, or NULL without --policy. */
    mk_multi_options multi;
    mk_by_shape by_shape;
    uint64_t seed;           /* of the arguments' values */
    const char *trace_path;  /* NULL: no trace */
    struct cli_trace *trace; /* set by the command */
    const char *record_path; /* NULL: no record */
    int device; /* in place of the definition's; or CLI_NO_DEVICE */
    bool json;
    bool verbose;
} cli_settings;

/* What getopt_long returns for each long option. */
enum {
    CLI_OPTION_HELP = 'h',
    CLI_OPTION_OUTPUT = 'o',
    CLI_OPTION_SIZE = 256,
    CLI_OPTION_PICK,
    CLI_OPTION_MODE,
    CLI_OPTION_RETUNE,
    CLI_OPTION_COLD,
    CLI_OPTION_SEED,
    CLI_OPTION_BUDGET,
    CLI_OPTION_MARGIN,
    CLI_OPTION_NO_CACHE,
    CLI_OPTION_NO_VERIFY,
    CLI_OPTION_NO_ISOLATE,
    CLI_OPTION_TIMEOUT,
    CLI_OPTION_POLICY,
    CLI_OPTION_NEAREST,
    CLI_OPTION_EXACT_SHAPES,
    CLI_OPTION_DEVICE,
    CLI_OPTION_TRACE,
    CLI_OPTION_RECORD,
    CLI_OPTION_JSON,
    CLI_OPTION_VERBOSE,
    CLI_OPTION_ALL,
    CLI_OPTION_OBJECTS,
    CLI_OPTION_PASS,
    CLI_OPTION_CHOICES,
    CLI_OPTION_MAIN,
};

void cli_settings_init(cli_settings *settings, const char *command);
void cli_settings_free(cli_settings *settings);

/* Reads the options of a command line, in front of `optind`, into `settings`.
 * Returns false if `*exit_status` is to be returned at once: after --help,
 * which prints `help`, or after a message. */
bool cli_settings_parse(cli_settings *settings, int argc, char **argv,
                        const struct option *options, const char *help,
                        int *exit_status);

/* "nearest", "measure", "nearest-k" */
const char *cli_policy_name(mk_shape_policy policy);

/* ---- Calls (perform.c) ----------------------------------------------------- */

/* mk_run or mk_tune. */
typedef int cli_call(mk_multi *multi, const mk_arg *args, size_t count,
                     mk_stream stream);

/* How the pick came about, to follow its name: "from the store (nothing was
 * benchmarked)". */
const char *cli_origin_words(mk_origin origin);

/* ---- Progress (progress.c) ------------------------------------------------- */

/* One line on stderr, if that is a terminal, and gone in the end. */
typedef struct cli_progress {
    const char *title; /* NULL: not shown */
    int64_t shown_ms;  /* when, by the monotonic clock */
} cli_progress;

void cli_progress_start(cli_progress *progress, const char *title);
/* mk_multi_options.progress; `context` is the cli_progress. */
void cli_progress_step(void *context, const char *kernel, double fraction);
void cli_progress_stop(cli_progress *progress);

/* ---- Traces (trace.c) ------------------------------------------------------ */

/* The file of --trace. */
typedef struct cli_trace {
    const char *path;
    FILE *file;           /* NULL: there is no trace */
    struct json_t *sizes; /* of the samples to come */
    size_t samples;
    int failure; /* errno of what could not be written; 0: none */
} cli_trace;

/* Begins the file; no path, no trace. Returns an exit status. */
int cli_trace_open(cli_trace *trace, const char *path);

/* Writes what the samples to come are of. No sizes: those of a hint, which the
 * samples name. */
void cli_trace_definition(cli_trace *trace, const mk_definition *definition);
void cli_trace_sizes(cli_trace *trace, const mk_definition *definition,
                     const cli_sizes *sizes);

/* mk_multi_options.trace; `context` is the cli_trace. */
void cli_trace_sample(void *context, const mk_sample *sample);

/* Ends the file. Returns an exit status, after a message if it is not whole. */
int cli_trace_close(cli_trace *trace);

/* ---- Tables (table.c) ------------------------------------------------------ */

typedef struct cli_column {
    const char *title;
    bool right; /* aligned so */
} cli_column;

typedef struct cli_cell {
    char *text;
    bool green; /* on a terminal */
} cli_cell;

typedef struct cli_row {
    cli_cell *cells; /* with room for all columns */
    size_t count;
    bool green; /* on a terminal, all of it */
} cli_row;

/* A table of text, printed when all rows are known. The last cell of a row
 * that has fewer cells than columns runs on over the columns to its right.
 * Where the page is too narrow, long cells of the column `narrowed` stand on
 * lines of their own. */
typedef struct cli_table {
    const cli_column *columns; /* borrowed, until the table is finished */
    size_t column_count;
    const bool *hidden; /* by column; borrowed; NULL: all are printed */
    size_t narrowed;    /* 0: none */
    cli_row *rows;
    size_t row_count;
    size_t room; /* for rows */
    bool no_memory;
} cli_table;

void cli_table_init(cli_table *table, const cli_column *columns, size_t count);
void cli_table_row(cli_table *table, bool green);
/* Adds a cell to the last row. */
void cli_table_cell(cli_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Makes the last cell green. */
void cli_table_green(cli_table *table);
/* Puts the rows in order. */
void cli_table_sort(cli_table *table,
                    int (*compare)(const cli_row *a, const cli_row *b));
/* Columns of a page that the table takes. */
size_t cli_table_width(const cli_table *table);
/* Prints to stdout and frees. Returns an exit status. */
int cli_table_finish(cli_table *table);
void cli_table_free(cli_table *table);

/* ---- Candidates in words (candidates.c) ------------------------------------ */

/* Fills `text` with a time of four digits: "812.3 us". */
enum {
    CLI_TIME_SIZE = 48
};
const char *cli_time(char text[CLI_TIME_SIZE], double ns);

/* Whether its time is one: that it was not put out. */
bool cli_is_timed(const mk_candidate *candidate);

/* Prints the table of candidates, `pick` marked, and below it what there is to
 * say of each; the compilers' whole logs if `verbose`. Returns an exit
 * status. */
int cli_print_candidates(const mk_candidate *candidates, size_t count,
                         size_t pick, bool verbose);

/* ---- A pick in words (explain.c) ------------------------------------------- */

/* Hands the explanation of a stored pick to `say`, part by part: "tried", "5
 * variants: ...". Returns an exit status. */
int cli_explain(const mk_stored_pick *pick,
                void (*say)(void *context, const char *part, const char *text),
                void *context);

/* ---- Devices (device.c) ---------------------------------------------------- */

/* The devices that a back end runs kernels on; an mk_status, whose error says
 * what is missing. */
int cli_devices(const mk_backend *backend, const mk_device *const **list,
                size_t *count);

/* What a definition's kernels run on; NULL where this machine has no such device:
 * the library's last error says what is missing. */
const mk_device *cli_device(const mk_definition *definition);

/* Loads a definition for the device that the settings name, and sees whether that
 * is there. Returns an exit status. `*definition` is to be destroyed in any case. */
int cli_load_definition(mk_definition **definition, const char *path,
                        const cli_settings *settings);

/* The device's fingerprint, or "{}" if there is none to be had. */
const char *cli_fingerprint(const mk_device *device);

/* Prints "cpu (MODEL)". */
void cli_print_device(FILE *stream, const mk_device *device);

/* Prints a fingerprint, one member a line, as cli_print_field does. */
void cli_print_fingerprint(const char *fingerprint);

#endif

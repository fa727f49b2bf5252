/* A definition at all the shapes that a command is asked for, and what there is
 * to tell of them together. */
#ifndef MULTIKERNEL_CLI_SURVEY_H
#define MULTIKERNEL_CLI_SURVEY_H

#include "cli.h"

/* ---- Surveys (survey.c) ---------------------------------------------------- */

#define CLI_NO_HINT SIZE_MAX

/* What came of one shape. */
typedef struct cli_result {
    const cli_sizes *sizes;
    /* Of the choice among all variants; NULL: there is nothing to tell. */
    mk_report *report;
    size_t calls;
    /* With --policy: of what runs by shape; NULL: nothing does. */
    mk_report *dispatched;
    size_t hint; /* the nearest of the definition's, or CLI_NO_HINT */
    double distance;
} cli_result;

/* Must not move between its begin and its end. */
typedef struct cli_survey {
    const mk_definition *definition;
    const cli_settings *settings;
    cli_shapes hints;         /* as shapes, where they are surveyed */
    const cli_shapes *shapes; /* those, or those of the settings */
    cli_result *results;      /* one for each shape */
    mk_multi *by_shape;       /* NULL without --policy */
    /* The sizes that tell one shape from another, in the definition's order; all
     * where no shape differs. */
    bool varies[CLI_MAX_SIZES];
    cli_progress progress;
} cli_survey;

/* Settles which shapes there are: those of --size, else, if `hinted`, the size
 * hints, else the default sizes. With --policy it makes the multi-kernel by
 * shape, which may tune at the hints. Returns an exit status. */
int cli_survey_begin(cli_survey *survey, const mk_definition *definition,
                     const cli_settings *settings, bool hinted);

/* Calls `call` at shape `i`. With --policy that goes to the multi-kernel by
 * shape, and all variants are tuned beside it, so that there are times to compare
 * with. Fills results[i]. Returns an exit status. */
int cli_survey_perform(cli_survey *survey, size_t i, cli_call *call);

/* Makes arguments of the result's sizes for `multi`, and calls `call` on them until
 * there is a pick: in mode inline that takes many calls. Counts them; finds the
 * nearest hint for the multi-kernel by shape. Returns an mk_status. (perform.c) */
int cli_perform(mk_multi *multi, const cli_survey *survey, cli_result *result,
                cli_call *call);

void cli_survey_end(cli_survey *survey);

/* Writes "rows=64 cols=1024": the sizes of shape `i` that vary. */
void cli_survey_tell_shape(FILE *out, const cli_survey *survey, size_t i);

/* Whether a report tells more than the message that went with it: variants were
 * tried, or none can be. */
bool cli_is_telling(const mk_report *report);

/* Whether there are so few shapes, or the user wants it, that each is told of by
 * itself. */
bool cli_survey_is_detailed(const cli_survey *survey);

/* ---- Records (record.c) ---------------------------------------------------- */

/* The file of --record. */
typedef struct cli_record {
    const char *path;
    mk_choices *choices; /* NULL: there is no record */
    bool conflict;       /* nothing is to be written */
} cli_record;

/* Looks whether the file can be written; no path, no record. Returns an exit
 * status. */
int cli_record_open(cli_record *record, const char *path);

/* Records the choice among all variants at shape `i`, if there is one. Another one
 * under the same name is a message, and nothing will be written. Returns an exit
 * status. */
int cli_record_shape(cli_record *record, const cli_survey *survey, size_t i);

/* Writes the file, if there was a choice and no conflict, and frees the record.
 * Returns an exit status. */
int cli_record_close(cli_record *record);
void cli_record_free(cli_record *record);

/* ---- All shapes in figures (summary.c) ------------------------------------- */

/* Ratios, times over the fastest one's at a shape, over several shapes. */
typedef struct cli_figures {
    size_t count;     /* of shapes that are known */
    size_t rough;     /* of those, where it was dropped: a rough figure */
    double mean;      /* geometric; 0: none is known */
    double worst;     /* the highest */
    size_t worst_at;  /* at this shape */
    bool worst_rough; /* ... and dropped there */
} cli_figures;

typedef struct cli_variant {
    const char *name;  /* borrowed from a report */
    size_t picks;      /* shapes where it is the pick */
    size_t dispatched; /* shapes where the policy runs it */
    cli_figures figures;
} cli_variant;

typedef struct cli_summary {
    size_t shapes; /* of which there is something to tell */
    cli_variant *variants;
    size_t variant_count;
    /* The variant that is best for all shapes: of those that have a time wherever
     * one has, the one with the lowest mean. The count: there is none. */
    size_t one;
    size_t origins[MK_FROM_NEAREST + 1]; /* picks by how they came about */
    cli_figures regret;                  /* of the policy's picks */
} cli_summary;

/* Returns an exit status. Freed in any case. */
int cli_summary_make(cli_summary *summary, const cli_survey *survey);
void cli_summary_free(cli_summary *summary);

/* Whether there is anything to tell of a shape. */
bool cli_result_is_telling(const cli_result *result);

/* The candidate of that name in a report; NULL: there is none, or no report. */
const mk_candidate *cli_candidate(const mk_report *report, const char *name);

/* What the policy chose, among all variants; NULL where it is not known. */
const mk_candidate *cli_dispatched(const cli_result *result);

/* ---- All shapes as a table (matrix.c) -------------------------------------- */

/* Prints shapes down and variants across. On a page that is too narrow, variants go
 * by letters, which is told. Returns an exit status. */
int cli_matrix_print(const cli_survey *survey, const cli_summary *summary,
                     bool *by_letter);

/* Fills `text` with the letters of variant `i`: a, b, ... z, aa, ab, ... */
enum {
    CLI_LETTER_SIZE = 64
};
void cli_variant_letter(char text[CLI_LETTER_SIZE], size_t i);

/* Fills `text` with a ratio of three digits or more: "1.02", "~15.3", "494"; "-"
 * for 0. */
enum {
    CLI_RATIO_SIZE = 32
};
const char *cli_ratio(char text[CLI_RATIO_SIZE], bool rough, double ratio);

/* ---- The summary in words (conclusion.c) ----------------------------------- */

/* Prints matrix and summary, where there is more than one shape to tell of; `apart`
 * by an empty line. Returns an exit status. */
int cli_survey_print(const cli_survey *survey, bool apart);

#endif

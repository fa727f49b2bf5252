/* Emitting C from the files of a command line. */
#ifndef MULTIKERNEL_CLI_EMIT_H
#define MULTIKERNEL_CLI_EMIT_H

#include "json.h"

/* A file to emit from: a definition or a program. */
typedef struct cli_source {
    const char *path;
    const char *name;
    char *id; /* as an identifier, after which what is emitted is named */
    mk_definition *definition; /* NULL: it is a program */
    mk_program *program;
} cli_source;

typedef struct cli_emission {
    cli_settings settings;       /* first: options.c sees no more of it */
    const struct cli_kind *kind; /* what is emitted */
    const char *folder;
    mk_emit_options options;
    const char **choice_paths; /* of all --choices */
    size_t choice_path_count;
    mk_choices **choices; /* read from them, `options.choice_count` */
    cli_record record;    /* of what is chosen now; kept if it has a path */
    cli_source *sources;
    size_t count;
} cli_emission;

/* What can be emitted. */
struct cli_kind {
    const char *name;  /* "dispatcher" */
    const char *input; /* "definition": what it is emitted from */
    int (*load)(const cli_emission *emission, cli_source *source);
    int (*emit)(const cli_emission *emission, const cli_source *source,
                mk_emitted **emitted);
};

/* By place; NULL behind the last. */
const struct cli_kind *cli_kind_at(size_t i);

/* Loads all sources, and refuses those whose files would be the same. Returns an
 * exit status. */
int cli_sources_load(cli_emission *emission, char *const *paths, size_t count);
void cli_sources_free(cli_emission *emission);

/* "jit", "aot" */
const char *cli_pass_name(mk_pass pass);

/* Tells what was emitted from a source. */
int cli_print_emitted(const cli_emission *emission, const cli_source *source,
                      const mk_emitted *emitted);
/* The same as an entry of --json; one that failed (`emitted` is NULL) has the
 * library's last error. */
json_t *cli_json_emitted(const cli_emission *emission, const cli_source *source,
                         const mk_emitted *emitted);

#endif

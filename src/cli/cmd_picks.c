/* multikernel picks: what is stored. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"

static const char help[] =
    "Usage: multikernel picks list [--json]\n"
    "       multikernel picks show KEY [--json]\n"
    "       multikernel picks clear KEY|--all [--objects]\n"
    "\n"
    "Lists the stored picks, shows one and why it is the pick, or removes one or\n"
    "all of them. KEY is a pick's key, or its first characters if no other key\n"
    "begins so.\n"
    "\n"
    "Options:\n"
    "  --all       Remove all picks of the cache folder\n"
    "  --objects   Remove the compiled kernels, too\n"
    "  --json      Print one JSON object\n"
    "  -h, --help  Print this help\n";

static const struct option options[] = {
    { "all", no_argument, NULL, CLI_OPTION_ALL },
    { "objects", no_argument, NULL, CLI_OPTION_OBJECTS },
    { "json", no_argument, NULL, CLI_OPTION_JSON },
    { "help", no_argument, NULL, CLI_OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

/* The first characters of a key stand for it in a table. */
enum {
    SHORT_KEY = 12
};

struct request {
    const char *key; /* NULL: none given */
    bool all;
    bool objects;
    bool json;
};

/* ---- In JSON --------------------------------------------------------------- */

static json_t *json_stored(const mk_stored_pick *pick, const char *problem)
{
    if (problem != NULL)
        return json_pack("{s:s, s:o, s:o}", "key", pick->key, "file",
                         cli_json_text(pick->file), "problem",
                         cli_json_text(problem));
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:{s:o, s:I, s:f, s:o}}",
        "key", pick->key, "file", cli_json_text(pick->file), "definition",
        cli_json_text(pick->multi), "date", cli_json_text(pick->date),
        "version", cli_json_text(pick->version), "shapes",
        cli_json_text(pick->shapes), "policy", cli_json_text(pick->policy),
        "fingerprint", cli_json_fingerprint(pick->device), "variants",
        cli_json_variants(pick->candidates, pick->count), "pick", "name",
        cli_json_text(pick->candidates[pick->pick].name), "index",
        (json_int_t)pick->pick, "tuning_ms", pick->tuning_ms, "reason",
        cli_json_text(pick->reason));
}

static void add_part(void *context, const char *part, const char *text)
{
    (void)json_object_set_new(context, part, cli_json_text(text));
}

/* Adds to the document's only entry how the pick was decided, in figures and in
 * words. */
static int explain_entry(json_t *document, const mk_stored_pick *pick)
{
    json_t *entry = json_array_get(json_object_get(document, "picks"), 0);
    json_t *parts = json_object();
    int exit_status;

    if (pick->explained)
        (void)json_object_set_new(
            entry, "how",
            json_pack("{s:b, s:f, s:f, s:b}", "inline", pick->from_calls,
                      "tie_margin", pick->tie_margin, "budget_ms",
                      pick->budget_ms, "isolated", pick->isolated));
    exit_status = cli_explain(pick, add_part, parts);
    (void)json_object_set_new(entry, "explanation", parts);
    return exit_status;
}

static int append_json(void *context, const mk_stored_pick *pick,
                       const char *problem)
{
    cli_json_append(context, "picks", json_stored(pick, problem));
    return MK_OK;
}

/* ---- list ------------------------------------------------------------------ */

static int add_row(void *context, const mk_stored_pick *pick,
                   const char *problem)
{
    cli_table *table = context;
    char time[CLI_TIME_SIZE];

    cli_table_row(table, false);
    cli_table_cell(table, "%.*s", SHORT_KEY, pick->key);
    if (problem != NULL) {
        cli_table_cell(table, "unusable: %s", problem);
        return MK_OK;
    }
    cli_table_cell(table, "%s", pick->multi);
    cli_table_cell(table, "%s", pick->shapes);
    cli_table_cell(table, "%s", pick->candidates[pick->pick].name);
    cli_table_cell(table, "%s",
                   cli_time(time, pick->candidates[pick->pick].time_ns));
    cli_table_cell(table, "%.10s", pick->date); /* the day */
    return MK_OK;
}

/* By multi-kernel, then by shapes, numbers by their value; unusable files last. */
static int compare_rows(const cli_row *a, const cli_row *b)
{
    bool a_usable = a->count > 2, b_usable = b->count > 2;
    int order = (int)b_usable - (int)a_usable;

    for (size_t i = 1; a_usable && b_usable && order == 0 && i <= 2; ++i)
        order = strverscmp(a->cells[i].text, b->cells[i].text);
    return order != 0 ? order : strcmp(a->cells[0].text, b->cells[0].text);
}

static int print_empty(void)
{
    char *folder = mk_store_folder();

    printf("no stored picks in %s\n", folder != NULL ? folder : "?");
    free(folder);
    return CLI_DONE;
}

static int list_json(void)
{
    json_t *document = json_pack("{s:i, s:[]}", "multikernel", 1, "picks");
    int exit_status = cli_report_error(mk_store_visit(append_json, &document));

    if (exit_status == CLI_DONE)
        return cli_json_finish(document);
    json_decref(document);
    return exit_status;
}

static int list(const struct request *request)
{
    static const cli_column columns[] = {
        { "key", false },  { "multi-kernel", false }, { "shapes", false },
        { "pick", false }, { "time", true },          { "date", false },
    };
    cli_table table;
    int exit_status;

    if (request->key != NULL || request->all || request->objects)
        return cli_usage_error("picks",
                               "list takes no key, --all or --objects");
    if (request->json)
        return list_json();
    cli_table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    table.narrowed = 2;
    exit_status = cli_report_error(mk_store_visit(add_row, &table));
    if (exit_status == CLI_DONE && table.row_count == 0 && !table.no_memory)
        return print_empty();
    cli_table_sort(&table, compare_rows);
    return cli_worse(exit_status, cli_table_finish(&table));
}

/* ---- show ------------------------------------------------------------------ */

/* Keys that begin with a prefix, each once, line by line. */
struct matches {
    const char *prefix;
    char *first; /* the first of them, NULL if there is none */
    char *lines;
    size_t count;
    bool json;
};

/* A pick in the system-wide folder may have the key of one in the user's. */
static int match(void *context, const mk_stored_pick *pick, const char *problem)
{
    struct matches *matches = context;
    char *lines;

    (void)problem;
    if (strncmp(pick->key, matches->prefix, strlen(matches->prefix)) != 0 ||
        (matches->lines != NULL && strstr(matches->lines, pick->key) != NULL))
        return MK_OK;
    if (asprintf(&lines, "%s\n  %s",
                 matches->lines != NULL ? matches->lines : "", pick->key) < 0)
        return MK_ERROR_NO_MEMORY;
    free(matches->lines);
    matches->lines = lines;
    if (matches->count++ == 0)
        matches->first = strdup(pick->key);
    return matches->first != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

static void print_part(void *context, const char *part, const char *text)
{
    (void)context;
    cli_print_field(part, "%s", text);
}

static int print_pick(const mk_stored_pick *pick)
{
    int exit_status;

    cli_print_field("key", "%s", pick->key);
    cli_print_field("name", "%s", pick->multi);
    cli_print_field("shapes", "%s", pick->shapes);
    cli_print_field("policy", "%s", pick->policy);
    cli_print_field("date", "%s", pick->date);
    cli_print_field("version", "%s", pick->version);
    cli_print_fingerprint(pick->device);
    putchar('\n');
    exit_status =
        cli_print_candidates(pick->candidates, pick->count, pick->pick, false);
    putchar('\n');
    cli_print_field("pick", "%s", pick->candidates[pick->pick].name);
    cli_print_field("why", "%s", pick->reason);
    exit_status = cli_worse(exit_status, cli_explain(pick, print_part, NULL));
    cli_print_field("tuning", "%.1f ms", pick->tuning_ms);
    cli_print_field("file", "%s", pick->file);
    return exit_status;
}

/* What `show_first` returns to end the visit. */
enum {
    SHOWN = -1,
    SHOWN_PROBLEM = -2
};

static int show_first(void *context, const mk_stored_pick *pick,
                      const char *problem)
{
    const struct matches *matches = context;
    json_t *document;
    int exit_status;

    if (strcmp(pick->key, matches->first) != 0)
        return MK_OK;
    if (matches->json) {
        document = json_pack("{s:i, s:[]}", "multikernel", 1, "picks");
        append_json(&document, pick, problem);
        exit_status =
            problem == NULL ? explain_entry(document, pick) : CLI_DONE;
        exit_status = cli_worse(exit_status, cli_json_finish(document));
    } else if (problem != NULL) {
        cli_message("%s: %s", pick->file, problem);
        exit_status = CLI_FAILED;
    } else {
        exit_status = print_pick(pick);
    }
    return exit_status == CLI_DONE ? SHOWN : SHOWN_PROBLEM;
}

static int show(const struct request *request)
{
    struct matches matches = { .prefix = request->key, .json = request->json };
    int exit_status;
    int status;

    if (request->key == NULL || request->all || request->objects)
        return cli_usage_error("picks", "show takes a key and no option but "
                                        "--json");
    status = mk_store_visit(match, &matches);
    if (status != MK_OK) {
        exit_status = cli_report_error(status);
    } else if (matches.count == 0) {
        cli_message("no stored pick's key begins with '%s'; 'multikernel picks "
                    "list' lists them",
                    matches.prefix);
        exit_status = CLI_WRONG_INPUT;
    } else if (matches.count > 1) {
        cli_message("several keys begin with '%s':%s", matches.prefix,
                    matches.lines);
        exit_status = CLI_WRONG_INPUT;
    } else {
        status = mk_store_visit(show_first, &matches);
        exit_status = status == SHOWN           ? CLI_DONE
                      : status == SHOWN_PROBLEM ? CLI_FAILED
                                                : cli_report_error(status);
    }
    free(matches.first);
    free(matches.lines);
    return exit_status;
}

/* ---- clear ----------------------------------------------------------------- */

static int clear(const struct request *request)
{
    size_t removed = 0;
    int exit_status;

    if ((request->key != NULL) == request->all || request->json)
        return cli_usage_error("picks", "clear takes a key, or --all to remove "
                                        "all picks");
    exit_status = cli_report_error(
        mk_store_clear(request->key, request->objects, &removed));
    if (exit_status == CLI_DONE)
        printf("removed %zu %s%s\n", removed, removed == 1 ? "pick" : "picks",
               request->objects ? " and the compiled kernels" : "");
    return exit_status;
}

/* ---- The command ----------------------------------------------------------- */

static const struct {
    const char *name;
    int (*run)(const struct request *request);
} actions[] = { { "list", list }, { "show", show }, { "clear", clear } };

int cli_cmd_picks(int argc, char **argv)
{
    struct request request = { 0 };
    int option;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case CLI_OPTION_HELP:
            fputs(help, stdout);
            return CLI_DONE;
        case CLI_OPTION_ALL:
            request.all = true;
            break;
        case CLI_OPTION_OBJECTS:
            request.objects = true;
            break;
        case CLI_OPTION_JSON:
            request.json = true;
            break;
        default:
            return cli_try_help("picks");
        }
    }
    if (optind == argc)
        return cli_usage_error("picks", "one of list, show and clear is "
                                        "missing");
    if (argc - optind > 2)
        return cli_usage_error("picks", "%s takes one key", argv[optind]);
    request.key = argv[optind + 1]; /* argv ends with a NULL */
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); ++i)
        if (strcmp(argv[optind], actions[i].name) == 0)
            return actions[i].run(&request);
    return cli_usage_error("picks", "expected list, show or clear, got '%s'",
                           argv[optind]);
}

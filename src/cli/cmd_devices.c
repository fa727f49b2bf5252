/* multikernel devices: back ends, devices and fingerprints. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"

static const char help[] =
    "Usage: multikernel devices [OPTION]...\n"
    "\n"
    "Lists the devices kernels can run on, the back ends that run them there, and\n"
    "each device's fingerprint: what a stored pick holds for. Where a back end has\n"
    "no device, says what is missing.\n"
    "\n"
    "Options:\n"
    "  --json      Print one JSON object\n"
    "  -h, --help  Print this help\n";

static const struct option options[] = {
    { "json", no_argument, NULL, CLI_OPTION_JSON },
    { "help", no_argument, NULL, CLI_OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

static bool has(const mk_backend *backend, const mk_device *device)
{
    const mk_device *const *list;
    size_t count;

    if (cli_devices(backend, &list, &count) != MK_OK)
        return false;
    for (size_t i = 0; i < count; ++i)
        if (list[i] == device)
            return true;
    return false;
}

/* Whether a back end before this one has the device too. */
static bool is_known(const mk_backend *const *backend, const mk_device *device)
{
    for (const mk_backend *const *all = mk_backends(); all != backend; ++all)
        if (has(*all, device))
            return true;
    return false;
}

static void print_device(const mk_device *device)
{
    const char *separator = "back ends: ";

    cli_print_device(stdout, device);
    printf("\n");
    for (const mk_backend *const *all = mk_backends(); *all != NULL; ++all) {
        if (!has(*all, device))
            continue;
        printf("%s%s", separator, (*all)->name);
        separator = ", ";
    }
    printf("\n");
    cli_print_fingerprint(cli_fingerprint(device));
}

/* "cuda: no NVIDIA driver: ..." */
static int print_missing(const mk_backend *backend)
{
    char *note;

    if (asprintf(&note, "%s: %s", backend->name, mk_last_error()->message) < 0)
        return cli_no_memory();
    cli_print_note(note);
    free(note);
    return CLI_DONE;
}

static int print_devices(void)
{
    const mk_backend *const *all = mk_backends();
    const char *between = "";
    int exit_status = CLI_DONE;

    for (const mk_backend *const *backend = all; *backend != NULL; ++backend) {
        const mk_device *const *list;
        size_t count;
        int status = cli_devices(*backend, &list, &count);

        if (status != MK_OK) {
            fputs(between, stdout);
            exit_status = cli_worse(exit_status, print_missing(*backend));
            continue;
        }
        for (size_t i = 0; i < count; ++i) {
            if (is_known(backend, list[i]))
                continue;
            fputs(between, stdout);
            print_device(list[i]);
            between = "\n";
        }
    }
    return exit_status;
}

/* An entry for each device of a back end, or one that says why it has none. */
static void append_devices(json_t **document, const mk_backend *backend)
{
    const mk_device *const *list;
    size_t count;

    if (cli_devices(backend, &list, &count) != MK_OK) {
        cli_json_append(document, "devices",
                        json_pack("{s:s, s:o}", "backend", backend->name,
                                  "missing",
                                  cli_json_text(mk_last_error()->message)));
        return;
    }
    for (size_t i = 0; i < count; ++i)
        cli_json_append(document, "devices",
                        cli_json_device(backend->name, list[i]));
}

static int print_json(void)
{
    json_t *document = json_pack("{s:i, s:[]}", "multikernel", 1, "devices");

    for (const mk_backend *const *all = mk_backends(); *all != NULL; ++all)
        append_devices(&document, *all);
    return cli_json_finish(document);
}

int cli_cmd_devices(int argc, char **argv)
{
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case CLI_OPTION_HELP:
            fputs(help, stdout);
            return CLI_DONE;
        case CLI_OPTION_JSON:
            json = true;
            break;
        default:
            return cli_try_help("devices");
        }
    }
    if (optind < argc)
        return cli_usage_error("devices", "devices takes no argument");
    return json ? print_json() : print_devices();
}

/* multikernel devices: back ends, devices and fingerprints. */
#include <string.h>

#include "cli.h"
#include "json.h"

static const char help[] =
    "Usage: multikernel devices [OPTION]...\n"
    "\n"
    "Lists the devices kernels can run on, the back ends that run them there, and\n"
    "each device's fingerprint: what a stored pick holds for.\n"
    "\n"
    "Options:\n"
    "  --json      Print one JSON object\n"
    "  -h, --help  Print this help\n";

static const struct option options[] = {
    { "json", no_argument, NULL, CLI_OPTION_JSON },
    { "help", no_argument, NULL, CLI_OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

/* Whether an earlier back end has the device of `*backend`. */
static bool is_known(const mk_backend *const *backend)
{
    for (const mk_backend *const *all = mk_backends(); all != backend; ++all)
        if ((*all)->device == (*backend)->device)
            return true;
    return false;
}

static void print_device(const mk_backend *const *backend)
{
    const char *separator = "back ends: ";

    cli_print_device(stdout, *backend);
    printf("\n");
    for (const mk_backend *const *all = backend; *all != NULL; ++all) {
        if ((*all)->device != (*backend)->device)
            continue;
        printf("%s%s", separator, (*all)->name);
        separator = ", ";
    }
    printf("\n");
    cli_print_fingerprint(cli_fingerprint(*backend));
}

static int print_devices(void)
{
    const mk_backend *const *all = mk_backends();

    for (const mk_backend *const *backend = all; *backend != NULL; ++backend) {
        if ((*backend)->device == NULL || is_known(backend))
            continue;
        if (backend != all)
            putchar('\n');
        print_device(backend);
    }
    return CLI_DONE;
}

static int print_json(void)
{
    json_t *document = json_pack("{s:i, s:[]}", "multikernel", 1, "devices");

    for (const mk_backend *const *all = mk_backends(); *all != NULL; ++all)
        cli_json_append(&document, "devices", cli_json_device((*all)->name));
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

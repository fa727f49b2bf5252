/* multikernel: the program. Finds the command and hands over to it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const struct {
    const char *name;
    cli_command *run;
    const char *help;
} commands[] = {
    { "run", cli_cmd_run, "Compile, pick, run and say why" },
    { "tune", cli_cmd_tune, "Fill the store of picks ahead of time" },
    { "picks", cli_cmd_picks, "List, show and clear stored picks" },
    { "emit", cli_cmd_emit, "Write C: a typed function, or a whole program" },
    { "devices", cli_cmd_devices, "Back ends, devices and fingerprints" },
};

enum {
    COMMAND_COUNT = sizeof(commands) / sizeof(commands[0])
};

static char program[] = "multikernel";

static int print_help(void)
{
    puts("Usage: multikernel COMMAND [OPTION]... [ARGUMENT]...\n"
         "\n"
         "Holds several kernels that compute the same thing behind one call:\n"
         "times them, runs the fastest, and remembers the pick.\n"
         "\n"
         "Commands:");
    for (size_t i = 0; i < COMMAND_COUNT; ++i)
        printf("  %-9s %s\n", commands[i].name, commands[i].help);
    puts("\n"
         "'multikernel help COMMAND' tells a command's options; 'man\n"
         "multikernel' tells the files and environment variables.\n"
         "\n"
         "Options:\n"
         "  -h, --help  Print this help\n"
         "  --version   Print the version");
    return CLI_DONE;
}

static int print_version(void)
{
    printf("multikernel %s\n", mk_version());
    return CLI_DONE;
}

/* argv[0] is the command's name. */
static int run_command(int argc, char **argv)
{
    for (size_t i = 0; i < COMMAND_COUNT; ++i) {
        if (strcmp(argv[0], commands[i].name) != 0)
            continue;
        argv[0] = program;
        return commands[i].run(argc, argv);
    }
    return cli_usage_error(NULL, "there is no command '%s'", argv[0]);
}

static int help(int argc, char **argv)
{
    static char option[] = "--help";

    if (argc == 2)
        return print_help();
    if (argc > 3)
        return cli_usage_error(NULL, "help takes one command");
    return run_command(2, (char *[]){ argv[2], option, NULL });
}

static int dispatch(int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : NULL;

    if (first == NULL)
        return cli_usage_error(NULL, "a command is missing");
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
        return print_help();
    if (strcmp(first, "--version") == 0)
        return print_version();
    if (strcmp(first, "help") == 0)
        return help(argc, argv);
    if (first[0] == '-')
        return cli_usage_error(NULL, "unrecognized option '%s'", first);
    return run_command(argc - 1, argv + 1);
}

/* A closed standard stream would be the number of the next file opened, and
 * our output would go into that file. Opened in the wrong direction, writing
 * to it stays the error it is. */
static void occupy_standard_streams(void)
{
    int file;

    do
        file = open("/dev/null", O_RDONLY);
    while (file >= 0 && file <= 2);
    if (file > 2)
        close(file);
}

int main(int argc, char **argv)
{
    int exit_status;

    occupy_standard_streams();
    exit_status = dispatch(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_message("the output could not be written: %s", strerror(errno));
        exit_status = exit_status != CLI_DONE ? exit_status : CLI_FAILED;
    }
    return exit_status;
}

/* What goes to stderr, and the exit status that goes with it. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

__attribute__((format(printf, 1, 0))) static void
print_message(const char *format, va_list list)
{
    fflush(stdout); /* what was said before comes before */
    fputs("multikernel: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
}

void cli_message(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    print_message(format, list);
    va_end(list);
}

int cli_try_help(const char *command)
{
    fprintf(stderr, "Try 'multikernel %s%s--help'.\n",
            command != NULL ? command : "", command != NULL ? " " : "");
    return CLI_WRONG_INPUT;
}

int cli_usage_error(const char *command, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    print_message(format, list);
    va_end(list);
    return cli_try_help(command);
}

/* Says what the library's last error was, unless that was said just before: the
 * shapes of a grid fail alike. */
static void say_error(int status)
{
    static char said[1024];
    const char *message = mk_last_error()->message;
    const char *text = message[0] != '\0' ? message : mk_status_text(status);

    if (strncmp(text, said, sizeof(said) - 1) == 0)
        return;
    snprintf(said, sizeof(said), "%s", text);
    cli_message("%s", text);
}

int cli_report_error(int status)
{
    /* Whose fault it is: these are the input's. */
    static const bool wrong_input[] = {
        [MK_ERROR_ARGUMENT] = true,   [MK_ERROR_INVALID] = true,
        [MK_ERROR_DEFINITION] = true, [MK_ERROR_IO] = true,
        [MK_ERROR_NOT_FOUND] = true,  [MK_ERROR_CONFLICT] = true,
    };

    if (status == MK_OK)
        return CLI_DONE;
    say_error(status);
    if (status > 0 && (size_t)status < sizeof(wrong_input) &&
        wrong_input[status])
        return CLI_WRONG_INPUT;
    return CLI_FAILED;
}

int cli_no_memory(void)
{
    cli_message("%s", mk_status_text(MK_ERROR_NO_MEMORY));
    return CLI_FAILED;
}

bool cli_is_terminal(FILE *stream)
{
    const char *terminal = getenv("TERM");

    return isatty(fileno(stream)) && terminal != NULL &&
           strcmp(terminal, "dumb") != 0;
}

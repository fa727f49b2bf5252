#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

/* Often enough to look alive, too rare to disturb the timing. */
enum {
    REFRESH_MS = 100
};

/* To the line's begin, and erase it. */
static const char erase[] = "\r\033[K";

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Shows `line`, cut to the terminal's width: a wrapped line can't be erased. */
static void show(char *line)
{
    struct winsize window;
    size_t width = 80;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1)
        width = window.ws_col;
    if (strlen(line) >= width)
        line[width - 1] = '\0';
    fprintf(stderr, "%s%s", erase, line);
    fflush(stderr);
}

void cli_progress_start(cli_progress *progress, const char *title)
{
    char line[512];

    *progress = (cli_progress){ 0 };
    /* Log lines would run into the progress line. */
    if (!cli_is_terminal(stderr) || getenv("MULTIKERNEL_LOG") != NULL)
        return;
    progress->title = title;
    fflush(stdout);
    snprintf(line, sizeof(line), "%s: compiling ...", title);
    show(line);
}

void cli_progress_step(void *context, const char *kernel, double fraction)
{
    cli_progress *progress = context;
    int64_t now = now_ms();
    char line[512];

    if (progress->title == NULL || now - progress->shown_ms < REFRESH_MS)
        return;
    progress->shown_ms = now;
    snprintf(line, sizeof(line), "%s: %3.0f %% timing %s", progress->title,
             100 * fraction, kernel);
    show(line);
}

void cli_progress_stop(cli_progress *progress)
{
    if (progress->title != NULL)
        fputs(erase, stderr);
    progress->title = NULL;
}

/* Lines of text on a page. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"

enum {
    LABEL_WIDTH = 11,
    NOTE_INDENT = 4,
    PAGE_WIDTH = 80
};

size_t cli_page_width(void)
{
    struct winsize window;

    if (!isatty(STDOUT_FILENO))
        return SIZE_MAX;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col < 20)
        return PAGE_WIDTH;
    return window.ws_col;
}

/* Prints words from column `column` on, and further lines from column `indent`
 * on, no wider than `width`; no word is ever broken. */
static void print_wrapped(const char *text, size_t column, size_t indent,
                          size_t width)
{
    bool first = true; /* word of its line */

    while (*text != '\0') {
        size_t blanks = strspn(text, " ");
        size_t length = strcspn(text + blanks, " ");

        if (!first && column + blanks + length > width) {
            printf("\n%*s", (int)indent, "");
            column = indent;
            text += blanks;
            blanks = 0;
        }
        printf("%.*s", (int)(blanks + length), text);
        column += blanks + length;
        text += blanks + length;
        first = false;
    }
    putchar('\n');
}

void cli_print_field(const char *label, const char *format, ...)
{
    int blanks = LABEL_WIDTH - 2 - (int)strlen(label);
    char *text = NULL;
    va_list list;

    va_start(list, format);
    if (vasprintf(&text, format, list) < 0)
        text = NULL;
    va_end(list);
    printf("%s: %*s", label, blanks > 0 ? blanks : 0, "");
    print_wrapped(text != NULL ? text : mk_status_text(MK_ERROR_NO_MEMORY),
                  LABEL_WIDTH, LABEL_WIDTH, PAGE_WIDTH);
    free(text);
}

void cli_print_note(const char *text)
{
    print_wrapped(text, 0, NOTE_INDENT, cli_page_width());
}

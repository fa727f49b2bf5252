#include "emit/mark.h"

#include <string.h>

#include <multikernel/error.h>

#define EMITTED ": emitted by multikernel "
#define FROM    " from "

void mk__comment_add(struct mk__str *text, const char *what)
{
    for (; *what != '\0'; ++what) {
        bool plain = (unsigned char)*what >= 32 && *what != 127 &&
                     !(*what == '*' && what[1] == '/');

        mk__str_addn(text, plain ? what : "?", 1);
    }
}

void mk__mark_add(struct mk__str *text, const char *comment, const char *name,
                  const char *from)
{
    bool c = strcmp(comment, "/*") == 0;

    mk__str_addf(text,
                 "%s %s" EMITTED "%s" FROM "%s.\n"
                 "%s What is changed here is lost when it is emitted anew.%s\n",
                 comment, name, mk_version(), from, c ? " *" : comment,
                 c ? " */" : "");
}

/* What the text tells that it was emitted from, up to the end of its line; NULL: it
 * has no mark. */
static const char *find_from(const char *text, const char *comment,
                             const char *name)
{
    const char *const parts[] = { comment, " ", name, EMITTED };
    const char *from;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); ++i) {
        if (strncmp(text, parts[i], strlen(parts[i])) != 0)
            return NULL;
        text += strlen(parts[i]);
    }
    from = strstr(text, FROM);
    if (from == NULL || from > text + mk__line_length(text))
        return NULL;
    return from + strlen(FROM);
}

bool mk__mark_is(const char *text, const char *comment, const char *name,
                 const char *from)
{
    const char *told = find_from(text, comment, name);
    size_t length = strlen(from);

    return told != NULL && strncmp(told, from, length) == 0 &&
           strncmp(told + length, ".\n", 2) == 0;
}

/* Adds at most so many characters of a line. */
static void add_line(struct mk__str *out, const char *line, size_t most)
{
    char part[256];
    size_t length = mk__line_length(line);

    length = length < most ? length : most;
    length = length < sizeof(part) ? length : sizeof(part) - 1;
    memcpy(part, line, length);
    part[length] = '\0';
    mk__comment_add(out, part);
}

void mk__mark_tell(struct mk__str *out, const char *text, const char *comment,
                   const char *name)
{
    const char *from = find_from(text, comment, name);

    if (from != NULL) {
        mk__str_add(out, "it says that it was emitted from ");
        add_line(out, from, mk__line_length(from) - 1);
    } else {
        mk__str_add(out, "it begins with '");
        add_line(out, text, 60);
        mk__str_add(out, "'");
    }
}

/* C text, laid out as a formatter would: 80 columns, 4 a level. */
#ifndef MULTIKERNEL_EMIT_WRITER_H
#define MULTIKERNEL_EMIT_WRITER_H

#include "base/arena.h"
#include "base/str.h"

#define MK__WRITER_WIDTH 80

/* Formatted text in the arena; NULL without memory. */
const char *mk__write_text(struct mk__arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same letters, large: for an include guard. */
const char *mk__write_upper(struct mk__arena *arena, const char *text);

/* What stands between parentheses or braces, one after the other. */
struct mk__items {
    struct mk__arena *arena;
    const char **list;
    size_t count;
    size_t room;
    const char *between; /* NULL: a comma */
    bool failed;         /* for want of memory: sticks */
};

void mk__items_add(struct mk__items *items, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds the NULL that ends a list of arguments; false without memory. */
bool mk__items_end(struct mk__items *items);

/* "HEAD(a, b, c)TAIL" and the end of the line, `head` with the parenthesis: as many
 * items on a line as fit, the next lines below the first item, or four columns
 * in where one would not fit there, or that makes a call much shorter. Without items `none`
 * stands for them. A head that is NULL, for want of memory, makes `out` fail; so
 * does a text below. */
void mk__write_list(struct mk__str *out, size_t indent, const char *head,
                    const struct mk__items *items, const char *tail,
                    const char *none);

/* The same in braces, for a table: "HEAD{ a, b, c };", on one line if it fits, else
 * an item a line. Nothing without items. */
void mk__write_table(struct mk__str *out, size_t indent, const char *head,
                     const struct mk__items *items);

/* An item a line, each with a comment behind it. */
void mk__write_rows(struct mk__str *out, size_t indent, const char *head,
                    const struct mk__items *items,
                    const struct mk__items *comments);

/* The shortest text that reads back as the same number, as C: "0.1", "64.0". */
const char *mk__write_number(struct mk__arena *arena, double number);

/* "    NAME = TEXT;", TEXT on a line of its own where the two do not fit on one. */
void mk__write_setting(struct mk__str *out, size_t indent, const char *name,
                       const char *text);

/* A comment, wrapped at blanks. */
void mk__write_comment(struct mk__str *out, size_t indent, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));

/* A heading between functions. */
void mk__write_heading(struct mk__str *out, const char *title);

/* A text in quotes, as a C string. */
const char *mk__write_quoted(struct mk__arena *arena, const char *text);

#endif

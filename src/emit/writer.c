#include "emit/writer.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

/* ---- Text ------------------------------------------------------------------- */

__attribute__((format(printf, 2, 0))) static char *
format_in(struct mk__arena *arena, const char *format, va_list args)
{
    char *text = NULL;
    char *kept = NULL;

    if (vasprintf(&text, format, args) >= 0)
        kept = mk__arena_strdup(arena, text);
    else
        mk__error(MK_ERROR_NO_MEMORY, "out of memory (emitting C)");
    free(text);
    return kept;
}

const char *mk__write_text(struct mk__arena *arena, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = format_in(arena, format, args);
    va_end(args);
    return text;
}

const char *mk__write_upper(struct mk__arena *arena, const char *text)
{
    char *upper = mk__arena_strdup(arena, text);

    for (char *c = upper; c != NULL && *c != '\0'; ++c)
        *c = (char)toupper((unsigned char)*c);
    return upper;
}

const char *mk__write_number(struct mk__arena *arena, double number)
{
    char text[40];

    for (int digits = 6; digits <= 17; ++digits) {
        snprintf(text, sizeof(text), "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    return mk__write_text(arena, "%s%s", text,
                          strpbrk(text, ".en") == NULL ? ".0" : "");
}

const char *mk__write_quoted(struct mk__arena *arena, const char *text)
{
    struct mk__str quoted = MK__STR_INIT;
    const char *kept = NULL;

    mk__str_add(&quoted, "\"");
    for (const char *c = text; *c != '\0'; ++c) {
        if (*c == '"' || *c == '\\')
            mk__str_addf(&quoted, "\\%c", *c);
        else if ((unsigned char)*c < 32)
            mk__str_addf(&quoted, "\\%03o", (unsigned)*c);
        else
            mk__str_addn(&quoted, c, 1);
    }
    mk__str_add(&quoted, "\"");
    if (!quoted.failed)
        kept = mk__arena_strdup(arena, quoted.text);
    mk__str_free(&quoted);
    return kept;
}

/* ---- Items ------------------------------------------------------------------- */

static bool make_room(struct mk__items *items)
{
    size_t room = items->room > 0 ? 2 * items->room : 8;
    const char **list;

    if (items->count < items->room)
        return true;
    list = mk__arena_alloc(items->arena, room, sizeof(*list));
    if (list == NULL)
        return false;
    if (items->count > 0)
        memcpy(list, items->list, items->count * sizeof(*list));
    items->list = list;
    items->room = room;
    return true;
}

void mk__items_add(struct mk__items *items, const char *format, ...)
{
    va_list args;
    char *text;

    if (items->failed)
        return;
    va_start(args, format);
    text = format_in(items->arena, format, args);
    va_end(args);
    items->failed = text == NULL || !make_room(items);
    if (!items->failed)
        items->list[items->count++] = text;
}

bool mk__items_end(struct mk__items *items)
{
    if (items->failed || !make_room(items))
        return false;
    items->list[items->count] = NULL;
    return true;
}

/* So many lines less are worth a break behind a call's parenthesis, as clang-format
 * sees it. */
#define MUCH_SHORTER 3

/* ---- Layout ------------------------------------------------------------------- */

static void add_blanks(struct mk__str *out, size_t count)
{
    mk__str_addf(out, "%*s", (int)count, "");
}

/* Columns up to the end of the line; of what memory was out for, 0. */
static size_t width(const char *text)
{
    return text != NULL ? mk__line_length(text) : 0;
}

static const char *between(const struct mk__items *items)
{
    return items->between != NULL ? items->between : ",";
}

/* Whether every item, with what must follow it on the line, fits from `column` on. */
static bool fits(const struct mk__items *items, size_t column, const char *tail)
{
    for (size_t i = 0; i < items->count; ++i) {
        size_t behind =
            i + 1 < items->count ? strlen(between(items)) : width(tail);

        if (column + width(items->list[i]) + behind > MK__WRITER_WIDTH)
            return false;
    }
    return true;
}

static void pack(struct mk__str *out, const struct mk__items *items,
                 size_t column, const char *tail)
{
    size_t at = column;

    for (size_t i = 0; i < items->count; ++i) {
        size_t length = width(items->list[i]);
        size_t behind =
            i + 1 < items->count ? strlen(between(items)) : width(tail);

        if (i > 0 && at + 1 + length + behind > MK__WRITER_WIDTH) {
            mk__str_add(out, "\n");
            add_blanks(out, column);
            at = column;
        } else if (i > 0) {
            mk__str_add(out, " ");
            ++at;
        }
        mk__str_addf(out, "%s%s", items->list[i],
                     i + 1 < items->count ? between(items) : "");
        at += length + behind;
    }
}

/* How many times the line is broken, packed from `column` on. */
static size_t breaks(const struct mk__items *items, size_t column,
                     const char *tail)
{
    size_t at = column, count = 0;

    for (size_t i = 0; i < items->count; ++i) {
        size_t length = width(items->list[i]);
        size_t behind =
            i + 1 < items->count ? strlen(between(items)) : width(tail);

        if (i > 0 && at + 1 + length + behind > MK__WRITER_WIDTH) {
            ++count;
            at = column;
        } else if (i > 0) {
            ++at;
        }
        at += length + behind;
    }
    return count;
}

/* Whether all items, and what follows them, fit on the line from `column` on. */
static bool on_one_line(const struct mk__items *items, size_t column,
                        const char *tail)
{
    for (size_t i = 0; i < items->count; ++i)
        column +=
            width(items->list[i]) + (i > 0 ? strlen(between(items)) + 1 : 0);
    return column + width(tail) <= MK__WRITER_WIDTH;
}

/* "    a =" and on the next line "        f(x, y);", if that is one line. */
static bool break_assignment(struct mk__str *out, size_t indent,
                             const char *head, const struct mk__items *items,
                             const char *tail)
{
    const char *right = strstr(head, " = ");
    size_t column;

    if (right == NULL)
        return false;
    column = indent + 4 + strlen(right + 3);
    if (!on_one_line(items, column, tail))
        return false;
    add_blanks(out, indent);
    mk__str_addn(out, head, (size_t)(right + 2 - head));
    mk__str_add(out, "\n");
    add_blanks(out, indent + 4);
    mk__str_add(out, right + 3);
    pack(out, items, column, tail);
    mk__str_addf(out, "%s\n", tail);
    return true;
}

/* An addition that failed leaves no text at all. */
static bool is_whole(struct mk__str *out, const char *head,
                     const struct mk__items *items)
{
    out->failed = out->failed || head == NULL || items->failed;
    return !out->failed;
}

void mk__write_list(struct mk__str *out, size_t indent, const char *head,
                    const struct mk__items *items, const char *tail,
                    const char *none)
{
    size_t column = indent + width(head);
    bool is_declaration = indent == 0;

    if (!is_whole(out, head, items))
        return;
    if (!on_one_line(items, column, tail) &&
        break_assignment(out, indent, head, items, tail))
        return;
    add_blanks(out, indent);
    mk__str_add(out, head);
    if (items->count == 0) {
        mk__str_add(out, none);
    } else if (fits(items, column, tail) &&
               (is_declaration ||
                breaks(items, column, tail) <
                    breaks(items, indent + 4, tail) + MUCH_SHORTER)) {
        pack(out, items, column, tail);
    } else {
        mk__str_add(out, "\n");
        add_blanks(out, indent + 4);
        pack(out, items, indent + 4, tail);
    }
    mk__str_addf(out, "%s\n", tail);
}

void mk__write_rows(struct mk__str *out, size_t indent, const char *head,
                    const struct mk__items *items,
                    const struct mk__items *comments)
{
    size_t widest = 0;

    if (!is_whole(out, head, items) || !is_whole(out, head, comments))
        return;
    for (size_t i = 0; i < items->count; ++i)
        if (width(items->list[i]) > widest)
            widest = width(items->list[i]);
    add_blanks(out, indent);
    mk__str_addf(out, "%s{\n", head);
    for (size_t i = 0; i < items->count; ++i) {
        add_blanks(out, indent + 4);
        mk__str_addf(out, "%s,%*s /* %s */\n", items->list[i],
                     (int)(widest - width(items->list[i])), "",
                     comments->list[i]);
    }
    add_blanks(out, indent);
    mk__str_add(out, "};\n");
}

void mk__write_table(struct mk__str *out, size_t indent, const char *head,
                     const struct mk__items *items)
{
    size_t length = indent + width(head) + 5;

    if (!is_whole(out, head, items) || items->count == 0)
        return;
    for (size_t i = 0; i < items->count; ++i)
        length += width(items->list[i]) + (i > 0 ? 2 : 0);
    add_blanks(out, indent);
    mk__str_addf(out, "%s{", head);
    if (length <= MK__WRITER_WIDTH) {
        mk__str_add(out, " ");
        pack(out, items, 0, "");
        mk__str_add(out, " };\n");
        return;
    }
    mk__str_add(out, "\n");
    for (size_t i = 0; i < items->count; ++i) {
        add_blanks(out, indent + 4);
        mk__str_addf(out, "%s,\n", items->list[i]);
    }
    add_blanks(out, indent);
    mk__str_add(out, "};\n");
}

void mk__write_setting(struct mk__str *out, size_t indent, const char *name,
                       const char *text)
{
    bool one = indent + width(name) + width(text) + 4 <= MK__WRITER_WIDTH;

    out->failed = out->failed || name == NULL || text == NULL;
    if (out->failed)
        return;
    add_blanks(out, indent);
    mk__str_addf(out, "%s =%s", name, one ? " " : "\n");
    if (!one)
        add_blanks(out, indent + 4);
    mk__str_addf(out, "%s;\n", text);
}

/* ---- Comments ------------------------------------------------------------------ */

/* Words up to the edge; the comment ends behind the last. */
static void wrap(struct mk__str *out, size_t indent, const char *text)
{
    size_t at = indent + 2;

    mk__str_add(out, "/*");
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        size_t closing = text[length] == '\0' ? 3 : 0;

        if (at + 1 + length + closing > MK__WRITER_WIDTH) {
            mk__str_add(out, "\n");
            add_blanks(out, indent);
            mk__str_add(out, " *");
            at = indent + 2;
        }
        mk__str_add(out, " ");
        mk__str_addn(out, text, length);
        at += 1 + length;
        text += length;
        text += strspn(text, " ");
    }
    mk__str_add(out, " */\n");
}

void mk__write_comment(struct mk__str *out, size_t indent, const char *format,
                       ...)
{
    char *text = NULL;
    va_list args;
    int length;

    va_start(args, format);
    length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0) {
        mk__error(MK_ERROR_NO_MEMORY, "out of memory (emitting C)");
        out->failed = true;
        return;
    }
    add_blanks(out, indent);
    wrap(out, indent, text);
    free(text);
}

void mk__write_heading(struct mk__str *out, const char *title)
{
    size_t at = 8 + strlen(title) + 1;

    mk__str_addf(out, "/* ---- %s ", title);
    for (; at + 3 < MK__WRITER_WIDTH; ++at)
        mk__str_add(out, "-");
    mk__str_add(out, " */\n\n");
}

#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static bool reserve(struct mk__str *str, size_t more)
{
    size_t needed = str->length + more + 1;
    size_t capacity = str->capacity > 0 ? str->capacity : 64;
    char *text;

    if (str->failed)
        return false;
    if (needed <= str->capacity)
        return true;
    while (capacity < needed)
        capacity *= 2;
    text = mk__realloc(str->text, capacity);
    if (text == NULL) {
        str->failed = true;
        return false;
    }
    str->text = text;
    str->capacity = capacity;
    return true;
}

void mk__str_addn(struct mk__str *str, const char *text, size_t length)
{
    if (!reserve(str, length))
        return;
    memcpy(str->text + str->length, text, length);
    str->length += length;
    str->text[str->length] = '\0';
}

void mk__str_add(struct mk__str *str, const char *text)
{
    mk__str_addn(str, text, strlen(text));
}

void mk__str_addf(struct mk__str *str, const char *format, ...)
{
    va_list list;
    int length;

    va_start(list, format);
    length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (length < 0 || !reserve(str, (size_t)length))
        return;
    va_start(list, format);
    vsnprintf(str->text + str->length, (size_t)length + 1, format, list);
    va_end(list);
    str->length += (size_t)length;
}

char *mk__str_take(struct mk__str *str)
{
    char *text;

    mk__str_addn(str, "", 0); /* an empty text is a string too */
    text = str->text;
    if (str->failed) {
        free(text);
        text = NULL;
    }
    *str = (struct mk__str)MK__STR_INIT;
    return text;
}

void mk__str_free(struct mk__str *str)
{
    free(str->text);
    *str = (struct mk__str)MK__STR_INIT;
}

size_t mk__line_length(const char *text)
{
    return strcspn(text, "\n");
}

const char *mk__first_error(const char *log)
{
    const char *line = log;

    while (*line != '\0') {
        const char *error = strstr(line, "error:");
        size_t length = mk__line_length(line);

        if (error != NULL && error < line + length)
            return line;
        line += length;
        line += *line == '\n';
    }
    return log;
}

/* Where in a JSON text a value lies. The parser keeps no positions, so the text
 * is scanned again; it is known to be valid by then, and its objects to hold
 * their members in the text's order. */
#include "define/json.h"

#include <string.h>

struct mk__json_place mk__json_place(const struct mk__json_file *file,
                                     size_t offset)
{
    struct mk__json_place place = { 1, 1 };

    for (size_t i = 0; i < offset && i < file->length; ++i) {
        unsigned char byte = (unsigned char)file->text[i];

        if (byte == '\n') {
            ++place.line;
            place.column = 1;
        } else if ((byte & 0xC0) != 0x80) {
            /* The bytes of a character after its first count for nothing. */
            ++place.column;
        }
    }
    return place;
}

static size_t skip_space(const char *text, size_t at)
{
    return at + strspn(text + at, " \t\r\n");
}

/* From the quote that opens a string to behind the one that ends it. */
static size_t skip_string(const char *text, size_t at)
{
    for (++at; text[at] != '"' && text[at] != '\0'; ++at)
        if (text[at] == '\\' && text[at + 1] != '\0')
            ++at;
    return text[at] == '"' ? at + 1 : at;
}

static size_t skip_value(const char *text, size_t at)
{
    size_t depth = 0;

    do {
        at = skip_space(text, at);
        if (text[at] == '\0')
            return at;
        if (text[at] == '"') {
            at = skip_string(text, at);
        } else if (strchr("{[", text[at]) != NULL) {
            ++depth;
            ++at;
        } else if (strchr("}]", text[at]) != NULL) {
            --depth;
            ++at;
        } else if (strchr(",:", text[at]) != NULL) {
            ++at;
        } else {
            at += strcspn(text + at, ",:{}[]\" \t\r\n");
        }
    } while (depth > 0);
    return at;
}

/* The ordinal of the cursor in its parent. */
static size_t ordinal(const struct mk__json *at)
{
    const char *key;
    json_t *value;
    size_t n = 0;

    if (at->key == NULL)
        return at->index;
    json_object_foreach (at->parent->value, key, value) {
        if (strcmp(key, at->key) == 0)
            break;
        ++n;
    }
    return n;
}

/* From a container's bracket to its member number `n`: to the key, or to the
 * value. */
static size_t enter(const char *text, size_t at, size_t n, bool object,
                    bool key)
{
    at = skip_space(text, at + 1);
    for (;; --n) {
        size_t begin = at;

        if (object) {
            at = skip_space(text, skip_string(text, at)); /* to the colon */
            at = skip_space(text, at + 1);
        }
        if (n == 0)
            return key ? begin : at;
        at = skip_space(text, skip_value(text, at)); /* to the comma */
        if (text[at] != ',')
            return begin;
        at = skip_space(text, at + 1);
    }
}

size_t mk__json_offset(const struct mk__json *at, bool key)
{
    const struct mk__json *way[MK__JSON_DEPTH];
    const char *text = at->file->text;
    size_t depth = 0;
    size_t offset;

    if (text == NULL)
        return 0;
    for (const struct mk__json *up = at; up->parent != NULL; up = up->parent)
        ++depth;
    for (; depth > MK__JSON_DEPTH; --depth)
        at = at->parent;
    for (size_t d = depth; d > 0; --d, at = at->parent)
        way[d - 1] = at;

    offset = skip_space(text, 0);
    for (size_t d = 0; d < depth; ++d) {
        /* A key that is not there is missed where it should be. */
        if (way[d]->value == NULL)
            break;
        offset = enter(text, offset, ordinal(way[d]), way[d]->key != NULL,
                       key && d + 1 == depth);
    }
    return offset;
}

/* Bytes of UTF-8 that the escape at `escape` stands for. Each half of a
 * surrogate pair counts for two of the pair's four. */
static size_t escape_width(const char *escape)
{
    unsigned code = 0;

    if (escape[1] != 'u')
        return 1;
    for (int i = 2; i < 6; ++i) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *digit =
            escape[i] != '\0' ? strchr(digits, escape[i]) : NULL;

        if (digit == NULL)
            return 1;
        code = code * 16 + (unsigned)(digit - digits) % 16;
    }
    if (code >= 0xD800 && code < 0xE000)
        return 2;
    return code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
}

size_t mk__json_inside(const char *text, size_t begin, size_t inside)
{
    size_t at = begin + 1;

    for (size_t done = 0; done < inside && text[at] != '"';) {
        if (text[at] == '\0')
            break;
        if (text[at] != '\\') {
            ++at;
            ++done;
            continue;
        }
        done += escape_width(text + at);
        at += text[at + 1] == 'u' ? 6 : 2;
    }
    return at;
}

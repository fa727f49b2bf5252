/* Code emitted into a folder, to look at its text. */
#ifndef MULTIKERNEL_TESTS_EMIT_EMIT_BED_H
#define MULTIKERNEL_TESTS_EMIT_EMIT_BED_H

#include "define/folder.h"

#include <multikernel/emit.h>

/* A kernel `move` in the file k.c: y = x, in as many ways as there are variants. */
static const char move_source[] =
    "#include <stdint.h>\n"
    "void move(const float *x, float *y, int64_t n)\n"
    "{\n"
    "    for (int64_t i = 0; i < n; ++i)\n"
    "        y[i] = x[i];\n"
    "}\n"
    "void backwards(float *y, const float *x, int64_t n)\n"
    "{\n"
    "    while (n-- > 0)\n"
    "        y[n] = x[n];\n"
    "}\n"
    "void kept(const float *x, float *y, int64_t n, uint8_t *room)\n"
    "{\n"
    "    for (int64_t i = 0; i < n; ++i)\n"
    "        ((float *)(void *)room)[i] = x[i];\n"
    "    move((const float *)(const void *)room, y, n);\n"
    "}\n"
    "void steps(const float *x, float *y, int64_t n, int64_t tiles)\n"
    "{\n"
    "    (void)tiles;\n"
    "    move(x, y, n);\n"
    "}\n";

#define PLAIN "{\"name\": \"plain\", \"entry\": \"move\"}"
#define OTHER "{\"name\": \"other\", \"entry\": \"move\"}"
#define AVX2                                                                   \
    "{\"name\": \"avx2\", \"entry\": \"move\", "                               \
    "\"requires\": {\"cpu\": [\"avx2\"]}}"
#define FOURS                                                                  \
    "{\"name\": \"fours\", \"entry\": \"move\", "                              \
    "\"requires\": {\"align\": {\"y\": 16}, \"sizes\": \"n % 4 == 0\"}}"

#define DEFINITION_WITH(variants, more)                                        \
    "{\"multikernel\": 1, \"name\": \"move\", \"language\": \"c\", "           \
    "\"source\": \"k.c\", \"flags\": [\"-O1\"],\n"                             \
    " \"params\": ["                                                           \
    "{\"name\": \"x\", \"type\": \"float32*\", \"intent\": \"in\", "           \
    "\"shape\": [\"n\"]}, "                                                    \
    "{\"name\": \"y\", \"type\": \"float32*\", \"intent\": \"out\", "          \
    "\"shape\": [\"n\"]}, "                                                    \
    "{\"name\": \"n\", \"type\": \"int64\"}],\n"                               \
    " \"sizes\": {\"n\": 64},\n"                                               \
    " \"variants\": [" variants "]" more "}\n"

static inline int emit_folder(void **state)
{
    int status = folder_make(state);

    setenv("MULTIKERNEL_CACHE_DIR", folder_path("cache"), 1);
    folder_write("k.c", move_source);
    return status;
}

/* A file of the folder; the next call makes the text invalid. */
static inline const char *text_of(const char *name)
{
    static char *text;

    free(text);
    text = NULL;
    if (mk__file_read(folder_path(name), &text, NULL) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return text;
}

static inline void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("'%s' is in '%s'", part, text);
}

/* How often it is there. */
static inline size_t times(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, part)) != NULL;
         at += strlen(part))
        ++count;
    return count;
}

/* Choices: names and kernels in turn, NULL behind them. */
static inline mk_choices *choices_of(const char *const *pairs)
{
    mk_choices *choices;

    assert_int_equal(mk_choices_create(&choices), MK_OK);
    for (; pairs[0] != NULL; pairs += 2)
        assert_int_equal(mk_choices_set(choices, pairs[0], pairs[1], 0), MK_OK);
    return choices;
}

/* Emits the dispatcher of a definition's text into `out`. */
static inline int emit_dispatcher(const char *definition,
                                  const mk_emit_options *options)
{
    mk_definition *loaded;
    int status;

    folder_write("d.mk.json", definition);
    if (mk_definition_load(&loaded, folder_path("d.mk.json")) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    status =
        mk_emit_dispatcher(NULL, loaded, NULL, 0, folder_path("out"), options);
    mk_definition_destroy(loaded);
    return status;
}

/* The same in pass AOT with one or two lists of choices. */
static inline int emit_chosen(const char *definition, const mk_choices *one,
                              const mk_choices *other)
{
    const mk_choices *lists[] = { one, other };
    mk_emit_options options = MK_EMIT_OPTIONS_INIT;

    options.pass = MK_PASS_AOT;
    options.choices = lists;
    options.choice_count = other != NULL ? 2 : 1;
    return emit_dispatcher(definition, &options);
}

static inline void assert_ok_(int status)
{
    if (status != MK_OK)
        fail_msg("%s", mk_last_error()->message);
}

static inline void assert_fails(int status, int expected, const char *message)
{
    assert_int_equal(status, expected);
    assert_contains(mk_last_error()->message, message);
}

#endif

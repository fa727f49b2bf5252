/* libFuzzer target: any bytes as a definition, and as an expression.
 *
 *   clang -g -O1 -std=c11 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE \
 *       -DMULTIKERNEL_VERSION='"fuzz"' -DMULTIKERNEL_WORKER_FROM_LIB='"w"' \
 *       -DMULTIKERNEL_INCLUDE_FROM_LIB='"i"' -Iinclude -Isrc fuzz/definition.c \
 *       $(find src -name '*.c' -not -path '*cli*' -not -path '*worker/main.c') \
 *       -ljansson -lnettle -lhwloc -lm -ldl -lpthread -o definition-fuzz
 *   mkdir corpus
 *   cp fuzz/corpus/{full,gpu}.mk.json $(find examples -name '*.mk.json') corpus
 *   ./definition-fuzz -dict=fuzz/definition.dict -max_len=4000 corpus
 *
 * Run it in the root: the sources of a definition are looked for in fuzz/. */
#include <stdlib.h>
#include <string.h>

#include "define/launch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool seven(void *context, size_t index, const char *name, int64_t *value)
{
    (void)context;
    (void)name;
    *value = 7 - (int64_t)index;
    return true;
}

static char *text_of(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

static void as_expression(char *text)
{
    struct mk__expression *expression;
    struct mk__problem problem;
    int64_t value;

    if (mk__expression_parse(&expression, text, &problem) != MK_OK) {
        if (problem.offset > strlen(text))
            abort();
        return;
    }
    (void)mk__expression_value(expression, seven, NULL, &value, &problem);
    mk__expression_free(expression);
}

static void launch(const mk_definition *definition,
                   const struct mk__point *point, const int64_t *sizes)
{
    struct mk__configure *configure;
    mk_cuda_launch one;

    (void)mk__launch_at(&one, definition, point, sizes);
    if (mk__configure_check(definition, point->variant) == MK_OK &&
        mk__configure_make(&configure, definition, point) == MK_OK)
        mk__configure_free(configure);
}

static void as_definition(const uint8_t *data, size_t size)
{
    int64_t sizes[MK__MAX_SIZES];
    mk_definition *definition;
    struct mk__point *points;
    size_t count;

    if (mk__definition_parse(&definition, "fuzz/x.mk.json", text_of(data, size),
                             size) != MK_OK)
        return;
    for (size_t i = 0; i < MK__MAX_SIZES; ++i)
        sizes[i] = 7;
    if (mk__space_points(definition, sizes, &points, &count) == MK_OK) {
        for (size_t i = 0; i < count && i < 100; ++i) {
            free(mk__space_name(&points[i]));
            launch(definition, &points[i], sizes);
        }
        free(points);
    }
    mk_definition_destroy(definition);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = text_of(data, size);

    as_expression(text);
    free(text);
    as_definition(data, size);
    return 0;
}

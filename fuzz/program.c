/* libFuzzer target: any bytes as a program, whose buffers are then laid out.
 *
 *   clang -g -O1 -std=c11 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE \
 *       -DMULTIKERNEL_VERSION='"fuzz"' -DMULTIKERNEL_WORKER_FROM_LIB='"w"' \
 *       -DMULTIKERNEL_INCLUDE_FROM_LIB='"i"' -Iinclude -Isrc fuzz/program.c \
 *       $(find src -name '*.c' -not -path '*cli*' -not -path '*worker/main.c') \
 *       -ljansson -lnettle -lhwloc -lm -ldl -lpthread -o program-fuzz
 *   mkdir corpus
 *   cp fuzz/corpus/full_program.mk.json examples/programs/[a-z]*.mk.json corpus
 *   ./program-fuzz -dict=fuzz/definition.dict -max_len=4000 corpus
 *
 * Run it in the root: the definitions of a program are looked for in
 * examples/programs/. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "emit/buffers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* With constant sizes: buffers lie within the allocation, and sharing never takes
 * more than not sharing. */
static void check_layout(const mk_program *program,
                         const struct mk__layout *layout)
{
    for (size_t i = 0; i < program->buffer_count; ++i)
        if (layout->buffers[i].home == MK__HOME_SHARED &&
            layout->buffers[i].offset->constant && layout->bytes->constant &&
            layout->buffers[i].offset->value +
                    program->buffers[i].bytes->value >
                layout->bytes->value)
            abort();
    if (layout->bytes->constant && layout->separate->constant &&
        layout->bytes->value > layout->separate->value)
        abort();
}

static void lay_out(const mk_program *program)
{
    struct mk__arena arena = MK__ARENA_INIT;
    struct mk__workspaces *workspaces =
        mk__calloc(program->call_count, sizeof(*workspaces));
    struct mk__layout layout;
    int status = workspaces != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    for (size_t c = 0; c < program->call_count && status == MK_OK; ++c)
        status =
            mk__workspaces_merge(&workspaces[c], &arena, program, c, NULL, 0);
    if (status == MK_OK) {
        if (mk__layout_make(&layout, program, workspaces) == MK_OK)
            check_layout(program, &layout);
        mk__layout_free(&layout);
    }
    free(workspaces);
    mk__arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    mk_program *program;

    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (mk__program_parse(&program, "examples/programs/x.mk.json", text, size,
                          NULL, 0) == MK_OK)
        lay_out(program);
    mk_program_destroy(program);
    return 0;
}

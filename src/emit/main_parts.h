/* Parts of PROGRAM_main.c that are the same in every one, as far as it needs them. */
#ifndef MULTIKERNEL_EMIT_MAIN_PARTS_H
#define MULTIKERNEL_EMIT_MAIN_PARTS_H

#include "define/program.h"
#include "emit/writer.h"

/* One such text while it is written. */
struct mk__main {
    struct mk__str *out;
    struct mk__arena arena;
    const mk_program *program;
    bool jit;
};

static inline bool mk__main_is_scalar(const struct mk__main *text,
                                      size_t buffer)
{
    return text->program->buffers[buffer].told.rank == MK_SCALAR;
}

static inline bool mk__main_is_open(const struct mk__main *text, size_t size)
{
    return text->program->sizes[size].value == 0;
}

/* Options, and "main" itself (main_options.c). */
void mk__main_write_main(struct mk__main *text);
void mk__main_write_usage(struct mk__main *text);

/* How many scalars the program takes. */
size_t mk__main_scalars(const struct mk__main *text);

/* How tensors of an element type are filled and summed: "fill_f32", "sum_f32". A
 * complex number is two `parts`. */
struct mk__main_type {
    uint8_t code;
    uint8_t bits;
    const char *name;
    size_t parts;
};

const struct mk__main_type *mk__main_type(DLDataType type);

/* What `body` calls of random numbers, memory, filling, summing and printing, and of
 * min, max and ceildiv. */
void mk__main_write_helpers(struct mk__str *out, const char *body);

/* "integer", and "scalar" where there are scalars. */
void mk__main_write_parsing(struct mk__str *out, bool scalars);

/* "begin" and "end" of a recording pass. */
void mk__main_write_recording(struct mk__str *out);

/* "measure". */
void mk__main_write_measuring(struct mk__str *out, const char *program);

#endif

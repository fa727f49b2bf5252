/* Formal parameters in the form in which a call's arguments are checked
 * against them and placed: a few compares of whole words each. */
#ifndef MULTIKERNEL_ARGS_FORMALS_H
#define MULTIKERNEL_ARGS_FORMALS_H

#include <stdbool.h>
#include <string.h>

#include <multikernel/kernel.h>

struct mk__formals {
    size_t count;
    DLDevice device;        /* of all tensors */
    const mk_param *params; /* borrowed */
    uint64_t what[];        /* an argument that fits at first sight has it */
};

/* NULL without memory. `params` must outlive the formals. Free with free(). */
struct mk__formals *mk__formals_make(const mk_param *params, size_t count,
                                     DLDevice device);

/* Checks the arguments one by one and describes the first that is wrong: kernel
 * (`name`), parameter, expected and got. `deep` looks at sizes and strides
 * too. MK_OK where all fit. */
int mk__formals_check(const struct mk__formals *formals, const char *name,
                      const mk_arg *args, size_t count, bool deep);

/* The address of an argument's value, as the calling convention wants it: not
 * const, though no kernel writes it. */
static inline void *mk__arg_value(const mk_arg *arg)
{
    union {
        const void *from;
        void *to;
    } pointer = { &arg->value };

    return pointer.to;
}

/* Places arguments that were checked: argv[i] points to the value of argument
 * i, which for a tensor is its data pointer. */
static inline void mk__args_place(const mk_arg *args, size_t count, void **argv)
{
    for (size_t i = 0; i < count; ++i)
        argv[i] = mk__arg_value(&args[i]);
}

/* Checks and places `args`, which are `formals->count`; false when one needs a
 * closer look. This is the hot path of every unbound call: what is wrong is
 * found and described by mk__formals_check. */
static inline bool mk__formals_place(const struct mk__formals *formals,
                                     const mk_arg *args, void **argv)
{
    for (size_t i = 0; i < formals->count; ++i) {
        if (__builtin_expect(args[i].what != formals->what[i], 0))
            return false;
        argv[i] = mk__arg_value(&args[i]);
    }
    return true;
}

/* "float32*[2]" for a tensor of rank 2, "int64" for a scalar, "float32x4*[2]"
 * where an element has four lanes. */
void mk__type_text(DLDataType type, int rank, char text[32]);

#endif

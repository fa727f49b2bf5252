/* Choices: which kernel was picked, by the multi-kernel's name.
 *
 * A program that is to be built with its picks baked in runs twice. In the first
 * pass (JIT) its multi-kernels are called as ever, and their picks are recorded:
 *
 *   mk_choices_create(&choices);
 *   mk_record_begin(choices);
 *   ...                                the program's calls
 *   mk_record_end();
 *   mk_choices_save(choices, "choices.json");
 *
 * The second one (AOT) looks them up, a generator of code to call those kernels
 * directly, an application perhaps to force them (mk_multi_force):
 *
 *   mk_choices_load(&choices, "choices.json");
 *   mk_choices_lookup(choices, "softmax", &choice);
 *
 * Give multi-kernels that are recorded names of their own: "multi_kernel_0" may
 * be another one in another process. */
#ifndef MULTIKERNEL_RECORD_H
#define MULTIKERNEL_RECORD_H

#include <multikernel/multi.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mk_choice {
    const char *multi;  /* the multi-kernel's name */
    const char *kernel; /* the picked kernel's, */
    size_t index;       /* and its index */
    /* Another kernel that was picked under the same name, by another
     * multi-kernel or for calls for which other kernels may run: the choice is
     * in conflict. NULL: there is none. */
    const char *rival;
} mk_choice;

/* A list of choices, sorted by the multi-kernels' names. To be used by one
 * thread at a time, and between mk_record_begin and mk_record_end by none. */
typedef struct mk_choices mk_choices;

MK_API int mk_choices_create(mk_choices **choices);

/* Ends the pass that records into it, if there is one. NULL is allowed. */
MK_API void mk_choices_destroy(mk_choices *choices);

/* Sets the choice of a multi-kernel, and ends a conflict over it. The names are
 * copied. */
MK_API int mk_choices_set(mk_choices *choices, const char *multi,
                          const char *kernel, size_t index);

/* `*choice` is the choice of a multi-kernel; borrowed, until the list changes.
 * MK_ERROR_NOT_FOUND: none is recorded; MK_ERROR_CONFLICT: several are. Both
 * name the multi-kernel and say what to do. */
MK_API int mk_choices_lookup(const mk_choices *choices, const char *multi,
                             const mk_choice **choice);

/* All of them, by place; NULL behind the last. Borrowed, as above. */
MK_API size_t mk_choices_count(const mk_choices *choices);
MK_API const mk_choice *mk_choices_at(const mk_choices *choices, size_t i);

/* The CPU features of the machine that the choices are from, as /proc/cpuinfo
 * names them, in alphabetical order: what mk_record_begin found, or a file says.
 * Borrowed, until they are set anew or a pass begins; `*count` is set, 0 where
 * they are not known. */
MK_API const char *const *mk_choices_features(const mk_choices *choices,
                                              size_t *count);

/* Sets them, for choices that come from elsewhere; no features: not known. The
 * names are copied. */
MK_API int mk_choices_set_features(mk_choices *choices,
                                   const char *const *features, size_t count);

/* Writes a list as a JSON file, whole or not at all; equal lists make equal
 * files. */
MK_API int mk_choices_save(const mk_choices *choices, const char *path);

/* Reads such a file. An error (MK_ERROR_DEFINITION, MK_ERROR_IO) names file,
 * line, column and field, what was expected and what was found. */
MK_API int mk_choices_load(mk_choices **choices, const char *path);

/* Begins a pass: from now on the kernel that any multi-kernel of the process
 * has decided for is recorded in `choices` when it is called, also where it was
 * decided before; a forced one as the one that ran. A later decision for the
 * same calls takes the place of an earlier one, and any takes the place of what
 * was in the list before. The list gets this machine's CPU features, in place of
 * those it had. Settled calls cost nothing more, but each
 * multi-kernel's first call in the pass decides once more. Waits for tunings
 * under way. MK_ERROR_INVALID: a pass is under way already. */
MK_API int mk_record_begin(mk_choices *choices);

/* Ends the pass. MK_ERROR_CONFLICT names the choices in conflict: the one that
 * came first is kept and mk_choices_lookup refuses it, until mk_choices_set
 * decides. MK_ERROR_NO_MEMORY: some are missing. The pass has ended all the
 * same. MK_ERROR_INVALID: none is under way. */
MK_API int mk_record_end(void);

#ifdef __cplusplus
}
#endif

#endif

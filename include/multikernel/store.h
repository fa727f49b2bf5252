/* Stored picks: where they are, and what is in them.
 *
 * A pick is a file, <cache>/<2 characters of the key>/<key>.pick: two lines of
 * JSON, the pick and its evidence. <cache> is MULTIKERNEL_CACHE_DIR, else
 * $XDG_CACHE_HOME/multikernel, else ~/.cache/multikernel. A read-only folder of
 * the same layout, MULTIKERNEL_SYSTEM_CACHE_DIR or else /var/lib/multikernel, is
 * searched second. */
#ifndef MULTIKERNEL_STORE_H
#define MULTIKERNEL_STORE_H

#include <multikernel/multi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The cache folder, existing or not. Free with free(); NULL: no memory, or
 * none of the variables above is set, see mk_last_error. */
MK_API char *mk_store_folder(void);

/* What a pick file says. Times as in mk_candidate. */
typedef struct mk_stored_pick {
    const char *key;
    const char *file;
    const char *multi;   /* the multi-kernel's name */
    const char *date;    /* ISO 8601, UTC */
    const char *version; /* of the library that wrote it */
    const char *shapes;
    const char *policy; /* "warm, wall" */
    const char *device; /* fingerprint, JSON */
    size_t count;
    const mk_candidate *candidates;
    size_t pick;
    const char *reason;
    double tuning_ms;
    /* How it was decided; all zero in the files of older versions. */
    bool explained;    /* the file tells what follows */
    bool from_calls;   /* the trials were calls of the application (inline) */
    double tie_margin; /* times this close counted as equal: 0.01 is 1 % */
    double budget_ms;  /* of the tuning */
    /* Among equals the pick that stood before came first (`count`: there was
     * none), then the default, then the order of the list. */
    size_t incumbent;
    size_t default_index;
    size_t reference; /* results were compared with; `count`: they were not */
    bool isolated;    /* first runs were in another process */
} mk_stored_pick;

/* Calls `visit` for every pick in the cache folder, then in the system-wide
 * one, sorted by key within each; ends early when it returns non-zero, and
 * returns that. A file that can't be read is handed over as `problem` (a
 * sentence) with only key and file set; else `problem` is NULL. Everything is
 * borrowed for the time of the call. */
MK_API int mk_store_visit(int (*visit)(void *context,
                                       const mk_stored_pick *pick,
                                       const char *problem),
                          void *context);

/* Removes picks from the cache folder: all, or the one of `key` (a prefix will
 * do when only one matches). `*removed` is set and may be NULL. Compiled
 * objects go too when `objects` is true. */
MK_API int mk_store_clear(const char *key, bool objects, size_t *removed);

#ifdef __cplusplus
}
#endif

#endif

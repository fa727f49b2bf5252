/* The cache folder: picks (store) and compiled objects (back ends) live there,
 * each in a layout of its own. */
#ifndef MULTIKERNEL_BASE_CACHE_H
#define MULTIKERNEL_BASE_CACHE_H

/* MULTIKERNEL_CACHE_DIR, else $XDG_CACHE_HOME/multikernel, else
 * ~/.cache/multikernel; existing or not. Read anew at every call. NULL, with
 * the error set, when none is known. Free with free(). */
char *mk__cache_folder(void);

/* A file in the cache folder, from a printf format relative to it. */
char *mk__cache_path(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif

/* A place where the library keeps things for the time of a benchmark only. */
#ifndef BENCH_SUPPORT_FOLDER_H
#define BENCH_SUPPORT_FOLDER_H

/* A new folder below TMPDIR, or /tmp. */
char *bench_folder_create(const char *name);

/* Removes it with what is in it, and frees the name. */
void bench_folder_remove(char *folder);

/* From now on the library keeps its files in this folder, and no other variable
 * of the user's says what it is to do. */
void bench_use_folder(const char *folder);

#endif

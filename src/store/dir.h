/* The folders that hold picks. */
#ifndef MULTIKERNEL_STORE_DIR_H
#define MULTIKERNEL_STORE_DIR_H

#include <multikernel/store.h>

#include "base/arena.h"

#define MK__STORE_SUFFIX ".pick"

/* The read-only folder that is searched second. Static. */
const char *mk__store_system_folder(void);

/* The file of a key in a folder. Free with free(). */
char *mk__store_path(const char *folder, const char *key);

/* How a file's text is read: mk__record_read, or mk__record_glance. */
typedef int mk__record_reader(struct mk__arena *arena, const char *file,
                              const char *text, size_t length,
                              mk_stored_pick *pick);

/* Reads one such file; errors as of mk__store_find. */
int mk__store_read(struct mk__arena *arena, const char *path, const char *key,
                   mk__record_reader *reader, mk_stored_pick *pick);

/* Finds the pick of a key, in the cache folder, then in the system-wide one.
 * Its parts lie in the arena. MK_ERROR_NOT_FOUND: there is none; another error:
 * there is a file, and why it is not used (also logged). Every error is a miss
 * to the caller. */
int mk__store_find(struct mk__arena *arena, const char *key,
                   mk__record_reader *reader, mk_stored_pick *pick);

/* Writes a pick, whose `file` is not used. `*file` is the file it went to (free
 * with free()). */
int mk__store_put(const mk_stored_pick *pick, char **file);

/* Removes the pick of a key from the cache folder, if it is there. */
void mk__store_forget(const char *key);

/* Takes the lock under which the pick of a key is found by measuring, waiting
 * at most `wait_ms`; *lock is -1 when somebody else keeps it, or when the
 * folder can't be written (which is the error). Give back with mk__lock_drop. */
int mk__store_lock(const char *key, unsigned wait_ms, int *lock);

#endif

/* Shared objects opened at run time, and which object holds an address. */
#ifndef MULTIKERNEL_BASE_LIB_H
#define MULTIKERNEL_BASE_LIB_H

#include "base/error.h"
#include "base/hash.h"

/* Opens `path`, every symbol bound now. */
int mk__lib_open(void **lib, const char *path);
void mk__lib_close(void *lib);

/* The address of `symbol`. `path` is for the message. */
int mk__lib_symbol(void **address, void *lib, const char *path,
                   const char *symbol);

/* The file that holds this library: itself, or a program it was linked into. Free
 * with free(); NULL: not known. */
char *mk__lib_here(void);

/* Identity of the code at `address`: the ELF build-id of the object that holds
 * it (where it has none, a hash of its executable segments) and the offset in
 * that object. Changes when the object is rebuilt differently, not when it is
 * loaded elsewhere. */
int mk__lib_identify(const void *address, char digest[MK__DIGEST_SIZE]);

#endif

/* Names that emitted code may use. */
#ifndef MULTIKERNEL_DEFINE_C_NAME_H
#define MULTIKERNEL_DEFINE_C_NAME_H

#include <stdbool.h>

/* Whether an identifier has a meaning of its own in C or C++: a keyword, a name
 * that is reserved to them, or a macro of the headers that emitted code uses or of
 * compilers. */
bool mk__c_name_is_taken(const char *name);

#endif

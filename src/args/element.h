/* Elements of tensors: what they are made of. */
#ifndef MULTIKERNEL_ARGS_ELEMENT_H
#define MULTIKERNEL_ARGS_ELEMENT_H

#include <multikernel/args.h>

#include "args/part.h"

#define MK__WIDEST_PART 32 /* bytes */

struct mk__element mk__element_of(DLDataType type);

#endif

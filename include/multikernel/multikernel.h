/* multikernel: several kernels that compute the same thing behind one call.
 *
 * Umbrella header: includes the public API and nothing else. */
#ifndef MULTIKERNEL_MULTIKERNEL_H
#define MULTIKERNEL_MULTIKERNEL_H

#include <multikernel/error.h>
#include <multikernel/log.h>
#include <multikernel/args.h>
#include <multikernel/kernel.h>
#include <multikernel/cuda.h>
#include <multikernel/shape.h>
#include <multikernel/multi.h>
#include <multikernel/define.h>
#include <multikernel/store.h>
#include <multikernel/record.h>
#include <multikernel/program.h>
#include <multikernel/emit.h>
#include <multikernel/backend.h>

#endif

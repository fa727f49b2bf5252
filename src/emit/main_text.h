/* The text of PROGRAM_main.c: a program that runs the emitted one on seeded data. */
#ifndef MULTIKERNEL_EMIT_MAIN_TEXT_H
#define MULTIKERNEL_EMIT_MAIN_TEXT_H

#include <multikernel/emit.h>

#include "base/str.h"

int mk__main_text(struct mk__str *text, const mk_program *program,
                  mk_pass pass);

#endif

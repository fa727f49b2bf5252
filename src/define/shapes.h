/* What a multi-kernel by shape is told of shapes: those of its hints, and where
 * a call tells its own. */
#ifndef MULTIKERNEL_DEFINE_SHAPES_H
#define MULTIKERNEL_DEFINE_SHAPES_H

#include "define/definition.h"

/* The shapes at `sizes` of all tensors of an argument list that are no
 * workspaces. They lie in the arena. */
int mk__definition_shapes(mk_hint *hint, struct mk__arena *arena,
                          const mk_definition *definition,
                          const mk_signature *signature, const int64_t *sizes);

/* The fewest places that tell all shapes of a call: for every size the scalar
 * that it is, else a dimension that is just its name; and where neither tells a
 * size, every dimension that depends on it. They lie in the arena. */
int mk__definition_places(mk_by_shape *by_shape, struct mk__arena *arena,
                          const mk_definition *definition,
                          const mk_signature *signature);

#endif

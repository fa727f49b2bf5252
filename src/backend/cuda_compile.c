#include "backend/cuda_compile.h"

#include "base/error.h"
#include "driver/nvrtc.h"

int mk__cuda_program_digest(const struct mk__cuda_program *program,
                            char digest[MK__DIGEST_SIZE])
{
    struct mk__hash hash;

    mk__hash_init(&hash);
    mk__hash_text(&hash, program->text);
    mk__hash_end(&hash, digest);
    return MK_OK;
}

int mk__cuda_compile(const struct mk__cuda_program *program,
                     struct mk__cuda_object *object)
{
    (void)object;
    return mk__error(MK_ERROR_UNSUPPORTED,
                     "kernel %s: this build has no compiler for CUDA source",
                     program->name);
}

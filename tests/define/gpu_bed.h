/* Definitions for GPUs, on a driver that drives nothing (support/fake_cuda.h). */
#ifndef MULTIKERNEL_TESTS_DEFINE_GPU_BED_H
#define MULTIKERNEL_TESTS_DEFINE_GPU_BED_H

#include "folder.h"

#include <dlfcn.h>

#include "define/definition.h"
#include "support/fake_cuda.h"

static struct fake_cuda *driver;

/* A launch's parameters are as many bytes as the module's text says. */
static const char module[] = "kernel plain ns=9000 params=8,8,4\n"
                             "kernel blocked ns=3000 params=8,8,4\n"
                             "kernel scratch ns=5000 params=8,8,4,8\n";

static const char text[] =
    "{\n"
    "  \"multikernel\": 1,\n"
    "  \"name\": \"scale\",\n"
    "  \"language\": \"ptx\",\n"
    "  \"source\": \"k.ptx\",\n"
    "  \"device\": 0,\n"
    "  \"params\": [\n"
    "    {\"name\": \"x\", \"type\": \"float32*\", \"intent\": \"in\", "
    "\"shape\": [\"n\"]},\n"
    "    {\"name\": \"y\", \"type\": \"float32*\", \"intent\": \"out\", "
    "\"shape\": [\"n\"]},\n"
    "    {\"name\": \"n\", \"type\": \"int32\"}\n"
    "  ],\n"
    "  \"sizes\": {\"n\": 1000},\n"
    "  \"variants\": [\n"
    "    {\"name\": \"plain\", \"entry\": \"plain\",\n"
    "     \"grid\": [\"ceildiv(n, 256)\"], \"block\": [256]},\n"
    "    {\"name\": \"blocked\", \"entry\": \"blocked\",\n"
    "     \"defines\": {\"B\": [64, 128], \"T\": \"float\"},\n"
    "     \"grid\": [\"ceildiv(n, B)\", 2], \"block\": [\"B\", 2, 1],\n"
    "     \"shared\": \"4 * B\"}\n"
    "  ]\n"
    "}\n";

/* The changes of a definition's text, one after the other. */
static inline mk_definition *with(const char *from, const char *to)
{
    char *content = replaced(text, from, to);
    mk_definition *definition;

    if (mk__definition_parse(&definition, folder_path("d.mk.json"), content,
                             strlen(content)) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return definition;
}

static inline mk_definition *unchanged(void)
{
    return with("\"scale\"", "\"scale\"");
}

static inline int make_bed(void **state)
{
    void *library;
    void *symbol;
    fake_cuda_get get;

    if (folder_make(state) != 0 ||
        setenv("MULTIKERNEL_CACHE_DIR", folder, 1) != 0 ||
        setenv("MULTIKERNEL_LIBCUDA", FAKE_CUDA_LIBRARY, 1) != 0)
        return -1;
    folder_write("k.ptx", module);
    library = dlopen(FAKE_CUDA_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    symbol = library != NULL ? dlsym(library, "fake_cuda") : NULL;
    if (symbol == NULL)
        return -1;
    memcpy(&get, &symbol, sizeof(get));
    driver = get();
    driver->reset();
    return 0;
}

#endif

/* Definitions for GPUs, on GPUs that are none (support/fake_gpu.h). */
#ifndef MULTIKERNEL_TESTS_DEFINE_GPU_BED_H
#define MULTIKERNEL_TESTS_DEFINE_GPU_BED_H

#include "folder.h"

#include "define/definition.h"
#include "support/fake_gpu.h"

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

/* The definition with one change. */
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
    if (folder_make(state) != 0)
        return -1;
    folder_write("k.ptx", module);
    return 0;
}

#endif

/* The definition that tests load, and that tests of refusals change. */
#ifndef MULTIKERNEL_TESTS_DEFINE_SCALE_TEXT_H
#define MULTIKERNEL_TESTS_DEFINE_SCALE_TEXT_H

#include "folder.h"

#include "define/definition.h"

static const char text[] =
    "{\n"
    "  \"multikernel\": 1,\n"
    "  \"name\": \"scale\",\n"
    "  \"language\": \"c\",\n"
    "  \"source\": \"k.c\",\n"
    "  \"flags\": [\"-O3\"],\n"
    "  \"params\": [\n"
    "    {\"name\": \"x\", \"type\": \"float32*\", \"intent\": \"in\", "
    "\"shape\": [\"n\", \"m\"]},\n"
    "    {\"name\": \"y\", \"type\": \"float32*\", \"intent\": \"out\", "
    "\"shape\": [\"n\", 4]},\n"
    "    {\"name\": \"n\", \"type\": \"int64\"},\n"
    "    {\"name\": \"factor\", \"type\": \"float32\", \"value\": 0.5}\n"
    "  ],\n"
    "  \"sizes\": {\"n\": 8},\n"
    "  \"variants\": [\n"
    "    {\"name\": \"plain\", \"entry\": \"plain\"},\n"
    "    {\"name\": \"blocked\", \"entry\": \"blocked\",\n"
    "     \"defines\": {\"B\": [1, 4], \"T\": \"float\"}, \"where\": \"B <= n\"}\n"
    "  ],\n"
    "  \"reference\": \"plain\",\n"
    "  \"tolerance\": {\"rtol\": 1e-5, \"atol\": 0},\n"
    "  \"size_hints\": {\"n\": [64, 128]}\n"
    "}\n";

static inline int make_folder(void **state)
{
    if (folder_make(state) != 0)
        return -1;
    folder_write("k.c", "void plain(void);\n");
    folder_write("k.so", "");
    return 0;
}

static inline int load(mk_definition **definition, const char *content)
{
    return mk__definition_parse(definition, folder_path("d.mk.json"),
                                mk__strdup(content), strlen(content));
}

static inline mk_definition *loaded(const char *content)
{
    mk_definition *definition;

    if (load(&definition, content) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return definition;
}

#define PLAIN "{\"name\": \"plain\", \"entry\": \"plain\"}"
#define PLAIN_WITH(more)                                                       \
    PLAIN, "{\"name\": \"plain\", \"entry\": \"plain\", " more "}"

#endif

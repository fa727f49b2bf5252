/* A program that is right, in a folder with the definitions it calls: what is
 * written of it differs from test to test. */
#ifndef MULTIKERNEL_TESTS_DEFINE_PROGRAM_TEXT_H
#define MULTIKERNEL_TESTS_DEFINE_PROGRAM_TEXT_H

#include "folder.h"

#include "define/program.h"

#define MATRIX "\"float32*\", \"shape\": [\"rows\", \"cols\"]"

/* y = f(x), which may be written over x. */
static const char map_text[] =
    "{\n"
    "  \"multikernel\": 1,\n"
    "  \"name\": \"map\",\n"
    "  \"language\": \"c\",\n"
    "  \"source\": \"k.c\",\n"
    "  \"params\": [\n"
    "    {\"name\": \"x\", \"type\": \"float32*\", \"intent\": \"in\", "
    "\"shape\": [\"n\", \"m\"]},\n"
    "    {\"name\": \"y\", \"type\": \"float32*\", \"intent\": \"out\", "
    "\"shape\": [\"n\", \"m\"]},\n"
    "    {\"name\": \"n\", \"type\": \"int64\"},\n"
    "    {\"name\": \"m\", \"type\": \"int64\"},\n"
    "    {\"name\": \"factor\", \"type\": \"float32\", \"value\": 2}\n"
    "  ],\n"
    "  \"variants\": [\n"
    "    {\"name\": \"a\", \"entry\": \"a\", \"inplace\": {\"y\": \"x\"}},\n"
    "    {\"name\": \"b\", \"entry\": \"b\", \"inplace\": {\"y\": \"x\"}}\n"
    "  ]\n"
    "}\n";

/* z = f(x, y), row sums of both side by side, in memory of its own. */
static const char join_text[] =
    "{\n"
    "  \"multikernel\": 1,\n"
    "  \"name\": \"join\",\n"
    "  \"language\": \"c\",\n"
    "  \"source\": \"k.c\",\n"
    "  \"params\": [\n"
    "    {\"name\": \"x\", \"type\": \"float32*\", \"intent\": \"in\", "
    "\"shape\": [\"n\", \"m\"]},\n"
    "    {\"name\": \"y\", \"type\": \"float32*\", \"intent\": \"in\", "
    "\"shape\": [\"n\", \"m\"]},\n"
    "    {\"name\": \"z\", \"type\": \"float32*\", \"intent\": \"out\", "
    "\"shape\": [\"2 * n\"]},\n"
    "    {\"name\": \"n\", \"type\": \"int64\"},\n"
    "    {\"name\": \"m\", \"type\": \"int64\"}\n"
    "  ],\n"
    "  \"variants\": [{\"name\": \"a\", \"entry\": \"a\"}]\n"
    "}\n";

static const char program_text[] =
    "{\n"
    "  \"multikernel\": 1,\n"
    "  \"program\": \"chain\",\n"
    "  \"inputs\": [\n"
    "    {\"name\": \"in0\", \"type\": " MATRIX "},\n"
    "    {\"name\": \"by\", \"type\": \"float32\"}\n"
    "  ],\n"
    "  \"outputs\": [\n"
    "    {\"name\": \"out0\", \"type\": \"float32*\", "
    "\"shape\": [\"2 * rows\"]}\n"
    "  ],\n"
    "  \"buffers\": [\n"
    "    {\"name\": \"buf0\", \"type\": " MATRIX "},\n"
    "    {\"name\": \"buf1\", \"type\": " MATRIX "}\n"
    "  ],\n"
    "  \"calls\": [\n"
    "    {\"kernel\": \"map.mk.json\", "
    "\"args\": {\"x\": \"in0\", \"y\": \"buf0\", \"factor\": \"by\"}},\n"
    "    {\"kernel\": \"map.mk.json\", "
    "\"args\": {\"x\": \"buf0\", \"y\": \"buf1\"}},\n"
    "    {\"kernel\": \"join.mk.json\", "
    "\"args\": {\"x\": \"in0\", \"y\": \"buf1\", \"z\": \"out0\"}}\n"
    "  ]\n"
    "}\n";

static inline int program_folder(void **state)
{
    int status = folder_make(state);

    folder_write("k.c", "");
    folder_write("map.mk.json", map_text);
    folder_write("join.mk.json", join_text);
    return status;
}

/* The status of loading a program of that text. */
static inline int load_text(mk_program **program, const char *text)
{
    folder_write("p.mk.json", text);
    return mk_program_load(program, folder_path("p.mk.json"), NULL, 0);
}

static inline mk_program *loaded_text(const char *text)
{
    mk_program *program = NULL;

    if (load_text(&program, text) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return program;
}

#endif

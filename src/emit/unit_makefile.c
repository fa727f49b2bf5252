/* STEM.make: a static library for a Makefile, or by itself. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "emit/unit.h"

/* Adds a word that neither make nor the shell changes. */
static void add_word(struct mk__str *text, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-+./=,:@%";
    bool quoted = word[strspn(word, plain)] != '\0';

    if (quoted)
        mk__str_add(text, "'");
    for (; *word != '\0'; ++word) {
        if (*word == '\'')
            mk__str_add(text, "'\\''");
        else
            mk__str_addn(text, word, 1);
        if (*word == '$')
            mk__str_add(text, "$");
    }
    if (quoted)
        mk__str_add(text, "'");
}

/* ---- Lists --------------------------------------------------------------------------- */

static void add_objects(struct mk__str *text, const struct mk__build *build)
{
    const char *stem = build->files->stem;

    mk__str_addf(text, "%s_OBJECTS := $(%s_DIR)/%s.o", stem, stem, stem);
    for (size_t i = 0; i < build->count; ++i)
        if (build->units[i].number > 0)
            mk__str_addf(text, " \\\n    $(%s_%s)/%s_kernels_%zu.o", stem,
                         build->objects ? "FROM" : "DIR", stem,
                         build->units[i].number);
    mk__str_add(text, "\n");
}

/* The program finds a shared object where it lies. */
static void add_link(struct mk__str *text, const struct mk__build *build,
                     const struct mk__unit *unit, const char *flag)
{
    const char *stem = build->files->stem;
    const char *base = mk__path_base(unit->seen);

    if (flag != NULL) {
        mk__str_add(text, " ");
        add_word(text, flag);
        return;
    }
    mk__str_addf(text, " \\\n    $(abspath $(%s_FROM)/%s)", stem, unit->seen);
    mk__str_addf(text, " \\\n    -Wl,-rpath,$(abspath $(%s_FROM)/%.*s)", stem,
                 (int)(base - unit->seen), unit->seen);
}

static void add_links(struct mk__str *text, const struct mk__build *build)
{
    const char *stem = build->files->stem;

    if (build->library)
        mk__str_addf(text,
                     "%s_CPPFLAGS ?= $(shell pkg-config --cflags multikernel)\n"
                     "%s_LIBS ?= $(shell pkg-config --libs multikernel)",
                     stem, stem);
    else
        mk__str_addf(text, "%s_LIBS ?=", stem);
    mk__build_links(build, add_link, text);
    mk__str_add(text, " -lm\n");
}

/* ---- Rules --------------------------------------------------------------------------- */

static void add_target(struct mk__str *text, const char *stem,
                       const char *ending)
{
    mk__str_addf(text,
                 "\n$(%s_DIR)/%s%s.o: $(%s_FROM)/%s%s.c $(%s_FILE)\n"
                 "\t@mkdir -p $(@D)\n",
                 stem, stem, ending, stem, stem, ending, stem);
}

static int add_unit(struct mk__str *text, const struct mk__build *build,
                    const struct mk__unit *unit)
{
    const char *stem = build->files->stem;
    struct mk__str ending = MK__STR_INIT;

    mk__str_addf(&ending, "_kernels_%zu", unit->number);
    add_target(text, stem, ending.text != NULL ? ending.text : "");
    text->failed = text->failed || ending.failed;
    mk__str_free(&ending);
    mk__str_add(text, "\t");
    if (unit->own_compiler != NULL)
        add_word(text, unit->own_compiler);
    else
        mk__str_add(text, "$(CC)");
    for (size_t i = 0; i < unit->flag_count; ++i) {
        const char *folder;
        int status = mk__build_include(&folder, build, unit, i);

        if (status != MK_OK)
            return status;
        if (folder != NULL)
            mk__str_addf(text, " -I$(%s_FROM)/", stem);
        else
            mk__str_add(text, " ");
        add_word(text, folder != NULL ? folder : unit->flags[i]);
    }
    mk__str_add(text, " -fPIC -fvisibility=hidden -w \\\n"
                      "\t    -MMD -MP -c -o $@ $<\n");
    return MK_OK;
}

static void add_head(struct mk__str *text, const char *stem)
{
    mk__str_addf(text,
                 "#\n"
                 "# The static library %s.a, by itself or for a Makefile:\n"
                 "#\n"
                 "#   make -f FOLDER/%s.make %s_DIR=build\n"
                 "#\n"
                 "#   include FOLDER/%s.make\n"
                 "#   program: main.o $(%s_LIBRARY)\n"
                 "#           $(CC) -o $@ $^ $(%s_LIBS)\n\n",
                 stem, stem, stem, stem, stem, stem);
    mk__str_addf(text,
                 "%s_FILE := $(lastword $(MAKEFILE_LIST))\n"
                 "%s_FROM := $(patsubst %%/,%%,$(dir $(%s_FILE)))\n"
                 "%s_GOAL := $(.DEFAULT_GOAL)\n"
                 "%s_DIR ?= $(%s_FROM)\n"
                 "%s_LIBRARY := $(%s_DIR)/%s.a\n",
                 stem, stem, stem, stem, stem, stem, stem, stem, stem);
}

/* Of an included file, no rule becomes the default one. */
static void add_tail(struct mk__str *text, const char *stem)
{
    mk__str_addf(text,
                 "\n-include $(%s_OBJECTS:.o=.d)\n\n"
                 "ifneq ($(firstword $(MAKEFILE_LIST)),$(%s_FILE))\n"
                 ".DEFAULT_GOAL := $(%s_GOAL)\n"
                 "endif\n",
                 stem, stem, stem);
}

int mk__build_make(const struct mk__build *build)
{
    const char *stem = build->files->stem;
    struct mk__str text = MK__STR_INIT;
    int status = MK_OK;

    add_head(&text, stem);
    add_objects(&text, build);
    add_links(&text, build);
    mk__str_addf(&text,
                 "\n$(%s_LIBRARY): $(%s_OBJECTS)\n"
                 "\t@mkdir -p $(@D)\n"
                 "\trm -f $@\n"
                 "\t$(AR) rcs $@ $(%s_OBJECTS)\n",
                 stem, stem, stem);
    add_target(&text, stem, "");
    if (build->library)
        mk__str_addf(&text,
                     "\t$(CC) $(CPPFLAGS) $(%s_CPPFLAGS) $(CFLAGS) \\\n"
                     "\t    -MMD -MP -c -o $@ $<\n",
                     stem);
    else
        mk__str_add(&text,
                    "\t$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<\n");
    for (size_t i = 0; i < build->count && status == MK_OK; ++i)
        if (build->units[i].number > 0 && !build->objects)
            status = add_unit(&text, build, &build->units[i]);
    add_tail(&text, stem);
    if (status != MK_OK) {
        mk__str_free(&text);
        return status;
    }
    return mk__build_add_file(build, ".make", &text);
}

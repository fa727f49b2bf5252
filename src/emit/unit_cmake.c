/* STEM.cmake: a static library for a CMake project. */
#include <string.h>

#include "base/error.h"
#include "emit/unit.h"

#define HERE "${CMAKE_CURRENT_LIST_DIR}"
#define OUT  "${CMAKE_CURRENT_BINARY_DIR}"

/* Adds what stands for itself between quotes. */
static void add_plain(struct mk__str *text, const char *what)
{
    for (; *what != '\0'; ++what) {
        if (strchr("\\\"$;", *what) != NULL)
            mk__str_add(text, "\\");
        mk__str_addn(text, what, 1);
    }
}

/* ---- Flags -------------------------------------------------------------------------- */

/* What separates flags: a list's members, or a command's words. */
static int add_flags(struct mk__str *text, const struct mk__build *build,
                     const struct mk__unit *unit, const char *between)
{
    for (size_t i = 0; i < unit->flag_count; ++i) {
        const char *folder;
        int status = mk__build_include(&folder, build, unit, i);

        if (status != MK_OK)
            return status;
        if (folder != NULL)
            mk__str_add(text, "-I" HERE "/");
        add_plain(text, folder != NULL ? folder : unit->flags[i]);
        mk__str_add(text, between);
    }
    mk__str_addf(text, "-fPIC%s-fvisibility=hidden%s-w", between, between);
    return MK_OK;
}

/* By the compiler that the definition names. */
static int add_command(struct mk__str *text, const struct mk__build *build,
                       const struct mk__unit *unit)
{
    const char *stem = build->files->stem;
    int status;

    mk__str_addf(text,
                 "add_custom_command(\n"
                 "    OUTPUT \"" OUT "/%s_kernels_%zu.o\"\n"
                 "    COMMAND \"",
                 stem, unit->number);
    add_plain(text, unit->own_compiler);
    mk__str_add(text, "\" \"");
    status = add_flags(text, build, unit, "\" \"");
    mk__str_addf(text,
                 "\"\n"
                 "        -c -o \"" OUT "/%s_kernels_%zu.o\"\n"
                 "        \"" HERE "/%s_kernels_%zu.c\"\n"
                 "    DEPENDS \"" HERE "/%s_kernels_%zu.c\"\n"
                 "        \"" HERE "/",
                 stem, unit->number, stem, unit->number, stem, unit->number);
    add_plain(text, unit->seen);
    mk__str_add(text, "\"\n    VERBATIM)\n\n");
    return status;
}

static int add_options(struct mk__str *text, const struct mk__build *build,
                       const struct mk__unit *unit)
{
    int status;

    mk__str_addf(text,
                 "set_source_files_properties(\n"
                 "    \"" HERE "/%s_kernels_%zu.c\"\n"
                 "    PROPERTIES COMPILE_OPTIONS\n"
                 "    \"",
                 build->files->stem, unit->number);
    status = add_flags(text, build, unit, ";");
    mk__str_add(text, "\")\n");
    return status;
}

/* ---- Targets ------------------------------------------------------------------------ */

static bool is_by_project(const struct mk__build *build,
                          const struct mk__unit *unit)
{
    return unit->number > 0 && !build->objects && unit->own_compiler == NULL;
}

static bool is_by_own(const struct mk__build *build,
                      const struct mk__unit *unit)
{
    return unit->number > 0 && !build->objects && unit->own_compiler != NULL;
}

/* The units that the project's compiler takes, in a target of their own: the
 * project's standard of C is not theirs. */
static int add_kernels(struct mk__str *text, const struct mk__build *build,
                       bool *any)
{
    const char *stem = build->files->stem;
    int status = MK_OK;

    for (size_t i = 0; i < build->count; ++i)
        *any = *any || is_by_project(build, &build->units[i]);
    if (!*any)
        return MK_OK;
    mk__str_addf(text,
                 "# The kernels, compiled as they were when they were "
                 "emitted.\n"
                 "add_library(%s_kernels OBJECT",
                 stem);
    for (size_t i = 0; i < build->count; ++i)
        if (is_by_project(build, &build->units[i]))
            mk__str_addf(text, "\n    \"" HERE "/%s_kernels_%zu.c\"", stem,
                         build->units[i].number);
    mk__str_addf(text,
                 ")\n"
                 "set_property(TARGET %s_kernels PROPERTY C_STANDARD)\n",
                 stem);
    for (size_t i = 0; i < build->count && status == MK_OK; ++i)
        if (is_by_project(build, &build->units[i]))
            status = add_options(text, build, &build->units[i]);
    mk__str_add(text, "\n");
    return status;
}

static void add_link(struct mk__str *text, const struct mk__build *build,
                     const struct mk__unit *unit, const char *flag)
{
    if (flag == NULL) {
        mk__str_addf(text, "\n    %s_object_%zu", build->files->stem,
                     unit->number);
        return;
    }
    mk__str_add(text, "\n    \"");
    add_plain(text, flag);
    mk__str_add(text, "\"");
}

/* Told as a target, its path is used as it is, even without a soname. */
static void add_object(struct mk__str *text, const struct mk__build *build,
                       const struct mk__unit *unit)
{
    const char *stem = build->files->stem;

    mk__str_addf(
        text,
        "add_library(%s_object_%zu SHARED IMPORTED GLOBAL)\n"
        "set_property(TARGET %s_object_%zu PROPERTY IMPORTED_LOCATION\n"
        "    \"" HERE "/",
        stem, unit->number, stem, unit->number);
    add_plain(text, unit->seen);
    mk__str_add(text, "\")\n\n");
}

static void add_library(struct mk__str *text, const struct mk__build *build,
                        bool kernels)
{
    const char *stem = build->files->stem;

    mk__str_addf(text, "add_library(%s STATIC\n    \"" HERE "/%s.c\"", stem,
                 stem);
    if (kernels)
        mk__str_addf(text, "\n    $<TARGET_OBJECTS:%s_kernels>", stem);
    for (size_t i = 0; i < build->count; ++i) {
        const struct mk__unit *unit = &build->units[i];

        if (is_by_own(build, unit) || (build->objects && unit->number > 0))
            mk__str_addf(text, "\n    \"%s/%s_kernels_%zu.o\"",
                         build->objects ? HERE : OUT, stem, unit->number);
    }
    mk__str_addf(text,
                 ")\n"
                 "target_compile_features(%s PRIVATE c_std_11)\n"
                 "target_include_directories(%s PUBLIC\n    \"" HERE "\")\n"
                 "target_link_libraries(%s PUBLIC",
                 stem, stem, stem);
    mk__build_links(build, add_link, text);
    mk__str_addf(text, "%s m)\n",
                 build->library ? "\n    multikernel::multikernel" : "");
}

int mk__build_cmake(const struct mk__build *build)
{
    const char *stem = build->files->stem;
    struct mk__str text = MK__STR_INIT;
    bool kernels = false;
    int status;

    mk__str_addf(&text,
                 "#\n"
                 "# The static library %s, for a CMake project:\n"
                 "#\n"
                 "#   include(FOLDER/%s.cmake)\n"
                 "#   target_link_libraries(program PRIVATE %s)\n\n"
                 "enable_language(C)\n",
                 stem, stem, stem);
    if (build->library)
        mk__str_add(&text, "if(NOT TARGET multikernel::multikernel)\n"
                           "    find_package(multikernel REQUIRED)\n"
                           "endif()\n");
    mk__str_add(&text, "\n");
    status = add_kernels(&text, build, &kernels);
    for (size_t i = 0; i < build->count && status == MK_OK; ++i)
        if (is_by_own(build, &build->units[i]))
            status = add_command(&text, build, &build->units[i]);
    for (size_t i = 0; i < build->count; ++i)
        if (build->units[i].number > 0 &&
            build->units[i].language == MK__LANGUAGE_OBJECT)
            add_object(&text, build, &build->units[i]);
    add_library(&text, build, kernels);
    if (status != MK_OK) {
        mk__str_free(&text);
        return status;
    }
    return mk__build_add_file(build, ".cmake", &text);
}

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/folder.h"

#include "base/lib.h"

/* Not static and not inlined: each has an address of its own. */
void one_function(void);
void another_function(void);

__attribute__((noinline)) void one_function(void)
{
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void another_function(void)
{
    __asm__ volatile("" ::: "memory");
}

static const void *address_of(void (*function)(void))
{
    const void *address;

    memcpy(&address, &function, sizeof(address));
    return address;
}

static void a_function_keeps_its_identity(void **state)
{
    char one[MK__DIGEST_SIZE], again[MK__DIGEST_SIZE], other[MK__DIGEST_SIZE];

    (void)state;
    assert_ok(mk__lib_identify(address_of(one_function), one));
    assert_ok(mk__lib_identify(address_of(one_function), again));
    assert_ok(mk__lib_identify(address_of(another_function), other));
    assert_int_equal(strlen(one), 64);
    assert_string_equal(one, again);
    assert_string_not_equal(one, other);
}

/* The address differs from process to process, the identity does not. */
static void another_process_finds_the_same_identity(void **state)
{
    const char *const argv[] = { "/proc/self/exe", "identify", NULL };
    char here[MK__DIGEST_SIZE];
    char *there;
    int exit_status;

    (void)state;
    assert_ok(mk__lib_identify(address_of(one_function), here));
    assert_ok(mk__proc_run(argv, &there, &exit_status));
    assert_int_equal(exit_status, 0);
    assert_string_equal(here, there);
    free(there);
}

static void an_address_in_no_object_has_no_identity(void **state)
{
    void *memory =
        mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char digest[MK__DIGEST_SIZE];

    (void)state;
    assert_error(mk__lib_identify(memory, digest), MK_ERROR_INVALID,
                 "give the kernel a version");
    (void)munmap(memory, 4096);
}

static void what_is_no_object_is_not_opened(void **state)
{
    void *lib;

    (void)state;
    assert_error(mk__lib_open(&lib, folder_path("none.so")), MK_ERROR_LOAD,
                 "none.so");
    assert_null(lib);
    folder_write("text.so", "this is no ELF file\n");
    assert_error(mk__lib_open(&lib, folder_path("text.so")), MK_ERROR_LOAD,
                 "text.so");
    assert_null(lib);
    mk__lib_close(NULL);
}

static void a_symbol_is_found_by_name(void **state)
{
    void *lib, *address;

    (void)state;
    assert_ok(mk__lib_open(&lib, "libm.so.6"));
    assert_ok(mk__lib_symbol(&address, lib, "libm.so.6", "cos"));
    assert_non_null(address);
    assert_error(mk__lib_symbol(&address, lib, "libm.so.6", "no_such_symbol"),
                 MK_ERROR_LOAD, "libm.so.6", "no_such_symbol", "nm -D");
    mk__lib_close(lib);
}

/* In the other process. */
static int identify(void)
{
    char digest[MK__DIGEST_SIZE];

    if (mk__lib_identify(address_of(one_function), digest) != MK_OK)
        return 1;
    return fputs(digest, stdout) < 0;
}

int main(int argc, char **argv)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(a_function_keeps_its_identity),
        TEST(another_process_finds_the_same_identity),
        TEST(an_address_in_no_object_has_no_identity),
        TEST(what_is_no_object_is_not_opened),
        TEST(a_symbol_is_found_by_name),
    };

    if (argc > 1 && strcmp(argv[1], "identify") == 0)
        return identify();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The digest over the parts of a key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/key.h"

static const char *const kernels[] = { "k0", "k1" };

static const struct mk__key plain = {
    .kernels = kernels,
    .count = 2,
    .device = "device",
    .policy = "policy",
    .shapes = "shapes",
    .eligible = "11",
};

static void expect_different(const struct mk__key *other)
{
    char one[MK__DIGEST_SIZE], two[MK__DIGEST_SIZE];

    mk__key_digest(&plain, one);
    mk__key_digest(other, two);
    assert_string_not_equal(one, two);
}

static void D1_digest_is_64_hex_digits_and_the_same_again(void **state)
{
    char one[MK__DIGEST_SIZE], two[MK__DIGEST_SIZE];

    (void)state;
    mk__key_digest(&plain, one);
    mk__key_digest(&plain, two);
    assert_int_equal(strlen(one), 64);
    assert_int_equal(strspn(one, "0123456789abcdef"), 64);
    assert_string_equal(one, two);
}

static void D1_digest_changes_with_every_part(void **state)
{
    static const char *const swapped[] = { "k1", "k0" };
    struct mk__key other = plain;

    (void)state;
    other.kernels = swapped;
    expect_different(&other);
    other = plain;
    other.count = 1;
    expect_different(&other);
    other = plain;
    other.device = "another device";
    expect_different(&other);
    other = plain;
    other.policy = "another policy";
    expect_different(&other);
    other = plain;
    other.shapes = "other shapes";
    expect_different(&other);
    other = plain;
    other.eligible = "10";
    expect_different(&other);
}

static void D1_digest_keeps_the_parts_apart(void **state)
{
    static const char *const merged[] = { "k0k", "1" };
    struct mk__key other = plain;

    (void)state;
    other.kernels = merged;
    expect_different(&other);
    other = plain;
    other.device = "devicep";
    other.policy = "olicy";
    expect_different(&other);
    other = plain;
    other.policy = "shapes";
    other.shapes = "policy";
    expect_different(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(D1_digest_is_64_hex_digits_and_the_same_again),
        cmocka_unit_test(D1_digest_changes_with_every_part),
        cmocka_unit_test(D1_digest_keeps_the_parts_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

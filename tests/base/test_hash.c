#include <string.h>

#include "support/tensors.h"

#include "base/hash.h"

static void check_bytes(const char *bytes, size_t times, const char *expected)
{
    char digest[MK__DIGEST_SIZE];
    struct mk__hash hash;

    mk__hash_init(&hash);
    for (size_t i = 0; i < times; ++i)
        mk__hash_bytes(&hash, bytes, strlen(bytes));
    mk__hash_end(&hash, digest);
    assert_string_equal(digest, expected);
}

/* FIPS 180-4, examples of SHA-256. */
static void it_is_sha_256(void **state)
{
    (void)state;
    check_bytes(
        "", 1,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_bytes(
        "abc", 1,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check_bytes(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    check_bytes(
        "aaaaaaaaaa", 100000,
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void digest_of(const char *first, const char *second,
                      char digest[MK__DIGEST_SIZE])
{
    struct mk__hash hash;

    mk__hash_init(&hash);
    mk__hash_text(&hash, first);
    mk__hash_text(&hash, second);
    mk__hash_end(&hash, digest);
}

static void texts_do_not_run_together(void **state)
{
    static const char *const pairs[][2] = {
        { "ab", "c" }, { "a", "bc" },   { "abc", "" },
        { "", "abc" }, { "abc", NULL }, { NULL, "abc" },
    };
    char digests[COUNT(pairs)][MK__DIGEST_SIZE];
    char again[MK__DIGEST_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); ++i) {
        digest_of(pairs[i][0], pairs[i][1], digests[i]);
        for (size_t j = 0; j < i; ++j)
            assert_string_not_equal(digests[i], digests[j]);
    }
    digest_of("ab", "c", again);
    assert_string_equal(again, digests[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_sha_256),
        cmocka_unit_test(texts_do_not_run_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "support/tensors.h"

#include <string.h>

void assert_ok(int status)
{
    if (status != MK_OK)
        fail_msg("%s: %s", mk_status_name(status), mk_last_error()->message);
}

void assert_contains(const char *text, const char *part)
{
    if (text == NULL || strstr(text, part) == NULL)
        fail_msg("'%s' is not in '%s'", part, text != NULL ? text : "NULL");
}

void assert_error_parts(int status, mk_status expected,
                        const char *const *parts)
{
    if (status != (int)expected)
        fail_msg("expected %s, got %s (%s)", mk_status_name((int)expected),
                 mk_status_name(status), mk_last_error()->message);
    assert_int_equal(mk_last_error()->status, expected);
    for (; *parts != NULL; ++parts)
        assert_contains(mk_last_error()->message, *parts);
}

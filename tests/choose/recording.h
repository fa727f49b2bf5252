/* What the tests of recorded choices share. */
#ifndef MULTIKERNEL_TESTS_CHOOSE_RECORDING_H
#define MULTIKERNEL_TESTS_CHOOSE_RECORDING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/fake_bed.h"
#include "support/fake_home.h"

static inline mk_choices *new_choices(void)
{
    mk_choices *choices;

    assert_int_equal(mk_choices_create(&choices), MK_OK);
    return choices;
}

static inline void begin(mk_choices *choices)
{
    assert_int_equal(mk_record_begin(choices), MK_OK);
}

static inline void end(void)
{
    assert_int_equal(mk_record_end(), MK_OK);
}

static inline void expect_choice(const mk_choices *choices, const char *multi,
                                 const char *kernel, size_t index)
{
    const mk_choice *choice;

    if (mk_choices_lookup(choices, multi, &choice) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    assert_string_equal(choice->multi, multi);
    assert_string_equal(choice->kernel, kernel);
    assert_int_equal(choice->index, index);
    assert_null(choice->rival);
}

/* A bed whose multi-kernel "mine" picks b. */
static inline void named_init(struct fake_bed *bed)
{
    FAKE_BED_INIT(bed, 200e3, 100e3, 300e3);
    bed->options.name = "mine";
}

#endif

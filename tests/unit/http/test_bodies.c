/* SPDX-License-Identifier: Apache-2.0 */
/* test_bodies.c - bodies that arrive, and their allowance. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "http/bodies.h"

CASE(a_body_grows_and_keeps_what_it_has)
{
	struct bodies all = {.all_max = 1 << 20};
	struct body *b = body_new(&all, 100000);

	for (int i = 0; i < 100000; i++) {
		const char byte = (char)('a' + i % 26);

		assert_int_equal(body_add(&all, b, &byte, 1), BODY_TAKEN);
	}
	assert_int_equal(b->length, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(b->data[i], 'a' + i % 26);
	assert_int_equal(body_add(&all, b, "x", 1), BODY_TOO_LARGE);
	assert_int_equal(b->length, 100000);
	assert_true(b->capacity <= 100000);
	body_free(&all, b);
	assert_int_equal(all.used, 0);
	bodies_clear(&all);
}

CASE(large_bodies_share_an_allowance)
{
	static char piece[300000];
	struct bodies all = {.all_max = 1 << 20};
	struct body *first = body_new(&all, 1 << 20), *second = body_new(&all, 1 << 20),
		    *third = body_new(&all, 1 << 20);

	assert_int_equal(body_add(&all, first, piece, sizeof(piece)), BODY_TAKEN);
	assert_int_equal(body_add(&all, second, piece, sizeof(piece)), BODY_TAKEN);
	assert_int_equal(body_add(&all, third, piece, sizeof(piece)), BODY_NO_ROOM);
	assert_int_equal(third->length, 0);
	assert_true(all.used <= all.all_max);
	/* A small one needs none of it. */
	assert_int_equal(body_add(&all, third, piece, BODY_SMALL), BODY_TAKEN);
	body_free(&all, first);
	assert_int_equal(body_add(&all, third, piece, 200000), BODY_TAKEN);
	body_free(&all, second);
	body_free(&all, third);
	assert_int_equal(all.used, 0);
	bodies_clear(&all);
}

CASE(small_bodies_are_used_again_and_few_are_kept)
{
	struct bodies all = {.all_max = 1 << 20};
	struct body *some[2 * BODIES_KEPT];

	for (int i = 0; i < 2 * BODIES_KEPT; i++)
		assert_non_null(some[i] = body_new(&all, 1 << 20));
	for (int i = 0; i < 2 * BODIES_KEPT; i++)
		body_free(&all, some[i]);
	assert_int_equal(all.kept_count, BODIES_KEPT);

	struct body *again = body_new(&all, 1 << 20);
	bool known = false;
	for (int i = 0; i < BODIES_KEPT; i++)
		known |= again == some[i];
	assert_true(known);
	assert_int_equal(again->length, 0);
	body_free(&all, again);
	bodies_clear(&all);
	assert_null(all.kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_body_grows_and_keeps_what_it_has),
	    cmocka_unit_test(large_bodies_share_an_allowance),
	    cmocka_unit_test(small_bodies_are_used_again_and_few_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_filter.c - the table of system calls and the filter that is made of it. What the
 * filter forbids: tests/net/attempts.c. */
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/testing.h"
#include "confine/confine.h"
#include "confine/filter.h"

#define ALL_ABILITIES (2 * CONFINE_RESOLVES - 1)

/* Loads the filter in a process of its own: 0 if the kernel takes it. */
static int load(const struct sock_fprog *program)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		int failed =
		    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program) != 0;
		/* Not by _exit(), before which a sanitizer makes other calls. */
		syscall(SYS_exit_group, failed);
	}
	waitpid(child, &status, 0);
	return status;
}

static void test_the_kernel_takes_every_filter(void **state)
{
	(void)state;
	for (unsigned abilities = 0; abilities <= ALL_ABILITIES; abilities++) {
		struct sock_filter filter[FILTER_MAX];
		const struct sock_fprog program = {
		    .len = (unsigned short)filter_build(filter, abilities),
		    .filter = filter,
		};

		assert_in_range(program.len, 50, FILTER_MAX);
		assert_int_equal(load(&program), 0);
	}
}

static void test_more_abilities_make_a_longer_filter(void **state)
{
	struct sock_filter filter[FILTER_MAX];

	(void)state;
	for (unsigned one = 1; one <= ALL_ABILITIES; one <<= 1)
		assert_true(filter_build(filter, one) > filter_build(filter, 0));
}

static bool is_plain(unsigned number)
{
	for (size_t i = 0; i < plain_call_count; i++)
		if (plain_calls[i].number == number)
			return true;
	return false;
}

/* Of two rows for a call only the first would count. */
static void test_each_call_has_one_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < plain_call_count; i++)
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(plain_calls[i].number,
					     plain_calls[j].number);
	for (size_t i = 0; i < checked_call_count; i++) {
		assert_false(is_plain(checked_calls[i].number));
		for (size_t j = 0; j + 1 < i; j++)
			if (checked_calls[j].number == checked_calls[i].number)
				assert_int_equal(checked_calls[i - 1].number,
						 checked_calls[i].number);
	}
	for (size_t i = 0; i < fatal_call_count; i++)
		assert_false(is_plain(fatal_calls[i]));
}

/* A check of a value outside its mask never passes. */
static void test_each_check_can_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < checked_call_count; i++) {
		assert_int_not_equal(checked_calls[i].checks[0].mask, 0);
		for (int c = 0; c < CALL_CHECKS_MAX; c++) {
			const struct call_check *check = &checked_calls[i].checks[c];

			assert_int_equal(check->value & ~check->mask, 0);
			assert_true(check->argument < 6);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_kernel_takes_every_filter),
	    cmocka_unit_test(test_more_abilities_make_a_longer_filter),
	    cmocka_unit_test(test_each_call_has_one_place),
	    cmocka_unit_test(test_each_check_can_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

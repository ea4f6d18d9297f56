/* SPDX-License-Identifier: Apache-2.0 */
/* testing.h - what every unit test begins with: cmocka, and what it needs before it. */
#ifndef TESTS_SUPPORT_TESTING_H
#define TESTS_SUPPORT_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* base/error.h has a function fail(), which cmocka's macro would hide. */
#undef fail
#undef fail_msg
#define fail_msg(...)                                                                  \
	do {                                                                           \
		print_error(__VA_ARGS__);                                              \
		print_error("\n");                                                     \
		_fail(__FILE__, __LINE__);                                             \
	} while (0)

/* The type of recvmmsg()'s flags: musl has them unsigned. */
#ifdef __GLIBC__
#define RECVMMSG_FLAGS int
#else
#define RECVMMSG_FLAGS unsigned
#endif

/* The head of a test that needs no state of cmocka's: its name is what it holds. */
#define CASE(name) static void name(void **state __attribute__((unused)))

#endif

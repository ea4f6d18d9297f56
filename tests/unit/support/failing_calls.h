/* SPDX-License-Identifier: Apache-2.0 */
/* failing_calls.h - the calls that the tested code makes of libraries fail, one after
 * another: first the first, then the second, until a run has no more of them.
 *
 * A function named in FAILS_IN_TURN is this program's own, and hands on to the
 * library's. Calls that come from a shared library are left alone: GnuTLS does not
 * survive its own. So are those of other threads. So use it for functions of shared
 * libraries only.
 */
#ifndef TESTS_SUPPORT_FAILING_CALLS_H
#define TESTS_SUPPORT_FAILING_CALLS_H

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

/* Where the linker put this program. NOLINTNEXTLINE(bugprone-reserved-identifier) */
extern const char __executable_start[], etext[];

static _Thread_local unsigned failing_at; /* the call of that number; 0: none */
static _Thread_local unsigned calls_made;

static inline bool call_fails(const void *caller)
{
	const uintptr_t at = (uintptr_t)caller;

	if (failing_at == 0 || at < (uintptr_t)__executable_start ||
	    at >= (uintptr_t)etext || ++calls_made != failing_at)
		return false;
	errno = ENOMEM;
	return true;
}

/* From here on the call of that number fails. */
static inline void fail_call(unsigned number)
{
	calls_made = 0;
	failing_at = number;
}

/* No more calls fail. Returns whether one did. */
static inline bool call_failed(void)
{
	const bool failed = calls_made >= failing_at;

	failing_at = 0;
	return failed;
}

/* Defines `name`, which returns `failure` when its turn has come.
 * NOLINTBEGIN(bugprone-macro-parentheses) */
#define FAILS_IN_TURN(type, failure, name, parameters, arguments)                      \
	type name parameters                                                           \
	{                                                                              \
		static type(*next) parameters;                                         \
                                                                                       \
		if (!next)                                                             \
			*(void **)&next = dlsym(RTLD_NEXT, #name);                     \
		return call_fails(__builtin_return_address(0)) ? (failure)             \
							       : next arguments;       \
	}
/* NOLINTEND(bugprone-macro-parentheses) */

#endif

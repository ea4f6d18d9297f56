/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c - makes the seccomp filter, a program for the kernel's classic BPF.
 *
 * What a forbidden call gets:
 * - EPERM. The caller handles a failed call anyway, as when the kernel or the
 *   container's runtime refuses one, and the monitor goes on. If it died instead, one
 *   call that an update of the C library adds would leave every pod without a monitor.
 * - ENOSYS for the numbers that all architectures share, 424 and above. The C
 *   libraries take it as an old kernel and fall back to an older call, for which there
 *   may be a row: clone3() has its flags in memory, where no filter can see them, but
 *   clone() has them in an argument.
 * - Death for the calls of fatal_calls, and for those of another architecture, which
 *   have other numbers. Nothing in the programs makes them, so an intruder does; the
 *   kubelet then reports the end and restarts the container.
 *
 * Since Linux 5.11 the kernel notes which calls a filter allows whatever the arguments
 * are and does not run it for these (kernel/seccomp.c, seccomp_cache_prepare).
 */
#include "filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <unistd.h>

#ifdef FILTER_ARCHITECTURE
/* Numbers from here are the same on all architectures (asm-generic/unistd.h). */
#define COMMON_NUMBERS 424
/* Set in the numbers of x32 calls, which the architecture does not tell apart. */
#define X32_BIT 0x40000000u
/* The number of a call that a tracer skips, such as strace when it injects a fault. */
#define SKIPPED_CALL 0xffffffffu

#define EPERM_ACTION  (SECCOMP_RET_ERRNO | EPERM)
#define ENOSYS_ACTION (SECCOMP_RET_ERRNO | ENOSYS)

/* Instructions in memory of fixed size. What does not fit is counted only. */
struct writer {
	struct sock_filter *filter;
	size_t length;
};

static void put(struct writer *w, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	if (w->length < FILTER_MAX)
		w->filter[w->length] = (struct sock_filter){code, jt, jf, k};
	w->length++;
}

static void put_load(struct writer *w, size_t offset)
{
	put(w, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void put_return(struct writer *w, uint32_t action)
{
	put(w, BPF_RET | BPF_K, action, 0, 0);
}

/* Goes on if the accumulator is `value`, else skips `skip` instructions. */
static void put_unless_equal(struct writer *w, uint32_t value, size_t skip)
{
	put(w, BPF_JMP | BPF_JEQ | BPF_K, value, 0, (uint8_t)skip);
}

static bool applies(uint8_t needed, unsigned abilities)
{
	return needed == 0 || (needed & abilities);
}

/* The lower half comes first: both architectures are little endian. */
static size_t place_of(unsigned argument)
{
	return offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t);
}

static unsigned checks_of(const struct checked_call *call)
{
	unsigned count = 0;

	while (count < CALL_CHECKS_MAX && call->checks[count].mask)
		count++;
	return count;
}

/* Allows the call if its checks pass, else goes on behind them. */
static void put_checks(struct writer *w, const struct checked_call *call)
{
	const unsigned count = checks_of(call);

	for (unsigned i = 0; i < count; i++) {
		const struct call_check *check = &call->checks[i];
		const uint32_t value =
		    check->value == CALL_OWN_PID ? (uint32_t)getpid() : check->value;

		put_load(w, place_of(check->argument));
		put(w, BPF_ALU | BPF_AND | BPF_K, check->mask, 0, 0);
		/* Over the three instructions of each further check and the return. */
		put_unless_equal(w, value, 3 * (size_t)(count - 1 - i) + 1);
	}
	put_return(w, SECCOMP_RET_ALLOW);
}

/* Instructions of put_checks(). */
static size_t checks_length(const struct checked_call *call)
{
	return 3 * (size_t)checks_of(call) + 1;
}

/* The rows of the call at `first`, and what refuses it when none passes. Returns the
 * index behind them. */
static size_t put_rows(struct writer *w, size_t first, unsigned abilities)
{
	const uint16_t number = checked_calls[first].number;
	size_t length = 0, end = first;

	for (; end < checked_call_count && checked_calls[end].number == number; end++)
		if (applies(checked_calls[end].abilities, abilities))
			length += checks_length(&checked_calls[end]);
	if (length == 0)
		return end;
	put_unless_equal(w, number, length + 1);
	for (size_t i = first; i < end; i++)
		if (applies(checked_calls[i].abilities, abilities))
			put_checks(w, &checked_calls[i]);
	put_return(w, EPERM_ACTION);
	return end;
}

static void put_call(struct writer *w, uint16_t number, uint32_t action)
{
	put_unless_equal(w, number, 1);
	put_return(w, action);
}

/* Ends the process if it is not of this program's architecture. Leaves the call's
 * number in the accumulator. */
static void put_architecture(struct writer *w)
{
	put_load(w, offsetof(struct seccomp_data, arch));
	put(w, BPF_JMP | BPF_JEQ | BPF_K, FILTER_ARCHITECTURE, 1, 0);
	put_return(w, SECCOMP_RET_KILL_PROCESS);
	put_load(w, offsetof(struct seccomp_data, nr));
	put(w, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 2);
	put(w, BPF_JMP | BPF_JEQ | BPF_K, SKIPPED_CALL, 1, 0);
	put_return(w, SECCOMP_RET_KILL_PROCESS);
}

size_t filter_build(struct sock_filter filter[FILTER_MAX], unsigned abilities)
{
	struct writer w = {.filter = filter};

	put_architecture(&w);
	for (size_t i = 0; i < plain_call_count; i++)
		if (applies(plain_calls[i].abilities, abilities))
			put_call(&w, plain_calls[i].number, SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < checked_call_count;)
		i = put_rows(&w, i, abilities);
	for (size_t i = 0; i < fatal_call_count; i++)
		put_call(&w, fatal_calls[i], SECCOMP_RET_KILL_PROCESS);
	put(&w, BPF_JMP | BPF_JGE | BPF_K, COMMON_NUMBERS, 0, 1);
	put_return(&w, ENOSYS_ACTION);
	put_return(&w, EPERM_ACTION);
	return w.length <= FILTER_MAX ? w.length : 0;
}
#else
size_t filter_build(struct sock_filter filter[FILTER_MAX], unsigned abilities)
{
	(void)filter;
	(void)abilities;
	return 0;
}
#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* filter.h - the system calls as a table, and the seccomp filter that is made of it. */
#ifndef DORMOUSE_CONFINE_FILTER_H
#define DORMOUSE_CONFINE_FILTER_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/* The architectures that the filter knows the calls of. */
#if defined(__x86_64__)
#define FILTER_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define FILTER_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* (argument & mask) == value, of the argument's lower 32 bits: all that the kernel
 * reads of an int, and where all flags are that matter here. */
struct call_check {
	uint32_t mask; /* 0: no check */
	uint32_t value;
	uint8_t argument; /* 0 to 5 */
};

/* The value of a check: the process's own id. */
#define CALL_OWN_PID 0xffffffffu

#define CALL_CHECKS_MAX 2

/* A call that is allowed if all checks pass. Rows of one call follow each other; one of
 * them has to pass. */
struct checked_call {
	struct call_check checks[CALL_CHECKS_MAX];
	uint16_t number;
	uint8_t abilities; /* allowed for any of these; 0: always */
};

/* A call that is allowed with any arguments. */
struct plain_call {
	uint16_t number;
	uint8_t abilities;
};

/* The tables of calls.c. */
extern const struct plain_call plain_calls[];
extern const struct checked_call checked_calls[];
extern const uint16_t fatal_calls[]; /* calls that end the process */
extern const size_t plain_call_count, checked_call_count, fatal_call_count;

/* More than the tables ever need. */
#define FILTER_MAX 512

/* Writes the filter for the abilities (enum confine_ability). Returns the number of
 * instructions, 0 if this architecture has none. */
size_t filter_build(struct sock_filter filter[FILTER_MAX], unsigned abilities);

#endif

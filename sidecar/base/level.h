/* SPDX-License-Identifier: Apache-2.0 */
/* level.h - packs amounts into 16 bits. */
#ifndef DORMOUSE_BASE_LEVEL_H
#define DORMOUSE_BASE_LEVEL_H

#include <stdint.h>

#define LEVEL_OCTAVE 1024 /* the code of twice an amount is larger by this */

/* Packs an amount of 0 or more into 16 bits: an exponent and ten bits of mantissa,
 * rounded up. Amounts below 1 become 0. */
static inline uint16_t level_encode(double amount)
{
	union {
		double d;
		uint64_t u;
	} bits = {.d = amount};
	const uint64_t one = (uint64_t)1023 << 10;

	if (!(amount >= 1))
		return 0;
	uint64_t code = ((bits.u + (((uint64_t)1 << 42) - 1)) >> 42) - one + 1;
	return code > UINT16_MAX ? UINT16_MAX : (uint16_t)code;
}

static inline double level_decode(uint16_t code)
{
	union {
		double d;
		uint64_t u;
	} bits;

	if (code == 0)
		return 0;
	bits.u = (code - 1 + ((uint64_t)1023 << 10)) << 42;
	return bits.d;
}

#endif

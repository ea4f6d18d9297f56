/* SPDX-License-Identifier: Apache-2.0 */
/* utf16.c - converts UTF-16 to UTF-8. */
#include "utf16.h"

#define NO_CHARACTER 0xFFFDu

static size_t put(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xC0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xE0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3F));
		to[2] = (char)(0x80 | (c & 0x3F));
		return 3;
	}
	to[0] = (char)(0xF0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3F));
	to[2] = (char)(0x80 | (c >> 6 & 0x3F));
	to[3] = (char)(0x80 | (c & 0x3F));
	return 4;
}

static size_t turn_unit(struct utf16 *u, uint16_t unit, char *to)
{
	const uint16_t high = u->high;
	size_t written = 0;

	u->high = 0;
	if (high && unit >= 0xDC00 && unit <= 0xDFFF)
		return put(to, 0x10000 + ((uint32_t)(high - 0xD800) << 10) +
				   (unit - 0xDC00u));
	if (high)
		written = put(to, NO_CHARACTER);
	if (unit >= 0xD800 && unit <= 0xDBFF)
		u->high = unit;
	else if (unit >= 0xDC00 && unit <= 0xDFFF)
		written += put(to + written, NO_CHARACTER);
	else
		written += put(to + written, unit);
	return written;
}

size_t utf16_turn(struct utf16 *u, const uint8_t *from, size_t length, char *to)
{
	size_t written = 0;

	for (size_t i = 0; i < length; i++) {
		if (!u->half) {
			u->first = from[i];
			u->half = true;
			continue;
		}
		u->half = false;
		uint16_t unit = u->big_endian ? (uint16_t)(u->first << 8 | from[i])
					      : (uint16_t)(from[i] << 8 | u->first);
		written += turn_unit(u, unit, to + written);
	}
	return written;
}

size_t utf16_end(struct utf16 *u, char *to)
{
	const bool waits = u->high || u->half;

	u->high = 0;
	u->half = false;
	return waits ? put(to, NO_CHARACTER) : 0;
}

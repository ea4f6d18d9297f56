/* SPDX-License-Identifier: Apache-2.0 */
/* printable.c - words of strangers in our own sentences. */
#include "printable.h"

#include <string.h>

#define DOTS "..."

/* The length of the sequence of UTF-8 at `s`; 0: there is none. */
static size_t sequence(const unsigned char *s)
{
	size_t length = s[0] < 0x80   ? 1
			: s[0] < 0xC2 ? 0
			: s[0] < 0xE0 ? 2
			: s[0] < 0xF0 ? 3
			: s[0] < 0xF5 ? 4
				      : 0;

	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, above U+10FFFF; C1 controls are controls. */
	if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
	    (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F) ||
	    (s[0] == 0xC2 && s[1] < 0xA0))
		return 0;
	return length;
}

char *printable(char *out, size_t size, const char *text)
{
	const unsigned char *s = (const unsigned char *)(text ? text : "");
	size_t used = 0, whole = 0; /* `whole` leaves room for the dots */

	while (*s) {
		size_t length = sequence(s);
		size_t taken = length > 0 ? length : 1;
		if (used + taken >= size) {
			if (whole + sizeof(DOTS) <= size) {
				memcpy(out + whole, DOTS, sizeof(DOTS));
				return out;
			}
			break;
		}
		if (length == 0 || (length == 1 && (*s < 0x20 || *s == 0x7F)))
			out[used] = '?';
		else
			memcpy(out + used, s, length);
		used += taken;
		s += taken;
		if (used + sizeof(DOTS) <= size)
			whole = used;
	}
	if (size > 0)
		out[used] = '\0';
	return out;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* base64.c - bytes as RFC 4648's base64. */
#include "base64.h"

#include <stdint.h>

#include "dormouse/text.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Writes the four digits of up to three bytes. */
static void put_group(char out[4], const unsigned char *in, size_t count)
{
	uint32_t bits = (uint32_t)in[0] << 16;

	if (count > 1)
		bits |= (uint32_t)in[1] << 8;
	if (count > 2)
		bits |= in[2];
	out[0] = digits[bits >> 18];
	out[1] = digits[bits >> 12 & 63];
	out[2] = count > 1 ? digits[bits >> 6 & 63] : '=';
	out[3] = count > 2 ? digits[bits & 63] : '=';
}

void base64_put(struct text *t, const char *bytes, size_t length)
{
	const unsigned char *in = (const unsigned char *)bytes;

	if (t->overflowed || t->capacity - t->length <= (length + 2) / 3 * 4) {
		t->overflowed = true;
		return;
	}
	for (; length > 0; t->length += 4) {
		size_t count = length < 3 ? length : 3;
		put_group(t->data + t->length, in, count);
		in += count;
		length -= count;
	}
	t->data[t->length] = '\0';
}

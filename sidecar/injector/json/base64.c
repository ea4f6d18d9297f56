/* SPDX-License-Identifier: Apache-2.0 */
/* base64.c - encodes bytes as base64 (RFC 4648). */
#include "base64.h"

#include <stdint.h>

#include "base/text.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_digits(char out[4], uint32_t bits)
{
	out[0] = digits[bits >> 18];
	out[1] = digits[bits >> 12 & 63];
	out[2] = digits[bits >> 6 & 63];
	out[3] = digits[bits & 63];
}

void base64_put(struct text *t, const char *bytes, size_t length)
{
	const unsigned char *in = (const unsigned char *)bytes;

	if (t->overflowed || t->capacity - t->length <= (length + 2) / 3 * 4) {
		t->overflowed = true;
		return;
	}
	char *out = t->data + t->length;
	for (; length >= 3; length -= 3, in += 3, out += 4)
		put_digits(out, (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2]);
	if (length > 0) {
		put_digits(out, (uint32_t)in[0] << 16 |
				    (length > 1 ? (uint32_t)in[1] << 8 : 0));
		out[3] = '=';
		if (length == 1)
			out[2] = '=';
		out += 4;
	}
	*out = '\0';
	t->length = (size_t)(out - t->data);
}

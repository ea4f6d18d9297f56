/* SPDX-License-Identifier: Apache-2.0 */
/* Names shown, from any bytes: what is shown is UTF-8 without control characters, and
 * says which bytes they were. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAME_MAX_BYTES 200

static int hex_of(char c)
{
	return c >= 'A' && c <= 'F'   ? c - 'A' + 10
	       : c >= '0' && c <= '9' ? c - '0'
				      : -1;
}

/* The bytes that are shown so. */
static size_t bytes_of(const char *shown, char *bytes)
{
	size_t length = 0;

	while (*shown) {
		int high = -1, low = -1;

		if (shown[0] == '\\' && shown[1] == 'x') {
			high = hex_of(shown[2]);
			low = high < 0 ? -1 : hex_of(shown[3]);
		}
		if (low >= 0) {
			bytes[length++] = (char)(high << 4 | low);
			shown += 4;
		} else {
			bytes[length++] = *shown++;
		}
	}
	return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[NAME_MAX_BYTES + 1], shown[8 * NAME_MAX_BYTES], back[sizeof(shown)];
	struct text t = text_over(shown, sizeof(shown));

	if (size > NAME_MAX_BYTES || memchr(data, 0, size))
		return 0;
	memcpy(name, data, size);
	name[size] = '\0';
	text_visible(&t, name, false);
	if (t.overflowed || bytes_of(shown, back) != size ||
	    memcmp(back, name, size) != 0)
		abort();
	for (const char *c = shown; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7F)
			abort();
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c - validates UTF-8, and finds characters that are unsafe to print. */
#include "utf8.h"

size_t utf8_length(const char *bytes, size_t available)
{
	const unsigned char *s = (const unsigned char *)bytes;
	unsigned char low = 0x80, high = 0xBF;
	size_t length;

	if (available == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xC2 && s[0] <= 0xDF) {
		length = 2;
	} else if (s[0] >= 0xE0 && s[0] <= 0xEF) {
		length = 3;
		low = s[0] == 0xE0 ? 0xA0 : 0x80;
		high = s[0] == 0xED ? 0x9F : 0xBF;
	} else if (s[0] >= 0xF0 && s[0] <= 0xF4) {
		length = 4;
		low = s[0] == 0xF0 ? 0x90 : 0x80;
		high = s[0] == 0xF4 ? 0x8F : 0xBF;
	} else {
		return 0;
	}
	if (length > available || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (s[i] < 0x80 || s[i] > 0xBF)
			return 0;
	return length;
}

uint32_t utf8_decode(const char *bytes, size_t length)
{
	static const unsigned char lead[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	uint32_t character = (unsigned char)bytes[0] & lead[length];

	for (size_t i = 1; i < length; i++)
		character = character << 6 | ((unsigned char)bytes[i] & 0x3F);
	return character;
}

bool utf8_is_unsafe(uint32_t character)
{
	static const struct {
		uint32_t first, last;
	} unsafe[] = {
	    {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},       {0x61C, 0x61C},
	    {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F},
	    {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF},
	};

	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
		if (character >= unsafe[i].first && character <= unsafe[i].last)
			return true;
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What is UTF-8, compared with the definition of RFC 3629 written down once more in
 * another way; and which characters are unsafe. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../support/testing.h"
#include "base/utf8.h"

/* Each byte that a table of well-formed sequences names, and its neighbours. */
#define EDGES 24
static const unsigned char edges[EDGES] = {
    0x00, 0x01, 0x41, 0x7F, 0x80, 0x81, 0x8F, 0x90, 0x91, 0x9F, 0xA0, 0xA1,
    0xBE, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xFF};

/* The bits of a sequence of that length, whatever its bytes are. */
static uint32_t bits_of(const unsigned char *s, size_t length)
{
	uint32_t bits = s[0];

	if (length > 1)
		bits &= (1u << (7 - length)) - 1;
	for (size_t i = 1; i < length; i++)
		bits = bits * 64 + s[i] % 64;
	return bits;
}

static size_t length_by_lead(unsigned char lead)
{
	return lead / 128 == 0   ? 1
	       : lead / 32 == 6  ? 2
	       : lead / 16 == 14 ? 3
	       : lead / 8 == 30  ? 4
				 : 0;
}

/* The length that the character's range wants (RFC 3629, section 3). */
static size_t shortest(uint32_t character)
{
	return character < 0x80      ? 1
	       : character < 0x800   ? 2
	       : character < 0x10000 ? 3
				     : 4;
}

/* 0 for what is no UTF-8: decodes first, and asks then what came out. */
static size_t simple_length(const unsigned char *s, size_t available)
{
	const size_t length = available > 0 ? length_by_lead(s[0]) : 0;

	if (length == 0 || length > available)
		return 0;
	for (size_t i = 1; i < length; i++)
		if (s[i] / 64 != 2)
			return 0;
	const uint32_t character = bits_of(s, length);
	const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
	return shortest(character) == length && !surrogate && character <= 0x10FFFF
		   ? length
		   : 0;
}

static void compare(const unsigned char *s, size_t available)
{
	const char *text = (const char *)s;
	const size_t expected = simple_length(s, available);
	const size_t length = utf8_length(text, available);

	if (length != expected)
		print_error("%02X %02X %02X %02X, %zu available: %zu, not %zu\n", s[0],
			    s[1], s[2], s[3], available, length, expected);
	assert_int_equal(length, expected);
	if (length > 0)
		assert_int_equal(utf8_decode(text, length), bits_of(s, length));
}

static void compare_all_lengths(const unsigned char *s)
{
	for (size_t available = 0; available <= UTF8_MAX; available++)
		compare(s, available);
}

CASE(three_bytes_are_compared_exhaustively)
{
	for (uint32_t n = 0; n < 0x1000000; n++) {
		const unsigned char s[UTF8_MAX] = {(unsigned char)(n >> 16),
						   (unsigned char)(n >> 8),
						   (unsigned char)n, 0x80};

		compare(s, UTF8_MAX);
	}
}

/* All that begin as four bytes would, with each third and fourth byte that is an edge.
 */
CASE(four_bytes_are_compared_at_all_edges)
{
	for (unsigned lead = 0xF0; lead <= 0xFF; lead++)
		for (unsigned second = 0; second <= 0xFF; second++)
			for (size_t i = 0; i < EDGES * EDGES; i++) {
				const unsigned char s[UTF8_MAX] = {
				    (unsigned char)lead, (unsigned char)second,
				    edges[i / EDGES], edges[i % EDGES]};

				compare(s, UTF8_MAX);
			}
}

CASE(what_is_cut_off_is_none)
{
	for (unsigned lead = 0; lead <= 0xFF; lead++)
		for (size_t i = 0; i < EDGES * EDGES * EDGES; i++) {
			const unsigned char s[UTF8_MAX] = {
			    (unsigned char)lead, edges[i / EDGES / EDGES],
			    edges[i / EDGES % EDGES], edges[i % EDGES]};

			compare_all_lengths(s);
		}
}

static size_t encode(uint32_t character, char bytes[UTF8_MAX])
{
	const size_t length = shortest(character);
	static const unsigned char leads[] = {0, 0x00, 0xC0, 0xE0, 0xF0};

	for (size_t i = length; i-- > 1; character /= 64)
		bytes[i] = (char)(0x80 + character % 64);
	bytes[0] = (char)(leads[length] + character);
	return length;
}

CASE(every_character_is_found)
{
	char bytes[UTF8_MAX] = "";
	size_t found = 0;

	for (uint32_t character = 0; character <= 0x10FFFF; character++) {
		const size_t length = encode(character, bytes);

		if (utf8_length(bytes, length) == 0) {
			assert_in_range(character, 0xD800, 0xDFFF);
			continue;
		}
		assert_int_equal(utf8_length(bytes, length), length);
		assert_int_equal(utf8_decode(bytes, length), character);
		found++;
	}
	assert_int_equal(found, 0x110000 - 0x800);
}

CASE(what_moves_a_cursor_or_turns_a_line_is_unsafe)
{
	static const struct {
		uint32_t first, last;
	} unsafe[] = {
	    {0x00, 0x1F},     {0x7F, 0x7F},     {0x80, 0x9F},     {0x061C, 0x061C},
	    {0x200E, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF},
	};

	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
		for (uint32_t c = unsafe[i].first; c <= unsafe[i].last; c++)
			assert_true(utf8_is_unsafe(c));
}

CASE(letters_are_safe)
{
	static const uint32_t safe[] = {0x20,   0x7E,   0xA0,   0xE9,   0x61B,
					0x61D,  0x2010, 0x202F, 0x2030, 0x3042,
					0x65E5, 0xFF01, 0xFFFD, 0x1F42D};

	for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++)
		assert_false(utf8_is_unsafe(safe[i]));
	for (uint32_t c = ' '; c < 0x7F; c++)
		assert_false(utf8_is_unsafe(c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(three_bytes_are_compared_exhaustively),
	    cmocka_unit_test(four_bytes_are_compared_at_all_edges),
	    cmocka_unit_test(what_is_cut_off_is_none),
	    cmocka_unit_test(every_character_is_found),
	    cmocka_unit_test(what_moves_a_cursor_or_turns_a_line_is_unsafe),
	    cmocka_unit_test(letters_are_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

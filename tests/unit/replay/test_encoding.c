/* SPDX-License-Identifier: Apache-2.0 */
/* test_encoding.c - traces that are packed or written in UTF-16, whole and
 * damaged. */
#include "../support/testing.h"
#include "trace_fixture.h"

#include <zlib.h>

#include "replay/utf16.h"

#define ROWS 3000

static char text[128 * 1024];
static size_t text_length;
static char packed[256 * 1024], wide[512 * 1024];

static int make_text(void **state)
{
	(void)state;
	text_length = (size_t)snprintf(text, sizeof(text), "time,tx_bytes,note\n");
	for (int i = 1; i <= ROWS; i++)
		text_length +=
		    (size_t)snprintf(text + text_length, sizeof(text) - text_length,
				     "%d,%d,%d\n", i * 10, i * i, i * 7919 % 104729);
	return 0;
}

static void is_whole(const struct reading *r)
{
	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, ROWS);
	for (int i = 1; i <= ROWS; i++)
		assert_int_equal(value_of(&r->samples[i - 1], SIGNAL_TX_BYTES), i * i);
}

/* One member, behind what is packed already; returns the new end. */
static size_t pack(size_t at, const char *from, size_t bytes, int level)
{
	z_stream z = {.next_in = (unsigned char *)(uintptr_t)from,
		      .avail_in = (unsigned)bytes,
		      .next_out = (unsigned char *)packed + at,
		      .avail_out = (unsigned)(sizeof(packed) - at)};

	assert_int_equal(
	    deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	size_t end = at + z.total_out;
	deflateEnd(&z);
	return end;
}

/* ASCII as UTF-16; returns its bytes. */
static size_t widen(const char *from, size_t bytes, bool mark, bool big_endian)
{
	size_t at = 0;

	if (mark) {
		wide[at++] = big_endian ? '\xFE' : '\xFF';
		wide[at++] = big_endian ? '\xFF' : '\xFE';
	}
	for (size_t i = 0; i < bytes; i++) {
		wide[at + big_endian] = from[i];
		wide[at + !big_endian] = '\0';
		at += 2;
	}
	return at;
}

CASE(gzip_is_unpacked_at_every_level)
{
	for (int level = 0; level <= 9; level += 3)
		is_whole(read_bytes(packed, pack(0, text, text_length, level)));
}

CASE(several_members_and_padding_are_one_file)
{
	size_t end = pack(0, text, 1, 9);

	end = pack(end, text + 1, text_length / 2, 6);
	end = pack(end, text, 0, 6);
	end =
	    pack(end, text + 1 + text_length / 2, text_length - 1 - text_length / 2, 1);
	is_whole(read_bytes(packed, end));
	memset(packed + end, 0, 512);
	is_whole(read_bytes(packed, end + 512));
}

CASE(a_packed_file_that_is_cut_off_is_a_failure)
{
	size_t end = pack(0, text, text_length, 6);
	static const size_t cuts[] = {1, 8, 9, 100, 1000};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		struct reading *r = read_bytes(packed, end - cuts[i]);
		assert_int_equal(r->result, TRACE_FAILED);
		assert_non_null(strstr(r->err.text, "file is truncated"));
	}
	struct reading *r = read_bytes(packed, 5);
	assert_int_equal(r->result, TRACE_FAILED);
}

CASE(a_damaged_file_is_a_failure_wherever_it_is_damaged)
{
	size_t end = pack(0, text, text_length, 6);

	for (size_t at = 10; at < end; at += end / 37) {
		packed[at] ^= 0x10;
		struct reading *r = read_bytes(packed, end);
		packed[at] ^= 0x10;
		assert_int_equal(r->result, TRACE_FAILED);
		assert_non_null(strstr(r->err.text, "gzip file"));
	}
	memset(packed + end, 'x', 20);
	struct reading *r = read_bytes(packed, end + 20);
	assert_int_equal(r->result, TRACE_FAILED);
}

CASE(utf16_is_read_in_both_orders_with_and_without_a_mark)
{
	for (int i = 0; i < 4; i++)
		is_whole(read_bytes(wide, widen(text, text_length, i & 1, i & 2)));
}

CASE(utf16_may_be_packed)
{
	size_t bytes = widen(text, text_length, true, false);

	is_whole(read_bytes(packed, pack(0, wide, bytes, 6)));
}

CASE(json_may_be_packed_and_in_utf16_too)
{
	static const char answer[] =
	    "[{\"metric\":{\"__name__\":\"container_network_transmit_bytes_total\"},"
	    "\"values\":[[1000,\"5\"],[1060,\"6\"]]}]";

	assert_int_equal(
	    read_bytes(packed, pack(0, answer, sizeof(answer) - 1, 6))->count, 2);
	assert_int_equal(
	    read_bytes(wide, widen(answer, sizeof(answer) - 1, true, true))->count, 2);
}

CASE(what_cannot_be_read_is_named)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *reason;
	} others[] = {
	    {"\x28\xB5\x2F\xFD....", 8, "packed by zstd"},
	    {"\xFD\x37zXZ\0..", 8, "packed by xz"},
	    {"BZh91AY&SY", 10, "packed by bzip2"},
	    {"PK\x03\x04....", 8, "a zip archive or a spreadsheet"},
	    {"\xFF\xFE\0\0t\0\0\0", 8, "UTF-32"},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct reading *r = read_bytes(others[i].bytes, others[i].length);
		assert_int_equal(r->result, TRACE_INVALID);
		assert_non_null(strstr(r->err.text, others[i].reason));
	}
}

CASE(few_bytes_are_no_trace_and_nothing_worse)
{
	static const char bytes[] = {'\x1F', '\x8B', '\xFF', '\xFE', '\0', 't'};

	for (size_t begin = 0; begin < sizeof(bytes); begin++)
		for (size_t end = begin; end <= sizeof(bytes); end++)
			assert_true(read_bytes(bytes + begin, end - begin)->result < 0);
}

/* "t", a letter of two bytes, of three, a pair; then halves of pairs, and half a unit;
 * cut into steps of every size. */
CASE(characters_are_turned_whatever_the_steps)
{
	static const uint8_t units[] = {
	    't', 0,    0xE9, 0,    0xAC, 0x20, 0x3D, 0xD8, 0x2D, 0xDE, 0x3D, 0xD8, 'x',
	    0,   0x2D, 0xDE, 0x3D, 0xD8, 0x3D, 0xD8, 0x2D, 0xDE, 0x3D, 0xD8, 7};
	static const char expected[] =
	    "t\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\xAD\xEF\xBF\xBD"
	    "x\xEF\xBF\xBD\xEF\xBF\xBD\xF0\x9F\x98\xAD"
	    "\xEF\xBF\xBD";
	for (size_t step = 1; step <= sizeof(units); step++) {
		char out[UTF16_AS_UTF8(sizeof(units)) + 16];
		struct utf16 u = {.big_endian = false};
		size_t at = 0;

		for (size_t i = 0; i < sizeof(units); i += step) {
			size_t left = sizeof(units) - i;
			at += utf16_turn(&u, units + i, left < step ? left : step,
					 out + at);
		}
		at += utf16_end(&u, out + at);
		assert_int_equal(at, sizeof(expected) - 1);
		assert_memory_equal(out, expected, at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(gzip_is_unpacked_at_every_level),
	    cmocka_unit_test(several_members_and_padding_are_one_file),
	    cmocka_unit_test(a_packed_file_that_is_cut_off_is_a_failure),
	    cmocka_unit_test(a_damaged_file_is_a_failure_wherever_it_is_damaged),
	    cmocka_unit_test(utf16_is_read_in_both_orders_with_and_without_a_mark),
	    cmocka_unit_test(utf16_may_be_packed),
	    cmocka_unit_test(json_may_be_packed_and_in_utf16_too),
	    cmocka_unit_test(what_cannot_be_read_is_named),
	    cmocka_unit_test(few_bytes_are_no_trace_and_nothing_worse),
	    cmocka_unit_test(characters_are_turned_whatever_the_steps),
	};

	return cmocka_run_group_tests(tests, make_text, NULL);
}

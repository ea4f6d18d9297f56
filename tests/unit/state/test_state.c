/* SPDX-License-Identifier: Apache-2.0 */
/* test_state.c - what the state file gives back, and what it makes of files that are
 * none. */
#include "state_fixture.h"

#include <math.h>

static void what_was_saved_is_loaded(void **state)
{
	struct world *w = *state;
	const size_t sizes[] = {0, 1, 40, 4096, LEARNT_BYTES_MAX};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		w->saved_from.bytes =
		    sizes[i] < SEEN_BYTES_MAX ? sizes[i] : SEEN_BYTES_MAX;
		memset(w->saved_from.seen, 'A' + (int)i, w->saved_from.bytes);
		w->saved.bytes = sizes[i];
		memset(w->saved.learnt, 'a' + (int)i, sizes[i]);
		w->mark.sums.tx_bytes = i;
		save(w);
		assert_loaded_what_was_saved(w);
		assert_false(exists(w->temporary));
		assert_false(exists(w->bad));
	}
}

static void only_its_owner_may_read_it(void **state)
{
	struct world *w = *state;
	struct stat st;
	const mode_t mask = umask(0);

	save(w);
	umask(mask);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void no_file_is_a_first_start(void **state)
{
	struct world *w = *state;

	assert_int_equal(load(w), STATE_ABSENT);
	assert_false(exists(w->bad));
}

/* The bytes of a saved file. */
static size_t saved_bytes(struct world *w, unsigned char *into, size_t max)
{
	save(w);
	const int fd = open(w->path, O_RDONLY);
	assert_true(fd >= 0);
	const ssize_t length = read(fd, into, max);
	close(fd);
	assert_int_equal(length, sizeof(struct state_header) + w->saved.bytes +
				     w->saved_from.bytes);
	return (size_t)length;
}

static void whatever_length_it_is_cut_to_it_is_set_aside(void **state)
{
	struct world *w = *state;
	unsigned char bytes[512];
	const size_t length = saved_bytes(w, bytes, sizeof(bytes));

	assert_int_equal(unlink(w->path), 0);
	for (size_t cut = 0; cut < length; cut++) {
		put_file(w->path, bytes, cut);
		assert_set_aside(w, cut ? "truncated" : "empty");
	}
}

static void whatever_bit_is_flipped_it_is_set_aside(void **state)
{
	struct world *w = *state;
	unsigned char bytes[512];
	const size_t length = saved_bytes(w, bytes, sizeof(bytes));

	for (size_t bit = 0; bit < 8 * length; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		put_file(w->path, bytes, length);
		assert_set_aside(w, "");
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	put_file(w->path, bytes, length);
	assert_loaded_what_was_saved(w);
}

/* Writes the world's learnt state with the header changed, its checksum right. */
static void put_changed(struct world *w, struct state_header header, size_t body_bytes)
{
	unsigned char file[512];

	header.crc = 0;
	header.crc =
	    crc32c(crc32c(0, &header, sizeof(header)), w->saved.learnt, body_bytes);
	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), w->saved.learnt, body_bytes);
	put_file(w->path, file, sizeof(header) + body_bytes);
}

static struct state_header header_without_addresses(const struct world *w)
{
	const struct state_content content = {
	    .mark = w->mark, .body = w->saved.learnt, .body_bytes = w->saved.bytes};

	return state_header_of(&content, LAYOUT);
}

/* As the first version of the format was: the rest of it has not changed. */
static void a_file_without_addresses_is_loaded(void **state)
{
	struct world *w = *state;
	struct state_header h = header_without_addresses(w);

	w->saved_from.bytes = 0;
	for (h.version = 1; h.version <= STATE_VERSION; h.version++) {
		put_changed(w, h, w->saved.bytes);
		assert_loaded_what_was_saved(w);
	}
}

static void what_another_wrote_is_set_aside_with_the_reason(void **state)
{
	struct world *w = *state;
	const struct state_header good = header_without_addresses(w);
	struct state_header h = good;

	put_file(w->path, "PNG and so on", 13);
	assert_set_aside(w, "not a state file of Dormouse");
	h.version = STATE_VERSION + 1;
	put_changed(w, h, w->saved.bytes);
	assert_set_aside(w, "newer Dormouse (format 3, this one supports 2)");
	h.version = 0;
	put_changed(w, h, w->saved.bytes);
	assert_set_aside(w, "unknown format 0");
	h = good;
	h.byte_order = 0x04030201;
	put_changed(w, h, w->saved.bytes);
	assert_set_aside(w, "another byte order");
	h = good;
	h.layout++;
	put_changed(w, h, w->saved.bytes);
	assert_set_aside(w, "unknown baseline layout 51a7e002, expected 51a7e001");
	h = good;
	h.body_bytes--;
	put_changed(w, h, w->saved.bytes);
	assert_set_aside(w, "1 extra bytes at the end");
	h = good;
	h.seen_bytes = 1;
	put_changed(w, h, w->saved.bytes);
	assert_set_aside(w, "truncated: 0 of 1 address bytes");
	h = good;
	h.body_bytes = UINT64_MAX;
	put_changed(w, h, w->saved.bytes);
	assert_set_aside(w, "truncated");
	h = good;
	h.saved_at = NAN;
	put_changed(w, h, w->saved.bytes);
	assert_set_aside(w, "invalid save time");
	assert_non_null(strstr(w->err.text, w->path));
}

static void what_the_detector_refuses_is_set_aside(void **state)
{
	struct world *w = *state;

	save(w);
	w->loaded.refuses = true;
	assert_set_aside(w, "corrupt baseline: the variance is negative");
}

static void the_newest_bad_file_is_kept(void **state)
{
	struct world *w = *state;
	char kept[16] = "";

	put_file(w->path, "first", 5);
	assert_set_aside(w, "");
	put_file(w->path, "second", 6);
	assert_set_aside(w, "");
	const int fd = open(w->bad, O_RDONLY);
	assert_int_equal(read(fd, kept, sizeof(kept)), 6);
	close(fd);
	assert_string_equal(kept, "second");
}

static void a_file_larger_than_any_state_is_not_read(void **state)
{
	struct world *w = *state;

	save(w);
	assert_int_equal(truncate(w->path, (off_t)1 << 33), 0);
	assert_set_aside(w, "larger than 245872 bytes");
}

static void assert_load_fails(struct world *w, const char *why)
{
	assert_int_equal(load(w), STATE_FAILED);
	if (!strstr(w->err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", w->err.text, why);
	assert_false(exists(w->bad));
}

static void what_is_no_regular_file_is_left_alone(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkdir(w->path, 0700), 0);
	assert_load_fails(w, "not a regular file");
	assert_save_fails(w, "rename the temporary file over it: Is a directory");
	assert_int_equal(rmdir(w->path), 0);

	assert_int_equal(mkfifo(w->path, 0600), 0); /* with nobody at the other end */
	assert_load_fails(w, "not a regular file");
	assert_int_equal(unlink(w->path), 0);

	assert_int_equal(symlink("state", w->path), 0);
	assert_load_fails(w, strerror(ELOOP));
	assert_int_equal(unlink(w->path), 0);

	assert_int_equal(symlink("/dev/zero", w->path), 0);
	assert_load_fails(w, "not a regular file");
}

static void a_path_too_long_is_an_error(void **state)
{
	struct world *w = *state;
	char path[2000];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(state_save(path, &w->saved, &w->saved_from, &w->mark, &w->err),
			 -1);
	assert_int_equal(
	    state_load(path, &w->loaded, &w->loaded_into, &w->loaded_mark, &w->err),
	    STATE_FAILED);
}

static void the_checksum_is_crc32c(void **state)
{
	unsigned char bytes[32] = {0};

	(void)state; /* RFC 3720, appendix B.4, and the usual check value */
	assert_int_equal(crc32c(0, bytes, 32), 0x8A9136AA);
	memset(bytes, 0xFF, 32);
	assert_int_equal(crc32c(0, bytes, 32), 0x62A8AB43);
	for (unsigned i = 0; i < 32; i++)
		bytes[i] = (unsigned char)i;
	assert_int_equal(crc32c(0, bytes, 32), 0x46DD794E);
	assert_int_equal(crc32c(crc32c(0, bytes, 7), bytes + 7, 25), 0x46DD794E);
	assert_int_equal(crc32c(0, "123456789", 9), 0xE3069283);
}

static void what_flowed_is_the_difference(void **state)
{
	struct world *w = *state;
	const struct link_sums now = {1500, 15, 2100, 20};
	struct link_sums flowed;
	double seconds;

	assert_true(state_flowed(&w->mark, 1700000060.5, &w->mark.epoch, &now, &seconds,
				 &flowed));
	assert_true(seconds == 60);
	assert_int_equal(flowed.tx_bytes, 500);
	assert_int_equal(flowed.tx_packets, 5);
	assert_int_equal(flowed.rx_bytes, 100);
	assert_int_equal(flowed.rx_packets, 0);
}

static bool known(const struct world *w, double now, const struct collect_epoch *epoch,
		  const struct link_sums *sums)
{
	struct link_sums flowed;
	double seconds;

	return state_flowed(&w->mark, now, epoch, sums, &seconds, &flowed);
}

static void across_another_namespace_boot_or_link_it_is_not_known(void **state)
{
	struct world *w = *state;
	const double now = w->mark.saved_at + 60;
	const struct link_sums *sums = &w->mark.sums;
	struct collect_epoch epoch = w->mark.epoch;

	assert_true(known(w, now, &epoch, sums));
	epoch.netns_inode++;
	assert_false(known(w, now, &epoch, sums));
	epoch = w->mark.epoch;
	epoch.boot_id[15]++;
	assert_false(known(w, now, &epoch, sums));
	epoch = w->mark.epoch;
	epoch.link_identity++;
	assert_false(known(w, now, &epoch, sums));
	w->mark.epoch.netns_inode = epoch.netns_inode = 0; /* neither could be read */
	epoch.link_identity = w->mark.epoch.link_identity;
	assert_false(known(w, now, &epoch, sums));
}

static void counters_that_fell_and_a_clock_that_went_back_tell_nothing(void **state)
{
	struct world *w = *state;
	const struct collect_epoch *epoch = &w->mark.epoch;
	const double now = w->mark.saved_at + 60;

	for (unsigned i = 0; i < 4; i++) {
		struct link_sums sums = w->mark.sums;
		uint64_t *const each[] = {&sums.tx_bytes, &sums.tx_packets,
					  &sums.rx_bytes, &sums.rx_packets};
		--*each[i];
		assert_false(known(w, now, epoch, &sums));
	}
	assert_false(known(w, w->mark.saved_at, epoch, &w->mark.sums));
	assert_false(known(w, w->mark.saved_at - 60, epoch, &w->mark.sums));
	assert_false(known(w, NAN, epoch, &w->mark.sums));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_was_saved_is_loaded),
	    TEST(only_its_owner_may_read_it),
	    TEST(no_file_is_a_first_start),
	    TEST(whatever_length_it_is_cut_to_it_is_set_aside),
	    TEST(whatever_bit_is_flipped_it_is_set_aside),
	    TEST(a_file_without_addresses_is_loaded),
	    TEST(what_another_wrote_is_set_aside_with_the_reason),
	    TEST(what_the_detector_refuses_is_set_aside),
	    TEST(the_newest_bad_file_is_kept),
	    TEST(a_file_larger_than_any_state_is_not_read),
	    TEST(what_is_no_regular_file_is_left_alone),
	    TEST(a_path_too_long_is_an_error),
	    TEST(the_checksum_is_crc32c),
	    TEST(what_flowed_is_the_difference),
	    TEST(across_another_namespace_boot_or_link_it_is_not_known),
	    TEST(counters_that_fell_and_a_clock_that_went_back_tell_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

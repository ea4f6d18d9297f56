/* SPDX-License-Identifier: Apache-2.0 */
/* test_state.c - what the state file gives back, and what it makes of files that are
 * none. */
#include "state_fixture.h"

#include <math.h>

static void what_was_saved_is_loaded(void **state)
{
	struct world *w = *state;
	const size_t sizes[] = {0, 1, 40, 4096, LEARNT_MAX};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		w->saved_seen.bytes = sizes[i];
		memset(w->saved_seen.block, 'A' + (int)i, sizes[i]);
		w->saved.bytes = sizes[i];
		memset(w->saved.block, 'a' + (int)i, sizes[i]);
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
	assert_int_equal(length, sizeof(struct state_header) +
				     2 * sizeof(struct state_head) +
				     state_padded(w->saved.bytes) +
				     state_padded(w->saved_seen.bytes));
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

/* A file as a test makes it. */
struct made {
	struct state_header header;
	unsigned char rest[1024];
	size_t bytes; /* of the rest */
};

static void put_made(struct world *w, struct made *m)
{
	m->header.crc = 0;
	m->header.crc = crc32c(0, m, sizeof(m->header) + m->bytes);
	put_file(w->path, m, sizeof(m->header) + m->bytes);
}

static void add_bytes(struct made *m, const void *bytes, size_t length)
{
	memcpy(m->rest + m->bytes, bytes, length);
	m->bytes += length;
}

/* Adds a section with a block of 16 bytes. */
static void add_made_section(struct made *m, uint32_t tag, uint32_t layout)
{
	const struct state_head head = {.tag = tag, .layout = layout, .bytes = 16};

	add_bytes(m, &head, sizeof(head));
	add_bytes(m, "sixteen bytes so", 16);
	m->header.body_bytes = m->bytes;
}

static struct made made_empty(const struct world *w)
{
	return (struct made){.header = state_header_of(&w->mark, 0)};
}

/* As the versions before wrote it: no heads, and two sizes in the header. */
static struct made made_old(const struct world *w, uint32_t version)
{
	struct made m = made_empty(w);

	m.header.version = version;
	m.header.layout = LEARNT_LAYOUT;
	m.header.body_bytes = w->saved.bytes;
	add_bytes(&m, w->saved.block, w->saved.bytes);
	if (version == 2) {
		m.header.seen_bytes = (uint32_t)w->saved_seen.bytes;
		add_bytes(&m, w->saved_seen.block, w->saved_seen.bytes);
	}
	return m;
}

static void files_of_the_versions_before_are_loaded(void **state)
{
	struct world *w = *state;
	struct made m = made_old(w, 2);

	put_made(w, &m);
	assert_loaded_what_was_saved(w);
	m = made_old(w, 1);
	put_made(w, &m);
	w->saved_seen.bytes = 0;
	assert_loaded_what_was_saved(w);
	w->saved.bytes = 0;
	m = made_old(w, 2);
	put_made(w, &m);
	assert_loaded_what_was_saved(w);
}

static void of_a_version_before_too_another_layout_is_left_out_alone(void **state)
{
	struct world *w = *state;
	struct made m = made_old(w, 2);

	m.header.layout++;
	put_made(w, &m);
	assert_int_equal(load(w), STATE_LOADED);
	assert_string_equal(w->not_taken,
			    "learnt: unknown layout 51a7e002, expected 51a7e001\n");
	assert_int_equal(w->loaded.restored, 1);
	assert_int_equal(w->loaded.bytes, 0);
	assert_same(&w->loaded_seen, &w->saved_seen);
}

static void a_section_with_another_layout_is_left_out_alone(void **state)
{
	struct world *w = *state;

	save(w);
	for (unsigned i = 0; i < 2; i++) {
		w->section[i].layout++;
		assert_int_equal(load(w), STATE_LOADED);
		assert_non_null(strstr(w->not_taken, i ? "seen: " : "learnt: "));
		assert_non_null(strstr(w->not_taken, "unknown layout "));
		w->section[i].layout--;
		struct owner *const left_out = i ? &w->loaded_seen : &w->loaded;
		assert_int_equal(left_out->restored, 1);
		assert_int_equal(left_out->bytes, 0);
		if (i)
			assert_same(&w->loaded, &w->saved);
		else
			assert_same(&w->loaded_seen, &w->saved_seen);
		assert_true(exists(w->path));
		assert_false(exists(w->bad));
	}
}

static void what_an_owner_refuses_is_left_out_alone(void **state)
{
	struct world *w = *state;

	save(w);
	w->loaded.refuses = true;
	assert_int_equal(load(w), STATE_LOADED);
	assert_string_equal(w->not_taken, "learnt: the variance is negative\n");
	assert_same(&w->loaded_seen, &w->saved_seen);
	assert_true(w->loaded_mark.saved_at == w->mark.saved_at);
}

static void a_section_that_the_file_lacks_is_told_so(void **state)
{
	struct world *w = *state;

	w->saved_seen.bytes = 0;
	save(w);
	w->loaded_seen.bytes = 7;
	assert_loaded_what_was_saved(w);
	assert_int_equal(w->loaded_seen.bytes, 0);
}

static void a_section_that_nobody_knows_is_told_and_the_rest_is_taken(void **state)
{
	struct world *w = *state;
	struct made m = made_empty(w);

	w->saved.bytes = w->saved_seen.bytes = 16;
	memcpy(w->saved.block, "sixteen bytes so", 16);
	memcpy(w->saved_seen.block, "sixteen bytes so", 16);
	add_made_section(&m, STATE_TAG('N', 'E', 'W', '\n'), 1);
	add_made_section(&m, STATE_TAG_SEEN, STATE_SEEN_LAYOUT_V2);
	add_made_section(&m, STATE_TAG_LEARNT, LEARNT_LAYOUT);
	put_made(w, &m);
	assert_int_equal(load(w), STATE_LOADED);
	assert_non_null(strstr(w->not_taken, "-: unknown section NEW"));
	assert_same(&w->loaded, &w->saved);
	assert_same(&w->loaded_seen, &w->saved_seen);
}

static void sections_that_do_not_fit_are_set_aside(void **state)
{
	struct world *w = *state;
	struct state_head head = {.tag = STATE_TAG_LEARNT, .layout = LEARNT_LAYOUT};
	const uint32_t sizes[] = {1, 9, 4096, UINT32_MAX - 7, UINT32_MAX};
	struct made m;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		m = made_empty(w);
		head.bytes = sizes[i];
		add_bytes(&m, &head, sizeof(head));
		add_bytes(&m, "12345678", i == 1 ? 8 : 7);
		m.header.body_bytes = m.bytes;
		put_made(w, &m);
		assert_set_aside(w, "a section exceeds the file");
	}
	for (size_t cut = 1; cut < sizeof(head); cut++) {
		m = made_empty(w);
		add_bytes(&m, &head, cut);
		m.header.body_bytes = m.bytes;
		put_made(w, &m);
		assert_set_aside(w, "extra bytes at the end");
	}
	m = made_empty(w);
	for (unsigned i = 0; i <= STATE_BLOCKS_MAX; i++)
		add_made_section(&m, STATE_TAG_SEEN, i);
	put_made(w, &m);
	assert_set_aside(w, "more than 16 sections");
}

static void what_another_wrote_is_set_aside_with_the_reason(void **state)
{
	struct world *w = *state;
	const struct made good = made_old(w, 2);
	struct made m = good;

	put_file(w->path, "PNG and so on", 13);
	assert_set_aside(w, "not a state file of Dormouse");
	m.header.version = STATE_VERSION + 1;
	put_made(w, &m);
	assert_set_aside(w, "newer Dormouse (format 4, this one supports 3)");
	m.header.version = 0;
	put_made(w, &m);
	assert_set_aside(w, "unknown format 0");
	m = good;
	m.header.byte_order = 0x04030201;
	put_made(w, &m);
	assert_set_aside(w, "another byte order");
	m = good;
	m.header.body_bytes--;
	put_made(w, &m);
	assert_set_aside(w, "1 extra bytes at the end");
	m = good;
	m.header.seen_bytes++;
	put_made(w, &m);
	assert_set_aside(w, "truncated: 61 of 62 bytes after the header");
	m = good;
	m.header.body_bytes = UINT64_MAX;
	put_made(w, &m);
	assert_set_aside(w, "truncated");
	m = good;
	m.header.saved_at = NAN;
	put_made(w, &m);
	assert_set_aside(w, "invalid save time");
	assert_non_null(strstr(w->err.text, w->path));
}

static void more_than_a_file_may_hold_is_not_written(void **state)
{
	struct world *w = *state;

	save(w);
	w->section[2] = section_of(STATE_TAG('M', 'O', 'R', 'E'), 1, "more");
	w->section[2].owner = &w->saved;
	w->sections = 3;
	w->saved_seen.bytes = LEARNT_MAX;
	assert_save_fails(w, "bytes, more than 491520");
	w->sections = 2;
	save(w);
	assert_loaded_what_was_saved(w);
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
	assert_set_aside(w, "larger than 491520 bytes");
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
	assert_int_equal(save_to(w, path), -1);
	assert_int_equal(load_from(w, path), STATE_FAILED);
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
	    TEST(files_of_the_versions_before_are_loaded),
	    TEST(of_a_version_before_too_another_layout_is_left_out_alone),
	    TEST(a_section_with_another_layout_is_left_out_alone),
	    TEST(what_an_owner_refuses_is_left_out_alone),
	    TEST(a_section_that_the_file_lacks_is_told_so),
	    TEST(a_section_that_nobody_knows_is_told_and_the_rest_is_taken),
	    TEST(sections_that_do_not_fit_are_set_aside),
	    TEST(what_another_wrote_is_set_aside_with_the_reason),
	    TEST(more_than_a_file_may_hold_is_not_written),
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

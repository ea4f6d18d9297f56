/* SPDX-License-Identifier: Apache-2.0 */
/* state_fixture.h - for tests of the state room: a folder of its own for each test, and
 * a detector that has learnt what the test says. */
#ifndef TESTS_STATE_STATE_FIXTURE_H
#define TESTS_STATE_STATE_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/testing.h"
#include "dormouse/state.h"
#include "state/format.h"

/* After the headers of ours: its fail() is a macro. */

#define LAYOUT 0x51A7E001u

/* The state room knows the detector by three functions; these stand in for them. */
struct detector {
	unsigned char learnt[LEARNT_BYTES_MAX];
	size_t bytes;
	bool refuses; /* what it is given */
};

const void *detector_learnt(const struct detector *d, size_t *bytes)
{
	*bytes = d->bytes;
	return d->learnt;
}

uint32_t detector_layout(void)
{
	return LAYOUT;
}

int detector_restore(struct detector *d, const void *learnt, size_t bytes,
		     struct error *err)
{
	d->bytes = 0;
	if (d->refuses || bytes > sizeof(d->learnt))
		return (fail)(err, "the variance is negative");
	memcpy(d->learnt, learnt, bytes);
	d->bytes = bytes;
	return 0;
}

/* And the collector by two. */
struct collector {
	unsigned char seen[SEEN_BYTES_MAX];
	size_t bytes;
	unsigned restored; /* how often */
};

const void *collector_seen_addresses(const struct collector *c, size_t *bytes)
{
	*bytes = c->bytes;
	return c->seen;
}

void collector_restore_seen_addresses(struct collector *c, const void *block,
				      size_t bytes)
{
	assert_in_range(bytes, 0, sizeof(c->seen));
	memcpy(c->seen, block, bytes);
	c->bytes = bytes;
	c->restored++;
}

/* One test's surroundings. */
struct world {
	char folder[64];
	char path[128], bad[128], temporary[128];
	struct detector saved, loaded;
	struct collector saved_from, loaded_into;
	struct state_mark mark, loaded_mark;
	struct error err;
};

static inline int world_open(void **state)
{
	static struct world w;
	const char *tmp = getenv("TMPDIR");

	memset(&w, 0, sizeof(w));
	snprintf(w.folder, sizeof(w.folder), "%.32s/dormouse-state-XXXXXX",
		 tmp ? tmp : "/tmp");
	if (!mkdtemp(w.folder))
		return -1;
	snprintf(w.path, sizeof(w.path), "%s/state", w.folder);
	snprintf(w.bad, sizeof(w.bad), "%s/state.bad", w.folder);
	snprintf(w.temporary, sizeof(w.temporary), "%s/state.tmp", w.folder);
	w.saved.bytes = 40;
	memset(w.saved.learnt, 'a', w.saved.bytes);
	w.saved_from.bytes = 24;
	memset(w.saved_from.seen, 's', w.saved_from.bytes);
	w.mark = (struct state_mark){
	    .saved_at = 1700000000.5,
	    .epoch = {.netns_inode = 4026531840,
		      .boot_id = {1, 2, 3},
		      .link_identity = 99},
	    .sums = {1000, 10, 2000, 20},
	};
	*state = &w;
	return 0;
}

static inline int world_close(void **state)
{
	struct world *w = *state;
	const char *const paths[] = {w->path, w->bad, w->temporary};

	for (size_t i = 0; i < 3; i++)
		if (unlink(paths[i]) < 0)
			rmdir(paths[i]);
	return rmdir(w->folder);
}

static inline bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static inline void put_file(const char *path, const void *bytes, size_t length)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), (ssize_t)length);
	close(fd);
}

static inline enum state_load load(struct world *w)
{
	w->err.text[0] = '\0';
	w->loaded_into.restored = 0;
	return state_load(w->path, &w->loaded, &w->loaded_into, &w->loaded_mark,
			  &w->err);
}

static inline void save(struct world *w)
{
	w->err.text[0] = '\0';
	if (state_save(w->path, &w->saved, &w->saved_from, &w->mark, &w->err) < 0)
		fail_msg("%s", w->err.text);
}

static inline void assert_loaded_what_was_saved(struct world *w)
{
	if (load(w) != STATE_LOADED)
		fail_msg("%s", w->err.text);
	assert_int_equal(w->loaded.bytes, w->saved.bytes);
	assert_memory_equal(w->loaded.learnt, w->saved.learnt, w->saved.bytes);
	assert_int_equal(w->loaded_into.restored, 1);
	assert_int_equal(w->loaded_into.bytes, w->saved_from.bytes);
	assert_memory_equal(w->loaded_into.seen, w->saved_from.seen,
			    w->saved_from.bytes);
	assert_true(w->loaded_mark.saved_at == w->mark.saved_at);
	assert_memory_equal(&w->loaded_mark.epoch, &w->mark.epoch,
			    sizeof(w->mark.epoch));
	assert_memory_equal(&w->loaded_mark.sums, &w->mark.sums, sizeof(w->mark.sums));
}

/* The next save fails, says why, and leaves the old file and no temporary one. */
static inline void assert_save_fails(struct world *w, const char *why)
{
	struct detector *other = malloc(sizeof(*other));

	assert_non_null(other);
	memset(other, 'b', sizeof(*other));
	other->bytes = LEARNT_BYTES_MAX;
	const int result =
	    state_save(w->path, other, &w->saved_from, &w->mark, &w->err);
	free(other);
	assert_int_equal(result, -1);
	if (!strstr(w->err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", w->err.text, why);
	assert_false(exists(w->temporary));
}

static inline void assert_set_aside(struct world *w, const char *why)
{
	w->loaded.bytes = 1;
	assert_int_equal(load(w), STATE_SET_ASIDE);
	if (!strstr(w->err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", w->err.text, why);
	assert_false(exists(w->path));
	assert_true(exists(w->bad));
	assert_true(w->loaded_mark.saved_at == 0);
	assert_int_equal(w->loaded_into.restored, 0);
}

#endif

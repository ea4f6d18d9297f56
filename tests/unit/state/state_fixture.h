/* SPDX-License-Identifier: Apache-2.0 */
/* state_fixture.h - for tests of the state room: a folder of its own for each test, and
 * owners of two sections that keep what the test says. */
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

#define LEARNT_LAYOUT 0x51A7E001u
#define LEARNT_MAX    ((size_t)224 * 1024)

/* The owner of a section. */
struct owner {
	unsigned char block[LEARNT_MAX];
	size_t bytes;
	bool refuses;      /* what it is given */
	unsigned restored; /* how often */
};

static inline const void *owner_save(const void *context, size_t *bytes)
{
	const struct owner *o = context;

	*bytes = o->bytes;
	return o->block;
}

static inline int owner_restore(void *context, const void *block, size_t bytes,
				struct error *err)
{
	struct owner *o = context;

	o->bytes = 0;
	o->restored++;
	if (bytes > sizeof(o->block) || (o->refuses && bytes > 0))
		return (fail)(err, "the variance is negative");
	assert_int_equal((uintptr_t)block % STATE_ALIGN, 0);
	if (bytes > 0)
		memcpy(o->block, block, bytes);
	o->bytes = bytes;
	return 0;
}

/* One test's surroundings. */
struct world {
	char folder[64];
	char path[128], bad[128], temporary[128];
	struct owner saved, loaded;           /* the learnt state */
	struct owner saved_seen, loaded_seen; /* the addresses */
	struct state_section section[4];      /* the tests change the table */
	size_t sections;
	struct state_mark mark, loaded_mark;
	struct error err;
	char not_taken[512]; /* a line for each section */
};

static inline void note_not_taken(void *context, const struct state_section *section,
				  const struct error *why)
{
	struct world *w = context;
	const size_t length = strlen(w->not_taken);

	snprintf(w->not_taken + length, sizeof(w->not_taken) - length, "%s: %s\n",
		 section ? section->name : "-", why->text);
}

static inline struct state_section section_of(uint32_t tag, uint32_t layout,
					      const char *name)
{
	return (struct state_section){.tag = tag,
				      .layout = layout,
				      .name = name,
				      .save = owner_save,
				      .restore = owner_restore};
}

static inline struct state_table table_of(struct world *w, struct owner *learnt,
					  struct owner *seen)
{
	w->section[0].owner = learnt;
	w->section[1].owner = seen;
	return (struct state_table){w->section, w->sections, note_not_taken, w};
}

static inline int save_to(struct world *w, const char *path)
{
	const struct state_table table = table_of(w, &w->saved, &w->saved_seen);

	w->err.text[0] = '\0';
	return state_save(path, &table, &w->mark, &w->err);
}

static inline enum state_load load_from(struct world *w, const char *path)
{
	const struct state_table table = table_of(w, &w->loaded, &w->loaded_seen);

	w->err.text[0] = w->not_taken[0] = '\0';
	w->loaded.restored = w->loaded_seen.restored = 0;
	return state_load(path, &table, &w->loaded_mark, &w->err);
}

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
	memset(w.saved.block, 'a', w.saved.bytes);
	w.saved_seen.bytes = 21;
	memset(w.saved_seen.block, 's', w.saved_seen.bytes);
	w.section[0] = section_of(STATE_TAG_LEARNT, LEARNT_LAYOUT, "learnt");
	w.section[1] = section_of(STATE_TAG_SEEN, STATE_SEEN_LAYOUT_V2, "seen");
	w.sections = 2;
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
	return load_from(w, w->path);
}

static inline void save(struct world *w)
{
	if (save_to(w, w->path) < 0)
		fail_msg("%s", w->err.text);
}

static inline void assert_same(const struct owner *loaded, const struct owner *saved)
{
	assert_int_equal(loaded->restored, 1);
	assert_int_equal(loaded->bytes, saved->bytes);
	assert_memory_equal(loaded->block, saved->block, saved->bytes);
}

static inline void assert_loaded_what_was_saved(struct world *w)
{
	if (load(w) != STATE_LOADED)
		fail_msg("%s", w->err.text);
	assert_string_equal(w->not_taken, "");
	assert_same(&w->loaded, &w->saved);
	assert_same(&w->loaded_seen, &w->saved_seen);
	assert_true(w->loaded_mark.saved_at == w->mark.saved_at);
	assert_memory_equal(&w->loaded_mark.epoch, &w->mark.epoch,
			    sizeof(w->mark.epoch));
	assert_memory_equal(&w->loaded_mark.sums, &w->mark.sums, sizeof(w->mark.sums));
}

/* The next save, of more bytes, fails, says why, and leaves no temporary file. */
static inline void assert_save_fails(struct world *w, const char *why)
{
	const size_t before = w->saved.bytes;

	memset(w->saved.block + before, 'b', LEARNT_MAX - before);
	w->saved.bytes = LEARNT_MAX;
	const int result = save_to(w, w->path);
	w->saved.bytes = before;
	assert_int_equal(result, -1);
	if (!strstr(w->err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", w->err.text, why);
	assert_false(exists(w->temporary));
}

static inline void assert_set_aside(struct world *w, const char *why)
{
	assert_int_equal(load(w), STATE_SET_ASIDE);
	if (!strstr(w->err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", w->err.text, why);
	assert_false(exists(w->path));
	assert_true(exists(w->bad));
	assert_true(w->loaded_mark.saved_at == 0);
	assert_int_equal(w->loaded.restored, 0);
	assert_int_equal(w->loaded_seen.restored, 0);
}

#endif

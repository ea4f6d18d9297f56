/* SPDX-License-Identifier: Apache-2.0 */
/* keeper.c - when the learnt state is loaded and saved, and what is logged of it. */
#include "keeper.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"

/* A crash loses at most this much of the learning. */
#define SAVE_EVERY_S 300.0

/* While saving, or loading, fails. */
#define RETRY_S 10.0

/* Until a file that cannot be read is given up. */
#define LOAD_PATIENCE_S 300.0

/* --- what is kept
 * ---------------------------------------------------------------------
 */

static const void *save_learnt(const void *owner, size_t *bytes)
{
	return detector_learnt(owner, bytes);
}

static int restore_learnt(void *owner, const void *block, size_t bytes,
			  struct error *err)
{
	return bytes > 0 ? detector_restore(owner, block, bytes, err) : 0;
}

static const void *save_seen(const void *owner, size_t *bytes)
{
	return collector_seen_addresses(owner, bytes);
}

static int restore_seen(void *owner, const void *block, size_t bytes, struct error *err)
{
	if (!collector_restore_seen_addresses(owner, block, bytes) && bytes > 0)
		return fail(err, "the block is inconsistent");
	return 0;
}

static const void *save_peers(const void *owner, size_t *bytes)
{
	return collector_peers_block(owner, bytes);
}

static int restore_peers(void *owner, const void *block, size_t bytes,
			 struct error *err)
{
	if (!collector_restore_peers(owner, block, bytes) && bytes > 0)
		return fail(err, "the block is inconsistent");
	return 0;
}

/* Says what of the file is not taken. The rest is. */
static void say_not_taken(void *context, const struct state_section *section,
			  const struct error *why)
{
	const struct keeper *k = context;

	if (section)
		log_event(LOG_LEVEL_WARNING, "state-section-unusable",
			  "%s: %s of the file is not used, and begins anew: %s",
			  k->path, section->name, why->text);
	else
		log_event(LOG_LEVEL_INFO, "state-section-unusable",
			  "%s: %s, of another version: not used", k->path, why->text);
}

/* A row for each thing that is kept. */
static void fill_table(struct keeper *k)
{
	const struct state_section sections[] = {
	    {STATE_TAG('L', 'R', 'N', 'T'), detector_layout(), "the baseline",
	     k->detector, save_learnt, restore_learnt},
	    {STATE_TAG('S', 'E', 'E', 'N'), SEEN_LAYOUT, "the list of known addresses",
	     k->collector, save_seen, restore_seen},
	    {STATE_TAG('P', 'E', 'E', 'R'), PEERS_LAYOUT, "the destinations",
	     k->collector, save_peers, restore_peers},
	};
	const size_t count = sizeof(sections) / sizeof(sections[0]);

	_Static_assert(sizeof(sections) <= sizeof(k->sections), "the table holds all");
	memcpy(k->sections, sections, sizeof(sections));
	k->table = (struct state_table){k->sections, count, say_not_taken, k};
}

/* --- when it is loaded and saved
 * ------------------------------------------------------
 */

static void say_unusable(struct keeper *k, enum state_load load,
			 const struct error *why)
{
	if (load == STATE_SET_ASIDE)
		log_event(LOG_LEVEL_WARNING, "state-unusable",
			  "%s; starting with an empty baseline", why->text);
	else if (!k->unread)
		log_event(LOG_LEVEL_WARNING, "state-unusable",
			  "%s; learning anew, and trying to read it for %.0f minutes",
			  why->text, LOAD_PATIENCE_S / 60);
}

static void load(struct keeper *k)
{
	struct error err;
	const enum state_load outcome = state_load(k->path, &k->table, &k->mark, &err);

	if (outcome == STATE_LOADED)
		log_event(LOG_LEVEL_INFO, "state-loaded", "going on from %s", k->path);
	else if (outcome == STATE_ABSENT)
		log_event(LOG_LEVEL_INFO, "state-absent",
			  "%s does not exist yet: starting with an empty baseline",
			  k->path);
	else
		say_unusable(k, outcome, &err);
	k->has_mark = outcome == STATE_LOADED;
	k->unread = outcome == STATE_FAILED;
}

void keeper_load(struct keeper *k)
{
	k->began_at = k->due_at = clock_monotonic();
	fill_table(k);
	if (!k->path[0])
		return;
	load(k);
	if (k->unread)
		k->due_at += RETRY_S;
}

/* Returns whether the file has the state. */
static bool save(struct keeper *k)
{
	struct state_mark mark = {.saved_at = clock_wall()};
	struct error err;

	collector_epoch(k->collector, &mark.epoch);
	collector_link_sums(k->collector, &mark.sums);
	/* The gap before this start is still to be judged, perhaps by the next one. */
	if (k->has_mark)
		mark = k->mark;
	if (state_save(k->path, &k->table, &mark, &err) == 0) {
		k->stats->state_saves++;
		if (k->failing)
			log_event(LOG_LEVEL_INFO, "state-saved",
				  "writing %s works again", k->path);
		k->failing = false;
		return true;
	}
	k->stats->state_save_failures++;
	if (!k->failing)
		log_event(LOG_LEVEL_ERROR, "state-not-saved",
			  "%s; what is learnt would be lost at the end", err.text);
	k->failing = true;
	return false;
}

void keeper_tick(struct keeper *k)
{
	const double now = clock_monotonic();

	if (!k->path[0] || now < k->due_at)
		return;
	if (k->unread && now - k->began_at < LOAD_PATIENCE_S)
		load(k);
	else
		k->unread = false;
	if (k->unread)
		k->due_at = now + RETRY_S;
	else
		k->due_at = now + (save(k) ? SAVE_EVERY_S : RETRY_S);
}

void keeper_end(struct keeper *k)
{
	if (!k->path[0])
		return;
	if (k->unread)
		log_event(LOG_LEVEL_WARNING, "state-not-saved",
			  "%s could not be read, and is left as it is", k->path);
	else
		save(k);
}

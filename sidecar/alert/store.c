/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - the remembered alerts and their life.
 *
 * Each sample is applied in two steps. First, every verdict finds its incident: one
 * that fires, one that is reopened, or a new one. Then every incident processes its
 * verdicts, and ends if it had none for long enough.
 */
#include "dormouse/alert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "record.h"

struct alert_store {
	uint64_t seed;
	uint64_t count_ever; /* number of incidents begun */
	uint64_t forgotten;
	uint64_t raised[ALERT_KIND_COUNT];
	struct link_memory links;
	double scanned_at; /* the last scan received, 0: none */
	double interval_s; /* between samples */
	unsigned count, firing;
	uint8_t order[ALERTS_REMEMBERED]; /* slots, oldest incident first */
	struct alert_record slots[ALERTS_REMEMBERED];
};

_Static_assert(sizeof(struct alert_store) < 98 * 1024, "the store outgrew its budget");
_Static_assert(ALERTS_REMEMBERED > ALERT_KIND_COUNT, "a resolved one can always go");

/* The sample that is being applied. */
struct application {
	double now, hold_s;
	const struct verdict *verdicts;
	size_t count;
	uint8_t home[VERDICTS_MAX];       /* the slot that each verdict belongs to */
	bool happened[ALERTS_REMEMBERED]; /* the slot has more than an update */
	enum alert_event event[ALERTS_REMEMBERED]; /* the event, if so */
	uint8_t
	    began_by[ALERTS_REMEMBERED];    /* the verdict that raised or reopened it */
	const struct traffic_view *traffic; /* or NULL */
};

struct alert_store *alert_store_new(uint64_t seed)
{
	struct alert_store *store = calloc(1, sizeof(*store));

	if (store)
		store->seed = seed;
	return store;
}

void alert_store_free(struct alert_store *store)
{
	free(store);
}

/* The finalizer of splitmix64 (Steele, Lea, Flood 2014): every input bit affects every
 * output bit. */
static uint64_t mixed(uint64_t x)
{
	x += 0x9E3779B97F4A7C15u;
	x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
	x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
	return x ^ (x >> 31);
}

static uint64_t next_id(struct alert_store *store, double now)
{
	const uint64_t ms = now > 0 ? (uint64_t)(now * 1000) : 0;

	return mixed(mixed(store->seed ^ mixed(ms)) + store->count_ever++);
}

static bool fires(const struct alert_record *record)
{
	return record->alert.ends_at == 0;
}

/* Returns a slot for a new incident: a free one, else that of the oldest resolved
 * incident. */
static unsigned take_slot(struct alert_store *store)
{
	if (store->count < ALERTS_REMEMBERED) {
		store->order[store->count] = (uint8_t)store->count;
		return store->count++;
	}
	unsigned place = 0;
	while (place < ALERTS_REMEMBERED - 1 &&
	       fires(&store->slots[store->order[place]]))
		place++;
	const uint8_t slot = store->order[place];
	memmove(&store->order[place], &store->order[place + 1],
		ALERTS_REMEMBERED - 1 - place);
	store->order[ALERTS_REMEMBERED - 1] = slot;
	store->forgotten++;
	return slot;
}

/* Returns the slot of the firing incident that a verdict belongs to, preferably one
 * that already showed this kind; -1 if there is none. */
static int firing_home(const struct alert_store *store, const struct verdict *v,
		       double now)
{
	int home = -1;

	for (unsigned i = store->count; i-- > 0;) {
		const struct alert_record *record = &store->slots[store->order[i]];
		if (!fires(record) ||
		    record_belonging(record, v, now, store->interval_s) == BELONGS_NOT)
			continue;
		if (v->onset - record->alert.updated_at > COOL_DOWN_S)
			continue; /* too long without samples: a new incident */
		if (record->kinds & (1u << v->kind))
			return store->order[i];
		if (home < 0)
			home = store->order[i];
	}
	return home;
}

/* Returns the slot of the newest resolved incident that a verdict reopens; -1 if there
 * is none. */
static int resolved_home(const struct alert_store *store, const struct verdict *v,
			 double now)
{
	for (unsigned i = store->count; i-- > 0;) {
		const struct alert_record *record = &store->slots[store->order[i]];
		if (!fires(record) &&
		    record_belonging(record, v, now, store->interval_s) !=
			BELONGS_NOT &&
		    record_comes_back(record, v))
			return store->order[i];
	}
	return -1;
}

static unsigned raise_alert(struct alert_store *store, double now,
			    const struct verdict *v)
{
	const unsigned slot = take_slot(store);

	record_begin(&store->slots[slot], next_id(store, now), now, v);
	store->raised[v->kind]++;
	store->firing++;
	return slot;
}

static void happen(struct application *a, unsigned slot, enum alert_event event)
{
	/* Raised or reopened is more important than taken over at the same sample. */
	if (!a->happened[slot])
		a->event[slot] = event;
	a->happened[slot] = true;
}

/* Finds or creates the incident of the index-th verdict. */
static void find_home(struct alert_store *store, struct application *a, size_t index)
{
	const struct verdict *v = &a->verdicts[index];
	int home = firing_home(store, v, a->now);

	if (home < 0) {
		home = resolved_home(store, v, a->now);
		if (home >= 0) {
			record_reopen(&store->slots[home], a->now);
			store->firing++;
			happen(a, (unsigned)home, ALERT_REOPENED);
			a->began_by[home] = (uint8_t)index;
		}
	}
	if (home < 0) {
		home = (int)raise_alert(store, a->now, v);
		happen(a, (unsigned)home, ALERT_RAISED);
		a->began_by[home] = (uint8_t)index;
	} else if (record_belonging(&store->slots[home], v, a->now,
				    store->interval_s) == TAKES_OVER) {
		record_take_over(&store->slots[home], v);
		store->raised[v->kind]++;
		happen(a, (unsigned)home, ALERT_TAKEN_OVER);
	}
	a->home[index] = (uint8_t)home;
}

/* Verdicts of the highest rank come first, so that the others find that incident. */
static void find_homes(struct alert_store *store, struct application *a)
{
	for (unsigned rank = ALERT_KIND_RANK_MAX + 1; rank-- > 0;)
		for (size_t i = 0; i < a->count; i++)
			if (alert_kind_rank(a->verdicts[i].kind) == rank)
				find_home(store, a, i);
}

bool alert_store_lacks(const struct alert_store *store, double now,
		       const struct verdict *verdict, double *since, double *seen_until)
{
	if (firing_home(store, verdict, now) >= 0)
		return false;
	const int home = resolved_home(store, verdict, now);
	*since = verdict->onset;
	*seen_until = home >= 0 ? store->slots[home].seen_until : 0;
	return true;
}

/* Adds evidence: the traffic since the onset when the alert is raised or reopened,
 * later the traffic of each scan. */
static void add_evidence(const struct alert_store *store, const struct application *a,
			 unsigned slot, struct alert_record *record, bool shown)
{
	const struct traffic_view *traffic = a->traffic;
	struct alert_evidence *evidence = &record->alert.evidence;
	const enum signal signal = record->alert.verdict.signal;
	const bool began = a->happened[slot] && (a->event[slot] == ALERT_RAISED ||
						 a->event[slot] == ALERT_REOPENED);

	if (began && traffic->moved_since)
		evidence_add(evidence, traffic,
			     &traffic->moved_since[a->began_by[slot]], signal);
	else if (traffic->scanned)
		evidence_add(evidence, traffic, &traffic->scan, signal);
	record->seen_until = store->scanned_at;
	if (shown)
		evidence_links(evidence, traffic, &store->links);
}

static size_t shown_of(const struct application *a, unsigned slot,
		       const struct verdict *shown[VERDICTS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < a->count; i++)
		if (a->home[i] == slot)
			shown[count++] = &a->verdicts[i];
	return count;
}

/* Updates a firing incident from this sample. Returns the event; *nothing is true when
 * there is none. */
static enum alert_event advance(struct alert_store *store, const struct application *a,
				unsigned slot, bool *nothing)
{
	struct alert_record *record = &store->slots[slot];
	const struct verdict *shown[VERDICTS_MAX];
	const size_t count = shown_of(a, slot, shown);

	if (count > 0)
		record_show(record, a->now, a->hold_s, shown, count);
	if (a->traffic)
		add_evidence(store, a, slot, record, count > 0);
	*nothing = false;
	if (count > 0)
		return a->happened[slot] ? a->event[slot] : ALERT_UPDATED;
	/* A clock that was set back also ends the incident, because it may take long to
	 * reach the old time again. */
	if (fabs(a->now - record->alert.updated_at) >= a->hold_s) {
		record_end(record);
		store->firing--;
		return ALERT_RESOLVED;
	}
	*nothing = true;
	return ALERT_UPDATED;
}

void alert_store_apply(struct alert_store *store, double now, double interval_s,
		       const struct verdict *verdicts, size_t count,
		       const struct traffic_view *traffic, alert_listener *listener,
		       void *context)
{
	struct application a = {
	    .now = now,
	    .hold_s = record_hold_s(interval_s),
	    .verdicts = verdicts,
	    .count = count < VERDICTS_MAX ? count : VERDICTS_MAX,
	    .traffic = traffic,
	};

	store->interval_s = interval_s;
	if (traffic && traffic->scanned)
		store->scanned_at = now;
	find_homes(store, &a);
	for (unsigned i = 0; i < store->count && store->firing > 0; i++) {
		const unsigned slot = store->order[i];
		bool nothing;
		if (!fires(&store->slots[slot]))
			continue;
		enum alert_event event = advance(store, &a, slot, &nothing);
		if (listener && !nothing)
			listener(context, event, &store->slots[slot].alert);
	}
	if (traffic)
		link_memory_take(&store->links, traffic);
}

void alert_store_record(struct alert_store *store, double now,
			const struct verdict *verdict,
			const struct traffic_view *traffic, alert_listener *listener,
			void *context)
{
	struct alert_record *record = &store->slots[raise_alert(store, now, verdict)];
	struct alert *alert = &record->alert;

	if (traffic && traffic->moved_since)
		evidence_add(&alert->evidence, traffic, traffic->moved_since,
			     verdict->signal);
	if (traffic)
		evidence_links(&alert->evidence, traffic, &store->links);
	if (listener)
		listener(context, ALERT_RAISED, alert);
	alert->ends_at = now;
	store->firing--;
	if (listener)
		listener(context, ALERT_RESOLVED, alert);
}

const struct alert *alert_store_at(const struct alert_store *store, size_t index)
{
	if (index >= store->count)
		return NULL;
	return &store->slots[store->order[store->count - 1 - index]].alert;
}

bool alert_store_firing(const struct alert_store *store, enum alert_kind kind)
{
	for (unsigned i = 0; i < store->count; i++)
		if (fires(&store->slots[i]) &&
		    store->slots[i].alert.verdict.kind == kind)
			return true;
	return false;
}

bool alert_store_any_firing(const struct alert_store *store)
{
	return store->firing > 0;
}

uint64_t alert_store_raised(const struct alert_store *store, enum alert_kind kind)
{
	return kind < ALERT_KIND_COUNT ? store->raised[kind] : 0;
}

uint64_t alert_store_forgotten(const struct alert_store *store)
{
	return store->forgotten;
}

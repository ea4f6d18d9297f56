/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - the remembered alerts and their life.
 *
 * Each sample is applied in two steps. First, every verdict finds its alert: one that
 * fires, one that is reopened, one that it repeats, or a new one. Then every alert
 * processes its verdict, and ends if it had none for long enough.
 */
#include "dormouse/alert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "kept.h"
#include "record.h"

struct alert_store {
	uint64_t seed;
	uint64_t count_ever; /* number of alerts begun */
	uint64_t forgotten;
	uint64_t recurrences;
	uint64_t raised[ALERT_KIND_COUNT];
	struct link_memory links;
	double scanned_at; /* the last scan received, 0: none */
	unsigned firing;
	double resumed_at; /* the first sample of this life; 0: none yet */
	struct kept_alerts kept;
};

_Static_assert(sizeof(struct alert_store) < 112 * 1024, "the store outgrew its budget");
_Static_assert(ALERTS_REMEMBERED > 4 * VERDICTS_MAX, "a resolved one can always go");

/* Those that a sample may show, and those of before that are not resolved yet. */
#define FIRING_KEPT_MAX (2 * VERDICTS_MAX)

/* The sample that is being applied. */
struct application {
	double now, hold_s;
	const struct verdict *verdicts;
	size_t count;
	const struct verdict
	    *shown[ALERTS_REMEMBERED];    /* the slot's verdict, or NULL */
	bool happened[ALERTS_REMEMBERED]; /* the slot has more than an update */
	enum alert_event event[ALERTS_REMEMBERED]; /* the event, if so */
	const struct traffic_view *traffic;        /* or NULL */
	alert_listener *listener;                  /* or NULL */
	void *context;
	int moved; /* the slot whose incident has moved elsewhere; -1: none */
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
	if (store->kept.count < ALERTS_REMEMBERED) {
		store->kept.order[store->kept.count] = (uint8_t)store->kept.count;
		return store->kept.count++;
	}
	unsigned place = 0;
	while (place < ALERTS_REMEMBERED - 1 &&
	       fires(&store->kept.slots[store->kept.order[place]]))
		place++;
	const uint8_t slot = store->kept.order[place];
	memmove(&store->kept.order[place], &store->kept.order[place + 1],
		ALERTS_REMEMBERED - 1 - place);
	store->kept.order[ALERTS_REMEMBERED - 1] = slot;
	store->forgotten++;
	return slot;
}

/* Returns the slot of the newest alert of the verdict's incident that fires, or that
 * the verdict reopens; -1 if there is none. */
static int home_of(const struct alert_store *store, const struct verdict *v)
{
	for (unsigned i = store->kept.count; i-- > 0;) {
		const struct alert_record *record =
		    &store->kept.slots[store->kept.order[i]];
		if (!record_is_of(record, v))
			continue;
		if (fires(record)) {
			/* Too long without samples: a new alert. */
			if (v->onset - record->alert.updated_at > COOL_DOWN_S)
				continue;
			return store->kept.order[i];
		}
		return record_comes_back(record, v) ? store->kept.order[i] : -1;
	}
	return -1;
}

/* Returns the slot of the alert that a recurrence repeats; -1 if it is not remembered.
 */
static int repeated_home(const struct alert_store *store, const struct verdict *v)
{
	for (unsigned i = store->kept.count; i-- > 0;) {
		const struct alert_record *record =
		    &store->kept.slots[store->kept.order[i]];
		if (record->recurring == v->incident ||
		    record->told_onset == v->repeats)
			return store->kept.order[i];
	}
	return -1;
}

static unsigned raise_alert(struct alert_store *store, double now,
			    const struct verdict *v)
{
	const unsigned slot = take_slot(store);

	record_begin(&store->kept.slots[slot], next_id(store, now), now, v);
	store->raised[v->kind]++;
	store->firing++;
	return slot;
}

/* Keeps the alert that a recurrence repeats, of which only the detector knows: it was
 * raised before the monitor's last start, or it was forgotten. */
static unsigned recall_alert(struct alert_store *store, double now,
			     const struct verdict *v)
{
	const unsigned slot = take_slot(store);
	struct alert_record *record = &store->kept.slots[slot];

	record_begin(record, next_id(store, now), now, v);
	record->incident = 0;
	record->told_onset = v->repeats;
	record->alert.ends_at = now;
	return slot;
}

static void happen(struct application *a, unsigned slot, enum alert_event event)
{
	/* Raised or reopened is more important than taken over at the same sample. */
	if (!a->happened[slot])
		a->event[slot] = event;
	a->happened[slot] = true;
}

/* Whether most of a verdict's traffic goes to destinations that the alert did not name.
 */
static bool goes_elsewhere(const struct application *a,
			   const struct alert_record *record, const struct verdict *v)
{
	struct peers_sent sent = {0};

	if (!a->traffic || !a->traffic->moved_since)
		return false;
	peers_add(&sent, &record->alert.evidence,
		  &a->traffic->moved_since[v - a->verdicts]);
	return peers_moved(&sent);
}

/* Returns the slot of the newest alert that fired when the monitor ended and is the
 * verdict's; -1 if there is none. */
static int left_behind(const struct alert_store *store, const struct application *a,
		       const struct verdict *v)
{
	for (unsigned i = store->kept.count; i-- > 0;) {
		const uint8_t slot = store->kept.order[i];
		const struct alert_record *record = &store->kept.slots[slot];
		if (record_may_resume(record, v) &&
		    (alert_kind_rank(v->kind) == 0 || !goes_elsewhere(a, record, v)))
			return slot;
	}
	return -1;
}

/* Returns the slot of the verdict's alert; -1 if it has none. An incident that began
 * before a restart gets its alert back. */
static int existing_home(struct alert_store *store, struct application *a,
			 const struct verdict *v)
{
	int home = home_of(store, v);

	if (home >= 0)
		return home;
	home = left_behind(store, a, v);
	if (home < 0)
		return -1;
	store->firing += !fires(&store->kept.slots[home]);
	record_resume(&store->kept.slots[home], a->now, v);
	happen(a, (unsigned)home, ALERT_REOPENED);
	return home;
}

/* Finds or creates the alert of a verdict; not for a recurrence, which is counted
 * later. */
static void find_home(struct alert_store *store, struct application *a,
		      const struct verdict *v)
{
	int home = existing_home(store, a, v);

	if (home < 0 && v->recurs)
		return;
	if (home >= 0 && !fires(&store->kept.slots[home])) {
		record_reopen(&store->kept.slots[home], a->now);
		store->firing++;
		happen(a, (unsigned)home, ALERT_REOPENED);
	}
	if (home < 0) {
		home = (int)raise_alert(store, a->now, v);
		happen(a, (unsigned)home, ALERT_RAISED);
	} else if (record_changes_kind(&store->kept.slots[home], v)) {
		record_take_over(&store->kept.slots[home], v);
		store->raised[v->kind]++;
		happen(a, (unsigned)home, ALERT_TAKEN_OVER);
	}
	a->shown[home] = v;
}

static void find_homes(struct alert_store *store, struct application *a)
{
	for (size_t i = 0; i < a->count; i++)
		find_home(store, a, &a->verdicts[i]);
}

bool alert_store_lacks(const struct alert_store *store, const struct verdict *verdict,
		       double *since, double *seen_until)
{
	const int home = home_of(store, verdict);

	if (home >= 0 && fires(&store->kept.slots[home]))
		return false;
	*since = verdict->onset;
	*seen_until = home >= 0 ? store->kept.slots[home].seen_until : 0;
	return true;
}

/* The part of this scan that an alert is about. */
static const struct traffic_span *scan_for(const struct traffic_view *traffic,
					   const struct alert_record *record)
{
	return record->alert.verdict.kind == ALERT_UNEXPECTED_DESTINATION
		   ? &traffic->outside
		   : &traffic->scan;
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
			     &traffic->moved_since[a->shown[slot] - a->verdicts],
			     signal);
	else if (traffic->scanned)
		evidence_add(evidence, traffic, scan_for(traffic, record), signal);
	record->seen_until = store->scanned_at;
	if (shown)
		evidence_links(evidence, traffic, &store->links);
}

static void tell(const struct application *a, enum alert_event event,
		 const struct alert_record *record)
{
	if (a->listener)
		a->listener(a->context, event, &record->alert);
}

/* Raises an alert at once, with the traffic since the verdict's onset. */
static struct alert_record *raise_now(struct alert_store *store,
				      const struct application *a,
				      const struct verdict *v)
{
	struct alert_record *record = &store->kept.slots[raise_alert(store, a->now, v)];
	struct alert_evidence *evidence = &record->alert.evidence;
	const struct traffic_view *traffic = a->traffic;

	if (traffic && traffic->moved_since)
		evidence_add(evidence, traffic, &traffic->moved_since[v - a->verdicts],
			     v->signal);
	if (traffic)
		evidence_links(evidence, traffic, &store->links);
	record->seen_until = store->scanned_at;
	tell(a, ALERT_RAISED, record);
	return record;
}

/* Counts a recurrence at the alert that it repeats, or raises an alert for it. */
static void recur(struct alert_store *store, const struct application *a,
		  const struct verdict *v)
{
	int home = repeated_home(store, v);

	if (home < 0)
		home = (int)recall_alert(store, a->now, v);
	struct alert_record *record = &store->kept.slots[home];
	if (goes_elsewhere(a, record, v)) {
		raise_now(store, a, v);
		return;
	}
	if (!record_recur(record, v))
		return;
	store->recurrences++;
	tell(a, ALERT_RECURRED, record);
}

/* After the other verdicts, because an event of a new alert comes first. */
static void count_recurrences(struct alert_store *store, const struct application *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->verdicts[i].recurs && home_of(store, &a->verdicts[i]) < 0)
			recur(store, a, &a->verdicts[i]);
}

/* Raises an alert for an incident that goes on elsewhere, and ends the one so far. */
static void follow_move(struct alert_store *store, const struct application *a)
{
	if (a->moved < 0)
		return;
	struct alert_record *from = &store->kept.slots[a->moved];
	struct alert_record *record = &store->kept.slots[take_slot(store)];

	record_move(record, from, next_id(store, a->now), a->now, a->shown[a->moved]);
	store->raised[record->alert.verdict.kind]++;
	record_end(from);
	tell(a, ALERT_RESOLVED, from);
	tell(a, ALERT_RAISED, record);
}

/* Updates a firing incident from this sample. Returns the event; *nothing is true when
 * there is none. */
static enum alert_event advance(struct alert_store *store, struct application *a,
				unsigned slot, bool *nothing)
{
	struct alert_record *record = &store->kept.slots[slot];
	const struct verdict *shown = a->shown[slot];

	if (shown)
		record_show(record, a->now, a->hold_s, shown);
	if (a->traffic)
		add_evidence(store, a, slot, record, shown != NULL);
	/* With several alerts, the destinations of one are in the traffic of all. */
	if (shown && a->traffic && store->firing == 1 &&
	    record_moved(record, a->now, scan_for(a->traffic, record)))
		a->moved = (int)slot;
	*nothing = false;
	if (shown)
		return a->happened[slot] ? a->event[slot] : ALERT_UPDATED;
	/* A clock that was set back also ends the incident, because it may take long to
	 * reach the old time again. */
	const double shown_at =
	    record->left_behind ? store->resumed_at : record->alert.updated_at;
	if (fabs(a->now - shown_at) >= a->hold_s) {
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
	    .moved = -1,
	    .listener = listener,
	    .context = context,
	};

	if (traffic && traffic->scanned)
		store->scanned_at = now;
	if (store->resumed_at == 0)
		store->resumed_at = now;
	find_homes(store, &a);
	for (unsigned i = 0; i < store->kept.count && store->firing > 0; i++) {
		const unsigned slot = store->kept.order[i];
		bool nothing;
		if (!fires(&store->kept.slots[slot]))
			continue;
		enum alert_event event = advance(store, &a, slot, &nothing);
		if (!nothing)
			tell(&a, event, &store->kept.slots[slot]);
	}
	follow_move(store, &a);
	count_recurrences(store, &a);
	if (traffic)
		link_memory_take(&store->links, traffic);
}

void alert_store_record(struct alert_store *store, double now,
			const struct verdict *verdict,
			const struct traffic_view *traffic, alert_listener *listener,
			void *context)
{
	const struct application a = {
	    .now = now,
	    .verdicts = verdict,
	    .count = 1,
	    .traffic = traffic,
	    .listener = listener,
	    .context = context,
	};
	struct alert_record *record = raise_now(store, &a, verdict);

	record->alert.ends_at = now;
	store->firing--;
	tell(&a, ALERT_RESOLVED, record);
}

/* The slots in use are the first ones, so the others need not be kept. */
const void *alert_store_kept(const struct alert_store *store, size_t *bytes)
{
	*bytes = store->kept.count > 0 ? kept_bytes(store->kept.count) : 0;
	return &store->kept;
}

uint32_t alert_store_layout(void)
{
	return KEPT_LAYOUT;
}

int alert_store_restore(struct alert_store *store, const void *block, size_t bytes,
			double now, struct error *err)
{
	/* The file was read late: the alerts of this life are worth more. */
	if (bytes == 0 || store->kept.count > 0)
		return 0;
	if (kept_check(block, bytes, err) < 0)
		return -1;
	memcpy(&store->kept, block, bytes);
	store->resumed_at = 0;
	for (unsigned i = 0; i < store->kept.count; i++)
		store->firing += record_left_behind(&store->kept.slots[i], now,
						    store->firing < FIRING_KEPT_MAX);
	return 0;
}

const struct alert *alert_store_at(const struct alert_store *store, size_t index)
{
	if (index >= store->kept.count)
		return NULL;
	return &store->kept.slots[store->kept.order[store->kept.count - 1 - index]]
		    .alert;
}

bool alert_store_firing(const struct alert_store *store, enum alert_kind kind)
{
	for (unsigned i = 0; i < store->kept.count; i++)
		if (fires(&store->kept.slots[i]) &&
		    store->kept.slots[i].alert.verdict.kind == kind)
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

uint64_t alert_store_recurrences(const struct alert_store *store)
{
	return store->recurrences;
}

uint64_t alert_store_forgotten(const struct alert_store *store)
{
	return store->forgotten;
}

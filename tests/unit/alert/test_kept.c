/* SPDX-License-Identifier: Apache-2.0 */
/* test_kept.c - alerts over a restart of the monitor: what stays, which incidents go
 * on, and what is made of bytes that no store wrote. */
#include "alert_fixture.h"

#include <math.h>
#include <stdlib.h>

#include "alert/kept.h"

/* A block as it lies in a file. */
static struct kept_alerts kept;
static size_t bytes;

static void keep(const struct world *w)
{
	const void *block = alert_store_kept(w->store, &bytes);

	assert_in_range(bytes, 0, sizeof(kept));
	memcpy(&kept, block, bytes);
}

/* The monitor ends, and starts again after so long. */
static void restart(struct world *w, double down_s)
{
	struct error err;

	keep(w);
	alert_store_free(w->store);
	w->store = alert_store_new(2);
	assert_non_null(w->store);
	w->now += down_s;
	assert_int_equal(alert_store_restore(w->store, &kept, bytes, w->now, &err), 0);
	w->raised = w->reopened = w->resolved = w->recurred = 0;
}

/* A departure of a detector that has just started: it numbers and counts anew. */
static struct verdict fresh(const struct world *w, enum alert_kind kind)
{
	struct verdict v = verdict_of(w, kind);

	v.onset = w->now - w->interval_s;
	v.bytes = v.sent_in_all = 5000000;
	return v;
}

/* A sample that sends to this host, and what it moved since the onset. */
static void send_to(struct world *w, unsigned host, uint64_t sent)
{
	w->watched = w->traffic.scanned = true;
	w->traffic.flows[0] = w->traffic.since[0] = flow_to(host, 443, sent);
	w->traffic.flow_count = w->traffic.since_count = 1;
}

/* An alert about traffic to host 1 that fires. */
static struct verdict begin(struct world *w, enum alert_kind kind)
{
	const struct verdict v = verdict_of(w, kind);

	send_to(w, 1, 20000000);
	next(w, &v, 1);
	assert_int_equal(w->raised, 1);
	return v;
}

static void alerts_are_the_same_after_a_restart(void **state)
{
	struct world *w = *state;

	begin(w, ALERT_DORMANCY_BREAK);
	quiet_for(w, 120);
	const struct alert before = *alert_store_at(w->store, 0);
	restart(w, 3600);
	assert_int_equal(remembered(w->store), 1);
	assert_memory_equal(alert_store_at(w->store, 0), &before, sizeof(before));
	assert_false(alert_store_any_firing(w->store));
	quiet_for(w, 120);
	assert_int_equal(w->resolved, 0);
}

static void an_incident_that_goes_on_keeps_its_alert(void **state)
{
	struct world *w = *state;

	begin(w, ALERT_DORMANCY_BREAK);
	const struct alert before = *alert_store_at(w->store, 0);
	restart(w, 20);
	assert_true(alert_store_firing(w->store, ALERT_DORMANCY_BREAK));
	quiet_for(w, 30); /* the detector needs some samples */
	struct verdict v = fresh(w, ALERT_EGRESS_VOLUME);
	next(w, &v, 1);
	assert_int_equal(w->raised, 0);
	assert_int_equal(w->reopened, 1);
	assert_int_equal(remembered(w->store), 1);
	const struct alert *after = alert_store_at(w->store, 0);
	assert_int_equal(after->id, before.id);
	assert_true(after->starts_at == before.starts_at);
	assert_true(after->verdict.onset == before.verdict.onset);
	assert_int_equal(after->verdict.kind, ALERT_DORMANCY_BREAK);
	assert_int_equal(after->verdict.bytes, before.verdict.bytes + 5000000);
	assert_false(after->end_unseen);
	send_more(&v, 1000);
	next(w, &v, 1);
	assert_int_equal(after->verdict.bytes, before.verdict.bytes + 5001000);
	quiet_for(w, 120);
	assert_int_equal(w->resolved, 1);
	assert_false(after->end_unseen);
}

static void what_goes_elsewhere_is_another_alert(void **state)
{
	struct world *w = *state;

	begin(w, ALERT_EGRESS_VOLUME);
	restart(w, 20);
	send_to(w, 700, 5000000);
	const struct verdict v = fresh(w, ALERT_EGRESS_VOLUME);
	next(w, &v, 1);
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->reopened, 0);
	assert_int_equal(remembered(w->store), 2);
}

static void what_is_of_another_sort_is_another_alert(void **state)
{
	struct world *w = *state;

	begin(w, ALERT_EGRESS_VOLUME);
	restart(w, 20);
	struct verdict v = fresh(w, ALERT_CONNECTION_FANOUT);
	next(w, &v, 1);
	assert_int_equal(w->raised, 1);
	v = fresh(w, ALERT_BUDGET_EXCEEDED);
	next(w, &v, 1);
	assert_int_equal(w->raised, 2);
}

static void a_budget_goes_on_whatever_the_destination(void **state)
{
	struct world *w = *state;

	begin(w, ALERT_BUDGET_EXCEEDED);
	const struct alert before = *alert_store_at(w->store, 0);
	restart(w, 20);
	send_to(w, 700, 5000000);
	const struct verdict v = fresh(w, ALERT_BUDGET_EXCEEDED);
	next(w, &v, 1);
	assert_int_equal(w->raised, 0);
	assert_int_equal(alert_store_at(w->store, 0)->id, before.id);
	assert_int_equal(alert_store_at(w->store, 0)->verdict.bytes,
			 before.verdict.bytes + 5000000);
}

static void what_does_not_go_on_ended_at_a_time_unknown(void **state)
{
	struct world *w = *state;
	char sentence[512];
	struct text t = text_over(sentence, sizeof(sentence));

	begin(w, ALERT_DORMANCY_BREAK);
	const double seen = w->now;
	restart(w, 20);
	quiet_for(w, 40);
	assert_int_equal(w->resolved, 0);
	quiet_for(w, 60);
	assert_int_equal(w->resolved, 1);
	const struct alert *alert = alert_store_at(w->store, 0);
	assert_true(alert->ends_at == seen);
	assert_true(alert->end_unseen);
	alert_summary(alert, &t);
	assert_non_null(strstr(sentence, "when it ended is not known"));
	/* Shown within the cool-down, it is the same all the same. */
	const struct verdict v = fresh(w, ALERT_DORMANCY_BREAK);
	next(w, &v, 1);
	assert_int_equal(w->raised, 0);
	assert_int_equal(w->reopened, 1);
	assert_true(alert->ends_at == 0);
	assert_false(alert->end_unseen);
}

static void after_half_an_hour_it_is_ended_at_once(void **state)
{
	struct world *w = *state;

	begin(w, ALERT_DORMANCY_BREAK);
	restart(w, 1900);
	assert_false(alert_store_any_firing(w->store));
	assert_true(alert_store_at(w->store, 0)->end_unseen);
	const struct verdict v = fresh(w, ALERT_DORMANCY_BREAK);
	next(w, &v, 1);
	assert_int_equal(w->raised, 1);
	assert_int_equal(remembered(w->store), 2);
}

/* Down for nearly half an hour, and the detector takes some time to see it. */
static void a_long_way_back_is_the_same_alert_while_it_fires(void **state)
{
	struct world *w = *state;

	begin(w, ALERT_DORMANCY_BREAK);
	restart(w, 1780);
	quiet_for(w, 50);
	const struct verdict v = fresh(w, ALERT_DORMANCY_BREAK);
	next(w, &v, 1);
	assert_int_equal(w->raised, 0);
	assert_int_equal(w->reopened, 1);
	assert_int_equal(remembered(w->store), 1);
}

static void a_clock_set_back_ends_it_too(void **state)
{
	struct world *w = *state;

	begin(w, ALERT_DORMANCY_BREAK);
	restart(w, -7200);
	assert_false(alert_store_any_firing(w->store));
}

static void incidents_of_before_are_not_taken_for_those_of_now(void **state)
{
	struct world *w = *state;

	begin(w, ALERT_DORMANCY_BREAK);
	quiet_for(w, 120);
	restart(w, 10); /* the next incident has number 1 again */
	const struct verdict v = fresh(w, ALERT_DORMANCY_BREAK);
	next(w, &v, 1);
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->reopened, 0);
}

static void a_recurrence_counts_at_the_alert_of_before(void **state)
{
	struct world *w = *state;
	const struct verdict first = begin(w, ALERT_DORMANCY_BREAK);

	quiet_for(w, 120);
	restart(w, 3600);
	struct verdict v = fresh(w, ALERT_DORMANCY_BREAK);
	v.recurs = true;
	v.repeats = first.onset;
	next(w, &v, 1);
	assert_int_equal(w->raised, 0);
	assert_int_equal(w->recurred, 1);
	assert_int_equal(alert_store_at(w->store, 0)->occurrences, 1);
}

/* As many as there is room for, oldest first, and the oldest is replaced. */
static void all_of_them_are_kept_in_their_order(void **state)
{
	struct world *w = *state;
	uint64_t ids[ALERTS_REMEMBERED];

	for (uint32_t i = 1; i <= ALERTS_REMEMBERED + 5; i++) {
		struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);
		v.incident = i;
		next(w, &v, 1);
		quiet_for(w, 120);
	}
	for (size_t i = 0; i < ALERTS_REMEMBERED; i++)
		ids[i] = alert_store_at(w->store, i)->id;
	restart(w, 60);
	assert_int_equal(bytes, sizeof(kept));
	assert_int_equal(remembered(w->store), ALERTS_REMEMBERED);
	for (size_t i = 0; i < ALERTS_REMEMBERED; i++)
		assert_int_equal(alert_store_at(w->store, i)->id, ids[i]);
	struct verdict v = fresh(w, ALERT_DORMANCY_BREAK);
	v.incident = 77;
	next(w, &v, 1);
	assert_int_equal(alert_store_at(w->store, 1)->id, ids[0]);
	assert_int_equal(alert_store_forgotten(w->store), 1);
}

static void a_store_with_alerts_keeps_them(void **state)
{
	struct world *w = *state;
	struct error err;

	begin(w, ALERT_DORMANCY_BREAK);
	keep(w);
	const uint64_t id = alert_store_at(w->store, 0)->id;
	kept.slots[0].alert.id++;
	assert_int_equal(alert_store_restore(w->store, &kept, bytes, w->now, &err), 0);
	assert_int_equal(alert_store_at(w->store, 0)->id, id);
}

static void assert_refused(struct world *w, size_t length)
{
	struct alert_store *store = alert_store_new(3);
	struct error err;

	assert_int_equal(alert_store_restore(store, &kept, length, w->now, &err), -1);
	assert_int_equal(remembered(store), 0);
	assert_false(alert_store_any_firing(store));
	alert_store_free(store);
	keep(w);
}

static void put_byte(void *where, unsigned char byte)
{
	memcpy(where, &byte, 1);
}

/* Each line spoils one value. */
#define REFUSED(...)                                                                   \
	do {                                                                           \
		__VA_ARGS__;                                                           \
		assert_refused(w, bytes);                                              \
	} while (0)

static void values_out_of_range_are_refused(void **state)
{
	struct world *w = *state;
	struct alert_record *r = &kept.slots[0];
	struct alert *a = &r->alert;
	struct alert_evidence *e = &a->evidence;

	begin(w, ALERT_DORMANCY_BREAK);
	keep(w);
	for (size_t length = 1; length < bytes; length += 97)
		assert_refused(w, length);
	REFUSED(kept.count = 0);
	REFUSED(kept.count = 2);
	REFUSED(kept.count = UINT32_MAX);
	REFUSED(kept.order[0] = 1);
	REFUSED(kept.order[0] = 255);
	REFUSED(a->verdict.kind = ALERT_KIND_COUNT);
	REFUSED(a->verdict.signal = SIGNAL_COUNT);
	REFUSED(a->verdict.onset = -1);
	REFUSED(a->verdict.value = INFINITY);
	REFUSED(a->verdict.sigmas = NAN);
	REFUSED(a->verdict.risk = 101);
	REFUSED(a->verdict.baseline.since = 1e300);
	REFUSED(a->peak = NAN);
	REFUSED(a->starts_at = NAN);
	REFUSED(a->ends_at = 1e12);
	REFUSED(r->flowed_at = -INFINITY);
	REFUSED(r->moves = MOVES_MAX + 1);
	REFUSED(put_byte(&r->left_behind, 2));
	REFUSED(put_byte(&a->end_unseen, 255));
	REFUSED(put_byte(&e->settled, 2));
	REFUSED(put_byte(&a->verdict.recurs, 2));
	REFUSED(e->flow_count = ALERT_FLOWS_MAX + 1);
	REFUSED(e->container_count = ALERT_CONTAINERS_MAX + 1);
	REFUSED(e->interface_count = ALERT_INTERFACES_MAX + 1);
	REFUSED(e->flows[0].flow.direction = FLOW_UNKNOWN + 1);
	REFUSED(put_byte(&e->flows[0].late, 3));
	REFUSED(memset(e->flows[0].container, 'x', sizeof(e->flows[0].container)));
	REFUSED(e->container_count = 1; e->containers[0][0] = '\033');
	REFUSED(e->interface_count = 1; memset(e->interfaces[0], 'x', IF_NAMESIZE));
}

static void more_that_fire_than_can_are_ended(void **state)
{
	struct world *w = *state;

	begin(w, ALERT_DORMANCY_BREAK);
	keep(w);
	kept.count = ALERTS_REMEMBERED;
	for (unsigned i = 0; i < ALERTS_REMEMBERED; i++) {
		kept.order[i] = (uint8_t)i;
		kept.slots[i] = kept.slots[0];
	}
	struct alert_store *store = alert_store_new(3);
	struct error err;
	assert_int_equal(alert_store_restore(store, &kept, sizeof(kept), w->now, &err),
			 0);
	unsigned firing = 0;
	for (size_t i = 0; i < ALERTS_REMEMBERED; i++)
		firing += alert_store_at(store, i)->ends_at == 0;
	assert_int_equal(firing, 2 * VERDICTS_MAX);
	alert_store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(alerts_are_the_same_after_a_restart),
	    TEST(an_incident_that_goes_on_keeps_its_alert),
	    TEST(what_goes_elsewhere_is_another_alert),
	    TEST(what_is_of_another_sort_is_another_alert),
	    TEST(a_budget_goes_on_whatever_the_destination),
	    TEST(what_does_not_go_on_ended_at_a_time_unknown),
	    TEST(after_half_an_hour_it_is_ended_at_once),
	    TEST(a_long_way_back_is_the_same_alert_while_it_fires),
	    TEST(a_clock_set_back_ends_it_too),
	    TEST(incidents_of_before_are_not_taken_for_those_of_now),
	    TEST(a_recurrence_counts_at_the_alert_of_before),
	    TEST(all_of_them_are_kept_in_their_order),
	    TEST(a_store_with_alerts_keeps_them),
	    TEST(values_out_of_range_are_refused),
	    TEST(more_that_fire_than_can_are_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

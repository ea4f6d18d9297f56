/* SPDX-License-Identifier: Apache-2.0 */
/* test_random.c - whatever the detector says, the store keeps its promises. */
#include "alert_fixture.h"

#define SAMPLES 50000

/* What the events said of each alert; the store's own view must agree with it. */
struct told {
	uint64_t id;
	bool fires;
};

static struct told told[SAMPLES];
static size_t told_count, recalled_count;

static struct told *told_of(uint64_t id)
{
	for (size_t i = told_count; i-- > 0;)
		if (told[i].id == id)
			return &told[i];
	return NULL;
}

static void follow(void *context, enum alert_event event, const struct alert *alert)
{
	struct told *t = told_of(alert->id);

	(void)context;
	if (event == ALERT_RECURRED) {
		assert_true(alert->occurrences > 0);
		if (!t) { /* recalled: the store did not know it */
			assert_true(alert->ends_at > 0 && told_count < SAMPLES);
			told[told_count++] = (struct told){alert->id, false};
			recalled_count++;
		}
		return;
	}
	if (event == ALERT_RAISED) {
		assert_null(t);
		assert_true(told_count < SAMPLES);
		told[told_count++] = (struct told){alert->id, true};
		return;
	}
	assert_non_null(t);
	assert_int_equal(t->fires, event != ALERT_REOPENED);
	t->fires = event != ALERT_RESOLVED;
	assert_int_equal(t->fires, alert->ends_at == 0);
	assert_true(alert->verdict.bytes <= alert->verdict.sent_in_all);
}

static uint32_t below(uint64_t *random, uint32_t bound)
{
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*random >> 33) % bound;
}

/* Each kind has a departure that goes on, pauses, ends, or begins again; now and then
 * an hour passes, or the clock goes back. */
static size_t invent(struct verdict departures[], const struct world *w,
		     uint64_t *random, struct verdict verdicts[VERDICTS_MAX])
{
	static uint64_t sent = 1000000, received = 1000000;
	const uint64_t sends = below(random, 5000), receives = below(random, 5000);
	size_t count = 0;

	sent += sends;
	received += receives;
	for (unsigned kind = 0; kind < ALERT_MONITOR_GAP; kind++) {
		struct verdict *d = &departures[kind];
		if (below(random, 20) == 0) {
			*d = verdict_of(w, (enum alert_kind)kind);
			if (d->incident > 0)
				d->incident = 1 + below(random, 40);
			d->recurs = d->incident > 0 && below(random, 3) == 0;
			d->repeats = w->now - below(random, 100);
			d->onset = w->now - below(random, 100);
			d->bytes = below(random, 1000000);
			d->received = below(random, 1000000);
			d->value = below(random, 1000);
			d->signal = (enum signal)below(random, SIGNAL_COUNT);
			d->risk = below(random, 101);
		} else if (below(random, 15) == 0) {
			d->onset = 0; /* it is over */
		}
		d->bytes += sends;
		d->received += receives;
		d->sent_in_all = sent;
		d->received_in_all = received;
		if (d->onset > 0 && below(random, 5) > 0)
			verdicts[count++] = *d;
	}
	return count;
}

static void check_store(const struct world *w)
{
	bool any = false;
	const size_t count = remembered(w->store);

	assert_true(count <= ALERTS_REMEMBERED);
	for (size_t i = 0; i < count; i++) {
		const struct alert *a = alert_store_at(w->store, i);
		const struct told *t = told_of(a->id);
		assert_non_null(t);
		assert_int_equal(t->fires, a->ends_at == 0);
		any = any || t->fires;
		if (t->fires)
			assert_true(alert_store_firing(w->store, a->verdict.kind));
	}
	assert_int_equal(any, alert_store_any_firing(w->store));
}

static void no_sequence_of_verdicts_breaks_its_promises(void **state)
{
	struct world *w = *state;
	struct verdict departures[ALERT_KIND_COUNT] = {0}, verdicts[VERDICTS_MAX];
	uint64_t random = 42, raised = 0;

	for (int i = 0; i < SAMPLES; i++) {
		const size_t count = invent(departures, w, &random, verdicts);
		alert_store_apply(w->store, w->now, 10, verdicts, count, NULL, follow,
				  NULL);
		w->now += 10;
		if (below(&random, 50) == 0)
			w->now += below(&random, 7200);
		else if (below(&random, 500) == 0)
			w->now -= below(&random, 100000);
		if (i % 16 == 0)
			check_store(w);
	}
	/* No alert that still fires was pushed out. */
	size_t firing = 0, seen = 0;
	for (size_t i = 0; i < told_count; i++)
		firing += told[i].fires;
	for (size_t i = 0; i < remembered(w->store); i++)
		seen += alert_store_at(w->store, i)->ends_at == 0;
	assert_int_equal(firing, seen);
	assert_int_equal(told_count,
			 remembered(w->store) + alert_store_forgotten(w->store));
	for (unsigned kind = 0; kind < ALERT_KIND_COUNT; kind++)
		raised += alert_store_raised(w->store, (enum alert_kind)kind);
	/* What was taken over counts twice. */
	assert_true(raised >= told_count - recalled_count);
	assert_true(recalled_count > 0);
	assert_true(told_count > ALERTS_REMEMBERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(no_sequence_of_verdicts_breaks_its_promises,
					    world_open, world_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

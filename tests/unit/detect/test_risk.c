/* SPDX-License-Identifier: Apache-2.0 */
/* Each factor moves the risk the way its reason says, and the risk of whole incidents
 * has the severity that a person expects. */
#include "detect/detector.h"
#include "detect/risk.h"
#include "detect_fixture.h"

/* An incident of a middling risk: a pod of a day sends for ten minutes, a third of it
 * on its own connections. */
struct scene {
	struct detector d;
	struct incident i;
	struct exceedance f;
};

static struct scene scene;

static struct scene *middling(void)
{
	struct detector *d = &scene.d;
	struct incident *i = &scene.i;

	memset(&scene, 0, sizeof(scene));
	detect_options_default(&d->options);
	d->deltas.time = MONDAY + DAY;
	d->learnt.observed_s = DAY;
	d->envelope.own_known = true;
	for (unsigned k = 0; k < WINDOWS; k++) {
		d->windows.length[k] = 60;
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			d->envelope.threshold[k][s] = INFINITY;
	}
	d->windows.value[WINDOW_1M][SIGNAL_TX_BYTES] = 4 * MB;
	i->onset = d->deltas.time - 10 * MINUTE;
	i->kind = ALERT_EGRESS_VOLUME;
	i->amount[SIGNAL_TX_BYTES] = 30 * MB;
	i->amount[SIGNAL_RX_BYTES] = 20 * MB;
	i->amount[SIGNAL_TCP_INITIATED_TX_BYTES] = 10 * MB;
	scene.f = (struct exceedance){.ratio = 4,
				      .alert_ratio = 4,
				      .window = WINDOW_1M,
				      .series = SIGNAL_TX_BYTES,
				      .series_count = 1,
				      .hot = true};
	return &scene;
}

static double risk_now(void)
{
	return risk_of(&scene.d, &scene.i, &scene.f);
}

static double middling_risk(void)
{
	middling();
	return risk_now();
}

CASE(the_middling_incident_leaves_room_both_ways)
{
	double risk = middling_risk();

	assert_true(risk > 30 && risk < 65);
}

/* The case changes the scene, then says which way the risk went. */
#define RAISES(name, change)                                                           \
	CASE(name)                                                                     \
	{                                                                              \
		double before = middling_risk();                                       \
		struct scene *s = middling();                                          \
		change;                                                                \
		assert_true(risk_now() >= before + 1);                                 \
	}
#define LOWERS(name, change)                                                           \
	CASE(name)                                                                     \
	{                                                                              \
		double before = middling_risk();                                       \
		struct scene *s = middling();                                          \
		change;                                                                \
		assert_true(risk_now() <= before - 1);                                 \
	}

RAISES(more_addresses_than_ever_raise_it,
       s->d.windows.value[WINDOW_10S][SIGNAL_DESTINATIONS] = 2000)
RAISES(more_connections_than_ever_raise_it,
       s->d.windows.value[WINDOW_1M][SIGNAL_TCP_NEW_SOCKETS] = 2000)
RAISES(more_new_addresses_than_ever_raise_it,
       s->d.windows.value[WINDOW_10M][SIGNAL_NEW_DESTINATIONS] = 2000)
RAISES(failed_connections_raise_it, {
	s->i.amount[SIGNAL_TCP_NEW_SOCKETS] = 50;
	s->i.amount[SIGNAL_TCP_FAILED_CONNECTIONS] = 40;
})
RAISES(datagrams_raise_it, s->i.amount[SIGNAL_UDP_TX_BYTES] = 20 * MB)
RAISES(own_connections_raise_it, s->i.amount[SIGNAL_TCP_INITIATED_TX_BYTES] = 30 * MB)
LOWERS(answers_lower_it, s->i.amount[SIGNAL_TCP_INITIATED_TX_BYTES] = 0)
RAISES(length_raises_it, s->i.onset -= 2 * HOUR)
RAISES(size_raises_it, s->d.windows.value[WINDOW_1M][SIGNAL_TX_BYTES] = 40 * MB)
LOWERS(a_great_past_lowers_it,
       s->d.envelope.baseline_max[WINDOW_1M][SIGNAL_TX_BYTES] = 3 * MB)
RAISES(what_no_socket_sent_raises_it,
       s->i.amount[SIGNAL_UNACCOUNTED_TX_BYTES] = 20 * MB)
RAISES(a_fanout_raises_it, s->i.kind = ALERT_CONNECTION_FANOUT)
RAISES(a_relay_raises_it, s->i.kind = ALERT_PROXY_RELAY)
RAISES(more_for_each_byte_received_raises_it, s->i.amount[SIGNAL_RX_BYTES] = 1 * MB)
RAISES(more_windows_raise_it, {
	s->d.envelope.threshold[WINDOW_10S][SIGNAL_TX_BYTES] = 0;
	s->d.envelope.threshold[WINDOW_1M][SIGNAL_TX_BYTES] = 0;
	s->d.windows.value[WINDOW_10S][SIGNAL_TX_BYTES] = 1 * MB;
})
RAISES(a_dormant_pod_raises_it, s->i.was_dormant = true)
RAISES(an_open_incident_before_it_raises_it, {
	s->d.open_count = 1;
	s->d.open[0].reported = true;
	s->d.open[0].onset = s->i.onset - HOUR;
})
RAISES(an_export_of_the_first_minutes_raises_it, s->i.at_start = true)
LOWERS(a_trifle_lowers_it, s->d.windows.value[WINDOW_1M][SIGNAL_TX_BYTES] = 100 * KB)
LOWERS(youth_lowers_it, s->d.learnt.observed_s = HOUR)
LOWERS(past_incidents_lower_it, {
	for (unsigned j = 0; j < 10; j++)
		s->d.learnt.incident[j].end = MONDAY;
})

static double risk_after_another(bool was_reported, bool recurs)
{
	struct scene *s = middling();
	struct incident_memory *m = &s->d.learnt.incident[0];

	m->end = s->i.onset - HOUR;
	m->told = was_reported ? m->end - HOUR : 0;
	s->i.recurs = recurs;
	return risk_now();
}

CASE(an_incident_reported_hours_before_raises_it)
{
	assert_true(risk_after_another(true, false) >=
		    risk_after_another(false, false) + 1);
}

CASE(a_repeat_does_not_grow)
{
	assert_true(risk_after_another(true, true) == risk_after_another(false, true));
}

/* Two days, each quiet but for one loud hour. */
static void live_two_days(struct scene *s, unsigned loud_hours_ago)
{
	struct learnt *l = &s->d.learnt;
	uint16_t loud = level_encode(2 * MB);

	l->hour_count = l->hour_next = 48;
	l->hour[48 - loud_hours_ago].code[WINDOW_1M][SIGNAL_TX_BYTES] = loud;
	s->d.envelope.baseline_max[WINDOW_1M][SIGNAL_TX_BYTES] = 2 * MB;
}

CASE(an_hour_that_was_always_idle_raises_it)
{
	live_two_days(middling(), 24);
	double at_its_hour = risk_now();

	live_two_days(middling(), 12);
	assert_true(risk_now() >= at_its_hour + 1);
}

CASE(it_stays_between_0_and_100)
{
	struct scene *s = middling();

	for (unsigned k = 0; k < WINDOWS; k++)
		for (unsigned n = 0; n < SERIES_COUNT; n++)
			s->d.windows.value[k][n] = 1e15;
	for (unsigned n = 0; n < SIGNAL_COUNT; n++)
		s->i.amount[n] = 1e15;
	s->i.kind = ALERT_PROXY_RELAY;
	s->i.was_dormant = true;
	s->i.onset -= DAY;
	assert_true(risk_now() == 100);

	s = middling();
	memset(s->i.amount, 0, sizeof(s->i.amount));
	memset(s->d.windows.value, 0, sizeof(s->d.windows.value));
	s->d.learnt.observed_s = 0;
	for (unsigned j = 0; j < INCIDENTS_KEPT; j++)
		s->d.learnt.incident[j].end = MONDAY;
	s->i.onset = s->d.deltas.time + DAY; /* the clock was set back */
	assert_true(risk_now() == 0);
}

/* --- whole incidents
 * ------------------------------------------------------------------
 */

/* The greatest risk of so long, after a quiet life of `age`; -1 without a verdict. */
static int risk_after(double age, struct traffic t, double seconds)
{
	struct world w;
	int most = -1;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, age, PROBED);
	for (double end = w.now + seconds; w.now < end;) {
		live(&w, w.interval, both(PROBED, t));
		for (size_t i = 0; i < w.count; i++)
			if ((int)w.verdicts[i].risk > most)
				most = (int)w.verdicts[i].risk;
	}
	world_end(&w);
	return most;
}

CASE(abuse_of_a_dormant_pod_is_high_within_minutes)
{
	struct traffic scan = {.sockets = 100, .received = 20 * KB, .addresses = 900};

	assert_true(risk_after(DAY, THEFT, 5 * MINUTE) >= 60);
	assert_true(risk_after(DAY, RELAY, 5 * MINUTE) >= 60);
	assert_true(risk_after(DAY, scan, 5 * MINUTE) >= 60);
}

CASE(an_answer_of_the_same_size_is_less)
{
	struct traffic answer = {.served = 1 * MB, .received = 20 * KB};

	assert_true(risk_after(DAY, answer, 5 * MINUTE) + 10 <=
		    risk_after(DAY, THEFT, 5 * MINUTE));
}

CASE(a_first_export_of_a_pod_of_two_hours_is_medium_at_most)
{
	struct traffic export = {.opened = 5 * MB, .received = 150 * KB};
	int risk = risk_after(2 * HOUR, export, 10 * MINUTE);

	assert_true(risk >= 0 && risk < 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_middling_incident_leaves_room_both_ways),
	    cmocka_unit_test(more_addresses_than_ever_raise_it),
	    cmocka_unit_test(more_connections_than_ever_raise_it),
	    cmocka_unit_test(more_new_addresses_than_ever_raise_it),
	    cmocka_unit_test(failed_connections_raise_it),
	    cmocka_unit_test(datagrams_raise_it),
	    cmocka_unit_test(own_connections_raise_it),
	    cmocka_unit_test(answers_lower_it),
	    cmocka_unit_test(length_raises_it),
	    cmocka_unit_test(size_raises_it),
	    cmocka_unit_test(a_great_past_lowers_it),
	    cmocka_unit_test(what_no_socket_sent_raises_it),
	    cmocka_unit_test(a_fanout_raises_it),
	    cmocka_unit_test(a_relay_raises_it),
	    cmocka_unit_test(more_for_each_byte_received_raises_it),
	    cmocka_unit_test(more_windows_raise_it),
	    cmocka_unit_test(a_dormant_pod_raises_it),
	    cmocka_unit_test(an_incident_reported_hours_before_raises_it),
	    cmocka_unit_test(an_open_incident_before_it_raises_it),
	    cmocka_unit_test(an_export_of_the_first_minutes_raises_it),
	    cmocka_unit_test(a_repeat_does_not_grow),
	    cmocka_unit_test(a_trifle_lowers_it),
	    cmocka_unit_test(youth_lowers_it),
	    cmocka_unit_test(past_incidents_lower_it),
	    cmocka_unit_test(an_hour_that_was_always_idle_raises_it),
	    cmocka_unit_test(it_stays_between_0_and_100),
	    cmocka_unit_test(abuse_of_a_dormant_pod_is_high_within_minutes),
	    cmocka_unit_test(an_answer_of_the_same_size_is_less),
	    cmocka_unit_test(a_first_export_of_a_pod_of_two_hours_is_medium_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

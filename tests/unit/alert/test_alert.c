/* SPDX-License-Identifier: Apache-2.0 */
/* test_alert.c - an alert's life: when there is one, when it is the same, when it ends.
 */
#include "../support/testing.h"
#include "alert_fixture.h"

static void what_lasts_is_raised_once_and_updated(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);

	world_apply(w, &v, 1);
	assert_int_equal(w->raised, 1);
	for (int i = 0; i < 5; i++) {
		go_on(&v, 10);
		v.value = 1e6 + i;
		next(w, &v, 1);
	}
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->updated, 5);
	assert_int_equal(remembered(w->store), 1);
	assert_true(alert_store_firing(w->store, ALERT_EGRESS_VOLUME));
	assert_int_equal(alert_store_raised(w->store, ALERT_EGRESS_VOLUME), 1);

	const struct alert *alert = alert_store_at(w->store, 0);
	assert_true(alert->starts_at == T0);
	assert_true(alert->updated_at == w->now);
	assert_true(alert->peak == 1e6 + 4);
	assert_int_equal(alert->verdict.bytes, v.bytes);
}

static void a_pause_within_the_hold_time_ends_nothing(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);

	world_apply(w, &v, 1);
	quiet_for(w, 50);
	assert_int_equal(w->resolved, 0);
	next(w, &v, 1);
	assert_int_equal(w->raised + w->reopened, 1);
	assert_int_equal(w->resolved, 0);
}

static void it_ends_when_it_was_last_seen_once_the_hold_time_has_passed(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);

	world_apply(w, &v, 1);
	quiet_for(w, 50);
	assert_true(alert_store_any_firing(w->store));
	quiet_for(w, 10);
	assert_int_equal(w->resolved, 1);
	assert_true(w->last.ends_at == T0);
	assert_false(alert_store_any_firing(w->store));
	quiet_for(w, 600);
	assert_int_equal(w->resolved, 1);
}

static void what_is_shown_after_its_traffic_ended_ended_with_it(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);

	world_apply(w, &v, 1);
	for (int i = 0; i < 6; i++) {
		go_on(&v, 10);
		next(w, &v, 1);
	}
	const double end = w->now;
	for (int i = 0; i < 9; i++) {
		send_more(&v, 1000); /* the pod's hum */
		next(w, &v, 1);
	}
	quiet_for(w, 60);
	assert_int_equal(w->resolved, 1);
	assert_true(w->last.ends_at == end);
	assert_true(w->last.updated_at == end + 90);
}

static void at_short_intervals_the_hold_time_is_ten_seconds(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);

	w->interval_s = 0.125;
	world_apply(w, &v, 1);
	quiet_for(w, 9.875);
	assert_int_equal(w->resolved, 0);
	quiet_for(w, 0.125);
	assert_int_equal(w->resolved, 1);
}

static void a_beacon_is_one_alert(void **state)
{
	struct world *w = *state;
	uint64_t sent = 7000000; /* before the first */

	for (int burst = 0; burst < 12; burst++) {
		struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);
		v.onset = w->now - 10;
		v.bytes = 500000;
		v.sent_in_all = sent += v.bytes;
		world_apply(w, &v, 1);
		quiet_for(w, 900);
		sent += 1000; /* the pod's hum */
	}
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->reopened, 11);
	assert_int_equal(w->resolved, 12);
	assert_int_equal(remembered(w->store), 1);
	assert_int_equal(alert_store_at(w->store, 0)->verdict.bytes,
			 12 * 500000 + 11 * 1000);
}

static void what_comes_back_fires_again_without_an_end(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);

	world_apply(w, &v, 1);
	const uint64_t id = alert_store_at(w->store, 0)->id;
	quiet_for(w, 600);
	v = verdict_of(w, ALERT_DORMANCY_BREAK);
	next(w, &v, 1);
	const struct alert *alert = alert_store_at(w->store, 0);
	assert_true(alert->id == id);
	assert_true(alert->ends_at == 0);
	assert_true(alert->starts_at == T0);
	assert_true(alert_store_firing(w->store, ALERT_DORMANCY_BREAK));
	assert_int_equal(alert_store_raised(w->store, ALERT_DORMANCY_BREAK), 1);
}

static void what_comes_back_weaker_ends_later_all_the_same(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);

	world_apply(w, &v, 1);
	quiet_for(w, 600);
	v = verdict_of(w, ALERT_DORMANCY_BREAK);
	v.bytes = 1000;
	v.sent_in_all += v.bytes;
	next(w, &v, 1);
	const double back = w->now;
	quiet_for(w, 60);
	assert_int_equal(w->resolved, 2);
	assert_true(w->last.ends_at == back);
}

static void after_the_cool_down_it_is_another_alert(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);

	world_apply(w, &v, 1);
	quiet_for(w, 1900);
	v = verdict_of(w, ALERT_DORMANCY_BREAK);
	world_apply(w, &v, 1);
	assert_int_equal(w->raised, 2);
	assert_true(alert_store_at(w->store, 0)->id != alert_store_at(w->store, 1)->id);
}

static void another_incident_soon_after_is_another_alert(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);

	world_apply(w, &v, 1);
	quiet_for(w, 600);
	v = verdict_of(w, ALERT_DORMANCY_BREAK);
	v.value *= 5;
	v.incident = 2;
	world_apply(w, &v, 1);
	assert_int_equal(w->raised, 2);
}

static void a_gap_in_the_samples_longer_than_the_cool_down_parts_two_alerts(
    void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);

	world_apply(w, &v, 1);
	w->now += 7200;
	v = verdict_of(w, ALERT_EGRESS_VOLUME);
	world_apply(w, &v, 1);
	assert_int_equal(w->raised, 2);
	assert_int_equal(w->resolved, 1);
	assert_true(alert_store_at(w->store, 1)->ends_at == T0);
}

static void a_departure_seen_across_a_gap_is_one_alert(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);

	world_apply(w, &v, 1);
	w->now += 7200;
	world_apply(w, &v, 1);
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->resolved, 0);
}

static void a_clock_set_back_does_not_keep_an_alert_firing(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);

	world_apply(w, &v, 1);
	w->now -= 86400;
	next(w, NULL, 0);
	assert_int_equal(w->resolved, 1);
}

static void a_kind_that_says_less_does_not_change_it(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_PROXY_RELAY);

	world_apply(w, &v, 1);
	v.kind = ALERT_DORMANCY_BREAK;
	next(w, &v, 1);
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->updated, 1);
	assert_int_equal(w->last.verdict.kind, ALERT_PROXY_RELAY);
	assert_true(w->last.updated_at == w->now);
}

static void a_kind_that_says_more_takes_the_alert_over(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);
	const double onset = v.onset;

	world_apply(w, &v, 1);
	const uint64_t id = w->last.id;
	quiet_for(w, 30);
	v.kind = ALERT_PROXY_RELAY;
	v.signal = SIGNAL_TCP_TX_BYTES;
	v.onset += 5;
	v.risk = 40;
	next(w, &v, 1);
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->taken_over, 1);
	assert_true(w->last.id == id);
	assert_int_equal(w->last.verdict.kind, ALERT_PROXY_RELAY);
	assert_int_equal(w->last.verdict.signal, SIGNAL_TCP_TX_BYTES);
	assert_true(w->last.starts_at == T0);
	assert_true(w->last.verdict.onset == onset);
	assert_int_equal(w->last.verdict.risk, 50);
	assert_false(alert_store_firing(w->store, ALERT_EGRESS_VOLUME));
	assert_true(alert_store_firing(w->store, ALERT_PROXY_RELAY));
	assert_int_equal(alert_store_raised(w->store, ALERT_PROXY_RELAY), 1);
}

static void several_incidents_are_several_alerts(void **state)
{
	struct world *w = *state;
	struct verdict v[3] = {verdict_of(w, ALERT_DORMANCY_BREAK),
			       verdict_of(w, ALERT_EGRESS_VOLUME),
			       verdict_of(w, ALERT_CONNECTION_FANOUT)};

	v[1].incident = 2;
	v[2].incident = 3;
	world_apply(w, v, 1);
	next(w, v, 3);
	assert_int_equal(w->raised, 3);
	next(w, v, 3);
	assert_int_equal(w->raised, 3);
	quiet_for(w, 30);
	for (int i = 0; i < 9; i++)
		next(w, v, 1); /* the first one goes on alone */
	assert_int_equal(w->resolved, 2);
	assert_true(alert_store_firing(w->store, ALERT_DORMANCY_BREAK));
}

static struct verdict recurrence_of(const struct world *w, double onset,
				    uint32_t incident, uint64_t bytes)
{
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);

	v.incident = incident;
	v.recurs = true;
	v.repeats = onset;
	v.bytes = bytes;
	v.sent_in_all += bytes;
	return v;
}

static void a_recurrence_is_an_occurrence_of_the_alert_that_it_repeats(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);
	const double onset = v.onset;

	world_apply(w, &v, 1);
	quiet_for(w, 86400);
	struct verdict again = recurrence_of(w, onset, 2, 1000);
	next(w, &again, 1);
	again.bytes = 5000;
	next(w, &again, 1);
	quiet_for(w, 86400);
	again = recurrence_of(w, onset, 3, 700);
	next(w, &again, 1);

	assert_int_equal(w->raised + w->reopened, 1);
	assert_int_equal(w->recurred, 2);
	assert_int_equal(alert_store_recurrences(w->store), 2);
	assert_int_equal(remembered(w->store), 1);
	assert_false(alert_store_any_firing(w->store));
	const struct alert *alert = alert_store_at(w->store, 0);
	assert_int_equal(alert->occurrences, 2);
	assert_int_equal(alert->occurrence_bytes, 5700);
	assert_true(alert->last_occurrence == again.onset);
	assert_int_equal(alert->verdict.bytes, v.bytes);
}

static void a_recurrence_of_a_forgotten_alert_is_kept_too(void **state)
{
	struct world *w = *state;
	struct verdict again = recurrence_of(w, T0 - 86400, 1, 1000);

	world_apply(w, &again, 1);
	again.bytes = 3000;
	next(w, &again, 1);
	assert_int_equal(w->raised, 0);
	assert_int_equal(w->recurred, 1);
	assert_int_equal(remembered(w->store), 1);
	assert_false(alert_store_any_firing(w->store));
	assert_int_equal(alert_store_at(w->store, 0)->occurrences, 1);
	assert_int_equal(alert_store_at(w->store, 0)->occurrence_bytes, 3000);
	quiet_for(w, 86400);
	again = recurrence_of(w, T0 - 86400, 2, 1000);
	next(w, &again, 1);
	assert_int_equal(remembered(w->store), 1);
	assert_int_equal(alert_store_at(w->store, 0)->occurrences, 2);
}

static void a_recurrence_that_grows_is_raised(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_DORMANCY_BREAK);

	world_apply(w, &v, 1);
	quiet_for(w, 86400);
	struct verdict again = recurrence_of(w, v.onset, 2, 1000);
	next(w, &again, 1);
	again.recurs = false;
	next(w, &again, 1);
	assert_int_equal(w->raised, 2);
	assert_int_equal(w->recurred, 1);
	assert_true(alert_store_firing(w->store, ALERT_DORMANCY_BREAK));
}

static void the_budget_is_an_alert_of_its_own(void **state)
{
	struct world *w = *state;
	const struct verdict v[2] = {verdict_of(w, ALERT_EGRESS_VOLUME),
				     verdict_of(w, ALERT_BUDGET_EXCEEDED)};

	world_apply(w, v, 2);
	assert_int_equal(w->raised, 2);
	next(w, v, 2);
	assert_int_equal(w->raised, 2);
	assert_int_equal(w->updated, 2);
}

/* Also the evidence: of the scan, only what is not allowed. */
static void what_is_not_allowed_is_an_alert_for_each_of_its_incidents(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_UNEXPECTED_DESTINATION);
	const struct flow allowed = {.port = 1, .protocol = 6, .tx_bytes = 900};
	const struct flow outside = {.port = 2, .protocol = 6, .tx_bytes = 100};
	const struct traffic_span past = {.flows = &outside, .flow_count = 1};
	const struct traffic_view traffic = {
	    .scanned = true,
	    .scan = {.flows = &allowed, .flow_count = 1},
	    .outside = {.flows = &outside, .flow_count = 1},
	    .moved_since = &past};

	for (int i = 0; i < 3; i++) {
		w->now += 10;
		alert_store_apply(w->store, w->now, 10, &v, 1, &traffic, NULL, NULL);
	}
	assert_int_equal(alert_store_raised(w->store, ALERT_UNEXPECTED_DESTINATION), 1);
	const struct alert_evidence *e = &alert_store_at(w->store, 0)->evidence;
	assert_int_equal(e->flow_count, 1);
	assert_int_equal(e->flows[0].flow.port, 2);
	assert_int_equal(e->flows[0].flow.tx_bytes, 300);
	v.incident++;
	v.onset = w->now;
	w->now += 10;
	alert_store_apply(w->store, w->now, 10, &v, 1, &traffic, NULL, NULL);
	assert_int_equal(alert_store_raised(w->store, ALERT_UNEXPECTED_DESTINATION), 2);
}

static void a_gap_is_over_as_soon_as_it_is_known(void **state)
{
	struct world *w = *state;
	const struct verdict v = verdict_of(w, ALERT_MONITOR_GAP);

	alert_store_record(w->store, w->now, &v, NULL, world_listener, w);
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->resolved, 1);
	assert_false(alert_store_any_firing(w->store));
	assert_true(alert_store_at(w->store, 0)->ends_at == T0);
	alert_store_record(w->store, w->now, &v, NULL, world_listener, w);
	assert_int_equal(remembered(w->store), 2);
}

static void bytes_of_overlapping_departures_are_counted_once(void **state)
{
	struct world *w = *state;
	struct verdict wake = verdict_of(w, ALERT_DORMANCY_BREAK);

	world_apply(w, &wake, 1); /* 20 MB until T0 */
	for (int i = 0; i < 6; i++) {
		go_on(&wake, 10);
		next(w, &wake, 1);
	}
	/* Another kind goes on alone; its departure began with the first. */
	struct verdict volume = wake;
	volume.kind = ALERT_EGRESS_VOLUME;
	volume.onset -= 5;
	for (int i = 0; i < 6; i++) {
		go_on(&volume, 10);
		next(w, &volume, 1);
	}
	assert_int_equal(w->raised, 1);
	assert_int_equal(w->last.verdict.bytes, 140000000);
}

static void a_value_of_another_signal_leaves_value_and_peak_alone(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);

	world_apply(w, &v, 1);
	v.signal = SIGNAL_TX_PACKETS;
	v.value = 7e9;
	next(w, &v, 1);
	assert_true(w->last.verdict.value == 1e6);
	assert_true(w->last.peak == 1e6);
	assert_int_equal(w->last.verdict.signal, SIGNAL_TX_BYTES);
}

static void a_signal_that_is_shown_no_more_gives_way_to_another(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);

	world_apply(w, &v, 1);
	for (int i = 0; i < 10; i++) { /* both in turns: it stays */
		v.signal = i % 2 ? SIGNAL_TX_BYTES : SIGNAL_TX_PACKETS;
		next(w, &v, 1);
		assert_int_equal(w->last.verdict.signal, SIGNAL_TX_BYTES);
	}
	v.signal = SIGNAL_TX_PACKETS;
	v.value = 700;
	v.baseline.mean = 3;
	for (int i = 0; i < 6; i++)
		next(w, &v, 1);
	assert_int_equal(w->last.verdict.signal, SIGNAL_TX_PACKETS);
	assert_true(w->last.verdict.value == 700);
	assert_true(w->last.peak == 700);
	assert_true(w->last.verdict.baseline.mean == 3);
}

static void a_departure_that_changes_kind_is_counted_exactly(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);

	world_apply(w, &v, 1);
	v.kind = ALERT_PROXY_RELAY;
	send_more(&v, 12345);
	next(w, &v, 1);
	assert_int_equal(w->taken_over, 1);
	assert_int_equal(w->last.verdict.bytes, v.bytes);
}

static void the_baseline_stays_as_it_was_when_raised(void **state)
{
	struct world *w = *state;
	struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);

	world_apply(w, &v, 1);
	v.baseline.mean = 1e9;
	v.onset += 5;
	next(w, &v, 1);
	assert_true(w->last.verdict.baseline.mean == 100);
	assert_true(w->last.verdict.onset == T0 - 20);
}

static void the_last_64_are_remembered_newest_first(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 70; i++) {
		struct verdict v = verdict_of(w, ALERT_EGRESS_VOLUME);
		world_apply(w, &v, 1);
		quiet_for(w, 1900);
	}
	assert_int_equal(remembered(w->store), ALERTS_REMEMBERED);
	assert_int_equal(alert_store_forgotten(w->store), 6);
	assert_int_equal(alert_store_raised(w->store, ALERT_EGRESS_VOLUME), 70);
	for (size_t i = 1; i < ALERTS_REMEMBERED; i++)
		assert_true(alert_store_at(w->store, i - 1)->starts_at >
			    alert_store_at(w->store, i)->starts_at);
	assert_null(alert_store_at(w->store, ALERTS_REMEMBERED));
	assert_null(alert_store_at(w->store, SIZE_MAX));
}

static void a_firing_alert_is_never_pushed_out(void **state)
{
	struct world *w = *state;
	struct verdict budget = verdict_of(w, ALERT_BUDGET_EXCEEDED);

	world_apply(w, &budget, 1);
	const uint64_t id = w->last.id;
	for (int i = 0; i < 200; i++) {
		const struct verdict gap = verdict_of(w, ALERT_MONITOR_GAP);
		alert_store_record(w->store, w->now, &gap, NULL, NULL, NULL);
	}
	assert_int_equal(remembered(w->store), ALERTS_REMEMBERED);
	assert_true(alert_store_at(w->store, ALERTS_REMEMBERED - 1)->id == id);
	assert_true(alert_store_firing(w->store, ALERT_BUDGET_EXCEEDED));
}

static void ids_differ_between_pods_and_alerts_and_not_between_runs(void **state)
{
	struct world *w = *state;
	const struct verdict v = verdict_of(w, ALERT_MONITOR_GAP);
	uint64_t ids[6];

	for (unsigned store = 0; store < 3; store++) {
		struct alert_store *b = alert_store_new(store == 2 ? 8 : 7);
		assert_non_null(b);
		for (unsigned i = 0; i < 2; i++) {
			alert_store_record(b, T0, &v, NULL, NULL, NULL);
			ids[2 * store + i] = alert_store_at(b, 0)->id;
		}
		alert_store_free(b);
	}
	assert_true(ids[0] == ids[2] && ids[1] == ids[3]);
	assert_true(ids[0] != ids[1] && ids[0] != ids[4] && ids[1] != ids[5]);
}

CASE(severity_follows_the_risk)
{
	assert_string_equal(alert_severity(0), "low");
	assert_string_equal(alert_severity(39), "low");
	assert_string_equal(alert_severity(40), "medium");
	assert_string_equal(alert_severity(60), "high");
	assert_string_equal(alert_severity(79), "high");
	assert_string_equal(alert_severity(80), "critical");
	assert_string_equal(alert_severity(100), "critical");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_lasts_is_raised_once_and_updated),
	    TEST(a_pause_within_the_hold_time_ends_nothing),
	    TEST(it_ends_when_it_was_last_seen_once_the_hold_time_has_passed),
	    TEST(what_is_shown_after_its_traffic_ended_ended_with_it),
	    TEST(at_short_intervals_the_hold_time_is_ten_seconds),
	    TEST(a_beacon_is_one_alert),
	    TEST(what_comes_back_fires_again_without_an_end),
	    TEST(what_comes_back_weaker_ends_later_all_the_same),
	    TEST(after_the_cool_down_it_is_another_alert),
	    TEST(another_incident_soon_after_is_another_alert),
	    TEST(a_gap_in_the_samples_longer_than_the_cool_down_parts_two_alerts),
	    TEST(a_departure_seen_across_a_gap_is_one_alert),
	    TEST(a_clock_set_back_does_not_keep_an_alert_firing),
	    TEST(a_kind_that_says_less_does_not_change_it),
	    TEST(a_kind_that_says_more_takes_the_alert_over),
	    TEST(several_incidents_are_several_alerts),
	    TEST(a_recurrence_is_an_occurrence_of_the_alert_that_it_repeats),
	    TEST(a_recurrence_of_a_forgotten_alert_is_kept_too),
	    TEST(a_recurrence_that_grows_is_raised),
	    TEST(the_budget_is_an_alert_of_its_own),
	    TEST(what_is_not_allowed_is_an_alert_for_each_of_its_incidents),
	    TEST(a_gap_is_over_as_soon_as_it_is_known),
	    TEST(bytes_of_overlapping_departures_are_counted_once),
	    TEST(a_value_of_another_signal_leaves_value_and_peak_alone),
	    TEST(a_signal_that_is_shown_no_more_gives_way_to_another),
	    TEST(a_departure_that_changes_kind_is_counted_exactly),
	    TEST(the_baseline_stays_as_it_was_when_raised),
	    TEST(the_last_64_are_remembered_newest_first),
	    TEST(a_firing_alert_is_never_pushed_out),
	    TEST(ids_differ_between_pods_and_alerts_and_not_between_runs),
	    TEST(severity_follows_the_risk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

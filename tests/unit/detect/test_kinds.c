/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind an incident has: relays by whatever side opened, and what only looks like
 * one. */
#include "detect_fixture.h"

/* Packets that no socket sends, a second, and what comes back. */
struct raw {
	double packets, size; /* bytes on the link */
	double answers, answer_size;
};

/* A quiet day, then the traffic for so long. */
static void wake(struct world *w, struct traffic t, double seconds)
{
	world_begin(w, 10);
	world_watch(w);
	live(w, DAY, PROBED);
	live(w, seconds, both(PROBED, t));
	assert_true(reported(w));
}

static void wake_raw(struct world *w, struct raw r, double seconds)
{
	world_begin(w, 10);
	world_watch(w);
	live(w, DAY, PROBED);
	w->told_after = -1;
	for (double end = w->now + seconds; w->now < end; see(w, end - seconds)) {
		flow(w, w->interval, &PROBED);
		w->total[SIGNAL_TX_BYTES] += r.packets * r.size * w->interval;
		w->total[SIGNAL_TX_PACKETS] += r.packets * w->interval;
		w->total[SIGNAL_UNACCOUNTED_TX_BYTES] +=
		    r.packets * r.size * w->interval;
		w->total[SIGNAL_RX_BYTES] += r.answers * r.answer_size * w->interval;
		w->total[SIGNAL_RX_PACKETS] += r.answers * w->interval;
		w->now += w->interval;
	}
	assert_true(reported(w));
}

static bool relay_by(struct world *w)
{
	bool relay = told_kind(w, ALERT_PROXY_RELAY);

	world_end(w);
	return relay;
}

/* A download through a proxy: requests go out on the pod's connections, the data on
 * those of its clients. */
static const struct traffic DOWNLOADS = {.served = 500 * KB,
					 .opened = 20,
					 .received = 500 * KB,
					 .sockets = 0.2,
					 .addresses = 2,
					 .jitter = 0.3};

CASE(a_proxy_of_downloads_is_a_relay)
{
	struct world w;

	wake(&w, DOWNLOADS, 2 * MINUTE);
	assert_true(relay_by(&w));
}

/* Its twins send or receive as much. */
CASE(a_server_that_answers_is_no_relay)
{
	struct world w;

	wake(&w, (struct traffic){.served = 500 * KB, .received = 30 * KB},
	     10 * MINUTE);
	assert_false(relay_by(&w));
}

CASE(a_server_that_sends_back_what_it_gets_is_no_relay)
{
	struct world w;

	wake(&w, (struct traffic){.served = 500 * KB, .received = 500 * KB},
	     10 * MINUTE);
	assert_false(relay_by(&w));
}

CASE(an_upload_and_a_download_are_no_relays)
{
	struct world w;

	wake(&w, (struct traffic){.opened = 1 * MB, .received = 20 * KB, .sockets = 1},
	     10 * MINUTE);
	assert_false(relay_by(&w));
	wake(&w, (struct traffic){.opened = 30 * KB, .received = 1 * MB, .sockets = 1},
	     10 * MINUTE);
	assert_false(relay_by(&w));
}

/* What is fetched and pushed one after the other is not passed on. */
CASE(a_build_that_pulls_and_then_pushes_is_no_relay)
{
	struct world w;

	wake(&w, (struct traffic){.opened = 30 * KB, .received = 1 * MB, .sockets = 1},
	     5 * MINUTE);
	live(&w, 5 * MINUTE,
	     (struct traffic){.opened = 1 * MB, .received = 30 * KB, .sockets = 1});
	assert_false(relay_by(&w));
}

/* Probes and their answers are balanced, and of a job's acknowledgements the last hour
 * still has many. */
CASE(the_probes_after_a_job_are_no_relay)
{
	static const double rate[] = {860 * KB, 800 * KB, 750 * KB, 790 * KB};
	static const double lasts[] = {40, 40, 45, 40}; /* minutes */
	struct traffic probes = {.served = 19, .received = 15, .jitter = 0.02};
	struct world w;

	world_begin(&w, 300);
	w.columns = TWO_COLUMNS;
	world_watch(&w);
	live(&w, 20 * MINUTE, probes);
	for (unsigned job = 0; job < LENGTH(rate); job++) {
		live(&w, 7 * DAY, probes);
		live(&w, lasts[job] * MINUTE,
		     both(probes, (struct traffic){.opened = rate[job],
						   .received = rate[job] / 37}));
		live(&w, DAY - lasts[job] * MINUTE, probes);
		assert_true(w.recurrence.kind != ALERT_PROXY_RELAY);
	}
	assert_false(relay_by(&w));
}

CASE(names_looked_up_and_answered_are_no_relay)
{
	struct world w;

	wake(&w, (struct traffic){.datagrams = 50, .received = 12 * KB, .sockets = .1},
	     20 * MINUTE);
	assert_false(relay_by(&w));
}

CASE(a_scan_that_is_refused_is_no_relay)
{
	struct world w;

	wake(&w,
	     (struct traffic){.sockets = 100, .received = 20 * KB, .addresses = 900},
	     10 * MINUTE);
	assert_true(told_kind(&w, ALERT_CONNECTION_FANOUT));
	assert_false(relay_by(&w));
}

/* A torrent passes on by TCP and by datagrams, half and half. */
CASE(what_is_passed_on_by_two_protocols_is_a_relay)
{
	struct traffic tcp = {.opened = 100 * KB, .received = 240 * KB, .sockets = .5};
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, DAY, PROBED);
	w.told_after = -1;
	for (double end = w.now + 5 * MINUTE; w.now < end; see(&w, end)) {
		flow(&w, w.interval, &tcp);
		w.total[SIGNAL_UDP_TX_BYTES] += 100 * 1300 * w.interval;
		w.total[SIGNAL_UDP_TX_PACKETS] += 100 * w.interval;
		w.total[SIGNAL_TX_BYTES] += 100 * 1342 * w.interval;
		w.total[SIGNAL_TX_PACKETS] += 100 * w.interval;
		w.now += w.interval;
	}
	assert_true(relay_by(&w));
}

/* The tool comes first, with ten times as many bytes as the first minutes relay. */
CASE(the_same_incident_becomes_a_relay_when_it_shows)
{
	struct world w;

	wake(&w, (struct traffic){.opened = 30 * KB, .received = 3 * MB, .sockets = 1},
	     6 * MINUTE);
	assert_false(told_kind(&w, ALERT_PROXY_RELAY));
	live(&w, 20 * MINUTE, both(PROBED, times(DOWNLOADS, 0.1)));
	assert_int_equal(w.verdicts[0].kind, ALERT_PROXY_RELAY);
	assert_true(w.verdicts[0].onset == w.first.onset);
	assert_int_equal(w.episodes, 1);
	assert_true(relay_by(&w));
}

/* The server's own megabyte a second goes on. */
CASE(a_busy_server_that_relays_as_well_is_a_relay)
{
	struct world w;

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 2 * DAY, SERVER);
	live(&w, 20 * MINUTE, both(SERVER, times(RELAY, 3)));
	assert_true(reported(&w));
	assert_true(relay_by(&w));

	world_begin(&w, 10);
	world_watch(&w);
	live(&w, 2 * DAY, SERVER);
	live(&w, 20 * MINUTE, times(SERVER, 8));
	assert_true(reported(&w));
	assert_false(relay_by(&w));
}

CASE(packets_that_the_kernel_forwards_are_relayed)
{
	struct world w;

	wake_raw(&w, (struct raw){500, 1000, 500, 1000}, 2 * MINUTE);
	assert_true(relay_by(&w));
	/* A ping is answered by as much, too. */
	wake_raw(&w, (struct raw){500, 98, 500, 98}, 10 * MINUTE);
	assert_false(relay_by(&w));
}

CASE(raw_packets_that_hardly_anyone_answers_are_a_fanout)
{
	struct world w;

	wake_raw(&w, (struct raw){1000, 58, 30, 60}, 2 * MINUTE);
	assert_true(told_kind(&w, ALERT_CONNECTION_FANOUT));
	world_end(&w);
	wake_raw(&w, (struct raw){1000, 58, 900, 60}, 2 * MINUTE); /* one answers all */
	assert_false(told_kind(&w, ALERT_CONNECTION_FANOUT));
	world_end(&w);
	wake_raw(&w, (struct raw){1000, 900, 30, 60}, 2 * MINUTE); /* they carry data */
	assert_false(told_kind(&w, ALERT_CONNECTION_FANOUT));
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_proxy_of_downloads_is_a_relay),
	    cmocka_unit_test(a_server_that_answers_is_no_relay),
	    cmocka_unit_test(a_server_that_sends_back_what_it_gets_is_no_relay),
	    cmocka_unit_test(an_upload_and_a_download_are_no_relays),
	    cmocka_unit_test(a_build_that_pulls_and_then_pushes_is_no_relay),
	    cmocka_unit_test(the_probes_after_a_job_are_no_relay),
	    cmocka_unit_test(names_looked_up_and_answered_are_no_relay),
	    cmocka_unit_test(a_scan_that_is_refused_is_no_relay),
	    cmocka_unit_test(what_is_passed_on_by_two_protocols_is_a_relay),
	    cmocka_unit_test(the_same_incident_becomes_a_relay_when_it_shows),
	    cmocka_unit_test(a_busy_server_that_relays_as_well_is_a_relay),
	    cmocka_unit_test(packets_that_the_kernel_forwards_are_relayed),
	    cmocka_unit_test(raw_packets_that_hardly_anyone_answers_are_a_fanout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

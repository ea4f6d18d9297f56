/* SPDX-License-Identifier: Apache-2.0 */
/* test_json.c - an alert as JSON and as a sentence. */
#include "../support/testing.h"
#include "alert_fixture.h"

#include <cJSON.h>
#include <math.h>
#include <stdlib.h>

static struct identity pod = {
    .name = "web-0",
    .namespace = "shop",
    .uid = "",
    .node = "",
    .workload = "",
    .cluster = "",
    .images = "",
};

static struct alert an_alert(void)
{
	const struct world w = {.now = T0};
	struct alert a = {
	    .id = 0xABC,
	    .verdict = verdict_of(&w, ALERT_DORMANCY_BREAK),
	    .peak = 2e6,
	    .starts_at = T0,
	    .updated_at = T0 + 60,
	};

	a.evidence.flows[0].flow = flow_to(7, 5201, 19000000);
	snprintf(a.evidence.flows[0].container, 32, "cgroup-41");
	a.evidence.flow_count = 1;
	return a;
}

static const char *json_of(const struct alert *a)
{
	static char json[ALERT_JSON_MAX];
	struct text t = text_over(json, sizeof(json));
	struct json_writer w = json_writer_over(&t);

	alert_json(a, &pod, &w);
	assert_false(t.overflowed);
	assert_int_equal(strlen(json), t.length);
	return json;
}

static const char *sentence_of(const struct alert *a)
{
	static char sentence[512];
	struct text t = text_over(sentence, sizeof(sentence));

	alert_summary(a, &t);
	assert_false(t.overflowed);
	return sentence;
}

CASE(the_shape_is_the_designs)
{
	const struct alert a = an_alert();

	assert_string_equal(
	    json_of(&a),
	    "{\"id\":\"0000000000000abc\",\"kind\":\"dormancy-break\","
	    "\"signal\":\"tx_bytes\",\"severity\":\"medium\",\"riskScore\":50,"
	    "\"status\":\"firing\",\"startsAt\":\"2023-11-14T22:13:20.000Z\","
	    "\"onset\":\"2023-11-14T22:13:00.000Z\","
	    "\"updatedAt\":\"2023-11-14T22:14:20.000Z\",\"endsAt\":null,"
	    "\"occurrences\":0,\"lastOccurrence\":null,\"occurrenceBytes\":0,"
	    "\"value\":1000000,\"peak\":2000000,\"totalBytes\":20000000,"
	    "\"baseline\":{\"mean\":100,\"stddev\":50,\"p99\":2100,"
	    "\"threshold\":9000,\"samples\":1000,"
	    "\"since\":\"2023-11-14T16:40:00.000Z\"},\"sigmas\":40,"
	    "\"summary\":\"This pod was dormant and now sends 1.0 MB/s (tx_bytes, "
	    "over 10 s). Before, in 99 of 100 intervals it sent at most 2.1 kB/s. 20 "
	    "MB so far, 19 MB of it to "
	    "10.0.0.7:5201.\","
	    "\"evidence\":{\"destinations\":[{\"address\":\"10.0.0.7\","
	    "\"port\":5201,\"protocol\":\"tcp\",\"bytes\":19000000,"
	    "\"connections\":1,\"container\":\"cgroup-41\","
	    "\"direction\":\"opened\"}],\"containers\":[],\"interfaces\":[],"
	    "\"relay\":{\"received\":0,\"sent\":20000000,\"balance\":null}},"
	    "\"attack\":{\"analytic\":\"AN0083\",\"strategy\":\"DET0028\","
	    "\"technique\":\"T1496.002\"},"
	    "\"pod\":{\"name\":\"web-0\",\"namespace\":\"shop\"}}");
}

CASE(what_came_again_is_counted_and_told)
{
	struct alert a = an_alert();

	a.occurrences = 1;
	a.last_occurrence = T0 + 86400;
	a.occurrence_bytes = 4000000;
	assert_non_null(strstr(json_of(&a), " It came again 1 time, 4.0 MB.\""));
	assert_non_null(strstr(json_of(&a), "\"occurrences\":1,\"lastOccurrence\":"
					    "\"2023-11-15T22:13:20.000Z\","
					    "\"occurrenceBytes\":4000000,"));
	a.occurrences = 3;
	assert_non_null(strstr(json_of(&a), " It came again 3 times, 4.0 MB in all."));
}

CASE(resolved_has_an_end)
{
	struct alert a = an_alert();

	a.ends_at = T0 + 60;
	const char *json = json_of(&a);
	assert_non_null(strstr(json, "\"status\":\"resolved\""));
	assert_non_null(strstr(json, "\"endsAt\":\"2023-11-14T22:14:20.000Z\""));
}

CASE(what_is_not_known_is_null)
{
	struct alert a = an_alert();

	a.verdict.baseline = (struct baseline_view){0};
	a.verdict.sigmas = INFINITY;
	a.evidence.flows[0].container[0] = '\0';
	const char *json = json_of(&a);
	assert_non_null(strstr(json, "\"since\":null}"));
	assert_non_null(strstr(json, "\"sigmas\":null"));
	assert_non_null(strstr(json, "\"container\":null"));
}

CASE(ipv6_other_bytes_and_balance_are_told)
{
	struct alert a = an_alert();

	assert_int_equal(
	    inet_pton(AF_INET6, "2001:db8::1", &a.evidence.flows[0].flow.address), 1);
	a.evidence.other_bytes = 5;
	a.evidence.other_connections = 2;
	a.verdict.balance = 0.5;
	const char *json = json_of(&a);
	assert_non_null(strstr(json, "\"address\":\"2001:db8::1\""));
	assert_non_null(strstr(json, "],\"otherBytes\":5,\"otherConnections\":2,"));
	assert_non_null(strstr(json, "\"balance\":0.5}"));
	assert_non_null(strstr(sentence_of(&a), "to [2001:db8::1]:5201."));
}

/* Every field as long as it can be; names full of what JSON must escape. */
static struct alert the_longest_alert(void)
{
	struct alert a = an_alert();
	struct alert_evidence *e = &a.evidence;
	const double longest = -2.2250738585072014e-308;

	a.id = UINT64_MAX;
	a.verdict.bytes = 0;
	a.verdict.kind = ALERT_CONNECTION_FANOUT;
	a.verdict.signal = SIGNAL_TCP_INITIATED_TX_BYTES;
	a.verdict.value = a.peak = a.verdict.sigmas = longest;
	a.verdict.balance = 2.2250738585072014e-308;
	a.verdict.received = a.verdict.bytes = UINT64_MAX;
	a.verdict.baseline = (struct baseline_view){
	    longest, longest, longest, longest, UINT64_MAX, T0, true};
	a.ends_at = T0;
	for (unsigned i = 0; i < ALERT_FLOWS_MAX; i++) {
		struct alert_flow *f = &e->flows[i];
		memset(f->flow.address.s6_addr, 0xFE, 16);
		f->flow.port = 65535;
		f->flow.direction = FLOW_ACCEPTED;
		f->flow.tx_bytes = UINT64_MAX;
		f->flow.connections = UINT32_MAX;
		memset(f->container, 1, 31);
		f->container[31] = '\0';
	}
	e->flow_count = ALERT_FLOWS_MAX;
	e->other_bytes = UINT64_MAX;
	e->other_connections = UINT32_MAX;
	memset(e->containers, 1, sizeof(e->containers));
	memset(e->interfaces, 1, sizeof(e->interfaces));
	for (unsigned i = 0; i < ALERT_CONTAINERS_MAX; i++)
		e->containers[i][31] = '\0';
	for (unsigned i = 0; i < ALERT_INTERFACES_MAX; i++)
		e->interfaces[i][IF_NAMESIZE - 1] = '\0';
	e->container_count = ALERT_CONTAINERS_MAX;
	e->interface_count = ALERT_INTERFACES_MAX;
	return a;
}

CASE(the_longest_alert_is_whole_and_within_its_bound)
{
	const struct alert a = the_longest_alert();
	static char large[4 * ALERT_JSON_MAX], images[2 * ALERT_JSON_MAX];
	const struct identity before = pod;

	for (size_t length = 0; length < sizeof(images); length += 97) {
		memset(images, 'i', length);
		images[length] = '\0';
		pod.images = images;
		struct text t = text_over(large, sizeof(large));
		struct json_writer w = json_writer_over(&t);

		alert_json(&a, &pod, &w);
		assert_false(t.overflowed);
		assert_true(t.length < ALERT_JSON_MAX);
		assert_true(strlen(large) == t.length);
		cJSON *parsed = cJSON_Parse(large);
		assert_non_null(parsed);
		const cJSON *shown = cJSON_GetObjectItem(parsed, "pod");
		assert_string_equal(cJSON_GetObjectItem(shown, "name")->valuestring,
				    "web-0");
		assert_int_equal(
		    cJSON_GetArraySize(cJSON_GetObjectItem(
			cJSON_GetObjectItem(parsed, "evidence"), "destinations")),
		    ALERT_FLOWS_MAX);
		cJSON_Delete(parsed);
		json_of(&a); /* fits a buffer of just ALERT_JSON_MAX */
	}
	pod = before;
}

CASE(labels_too_long_are_left_out)
{
	static char labels[ALERT_JSON_MAX];
	const struct alert a = an_alert();
	const struct identity before = pod;

	memset(labels, ' ', sizeof(labels) - 1);
	labels[0] = '{';
	labels[sizeof(labels) - 2] = '}';
	pod.labels = labels;
	const char *json = json_of(&a);
	assert_null(strstr(json, "labels"));
	pod.labels = "{\"job\":\"web\"}";
	json = json_of(&a);
	assert_non_null(strstr(json, "\"labels\":{\"job\":\"web\"}}"));
	pod = before;
}

CASE(a_text_too_small_is_marked_as_such)
{
	const struct alert a = an_alert();
	static char small[2048];
	const size_t whole = strlen(json_of(&a));

	for (size_t capacity = 1; capacity <= whole; capacity++) {
		struct text t = text_over(small, capacity);
		struct json_writer w = json_writer_over(&t);

		alert_json(&a, &pod, &w);
		assert_true(t.overflowed);
		assert_true(t.length < capacity);
		assert_int_equal(strlen(small), t.length);
	}
}

CASE(each_kind_has_its_sentence)
{
	struct alert a = an_alert();

	a.evidence.flow_count = 0;
	a.verdict.kind = ALERT_EGRESS_VOLUME;
	assert_string_equal(sentence_of(&a),
			    "This pod sends 1.0 MB/s (tx_bytes, over 10 s), far more "
			    "than it used to. Before, in 99 of 100 intervals it sent "
			    "at most 2.1 kB/s. 20 MB so far.");
	a.verdict.bytes = 0; /* not known */
	a.verdict.kind = ALERT_BUDGET_EXCEEDED;
	assert_string_equal(sentence_of(&a),
			    "This pod sends 1.0 MB/s (tx_bytes, over 10 s), more "
			    "than its budget of 9.0 kB/s.");
	a.verdict.kind = ALERT_PROXY_RELAY;
	a.verdict.bytes = 20000000;
	a.verdict.received = 21000000;
	assert_string_equal(
	    sentence_of(&a),
	    "This pod seems to pass on what it receives: 21 MB came in "
	    "and 20 MB went out in 80 s; it sends 1.0 MB/s (tx_bytes, over 10 s).");
	a.evidence.flow_count = 1;
	assert_non_null(strstr(sentence_of(&a), ". Of that, 19 MB to 10.0.0.7:5201."));
	a.evidence.flow_count = 0;
	a.verdict.kind = ALERT_MONITOR_GAP;
	a.starts_at = a.verdict.onset + 7200;
	assert_string_equal(sentence_of(&a),
			    "In the 2 h between the last saved state and the monitor's "
			    "return, this pod sent 20 MB, on average 1.0 MB/s; its "
			    "past explains up to 9.0 kB/s.");
	a.verdict.baseline.threshold = 0;
	assert_non_null(strstr(sentence_of(&a), "20 MB, on average 1.0 MB/s."));
	a.verdict.bytes = 0;
	a.verdict.kind = ALERT_CONNECTION_FANOUT;
	a.verdict.signal = SIGNAL_TCP_NEW_SOCKETS;
	a.verdict.value = 340;
	a.verdict.baseline.p99 = 0.2;
	assert_string_equal(
	    sentence_of(&a),
	    "This pod reaches out to more others than ever: it opens 340 connections/s "
	    "(tcp_new_sockets, over 10 s). Before, in 99 of 100 intervals it opened "
	    "at most 0.2 connections/s.");
	a.verdict.kind = ALERT_EGRESS_DRIFT;
	assert_non_null(
	    strstr(sentence_of(&a), "The traffic of this pod has crept up: it opens"));
}

CASE(a_silent_past_is_told_as_it_was)
{
	static const struct {
		enum signal signal;
		double mean;
		const char *past;
	} cases[] = {
	    {SIGNAL_TX_BYTES, 0,
	     " Before, as far as was learnt, it never sent anything."},
	    {SIGNAL_TX_BYTES, 3,
	     " Before, in at most 1 of 100 intervals it sent anything."},
	    {SIGNAL_TCP_INITIATED_TX_BYTES, 0,
	     "never sent anything on its own "
	     "connections."},
	    {SIGNAL_UDP_TX_PACKETS, 0, "never sent anything over UDP."},
	    {SIGNAL_RX_BYTES, 0, "never received anything."},
	    {SIGNAL_TCP_NEW_SOCKETS, 0, "never opened any."},
	    {SIGNAL_DESTINATIONS, 0.1, "in at most 1 of 100 intervals it sent to any."},
	};
	struct alert a = an_alert();

	a.verdict.baseline.p99 = 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a.verdict.signal = cases[i].signal;
		a.verdict.baseline.mean = cases[i].mean;
		if (!strstr(sentence_of(&a), cases[i].past))
			fail_msg("no \"%s\" in: %s", cases[i].past, sentence_of(&a));
	}
}

/* Of every signal, kind, past and life: no placeholder, no unit without a number, no
 * figure that is rounded away. */
CASE(every_sentence_is_english)
{
	static const double values[] = {0.0003, 0.02, 0.5, 1, 3, 12.5, 1e4, 1e12};

	for (int n = 0; n < ALERT_KIND_COUNT * SIGNAL_COUNT * 8 * 2 * 3; n++) {
		struct alert a = an_alert();
		const int past = n / 2 % 3;
		const char *s;

		a.ends_at = n % 2 ? T0 + 60 : 0;
		a.verdict.baseline.samples = past == 0 ? 0 : 1000;
		a.verdict.baseline.p99 = past == 1 ? 0 : 0.004;
		a.verdict.value = a.peak = values[n / 6 % 8];
		a.verdict.signal = (enum signal)(n / 48 % SIGNAL_COUNT);
		a.verdict.kind = (enum alert_kind)(n / 48 / SIGNAL_COUNT);
		s = sentence_of(&a);
		bool begins = strncmp(s, "This pod", 8) == 0 ||
			      strncmp(s, "The traffic", 11) == 0 ||
			      strncmp(s, "In the ", 7) == 0;
		if (!begins || s[strlen(s) - 1] != '.' || strstr(s, "  ") ||
		    strstr(s, " 0.0 ") || strstr(s, " 1 packets") ||
		    strstr(s, " 1 addresses") || strstr(s, "..") || strstr(s, " ,") ||
		    strstr(s, "(null)"))
			fail_msg("%s", s);
	}
}

CASE(what_is_rare_is_told_by_the_minute_or_the_hour)
{
	struct alert a = an_alert();

	a.verdict.signal = SIGNAL_TCP_NEW_SOCKETS;
	a.verdict.value = 2 / 60.0;
	a.verdict.baseline.p99 = 3 / 3600.0;
	assert_non_null(strstr(sentence_of(&a), "opens 2 connections/min ("));
	assert_non_null(strstr(sentence_of(&a), "it opened at most 3 connections/h."));
	a.verdict.signal = SIGNAL_DESTINATIONS;
	a.verdict.value = 40;
	a.verdict.baseline.p99 = 1;
	assert_non_null(
	    strstr(sentence_of(&a), "sends to 40 addresses in an interval"));
	assert_non_null(strstr(sentence_of(&a), "at most 1 address in an interval."));
}

CASE(without_a_past_the_sentence_says_so)
{
	struct alert a = an_alert();

	a.verdict.baseline.samples = 0;
	assert_non_null(strstr(sentence_of(&a),
			       ". Nothing has been learnt about that yet; until then "
			       "the limit is 9.0 kB/s. 20 MB so far"));
}

CASE(when_it_is_over_the_sentence_is_of_the_past)
{
	struct alert a = an_alert();

	a.ends_at = T0 + 60;
	assert_string_equal(sentence_of(&a),
			    "This pod was dormant, then sent up to 2.0 MB/s "
			    "(tx_bytes). Before, in 99 of 100 intervals it sent at "
			    "most 2.1 kB/s. 20 MB in all, 19 MB of it to "
			    "10.0.0.7:5201.");
}

CASE(the_share_of_the_first_destination_is_told_as_it_is)
{
	struct alert a = an_alert();
	struct flow *first = &a.evidence.flows[0].flow;

	first->tx_bytes = 1100000;
	a.evidence.other_bytes = 17000000;
	assert_non_null(
	    strstr(sentence_of(&a), " 20 MB so far, 1.1 MB of it to 10.0.0.7:5201."));
	first->direction = FLOW_ACCEPTED;
	first->port = 8080;
	assert_non_null(
	    strstr(sentence_of(&a), "10.0.0.7, a client of port 8080 here."));
	a.evidence.flows[1] = a.evidence.flows[0]; /* from another container */
	a.evidence.flow_count = 2;
	assert_non_null(strstr(sentence_of(&a), ", 2.2 MB of it to 10.0.0.7, a"));
}

CASE(a_share_of_next_to_nothing_is_not_told)
{
	struct alert a = an_alert();
	struct flow *first = &a.evidence.flows[0].flow;

	first->tx_bytes = 900000;
	a.evidence.other_bytes = 19000000;
	assert_non_null(strstr(sentence_of(&a), " 20 MB so far."));
	first->tx_bytes = 0;
	a.evidence.other_bytes = 0;
	assert_non_null(strstr(sentence_of(&a), " 20 MB so far."));
	first->protocol = IPPROTO_UDP;
	assert_non_null(strstr(sentence_of(&a), " 20 MB so far."));
	a.verdict.kind = ALERT_PROXY_RELAY;
	assert_null(strstr(sentence_of(&a), "Of that"));
}

CASE(evidence_that_reaches_further_back_is_told_by_itself)
{
	struct alert a = an_alert();

	a.evidence.flows[0].flow.tx_bytes = 30000000;
	a.evidence.other_bytes = 10000000;
	assert_non_null(strstr(sentence_of(&a),
			       " 20 MB so far, 30 MB of the 40 MB that its connections "
			       "sent about then to 10.0.0.7:5201."));
}

CASE(of_udp_only_the_peer_is_told)
{
	struct alert a = an_alert();

	a.evidence.flows[0].flow.protocol = IPPROTO_UDP;
	a.evidence.flows[0].flow.tx_bytes = 0;
	a.verdict.signal = SIGNAL_UDP_TX_PACKETS;
	assert_non_null(
	    strstr(sentence_of(&a),
		   " so far; a UDP socket is connected to 10.0.0.7:5201 (UDP)."));
	a.evidence.other_connections = 3;
	assert_non_null(strstr(sentence_of(&a),
			       " so far; UDP sockets are connected to others and to "
			       "10.0.0.7:5201 (UDP)."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_shape_is_the_designs),
	    cmocka_unit_test(what_came_again_is_counted_and_told),
	    cmocka_unit_test(resolved_has_an_end),
	    cmocka_unit_test(what_is_not_known_is_null),
	    cmocka_unit_test(ipv6_other_bytes_and_balance_are_told),
	    cmocka_unit_test(the_longest_alert_is_whole_and_within_its_bound),
	    cmocka_unit_test(labels_too_long_are_left_out),
	    cmocka_unit_test(a_text_too_small_is_marked_as_such),
	    cmocka_unit_test(each_kind_has_its_sentence),
	    cmocka_unit_test(a_silent_past_is_told_as_it_was),
	    cmocka_unit_test(every_sentence_is_english),
	    cmocka_unit_test(what_is_rare_is_told_by_the_minute_or_the_hour),
	    cmocka_unit_test(without_a_past_the_sentence_says_so),
	    cmocka_unit_test(when_it_is_over_the_sentence_is_of_the_past),
	    cmocka_unit_test(the_share_of_the_first_destination_is_told_as_it_is),
	    cmocka_unit_test(a_share_of_next_to_nothing_is_not_told),
	    cmocka_unit_test(evidence_that_reaches_further_back_is_told_by_itself),
	    cmocka_unit_test(of_udp_only_the_peer_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

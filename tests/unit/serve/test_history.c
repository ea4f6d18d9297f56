/* SPDX-License-Identifier: Apache-2.0 */
/* test_history.c - /history over a real server: the values, the trace, the query. */
#include "../support/server_fixture.h"
#include "../support/testing.h"

#include <cJSON.h>
#include <math.h>

/* After the headers of ours: its fail() is a macro. */

#define M0 28333335 /* a minute that begins a quarter: 2023-11-14T22:15Z */

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static double at(const cJSON *signal, const char *name, int index)
{
	return cJSON_GetNumberValue(cJSON_GetArrayItem(member(signal, name), index));
}

/* Watches for so many minutes from a minute on, 100 bytes a second and 1 packet. */
static void watch(int64_t minute, unsigned minutes)
{
	struct sample s = {.time = 60.0 * (double)minute};

	for (unsigned i = 0; i <= 6 * minutes; i++, s.time += 10) {
		sample_set(&s, SIGNAL_TX_BYTES, 5000 + 1000 * i);
		sample_set(&s, SIGNAL_TX_PACKETS, 10 * i);
		sample_set(&s, SIGNAL_DESTINATIONS, 3);
		history_feed(fake_history, &s);
	}
}

/* The answer, which the caller deletes. */
static cJSON *ask_json(const char *query)
{
	char path[256];

	snprintf(path, sizeof(path), "/history%s", query);
	const char *answer = get(local_port(), path);
	assert_int_equal(status_of(answer), 200);
	assert_true(strstr(answer, "Content-Type: application/json\r\n") != NULL);
	cJSON *json = cJSON_ParseWithOpts(body_of(answer), NULL, true);
	assert_non_null(json);
	return json;
}

CASE(each_step_has_its_mean_and_its_greatest_minute)
{
	watch(M0, 30);
	cJSON *json = ask_json("?signal=tx_bytes&since=40m&step=10m");
	const cJSON *signal = cJSON_GetArrayItem(member(json, "signals"), 0);

	assert_int_equal(cJSON_GetArraySize(member(json, "signals")), 1);
	assert_string_equal(cJSON_GetStringValue(member(json, "since")),
			    "2023-11-14T22:00:00.000Z");
	assert_true(cJSON_GetNumberValue(member(json, "step")) == 600);
	assert_string_equal(cJSON_GetStringValue(member(signal, "signal")), "tx_bytes");
	assert_string_equal(cJSON_GetStringValue(member(signal, "unit")), "bytes");
	assert_true(cJSON_IsTrue(member(signal, "rate")));
	assert_int_equal(cJSON_GetArraySize(member(signal, "mean")), 5);
	assert_int_equal(cJSON_GetArraySize(member(signal, "peak")), 5);
	assert_true(cJSON_IsNull(cJSON_GetArrayItem(member(signal, "mean"), 0)));
	for (int i = 2; i < 4; i++) {
		assert_true(fabs(at(signal, "mean", i) - 100) < 0.5);
		assert_true(fabs(at(signal, "peak", i) - 100) < 0.5);
	}
	cJSON_Delete(json);
}

CASE(without_a_query_it_is_every_signal_by_the_minute_for_a_day)
{
	watch(M0, 3);
	cJSON *json = ask_json("");
	const cJSON *signals = member(json, "signals"), *signal;
	int index = 0;

	assert_int_equal(cJSON_GetArraySize(signals), SIGNAL_COUNT);
	cJSON_ArrayForEach(signal, signals)
	{
		assert_string_equal(cJSON_GetStringValue(member(signal, "signal")),
				    signal_name((enum signal)index++));
		assert_int_equal(cJSON_GetArraySize(member(signal, "mean")), 1441);
		assert_int_equal(cJSON_GetArraySize(member(signal, "peak")), 1441);
	}
	cJSON_Delete(json);
	json = ask_json("?since=14d");
	assert_true(cJSON_GetNumberValue(member(json, "step")) == 900);
	assert_true(strlen(body_of(get(local_port(), "/history?since=14d"))) < 1000000);
	cJSON_Delete(json);
}

static const char *ask_csv(const char *query)
{
	char path[256];

	snprintf(path, sizeof(path), "/history?format=csv%s", query);
	const char *answer = get(local_port(), path);
	assert_int_equal(status_of(answer), 200);
	assert_true(strstr(answer, "Content-Type: text/csv; charset=utf-8\r\n") !=
		    NULL);
	return body_of(answer);
}

CASE(a_trace_begins_anew_after_a_gap_and_tells_nothing_of_it)
{
	watch(M0, 2);
	watch(M0 + 20, 1);
	/* The amounts are rounded up, by less than one part in a thousand. */
	assert_string_equal(ask_csv("&signal=tx_packets&since=30m"),
			    "time,tx_packets\n"
			    "1700000100,0\n"
			    "1700000160,60\n"
			    "1700000220,120\n"
			    "1700001300,120\n"
			    "1700001360,180\n");
}

CASE(a_trace_has_what_is_known_of_each_signal)
{
	watch(M0, 1);
	const char *trace = ask_csv("&since=5m");
	const char *row = strchr(trace, '\n') + 1;

	assert_int_equal(strncmp(trace, "time,tx_bytes,tx_packets,rx_bytes,", 34), 0);
	row = strchr(row, '\n') + 1;
	assert_string_equal(row, "1700000160,6000,60,,,,,,,,,3,,,\n");
}

CASE(before_the_first_sample_there_is_nothing)
{
	assert_int_equal(strncmp(ask_csv(""), "time,tx_bytes", 13), 0);
	assert_int_equal(strchr(ask_csv(""), '\n')[1], '\0');
	cJSON *json = ask_json("");
	assert_int_equal(cJSON_GetArraySize(member(json, "signals")), SIGNAL_COUNT);
	cJSON_Delete(json);
}

CASE(an_invalid_query_is_refused_with_the_reason)
{
	static const struct {
		const char *query, *why;
	} cases[] = {
	    {"signal=tx", "invalid value \"tx\" for signal: expected a signal"},
	    {"signal=", "invalid value \"\" for signal"},
	    {"signal", "missing value for signal"},
	    {"signal=tx_bytes&signal=rx_bytes", "signal is given twice"},
	    {"signal=tx_bytes%00", "missing value for signal"},
	    {"since=1x", "invalid value \"1x\" for since: expected a duration of 1m to "
			 "14d, such as 6h"},
	    {"since=59s", "for since"},
	    {"since=15d", "for since"},
	    {"since=-1h", "for since"},
	    {"since=nan", "for since"},
	    {"since=1700000000", "for since"},
	    {"step=0s", "for step: expected a multiple of 1m of at most 1d"},
	    {"step=90s", "for step"},
	    {"step=25h", "for step"},
	    {"since=2d&step=20m", "for step: expected a multiple of 15m of at most 1d, "
				  "because since is longer than 1d"},
	    {"format=xml", "invalid value \"xml\" for format: expected json or csv"},
	    {"format=CSV", "for format"},
	    {"from=1", "unknown parameter \"from\": expected signal, since, step or "
		       "format"},
	    {"=", "unknown parameter"},
	};

	watch(M0, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[256];

		snprintf(path, sizeof(path), "/history?%s", cases[i].query);
		const char *answer = get(local_port(), path);
		if (status_of(answer) != 400 || !strstr(answer, cases[i].why))
			fail_msg("%s: %s", cases[i].query, answer);
	}
}

#define SERVED(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SERVED(each_step_has_its_mean_and_its_greatest_minute),
	    SERVED(without_a_query_it_is_every_signal_by_the_minute_for_a_day),
	    SERVED(a_trace_begins_anew_after_a_gap_and_tells_nothing_of_it),
	    SERVED(a_trace_has_what_is_known_of_each_signal),
	    SERVED(before_the_first_sample_there_is_nothing),
	    SERVED(an_invalid_query_is_refused_with_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_replay.c - `dormouse replay`: a trace in, alerts out, and nothing of its own in
 * between. */
#include "../support/testing.h"
#include "replay_fixture.h"

CASE(a_dormant_pod_that_wakes_is_one_alert_on_one_line)
{
	struct ran *r = replay("", ARGV(attack_csv));

	assert_int_equal(r->status, 0);
	assert_string_equal(r->err, "");
	assert_int_equal(count_lines(r->out), 1);
	cJSON *alert = line_of(r, 0);
	assert_string_equal(word(alert, "kind"), "dormancy-break");
	assert_string_equal(word(alert, "status"), "resolved");
	assert_string_equal(word(alert, "endsAt"), "2026-01-01T02:10:00.000Z");
	assert_true(number(alert, "totalBytes") >= 600e6);
	assert_true(number(alert, "totalBytes") < 601e6);
	assert_true(strcmp(word(alert, "startsAt"), "2026-01-01T02:00:00.000Z") > 0);
	assert_true(strcmp(word(alert, "startsAt"), "2026-01-01T02:02:00.000Z") < 0);
	assert_string_equal(word(cJSON_GetObjectItem(alert, "pod"), "name"), "attack");
	cJSON_Delete(alert);
}

CASE(the_same_trace_gives_the_same_output)
{
	static char before[OUTPUT_MAX];
	struct ran *r = replay("", ARGV((char *)"--lifecycle", attack_csv));

	assert_true(r->out[0] != '\0');
	memcpy(before, r->out, sizeof(before));
	r = replay("", ARGV((char *)"--lifecycle", attack_csv));
	assert_string_equal(before, r->out);
}

static void print_line(void *context, enum alert_event event, const struct alert *alert)
{
	static char json[ALERT_JSON_MAX];
	struct identity pod = nobody;
	struct text *t = context, piece = text_over(json, sizeof(json));
	struct json_writer w = json_writer_over(&piece);

	if (event == ALERT_UPDATED)
		return;
	pod.name = "attack"; /* as replay calls it, after the trace */
	alert_json(alert, &pod, &w);
	text_put(t, strchr(json, ',')); /* without the id, which differs by start */
	text_put(t, "\n");
}

/* As run.c's take_sample() has it. */
CASE(live_and_replay_say_the_same)
{
	static char live[OUTPUT_MAX], replayed[OUTPUT_MAX];
	struct text live_text = text_over(live, sizeof(live));
	struct text replayed_text = text_over(replayed, sizeof(replayed));
	struct detect_options options;
	struct verdict verdicts[VERDICTS_MAX];

	detect_options_default(&options);
	struct detector *d = detector_new(&options);
	struct alert_store *store = alert_store_new(1);
	assert_true(d && store);
	for (unsigned n = 0; n * 10 <= 2 * QUIET_S + ATTACK_S; n++) {
		struct sample s = attack_sample(n, 10);
		size_t count = detector_feed(d, &s, verdicts);
		alert_store_apply(store, s.time, 10, verdicts, count, NULL, print_line,
				  &live_text);
	}
	alert_store_free(store);
	detector_free(d);

	struct ran *r = replay("", ARGV((char *)"--lifecycle", attack_csv));
	for (const char *at = r->out; *at; at += strcspn(at, "\n") + 1) {
		const char *behind_id = strchr(at, ',');
		text_put_bytes(&replayed_text, behind_id, strcspn(behind_id, "\n") + 1);
	}
	assert_int_equal(count_lines(live), 2);
	assert_string_equal(replayed, live);
}

CASE(lifecycle_prints_an_alert_again_when_it_ends)
{
	struct ran *r = replay("", ARGV((char *)"--lifecycle", attack_csv));

	assert_int_equal(count_lines(r->out), 2);
	cJSON *raised = line_of(r, 0), *ended = line_of(r, 1);
	assert_string_equal(word(ended, "id"), word(raised, "id"));
	assert_string_equal(word(ended, "status"), "resolved");
	assert_null(word(raised, "endsAt"));
	assert_true(strcmp(word(ended, "endsAt"), "2026-01-01T02:09:00.000Z") > 0);
	cJSON_Delete(raised);
	cJSON_Delete(ended);
}

CASE(what_still_fires_at_the_end_is_not_resolved)
{
	static char text[256 * 1024];

	put_trace(text, sizeof(text), QUIET_S + ATTACK_S / 2, 10);
	struct ran *r = replay(text, ARGV((char *)"--lifecycle", (char *)"-"));
	assert_int_equal(count_lines(r->out), 1);
	assert_non_null(strstr(r->out, "\"status\":\"firing\""));
	assert_non_null(strstr(r->out, "\"pod\":{\"name\":\"stdin\"}"));
}

CASE(each_file_is_a_pod_of_its_own)
{
	struct ran *r = replay(attack_text, ARGV(attack_csv, quiet_csv, (char *)"-"));

	assert_int_equal(r->status, 0);
	assert_int_equal(count_lines(r->out), 2);
	cJSON *first = line_of(r, 0), *second = line_of(r, 1);
	assert_string_equal(word(cJSON_GetObjectItem(first, "pod"), "name"), "attack");
	assert_string_equal(word(cJSON_GetObjectItem(second, "pod"), "name"), "stdin");
	assert_string_equal(word(first, "startsAt"), word(second, "startsAt"));
	assert_string_not_equal(word(first, "id"), word(second, "id"));
	cJSON_Delete(first);
	cJSON_Delete(second);
}

CASE(one_minute_intervals_will_do)
{
	static char text[64 * 1024];

	put_trace(text, sizeof(text), 2 * QUIET_S + ATTACK_S, 60);
	struct ran *r = replay(text, ARGV((char *)"-"));
	assert_int_equal(count_lines(r->out), 1);
	assert_non_null(strstr(r->out, "\"kind\":\"dormancy-break\""));
}

CASE(a_trace_of_a_few_samples_is_judged_too)
{
	static char text[4096];

	put_trace(text, sizeof(text), 100, 10);
	struct ran *r = replay(text, ARGV((char *)"--egress-budget=5", (char *)"-"));
	assert_non_null(strstr(r->out, "\"kind\":\"budget-exceeded\""));
}

CASE(the_interval_is_the_usual_one_whatever_comes_first)
{
	static const int times[] = {0, 0, 3, 900, 960, 1020, 1080, 1140, 1200};
	struct detect_options options;

	detect_options_default(&options);
	struct replayer *p = replayer_open(&options, &nobody, print_line, NULL);
	assert_non_null(p);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct sample s = {.time = T0 + times[i]};
		replayer_feed(p, &s);
	}
	replayer_finish(p);
	assert_true(replayer_interval(p) == 60);
	replayer_close(p);
}

CASE(the_labels_of_a_series_are_in_its_alerts)
{
	static char text[256 * 1024];
	size_t length = (size_t)snprintf(
	    text, sizeof(text),
	    "[{\"metric\":{\"__name__\":\"container_network_transmit_bytes_total\","
	    "\"namespace\":\"shop\",\"pod\":\"web-1\"},\"values\":[");

	for (unsigned n = 0; n <= (2 * QUIET_S + ATTACK_S) / 30; n++) {
		struct sample s = attack_sample(n, 30);
		length +=
		    (size_t)snprintf(text + length, sizeof(text) - length,
				     "%s[%.0f,\"%llu\"]", n > 0 ? "," : "", s.time,
				     (unsigned long long)s.value[SIGNAL_TX_BYTES]);
	}
	snprintf(text + length, sizeof(text) - length, "]}]");
	struct ran *r = replay(text, ARGV((char *)"-"));
	assert_int_equal(r->status, 0);
	assert_int_equal(count_lines(r->out), 1);
	assert_non_null(strstr(r->out, "\"pod\":{\"name\":\"web-1\",\"namespace\":"
				       "\"shop\",\"labels\":{\"namespace\":\"shop\","
				       "\"pod\":\"web-1\"}}"));
}

CASE(flags_and_variables_set_the_detector)
{
	struct ran *r = replay("", ARGV((char *)"--egress-budget=1MB", quiet_csv));

	assert_string_equal(r->out, "");
	r = replay("", ARGV((char *)"--egress-budget", (char *)"5", quiet_csv));
	assert_non_null(strstr(r->out, "\"kind\":\"budget-exceeded\""));
	setenv("DORMOUSE_EGRESS_BUDGET", "5", 1);
	r = replay("", ARGV(quiet_csv));
	unsetenv("DORMOUSE_EGRESS_BUDGET");
	assert_non_null(strstr(r->out, "\"kind\":\"budget-exceeded\""));
}

CASE(flags_may_stand_behind_the_traces)
{
	struct ran *r =
	    replay("", ARGV(quiet_csv, (char *)"--egress-budget", (char *)"5",
			    attack_csv, (char *)"--summary=false"));

	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->out, "\"pod\":{\"name\":\"quiet\"}"));
	assert_non_null(strstr(r->out, "\"pod\":{\"name\":\"attack\"}"));

	r = replay("", ARGV((char *)"--", quiet_csv, (char *)"--summary"));
	assert_int_equal(r->status, 1);
	assert_string_equal(r->err, "dormouse: --summary: No such file or directory\n");
}

CASE(a_bad_variable_is_said_and_the_default_holds)
{
	setenv("DORMOUSE_SENSITIVITY", "extreme", 1);
	setenv("DORMOUSE_LISTEN", "nowhere", 1); /* no flag of replay */
	struct ran *r = replay("", ARGV(attack_csv));
	unsetenv("DORMOUSE_SENSITIVITY");
	unsetenv("DORMOUSE_LISTEN");
	assert_int_equal(r->status, 0);
	assert_int_equal(count_lines(r->out), 1);
	assert_int_equal(count_lines(r->err), 1);
	assert_non_null(
	    strstr(r->err, "invalid value \"extreme\" for DORMOUSE_SENSITIVITY: "));
}

CASE(the_environment_names_the_pod_of_a_single_trace)
{
	setenv("POD_NAME", "web-7", 1);
	struct ran *r = replay("", ARGV(attack_csv));
	assert_non_null(strstr(r->out, "\"pod\":{\"name\":\"web-7\"}"));
	r = replay("", ARGV(attack_csv, quiet_csv));
	unsetenv("POD_NAME");
	assert_non_null(strstr(r->out, "\"pod\":{\"name\":\"attack\"}"));
}

CASE(trouble_with_one_trace_keeps_none_of_the_others)
{
	struct ran *r = replay("hello\n", ARGV((char *)"-", attack_csv));

	assert_int_equal(r->status, 2);
	assert_int_equal(count_lines(r->out), 1);
	assert_non_null(strstr(r->err, "standard input: not a trace: "));

	r = replay("", ARGV((char *)"/nowhere/t.csv", attack_csv));
	assert_int_equal(r->status, 1);
	assert_int_equal(count_lines(r->out), 1);
	assert_string_equal(r->err,
			    "dormouse: /nowhere/t.csv: No such file or directory\n");

	r = replay("", ARGV((char *)"--baseline-out=/nowhere/b", attack_csv));
	assert_int_equal(r->status, 1);
	assert_string_equal(r->out, "");
}

CASE(broken_lines_are_named_up_to_ten_and_then_summed)
{
	static char text[4096];
	size_t length = (size_t)snprintf(text, sizeof(text), "time,tx_bytes\n");

	for (int i = 1; i <= 60; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   i % 4 == 0 ? "%d,oops\n" : "%d,1\n", i);
	struct ran *r = replay(text, ARGV((char *)"-"));
	assert_int_equal(r->status, 0);
	assert_int_equal(count_lines(r->err), TRACE_COMPLAINTS + 2);
	assert_non_null(strstr(r->err, "shorter than --learn"));
	assert_non_null(strstr(r->err,
			       "standard input:5: invalid value \"oops\" for tx_bytes: "
			       "expected a counter; the line is skipped\n"));
	assert_non_null(
	    strstr(r->err, "standard input: 15 broken lines were skipped\n"));
}

CASE(bad_flags_and_no_trace_are_one_line_and_status_2)
{
	char *const *const bad[] = {
	    ARGV((char *)"--sensitivity", (char *)"extreme"),
	    ARGV((char *)"--listen=[::]:1"),
	    ARGV((char *)"--summary=maybe", (char *)"-"),
	    (char *[]){(char *)"replay", NULL},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ran *r = replay("", (char **)bad[i]);
		assert_int_equal(r->status, 2);
		assert_string_equal(r->out, "");
		assert_int_equal(count_lines(r->err), 1);
	}
}

CASE(help_tells_its_own_flags_and_no_others)
{
	struct ran *r = replay("", ARGV((char *)"--help"));

	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->out, "--baseline-out"));
	assert_non_null(strstr(r->out, "--egress-budget"));
	assert_null(strstr(r->out, "--listen"));
	assert_null(strstr(r->out, "--max-size"));
	assert_in_range(count_lines(r->out), 10, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_dormant_pod_that_wakes_is_one_alert_on_one_line),
	    cmocka_unit_test(the_same_trace_gives_the_same_output),
	    cmocka_unit_test(live_and_replay_say_the_same),
	    cmocka_unit_test(lifecycle_prints_an_alert_again_when_it_ends),
	    cmocka_unit_test(what_still_fires_at_the_end_is_not_resolved),
	    cmocka_unit_test(each_file_is_a_pod_of_its_own),
	    cmocka_unit_test(one_minute_intervals_will_do),
	    cmocka_unit_test(a_trace_of_a_few_samples_is_judged_too),
	    cmocka_unit_test(the_interval_is_the_usual_one_whatever_comes_first),
	    cmocka_unit_test(the_labels_of_a_series_are_in_its_alerts),
	    cmocka_unit_test(flags_and_variables_set_the_detector),
	    cmocka_unit_test(flags_may_stand_behind_the_traces),
	    cmocka_unit_test(a_bad_variable_is_said_and_the_default_holds),
	    cmocka_unit_test(the_environment_names_the_pod_of_a_single_trace),
	    cmocka_unit_test(trouble_with_one_trace_keeps_none_of_the_others),
	    cmocka_unit_test(broken_lines_are_named_up_to_ten_and_then_summed),
	    cmocka_unit_test(bad_flags_and_no_trace_are_one_line_and_status_2),
	    cmocka_unit_test(help_tells_its_own_flags_and_no_others),
	};

	return cmocka_run_group_tests(tests, make_traces, remove_traces);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_learn.c - the parts of `dormouse-injector learn` that ask nobody: JSON as it
 * arrives, Prometheus' answers, names, and thefts that never were. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/testing.h"
#include "injector/json/json_stream.h"
#include "injector/learn/answer.h"
#include "injector/learn/evaluation.h"
#include "injector/learn/workload_name.h"

/* --- JSON as it arrives ----------------------------------------------------------- */

static char events[1024];

static int note_event(void *context, enum json_event event, const char *text,
		      size_t length, struct error *err)
{
	static const char letters[] = "{[)ksnw"; /* of enum json_event */
	const size_t used = strlen(events);

	(void)context;
	(void)err;
	assert_int_equal(strlen(text), length);
	snprintf(events + used, sizeof(events) - used, "%c%s ", letters[event], text);
	return 0;
}

/* Reads the text in pieces of that length. */
static int read_in_pieces(const char *text, size_t piece, struct error *err)
{
	static struct json_stream s;
	const size_t length = strlen(text);
	int result = 0;

	events[0] = '\0';
	json_stream_begin(&s, note_event, NULL);
	for (size_t at = 0; at < length && result == 0; at += piece)
		result = json_stream_feed(
		    &s, text + at, length - at < piece ? length - at : piece, err);
	return result < 0 ? -1 : json_stream_end(&s, err);
}

static void reads(const char *text, const char *expected)
{
	struct error err = {""};

	for (size_t piece = 1; piece <= strlen(text); piece++) {
		if (read_in_pieces(text, piece, &err) < 0)
			fail_msg("%s: %s", text, err.text);
		assert_string_equal(events, expected);
	}
}

static void refuses(const char *text, const char *says)
{
	struct error err = {""};

	for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
		assert_int_equal(read_in_pieces(text, piece, &err), -1);
		if (!strstr(err.text, says))
			fail_msg("%s: \"%s\" is not in \"%s\"", text, says, err.text);
	}
}

CASE(values_are_handed_over_however_they_arrive)
{
	reads("{}", "{ ) ");
	reads(" [1, -2.5e+10 ,true,null] ", "[ n1 n-2.5e+10 wtrue wnull ) ");
	reads("{\"a\":{\"b\":[\"c\",{}]},\"d\":0}", "{ ka { kb [ sc { ) ) ) kd n0 ) ");
	reads("\"\\\"\\\\\\/\\n\\u0041\\u00e9\\uD83D\\u0000\"", "s\"\\/\nA??? ");
	reads("12", "n12 ");
}

CASE(what_is_no_json_is_refused)
{
	static const char *const broken[] = {
	    "{",           "[1",  "[1,]",  "{\"a\"}",  "{\"a\":}", "{\"a\":1,}",
	    "{1:2}",       "]",   "[}",    "01",       "1.",       "1e",
	    "-",           "+1",  "tru",   "truee",    "[1 2]",    "\"\\x\"",
	    "\"\\u00g0\"", "\"a", "{} {}", "\"a\nb\"", "nul",      "",
	    "[\"a\":1]",
	};

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		refuses(broken[i], "invalid JSON");
}

CASE(depth_and_length_have_limits)
{
	char text[JSON_STREAM_TOKEN + 16];
	struct error err;

	memset(text, '[', JSON_STREAM_DEPTH);
	text[JSON_STREAM_DEPTH] = '\0';
	refuses(text, "nested more than 31 deep");
	memset(text, 'a', sizeof(text));
	text[0] = '"';
	text[sizeof(text) - 2] = '"';
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(read_in_pieces(text, 1000, &err), -1);
	assert_non_null(strstr(err.text, "over 16383 bytes"));
}

/* --- answers ---------------------------------------------------------------------- */

static char heard[1024];

static int hear_series(void *context, const struct labels *l, struct error *err)
{
	const size_t used = strlen(heard);

	(void)context;
	(void)err;
	snprintf(heard + used, sizeof(heard) - used, "%s/%s/%s ",
		 l->value[LABEL_METRIC], l->value[LABEL_NAMESPACE],
		 l->value[LABEL_POD]);
	return 0;
}

static int hear_point(void *context, const struct point_read *point, struct error *err)
{
	const size_t used = strlen(heard);

	(void)context;
	(void)err;
	snprintf(heard + used, sizeof(heard) - used, "%g=%s ", point->time,
		 point->value);
	return 0;
}

static int hear(const char *text, bool matrix, struct error *err)
{
	static struct answer a;
	const struct answer_taker taker = {.series = hear_series,
					   .point = matrix ? hear_point : NULL};

	heard[0] = '\0';
	answer_begin(&a, &taker);
	return answer_feed(&a, text, strlen(text), err) < 0 ? -1 : answer_end(&a, err);
}

CASE(a_matrix_is_series_and_points)
{
	struct error err = {""};

	assert_int_equal(
	    hear("{\"status\":\"success\",\"isPartial\":false,\"data\":{\"resultType\":"
		 "\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"up\",\"pod\":"
		 "\"a\",\"other\":\"x\"},\"values\":[[60,\"1\"],[120.5,\"2\"]],"
		 "\"histograms\":[[60,{\"count\":\"1\"}]]},{\"metric\":{\"pod\":\"b\"},"
		 "\"values\":[]}]},\"infos\":[\"a remark\"]}",
		 true, &err),
	    0);
	assert_string_equal(heard, "up//a 60=1 120.5=2 //b ");
}

CASE(a_list_is_label_sets)
{
	struct error err = {""};

	assert_int_equal(hear("{\"data\":[{\"namespace\":\"n\",\"pod\":\"a\"},{}],"
			      "\"status\":\"success\"}",
			      false, &err),
			 0);
	assert_string_equal(heard, "/n/a // ");
}

static void mishears(const char *text, bool matrix, const char *says)
{
	struct error err = {""};

	assert_int_equal(hear(text, matrix, &err), -1);
	if (!strstr(err.text, says))
		fail_msg("\"%s\" is not in \"%s\"", says, err.text);
}

CASE(an_answer_to_another_question_is_refused)
{
	mishears("{\"status\":\"success\",\"data\":[]}", true, "not one of Prometheus");
	mishears("{\"status\":\"success\",\"data\":{\"result\":[]}}", false,
		 "not one of Prometheus");
	mishears("{\"data\":[]}", false, "not one of Prometheus");
	mishears("[]", false, "not one of Prometheus");
	mishears("{\"status\":\"success\"}", true, "not one of Prometheus");
	mishears("{\"status\":\"success\",\"data\":[{\"pod\":1}]}", false,
		 "not a string");
}

CASE(doubts_are_failures)
{
	mishears("{\"status\":\"success\",\"data\":[],\"isPartial\":true}", false,
		 "partial");
	mishears("{\"status\":\"success\",\"data\":[],\"warnings\":[\"w\"]}", false,
		 "warning: w");
	mishears("{\"status\":\"error\",\"errorType\":\"t\",\"error\":\"e\"}", false,
		 "error: t: e");
}

/* --- names ------------------------------------------------------------------------ */

static void pod_is_of(const char *pod, const char *workload)
{
	struct owner owner;

	assert_true(workload_of_pod(&owner, pod));
	assert_string_equal(owner.workload, workload);
}

CASE(a_pods_name_tells_its_workload)
{
	pod_is_of("reports-7d9f8c6b5-x2x4z", "Deployment/reports");
	pod_is_of("a-b-c-66b6c48dd5-7w2zr", "Deployment/a-b-c");
	pod_is_of("db-0", "StatefulSet/db");
	pod_is_of("db-eu-12", "StatefulSet/db-eu");
	pod_is_of("dump-29384756-h8k2p", "CronJob/dump");
	pod_is_of("node-exporter-h8k2p", "DaemonSet/node-exporter");
	pod_is_of("shell", "Pod/shell");
	pod_is_of("my-shell", "Pod/my-shell");
	pod_is_of("0", "Pod/0");
	pod_is_of("x2x4z", "Pod/x2x4z");
	/* No vowel, no 0, 1 or 3 is in a generated name. */
	pod_is_of("kube-proxy-abcde", "Pod/kube-proxy-abcde");
}

CASE(a_replicaset_of_no_known_owner_is_a_deployments)
{
	struct owner owner;

	assert_true(workload_of_replicaset(&owner, "reports-7d9f8c6b5"));
	assert_string_equal(owner.workload, "Deployment/reports");
	assert_string_equal(owner.key, "deployment.reports.json");
	assert_true(workload_of_replicaset(&owner, "by-hand"));
	assert_string_equal(owner.workload, "ReplicaSet/by-hand");
}

CASE(names_that_need_an_escape_are_none)
{
	assert_true(name_is_valid("a-b.c0"));
	assert_false(name_is_valid(""));
	assert_false(name_is_valid("A"));
	assert_false(name_is_valid("a\"b"));
	assert_false(name_is_valid("../a"));
	assert_false(name_is_valid("a-"));

	struct owner owner;
	assert_true(workload_read(&owner, "Deployment/reports"));
	assert_false(workload_read(&owner, "reports"));
	assert_false(workload_read(&owner, "Deployment/"));
	assert_false(workload_read(&owner, "Deployment/a b"));
}

/* --- thefts ----------------------------------------------------------------------- */

static struct sample sample_at(double time, uint64_t bytes)
{
	struct sample s = {.time = time};

	sample_set(&s, SIGNAL_TX_BYTES, bytes);
	sample_set(&s, SIGNAL_TX_PACKETS, bytes / 1000);
	return s;
}

static uint64_t bytes_at(struct theft *t, double time, uint64_t bytes)
{
	struct sample s = sample_at(time, bytes);

	theft_add(t, &s);
	assert_false(sample_has(&s, SIGNAL_TCP_TX_BYTES));
	return s.value[SIGNAL_TX_BYTES];
}

CASE(a_theft_adds_its_bytes_and_stops)
{
	struct theft t = theft_begin(1000, 1e6);

	assert_int_equal(bytes_at(&t, 940, 5), 5);
	assert_int_equal(bytes_at(&t, 1000, 10), 10);
	assert_int_equal(bytes_at(&t, 1060, 10), 60000010);
	assert_int_equal(bytes_at(&t, 1600, 20), 600000020);
	assert_int_equal(bytes_at(&t, 9000, 30), 600000030);
}

CASE(a_theft_adds_packets_in_proportion)
{
	struct theft t = theft_begin(0, 14000);
	struct sample s = sample_at(100, 0);

	theft_add(&t, &s);
	assert_int_equal(s.value[SIGNAL_TX_PACKETS], 1000);
}

CASE(a_reset_counter_forgets_what_was_stolen)
{
	struct theft t = theft_begin(0, 1000);

	assert_int_equal(bytes_at(&t, 100, 5000), 105000);
	/* The pod's network began anew: so the sum falls as the counter does. */
	assert_int_equal(bytes_at(&t, 200, 70), 70);
	assert_int_equal(bytes_at(&t, 300, 70), 100070);
}

CASE(random_numbers_are_the_same_again_and_spread)
{
	uint64_t a = 1, b = 1;
	double sum = 0;

	for (int i = 0; i < 10000; i++) {
		const double x = theft_random(&a);
		assert_true(x >= 0 && x < 1);
		assert_true(x == theft_random(&b));
		sum += x;
	}
	assert_true(sum > 4800 && sum < 5200);
}

/* --- evaluations ------------------------------------------------------------------ */

/* Two days of a pod that sends 5 bytes a second, a point a minute. */
static struct range *quiet_pod(void)
{
	struct error err;
	struct range *range = range_new(&err);
	struct series s = {.exporter = EXPORTER_DORMOUSE, .signal = SIGNAL_TX_BYTES};

	s.labels = cJSON_CreateObject();
	s.count = 2880;
	s.points = calloc(s.count, sizeof(*s.points));
	for (size_t i = 0; i < s.count; i++)
		s.points[i] = (struct point){1767225600 + (double)i * 60, i * 300};
	assert_non_null(range);
	assert_int_equal(range_add(range, &s, &err), 0);
	return range;
}

static const struct identity some_pod = {.name = "a",
					 .namespace = "n",
					 .uid = "",
					 .node = "",
					 .workload = "",
					 .cluster = "",
					 .images = ""};

/* Plays the pod; *trial has what came of it. */
static void try_pod(struct trial *trial, struct range *range,
		    const struct trial_plan *plan)
{
	struct identity unused = {.labels = NULL};
	struct error err = {""};

	assert_int_equal(range_next_trace(range, &unused), TRACE_SAMPLE);
	assert_int_equal(trial_run(trial, range, plan, &err), 0);
	assert_int_equal(trial->samples, 2880);
}

static struct evaluation evaluate(uint64_t seed)
{
	static struct trial trial;
	struct range *range = quiet_pod();
	struct evaluation e = {.pods = 0};
	struct detect_options options;
	const struct trial_plan plan = {.options = &options, .pod = &some_pod};
	struct error err = {""};

	detect_options_default(&options);
	try_pod(&trial, range, &plan);
	assert_int_equal(evaluation_add(&e, &trial, range, &plan, seed, &err), 0);
	range_free(range);
	return e;
}

CASE(a_quiet_pod_is_well_watched)
{
	const struct evaluation e = evaluate(1);

	assert_int_equal(e.pods, 1);
	assert_int_equal(e.alerts, 0);
	for (int i = 0; i < THEFT_SIZES; i++)
		assert_int_equal(e.score[i].thefts, EVALUATION_THEFTS);
	assert_int_equal(e.score[0].found, EVALUATION_THEFTS);
	assert_int_equal(e.score[1].found, EVALUATION_THEFTS);
	assert_true(evaluation_delay(&e.score[0]) <= evaluation_delay(&e.score[1]));
	assert_true(evaluation_delay(&e.score[0]) > 0);
	assert_true(evaluation_delay(&e.score[0]) < THEFT_S);
}

CASE(the_seed_moves_the_thefts)
{
	const struct evaluation a = evaluate(1), b = evaluate(1), c = evaluate(2);
	const size_t size = EVALUATION_THEFTS * sizeof(float);

	assert_memory_equal(a.score[0].delay_s, b.score[0].delay_s, size);
	assert_true(memcmp(a.score[0].delay_s, c.score[0].delay_s, size) != 0);
}

/* --- young pods ------------------------------------------------------------------- */

/* What two days of the pod teach. Returns the number of alerts. */
static unsigned learn(const struct past *siblings, struct theft *theft,
		      struct past *learnt)
{
	static struct trial trial;
	static struct baseline_document document;
	struct range *range = quiet_pod();
	struct detect_options options;
	const struct trial_plan plan = {.options = &options,
					.pod = &some_pod,
					.siblings = siblings,
					.theft = theft,
					.learnt = &document};

	detect_options_default(&options);
	try_pod(&trial, range, &plan);
	*learnt = document.past;
	baseline_document_end(&document);
	range_free(range);
	return trial.alerts;
}

/* The same when a megabyte a second is stolen for ten minutes. */
static unsigned learn_robbed(const struct past *siblings, double since_s,
			     struct past *learnt)
{
	struct theft theft = theft_begin(1767225600 + since_s, 1e6);

	return learn(siblings, &theft, learnt);
}

/* The greatest minute, and that of the pods' first minutes. */
static double greatest_minute(const struct past *past)
{
	const struct past_series *sent = &past->series[SIGNAL_TX_BYTES];

	return fmax(sent->greatest[1], sent->start[1]);
}

CASE(a_theft_from_a_young_pod_is_not_learnt_where_its_siblings_are_known)
{
	static const double since_s[] = {0, 120, 600, 1800, 3000, 86400};
	struct past siblings;

	learn(NULL, NULL, &siblings);
	assert_true(greatest_minute(&siblings) < 1000);
	for (size_t i = 0; i < sizeof(since_s) / sizeof(since_s[0]); i++) {
		struct past learnt;
		const unsigned alerts = learn_robbed(&siblings, since_s[i], &learnt);

		assert_int_equal(alerts, 1);
		assert_true(greatest_minute(&learnt) < 1000);
		assert_true(learnt.watched_s > 86400);
	}
}

/* Which is what its monitor did as well: nobody knew better. */
CASE(a_theft_from_a_young_pod_of_no_known_workload_is_learnt)
{
	struct past learnt;

	learn_robbed(NULL, 0, &learnt);
	assert_true(greatest_minute(&learnt) > 1e7);
	assert_int_equal(learn_robbed(NULL, 86400, &learnt), 1);
	assert_true(greatest_minute(&learnt) < 1000);
}

CASE(what_the_siblings_did_is_learnt_without_an_alert)
{
	struct past siblings, learnt, other;

	learn_robbed(NULL, 0, &siblings);
	assert_int_equal(learn_robbed(&siblings, 0, &learnt), 0);
	assert_true(greatest_minute(&learnt) > 1e7);
	/* The siblings' own days are in no pod's document. */
	learn(NULL, NULL, &other);
	assert_true(learnt.watched_s <= other.watched_s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_handed_over_however_they_arrive),
	    cmocka_unit_test(what_is_no_json_is_refused),
	    cmocka_unit_test(depth_and_length_have_limits),
	    cmocka_unit_test(a_matrix_is_series_and_points),
	    cmocka_unit_test(a_list_is_label_sets),
	    cmocka_unit_test(an_answer_to_another_question_is_refused),
	    cmocka_unit_test(doubts_are_failures),
	    cmocka_unit_test(a_pods_name_tells_its_workload),
	    cmocka_unit_test(a_replicaset_of_no_known_owner_is_a_deployments),
	    cmocka_unit_test(names_that_need_an_escape_are_none),
	    cmocka_unit_test(a_theft_adds_its_bytes_and_stops),
	    cmocka_unit_test(a_theft_adds_packets_in_proportion),
	    cmocka_unit_test(a_reset_counter_forgets_what_was_stolen),
	    cmocka_unit_test(random_numbers_are_the_same_again_and_spread),
	    cmocka_unit_test(a_quiet_pod_is_well_watched),
	    cmocka_unit_test(the_seed_moves_the_thefts),
	    cmocka_unit_test(
		a_theft_from_a_young_pod_is_not_learnt_where_its_siblings_are_known),
	    cmocka_unit_test(a_theft_from_a_young_pod_of_no_known_workload_is_learnt),
	    cmocka_unit_test(what_the_siblings_did_is_learnt_without_an_alert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

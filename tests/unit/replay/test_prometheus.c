/* SPDX-License-Identifier: Apache-2.0 */
/* test_prometheus.c - the answers of Prometheus range queries as traces. */
#include "../support/testing.h"
#include "trace_fixture.h"

#define SERIES(name, labels, values)                                                   \
	"{\"metric\":{\"__name__\":\"" name "\"" labels "},\"values\":[" values "]}"
#define ANSWER(series)                                                                 \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":"      \
	"[" series "]}}"
#define TX           "container_network_transmit_bytes_total"
#define RX           "container_network_receive_bytes_total"
#define DEVICE(name) ",\"pod\":\"a\",\"device\":\"" name "\""
#define DEVICE_TX    "dormouse_network_transmit_bytes_total"
#define WEB_1        ",\"namespace\":\"shop\",\"pod\":\"web-1\",\"interface\":\"eth0\""
#define WEB_1_       ",\"interface\":\"eth0\",\"pod\":\"web-1\",\"namespace\":\"shop\""
#define WEB_2        ",\"namespace\":\"shop\",\"pod\":\"web-2\",\"interface\":\"eth0\""

/* Opens the text as `t`; the caller closes both. */
static struct traces *open_text(const char *text, int *fd)
{
	memset(&reading, 0, sizeof(reading));
	*fd = text_file(text, strlen(text));
	return traces_open(*fd, "p.json", note_complaint, &reading, &reading.result,
			   &reading.err);
}

CASE(series_of_the_same_labels_are_one_trace)
{
	static const char text[] =
	    ANSWER(SERIES(TX, WEB_1, "[1000,\"5\"],[1060,\"6\"]") "," SERIES(
		RX, WEB_1_, "[1000,\"7\"],[1060,\"8\"]"));
	struct reading *r = read_text(text);

	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, 2);
	assert_true(r->samples[1].time == 1060);
	assert_int_equal(value_of(&r->samples[1], SIGNAL_TX_BYTES), 6);
	assert_int_equal(value_of(&r->samples[1], SIGNAL_RX_BYTES), 8);
	assert_int_equal(r->complaints, 0);
}

CASE(each_set_of_labels_is_a_trace_of_its_own_with_its_pod)
{
	struct identity pod = {.name = "", .namespace = "", .node = "kept"};
	struct sample sample;
	static const char text[] = ANSWER(SERIES(TX, WEB_1, "[1000,\"5\"]") "," SERIES(
	    TX, WEB_2, "[1000,\"6\"]") "," SERIES(RX, WEB_1, "[1000,\"7\"]"));
	int fd;
	struct traces *t = open_text(text, &fd);

	assert_non_null(t);
	assert_int_equal(traces_next(t, &pod), TRACE_SAMPLE);
	assert_string_equal(pod.name, "web-1");
	assert_string_equal(pod.namespace, "shop");
	assert_string_equal(pod.node, "kept");
	assert_string_equal(pod.labels, "{\"namespace\":\"shop\",\"pod\":\"web-1\","
					"\"interface\":\"eth0\"}");
	assert_int_equal(traces_sample(t, &sample, &reading.err), TRACE_SAMPLE);
	assert_int_equal(value_of(&sample, SIGNAL_RX_BYTES), 7);
	assert_int_equal(traces_sample(t, &sample, &reading.err), TRACE_END);

	assert_int_equal(traces_next(t, &pod), TRACE_SAMPLE);
	assert_string_equal(pod.name, "web-2");
	assert_int_equal(traces_sample(t, &sample, &reading.err), TRACE_SAMPLE);
	assert_int_equal(sample.present, 1u << SIGNAL_TX_BYTES);
	assert_int_equal(traces_next(t, &pod), TRACE_END);
	traces_close(t);
	close(fd);
}

CASE(a_point_that_one_series_lacks_is_an_absent_signal)
{
	static const char text[] = ANSWER(
	    SERIES(TX, WEB_1, "[1000,\"5\"],[1060,\"6\"],[1120,\"7\"]") "," SERIES(
		RX, WEB_1, "[1000,\"1\"],[1060,\"NaN\"],[1180,\"2\"]"));
	struct reading *r = read_text(text);

	assert_int_equal(r->count, 4);
	assert_int_equal(r->samples[1].present, 1u << SIGNAL_TX_BYTES);
	assert_int_equal(r->samples[2].present, 1u << SIGNAL_TX_BYTES);
	assert_int_equal(r->samples[3].present, 1u << SIGNAL_RX_BYTES);
	assert_int_equal(r->complaints, 1);
	assert_non_null(strstr(r->said, "1 points are not counters"));
}

/* The monitor's own metrics: links by device, the rest for the whole pod. */
CASE(dormouses_own_metrics_are_one_trace_over_all_devices)
{
	static const char eth0[] = SERIES(DEVICE_TX, DEVICE("eth0"),
					  "[1000,\"500\"],[1010,\"510\"],[1020,\"3\"]");
	static const char net1[] =
	    SERIES(DEVICE_TX, DEVICE("net1"), "[1010,\"900\"],[1020,\"907\"]");
	static const char tcp[] =
	    SERIES("dormouse_tcp_transmit_bytes_total", ",\"pod\":\"a\"",
		   "[1000,\"1\"],[1010,\"2\"],[1020,\"3\"]");
	char text[1024];

	snprintf(text, sizeof(text), "[%s,%s,%s]", eth0, net1, tcp);
	struct reading *r = read_text(text);

	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, 3);
	/* Increases since the beginning: 10 and 3 after a reset; and 7. */
	assert_int_equal(value_of(&r->samples[0], SIGNAL_TX_BYTES), 0);
	assert_int_equal(value_of(&r->samples[1], SIGNAL_TX_BYTES), 10);
	assert_int_equal(value_of(&r->samples[2], SIGNAL_TX_BYTES), 20);
	assert_int_equal(value_of(&r->samples[2], SIGNAL_TCP_TX_BYTES), 3);
}

CASE(a_point_that_one_device_lacks_makes_no_sum)
{
	static const char eth0[] =
	    SERIES(DEVICE_TX, DEVICE("eth0"), "[1000,\"1\"],[1010,\"2\"],[1020,\"3\"]");
	static const char net1[] =
	    SERIES(DEVICE_TX, DEVICE("net1"), "[1000,\"1\"],[1020,\"5\"]");
	char text[512];

	snprintf(text, sizeof(text), "[%s,%s]", eth0, net1);
	struct reading *r = read_text(text);
	assert_int_equal(r->count, 3);
	assert_int_equal(r->samples[1].present, 0);
	assert_int_equal(value_of(&r->samples[2], SIGNAL_TX_BYTES), 2 + 4);
}

CASE(loopback_and_strange_metrics_are_left_out_and_said)
{
	static const char text[] =
	    ANSWER(SERIES(TX, ",\"interface\":\"lo\"", "[1000,\"5\"]") "," SERIES(
		"up", "", "[1000,\"1\"]") "," SERIES(TX, WEB_1, "[1000,\"5\"]"));
	struct reading *r = read_text(text);

	assert_int_equal(r->count, 1);
	assert_int_equal(r->complaints, 2);
	assert_non_null(strstr(r->said, "such as up"));
	assert_non_null(strstr(r->said, "loopback"));
}

CASE(the_inner_object_and_promtools_list_will_do)
{
	assert_int_equal(read_text(" {\"resultType\":\"matrix\",\"result\":[" SERIES(
				       TX, WEB_1, "[1000,\"5\"]") "]}\n")
			     ->count,
			 1);
	assert_int_equal(read_text("\n[" SERIES(TX, WEB_1, "[1000,\"5\"]") "]")->count,
			 1);
}

CASE(what_is_no_range_of_counters_is_refused_with_a_reason)
{
	static const struct {
		const char *text, *reason;
	} bad[] = {
	    {"{", "invalid JSON at byte"},
	    {ANSWER("") " x", "invalid JSON at byte 65"},
	    {"{\"a\":1}", "not an answer of a Prometheus range query"},
	    {"{}", "not an answer of a Prometheus range query"},
	    {"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"oh\"}",
	     "Prometheus answered with an error: bad_data: oh"},
	    {"{\"data\":{\"resultType\":\"vector\",\"result\":[]}}",
	     "the answer is a vector"},
	    {ANSWER("{\"metric\":{\"pod\":\"a\"},\"values\":[[1000,\"5\"]]}"),
	     "no metric name, as after rate()"},
	    {ANSWER(""), "no series of a signal"},
	    {ANSWER("7"), "a series has no labels"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct reading *r = read_text(bad[i].text);
		assert_int_equal(r->result, TRACE_INVALID);
		assert_non_null(strstr(r->err.text, "t.csv: not a trace: "));
		assert_non_null(strstr(r->err.text, bad[i].reason));
	}
}

CASE(strange_points_are_left_out)
{
	struct reading *r = read_text(
	    ANSWER(SERIES(TX, WEB_1,
			  "7,[],[1000],[1000,5],[\"1000\",\"5\"],[1000,\"x\"],"
			  "[-1,\"5\"],[1000,\"+Inf\"],[1060,\"6\"]")));

	assert_int_equal(r->count, 1);
	assert_int_equal(value_of(&r->samples[0], SIGNAL_TX_BYTES), 6);
	assert_non_null(strstr(r->said, "8 points are not counters"));
}

CASE(labels_too_long_for_an_alert_are_left_out)
{
	static char text[16384], label[8192];
	struct identity pod = nobody;
	int fd;

	memset(label, 'x', sizeof(label) - 1);
	snprintf(text, sizeof(text),
		 ANSWER(SERIES(TX, ",\"id\":\"%s\",\"pod\":\"a\"", "[1000,\"5\"]")),
		 label);
	struct traces *t = open_text(text, &fd);
	assert_non_null(t);
	assert_int_equal(traces_next(t, &pod), TRACE_SAMPLE);
	assert_string_equal(pod.labels, "{\"pod\":\"a\"}");
	traces_close(t);
	close(fd);
}

/* A month takes several queries: in order or not, in one text or in a list, each time
 * once. */
CASE(answers_of_one_series_are_one_life)
{
#define FIRST  ANSWER(SERIES(TX, WEB_1, "[1000,\"5\"],[1060,\"6\"],[1120,\"7\"]"))
#define SECOND ANSWER(SERIES(TX, WEB_1_, "[1120,\"7\"],[1180,\"9\"]"))
	static const char *const texts[] = {
	    FIRST SECOND,
	    FIRST "\n" SECOND "\n",
	    SECOND " " FIRST,
	    "[" FIRST "," SECOND "]",
	    FIRST "\r\n" SECOND FIRST,
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct reading *r = read_text(texts[i]);
		assert_int_equal(r->result, TRACE_END);
		assert_int_equal(r->count, 4);
		for (size_t j = 0; j < 4; j++)
			assert_true(r->samples[j].time == 1000 + 60.0 * (double)j);
		assert_int_equal(value_of(&r->samples[2], SIGNAL_TX_BYTES), 7);
		assert_int_equal(value_of(&r->samples[3], SIGNAL_TX_BYTES), 9);
		assert_int_equal(r->complaints, 0);
	}
}

CASE(inputs_are_joined_by_their_labels)
{
	static const char first[] = ANSWER(
	    SERIES(TX, WEB_1, "[1060,\"6\"]") "," SERIES(TX, WEB_2, "[1000,\"1\"]"));
	static const char second[] = ANSWER(
	    SERIES(RX, WEB_1, "[1000,\"2\"]") "," SERIES(TX, WEB_1_, "[1000,\"5\"]"));
	struct identity pod = nobody;
	struct sample sample;
	int fds[2];
	struct traces *a = open_text(first, &fds[0]), *b = open_text(second, &fds[1]);

	assert_true(a && b && traces_are_answers(a) && traces_are_answers(b));
	assert_int_equal(traces_join(a, b, &reading.err), 0);
	traces_close(b);
	assert_int_equal(traces_next(a, &pod), TRACE_SAMPLE);
	assert_string_equal(pod.name, "web-1");
	assert_int_equal(traces_sample(a, &sample, &reading.err), TRACE_SAMPLE);
	assert_true(sample.time == 1000);
	assert_int_equal(value_of(&sample, SIGNAL_TX_BYTES), 5);
	assert_int_equal(value_of(&sample, SIGNAL_RX_BYTES), 2);
	assert_int_equal(traces_sample(a, &sample, &reading.err), TRACE_SAMPLE);
	assert_int_equal(value_of(&sample, SIGNAL_TX_BYTES), 6);
	assert_int_equal(traces_sample(a, &sample, &reading.err), TRACE_END);
	assert_int_equal(traces_next(a, &pod), TRACE_SAMPLE);
	assert_string_equal(pod.name, "web-2");
	assert_int_equal(traces_next(a, &pod), TRACE_END);
	traces_close(a);
	close(fds[0]);
	close(fds[1]);
}

/* Devices of the monitor's own metrics stay apart while each is joined. */
CASE(devices_are_joined_each_with_itself)
{
	static char text[1024];

	snprintf(text, sizeof(text), "[%s,%s]\n[%s,%s]",
		 SERIES(DEVICE_TX, DEVICE("eth0"), "[1000,\"100\"],[1010,\"101\"]"),
		 SERIES(DEVICE_TX, DEVICE("net1"), "[1000,\"900\"],[1010,\"905\"]"),
		 SERIES(DEVICE_TX, DEVICE("net1"), "[1010,\"905\"],[1020,\"907\"]"),
		 SERIES(DEVICE_TX, DEVICE("eth0"), "[1010,\"101\"],[1020,\"104\"]"));
	struct reading *r = read_text(text);
	assert_int_equal(r->count, 3);
	assert_int_equal(value_of(&r->samples[0], SIGNAL_TX_BYTES), 0);
	assert_int_equal(value_of(&r->samples[1], SIGNAL_TX_BYTES), 6);
	assert_int_equal(value_of(&r->samples[2], SIGNAL_TX_BYTES), 11);
}

CASE(answers_that_contradict_one_another_are_two_lives)
{
	struct reading *r = read_text(
	    ANSWER(SERIES(TX, WEB_1, "[10,\"5\"],[20,\"6\"],[30,\"7\"],[40,\"8\"]"))
		ANSWER(SERIES(TX, WEB_1,
			      "[10,\"15\"],[20,\"16\"],[30,\"17\"],[40,\"8\"]")));

	assert_int_equal(r->result, TRACE_INVALID);
	assert_non_null(strstr(r->err.text, "differ in tx_bytes at 3 times"));
}

CASE(doubts_of_whoever_answered_are_told_once)
{
#define DOUBTS                                                                         \
	"\"warnings\":[\"store 10.0.0.7 did\\u001b answer late\",7],"                  \
	"\"infos\":[\"metric might not be a counter\"],\"isPartial\":true,"
	static const char text[] =
	    "{\"status\":\"success\"," DOUBTS
	    "\"data\":{\"resultType\":\"matrix\",\"result\":[" SERIES(
		TX, WEB_1, "[1000,\"5\"]") "]}}"
					   "{\"status\":\"success\"," DOUBTS
					   "\"data\":{\"resultType\":\"matrix\","
					   "\"result\":[" SERIES(TX, WEB_1,
								 "[1060,\"6\"]") "]}}";
	struct reading *r = read_text(text);

	assert_int_equal(r->result, TRACE_END);
	assert_int_equal(r->count, 2);
	assert_int_equal(r->complaints, 3);
	assert_non_null(strstr(r->said, "a warning: store 10.0.0.7 did? answer late"));
	assert_non_null(strstr(r->said, "a remark: metric might not be a counter"));
	assert_non_null(strstr(r->said, "partial (isPartial)"));
	r = read_text(
	    "{\"isPartial\":false,\"warnings\":[],\"data\":{\"result\":[" SERIES(
		TX, WEB_1, "[1000,\"5\"]") "]}}");
	assert_int_equal(r->complaints, 0);
	assert_int_equal(r->count, 1);
}

CASE(answers_without_one_counter_are_refused_with_a_reason)
{
	static const struct {
		const char *text, *reason;
	} bad[] = {
	    {ANSWER(SERIES(TX, WEB_1, "[1000,5],[1060,6]")), "the values are numbers"},
	    {ANSWER("{\"metric\":{\"__name__\":\"" TX "\"},\"histograms\":[[1,{}]]}"),
	     "histograms only"},
	    {ANSWER(SERIES(TX, WEB_1, "")), "no series of a signal has a point"},
	    {ANSWER(SERIES(TX, WEB_1, "[1000,\"NaN\"]")),
	     "has a point that is a counter"},
	    {"{\"metric\":{\"__name__\":\"" TX
	     "\"},\"values\":[5,6],\"timestamps\":[1000000,1060000]}",
	     "an export of VictoriaMetrics"},
	    {ANSWER(SERIES(TX, WEB_1,
			   "[10,\"9\"],[20,\"3\"],[30,\"8\"],[40,\"2\"],[50,\"7\"],"
			   "[60,\"1\"],[70,\"6\"]")),
	     "tx_bytes falls in 3 of 7 points"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct reading *r = read_text(bad[i].text);
		assert_int_equal(r->result, TRACE_INVALID);
		assert_int_equal(r->count, 0);
		if (!strstr(r->err.text, bad[i].reason))
			fail_msg("\"%s\" is not in: %s", bad[i].reason, r->err.text);
	}
}

CASE(times_in_milliseconds_are_converted)
{
	struct reading *r = read_text(ANSWER(SERIES(
	    TX, WEB_1, "[1767225600000,\"5\"],[1767225660000,\"6\"],[7,\"7\"]")));

	assert_int_equal(r->count, 2);
	assert_true(r->samples[1].time == 1767225660);
	assert_int_equal(r->complaints, 2);
	assert_non_null(strstr(r->said, "times are in milliseconds"));
	assert_non_null(strstr(r->said, "1 points are not counters"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(series_of_the_same_labels_are_one_trace),
	    cmocka_unit_test(each_set_of_labels_is_a_trace_of_its_own_with_its_pod),
	    cmocka_unit_test(a_point_that_one_series_lacks_is_an_absent_signal),
	    cmocka_unit_test(dormouses_own_metrics_are_one_trace_over_all_devices),
	    cmocka_unit_test(a_point_that_one_device_lacks_makes_no_sum),
	    cmocka_unit_test(loopback_and_strange_metrics_are_left_out_and_said),
	    cmocka_unit_test(the_inner_object_and_promtools_list_will_do),
	    cmocka_unit_test(what_is_no_range_of_counters_is_refused_with_a_reason),
	    cmocka_unit_test(strange_points_are_left_out),
	    cmocka_unit_test(labels_too_long_for_an_alert_are_left_out),
	    cmocka_unit_test(answers_of_one_series_are_one_life),
	    cmocka_unit_test(inputs_are_joined_by_their_labels),
	    cmocka_unit_test(devices_are_joined_each_with_itself),
	    cmocka_unit_test(answers_that_contradict_one_another_are_two_lives),
	    cmocka_unit_test(doubts_of_whoever_answered_are_told_once),
	    cmocka_unit_test(answers_without_one_counter_are_refused_with_a_reason),
	    cmocka_unit_test(times_in_milliseconds_are_converted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_output.c - what `dormouse replay` says of traces: the summary, the files
 * that it writes, its doubts, and why something is no trace. */
#include "../support/testing.h"
#include "replay_fixture.h"

CASE(summary_is_for_people)
{
	struct ran *r = replay("", ARGV((char *)"--summary", attack_csv));

	assert_int_equal(r->status, 0);
	assert_null(strchr(r->out, '{'));
	assert_non_null(strstr(r->out, "attack: 1501 samples in 4h 10m, one each 10s"));
	assert_non_null(strstr(r->out, "learning   2026-01-01 00:00:00"));
	assert_non_null(strstr(r->out, "dormancy-break"));
	assert_non_null(strstr(r->out, "\n  tx_bytes     "));
	assert_null(strstr(r->out, "\n  udp_tx_bytes     "));
	const char *absent =
	    strstr(r->out, "absent from the trace, and so not judged:");
	assert_non_null(absent);
	assert_non_null(strstr(absent, " udp_tx_bytes,"));
	assert_null(strstr(absent, " rx_bytes,"));
	assert_null(strstr(r->out, "note:"));
}

CASE(the_baseline_goes_to_a_file_a_line_a_trace)
{
	static char text[65536];

	struct ran *r =
	    replay("", ARGV((char *)"--baseline-out", unmade, attack_csv, quiet_csv));
	assert_int_equal(r->status, 0);
	int fd = open(unmade, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	take_output(fd, text, sizeof(text));
	assert_int_equal(count_lines(text), 2);
	cJSON *json = cJSON_ParseWithLength(text, strcspn(text, "\n"));
	assert_non_null(json);
	assert_string_equal(word(json, "format"), "dormouse.dev/baseline/v1");
	assert_string_equal(word(json, "workload"), "Pod/attack");
	assert_true(cJSON_GetArraySize(cJSON_GetObjectItem(json, "signals")) > 0);
	cJSON_Delete(json);
}

/* Rows each ten seconds, the last six of each 720 of them at n kB/s, n rising. */
static size_t put_wakes(char *text, size_t size, unsigned rows)
{
	size_t length = (size_t)snprintf(text, size, "time,tx_bytes\n");
	unsigned long long sent = 0;

	for (unsigned n = 0; n < rows; n++) {
		sent += n % 720 >= 714 ? 20000ull * (n / 720 + 1) : 10;
		length += (size_t)snprintf(text + length, size - length, "%.0f,%llu\n",
					   T0 + 10.0 * n, sent);
	}
	return length;
}

/* A pod that wakes for a minute each two hours, ever louder: each time another alert,
 * more of them than the store remembers. */
CASE(alerts_pushed_out_of_the_book_are_printed_too)
{
	enum { WAKES = 100 };
	const unsigned rows = (WAKES + 1) * 720;
	char *text = malloc(rows * 40ul), *last = NULL;
	struct ran *r;

	assert_non_null(text);
	assert_true(put_wakes(text, rows * 40ul, rows) < rows * 40ul);
	r = replay(text, ARGV((char *)"--egress-budget=1kB", (char *)"-"));
	free(text);
	assert_int_equal(r->status, 0);
	const unsigned printed = count_lines(r->out);
	assert_true(printed > ALERTS_REMEMBERED);
	/* Each once, in the order in which they were raised. */
	for (unsigned i = 0; i < printed; i++) {
		cJSON *alert = line_of(r, i);
		const char *starts = word(alert, "startsAt");
		assert_true(!last || strcmp(last, starts) <= 0);
		free(last);
		last = strdup(starts);
		cJSON_Delete(alert);
	}
	free(last);
}

CASE(a_csv_file_has_a_row_for_each_sample)
{
	static char text[2 * OUTPUT_MAX];

	struct ran *r =
	    replay("", ARGV((char *)"--csv", unmade, attack_csv, quiet_csv));
	assert_int_equal(r->status, 0);
	int fd = open(unmade, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	take_output(fd, text, sizeof(text));
	assert_int_equal(count_lines(text), 1 + 1501 + 721);
	assert_true(strncmp(text,
			    "time,trace,state,alerts,tx_bytes_value,"
			    "tx_bytes_threshold,tx_bytes_state,",
			    70) == 0);
	assert_non_null(strstr(text, "\n2026-01-01T00:00:00.000Z,attack,learning,,"));
	const char *row = strstr(text, "\n2026-01-01T02:05:00.000Z,attack,active,"
				       "dormancy-break,1000010,");
	assert_non_null(row);
	assert_memory_equal(strchr(row + 70, ',') + 1, "alert,", 6);
	assert_non_null(strstr(text, "\n2026-01-01T01:30:00.000Z,quiet,dormant,,10,"));
	/* As many cells in each row, and a signal that is not there is said to be so.
	 */
	for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
		unsigned commas = 0;
		for (const char *p = at; *p != '\n'; p++)
			commas += *p == ',';
		assert_int_equal(commas, 3 + 3 * SIGNAL_COUNT);
	}
	assert_non_null(strstr(text, ",,,absent\n"));
}

CASE(a_trace_shorter_than_the_learning_says_so)
{
	struct ran *r =
	    replay("", ARGV((char *)"--summary", (char *)"--learn=2h1m", quiet_csv));

	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->err, "the trace lasts 2h, shorter than --learn"));
	assert_non_null(
	    strstr(r->out, "note: the trace lasts 2h, shorter than --learn"));
	assert_non_null(strstr(r->out, "tx_bytes"));
	r = replay("", ARGV((char *)"--learn=2h", quiet_csv));
	assert_string_equal(r->err, "");
}

CASE(columns_are_mapped_by_flags_and_a_variable)
{
	static const char text[] = "when;out;in\n1;5;6\n11;6;7\n";

	struct ran *r = replay(text, ARGV((char *)"--summary", (char *)"--column",
					  (char *)"tx_bytes=out", (char *)"--column",
					  (char *)"time=when", (char *)"-"));
	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->out, "stdin: 2 samples in 10s"));
	setenv("DORMOUSE_COLUMN", "tx_bytes=out,rx_bytes=in,time=when", 1);
	r = replay(text, ARGV((char *)"--summary", (char *)"-"));
	unsetenv("DORMOUSE_COLUMN");
	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->out, "\n  rx_bytes"));
	r = replay(text, ARGV((char *)"--column=out", (char *)"-"));
	assert_int_equal(r->status, 2);
	assert_non_null(strstr(r->err, "invalid value \"out\" for --column: "));
}

/* Half of the attack in one answer, the rest in another, given in the wrong order; and
 * a trace of CSV between them that is a pod of its own. */
CASE(answers_in_several_files_are_one_life)
{
	static char parts[2][256 * 1024];
	char paths[2][64];

	for (unsigned part = 0; part < 2; part++) {
		size_t length = (size_t)snprintf(
		    parts[part], sizeof(parts[part]),
		    "{\"status\":\"success\",\"warnings\":[\"part %u\"],\"data\":{"
		    "\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":"
		    "\"container_network_transmit_bytes_total\",\"pod\":\"web-1\"},"
		    "\"values\":[",
		    part);
		for (unsigned n = part * 740; n <= 745 + part * 755; n++) {
			struct sample s = attack_sample(n, 10);
			length += (size_t)snprintf(
			    parts[part] + length, sizeof(parts[part]) - length,
			    "%s[%.0f,\"%llu\"]", n > part * 740 ? "," : "", s.time,
			    (unsigned long long)s.value[SIGNAL_TX_BYTES]);
		}
		snprintf(parts[part] + length, sizeof(parts[part]) - length, "]}]}}");
		write_file(paths[part], part ? "1.json" : "0.json", parts[part]);
	}
	struct ran *r = replay("", ARGV(paths[1], quiet_csv, paths[0]));
	assert_int_equal(r->status, 0);
	assert_int_equal(count_lines(r->out), 1);
	cJSON *alert = line_of(r, 0);
	assert_string_equal(word(alert, "kind"), "dormancy-break");
	assert_string_equal(word(alert, "endsAt"), "2026-01-01T02:10:00.000Z");
	assert_true(number(alert, "totalBytes") >= 600e6);
	cJSON_Delete(alert);
	assert_non_null(
	    strstr(r->err, "1.json: the answer comes with a warning: part 1"));

	r = replay("", ARGV((char *)"--summary", paths[1], paths[0]));
	assert_non_null(strstr(r->out, "web-1 {\"pod\":\"web-1\"}: 1501 samples"));
	assert_non_null(
	    strstr(r->out, "note: the answer comes with a warning: part 1"));
	assert_non_null(
	    strstr(r->out, "0.json: the answer comes with a warning: part 0"));
	unlink(paths[0]);
	unlink(paths[1]);
}

/* One trace of an answer that is of no use takes nothing from the others. */
CASE(a_series_that_is_no_counter_is_refused_alone)
{
	static const char text[] =
	    "[{\"metric\":{\"__name__\":\"container_network_transmit_bytes_total\","
	    "\"namespace\":\"shop\",\"pod\":\"rate\"},\"values\":[[10,\"9\"],[20,\"1\"]"
	    ","
	    "[30,\"8\"],[40,\"2\"],[50,\"7\"],[60,\"3\"],[70,\"6\"]]},"
	    "{\"metric\":{\"__name__\":\"container_network_transmit_bytes_total\","
	    "\"namespace\":\"shop\",\"pod\":\"web\"},\"values\":[[10,\"1\"],[20,\"2\"]]"
	    "}]";
	struct ran *r = replay(text, ARGV((char *)"--summary", (char *)"-"));

	assert_int_equal(r->status, 2);
	assert_non_null(strstr(r->err,
			       "shop/rate: standard input: not a trace: tx_bytes "
			       "falls in 3 of 7 points"));
	assert_null(strstr(r->out, "shop/rate"));
	assert_non_null(strstr(r->out, "shop/web {"));
}

/* In the summary, and in the note that the trace is short. */
CASE(no_label_reaches_the_terminal_as_it_is)
{
	static const char text[] =
	    "[{\"metric\":{\"__name__\":\"container_network_transmit_bytes_total\","
	    "\"namespace\":\"sh\\u009bop\",\"pod\":\"w\\u009b2J\\u202e\\u001b\","
	    "\"a\\u009bb\":\"c\\u061cd\"},\"values\":[[10,\"1\"],[20,\"2\"]]}]";
	static const char *const unsafe[] = {"\xC2\x9B", "\xE2\x80", "\033",
					     "\xD8\x9C"};
	struct ran *r = replay(text, ARGV((char *)"--summary", (char *)"-"));

	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->out, "sh?op/w?2J?? {"));
	assert_non_null(strstr(r->err, "sh?op/w?2J??: "));
	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++) {
		assert_null(strstr(r->out, unsafe[i]));
		assert_null(strstr(r->err, unsafe[i]));
	}
}

CASE(what_is_of_no_use_is_status_2_with_a_reason)
{
	static const char *const texts[] = {
	    "",
	    "time,tx_bytes\n",
	    "time,tx_bytes\n1,\n2,\n",
	    "time,tx_bytes\n1,9\n2,1\n3,8\n4,2\n5,7\n6,3\n7,6\n",
	    "time,tx_bytes\n1,9\n1,1\n2,9\n2,1\n3,9\n3,1\n",
	    "[]",
	    "{}",
	    "PK\x03\x04"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ran *r =
		    replay(texts[i], ARGV((char *)"--summary", (char *)"-"));
		assert_int_equal(r->status, 2);
		assert_string_equal(r->out, "");
		assert_non_null(strstr(r->err, "standard input: not a trace: "));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(summary_is_for_people),
	    cmocka_unit_test(the_baseline_goes_to_a_file_a_line_a_trace),
	    cmocka_unit_test(alerts_pushed_out_of_the_book_are_printed_too),
	    cmocka_unit_test(a_csv_file_has_a_row_for_each_sample),
	    cmocka_unit_test(a_trace_shorter_than_the_learning_says_so),
	    cmocka_unit_test(columns_are_mapped_by_flags_and_a_variable),
	    cmocka_unit_test(answers_in_several_files_are_one_life),
	    cmocka_unit_test(a_series_that_is_no_counter_is_refused_alone),
	    cmocka_unit_test(no_label_reaches_the_terminal_as_it_is),
	    cmocka_unit_test(what_is_of_no_use_is_status_2_with_a_reason),
	};

	return cmocka_run_group_tests(tests, make_traces, remove_traces);
}

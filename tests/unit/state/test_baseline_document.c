/* SPDX-License-Identifier: Apache-2.0 */
/* The baseline as a document: what is written is read, what is read is checked, what is
 * unknown is kept. */
#include <math.h>

#include "../support/testing.h"
#include "baseline_fixture.h"

static struct baseline_document made, got, other;

static char *text_of(const struct baseline_document *b)
{
	struct error err;
	char *text = baseline_document_text(b, &err);

	assert_non_null(text);
	return text;
}

static void read_good(struct baseline_document *b, const char *text)
{
	struct error err = {""};

	if (baseline_document_read(b, text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
}

/* Returns the reason why the text is refused; it is then empty. */
static const char *refusal(const char *text)
{
	static struct error err;
	static const struct baseline_document empty;

	assert_int_equal(baseline_document_read(&got, text, strlen(text), &err), -1);
	assert_memory_equal(&got, &empty, sizeof(got));
	return err.text;
}

/* The text with the first `what` replaced. The caller frees it. */
static char *with(const char *text, const char *what, const char *by)
{
	const char *at = strstr(text, what);
	const size_t size = strlen(text) + strlen(by) + 1;
	char *changed = malloc(size);

	if (!at)
		fail_msg("the document has no %s", what);
	snprintf(changed, size, "%.*s%s%s", (int)(at - text), text, by,
		 at + strlen(what));
	return changed;
}

CASE(what_is_written_is_read)
{
	fill_document(&made);
	char *text = text_of(&made);

	read_good(&got, text);
	assert_string_equal(got.workload, made.workload);
	assert_string_equal(got.cluster, made.cluster);
	assert_true(got.past.since == made.past.since);
	assert_true(got.past.until == made.past.until);
	assert_true(got.past.watched_s == 90000 && got.past.longest_s == 60000);
	assert_true(got.past.judged_s == 80000 && got.past.dormant_share == 0.75);
	assert_int_equal(got.past.pods, 3);
	for (unsigned s = 0; s < PAST_SERIES; s++)
		for (unsigned k = 0; k < PAST_WINDOWS; k++) {
			double a = made.past.series[s].greatest[k];
			double b = got.past.series[s].greatest[k];
			assert_true(fabs(a - b) <= a * 0.0005);
		}
	assert_int_equal(got.past.departure_count, 2);
	assert_int_equal(got.past.departure[1].view.second_of_day, 9 * 3600 + 600);
	assert_int_equal(got.past.departure[1].view.weekday, 2);
	assert_int_equal(got.past.departure[1].view.every_days, 2);
	assert_true(got.past.departure[0].reach[SIGNAL_TX_BYTES][3] == 5e8);
	assert_int_equal(got.peer_count, 2);
	assert_int_equal(got.peer[1].family, AF_INET6);
	assert_int_equal(got.peer[1].protocol, IPPROTO_UDP);
	assert_int_equal(got.peer[0].port, 443);
	assert_int_equal(got.sensitivity, SENSITIVITY_NORMAL);
	assert_null(got.unknown);
	baseline_document_end(&got);
	free(text);
}

CASE(the_same_document_gives_the_same_bytes)
{
	fill_document(&made);
	char *text = text_of(&made);

	read_good(&got, text);
	char *again = text_of(&got);
	assert_string_equal(again, text);
	/* A few kilobytes, and lines that a person can compare. */
	assert_true(strlen(text) < 8192);
	assert_non_null(strstr(text, "\n  \"workload\":\"Deployment/reports\",\n"));
	assert_non_null(strstr(text, "\n    {\"signal\":\"rx_bytes\","));
	assert_string_equal(text + strlen(text) - 3, "\n}\n");
	free(again);
	free(text);
	baseline_document_end(&got);
}

CASE(a_document_of_nothing_is_one)
{
	memset(&made, 0, sizeof(made));
	char *text = text_of(&made);

	read_good(&got, text);
	assert_true(got.past.watched_s == 0);
	baseline_document_end(&got);
	free(text);
}

CASE(what_is_unknown_is_kept)
{
	fill_document(&made);
	char *text = text_of(&made);
	char *more =
	    with(text, "\"workload\"", "\"note\":{\"by\":[1,\"a]\"]},\"workload\"");
	char *mine = with(more, "{\"signal\":\"tx_bytes\",",
			  "{\"signal\":\"icmp_bytes\",\"mean\":3},"
			  "{\"signal\":\"tx_bytes\",\"median\":17,");

	read_good(&got, mine);
	assert_non_null(got.unknown);
	char *kept = text_of(&got);
	assert_non_null(strstr(kept, "\"note\":{\"by\":[1,\"a]\"]}"));
	assert_non_null(strstr(kept, "\"median\":17"));
	assert_non_null(strstr(kept, "\"signal\":\"icmp_bytes\",\"mean\":3"));
	read_good(&other, kept);
	char *twice = text_of(&other);
	assert_string_equal(twice, kept);
	/* What is known is not kept from the old text. */
	got.peer_count = 0;
	free(kept);
	kept = text_of(&got);
	assert_null(strstr(kept, "10.1.2.0/24"));
	free(twice);
	free(kept);
	free(mine);
	free(more);
	free(text);
	baseline_document_end(&got);
	baseline_document_end(&other);
}

CASE(what_is_wrong_is_named)
{
	static const struct {
		const char *what, *by, *reason;
	} cases[] = {
	    {"dormouse.dev/baseline/v1", "dormouse.dev/baseline/v2\\u001b[2J",
	     "not \"dormouse.dev/baseline/v2?[2J\""},
	    {"\"format\":", "\"form\":", "format: expected"},
	    {"\"pods\":3", "\"pods\":-3", "pods: expected a number of 0 or more"},
	    {"\"pods\":3", "\"pods\":1e400", "pods: expected a number"},
	    {"\"pods\":3", "\"pods\":\"3\"", "pods: expected a number"},
	    {"\"watchedSeconds\":90000", "\"watchedSeconds\":1e13", "watchedSeconds"},
	    {"\"dormantShare\":0.75", "\"dormantShare\":1.5", "dormantShare"},
	    {"2026-09-07T", "2026-09-77T", "since: expected a time such as"},
	    {"\"10s\"", "\"11s\"", "windows: expected those of this version"},
	    {"\"steady-10m\"", "\"steady-10m\",\"1d\"", "windows"},
	    {"0.999", "0.998", "shares: expected those of this version"},
	    {"\"learn\":3600", "\"learn\":null", "learntWith: learn"},
	    {"\"sensitivity\":\"normal\"", "\"sensitivity\":\"huge\"", "sensitivity"},
	    {"\"signals\":[", "\"signals\":0,\"x\":[", "signals: expected an array"},
	    {"{\"signal\":\"tx_bytes\"", "{\"signal\":7", "signals: expected objects"},
	    {"\"quantiles\":[1000,2000", "\"quantiles\":[3000,2000",
	     "tx_bytes: quantiles: expected numbers that do not fall"},
	    {"\"greatest\":[30000,", "\"greatest\":[",
	     "tx_bytes: greatest: expected 7"},
	    {"\"greatest\":[30000,", "\"greatest\":[1,2,", "tx_bytes: greatest"},
	    {"\"greatest\":[30000,", "\"greatest\":[\"a\",", "tx_bytes: greatest"},
	    {"\"greatest\":[30000,", "\"greatest\":[1e19,", "tx_bytes: greatest"},
	    {"\"timeOfDay\":\"02:10\"", "\"timeOfDay\":\"24:10\"", "timeOfDay"},
	    {"\"timeOfDay\":\"02:10\"", "\"timeOfDay\":\"2:1x\"", "timeOfDay"},
	    {"\"days\":\"interval\"", "\"days\":\"never\"", "departures: days"},
	    {"\"prefix\":\"10.1.2.0/24\"", "\"prefix\":\"10.1.2.0/33\"",
	     "peers: prefix"},
	    {"\"prefix\":\"10.1.2.0/24\"", "\"prefix\":\"10.1.2/24\"", "peers: prefix"},
	    {"\"prefix\":\"10.1.2.0/24\"", "\"prefix\":\"\"", "peers: prefix"},
	    {"\"protocol\":\"tcp\"", "\"protocol\":\"sctp\"", "peers: protocol"},
	    {"\"port\":443", "\"port\":70000", "peers: port"},
	};

	fill_document(&made);
	char *text = text_of(&made);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *bad = with(text, cases[i].what, cases[i].by);
		const char *reason = refusal(bad);
		if (!strstr(reason, cases[i].reason))
			fail_msg("%s: %s", cases[i].by, reason);
		free(bad);
	}
	free(text);
}

CASE(what_is_no_json_is_refused_with_its_line)
{
	char *deep = malloc(40001), *zeros = calloc(1, BASELINE_BYTES_MAX + 2);
	struct error err;

	assert_non_null(strstr(refusal("{\n\n  \"format\": nonsense\n}"), "line 3"));
	assert_non_null(strstr(refusal("[]"), "expected a JSON object"));
	assert_non_null(strstr(refusal("{\"format\":\"dormouse.dev/baseline/v1\"} {}"),
			       "expected"));
	assert_non_null(strstr(refusal(""), "expected a JSON object"));
	assert_non_null(strstr(refusal("{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"),
			       "at most 16 levels"));
	memset(deep, '[', 40000);
	deep[40000] = '\0';
	refusal(deep);
	assert_int_equal(
	    baseline_document_read(&got, zeros, BASELINE_BYTES_MAX + 1, &err), -1);
	assert_non_null(strstr(err.text, "at most 131072 bytes"));
	free(zeros);
	free(deep);
}

CASE(too_many_of_anything_are_refused)
{
	static char many[65536];
	struct text t = text_over(many, sizeof(many));

	fill_document(&made);
	char *text = text_of(&made);
	text_put_bytes(&t, text, (size_t)(strstr(text, "{\"prefix\"") - text));
	for (unsigned i = 0; i < 65; i++)
		text_printf(&t, "%s{\"prefix\":\"10.0.%u.0/24\",\"protocol\":\"tcp\"}",
			    i ? "," : "", i);
	text_put(&t, "]}");
	assert_false(t.overflowed);
	assert_non_null(strstr(refusal(many), "peers: expected at most 64"));
	free(text);
}

CASE(documents_are_merged)
{
	fill_document(&made);
	fill_document(&other);
	memset(other.workload, 0, sizeof(other.workload));
	other.peer[0] = peer_of("10.1.2.0", 24, 443, 1000);
	other.peer[1] = peer_of("10.9.9.9", 32, 80, 1ull << 40);
	for (unsigned k = 0; k < PAST_WINDOWS; k++)
		other.past.series[0].greatest[k] *= 3;
	baseline_document_merge(&made, &other);
	assert_string_equal(made.workload, "Deployment/reports");
	assert_int_equal(made.past.pods, 6);
	assert_true(made.past.series[0].greatest[0] == 90000);
	assert_int_equal(made.past.departure_count, 2);
	assert_int_equal(made.peer_count, 3);
	assert_int_equal(made.peer[0].port, 80);
	assert_true(made.peer[1].bytes == 123456789 + 1000);
	assert_int_equal(made.peer[1].connections, 14);
}

CASE(the_most_used_peers_are_kept)
{
	char address[32];

	fill_document(&made);
	fill_document(&other);
	for (unsigned i = 0; i < BASELINE_PEERS_MAX; i++) {
		snprintf(address, sizeof(address), "10.0.%u.0", i);
		made.peer[i] = peer_of(address, 24, 443, 100 + i);
		snprintf(address, sizeof(address), "10.1.%u.0", i);
		other.peer[i] = peer_of(address, 24, 443, 1000 + i);
	}
	made.peer_count = other.peer_count = BASELINE_PEERS_MAX;
	baseline_document_merge(&made, &other);
	assert_int_equal(made.peer_count, BASELINE_PEERS_MAX);
	for (unsigned i = 0; i < BASELINE_PEERS_MAX; i++)
		assert_true(made.peer[i].bytes == 1063 - i);
}

CASE(merging_keeps_what_is_unknown_in_either)
{
	fill_document(&made);
	char *text = text_of(&made);
	char *a = with(text, "\"workload\"", "\"one\":1,\"workload\"");
	char *b = with(text, "\"workload\"", "\"one\":5,\"two\":2,\"workload\"");

	read_good(&got, a);
	read_good(&other, b);
	baseline_document_merge(&got, &other);
	baseline_document_end(&other);
	char *both = text_of(&got);
	assert_non_null(strstr(both, "\"one\":1"));
	assert_non_null(strstr(both, "\"two\":2"));
	assert_non_null(strstr(both, "\"pods\":6"));
	free(both);
	free(a);
	free(b);
	free(text);
	baseline_document_end(&got);
}

CASE(a_file_is_read_or_refused_by_name)
{
	struct error err;

	assert_int_equal(baseline_document_load(&got, "/nonexistent/x.json",
						BASELINE_BYTES_MAX, &err),
			 -1);
	assert_string_equal(err.text, "/nonexistent/x.json: No such file or directory");
	assert_int_equal(
	    baseline_document_load(&got, "/dev/null", BASELINE_BYTES_MAX, &err), -1);
	assert_non_null(strstr(err.text, "/dev/null: line 1: expected a JSON object"));
	assert_int_equal(baseline_document_load(&got, "/", BASELINE_BYTES_MAX, &err),
			 -1);
	assert_string_equal(err.text, "/: read: Is a directory");
	assert_int_equal(
	    baseline_document_load(&got, "/dev/zero", BASELINE_BYTES_MAX, &err), -1);
	assert_non_null(strstr(err.text, "/dev/zero: expected at most"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read),
	    cmocka_unit_test(the_same_document_gives_the_same_bytes),
	    cmocka_unit_test(a_document_of_nothing_is_one),
	    cmocka_unit_test(what_is_unknown_is_kept),
	    cmocka_unit_test(what_is_wrong_is_named),
	    cmocka_unit_test(what_is_no_json_is_refused_with_its_line),
	    cmocka_unit_test(too_many_of_anything_are_refused),
	    cmocka_unit_test(documents_are_merged),
	    cmocka_unit_test(the_most_used_peers_are_kept),
	    cmocka_unit_test(merging_keeps_what_is_unknown_in_either),
	    cmocka_unit_test(a_file_is_read_or_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

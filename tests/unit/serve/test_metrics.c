/* SPDX-License-Identifier: Apache-2.0 */
/* test_metrics.c - what /metrics says, in both formats, and which one a client gets. */
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "../support/promtool.h"
#include "../support/rooms_fixture.h"
#include "../support/testing.h"
#include "metrics/exposition.h"

static char page[64 * 1024];

static const char *render(bool openmetrics)
{
	struct text t = text_over(page, sizeof(page));

	metrics_render(&fake_source, (struct metrics_form){.openmetrics = openmetrics},
		       &t);
	assert_false(t.overflowed);
	return page;
}

static unsigned count_series(const char *text)
{
	unsigned count = 0;

	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		count += line[0] != '#';
	return count;
}

static bool has_line(const char *text, const char *line)
{
	size_t length = strlen(line);

	for (const char *at = text; (at = strstr(at, line)); at++)
		if ((at == text || at[-1] == '\n') && at[length] == '\n')
			return true;
	return false;
}

static int quiet_pod(void **state)
{
	(void)state;
	fake_quiet_pod();
	return 0;
}

CASE(a_pod_with_one_interface_has_at_most_100_series)
{
	unsigned series = count_series(render(false));

	print_message("%u series\n", series);
	assert_in_range(series, 60, 100);
	assert_int_equal(count_series(render(true)), series);
}

/* What a neighbour may read is in no way about what the detector knows. */
CASE(counters_are_few_and_say_nothing_of_detection)
{
	static const char *const told[] = {
	    "threshold",    "baseline",  "signal",   "alert",
	    "pod_state",    "routine",   "incident", "unaccounted",
	    "destinations", "untracked", "lost",
	};
	static char counters[sizeof(page)];
	struct text t = text_over(counters, sizeof(counters));

	metrics_render(&fake_source, (struct metrics_form){METRICS_COUNTERS, false},
		       &t);
	assert_in_range(count_series(counters), 30, 45);
	for (char *at = counters; *at; at = strchr(at, '\n') + 1) {
		/* The names and labels of samples; that of a listener is a flag. */
		size_t length = strcspn(at, "\n");
		for (size_t i = 0; at[0] != '#' && i < sizeof(told) / sizeof(told[0]);
		     i++)
			if (memmem(at, length, told[i], strlen(told[i])) &&
			    strncmp(at, "dormouse_listener_up", 20) != 0)
				fail_msg("%.*s", (int)length, at);
	}
	/* Nothing is there that the full page lacks. */
	const char *full = render(false);
	for (char *at = counters; *at; at = strchr(at, '\n') + 1) {
		char line[512];

		snprintf(line, sizeof(line), "\n%.*s", (int)strcspn(at, " \n"), at);
		if (at[0] != '#' && at != counters && !strstr(full, line))
			fail_msg("%s", line);
	}
	t = text_over(counters, sizeof(counters));
	metrics_render(&fake_source, (struct metrics_form){METRICS_COUNTERS, true}, &t);
	assert_in_range(count_series(counters), 30, 45);
}

CASE(every_name_of_the_design_is_there)
{
	static const char *const lines[] = {
	    "dormouse_network_receive_bytes_total{device=\"eth0\"} 678",
	    "dormouse_network_receive_packets_total{device=\"eth0\"} 0",
	    "dormouse_network_receive_errors_total{device=\"eth0\"} 0",
	    "dormouse_network_receive_drop_total{device=\"eth0\"} 0",
	    "dormouse_network_transmit_bytes_total{device=\"eth0\"} 12345",
	    "dormouse_network_transmit_packets_total{device=\"eth0\"} 0",
	    "dormouse_network_transmit_errors_total{device=\"eth0\"} 0",
	    "dormouse_network_transmit_drop_total{device=\"eth0\"} 0",
	    "dormouse_tcp_transmit_bytes_total 999",
	    "dormouse_tcp_initiated_transmit_bytes_total 0",
	    "dormouse_tcp_connections_opened_total 0",
	    "dormouse_udp_transmit_packets_total 0",
	    "dormouse_destinations 0",
	    "dormouse_container_tcp_transmit_bytes_total{container=\"cgroup-4711\"} 0",
	    "dormouse_self_transmit_bytes_total 4242",
	    "dormouse_signal_value{signal=\"tx_bytes\"} 0.333333",
	    "dormouse_baseline_mean{signal=\"tx_bytes\"} 0.1",
	    "dormouse_baseline_stddev{signal=\"tx_bytes\"} 0.25",
	    "dormouse_baseline_threshold{signal=\"tx_bytes\"} 1000.5",
	    "dormouse_baseline_samples 360",
	    "dormouse_pod_state{state=\"learning\"} 0",
	    "dormouse_pod_state{state=\"dormant\"} 1",
	    "dormouse_alert_active{kind=\"proxy-relay\"} 1",
	    "dormouse_alert_active{kind=\"unexpected-destination\"} 0",
	    "dormouse_alerts_total{kind=\"proxy-relay\"} 2",
	    "dormouse_alert_recurrences_total 5",
	    "dormouse_incidents_displaced_total 7",
	    "dormouse_collector_success{collector=\"sockets\"} 0",
	    "dormouse_collector_success{collector=\"links\"} 1",
	    "dormouse_sample_duration_seconds 0.00025",
	    "dormouse_samples_total 18446744073709551615",
	    "dormouse_sample_gaps_total 0",
	    "dormouse_socket_events_lost_total 0",
	    "dormouse_config_errors 3",
	    "dormouse_confined 1",
	    "process_start_time_seconds 1700000000",
	};
	fake_alert(ALERT_PROXY_RELAY, 1.7e9, 1.7e9 + 60);
	fake_alert(ALERT_PROXY_RELAY, 1.7e9 + 100, 0);
	fake_collector.ok[COLLECTOR_SOCKETS] = false;
	fake_book.recurrences = 5;
	fake_detector.displaced = 7;
	fake_stats.samples = UINT64_MAX;
	fake_stats.last_sample_s = 0.00025;
	fake_stats.config_errors = 3;
	fake_stats.confined = true;
	const char *text = render(false);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!has_line(text, lines[i]))
			fail_msg("no line: %s\n%s", lines[i], text);
	assert_non_null(strstr(text, "\ndormouse_build_info{version=\""));
	assert_non_null(strstr(text, "\nprocess_resident_memory_bytes "));
}

CASE(a_signal_never_judged_has_no_value)
{
	fake_detector.judged[SIGNAL_TX_BYTES] = false;
	assert_null(strstr(render(false), "signal_value{signal=\"tx_bytes\"}"));
	assert_non_null(strstr(page, "signal_value{signal=\"udp_tx_packets\"}"));
}

CASE(nothing_is_above_a_threshold_that_is_not_there)
{
	fake_detector.views[SIGNAL_TX_BYTES].threshold = 0;
	assert_true(has_line(render(false),
			     "dormouse_baseline_threshold{signal=\"tx_bytes\"} +Inf"));
}

/* In OpenMetrics every sample belongs to the family named last, with the suffix of its
 * type; a family comes once; the text ends with # EOF. */
CASE(openmetrics_families_and_samples_agree)
{
	char family[128] = "", type[16] = "";
	size_t length = 0;

	render(true);
	for (char *line = page, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		assert_non_null(end);
		*end = '\0';
		if (strcmp(line, "# EOF") == 0) {
			assert_int_equal(end[1], '\0');
			return;
		}
		if (strncmp(line, "# HELP ", 7) == 0)
			continue;
		if (strncmp(line, "# TYPE ", 7) == 0) {
			const char *space = strchr(line + 7, ' ');

			length = (size_t)(space - line - 7);
			snprintf(family, sizeof(family), "%.*s", (int)length, line + 7);
			snprintf(type, sizeof(type), "%s", space + 1);
			continue;
		}
		const char *suffix = strcmp(type, "counter") == 0 ? "_total"
				     : strcmp(type, "info") == 0  ? "_info"
								  : "";
		size_t expected = length + strlen(suffix);
		assert_memory_equal(line, family, length);
		assert_memory_equal(line + length, suffix, strlen(suffix));
		assert_true(line[expected] == ' ' || line[expected] == '{');
	}
	fail_msg("no # EOF");
}

CASE(the_text_format_knows_no_info_and_no_end)
{
	const char *text = render(false);

	assert_null(strstr(text, "# EOF"));
	assert_null(strstr(text, " info\n"));
	assert_non_null(strstr(text, "# TYPE dormouse_build_info gauge\n"));
	assert_non_null(
	    strstr(text, "# TYPE dormouse_network_transmit_bytes_total counter\n"));
	assert_int_equal(text[strlen(text) - 1], '\n');
}

CASE(the_worst_that_there_can_be_fits_a_page)
{
	fake_collector.link_count = COLLECT_LINKS_MAX;
	for (int i = 0; i < COLLECT_LINKS_MAX; i++) {
		memset(&fake_collector.links[i], 0xFF, sizeof(struct link_counters));
		fake_collector.links[i].name[IF_NAMESIZE - 1] = '\0';
		fake_collector.links[i].name[0] = (char)('a' + i);
		fake_collector.links[i].on = fake_collector.links[i].ifindex;
		fake_collector.links[i].counted = true;
	}
	fake_collector.container_count = COLLECT_CONTAINERS_MAX + 1;
	for (int i = 0; i <= COLLECT_CONTAINERS_MAX; i++) {
		memset(fake_collector.containers[i].name, '"', 31);
		fake_collector.containers[i].tcp_tx_bytes = UINT64_MAX;
	}
	memset(&fake_collector.totals, 0xFF, sizeof(fake_collector.totals));
	render(true);
}

CASE(what_stands_on_what_is_shown)
{
	const char *text;

	fake_collector.link_count = 2;
	fake_collector.links[0].counted = true;
	fake_collector.links[1] =
	    (struct link_counters){.name = "wg\xC3\xB6", .ifindex = 7, .on = 2};
	text = render(false);
	assert_non_null(
	    strstr(text, "\ndormouse_interface_counted{device=\"eth0\",on=\"\"} 1\n"));
	assert_non_null(strstr(text,
			       "\ndormouse_interface_counted{device=\"wg\xC3\xB6\","
			       "on=\"eth0\"} 0\n"));
}

CASE(names_are_escaped)
{
	char text[128];
	struct text t = text_over(text, sizeof(text));

	exposition_escape(&t, "a\"b\\c\nd\xC3\xA9\xFF\\xFF");
	assert_string_equal(text, "a\\\"b\\\\c\\\\x0Ad\xC3\xA9\\\\xFF\\\\x5CxFF");
}

CASE(numbers_read_back_equal)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {{0, "m 0\n"},
		     {-0.5, "m -0.5\n"},
		     {0.1 + 0.2, "m 0.30000000000000004\n"},
		     {1e300, "m 1e+300\n"},
		     {123456789012.0, "m 123456789012\n"},
		     {1700000000.125, "m 1700000000.125\n"},
		     {999999999.999999, "m 999999999.999999\n"},
		     {0.000001, "m 0.000001\n"},
		     {0.0000001, "m 1e-07\n"},
		     {-12.5, "m -12.5\n"},
		     {HUGE_VAL, "m +Inf\n"},
		     {-HUGE_VAL, "m -Inf\n"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64];
		struct text t = text_over(text, sizeof(text));
		struct exposition x = {.t = &t, .name = "m"};

		exposition_number(&x, NULL, cases[i].value);
		assert_string_equal(text, cases[i].text);
	}
}

CASE(a_family_may_have_two_labels)
{
	char text[256];
	struct text t = text_over(text, sizeof(text));
	struct exposition x = {.t = &t};

	exposition_family_of_two(&x, METRIC_COUNTER, "pods_total", "outcome", "reason",
				 "Pods.");
	exposition_count_of_two(&x, "skipped", "\"why\"", 7);
	exposition_count_of_two(&x, "injected", "", 8);
	assert_string_equal(text,
			    "# HELP pods_total Pods.\n# TYPE pods_total counter\n"
			    "pods_total{outcome=\"skipped\",reason=\"\\\"why\\\"\"} 7\n"
			    "pods_total{outcome=\"injected\",reason=\"\"} 8\n");
}

CASE(a_histogram_counts_what_is_within_each_bound)
{
	static const double bounds[] = {0.00005, 0.25, 1};
	static const uint64_t counts[] = {1, 2, 0, 4};
	const struct exposition_buckets buckets = {bounds, counts, 3, 2.5};
	char text[512];
	struct text t = text_over(text, sizeof(text));
	struct exposition x = {.t = &t, .openmetrics = true};

	exposition_histogram(&x, "wait_seconds", "Waits.", &buckets);
	assert_string_equal(text, "# HELP wait_seconds Waits.\n"
				  "# TYPE wait_seconds histogram\n"
				  "wait_seconds_bucket{le=\"0.00005\"} 1\n"
				  "wait_seconds_bucket{le=\"0.25\"} 3\n"
				  "wait_seconds_bucket{le=\"1.0\"} 3\n"
				  "wait_seconds_bucket{le=\"+Inf\"} 7\n"
				  "wait_seconds_sum 2.5\n"
				  "wait_seconds_count 7\n");
}

CASE(promtool_finds_nothing)
{
	assert_promtool_finds_nothing(render(false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(counters_are_few_and_say_nothing_of_detection,
				   quiet_pod),
	    cmocka_unit_test_setup(a_pod_with_one_interface_has_at_most_100_series,
				   quiet_pod),
	    cmocka_unit_test_setup(every_name_of_the_design_is_there, quiet_pod),
	    cmocka_unit_test_setup(a_signal_never_judged_has_no_value, quiet_pod),
	    cmocka_unit_test_setup(nothing_is_above_a_threshold_that_is_not_there,
				   quiet_pod),
	    cmocka_unit_test_setup(openmetrics_families_and_samples_agree, quiet_pod),
	    cmocka_unit_test_setup(the_text_format_knows_no_info_and_no_end, quiet_pod),
	    cmocka_unit_test_setup(the_worst_that_there_can_be_fits_a_page, quiet_pod),
	    cmocka_unit_test_setup(what_stands_on_what_is_shown, quiet_pod),
	    cmocka_unit_test(names_are_escaped),
	    cmocka_unit_test(numbers_read_back_equal),
	    cmocka_unit_test(a_family_may_have_two_labels),
	    cmocka_unit_test(a_histogram_counts_what_is_within_each_bound),
	    cmocka_unit_test_setup(promtool_finds_nothing, quiet_pod),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_status.c - `dormouse status` asks a real server and prints what it learns. */
#include <cJSON.h>

#include "../support/asking_fixture.h"
#include "status/status.h"
#include "status/status_json.h"
#include "status/status_table.h"

static const char *run_status(const char *a, const char *b, const char *c)
{
	return run_asking("status", status_main, a, b, c);
}

CASE(people_get_a_table)
{
	fake_alert(ALERT_EGRESS_VOLUME, 1.7e9, 1.7e9 + 60);
	fake_alert(ALERT_DORMANCY_BREAK, 1.7e9 + 100, 0);
	fake_detector.values[SIGNAL_TX_BYTES] = 1234567;
	const char *text = run_status("--address", local, NULL);

	assert_int_equal(exit_status, 0);
	assert_has(text, "Pod       shop/cart-7d9f, deployment/cart, on node-1\n");
	assert_has(text, "State     dormant since 2023-11-14 22:13:20 UTC (");
	assert_has(text, "Learnt    360 intervals of 10 s since 2023-11-14 21:13:20");
	assert_has(text, "sent                        tx_bytes               1.23 MB/s>"
			 "1.00 kB/s     2 B/s\n");
	assert_has(text, "sent on its own connections tcp_initiated_tx_bytes  7.33 B/s "
			 "1.00 kB/s     2 B/s\n");
	assert_has(text, "addresses sent to           destinations  ");
	assert_has(
	    text, "FIRING    dormancy-break, high, risk 72 of 100\n"
		  "          onset 2023-11-14 22:14:50 UTC, raised 2023-11-14 22:15:00 "
		  "UTC (for\n          ");
	assert_has(text, "          sent (tx_bytes): 1.20 MB/s now, peak 1.30 MB/s, "
			 "judged by a threshold\n          of 2.25 kB/s\n"
			 "          Sent 1.2 MB/s where it never");
	assert_has(text, "          203.0.113.7:443/tcp          48.0 MB in 3 "
			 "connections, cgroup-4711\n"
			 "          Next: ask whether the pod has a reason");
	assert_has(text, "resolved  egress-volume, high, risk 72 of 100\n"
			 "          onset 2023-11-14 22:13:10 UTC, raised 2023-11-14 "
			 "22:13:20 UTC, over\n"
			 "          2023-11-14 22:14:20 UTC (lasted 1m 10s)\n"
			 "          sent (tx_bytes): peak 1.30 MB/s, judged by a "
			 "threshold of 2.25 kB/s\n");
	assert_null(strchr(text, '\033'));
}

CASE(no_line_is_wider_than_80_columns)
{
	static char name[254], workload[600];

	memset(name, 'x', sizeof(name) - 1);
	for (size_t i = 0; i + 3 < sizeof(workload); i += 3)
		memcpy(workload + i, "\xE6\x97\xA5", 4); /* two columns each */
	fake_pod.name = name;
	fake_pod.node = name;
	fake_pod.workload = workload;
	for (int i = 0; i < SIGNAL_COUNT; i++)
		fake_detector.values[i] = 9.99e300 / (i + 1);
	for (int i = 0; i < ALERTS_REMEMBERED; i++)
		fake_alert(ALERT_DORMANCY_BREAK, 1.7e9 + i, i % 2 ? 1.7e9 + 99 : 0);
	const char *text = run_status("--address", local, NULL);

	assert_int_equal(exit_status, 0);
	assert_has(text, "FIRING");
	assert_no_line_is_too_wide(text);
}

/* As a stranger may answer whom `status` takes for a monitor. */
static const char *table_of(const cJSON *status)
{
	static char text[256 * 1024];
	FILE *out = fmemopen(text, sizeof(text), "w");

	status_table(status, out);
	fclose(out);
	return text;
}

static cJSON *any_value(void)
{
	static const char *const strings[] = {
	    "",
	    "firing",
	    "resolved",
	    "proxy-relay",
	    "tx_bytes",
	    "2023-11-14T22:13:20.000Z",
	    "9999-99-99T99:99:99Z",
	    "\033[2J\r\n\t\xC2\x9B\xE2\x80\xAE\xE2\x80\xAC\xFF",
	    "fe80:1234:5678:9abc:def0:1234:5678:9abc%verylonginterface",
	    "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E-\xC3\xA9\xF0\x9F\x90\xAD",
	};
	static char endless[4096];
	static const double numbers[] = {0,   1,    -1,    0.001, 443,
					 1e9, 1e18, 1e300, -1e300};

	if (!endless[0])
		memset(endless, 'w', sizeof(endless) - 1);
	switch (random() % 4) {
	case 0:
		return cJSON_CreateNumber(numbers[random() % 9]);
	case 1:
		return cJSON_CreateString(endless);
	case 2:
		return cJSON_CreateNull();
	default:
		return cJSON_CreateString(strings[random() % 10]);
	}
}

static cJSON *any_object(const char *const *names)
{
	cJSON *object = cJSON_CreateObject();

	for (; *names; names++)
		if (random() % 8)
			cJSON_AddItemToObject(object, *names, any_value());
	return object;
}

static cJSON *any_status(void)
{
	static const char *const pod[] = {"name", "namespace", "workload", "node",
					  NULL};
	static const char *const top[] = {"state", "stateSince", "interval",
					  "interfacesMatched", NULL};
	static const char *const learnt[] = {"samples", "since", NULL};
	static const char *const signal[] = {"signal", "unit",      "value",
					     "p99",    "threshold", NULL};
	static const char *const alert[] = {"kind",   "severity", "riskScore", "status",
					    "onset",  "startsAt", "endsAt",    "value",
					    "signal", "peak",     "summary",   NULL};
	static const char *const destination[] = {
	    "address", "port", "protocol", "bytes", "connections", "container", NULL};
	static const char *const threshold[] = {"threshold", NULL};
	static const char *const relay[] = {"balance", NULL};
	cJSON *status = any_object(top);

	cJSON_AddItemToObject(status, "pod", any_object(pod));
	cJSON_AddItemToObject(status, "learnt", any_object(learnt));
	cJSON *signals = cJSON_AddArrayToObject(status, "signals");
	for (long n = random() % 20; n > 0; n--)
		cJSON_AddItemToArray(signals, any_object(signal));
	cJSON *alerts = cJSON_AddArrayToObject(status, "alerts");
	for (long n = random() % 4; n > 0; n--) {
		cJSON *one = any_object(alert);
		cJSON *evidence = cJSON_AddObjectToObject(one, "evidence");
		cJSON *list = cJSON_AddArrayToObject(evidence, "destinations");

		cJSON_AddItemToObject(one, "baseline", any_object(threshold));
		cJSON_AddItemToObject(evidence, "relay", any_object(relay));
		for (long m = random() % 8; m > 0; m--)
			cJSON_AddItemToArray(list, any_object(destination));
		cJSON_AddItemToArray(alerts, one);
	}
	return status;
}

CASE(whatever_answers_the_table_is_plain_and_fits)
{
	srandom(8);
	for (int run = 0; run < 3000; run++) {
		cJSON *status = any_status();
		const char *text = table_of(status), *unsafe = text;

		assert_no_line_is_too_wide(text);
		for (; *unsafe; unsafe++)
			assert_true((unsigned char)*unsafe >= 0x20 || *unsafe == '\n');
		assert_null(strstr(text, "\xC2\x9B"));
		assert_null(strstr(text, "\xE2\x80\xAC"));
		assert_null(strstr(text, "nan"));
		cJSON_Delete(status);
	}
}

CASE(a_monitor_that_watches_nothing_is_said)
{
	cJSON *status = cJSON_CreateObject();

	assert_null(strstr(table_of(status), "Watched"));
	cJSON *matched = cJSON_AddNumberToObject(status, "interfacesMatched", 0);
	assert_has(table_of(status), "\nWatched   NOTHING: no interface matches "
				     "--interfaces\n");
	cJSON_SetNumberValue(matched, 1);
	assert_has(table_of(status), "\nWatched   1 interface\n");
	cJSON_SetNumberValue(matched, 32);
	assert_has(table_of(status), "\nWatched   32 interfaces\n");
	cJSON_Delete(status);
}

CASE(without_alerts_there_is_nothing_to_do)
{
	fake_detector.state = POD_LEARNING;
	const char *text = run_status("--address", local, NULL);

	assert_has(text, "State     learning since");
	assert_has(text, "only absolute limits apply");
	assert_has(text, "\nNo alerts: nothing to do.\n");
	fake_alert(ALERT_MONITOR_GAP, 1.7e9, 1.7e9 + 60);
	assert_has(run_status("--address", local, NULL), "\nNothing fires now.\n");
}

CASE(programs_get_one_object)
{
	fake_alert(ALERT_DORMANCY_BREAK, 1.7e9 + 100, 0);
	cJSON *json =
	    cJSON_ParseWithOpts(run_status("--json", "--address", local), NULL, true);

	assert_int_equal(exit_status, 0);
	assert_true(cJSON_IsObject(json));
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "alerts")), 1);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "signals")),
			 SIGNAL_COUNT);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(json, "state")),
			    "dormant");
	cJSON_Delete(json);
}

static cJSON *nested(unsigned levels)
{
	cJSON *tree = cJSON_CreateArray();

	while (--levels > 0) {
		cJSON *outer = cJSON_CreateObject();

		cJSON_AddItemToObject(outer, "o", tree);
		tree = outer;
	}
	return tree;
}

CASE(an_answer_that_is_too_deep_is_refused)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	cJSON *most = nested(16), *more = nested(17);
	struct error err;

	assert_int_equal(status_json(most, out, &err), 0);
	assert_int_equal(status_json(more, out, &err), -1);
	assert_has(err.text, "more than 16 levels");
	fclose(out);
	cJSON *printed = cJSON_ParseWithOpts(text, NULL, true);
	assert_true(cJSON_Compare(printed, most, true));
	cJSON_Delete(printed);
	cJSON_Delete(most);
	cJSON_Delete(more);
	free(text);
}

CASE(the_variable_says_where)
{
	setenv("DORMOUSE_ALERT_LISTEN", local, 1);
	assert_has(run_status(NULL, NULL, NULL), "shop/cart-7d9f");
	assert_int_equal(exit_status, 0);
	setenv("DORMOUSE_ALERT_LISTEN", "nonsense", 1);
	char flag[64];
	snprintf(flag, sizeof(flag), "--address=%s", local);
	assert_has(run_status(flag, NULL, NULL), "invalid value \"nonsense\" for ");
	assert_int_equal(exit_status, 0);
}

CASE(sixty_four_great_alerts_are_no_trouble)
{
	fake_book.json_length = ALERT_JSON_MAX;
	for (int i = 0; i < ALERTS_REMEMBERED; i++)
		fake_alert(ALERT_EGRESS_VOLUME, 1.7e9 + i, 1.7e9 + 60);
	assert_has(run_status("--address", local, NULL), "54 older ones are resolved");
	assert_int_equal(exit_status, 0);
}

CASE(control_characters_are_not_printed)
{
	fake_pod.name = "evil\033[31m\xC2\x9Bpod";
	assert_has(run_status("--address", local, NULL), "shop/evil?[31m?pod");
	assert_null(strchr(received, '\033'));
	assert_null(strstr(received, "\xC2\x9B"));
	assert_has(run_status("--json", "--address", local),
		   "evil\\u001b[31m\\u009bpod");
	assert_null(strchr(received, '\033'));
	assert_null(strstr(received, "\xC2\x9B"));
}

CASE(nobody_there_is_said_in_one_line)
{
	char gone[32];

	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in own = {.sin_family = AF_INET,
				  .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(own);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, length), 0);
	getsockname(fd, (struct sockaddr *)&own, &length);
	snprintf(gone, sizeof(gone), "127.0.0.1:%u", ntohs(own.sin_port));

	const char *text = run_status("--address", gone, NULL);
	assert_int_equal(exit_status, 1);
	assert_has(text, gone);
	assert_has(text, "dormouse run");
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	close(fd);
}

/* The open listener is a Dormouse, but knows no alerts. */
CASE(the_wrong_port_is_said)
{
	char wrong[32];

	snprintf(wrong, sizeof(wrong), "127.0.0.1:%u", server_open_port(server));
	assert_has(run_status("--address", wrong, NULL), "404");
	assert_int_equal(exit_status, 1);
}

CASE(bad_flags_are_said)
{
	assert_has(run_status("--jsn", NULL, NULL),
		   "unknown flag: --jsn; did you mean --json?");
	assert_int_equal(exit_status, 2);
	assert_has(run_status("--address", "localhost", NULL),
		   "invalid value \"localhost\" for --address: expected ADDRESS:PORT");
	assert_int_equal(exit_status, 2);
	assert_null(strchr(run_status("--\033[31m", NULL, NULL), '\033'));
	assert_null(strchr(run_status("--address", "\033[31m", NULL), '\033'));
	assert_has(run_status("--address", NULL, NULL),
		   "missing value for --address: ");
	assert_int_equal(exit_status, 2);
	assert_has(run_status("--help", NULL, NULL), "usage: dormouse status");
	assert_int_equal(exit_status, 0);
}

int main(void)
{
#define SERVED(test) cmocka_unit_test_setup_teardown(test, start_quietly, stop)
	const struct CMUnitTest tests[] = {
	    SERVED(people_get_a_table),
	    SERVED(no_line_is_wider_than_80_columns),
	    cmocka_unit_test(whatever_answers_the_table_is_plain_and_fits),
	    cmocka_unit_test(a_monitor_that_watches_nothing_is_said),
	    SERVED(without_alerts_there_is_nothing_to_do),
	    SERVED(programs_get_one_object),
	    cmocka_unit_test(an_answer_that_is_too_deep_is_refused),
	    SERVED(the_variable_says_where),
	    SERVED(sixty_four_great_alerts_are_no_trouble),
	    SERVED(control_characters_are_not_printed),
	    SERVED(nobody_there_is_said_in_one_line),
	    SERVED(the_wrong_port_is_said),
	    SERVED(bad_flags_are_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

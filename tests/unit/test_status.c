/* SPDX-License-Identifier: Apache-2.0 */
/* test_status.c - `dormouse status` asks a real server and prints what it learns. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>

#include <cJSON.h>

#include "dormouse/commands.h"
#include "serve_driver.h"

#include <cmocka.h> /* last: it has a macro fail() */

static char local[32]; /* the server's address */
static int exit_status;

static int start_quietly(void **state)
{
	if (start(state) < 0)
		return -1;
	snprintf(local, sizeof(local), "127.0.0.1:%u", server_local_port(server));
	unsetenv("DORMOUSE_ALERT_LISTEN");
	return 0;
}

/* Runs the command in a child with both outputs in one pipe, while we serve. */
static const char *run_status(const char *a, const char *b, const char *c)
{
	int argc = 1 + (a != NULL) + (b != NULL) + (c != NULL);
	int ends[2], result;
	size_t length = 0;
	ssize_t count;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		char *argv[] = {(char *)"status", (char *)a, (char *)b, (char *)c,
				NULL};

		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		result = status_main(argc, argv);
		fflush(NULL);
		_exit(result);
	}
	close(ends[1]);
	do {
		while (!turn(ends[0], POLLIN, 1000))
			;
		count = read(ends[0], received + length, sizeof(received) - 1 - length);
		length += count > 0 ? (size_t)count : 0;
	} while (count > 0);
	received[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &result, 0), child);
	assert_true(WIFEXITED(result));
	exit_status = WEXITSTATUS(result);
	return received;
}

static void assert_has(const char *text, const char *piece)
{
	if (!strstr(text, piece))
		fail_msg("no \"%s\" in:\n%s", piece, text);
}

static void people_get_a_table(void **state)
{
	(void)state;
	fake_alert(ALERT_EGRESS_VOLUME, 1.7e9, 1.7e9 + 60);
	fake_alert(ALERT_DORMANCY_BREAK, 1.7e9 + 100, 0);
	fake_detector.values[SIGNAL_TX_BYTES] = 1234567;
	const char *text = run_status("--address", local, NULL);

	assert_int_equal(exit_status, 0);
	assert_has(text, "Pod       shop/cart-7d9f, deployment/cart, on node-1\n");
	assert_has(text, "State     dormant since 2023-11-14 22:13:20 UTC (");
	assert_has(text, "Learnt    360 intervals of 10 s since 2023-11-14 21:13:20");
	assert_has(text, "tx_bytes                     1.23 MB/s      0.10 B/s"
			 "         2 B/s     1.00 kB/s  <\n");
	assert_has(text, "destinations  ");
	assert_has(text, "FIRING    dormancy-break, high, tx_bytes at 1.20 MB/s\n"
			 "          since 2023-11-14 22:15:00 UTC\n"
			 "          Sent 1.2 MB/s where it never");
	assert_has(text, "203.0.113.7:443/tcp                   48.0 MB      3 "
			 "connections cgroup-4711\n");
	assert_has(text, "resolved  egress-volume");
	assert_null(strchr(text, '\033'));
}

static void no_line_is_wider_than_88_columns(void **state)
{
	(void)state;
	fake_alert(ALERT_DORMANCY_BREAK, 1.7e9 + 100, 0);
	const char *text = run_status("--address", local, NULL);

	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		assert_in_range(length, 0, 88);
		line += length + (line[length] == '\n');
	}
}

static void programs_get_one_object(void **state)
{
	(void)state;
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

static void the_variable_says_where(void **state)
{
	(void)state;
	setenv("DORMOUSE_ALERT_LISTEN", local, 1);
	assert_has(run_status(NULL, NULL, NULL), "shop/cart-7d9f");
	assert_int_equal(exit_status, 0);
	setenv("DORMOUSE_ALERT_LISTEN", "nonsense", 1);
	char flag[64];
	snprintf(flag, sizeof(flag), "--address=%s", local);
	assert_has(run_status(flag, NULL, NULL), "\"nonsense\" will not do");
	assert_int_equal(exit_status, 0);
}

static void sixty_four_great_alerts_are_no_trouble(void **state)
{
	(void)state;
	fake_book.json_length = ALERT_JSON_MAX;
	for (int i = 0; i < ALERTS_REMEMBERED; i++)
		fake_alert(ALERT_EGRESS_VOLUME, 1.7e9 + i, 1.7e9 + 60);
	assert_has(run_status("--address", local, NULL), "54 older ones are resolved");
	assert_int_equal(exit_status, 0);
}

static void control_characters_are_not_printed(void **state)
{
	(void)state;
	fake_pod.name = "evil\033[31m\xC2\x9Bpod";
	assert_has(run_status("--address", local, NULL), "shop/evil?[31m");
	assert_null(strchr(received, '\033'));
	assert_null(strstr(received, "\xC2\x9B"));
}

static void nobody_there_is_said_in_one_line(void **state)
{
	char gone[32];

	(void)state;
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
static void the_wrong_port_is_said(void **state)
{
	char wrong[32];

	(void)state;
	snprintf(wrong, sizeof(wrong), "127.0.0.1:%u", server_open_port(server));
	assert_has(run_status("--address", wrong, NULL), "404");
	assert_int_equal(exit_status, 1);
}

static void bad_flags_are_said(void **state)
{
	(void)state;
	assert_has(run_status("--jsn", NULL, NULL), "--jsn: there is no such flag");
	assert_int_equal(exit_status, 2);
	assert_has(run_status("--address", "localhost", NULL),
		   "--address: \"localhost\" will not do: it takes ADDRESS:PORT");
	assert_int_equal(exit_status, 2);
	assert_has(run_status("--address", NULL, NULL), "a value is missing");
	assert_int_equal(exit_status, 2);
	assert_has(run_status("--help", NULL, NULL), "usage: dormouse status");
	assert_int_equal(exit_status, 0);
}

int main(void)
{
#define SERVED(test) cmocka_unit_test_setup_teardown(test, start_quietly, stop)
	const struct CMUnitTest tests[] = {
	    SERVED(people_get_a_table),
	    SERVED(no_line_is_wider_than_88_columns),
	    SERVED(programs_get_one_object),
	    SERVED(the_variable_says_where),
	    SERVED(sixty_four_great_alerts_are_no_trouble),
	    SERVED(control_characters_are_not_printed),
	    SERVED(nobody_there_is_said_in_one_line),
	    SERVED(the_wrong_port_is_said),
	    SERVED(bad_flags_are_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

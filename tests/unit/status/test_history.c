/* SPDX-License-Identifier: Apache-2.0 */
/* `dormouse history` asks a real server and draws what it tells. */
#include <cJSON.h>
#include <time.h>

#include "../support/asking_fixture.h"
#include "status/status.h"

#define M0 28333335 /* a minute that begins a quarter */

static const char *run(const char *a, const char *b, const char *c)
{
	return run_asking("history", history_main, a, b, c);
}

/* An hour of traffic, the last half of it eight times as much; ten minutes of it were
 * not watched. */
static void watch(void)
{
	struct sample s = {.time = 60.0 * M0};
	uint64_t sent = 0;

	for (unsigned i = 0; i <= 360; i++, s.time += 10) {
		sample_set(&s, SIGNAL_TCP_INITIATED_TX_BYTES,
			   sent += i > 180 ? 8000000 : 1000000);
		sample_set(&s, SIGNAL_TX_BYTES, 7);
		if (i < 60 || i > 125)
			history_feed(fake_history, &s);
	}
}

CASE(a_signal_is_a_line_of_heights_and_its_greatest)
{
	watch();
	const char *out = run("--since=1h", "--address", local);

	assert_int_equal(exit_status, 0);
	assert_no_line_is_too_wide(out);
	assert_has(out, "since 2023-11-14 22:14:00 UTC, 2m a column");
	assert_has(out, "tcp_initiated_tx_bytes ▁▁▁▁▁▁·····▁▁▁▁████");
	assert_has(out, "801 kB/s\n");
	assert_null(strstr(out, "tx_packets")); /* there were none */
	assert_null(strstr(out, "\ntx_bytes"));
}

CASE(any_duration_fits_the_line)
{
	static const char *const since[] = {"--since=1m",  "--since=44m", "--since=46m",
					    "--since=23h", "--since=1d",  "--since=25h",
					    "--since=13d", "--since=14d"};

	watch();
	for (size_t i = 0; i < sizeof(since) / sizeof(since[0]); i++) {
		const char *out = run(since[i], "--address", local);

		assert_int_equal(exit_status, 0);
		assert_no_line_is_too_wide(out);
		assert_has(out, "801 kB/s\n");
	}
}

CASE(programs_get_the_answer)
{
	watch();
	cJSON *answer = cJSON_Parse(run("--json", "--address", local));

	assert_int_equal(exit_status, 0);
	assert_int_equal(
	    cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(answer, "signals")),
	    SIGNAL_COUNT);
	cJSON_Delete(answer);
}

CASE(nothing_is_said_in_words)
{
	assert_non_null(strstr(run("--address", local, NULL), "No traffic was noted."));
	assert_int_equal(exit_status, 0);
}

CASE(an_invalid_duration_is_refused)
{
	static const char *const wrong[] = {"--since=1x", "--since=15d", "--since=59s",
					    "--since=", "--since=-1h"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *out = run(wrong[i], NULL, NULL);

		assert_int_equal(exit_status, 2);
		assert_non_null(strstr(out, "for --since: expected a duration of 1m to "
					    "14d, such as 6h"));
	}
	assert_non_null(
	    strstr(run("--since", NULL, NULL), "missing value for --since"));
	assert_int_equal(exit_status, 2);
	assert_non_null(
	    strstr(run("--sincere", NULL, NULL), "unknown flag: --sincere"));
	assert_int_equal(exit_status, 2);
}

#define SERVED(name) cmocka_unit_test_setup_teardown(name, start_quietly, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SERVED(a_signal_is_a_line_of_heights_and_its_greatest),
	    SERVED(any_duration_fits_the_line),
	    SERVED(programs_get_the_answer),
	    SERVED(nothing_is_said_in_words),
	    SERVED(an_invalid_duration_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

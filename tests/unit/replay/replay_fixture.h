/* SPDX-License-Identifier: Apache-2.0 */
/* replay_fixture.h - for tests of `dormouse replay`: files of a quiet pod and of one
 * that wakes, and the command's output. */
#ifndef TESTS_REPLAY_REPLAY_FIXTURE_H
#define TESTS_REPLAY_REPLAY_FIXTURE_H

#include <cJSON.h>
#include <math.h>

#include "dormouse/replay.h"
#include "trace_fixture.h"

#define T0        1767225600.0 /* 2026-01-01T00:00:00Z */
#define QUIET_S   7200
#define ATTACK_S  600
#define ARGV(...) ((char *[]){(char *)"replay", __VA_ARGS__, NULL})

static char folder[] = "/tmp/test_replay.XXXXXX";
static char attack_csv[64], quiet_csv[64], unmade[64];
static char attack_text[256 * 1024];

/* Two quiet hours, ten minutes at 1 MB/s, two quiet hours: the n-th sample. */
static inline struct sample attack_sample(unsigned n, unsigned interval_s)
{
	const double now = (double)n * interval_s;
	const double attacked = fmax(0, fmin(now, QUIET_S + ATTACK_S) - QUIET_S);
	struct sample s = {.time = T0 + now};

	sample_set(&s, SIGNAL_TX_BYTES, (uint64_t)(now * 10 + attacked * 1e6));
	sample_set(&s, SIGNAL_RX_BYTES, (uint64_t)(now * 10 + attacked * 1e4));
	return s;
}

static inline size_t put_trace(char *text, size_t size, unsigned seconds,
			       unsigned interval_s)
{
	size_t length = (size_t)snprintf(text, size, "time,tx_bytes,rx_bytes\n");

	for (unsigned n = 0; n * interval_s <= seconds; n++) {
		struct sample s = attack_sample(n, interval_s);

		length += (size_t)snprintf(
		    text + length, size - length, "%.0f,%llu,%llu\n", s.time,
		    (unsigned long long)s.value[SIGNAL_TX_BYTES],
		    (unsigned long long)s.value[SIGNAL_RX_BYTES]);
	}
	assert_true(length < size);
	return length;
}

static inline void write_file(char *path, const char *name, const char *text)
{
	snprintf(path, sizeof(attack_csv), "%s/%s", folder, name);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static inline int make_traces(void **state)
{
	static char quiet_text[256 * 1024];

	(void)state;
	clearenv();
	assert_non_null(mkdtemp(folder));
	put_trace(quiet_text, sizeof(quiet_text), QUIET_S, 10);
	write_file(quiet_csv, "quiet.csv", quiet_text);
	put_trace(attack_text, sizeof(attack_text), 2 * QUIET_S + ATTACK_S, 10);
	write_file(attack_csv, "attack.csv", attack_text);
	snprintf(unmade, sizeof(unmade), "%s/unmade.json", folder);
	return 0;
}

static inline int remove_traces(void **state)
{
	(void)state;
	unlink(quiet_csv);
	unlink(attack_csv);
	unlink(unmade);
	return rmdir(folder);
}

static inline struct ran *replay(const char *input, char **argv)
{
	return run_command(replay_main, input, argv);
}

/* The n-th line of the output as JSON, to be deleted by the caller. */
static inline cJSON *line_of(const struct ran *r, unsigned n)
{
	const char *at = r->out;

	while (n-- > 0) {
		at = strchr(at, '\n');
		assert_non_null(at);
		at++;
	}
	cJSON *json = cJSON_ParseWithLength(at, strcspn(at, "\n"));
	assert_non_null(json);
	return json;
}

static inline const char *word(const cJSON *object, const char *member)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, member));
}

static inline double number(const cJSON *object, const char *member)
{
	return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(object, member));
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - `dormouse replay`: traces through the detector, alerts on stdout. */
#include "dormouse/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dormouse/commands.h"
#include "dormouse/options.h"

#define NAME_MAX_LENGTH 254

enum { EXIT_FAILED = 1, EXIT_NO_TRACE = 2 };

struct replay {
	struct options options;
	const char *trace; /* as it was given */
	struct identity environment, pod;
	char name[NAME_MAX_LENGTH]; /* of the trace, where the pod's is not known */
};

static void complain(void *context, const char *line)
{
	(void)context;
	fprintf(stderr, "dormouse: %s\n", line);
}

static void complain_of_variable(const char *line)
{
	fprintf(stderr, "dormouse: %s; the default holds\n", line);
}

/* alert_listener: an object a line. */
static void print_alert(void *context, enum alert_event event,
			const struct alert *alert)
{
	static char json[ALERT_JSON_MAX];
	const struct replay *replay = context;
	struct text t = text_over(json, sizeof(json));

	if (event == ALERT_UPDATED ||
	    (event != ALERT_RAISED && !replay->options.replay.lifecycle))
		return;
	alert_json(alert, &replay->pod, &t);
	puts(t.data);
	fflush(stdout);
}

/* The file's name without folder and ".csv" stands for the pod's. */
static void name_pod(struct replay *replay)
{
	const char *slash = strrchr(replay->trace, '/');
	const char *base = slash ? slash + 1 : replay->trace;
	size_t length = strlen(base);

	replay->pod = replay->environment;
	if (replay->pod.name[0] && replay->options.operand_count == 1)
		return;
	if (length > 4 && strcmp(base + length - 4, ".csv") == 0)
		length -= 4;
	if (length >= sizeof(replay->name))
		length = sizeof(replay->name) - 1;
	memcpy(replay->name, base, length);
	replay->name[length] = '\0';
	replay->pod.name = strcmp(base, "-") == 0 ? "stdin" : replay->name;
}

static int play_csv(struct replay *replay, struct csv_reader *reader, struct error *err)
{
	struct sample sample;
	int got;

	name_pod(replay);
	struct player *player =
	    player_open(&replay->options.detect, &replay->pod, print_alert, replay);
	if (!player) {
		fail(err, "out of memory");
		return TRACE_FAILED;
	}
	while ((got = csv_next(reader, &sample, err)) == TRACE_SAMPLE)
		player_feed(player, &sample);
	player_finish(player);
	player_close(player);
	return got;
}

static int play_file(struct replay *replay, struct error *err)
{
	bool is_stdin = strcmp(replay->trace, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(replay->trace, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(err, errno, "%s", replay->trace);
	struct csv_reader *reader =
	    csv_open(fd, is_stdin ? "standard input" : replay->trace, complain, NULL);
	int result = TRACE_FAILED;
	if (reader)
		result = play_csv(replay, reader, err);
	else
		fail(err, "out of memory");
	csv_close(reader);
	if (!is_stdin)
		close(fd);
	return result;
}

/* Every trace is played, whatever became of the others. */
static int play_all(struct replay *replay, char **traces)
{
	int status = 0;

	for (int i = 0; i < replay->options.operand_count; i++) {
		struct error err;

		replay->trace = traces[i];
		int result = play_file(replay, &err);
		if (result == TRACE_END)
			continue;
		fprintf(stderr, "dormouse: %s\n", err.text);
		if (status == 0)
			status = result == TRACE_NONE ? EXIT_NO_TRACE : EXIT_FAILED;
	}
	return status;
}

int replay_main(int argc, char **argv)
{
	static struct replay replay;
	struct error err;
	int result = options_parse(&replay.options, OPTIONS_REPLAY, argc, argv,
				   complain_of_variable, &err);

	if (result > 0) {
		options_help(OPTIONS_REPLAY, stdout);
		return 0;
	}
	if (result == 0 && replay.options.operand_count == 0)
		result =
		    fail(&err, "which trace? Name a file, or - for standard input");
	if (result < 0) {
		fprintf(stderr, "dormouse: %s\n", err.text);
		return EXIT_NO_TRACE;
	}
	replay.environment = identity_from_environment();
	int status = play_all(&replay, argv + 1);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "dormouse: writing: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	return status;
}

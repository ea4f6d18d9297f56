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
#include "dormouse/serve.h"
#include "summary.h"

#define NAME_MAX_LENGTH   256
#define BASELINE_JSON_MAX (16 * 1024)

enum { EXIT_FAILED = 1, EXIT_NO_TRACE = 2 };

struct replay {
	struct options options;
	struct identity environment, pod;
	char name[NAME_MAX_LENGTH]; /* of the trace, where the pod's is not known */
	FILE *baseline;             /* NULL: nobody asked for it */
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
	const struct replay_options *asked = &replay->options.replay;
	struct text t = text_over(json, sizeof(json));

	if (asked->summary || event == ALERT_UPDATED ||
	    (event != ALERT_RAISED && !asked->lifecycle))
		return;
	alert_json(alert, &replay->pod, &t);
	puts(t.data);
	fflush(stdout);
}

/* The file's name without folder and ".csv" stands for the pod's. */
static void name_pod(struct replay *replay, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
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
	replay->pod.name = strcmp(path, "-") == 0 ? "stdin" : replay->name;
}

/* What was learnt, as the monitor serves it. */
static void print_baseline(const struct replay *replay, const struct player *player,
			   double began)
{
	static char json[BASELINE_JSON_MAX];
	const struct run_stats stats = {.started_at = began,
					.interval_s = player_interval(player)};
	const struct serve_source source = {.detector = player_detector(player),
					    .alerts = player_alerts(player),
					    .pod = &replay->pod,
					    .stats = &stats};
	struct text t = text_over(json, sizeof(json));

	baseline_render(&source, &t);
	fputs(t.data, replay->baseline);
}

static int play(struct replay *replay, struct traces *traces, struct player *player,
		struct error *err)
{
	struct history history;
	struct sample sample;
	uint64_t broken = traces_broken(traces);
	int got;

	history_begin(&history);
	while ((got = traces_sample(traces, &sample, err)) == TRACE_SAMPLE) {
		player_feed(player, &sample);
		history_note(&history, player, &sample);
	}
	player_finish(player);
	history_end(&history, player, traces_broken(traces) - broken);
	if (replay->options.replay.summary)
		summary_print(&history, player, &replay->pod, stdout);
	if (replay->baseline)
		print_baseline(replay, player, history.began);
	return got;
}

static int play_traces(struct replay *replay, struct traces *traces, const char *path,
		       struct error *err)
{
	int result = TRACE_END;

	for (;;) {
		name_pod(replay, path);
		if (result != TRACE_END ||
		    traces_next(traces, &replay->pod) != TRACE_SAMPLE)
			return result;
		struct player *player = player_open(&replay->options.detect,
						    &replay->pod, print_alert, replay);
		if (!player) {
			fail(err, "out of memory");
			return TRACE_FAILED;
		}
		result = play(replay, traces, player, err);
		player_close(player);
	}
}

static int play_file(struct replay *replay, const char *path, struct error *err)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? "standard input" : path;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int result;

	if (fd < 0)
		return fail_errno(err, errno, "%s", path);
	struct traces *traces = traces_open(fd, name, complain, NULL, &result, err);
	if (traces)
		result = play_traces(replay, traces, path, err);
	if (traces && traces_broken(traces) > TRACE_COMPLAINTS)
		fprintf(stderr, "dormouse: %s: %llu broken lines were skipped\n", name,
			(unsigned long long)traces_broken(traces));
	traces_close(traces);
	if (!is_stdin)
		close(fd);
	return result;
}

/* Every trace is played, whatever became of the others. */
static int play_all(struct replay *replay, char **paths)
{
	int status = 0;

	for (int i = 0; i < replay->options.operand_count; i++) {
		struct error err;
		int result = play_file(replay, paths[i], &err);

		if (result == TRACE_END)
			continue;
		fprintf(stderr, "dormouse: %s\n", err.text);
		if (status == 0)
			status = result == TRACE_NONE ? EXIT_NO_TRACE : EXIT_FAILED;
	}
	return status;
}

static int open_baseline(struct replay *replay, struct error *err)
{
	const char *path = replay->options.replay.baseline_path;

	if (!path[0])
		return 0;
	replay->baseline = fopen(path, "we");
	return replay->baseline ? 0 : fail_errno(err, errno, "%s", path);
}

/* Whether everything that was printed reached its file. */
static int close_output(FILE *file, const char *name, struct error *err)
{
	if (!file)
		return 0;
	bool failed = ferror(file) != 0;
	if (fclose(file) != 0 || failed)
		return fail_errno(err, errno, "writing %s", name);
	return 0;
}

static int parse(struct replay *replay, int argc, char **argv, struct error *err)
{
	int result = options_parse(&replay->options, OPTIONS_REPLAY, argc, argv,
				   complain_of_variable, err);

	if (result == 0 && replay->options.operand_count == 0)
		return fail(err, "which trace? Name a file, or - for standard input");
	return result;
}

/* Returns the exit status of the traces, or -1. */
static int replay_files(struct replay *replay, char **paths, struct error *err)
{
	if (open_baseline(replay, err) < 0)
		return -1;
	int status = play_all(replay, paths);
	int closed =
	    close_output(replay->baseline, replay->options.replay.baseline_path, err);
	if (closed == 0)
		closed = close_output(stdout, "standard output", err);
	return closed < 0 ? -1 : status;
}

int replay_main(int argc, char **argv)
{
	static struct replay replay;
	struct error err;
	int result = parse(&replay, argc, argv, &err);

	if (result > 0) {
		options_help(OPTIONS_REPLAY, stdout);
		return 0;
	}
	if (result < 0) {
		fprintf(stderr, "dormouse: %s\n", err.text);
		return EXIT_NO_TRACE;
	}
	replay.environment = identity_from_environment();
	int status = replay_files(&replay, argv + 1, &err);
	if (status < 0)
		fprintf(stderr, "dormouse: %s\n", err.text);
	return status < 0 ? EXIT_FAILED : status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - `dormouse replay`: feeds traces to the detector and prints alerts on
 * stdout. */
#include "dormouse/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/output.h"
#include "base/sanitize.h"
#include "base/units.h"
#include "config/options.h"
#include "confine/confine.h"
#include "judged_csv.h"
#include "outcome.h"
#include "state/baseline_document.h"
#include "state/routine_json.h"
#include "summary.h"

#define NAME_MAX_LENGTH 256
#define NOTE_MAX        256
#define NOTES_TEXT_MAX  4096

enum { EXIT_FAILED = 1, EXIT_NO_TRACE = 2 };

struct replay {
	struct options options;
	struct identity environment, pod;
	char name[NAME_MAX_LENGTH]; /* of the trace, if the pod's name is unknown */
	FILE *baseline, *csv;       /* NULL: not requested */
	struct traces *answers;     /* of Prometheus, joined from all files, or NULL */
	const char *answers_path;   /* of the first of them */
	struct replayer *replayer;  /* the current one */
	struct baseline_document siblings; /* of --baseline */
	struct history history;
	struct outcome outcome;
	int status; /* the exit status */
};

static void complain(void *context, const char *line)
{
	(void)context;
	fprintf(stderr, "dormouse: %s\n", line);
}

static void complain_of_variable(const char *line)
{
	fprintf(stderr, "dormouse: %s; using the default\n", line);
}

/* outcome_printer: prints one JSON object per line. */
static void print_alert(void *context, const struct alert *alert)
{
	static char json[ALERT_JSON_MAX];
	const struct replay *replay = context;
	struct text t = text_over(json, sizeof(json));
	struct json_writer w = json_writer_over(&t);

	alert_json(alert, &replay->pod, &w);
	puts(t.data);
}

/* alert_listener. */
static void note_alert(void *context, enum alert_event event, const struct alert *alert)
{
	struct replay *replay = context;
	const struct replay_options *asked = &replay->options.replay;

	if (asked->summary)
		return;
	if (!asked->lifecycle)
		outcome_note(&replay->outcome, replayer_alerts(replay->replayer),
			     alert);
	else if (event != ALERT_UPDATED)
		print_alert(replay, alert);
}

/* Prints a routine that was learnt, as an object with one more member around it. */
static void print_routine(const struct routine_view *view)
{
	char json[512];
	struct text t = text_over(json, sizeof(json));
	struct json_writer w = json_writer_over(&t);

	json_object(&w, NULL);
	json_string(&w, "event", "routine-learnt");
	json_name(&w, "routine");
	routine_json(view, &w);
	json_end(&w);
	puts(t.data);
}

/* Prints the routines that the detector has learnt since the last call. */
static void note_routines(struct replayer *replayer)
{
	struct routine_view view;

	while (replayer_routine_learnt(replayer, &view))
		print_routine(&view);
}

/* replayer_watcher. */
static void note_sample(void *context, const struct replayer *replayer,
			const struct sample *sample)
{
	struct replay *replay = context;

	history_note(&replay->history, replayer, sample);
	if (replay->options.replay.lifecycle && !replay->options.replay.summary)
		note_routines(replay->replayer);
	if (replay->csv)
		judged_csv_row(replay->csv, replay->pod.name, replayer, sample);
}

static const char *name_of(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

static size_t without_ending(const char *name, size_t length, const char *ending)
{
	size_t less = strlen(ending);

	return length > less && memcmp(name + length - less, ending, less) == 0
		   ? length - less
		   : length;
}

/* Uses the file's name, without folder, ".gz" and ".csv", as the pod's name. */
static void name_pod(struct replay *replay, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t length = strlen(base);

	replay->pod = replay->environment;
	if (replay->pod.name[0] && replay->options.operand_count == 1)
		return;
	length = without_ending(base, without_ending(base, length, ".gz"), ".csv");
	if (length >= sizeof(replay->name))
		length = sizeof(replay->name) - 1;
	memcpy(replay->name, base, length);
	replay->name[length] = '\0';
	replay->pod.name = strcmp(path, "-") == 0 ? "stdin" : replay->name;
}

/* Prints what was learnt as a document, on one line: a trace may be one of many. */
static void print_baseline(const struct replay *replay, const struct replayer *replayer)
{
	static struct baseline_document document;
	static char json[BASELINE_BYTES_MAX];
	struct text t = text_over(json, sizeof(json));
	struct json_writer w = json_writer_over(&t);

	baseline_document_begin(&document, replayer_detector(replayer),
				&replay->options.detect, &replay->pod);
	for (size_t i = 0; baseline_put_chunk(&document, i, &w); i++)
		;
	fputs(t.data, replay->baseline);
}

/* Prints "shop/web-1: " when labels name the pod, because such an input has many. */
static void print_pod(const struct identity *pod)
{
	char namespace[NAME_MAX_LENGTH], name[NAME_MAX_LENGTH];

	if (!pod->labels)
		return;
	fprintf(stderr,
		"%s%s%s: ", sanitize(namespace, sizeof(namespace), pod->namespace),
		pod->namespace[0] ? "/" : "", sanitize(name, sizeof(name), pod->name));
}

/* Notes a trace shorter than --learn: only absolute limits applied to it. */
static void note_shortness(const struct replay *replay, const char *path,
			   char note[NOTE_MAX])
{
	const struct history *h = &replay->history;
	const double lasted = h->ended - h->began,
		     learn = replay->options.detect.learn_s;
	char lasts[FORMAT_MAX], learns[FORMAT_MAX], shown[NAME_MAX_LENGTH];

	note[0] = '\0';
	if (lasted >= learn)
		return;
	snprintf(note, NOTE_MAX,
		 "the trace lasts %s, shorter than --learn (%s): until then only "
		 "absolute limits apply",
		 format_duration(lasts, lasted), format_duration(learns, learn));
	fputs("dormouse: ", stderr);
	print_pod(&replay->pod);
	fprintf(stderr, "%s: %s\n", sanitize(shown, sizeof(shown), path), note);
}

/* Prints the requested outputs of a replayed trace. */
static void conclude(struct replay *replay, struct traces *traces, const char *path)
{
	char shortness[NOTE_MAX];
	char notes[NOTES_TEXT_MAX];
	struct error reported_at_the_end;

	note_shortness(replay, path, shortness);
	outcome_end(&replay->outcome);
	snprintf(notes, sizeof(notes), "%s%s", traces_notes(traces), shortness);
	if (replay->options.replay.summary)
		summary_print(&replay->history, replay->replayer, &replay->pod, notes,
			      stdout);
	if (replay->baseline)
		print_baseline(replay, replay->replayer);
	output_flush(&reported_at_the_end);
}

static int play(struct replay *replay, struct traces *traces, struct replayer *replayer,
		const char *path, struct error *err)
{
	struct sample sample;
	uint64_t broken = traces_broken(traces);
	int got;

	replay->replayer = replayer;
	replayer_watch(replayer, note_sample, replay);
	history_begin(&replay->history);
	outcome_begin(&replay->outcome, print_alert, replay);
	while ((got = traces_sample(traces, &sample, err)) == TRACE_SAMPLE)
		replayer_feed(replayer, &sample);
	replayer_finish(replayer);
	history_end(&replay->history, replayer, traces_broken(traces) - broken);
	if (got == TRACE_END || replay->history.samples > 0)
		conclude(replay, traces, path);
	return got;
}

/* Reports a failure; the first one sets the exit status. */
static void note_failure(struct replay *replay, int result, const struct error *err)
{
	fputs("dormouse: ", stderr);
	print_pod(&replay->pod);
	fprintf(stderr, "%s\n", err->text);
	if (replay->status == 0)
		replay->status = result == TRACE_INVALID ? EXIT_NO_TRACE : EXIT_FAILED;
}

/* Replays every trace, even after one fails. */
static void play_traces(struct replay *replay, struct traces *traces, const char *path)
{
	struct error err;

	for (;;) {
		name_pod(replay, path);
		if (traces_next(traces, &replay->pod) != TRACE_SAMPLE)
			return;
		struct replayer *replayer = replayer_open(
		    &replay->options.detect, &replay->pod, note_alert, replay);
		if (!replayer) {
			fail_memory(&err, "the replay");
			note_failure(replay, TRACE_FAILED, &err);
			return;
		}
		replayer_adopt(replayer, &replay->siblings.past);
		int result = play(replay, traces, replayer, name_of(path), &err);
		if (result != TRACE_END)
			note_failure(replay, result, &err);
		replayer_close(replayer);
	}
}

static void play_csv(struct replay *replay, struct traces *traces, const char *path)
{
	char shown[NAME_MAX_LENGTH];

	traces_map_columns(traces, &replay->options.replay.columns);
	play_traces(replay, traces, path);
	if (traces_broken(traces) > TRACE_COMPLAINTS)
		fprintf(stderr, "dormouse: %s: %llu broken lines were skipped\n",
			sanitize(shown, sizeof(shown), name_of(path)),
			(unsigned long long)traces_broken(traces));
	traces_close(traces);
}

/* Keeps answers until all files are read: several answers can be one trace. */
static void keep_answers(struct replay *replay, struct traces *traces, const char *path)
{
	struct error err;
	int result;

	if (!replay->answers) {
		replay->answers = traces;
		replay->answers_path = path;
		return;
	}
	result = traces_join(replay->answers, traces, &err);
	if (result < 0)
		note_failure(replay, result, &err);
	traces_close(traces);
}

static void take_file(struct replay *replay, const char *path)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct error err;
	int status;

	replay->pod = replay->environment;
	if (fd < 0) {
		fail_errno(&err, errno, "%s", path);
		note_failure(replay, TRACE_FAILED, &err);
		return;
	}
	struct traces *traces =
	    traces_open(fd, name_of(path), complain, NULL, &status, &err);
	if (!traces)
		note_failure(replay, status, &err);
	else if (traces_are_answers(traces))
		keep_answers(replay, traces, path);
	else
		play_csv(replay, traces, path);
	if (!is_stdin)
		close(fd);
}

static void play_all(struct replay *replay, char **paths)
{
	for (int i = 0; i < replay->options.operand_count; i++)
		take_file(replay, paths[i]);
	if (replay->answers)
		play_traces(replay, replay->answers, replay->answers_path);
	traces_close(replay->answers);
}

/* Opens the file; an empty path (not requested) gives NULL. */
static int open_output(FILE **file, const char *path, struct error *err)
{
	if (!path[0])
		return 0;
	*file = fopen(path, "we");
	return *file ? 0 : fail_errno(err, errno, "%s", path);
}

static int open_outputs(struct replay *replay, struct error *err)
{
	const struct replay_options *asked = &replay->options.replay;

	if (open_output(&replay->baseline, asked->baseline_path, err) < 0 ||
	    open_output(&replay->csv, asked->csv_path, err) < 0)
		return -1;
	if (replay->csv)
		judged_csv_header(replay->csv);
	return 0;
}

/* Closes the file; returns -1 when printed data did not reach it. */
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
		return fail(err,
			    "missing trace: expected a file, or - for standard input");
	return result;
}

static int close_outputs(struct replay *replay, struct error *err)
{
	const struct replay_options *asked = &replay->options.replay;
	int baseline = close_output(replay->baseline, asked->baseline_path, err);
	int csv = close_output(replay->csv, asked->csv_path, err);

	/* program_run() checks standard output. */
	return baseline < 0 || csv < 0 ? -1 : 0;
}

/* A trace may come from anywhere: from here on files can only be read. */
static void confine_replay(void)
{
	struct confine_plan plan = {.abilities = 0};
	struct confinement ignored; /* as good as the kernel can */

	confine_leave_path(&plan, "/", false);
	confine(&plan, false, &ignored);
}

/* Reads --baseline. A file that only a variable names may be missing. */
static int load_siblings(struct replay *replay, struct error *err)
{
	const struct options *o = &replay->options;

	if (!o->baseline_path[0] ||
	    baseline_document_load(&replay->siblings, o->baseline_path,
				   BASELINE_BYTES_MAX, err) == 0)
		return 0;
	if (!o->baseline_by_variable)
		return -1;
	fprintf(stderr, "dormouse: %s; going on without it\n", err->text);
	return 0;
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
	result = load_siblings(&replay, &err);
	if (result == 0)
		result = open_outputs(&replay, &err);
	if (result == 0) {
		confine_replay();
		play_all(&replay, argv + 1);
		result = close_outputs(&replay, &err);
	}
	baseline_document_end(&replay.siblings);
	if (result == 0)
		return replay.status;
	fprintf(stderr, "dormouse: %s\n", err.text);
	return EXIT_FAILED;
}

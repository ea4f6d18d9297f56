/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - `dormouse record`: writes this network namespace's counters as a trace. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "config/options.h"
#include "confine/confine.h"
#include "dormouse/collect.h"
#include "dormouse/replay.h"
#include "trace_file.h"

enum { WAKE_TICK, WAKE_END, WAKE_SIGNAL, WAKE_COLLECTOR, WAKE_COUNT };

struct recorder {
	struct options options;
	struct collector *collector;
	struct trace_file file;
	int epoll_fd;
	int fds[WAKE_COUNT]; /* -1: not used */
	struct wake_failures wake_failures;
};

static void complain_of_variable(const char *line)
{
	fprintf(stderr, "dormouse: %s; using the default\n", line);
}

/* Checks that the flags are consistent. */
static int check(const struct record_options *o, struct error *err)
{
	if (o->max_bytes > 0 && !o->path[0])
		return fail(err, "--max-size: standard output cannot be rotated: give "
				 "--out FILE too");
	return 0;
}

static int open_collector(struct recorder *r, struct error *err)
{
	struct collect_options options = {
	    .max_sockets = r->options.max_sockets,
	    .max_destinations = r->options.max_destinations,
	};

	memcpy(options.interfaces, r->options.interfaces, sizeof(options.interfaces));
	r->collector = collector_open(&options, err);
	if (!r->collector)
		return -1;
	r->fds[WAKE_COLLECTOR] = collector_fd(r->collector);
	return 0;
}

static int open_loop(struct recorder *r, struct error *err)
{
	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (r->epoll_fd < 0)
		return fail_errno(err, errno, "epoll_create1");
	for (int i = 0; i < WAKE_COUNT; i++)
		if (r->fds[i] >= 0 && wake_on(r->epoll_fd, r->fds[i], err) < 0)
			return -1;
	return 0;
}

static void confine_recorder(const struct options *options)
{
	struct confine_plan plan = {.abilities = CONFINE_SAMPLES};
	struct confinement ignored; /* as good as the kernel can */

	if (options->record.path[0])
		plan.abilities |= CONFINE_SAVES;
	confine_leave_path(&plan, "/proc", false);
	confine_leave_path(&plan, options->record.path, true);
	confine_leave_port(&plan, 0, false); /* of collect/sockets: to be found */
	confine(&plan, false, &ignored);
}

static int open_recorder(struct recorder *r, struct error *err)
{
	const double duration = r->options.record.duration_s;

	confine_recorder(&r->options);
	r->fds[WAKE_SIGNAL] = wake_on_signals(err);
	if (r->fds[WAKE_SIGNAL] < 0 || open_collector(r, err) < 0 ||
	    trace_file_open(&r->file, &r->options.record, err) < 0)
		return -1;
	if (duration > 0) {
		r->fds[WAKE_END] = wake_after(duration, false, err);
		if (r->fds[WAKE_END] < 0)
			return -1;
	}
	r->fds[WAKE_TICK] = wake_after(r->options.interval_s, true, err);
	return r->fds[WAKE_TICK] < 0 ? -1 : open_loop(r, err);
}

static void close_recorder(struct recorder *r)
{
	for (int i = 0; i < WAKE_COUNT; i++)
		if (i != WAKE_COLLECTOR && r->fds[i] >= 0)
			close(r->fds[i]);
	if (r->epoll_fd >= 0)
		close(r->epoll_fd);
	collector_close(r->collector);
}

/* Always scans the sockets, because a trace has every available signal. */
static int take_sample(struct recorder *r, struct error *err)
{
	const struct collect_request request = {.time = clock_wall(),
						.scan_sockets = true};
	struct error complaint;
	struct sample sample;

	collector_sample(r->collector, &request, &sample);
	while (collector_complaint(r->collector, &complaint))
		fprintf(stderr, "dormouse: %s\n", complaint.text);
	return trace_file_add(&r->file, &sample, err);
}

/* Whether the timer has run out since the last call. */
static bool has_ticked(const struct recorder *r, int which)
{
	uint64_t ticks;

	return r->fds[which] >= 0 && read(r->fds[which], &ticks, sizeof(ticks)) > 0;
}

/* Waits for the next event; returns 0 to continue, 1 to stop. Looks at everything each
 * time: a wait that failed does not say what is ready. */
static int turn(struct recorder *r, struct error *err)
{
	struct epoll_event events[WAKE_COUNT];

	wake_wait(r->epoll_fd, events, WAKE_COUNT, -1, &r->wake_failures);
	collector_process(r->collector);
	/* Also SIGHUP: the terminal is gone. */
	const bool stop =
	    wake_signal(r->fds[WAKE_SIGNAL]) != WAKE_NONE || has_ticked(r, WAKE_END);
	if (stop)
		wake_stop_at_once();
	if ((has_ticked(r, WAKE_TICK) || stop) && take_sample(r, err) < 0)
		return -1;
	return stop;
}

static int record(struct recorder *r, struct error *err)
{
	int result = open_recorder(r, err);

	if (result == 0)
		result = take_sample(r, err);
	while (result == 0)
		result = turn(r, err);
	if (result > 0)
		result = trace_file_close(&r->file, err);
	close_recorder(r);
	return result;
}

int record_main(int argc, char **argv)
{
	static struct recorder r;
	struct error err;
	int result = options_parse(&r.options, OPTIONS_RECORD, argc, argv,
				   complain_of_variable, &err);

	if (result > 0) {
		options_help(OPTIONS_RECORD, stdout);
		return 0;
	}
	if (result == 0)
		result = check(&r.options.record, &err);
	if (result < 0) {
		fprintf(stderr, "dormouse: %s\n", err.text);
		return 2;
	}
	r.epoll_fd = -1;
	for (int i = 0; i < WAKE_COUNT; i++)
		r.fds[i] = -1;
	if (record(&r, &err) == 0)
		return 0;
	fprintf(stderr, "dormouse: %s\n", err.text);
	return 1;
}

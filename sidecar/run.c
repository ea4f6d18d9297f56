/* SPDX-License-Identifier: Apache-2.0 */
/* run.c - the monitor: one thread and one epoll set; it takes a sample at each tick of
 * the timer. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/line_queue.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/read_full.h"
#include "base/version.h"
#include "commands.h"
#include "config/identity.h"
#include "config/options.h"
#include "confine/confine.h"
#include "dormouse/alert.h"
#include "dormouse/collect.h"
#include "dormouse/detect.h"
#include "dormouse/serve.h"
#include "dormouse/state.h"
#include "http/panic.h"
#include "keeper.h"
#include "siblings.h"
#include "start_message.h"

/* Destinations that are listed separately when an alert is raised; the rest is one sum.
 */
#define SINCE_FLOWS_MAX 128

#define RESOLV_CONF "/etc/resolv.conf"

/* How long the counters may fail to be comparable with those of the state file: until
 * then the kernel may only have been short of memory or of descriptors. */
#define GAP_PATIENCE_S 300.0

struct monitor {
	struct options options;
	struct identity pod;
	struct collector *collector;
	struct detector *detector;
	struct alert_store *alerts;
	struct history *history;
	struct server *server;
	struct serve_source source;
	struct run_stats stats;
	struct confinement confinement;

	struct keeper keeper;
	struct siblings siblings;
	struct outside_watch outside;

	int epoll_fd, timer_fd, signal_fd;
	struct wake_failures wake_failures;
	bool waits_badly; /* said: the last wait failed */
};

static void complain_of_variable(const char *line)
{
	log_event(LOG_LEVEL_WARNING, "bad-variable", "%s; using the default", line);
}

_Static_assert(ALERT_JSON_MAX <= LOG_ALERT_MAX, "an alert's JSON fits into a line");

/* alert_listener: logs each change in the life of an alert, but not the update of each
 * sample. */
static void alert_happened(void *context, enum alert_event event,
			   const struct alert *alert)
{
	static const char *const events[] = {
	    [ALERT_RAISED] = "alert-raised",
	    [ALERT_TAKEN_OVER] = "alert-changed-kind",
	    [ALERT_REOPENED] = "alert-reopened",
	    [ALERT_RECURRED] = "alert-recurred",
	    [ALERT_RESOLVED] = "alert-resolved",
	};
	static char json[ALERT_JSON_MAX], summary[512];
	struct monitor *m = context;
	struct text json_text = text_over(json, sizeof(json));
	struct json_writer w = json_writer_over(&json_text);
	struct text summary_text = text_over(summary, sizeof(summary));

	if (event == ALERT_UPDATED)
		return;
	keeper_hurry(&m->keeper);
	alert_json(alert, &m->pod, &w);
	alert_summary(alert, &summary_text);
	log_alert(events[event], summary_text.data, json_text.data);
}

static void log_complaints(struct monitor *m)
{
	struct error complaint;

	while (collector_complaint(m->collector, &complaint))
		log_event(LOG_LEVEL_WARNING, "collector", "%s", complaint.text);
}

static struct collect_request request_at(const struct monitor *m, double now)
{
	struct collect_request request = {.time = now};

	request.scan_sockets = detector_state(m->detector) == POD_LEARNING ||
			       detector_suspects(m->detector) ||
			       alert_store_any_firing(m->alerts);
	request.background_bytes =
	    detector_background_bytes(m->detector, m->options.interval_s);
	return request;
}

/* Puts the flows since then that a verdict is about into *moved. */
static void take_past(const struct monitor *m, const struct verdict *v, double since,
		      double seen_until, struct flow flows[SINCE_FLOWS_MAX],
		      struct traffic_span *moved)
{
	if (v->kind == ALERT_UNEXPECTED_DESTINATION)
		collector_outside_since(m->collector, since, seen_until, flows,
					SINCE_FLOWS_MAX, moved);
	else
		collector_moved_since(m->collector, since, seen_until, flows,
				      SINCE_FLOWS_MAX, moved);
}

/* Adds the traffic of the time that the alerts have not covered yet. */
static void add_past(const struct monitor *m, const struct verdict *verdicts,
		     size_t count, struct traffic_view *view)
{
	/* Only the pages that are used cost memory. */
	static struct flow flows[VERDICTS_MAX][SINCE_FLOWS_MAX];
	static struct traffic_span moved[VERDICTS_MAX];

	for (size_t i = 0; i < count; i++) {
		double since, seen_until;
		moved[i] = (struct traffic_span){0};
		if (alert_store_lacks(m->alerts, &verdicts[i], &since, &seen_until))
			take_past(m, &verdicts[i], since, seen_until, flows[i],
				  &moved[i]);
	}
	view->moved_since = moved;
}

/* Compares the counters with those of the state file. Returns whether it is decided
 * what flowed meanwhile: not while the links cannot be read. */
static bool compare_with_mark(struct monitor *m, double now, double *seconds,
			      struct link_sums *flowed, bool *known)
{
	const struct keeper *k = &m->keeper;
	struct collect_epoch epoch;
	struct link_sums sums;

	const bool complete = collector_epoch(m->collector, &epoch);

	collector_link_sums(m->collector, &sums);
	*known = state_flowed(&k->mark, now, &epoch, &sums, seconds, flowed);
	return *known || complete || clock_monotonic() - k->began_at >= GAP_PATIENCE_S;
}

/* Judges the traffic while the monitor was down: the counters of the kernel outlive the
 * monitor. */
static void judge_unwatched_time(struct monitor *m, double now)
{
	struct link_sums flowed;
	struct verdict verdict;
	double seconds;
	bool known;

	if (!m->keeper.has_mark ||
	    !compare_with_mark(m, now, &seconds, &flowed, &known))
		return;
	m->keeper.has_mark = false;
	if (!known) {
		log_event(LOG_LEVEL_INFO, "gap-unknown",
			  "the counters are not those of the state file: another "
			  "network namespace, or they were reset");
		return;
	}
	if (detector_judge_gap(m->detector, now, seconds, flowed.tx_bytes,
			       flowed.rx_bytes, &verdict)) {
		struct traffic_view traffic;

		collector_traffic(m->collector, &traffic);
		add_past(m, &verdict, 1, &traffic);
		alert_store_record(m->alerts, now, &verdict, &traffic, alert_happened,
				   m);
	}
}

/* What is expected from now on is said, so that a person can object. */
static void log_routines(struct monitor *m)
{
	struct routine_view view;
	char sentence[256];

	while (detector_routine_learnt(m->detector, &view)) {
		struct text t = text_over(sentence, sizeof(sentence));
		routine_sentence(&view, &t);
		log_event(LOG_LEVEL_WARNING, "routine-learnt", "%s", t.data);
	}
}

static void take_sample(struct monitor *m)
{
	double begin = clock_thread_cpu();
	double now = clock_wall();
	struct collect_request request = request_at(m, now);
	struct verdict verdicts[VERDICTS_MAX];
	struct traffic_view traffic;
	struct sample sample;

	collector_sample(m->collector, &request, &sample);
	judge_unwatched_time(m, now);
	history_feed(m->history, &sample);
	size_t count = detector_feed(m->detector, &sample, verdicts);
	collector_traffic(m->collector, &traffic);
	if (m->options.allow.is_set && traffic.scanned &&
	    outside_judge(&m->outside, m->detector, now, &traffic.outside,
			  &verdicts[count]))
		count++;
	add_past(m, verdicts, count, &traffic);
	alert_store_apply(m->alerts, now, m->options.interval_s, verdicts, count,
			  &traffic, alert_happened, m);
	log_routines(m);
	log_complaints(m);

	m->stats.samples++;
	m->stats.last_sample_at = now;
	m->stats.last_sample_s = clock_thread_cpu() - begin;
}

static void timer_ticked(struct monitor *m)
{
	uint64_t ticks;

	if (read(m->timer_fd, &ticks, sizeof(ticks)) != sizeof(ticks))
		return;
	m->stats.sample_gaps += ticks - 1;
	take_sample(m);
	keeper_tick(&m->keeper);
	siblings_tick(&m->siblings);
}

static int open_loop(struct monitor *m, struct error *err)
{
	m->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (m->epoll_fd < 0)
		return fail_errno(err, errno, "epoll_create1");
	m->timer_fd = wake_after(m->options.interval_s, true, err);
	if (m->timer_fd < 0)
		return -1;
	const int fds[] = {m->timer_fd, m->signal_fd, collector_fd(m->collector),
			   server_fd(m->server)};
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (wake_on(m->epoll_fd, fds[i], err) < 0)
			return -1;
	line_queue_wake(m->epoll_fd);
	return 0;
}

static struct collector *open_collector(const struct monitor *m, struct error *err)
{
	struct collect_options options = {
	    .max_sockets = m->options.max_sockets,
	    .max_destinations = m->options.max_destinations,
	    .allow = m->options.allow.is_set ? &m->options.allow : NULL,
	};

	memcpy(options.interfaces, m->options.interfaces, sizeof(options.interfaces));
	return collector_open(&options, err);
}

/* Asking the pod's name servers is allowed. The kubelet gives each container of a pod
 * the same file. */
static void allow_name_servers(struct options *options)
{
	char conf[4096];
	const int fd = options->allow.is_set
			   ? open(RESOLV_CONF, O_RDONLY | O_CLOEXEC | O_NOCTTY)
			   : -1;
	const ssize_t length = fd < 0 ? 0 : read_full(fd, conf, sizeof(conf) - 1);

	if (fd >= 0)
		close(fd);
	conf[length > 0 ? length : 0] = '\0';
	allow_resolvers(&options->allow, conf);
}

/* Makes the ids of alerts differ between pods and between starts. */
static uint64_t alert_seed(const struct monitor *m)
{
	return identity_hash(&m->pod) ^ (uint64_t)(m->stats.started_at * 1e3);
}

/* A variable with an address that is not local is treated as any invalid variable: an
 * annotation must not leave the sidecar without its ports. */
static void check_address(struct monitor *m, bool by_variable, const char *name,
			  const struct listen_address *where)
{
	struct error line;

	if (!by_variable || listen_is_local(where))
		return;
	fail(&line, "invalid value \"%s\" for --%s: expected an address of this pod",
	     where->text, name);
	complain_of_variable(line.text);
	options_listen_by_default(&m->options, name);
	m->stats.config_errors++;
}

static struct server *open_server(struct monitor *m, struct error *err)
{
	struct options *o = &m->options;

	check_address(m, o->listen_by_variable, "listen", &o->listen);
	check_address(m, o->alert_listen_by_variable, "alert-listen", &o->alert_listen);
	return server_open(&o->listen, &o->alert_listen, &m->source, err);
}

static void note_own_socket(void *context, int fd, bool closing)
{
	collector_own_socket(context, fd, closing);
}

/* The ports that open_server() may bind. */
static void leave_listeners(struct confine_plan *plan, const struct options *options)
{
	struct options defaults = *options;

	confine_leave_address(plan, &options->listen, false);
	confine_leave_address(plan, &options->alert_listen, false);
	if (!options->listen_by_variable && !options->alert_listen_by_variable)
		return;
	options_listen_by_default(&defaults, "listen");
	options_listen_by_default(&defaults, "alert-listen");
	confine_leave_address(plan, &defaults.listen, false);
	confine_leave_address(plan, &defaults.alert_listen, false);
}

/* The folder of --baseline, whose file may come later. If there is none, as without the
 * mount of the ConfigMap, a folder further up is not left instead. */
static void leave_baseline(struct confine_plan *plan, const char *path)
{
	char folder[sizeof(((struct options *)0)->baseline_path)];
	const char *slash = strrchr(path, '/');
	const int length = slash ? (int)(slash - path) + 1 : 0;

	snprintf(folder, sizeof(folder), "%.*s.", length, path);
	if (access(folder, X_OK) == 0)
		confine_leave_path(plan, path, false);
}

/* Before anything is read that others wrote. What is opened later may be lost and
 * opened again at any time, so waiting would not allow less. */
static void confine_monitor(struct monitor *m)
{
	struct confine_plan plan = {.abilities = CONFINE_SAMPLES | CONFINE_SERVES};

	if (m->options.state_path[0])
		plan.abilities |= CONFINE_SAVES;
	confine_leave_path(&plan, "/proc", false);
	confine_leave_path(&plan, m->options.state_path, true);
	if (m->options.allow.is_set)
		confine_leave_path(&plan, RESOLV_CONF, false);
	confine_leave_path(&plan, m->options.metrics.token_path, false);
	leave_baseline(&plan, m->options.baseline_path);
	confine_leave_port(&plan, 0, false); /* of collect/sockets: to be found */
	leave_listeners(&plan, &m->options);
	confine(&plan, true, &m->confinement);
	m->stats.confined = confinement_holds(&m->confinement);
}

static int open_monitor(struct monitor *m, struct error *err)
{
	/* First, so that no signal ends a start. */
	m->signal_fd = wake_on_signals(err);
	if (m->signal_fd < 0)
		return -1;
	m->pod = identity_from_environment();
	m->stats.started_at = clock_wall();
	m->stats.interval_s = m->options.interval_s;
	m->stats.config_errors = m->options.config_errors;

	m->detector = detector_new(&m->options.detect);
	m->alerts = alert_store_new(alert_seed(m));
	m->history = history_new();
	if (!m->detector || !m->alerts || !m->history)
		return fail_memory(err, "the monitor");
	confine_monitor(m);

	allow_name_servers(&m->options);
	m->collector = open_collector(m, err);
	if (!m->collector)
		return -1;
	m->source = (struct serve_source){.collector = m->collector,
					  .detector = m->detector,
					  .detect = &m->options.detect,
					  .alerts = m->alerts,
					  .history = m->history,
					  .pod = &m->pod,
					  .stats = &m->stats,
					  .metrics = &m->options.metrics,
					  .own_socket = note_own_socket,
					  .own_context = m->collector};
	m->server = open_server(m, err);
	if (!m->server)
		return -1;
	m->keeper = (struct keeper){.path = m->options.state_path,
				    .detector = m->detector,
				    .collector = m->collector,
				    .alerts = m->alerts,
				    .history = m->history,
				    .stats = &m->stats};
	m->siblings = (struct siblings){.path = m->options.baseline_path,
					.detector = m->detector};
	keeper_load(&m->keeper);
	siblings_load(&m->siblings);
	return open_loop(m, err);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void close_monitor(struct monitor *m)
{
	close_fd(m->signal_fd);
	close_fd(m->timer_fd);
	close_fd(m->epoll_fd);
	server_close(m->server);
	collector_close(m->collector);
	history_free(m->history);
	alert_store_free(m->alerts);
	detector_free(m->detector);
}

/* Says once that waiting fails, and once that it works again. */
static void note_wait(struct monitor *m, bool failed)
{
	if (failed && !m->waits_badly)
		log_event(LOG_LEVEL_WARNING, "wait-failed",
			  "epoll_wait: %s; sampling goes on, all is looked at instead",
			  strerror(m->wake_failures.errnum));
	else if (!failed && m->waits_badly)
		log_event(LOG_LEVEL_INFO, "wait-works",
			  "epoll_wait works again, after %llu failures since the start",
			  (unsigned long long)m->wake_failures.count);
	m->waits_badly = failed;
}

/* Takes the signals that wait. Returns whether to stop. */
static bool heed_signals(struct monitor *m)
{
	enum wake_signal heard;

	while ((heard = wake_signal(m->signal_fd)) == WAKE_RELOAD)
		if (m->siblings.path[0])
			siblings_load(&m->siblings);
		else
			log_event(LOG_LEVEL_INFO, "nothing-to-reload",
				  "SIGHUP: there is no --baseline to read again; going "
				  "on");
	return heard == WAKE_STOP;
}

/* Serves one descriptor that is ready, or perhaps ready. Returns whether to stop. */
static bool serve_fd(struct monitor *m, int fd)
{
	if (fd == m->timer_fd)
		timer_ticked(m);
	else if (fd == m->signal_fd)
		return heed_signals(m);
	else if (fd == collector_fd(m->collector))
		collector_process(m->collector);
	return false;
}

/* One iteration of the loop; returns whether to stop. */
static bool turn(struct monitor *m)
{
	struct epoll_event events[8];
	const int all[] = {m->timer_fd, m->signal_fd, collector_fd(m->collector)};
	const int count = wake_wait(m->epoll_fd, events, 8,
				    server_timeout_ms(m->server), &m->wake_failures);
	bool stop = false;

	note_wait(m, count < 0);
	for (int i = 0; i < count; i++)
		stop |= serve_fd(m, events[i].data.fd);
	for (size_t i = 0; count < 0 && i < sizeof(all) / sizeof(all[0]); i++)
		stop |= serve_fd(m, all[i]);
	/* Also needed when only its timeout has passed. */
	server_process(m->server);
	server_report(m->server, &m->stats);
	log_flush();
	return stop;
}

static void say_start(const struct monitor *m)
{
	char open[80], local[80], layers[64], lines[1024];
	struct text open_text = text_over(open, sizeof(open));
	struct text local_text = text_over(local, sizeof(local));
	struct text layers_text = text_over(layers, sizeof(layers));
	struct text t = text_over(lines, sizeof(lines));

	confinement_say(&m->confinement, &layers_text);
	start_address(&open_text, &m->options.listen, server_open_port(m->server));
	start_address(&local_text, &m->options.alert_listen,
		      server_local_port(m->server));
	/* A person at a terminal gets a message; a log collector has no terminal and
	 * gets log lines only. */
	if (isatty(STDERR_FILENO)) {
		start_message(&t, program_invocation_name, m->options.interval_s, open,
			      local);
		fputs(lines, stderr);
	}
	log_event(LOG_LEVEL_INFO, "started",
		  "dormouse %s, a sample each %gs; metrics: http://%s/metrics alerts: "
		  "http://%s/alerts; %s",
		  dormouse_version(), m->options.interval_s, open, local, layers);
}

/* A file named by a variable may be repaired while the monitor runs; until then nobody
 * gets full detail. */
static int check_token(struct monitor *m, struct error *err)
{
	if (server_check_token(&m->options.metrics, err) == 0)
		return 0;
	if (!m->options.token_by_variable)
		return -1;
	log_event(LOG_LEVEL_WARNING, "bad-variable", "%s; /metrics has only counters",
		  err->text);
	m->options.config_errors++;
	return 0;
}

/* The HTTP library cannot go on. The container is started again. */
static void say_last_words(void *context, const char *reason)
{
	struct monitor *m = context;

	log_event(LOG_LEVEL_ERROR, "failed",
		  "the HTTP library cannot go on: %s; saving the state, then ending",
		  reason);
	keeper_end(&m->keeper);
}

int run_main(int argc, char **argv)
{
	static struct monitor m = {.epoll_fd = -1, .timer_fd = -1, .signal_fd = -1};
	struct error err;
	int result = options_parse(&m.options, OPTIONS_RUN, argc, argv,
				   complain_of_variable, &err);

	if (result > 0) {
		options_help(OPTIONS_RUN, stdout);
		return 0;
	}
	if (result < 0 || check_token(&m, &err) < 0) {
		fprintf(stderr, "dormouse: %s\n", err.text);
		return 2;
	}
	log_open(m.options.log_format);

	result = open_monitor(&m, &err);
	if (result == 0) {
		http_on_panic(say_last_words, &m);
		say_start(&m);
		take_sample(&m);
		keeper_tick(&m.keeper);
		while (!turn(&m))
			;
		wake_stop_at_once();
		m.stats.stopping = true;
		keeper_end(&m.keeper);
	}
	if (result < 0)
		log_event(LOG_LEVEL_ERROR, "failed", "%s", err.text);
	else
		log_event(LOG_LEVEL_INFO, "stopped", "after %llu samples",
			  (unsigned long long)m.stats.samples);
	close_monitor(&m);
	return result < 0 ? 1 : 0;
}

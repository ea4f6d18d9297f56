/* SPDX-License-Identifier: Apache-2.0 */
/* serve_command.c - `dormouse-injector serve`: one epoll loop until a signal, then an
 * orderly end without failed reviews. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/line_queue.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/version.h"
#include "confine_injector.h"
#include "http/panic.h"
#include "injector/certificates/reconciler.h"
#include "injector/kubernetes/reflector.h"
#include "injector/webhook/webhook.h"
#include "injector_commands.h"

/* free() returns larger blocks to the kernel. The value is set explicitly, because
 * glibc otherwise raises it to the largest freed block. */
#define LARGE_BLOCK (64 * 1024)

struct injector {
	struct injector_options options;
	struct cluster_facts facts;
	struct namespaces *namespaces;
	struct reflectors *reflectors; /* NULL: there is no API server */
	struct tls_store *store;
	struct reconciler *reconciler;
	struct webhook *webhook;
	struct confinement confinement;
	int epoll_fd, signal_fd;
	struct wake_failures wake_failures;
	bool stopping; /* a signal came */
};

static void complain_of_variable(const char *line)
{
	log_event(LOG_LEVEL_WARNING, "bad-variable", "%s; using the default", line);
}

/* Raises the limit of descriptors, because each connection needs one. Ignores failures:
 * the server handles missing descriptors when it needs them. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_injector(struct injector *i, struct error *err)
{
	const struct webhook_source source = {.options = &i->options,
					      .store = i->store,
					      .facts = &i->facts,
					      .namespaces = i->namespaces,
					      .confinement = &i->confinement,
					      .started_at = clock_wall()};

	/* Blocks signals before other threads start. */
	i->signal_fd = wake_on_signals(err);
	if (i->signal_fd < 0)
		return -1;
	i->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (i->epoll_fd < 0)
		return fail_errno(err, errno, "epoll_create1");
	line_queue_wake(i->epoll_fd);
	i->webhook = webhook_open(&source, err);
	if (!i->webhook)
		return -1;
	i->reconciler = reconciler_start(&i->options, i->store, &i->facts, err);
	if (!i->reconciler || wake_on(i->epoll_fd, i->signal_fd, err) < 0)
		return -1;
	i->reflectors = reflectors_start(&i->options, i->namespaces, &i->facts);
	return wake_on(i->epoll_fd, webhook_fd(i->webhook), err);
}

static void close_injector(struct injector *i)
{
	reflectors_stop(i->reflectors);
	reconciler_stop(i->reconciler);
	webhook_close(i->webhook);
	namespaces_free(i->namespaces);
	tls_store_free(i->store);
	if (i->epoll_fd >= 0)
		close(i->epoll_fd);
	if (i->signal_fd >= 0)
		close(i->signal_fd);
}

/* The first signal to stop starts draining; a second one ends the program at once. */
static void heed_signals(struct injector *i)
{
	const enum wake_signal heard = wake_signal(i->signal_fd);

	if (heard == WAKE_RELOAD)
		log_event(LOG_LEVEL_INFO, "nothing-to-reload",
			  "SIGHUP: files are read again when they change; going on");
	if (heard != WAKE_STOP || i->stopping)
		return;
	log_event(LOG_LEVEL_INFO, "stopping",
		  "draining: readiness off, still answering in-flight reviews");
	i->stopping = true;
	wake_stop_at_once();
}

/* Says once that waiting fails. */
static void note_wait(const struct injector *i)
{
	if (i->wake_failures.in_row == 1)
		log_event(LOG_LEVEL_WARNING, "wait-failed",
			  "epoll_wait: %s; going on, failures since the start: %llu",
			  strerror(i->wake_failures.errnum),
			  (unsigned long long)i->wake_failures.count);
}

/* One turn of the loop. Returns whether to stop. Looks at everything each time: a wait
 * that failed or timed out does not say what is ready. */
static bool turn(struct injector *i)
{
	struct epoll_event events[2];

	if (wake_wait(i->epoll_fd, events, 2, webhook_timeout_ms(i->webhook),
		      &i->wake_failures) < 0)
		note_wait(i);
	heed_signals(i);
	webhook_process(i->webhook);
	log_flush();
	return i->stopping && webhook_drain(i->webhook);
}

/* The HTTP library cannot go on. The other replica answers until this one is back. */
static void say_last_words(void *context, const char *reason)
{
	(void)context;
	log_event(LOG_LEVEL_ERROR, "failed", "the HTTP library cannot go on: %s",
		  reason);
}

static int serve(struct injector *i, struct error *err)
{
	char layers[64];
	struct text layers_text = text_over(layers, sizeof(layers));

	/* Before anything is read that others wrote, and before other threads start. */
	confine_injector(&i->options, &i->confinement);
	confinement_say(&i->confinement, &layers_text);
	if (open_injector(i, err) < 0)
		return -1;
	log_event(LOG_LEVEL_INFO, "started",
		  "dormouse-injector %s; reviews: https://%s/inject metrics: "
		  "http://%s/metrics; %s",
		  dormouse_version(), i->options.listen.text,
		  i->options.metrics_listen.text, layers);
	http_on_panic(say_last_words, NULL);
	while (!turn(i))
		;
	return 0;
}

int injector_serve_main(int argc, char **argv)
{
	static struct injector i = {.epoll_fd = -1, .signal_fd = -1};
	struct error err;
	int result = injector_options_parse(&i.options, INJECTOR_SERVE, argc, argv,
					    complain_of_variable, &err);

	if (result > 0) {
		injector_options_help(INJECTOR_SERVE, stdout);
		return 0;
	}
	if (result < 0) {
		fprintf(stderr, "dormouse-injector: %s\n", err.text);
		return 2;
	}
	log_open(i.options.log_format);
	allow_descriptors();
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	i.store = tls_store_new(&err);
	i.namespaces = i.store ? namespaces_new(&err) : NULL;
	result = i.namespaces ? serve(&i, &err) : -1;
	if (result < 0)
		log_event(LOG_LEVEL_ERROR, "failed", "%s", err.text);
	else
		log_event(LOG_LEVEL_INFO, "stopped", "on a signal");
	close_injector(&i);
	return result < 0 ? 1 : 0;
}

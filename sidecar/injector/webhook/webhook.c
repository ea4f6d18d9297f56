/* SPDX-License-Identifier: Apache-2.0 */
/* webhook.c - the servers for reviews and for metrics, and their periodic work. */
#include "webhook.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "injector/tls/client_ca.h"
#include "injector/tls/https.h"
#include "injector_routes.h"
#include "reviews.h"

/* For Prometheus, the kubelet and people. */
#define METRICS_CONNECTIONS 32
#define METRICS_IDLE_S      90.0

/* Time limits in seconds: for a TLS handshake, and for a request from its first line to
 * its answer; and for a handshake while most connections are in use. */
#define ARRIVAL_MAX_S 10.0
#define PRESSED_MAX_S 2.0

/* Connections that wait in the kernel. An API server opens many at once when many pods
 * are created, and a crowd must not fill the queue. */
#define BACKLOG 4096

/* One in so many of the connections is reserved for hosts that hold few. */
#define RESERVE_PART 16

/* Memory of a connection, for the head and a part of the body. */
#define CONNECTION_BYTES (16 * 1024)

/* How long we still accept connections while we stop. The cluster needs some seconds to
 * learn that we are not ready. */
#define DRAIN_LISTEN_S 5.0

/* How long open requests may take after that. */
#define DRAIN_FINISH_S 3.0

/* The most seconds between checks of the client CA; a shorter --check-interval holds.
 */
#define CLIENT_CA_LOOK_EVERY_S 10.0

enum { REVIEWS, METRICS, SERVERS };

struct webhook {
	struct template_file template;
	struct client_ca clients;
	struct injector_counters counters;
	struct review_log review_log;
	struct reviews *reviews;
	struct injector_status status;
	struct http_routes status_routes;
	struct error image;        /* error of template_check_image(); "": none */
	char held[ERROR_TEXT_MAX]; /* the same; "" with --image-loaded */
	bool image_loaded;
	struct http_server *servers[SERVERS];
	double drain_since; /* monotonic seconds, 0: not yet */
	int epoll_fd;
};

/* A pod whose sidecar cannot be pulled never starts. So if nodes may not be able to
 * pull the image, no pod is injected, and we are not ready, so that no pod is sent
 * here. */
static void look_at_image(struct webhook *w)
{
	w->image.text[0] = w->held[0] = '\0';
	if (template_check_image(w->template.template, &w->image) < 0 &&
	    !w->image_loaded) {
		memcpy(w->held, w->image.text, sizeof(w->held));
		log_event(LOG_LEVEL_ERROR, "image-without-registry",
			  "%s; until then pods get no sidecar", w->held);
	}
	w->status.figures.held = w->held[0] != '\0';
}

static struct http_limits limits_of(unsigned connections, double idle_s)
{
	return (struct http_limits){
	    .max = connections,
	    .host_max = connections,
	    .reserve = connections / RESERVE_PART,
	    .backlog = BACKLOG,
	    .bytes = CONNECTION_BYTES,
	    .idle_s = idle_s,
	    .request_s = ARRIVAL_MAX_S,
	    .handshake_s = ARRIVAL_MAX_S,
	    .handshake_pressed_s = PRESSED_MAX_S,
	};
}

/* Connections that are open when the CA changes were not judged by it. */
static void take_clients(struct webhook *w)
{
	log_event(LOG_LEVEL_INFO, "client-ca-in-use",
		  "clients need a certificate of the CAs in %s%s%s", w->clients.path,
		  w->clients.name[0] ? ", with the name " : "", w->clients.name);
	if (w->servers[REVIEWS])
		http_server_retire_connections(w->servers[REVIEWS]);
}

static void look_at_clients(struct webhook *w, double now)
{
	struct error err;

	switch (client_ca_look(&w->clients, now, &err)) {
	case CLIENT_CA_SAME:
		break;
	case CLIENT_CA_TAKEN:
		take_clients(w);
		break;
	case CLIENT_CA_BROKEN:
		log_event(LOG_LEVEL_ERROR, "client-ca-broken", "%s; %s", err.text,
			  client_ca_demands(&w->clients)
			      ? "the old CAs stay in use"
			      : "clients need no certificate until it is mended");
		break;
	}
}

static int open_reviews(struct webhook *w, const struct webhook_source *source,
			struct error *err)
{
	const struct injector_options *options = source->options;
	const struct reviews_source reviews = {
	    .template = &w->template,
	    .facts = source->facts,
	    .namespaces = source->namespaces,
	    .own_namespace = options->namespace,
	    .held = w->held,
	    .max_body = (size_t)options->max_body,
	    .counters = &w->counters,
	    .review_log = &w->review_log,
	};

	w->reviews = reviews_new(&reviews, err);
	if (!w->reviews)
		return -1;
	const struct http_settings settings = {
	    .where = &options->listen,
	    .flag = "--listen",
	    .tls = &https,
	    .limits = limits_of(options->max_connections, options->idle_timeout_s),
	    .routes = reviews_routes(w->reviews),
	};
	tls_store_serve(source->store);
	https_admit(&w->clients);
	w->servers[REVIEWS] = http_server_open(&settings, w->epoll_fd, err);
	return w->servers[REVIEWS] ? 0 : -1;
}

static int open_status(struct webhook *w, const struct webhook_source *source,
		       struct error *err)
{
	const struct http_settings settings = {
	    .where = &source->options->metrics_listen,
	    .flag = "--metrics-listen",
	    .limits = limits_of(METRICS_CONNECTIONS, METRICS_IDLE_S),
	    .routes = &w->status_routes,
	};

	w->status_routes = injector_routes(&w->status);
	w->servers[METRICS] = http_server_open(&settings, w->epoll_fd, err);
	w->status.figures = (struct injector_figures){
	    .counters = &w->counters,
	    .facts = source->facts,
	    .namespaces = source->namespaces,
	    .store = source->store,
	    .clients = &w->clients,
	    .reviews = w->servers[REVIEWS],
	    .metrics = w->servers[METRICS],
	    .config_errors = source->options->config_errors,
	    .confined = source->confinement && confinement_holds(source->confinement),
	    .image_trouble = w->image.text,
	    .started_at = source->started_at,
	};
	return w->servers[METRICS] ? 0 : -1;
}

struct webhook *webhook_open(const struct webhook_source *source, struct error *err)
{
	struct webhook *w = calloc(1, sizeof(*w));

	if (!w) {
		fail_memory(err, "the webhook");
		return NULL;
	}
	w->image_loaded = source->options->image_loaded;
	client_ca_init(&w->clients, source->options->client_ca_file,
		       source->options->client_name,
		       fmin(source->options->check_interval_s, CLIENT_CA_LOOK_EVERY_S));
	look_at_clients(w, clock_monotonic());
	if (w->clients.path[0] && !w->clients.seen.there)
		log_event(LOG_LEVEL_INFO, "client-ca-absent",
			  "there is no %s: clients need no certificate",
			  w->clients.path);
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll_fd < 0)
		fail_errno(err, errno, "epoll_create1");
	else if (template_file_open(&w->template, source->options->template_path,
				    err) == 0 &&
		 open_reviews(w, source, err) == 0 &&
		 open_status(w, source, err) == 0) {
		look_at_image(w);
		return w;
	}
	webhook_close(w);
	return NULL;
}

void webhook_close(struct webhook *w)
{
	if (!w)
		return;
	http_server_close(w->servers[REVIEWS]);
	http_server_close(w->servers[METRICS]);
	https_admit(NULL);
	client_ca_free(&w->clients);
	reviews_free(w->reviews);
	template_file_close(&w->template);
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
	free(w);
}

int webhook_fd(const struct webhook *w)
{
	return w->epoll_fd;
}

static void look_at_template(struct webhook *w, double now)
{
	struct error err;

	switch (template_file_look(&w->template, now, &err)) {
	case TEMPLATE_SAME:
		break;
	case TEMPLATE_TAKEN:
		w->counters.template_reloads++;
		log_event(LOG_LEVEL_INFO, "template-changed",
			  "pods are injected by the new %s", w->template.path);
		look_at_image(w);
		break;
	case TEMPLATE_BROKEN:
		w->counters.template_failures++;
		log_event(LOG_LEVEL_ERROR, "template-broken",
			  "%s; pods are injected by the old template", err.text);
		break;
	}
}

static void complain_of_clients(struct webhook *w, double now)
{
	struct error complaint;

	if (client_ca_complaint(&w->clients, now, &complaint))
		log_event(LOG_LEVEL_WARNING, "clients-refused", "%s", complaint.text);
}

static void complain_of_crowd(struct http_server *s, double now)
{
	struct error complaint;

	if (http_server_complaint(s, now, &complaint))
		log_event(LOG_LEVEL_WARNING, "crowded", "%s", complaint.text);
}

void webhook_process(struct webhook *w)
{
	double now = clock_monotonic();

	http_servers_process(w->servers, SERVERS, now);
	review_log_tick(&w->review_log, now);
	complain_of_crowd(w->servers[REVIEWS], now);
	complain_of_crowd(w->servers[METRICS], now);
	look_at_template(w, now);
	look_at_clients(w, now);
	complain_of_clients(w, now);
	w->counters.lines_withheld = w->review_log.withheld;
	w->status.figures.body_bytes = reviews_body_bytes(w->reviews);
}

/* Returns the shorter timeout; -1 means no timeout. */
static int nearer(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

int webhook_timeout_ms(const struct webhook *w)
{
	double now = clock_monotonic();
	double due = review_log_due(&w->review_log, now);
	double look = w->template.looked_at + TEMPLATE_LOOK_EVERY_S - now;
	double clients = client_ca_due_s(&w->clients, now);
	int timeout = http_servers_timeout_ms(w->servers, SERVERS);

	if (due >= 0)
		timeout = nearer(timeout, (int)ceil(due * 1e3));
	if (clients >= 0)
		timeout = nearer(timeout, (int)ceil(clients * 1e3));
	if (w->drain_since > 0)
		timeout = nearer(timeout, 100);
	return nearer(timeout, look > 0 ? (int)ceil(look * 1e3) : 0);
}

bool webhook_drain(struct webhook *w)
{
	double now = clock_monotonic();

	if (w->drain_since == 0) {
		w->drain_since = now;
		w->status.stopping = true;
		reviews_drain(w->reviews);
	}
	if (now - w->drain_since < DRAIN_LISTEN_S)
		return false;
	http_server_stop_listening(w->servers[REVIEWS]);
	return !http_server_busy(w->servers[REVIEWS]) ||
	       now - w->drain_since > DRAIN_LISTEN_S + DRAIN_FINISH_S;
}

uint16_t webhook_port(const struct webhook *w)
{
	return http_server_port(w->servers[REVIEWS]);
}

uint16_t webhook_metrics_port(const struct webhook *w)
{
	return http_server_port(w->servers[METRICS]);
}

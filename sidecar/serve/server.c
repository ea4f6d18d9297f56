/* SPDX-License-Identifier: Apache-2.0 */
/* server.c - the monitor's two ports, in one epoll set. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "dormouse/serve.h"
#include "http/http_server.h"
#include "serve_routes.h"

/* Maximum connections of each port, and of one host; and more for hosts that have
 * none. */
#define OPEN_MAX     12
#define LOCAL_MAX    8
#define PER_HOST_MAX 6
#define RESERVE      4

/* In seconds. A connection is closed after being idle this long; a scraper that comes
 * every ten seconds keeps its connection. A request may be sent, and its answer read,
 * slowly, but within the second limit. */
#define IDLE_MAX_S    10.0
#define REQUEST_MAX_S 30.0

/* Connections that the kernel queues. A thousand clients that come again as soon as
 * they are refused must not fill the queue: an honest one would be heard a second
 * later, when its first packet is sent again. */
#define BACKLOG 1024

/* Memory per connection for request heads. The library touches all of it from the
 * second request on, so these and the numbers above are most of what a crowd costs.
 * Those of scrapers are small; a browser also sends the cookies of other services on
 * localhost. */
#define OPEN_HEAD_BYTES  (4 * 1024)
#define LOCAL_HEAD_BYTES (8 * 1024)

struct server {
	struct serve_routes routes;
	struct http_server *ports[LISTENERS];
	int epoll_fd;
};

static int open_port(struct server *s, int which, const struct listen_address *where,
		     struct error *err)
{
	const struct serve_source *source = s->routes.source;
	const struct http_settings settings = {
	    .where = where,
	    .flag = which == LISTENER_LOCAL ? "--alert-listen" : "--listen",
	    .limits = {.max = which == LISTENER_LOCAL ? LOCAL_MAX : OPEN_MAX,
		       .host_max = PER_HOST_MAX,
		       .reserve = RESERVE,
		       .backlog = BACKLOG,
		       .bytes =
			   which == LISTENER_LOCAL ? LOCAL_HEAD_BYTES : OPEN_HEAD_BYTES,
		       .idle_s = IDLE_MAX_S,
		       .request_s = REQUEST_MAX_S},
	    .routes = which == LISTENER_LOCAL ? &s->routes.local : &s->routes.open,
	    .own_socket = source->own_socket,
	    .own_context = source->own_context,
	};

	s->ports[which] = http_server_open(&settings, s->epoll_fd, err);
	return s->ports[which] ? 0 : -1;
}

struct server *server_open(const struct listen_address *open,
			   const struct listen_address *local,
			   const struct serve_source *source, struct error *err)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s) {
		fail_memory(err, "the server");
		return NULL;
	}
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0)
		fail_errno(err, errno, "epoll_create1");
	else if (serve_routes_init(&s->routes, source) < 0)
		fail_memory(err, "the server");
	else if (open_port(s, LISTENER_OPEN, open, err) == 0 &&
		 open_port(s, LISTENER_LOCAL, local, err) == 0)
		return s;
	server_close(s);
	return NULL;
}

void server_close(struct server *s)
{
	if (!s)
		return;
	for (int i = 0; i < LISTENERS; i++)
		http_server_close(s->ports[i]);
	serve_routes_free(&s->routes);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	free(s);
}

int server_fd(const struct server *s)
{
	return s->epoll_fd;
}

void server_process(struct server *s)
{
	http_servers_process(s->ports, LISTENERS, clock_monotonic());
}

int server_timeout_ms(const struct server *s)
{
	return http_servers_timeout_ms(s->ports, LISTENERS);
}

void server_report(const struct server *s, struct run_stats *stats)
{
	memset(stats->http_refused, 0, sizeof(stats->http_refused));
	for (int i = 0; i < LISTENERS; i++) {
		const struct http_counters *counters =
		    http_server_counters(s->ports[i]);

		stats->listener_up[i] = http_server_listens(s->ports[i]);
		for (int why = 0; why < HTTP_REFUSALS; why++)
			stats->http_refused[why] += counters->refused[why];
	}
}

uint16_t server_open_port(const struct server *s)
{
	return http_server_port(s->ports[LISTENER_OPEN]);
}

uint16_t server_local_port(const struct server *s)
{
	return http_server_port(s->ports[LISTENER_LOCAL]);
}

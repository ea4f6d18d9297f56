/* SPDX-License-Identifier: Apache-2.0 */
/* serve.h - HTTP: metrics, alerts, baseline, health.
 *
 * Two listeners in one epoll set. The open one serves /metrics, /healthz and /readyz;
 * the loopback one these and /alerts, /api/v2/alerts, /baseline. Only GET and HEAD:
 * nothing here changes anything.
 */
#ifndef DORMOUSE_SERVE_H
#define DORMOUSE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "alert.h"
#include "base/error.h"
#include "collect.h"
#include "config/identity.h"
#include "config/options.h"
#include "detect.h"
#include "http/listen.h"
#include "metrics/run_stats.h"

/* What is served; everything outlives the server. */
struct serve_source {
	const struct collector *collector;
	const struct detector *detector;
	const struct alert_store *alerts;
	const struct identity *pod;
	const struct run_stats *stats;
	http_own_socket *own_socket; /* told of the server's sockets; or NULL */
	void *own_context;
};

struct server;

/* Binds both addresses and starts to listen. An IPv6 wildcard takes IPv4 as well, and
 * on a machine without IPv6 it becomes the IPv4 one. Fails with the address and what
 * would do (a port in use, an address that is not here). */
struct server *server_open(const struct listen_address *open,
			   const struct listen_address *local,
			   const struct serve_source *source, struct error *err);
void server_close(struct server *s);

/* An epoll descriptor, readable when there is work; then, and when server_timeout_ms()
 * has passed, call server_process(). */
int server_fd(const struct server *s);
void server_process(struct server *s);

/* Milliseconds until server_process() must be called at the latest; -1: no need. */
int server_timeout_ms(const struct server *s);

/* The ports that were bound, host order. */
uint16_t server_open_port(const struct server *s);
uint16_t server_local_port(const struct server *s);

/* What /metrics says, as text 0.0.4 or OpenMetrics 1.0. For the server and tests. */
void metrics_render(const struct serve_source *source, bool openmetrics,
		    struct text *t);

#endif

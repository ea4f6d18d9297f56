/* SPDX-License-Identifier: Apache-2.0 */
/* serve.h - HTTP: metrics, alerts, baseline, health.
 *
 * Two listeners share one epoll set. The open one serves /metrics, /healthz and
 * /readyz. The loopback one serves these and /alerts, /status, /baseline,
 * /destinations, /api/v2. Only GET and HEAD are accepted: no request changes the
 * monitor.
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

/* A form of /metrics. */
struct metrics_form {
	enum metrics_detail detail;
	bool openmetrics; /* OpenMetrics 1.0, else text 0.0.4 */
};

/* The data that the server reads. Everything here outlives the server. */
struct serve_source {
	const struct collector *collector;
	const struct detector *detector;
	const struct detect_options *detect; /* those of the detector */
	const struct alert_store *alerts;
	const struct identity *pod;
	const struct run_stats *stats;
	const struct metrics_access *metrics; /* of the open port; NULL: full */
	http_own_socket *own_socket; /* called for each socket of the server; or NULL */
	void *own_context;
};

struct server;

/* Listens on both addresses. An IPv6 wildcard also accepts IPv4; on a machine without
 * IPv6 it becomes the IPv4 wildcard. An address that cannot be had (a port in use, an
 * address that is not local) is logged and tried again, while the rest works. NULL with
 * an error if there is no memory or no descriptor for the server itself. */
struct server *server_open(const struct listen_address *open,
			   const struct listen_address *local,
			   const struct serve_source *source, struct error *err);
void server_close(struct server *s);

/* An epoll descriptor, readable when there is work. Call server_process() when it is
 * readable and when server_timeout_ms() has passed. */
int server_fd(const struct server *s);
void server_process(struct server *s);

/* Milliseconds until server_process() must be called at the latest; -1: no limit. */
int server_timeout_ms(const struct server *s);

/* Sets http_refused and listener_up. */
void server_report(const struct server *s, struct run_stats *stats);

/* The bound ports, in host byte order; 0: never bound. */
uint16_t server_open_port(const struct server *s);
uint16_t server_local_port(const struct server *s);

/* Checks that the token's file, if there is one, can be used. Returns 0, or -1 with a
 * line that says what was expected. While the server runs, a file that cannot be used
 * is logged, and nobody gets full detail on the open port. */
int server_check_token(const struct metrics_access *access, struct error *err);

/* Renders the content of /metrics. For the server and tests. */
void metrics_render(const struct serve_source *source, struct metrics_form form,
		    struct text *t);

#endif

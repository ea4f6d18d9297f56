/* SPDX-License-Identifier: Apache-2.0 */
/* confine_injector.c - the folders and ports of `dormouse-injector serve`. */
#include "confine_injector.h"

#include <stdlib.h>
#include <string.h>

#include "injector/kubernetes/kubernetes.h"

#define HTTPS_PORT 443
#define DNS_PORT   53 /* by TCP, for an answer that is too long for UDP */

#define HTTP_PORT 80

/* The port of "https://HOST:PORT/PATH" or "https://[::1]"; without one that of the
 * scheme. */
static uint16_t port_of(const char *server)
{
	const char *scheme_end = strstr(server, "://");
	const char *host = scheme_end ? scheme_end + 3 : server;
	const size_t length = strcspn(host, "/");
	const char *colon = memrchr(host, ':', length);
	char *end = NULL;
	const unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;

	if (end && end != colon + 1 && end == host + length)
		return (uint16_t)port;
	return strncmp(server, "http:", 5) == 0 ? HTTP_PORT : HTTPS_PORT;
}

static void leave_api_server(struct confine_plan *plan,
			     const struct injector_options *options,
			     struct client_access *access)
{
	struct error none;

	if (kubernetes_find(options, access, &none) < 0)
		return;
	confine_leave_path(plan, access->token_file, false);
	confine_leave_path(plan, access->ca_file, false);
	confine_leave_port(plan, port_of(access->server), true);
	confine_leave_port(plan, DNS_PORT, true);
}

/* What the resolver and the C library read. */
static void leave_system(struct confine_plan *plan)
{
	confine_leave_path(plan, "/proc", false);
	confine_leave_path(plan, "/etc", false);             /* the resolver's */
	confine_leave_path(plan, "/etc/resolv.conf", false); /* it may be a link */
}

void confine_injector(const struct injector_options *options, struct confinement *c)
{
	struct confine_plan plan = {.abilities = CONFINE_SERVES | CONFINE_ASKS |
						 CONFINE_THREADS | CONFINE_RESOLVES};
	struct client_access access; /* outlives confine(), which reads its paths */

	leave_system(&plan);
	confine_leave_path(&plan, options->template_path, false);
	confine_leave_path(&plan, options->tls_cert_file, false);
	confine_leave_path(&plan, options->tls_key_file, false);
	confine_leave_path(&plan, options->client_ca_file, false);
	confine_leave_address(&plan, &options->listen, false);
	confine_leave_address(&plan, &options->metrics_listen, false);
	leave_api_server(&plan, options, &access);
	confine(&plan, true, c);
}

void confine_learning(const struct injector_options *options, struct confinement *c)
{
	struct confine_plan plan = {.abilities = CONFINE_ASKS | CONFINE_THREADS |
						 CONFINE_RESOLVES};
	struct client_access access;

	leave_system(&plan);
	confine_leave_path(&plan, options->prometheus_token_file, false);
	confine_leave_path(&plan, options->prometheus_ca_file, false);
	confine_leave_port(&plan, port_of(options->prometheus), true);
	confine_leave_port(&plan, DNS_PORT, true);
	leave_api_server(&plan, options, &access);
	confine(&plan, false, c);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* confine_injector.c - the folders and ports of `dormouse-injector serve`. */
#include "confine_injector.h"

#include <stdlib.h>
#include <string.h>

#include "injector/kubernetes/kubernetes.h"

#define HTTPS_PORT 443
#define DNS_PORT   53 /* by TCP, for an answer that is too long for UDP */

/* The port of "https://HOST:PORT" or "https://[::1]"; without one that of HTTPS. */
static uint16_t port_of(const char *server)
{
	const char *colon = strrchr(server, ':');
	char *end = NULL;
	const unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;

	return end && end != colon + 1 && *end == '\0' ? (uint16_t)port : HTTPS_PORT;
}

void confine_injector(const struct injector_options *options, struct confinement *c)
{
	struct confine_plan plan = {.abilities = CONFINE_SERVES | CONFINE_ASKS |
						 CONFINE_THREADS | CONFINE_RESOLVES};
	struct client_access access;
	struct error none;

	confine_leave_path(&plan, "/proc", false);
	confine_leave_path(&plan, "/etc", false);             /* the resolver's */
	confine_leave_path(&plan, "/etc/resolv.conf", false); /* it may be a link */
	confine_leave_path(&plan, options->template_path, false);
	confine_leave_path(&plan, options->tls_cert_file, false);
	confine_leave_path(&plan, options->tls_key_file, false);
	confine_leave_path(&plan, options->client_ca_file, false);
	confine_leave_address(&plan, &options->listen, false);
	confine_leave_address(&plan, &options->metrics_listen, false);
	if (kubernetes_find(options, &access, &none) == 0) {
		confine_leave_path(&plan, access.token_file, false);
		confine_leave_path(&plan, access.ca_file, false);
		confine_leave_port(&plan, port_of(access.server), true);
		confine_leave_port(&plan, DNS_PORT, true);
	}
	confine(&plan, true, c);
}

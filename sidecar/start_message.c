/* SPDX-License-Identifier: Apache-2.0 */
/* start_message.c - tells where to find metrics and alerts when the monitor starts. */
#include "start_message.h"

#include <netinet/in.h>
#include <string.h>

#include "base/version.h"

/* A name for a wildcard address, which a client cannot connect to. */
static const char *name_of_wildcard(const struct listen_address *where)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&where->address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&where->address;

	if (where->address.ss_family == AF_INET &&
	    in->sin_addr.s_addr == htonl(INADDR_ANY))
		return "127.0.0.1";
	if (where->address.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr))
		return "localhost";
	return NULL;
}

void start_address(struct text *t, const struct listen_address *where, uint16_t port)
{
	const char *name = name_of_wildcard(where);
	const char *colon = strrchr(where->text, ':');

	if (name)
		text_put(t, name);
	else if (colon)
		text_put_bytes(t, where->text, (size_t)(colon - where->text));
	if (port > 0)
		text_printf(t, ":%u", port);
	else if (colon)
		text_put(t, colon);
}

/* `dormouse status` uses the default address by itself, and accepts no host names. */
static void put_status(struct text *t, const char *program, const char *local)
{
	static const char name[] = "localhost";
	const char *host = local;
	size_t length = strlen(name);

	text_printf(t, "%s status", program);
	if (strncmp(local, name, length) == 0 && local[length] == ':') {
		host = "127.0.0.1";
		local += length;
	} else {
		local = "";
	}
	if (strcmp(host, "127.0.0.1:9478") != 0 && strcmp(local, ":9478") != 0)
		text_printf(t, " --address %s%s", host, local);
}

void start_message(struct text *t, const char *program, double interval_s,
		   const char *open, const char *local)
{
	char metrics[128], alerts[128], status[256];
	struct text of_metrics = text_over(metrics, sizeof(metrics));
	struct text of_alerts = text_over(alerts, sizeof(alerts));
	struct text of_status = text_over(status, sizeof(status));

	text_printf(&of_metrics, "curl http://%s/metrics", open);
	text_printf(&of_alerts, "curl http://%s/alerts", local);
	put_status(&of_status, program, local);
	text_printf(t,
		    "dormouse %s watches this network namespace, a sample each %gs. "
		    "Ctrl-C stops it.\n",
		    dormouse_version(), interval_s);
	text_printf(t, "  %-38s  # for Prometheus\n", metrics);
	text_printf(t, "  %-38s  # current and recent alerts, with evidence\n", alerts);
	text_printf(t, "  %-38s  # the same as a table\n", status);
}

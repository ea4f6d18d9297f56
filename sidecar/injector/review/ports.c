/* SPDX-License-Identifier: Apache-2.0 */
/* ports.c - ports that both the pod's own containers and the sidecar use.
 *
 * The containers of a pod share one network: if two listen on the same port, the later
 * one fails. A hostPort belongs to the node and is ignored here.
 */
#include "ports.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/sanitize.h"
#include "base/units.h"
#include "config/flags.h"
#include "config/options.h"
#include "injector/json/json.h"

#define PORT_MAX 65535
#define MOVE_BY  10000 /* distance to the proposed other port */

/* Returns 0 if the address has no port, or port 0 (any port). */
static unsigned port_of(const char *address)
{
	const char *colon = strrchr(address, ':');
	unsigned port;

	return colon && parse_count(colon + 1, 0, PORT_MAX, &port) == 0 ? port : 0;
}

/* Returns the address that the sidecar will listen on, by the sidecar's own rules. */
static const char *address_of(const cJSON *pod, const char *name, const char *standard)
{
	static _Thread_local struct options scratch;
	const struct flag *flag =
	    flags_find(&options_flags, OPTIONS_RUN, name, strlen(name));
	const cJSON *annotations =
	    json_member(json_member(pod, "metadata"), "annotations");
	char key[64];

	snprintf(key, sizeof(key), "dormouse.dev/%s", name);
	const char *value = json_text(annotations, key);
	return flag && value && value[0] && flags_set(flag, &scratch, value) == 0
		   ? value
		   : standard;
}

static bool is_port(const cJSON *member, unsigned port)
{
	return cJSON_IsNumber(member) && member->valuedouble == port;
}

static bool declares(const cJSON *container, unsigned port)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, json_member(container, "ports"))
	{
		const char *protocol = json_text(one, "protocol");
		if (is_port(json_member(one, "containerPort"), port) &&
		    (!protocol || strcmp(protocol, "TCP") == 0))
			return true;
	}
	return false;
}

/* Whether a probe or a lifecycle handler uses the port of this pod; one that names a
 * host does not count. */
static bool asks(const cJSON *handler, unsigned port)
{
	static const char *const ways[] = {"httpGet", "tcpSocket", "grpc"};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const cJSON *way = json_member(handler, ways[i]);
		if (is_port(json_member(way, "port"), port) && !json_text(way, "host"))
			return true;
	}
	return false;
}

static bool is_probed_at(const cJSON *container, unsigned port)
{
	const cJSON *lifecycle = json_member(container, "lifecycle");

	return asks(json_member(container, "livenessProbe"), port) ||
	       asks(json_member(container, "readinessProbe"), port) ||
	       asks(json_member(container, "startupProbe"), port) ||
	       asks(json_member(lifecycle, "postStart"), port) ||
	       asks(json_member(lifecycle, "preStop"), port);
}

static void check_container(const cJSON *container, const char *flag, unsigned port,
			    struct warnings *w)
{
	char shown[64];
	unsigned other = port + MOVE_BY <= PORT_MAX ? port + MOVE_BY : port - MOVE_BY;

	if (declares(container, port) || is_probed_at(container, port))
		warnings_add(
		    w,
		    "container %s: port %u is the sidecar's as well, and whoever "
		    "starts later cannot listen there; annotation "
		    "dormouse.dev/%s would move the sidecar's, such as %s:%u",
		    sanitize(shown, sizeof(shown), json_text(container, "name")), port,
		    flag, strcmp(flag, "listen") == 0 ? "[::]" : "127.0.0.1", other);
}

void ports_check(const cJSON *pod, const struct sidecar_template *template,
		 struct warnings *w)
{
	static const char *const lists[] = {"initContainers", "containers"};
	const cJSON *container;

	for (size_t i = 0; i < SIDECAR_PORTS; i++) {
		const char *flag = sidecar_listen_flags[i];
		unsigned port =
		    port_of(address_of(pod, flag, template_address(template, i)));
		for (size_t l = 0; port > 0 && l < 2; l++) {
			const cJSON *spec = json_member(pod, "spec");
			cJSON_ArrayForEach(container, json_member(spec, lists[l]))
			{
				check_container(container, flag, port, w);
			}
		}
	}
}

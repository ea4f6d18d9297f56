/* SPDX-License-Identifier: Apache-2.0 */
/* policy.c - `dormouse policy`: the NetworkPolicy that the known destinations amount
 * to.
 *
 * Its input may come from anybody and its output may be applied, so only what has the
 * form of a name, a prefix, a port is written; comments have figures only. */
#include <math.h>
#include <string.h>

#include "ask.h"
#include "base/text.h"
#include "config/allow.h"
#include "status.h"
#include "status_cells.h"

#define LABEL_MAX 63 /* characters of a label's value, and of a name here */
#define LETTERS   "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS    "0123456789"
#define DNS_PORT  53

static cJSON *ask_networks(struct ask *a, struct error *err)
{
	cJSON *answer = ask_fetch(a, "/destinations", err);

	if (!answer || cJSON_IsArray(status_member(answer, "networks")))
		return answer;
	fail(err, "unexpected answer from %.80s: expected networks",
	     a->from ? a->from : "/destinations");
	cJSON_Delete(answer);
	return NULL;
}

/* The text, if it consists of these characters and begins and ends with a letter or
 * digit; else NULL. */
static const char *name_of(const char *text, const char *characters)
{
	const size_t length = text ? strlen(text) : 0;

	if (length == 0 || length > LABEL_MAX || strspn(text, characters) != length)
		return NULL;
	return strchr("-._", text[0]) || strchr("-._", text[length - 1]) ? NULL : text;
}

/* "reports" of "Deployment/reports", or NULL. */
static const char *workload_of(const cJSON *pod, const char *characters)
{
	const char *workload = cJSON_GetStringValue(status_member(pod, "workload"));
	const char *slash = workload ? strchr(workload, '/') : NULL;

	return name_of(slash ? slash + 1 : workload, characters);
}

static void put_head(const cJSON *answer, FILE *out)
{
	const cJSON *pod = status_member(answer, "pod");
	const char *label = workload_of(pod, LETTERS CAPITALS DIGITS "-._");
	const char *name = workload_of(pod, LETTERS DIGITS "-");
	const char *namespace = name_of(
	    cJSON_GetStringValue(status_member(pod, "namespace")), LETTERS DIGITS "-");
	char moment[FORMAT_MAX];

	fprintf(out, "# What this pod sent to since %s, to be reviewed.\n",
		status_moment(moment, status_string(answer, "since")));
	fputs("# Left out: clients, loopback, pings, UDP of sockets that are not "
	      "connected.\n"
	      "# Many plugins compare an ipBlock with the address of a pod, not with "
	      "the\n"
	      "# cluster IP of its Service: select such pods by podSelector instead.\n"
	      "apiVersion: networking.k8s.io/v1\n"
	      "kind: NetworkPolicy\n"
	      "metadata:\n",
	      out);
	fprintf(out, "  name: %s-egress\n", name ? name : "fill-in");
	if (namespace)
		fprintf(out, "  namespace: \"%s\"\n", namespace);
	fputs("spec:\n"
	      "  podSelector:\n"
	      "    matchLabels: # check that the pods have this label, and no others\n",
	      out);
	fprintf(out, "      app.kubernetes.io/name: \"%s\"\n",
		label ? label : "FILL-IN");
	fputs("  policyTypes: [Egress]\n"
	      "  egress:\n"
	      "    - ports: # DNS, to anywhere: better only to the cluster's\n"
	      "        - {protocol: UDP, port: 53}\n"
	      "        - {protocol: TCP, port: 53}\n",
	      out);
}

/* Whether it can be written: a prefix, and a port that is known. */
static bool is_network(const cJSON *network, const char **prefix, unsigned *port,
		       bool *tcp)
{
	const char *protocol = cJSON_GetStringValue(status_member(network, "protocol"));
	const double number = status_number(network, "port");
	struct allow_rules rule = {.count = 0};

	*prefix = cJSON_GetStringValue(status_member(network, "prefix"));
	if (!*prefix || !protocol || !(number >= 1 && number <= UINT16_MAX) ||
	    strpbrk(*prefix, ",[]") || !strchr(*prefix, '/') ||
	    strspn(*prefix, DIGITS "abcdefABCDEF:./") != strlen(*prefix) ||
	    allow_parse(*prefix, &rule) < 0 || rule.rules[0].port != 0)
		return false;
	*port = (unsigned)number;
	*tcp = strcmp(protocol, "tcp") == 0;
	return *tcp || strcmp(protocol, "udp") == 0;
}

static void put_figures(const cJSON *network, FILE *out)
{
	const double connections = status_number(network, "connections");
	char cell[FORMAT_MAX];

	fprintf(out, " # %s, %.9g connections\n",
		format_quantity(cell, status_number(network, "bytes"), "bytes"),
		connections >= 0 && isfinite(connections) ? connections : 0);
}

/* Writes the rules. Returns how many networks are left out. */
static unsigned put_rules(const cJSON *answer, FILE *out)
{
	const cJSON *network;
	unsigned left_out = 0, port;
	const char *prefix;
	bool tcp;

	cJSON_ArrayForEach(network, status_member(answer, "networks"))
	{
		if (!is_network(network, &prefix, &port, &tcp)) {
			left_out++;
			continue;
		}
		if (port == DNS_PORT)
			continue;
		fprintf(out, "    - to: [{ipBlock: {cidr: \"%s\"}}]", prefix);
		put_figures(network, out);
		fprintf(out, "      ports: [{protocol: %s, port: %u}]\n",
			tcp ? "TCP" : "UDP", port);
	}
	return left_out;
}

static void put_policy(const cJSON *answer, FILE *out)
{
	const double displaced = status_number(answer, "displaced");

	put_head(answer, out);
	const unsigned left_out = put_rules(answer, out);
	if (left_out > 0)
		fprintf(out,
			"# %u networks with an unknown port are left out: refused "
			"connections.\n",
			left_out);
	if (displaced > 0)
		fprintf(out, "# %.0f others lost their place and are not here.\n",
			displaced);
}

int policy_main(int argc, char **argv)
{
	static const struct ask_command command = {
	    .name = "policy",
	    .help = "writes a NetworkPolicy for what the pod sends to, to be reviewed",
	    .writes = true,
	    .ask = ask_networks,
	    .print = put_policy,
	};

	return ask_main(&command, argc, argv);
}

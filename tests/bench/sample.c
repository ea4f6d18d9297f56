/* SPDX-License-Identifier: Apache-2.0 */
/* What one sample costs, in CPU time of this thread, kernel's part included: in a
 * namespace with lo and one interface, nothing moving. Medians; run as root. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../unit/support/namespace_fixture.h"
#include "collect/links/links.h"
#include "collect/protocols/protocols.h"
#include "collect/sockets/sockets.h"
#include "confine/confine.h"

#define ROUNDS 4000

static double costs_us[ROUNDS];

static double cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int by_cost(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct sources {
	struct collector *collector;
	struct links *links;
	struct protocols *protocols;
	struct sockets *sockets;
	bool closely;
};

static void one_sample(struct sources *s)
{
	struct collect_request request = {
	    .time = 1, .scan_sockets = s->closely, .background_bytes = UINT64_MAX};
	struct sample sample;

	collector_sample(s->collector, &request, &sample);
}

static void one_links(struct sources *s)
{
	struct error err;

	links_read(s->links, &err);
}

static void one_snmp(struct sources *s)
{
	struct error err;

	protocols_read(s->protocols, &err);
}

static void one_snmp6(struct sources *s)
{
	protocols_read_ip6(s->protocols);
}

static void one_events(struct sources *s)
{
	sockets_process_events(s->sockets);
}

static void one_look(struct sources *s)
{
	sockets_scan(s->sockets, 1);
}

static void measure(const char *what, void (*once)(struct sources *), struct sources *s,
		    unsigned rounds)
{
	unsigned i;

	for (i = 0; i < rounds; i++) {
		double begun = cpu_us();

		once(s);
		costs_us[i] = cpu_us() - begun;
	}
	qsort(costs_us, rounds, sizeof(costs_us[0]), by_cost);
	printf("%-34s %8.1f us  (nine in ten under %.1f)\n", what, costs_us[rounds / 2],
	       costs_us[rounds * 9 / 10]);
}

/* With the same system calls and folders as run. */
static void confine_as_run(void)
{
	struct confine_plan plan = {.abilities = CONFINE_SAMPLES | CONFINE_SERVES};
	struct confinement ignored;

	confine_leave_path(&plan, "/proc", false);
	confine_leave_port(&plan, 0, false);
	confine(&plan, true, &ignored);
}

int main(void)
{
	struct collect_options options = {.max_sockets = 4096,
					  .max_destinations = 1024};
	struct sources s = {0};
	struct error err;

	if (!own_namespace_enter() || shell("ip link set dev lo up") != 0 ||
	    !make_veth("eth0", "peer"))
		return 0;
	s.collector = collector_open(&options, &err);
	s.links = links_open("eth0", &err);
	s.protocols = protocols_open(&err);
	s.sockets = sockets_open(&options, 0, &err);
	if (!s.collector || !s.links || !s.protocols || !s.sockets) {
		fprintf(stderr, "bench: %s\n", err.text);
		return 1;
	}
	measure("sample, cheap look", one_sample, &s, ROUNDS);
	s.closely = true;
	measure("sample, close look", one_sample, &s, ROUNDS / 10);
	measure("  links (RTM_GETSTATS)", one_links, &s, ROUNDS);
	measure("  /proc/net/snmp", one_snmp, &s, ROUNDS);
	measure("  /proc/net/snmp6", one_snmp6, &s, ROUNDS);
	measure("  socket events, none", one_events, &s, ROUNDS);
	measure("  sockets, dumps", one_look, &s, ROUNDS / 10);
	confine_as_run();
	s.closely = false;
	measure("sample, cheap look, confined", one_sample, &s, ROUNDS);
	s.closely = true;
	measure("sample, close look, confined", one_sample, &s, ROUNDS / 10);
	collector_close(s.collector);
	links_close(s.links);
	protocols_close(s.protocols);
	sockets_close(s.sockets);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c - /metrics: tables of families, written by exposition.c.
 *
 * Bounded: 100 series in a pod with one interface, eight more for each further one (at
 * most COLLECT_LINKS_MAX), one for each container. Therefore only the signals below
 * have their value and baseline here; all of them are in /baseline.
 */
#include <math.h>
#include <stddef.h>

#include "dormouse/serve.h"
#include "metrics/exposition.h"
#include "metrics/process.h"

/* One for each way to be loud: volume, connections, volume on connections that the pod
 * opened, datagrams, spread, what nobody accounts for. The others follow from these and
 * from the counters. */
static const enum signal exported_signals[] = {
    SIGNAL_TX_BYTES,       SIGNAL_TCP_NEW_SOCKETS, SIGNAL_TCP_INITIATED_TX_BYTES,
    SIGNAL_UDP_TX_PACKETS, SIGNAL_DESTINATIONS,    SIGNAL_UNACCOUNTED_TX_BYTES,
};
#define EXPORTED_SIGNALS (sizeof(exported_signals) / sizeof(exported_signals[0]))

/* A family whose values are uint64_t members of one struct. */
struct counter_family {
	const char *name, *help;
	size_t offset;
	enum metric_type type;
};
#define LENGTH(table) (sizeof(table) / sizeof((table)[0]))

static uint64_t member(const void *object, size_t offset)
{
	return *(const uint64_t *)(const void *)((const char *)object + offset);
}

#define LINK(member) offsetof(struct link_counters, member), METRIC_COUNTER
static const struct counter_family link_families[] = {
    {"dormouse_network_receive_bytes_total", "Bytes received, by interface.",
     LINK(rx_bytes)},
    {"dormouse_network_receive_packets_total", "Packets received, by interface.",
     LINK(rx_packets)},
    {"dormouse_network_receive_errors_total", "Receive errors, by interface.",
     LINK(rx_errors)},
    {"dormouse_network_receive_drop_total", "Received packets dropped, by interface.",
     LINK(rx_dropped)},
    {"dormouse_network_transmit_bytes_total", "Bytes sent, by interface.",
     LINK(tx_bytes)},
    {"dormouse_network_transmit_packets_total", "Packets sent, by interface.",
     LINK(tx_packets)},
    {"dormouse_network_transmit_errors_total", "Transmit errors, by interface.",
     LINK(tx_errors)},
    {"dormouse_network_transmit_drop_total",
     "Packets dropped instead of sent, by interface.", LINK(tx_dropped)},
};

#define TOTAL(member) offsetof(struct collect_totals, member), METRIC_COUNTER
static const struct counter_family total_families[] = {
    {"dormouse_tcp_transmit_bytes_total",
     "TCP payload bytes sent, without loopback and the monitor's own.",
     TOTAL(tcp_tx_bytes)},
    {"dormouse_tcp_initiated_transmit_bytes_total",
     "TCP payload bytes sent on connections that the pod opened.",
     TOTAL(tcp_initiated_tx_bytes)},
    {"dormouse_tcp_connections_opened_total",
     "TCP connections that the pod opened, without loopback.", TOTAL(tcp_opened)},
    {"dormouse_udp_transmit_packets_total", "UDP datagrams sent.",
     TOTAL(udp_tx_packets)},
    {"dormouse_udp_transmit_bytes_total",
     "UDP payload bytes sent, estimated from the interfaces.", TOTAL(udp_tx_bytes)},
    {"dormouse_destinations",
     "Distinct remote addresses in the last interval whose sockets were looked at.",
     offsetof(struct collect_totals, destinations), METRIC_GAUGE},
    {"dormouse_unaccounted_transmit_bytes_total",
     "Link bytes sent that no socket accounts for, headers included.",
     TOTAL(unaccounted_tx_bytes)},
    {"dormouse_self_transmit_bytes_total",
     "Link bytes that the monitor itself sent, at least.", TOTAL(own.tx_bytes)},
    {"dormouse_sockets_untracked_total",
     "Sockets not followed because the table was full.", TOTAL(sockets_untracked)},
    {"dormouse_destinations_untracked_total",
     "Connections whose destination was not kept, because others got more.",
     TOTAL(destinations_untracked)},
    {"dormouse_links_untracked_total",
     "Interfaces in the signals only, because the table was full.",
     TOTAL(links_untracked)},
    {"dormouse_interfaces_matched",
     "Interfaces that are watched: 0 means that nothing is seen.",
     offsetof(struct collect_totals, interfaces_matched), METRIC_GAUGE},
    {"dormouse_socket_events_lost_total",
     "Ended connections that the kernel had no buffer to report.",
     TOTAL(socket_events_lost)},
    {"dormouse_udp_socket_events_lost_total",
     "Closed UDP sockets that the kernel had no buffer to report.",
     TOTAL(udp_events_lost)},
    {"dormouse_dumps_interrupted_total",
     "Kernel dumps that changed three times while they were read; used in part.",
     TOTAL(dumps_interrupted)},
    {"dormouse_receive_buffers_grown_total",
     "Times a netlink receive buffer was enlarged.", TOTAL(receive_buffers_grown)},
};

/* To millionths: what is less of a byte a second, or of a second, means nothing, and
 * seventeen digits of it cost more than the rest of the page. */
static double rounded(double value)
{
	return fabs(value) < 1e9 ? round(value * 1e6) / 1e6 : value;
}

static void put_links(struct exposition *x, const struct collector *c)
{
	size_t count;
	const struct link_counters *links = collector_links(c, &count);

	for (size_t f = 0; f < LENGTH(link_families); f++) {
		const struct counter_family *family = &link_families[f];

		exposition_family(x, family->type, family->name, "device",
				  family->help);
		for (size_t i = 0; i < count; i++)
			exposition_count(x, links[i].name,
					 member(&links[i], family->offset));
	}
}

static const char *link_name(const struct link_counters *links, size_t count,
			     int ifindex)
{
	for (size_t i = 0; i < count; i++)
		if (links[i].ifindex == ifindex)
			return links[i].name;
	return "";
}

/* Which links are in the signals, and on what the others stand. */
static void put_stacking(struct exposition *x, const struct collector *c)
{
	size_t count;
	const struct link_counters *links = collector_links(c, &count);

	exposition_family_of_two(x, METRIC_GAUGE, "dormouse_interface_counted",
				 "device", "on",
				 "Whether the signals have the interface's traffic; if "
				 "not, that of the one it stands on has it.");
	for (size_t i = 0; i < count; i++)
		exposition_count_of_two(x, links[i].name,
					link_name(links, count, links[i].on),
					links[i].counted);
}

static void put_totals(struct exposition *x, const struct collector *c)
{
	const struct collect_totals *totals = collector_totals(c);

	for (size_t f = 0; f < LENGTH(total_families); f++) {
		const struct counter_family *family = &total_families[f];

		exposition_single(x, family->type, family->name, family->help,
				  member(totals, family->offset));
	}
}

static void put_containers(struct exposition *x, const struct collector *c)
{
	size_t count;
	const struct container_counters *containers = collector_containers(c, &count);

	exposition_family(x, METRIC_COUNTER,
			  "dormouse_container_tcp_transmit_bytes_total", "container",
			  "TCP payload bytes sent, by the container's cgroup.");
	for (size_t i = 0; i < count; i++)
		exposition_count(x, containers[i].name, containers[i].tcp_tx_bytes);
}

static void put_collectors(struct exposition *x, const struct collector *c)
{
	exposition_family(x, METRIC_GAUGE, "dormouse_collector_success", "collector",
			  "Whether the last look at that source worked.");
	for (int i = 0; i < COLLECTOR_SOURCE_COUNT; i++)
		exposition_count(x, collector_source_name(i), collector_ok(c, i));
}

static void put_values(struct exposition *x, const struct detector *d)
{
	exposition_family(x, METRIC_GAUGE, "dormouse_signal_value", "signal",
			  "Latest value of the signal: a second; destinations: an "
			  "interval.");
	for (size_t i = 0; i < EXPORTED_SIGNALS; i++) {
		double value;

		if (detector_value(d, exported_signals[i], &value))
			exposition_number(x, signal_name(exported_signals[i]),
					  rounded(value));
	}
}

static void put_baseline(struct exposition *x, const struct detector *d)
{
	static const struct {
		const char *name, *help;
		size_t offset;
	} families[] = {
	    {"dormouse_baseline_mean", "Mean of what was learnt of the signal.",
	     offsetof(struct baseline_view, mean)},
	    {"dormouse_baseline_stddev",
	     "Standard deviation of what was learnt of the signal.",
	     offsetof(struct baseline_view, stddev)},
	    {"dormouse_baseline_threshold",
	     "Above this the signal is judged out of the ordinary; +Inf: not judged.",
	     offsetof(struct baseline_view, threshold)},
	};
	struct baseline_view views[EXPORTED_SIGNALS];
	uint64_t samples = 0;

	for (size_t i = 0; i < EXPORTED_SIGNALS; i++) {
		detector_baseline(d, exported_signals[i], &views[i]);
		/* Nothing is above the threshold where there is none yet. */
		if (views[i].threshold <= 0)
			views[i].threshold = INFINITY;
		if (views[i].samples > samples)
			samples = views[i].samples;
	}
	for (size_t f = 0; f < LENGTH(families); f++) {
		exposition_family(x, METRIC_GAUGE, families[f].name, "signal",
				  families[f].help);
		for (size_t i = 0; i < EXPORTED_SIGNALS; i++) {
			const char *view = (const char *)&views[i] + families[f].offset;

			exposition_number(x, signal_name(exported_signals[i]),
					  rounded(*(const double *)(const void *)view));
		}
	}
	exposition_single(x, METRIC_GAUGE, "dormouse_baseline_samples",
			  "Intervals that the baseline was learnt from.", samples);
}

static void put_state(struct exposition *x, const struct detector *d)
{
	exposition_family(x, METRIC_GAUGE, "dormouse_pod_state", "state",
			  "1 for the state the pod is in.");
	for (int i = 0; i < POD_STATE_COUNT; i++)
		exposition_count(x, pod_state_name(i),
				 detector_state(d) == (enum pod_state)i);
}

static void put_alerts(struct exposition *x, const struct alert_store *book)
{
	exposition_family(x, METRIC_GAUGE, "dormouse_alert_active", "kind",
			  "Whether an alert of that kind is firing.");
	for (int i = 0; i < ALERT_KIND_COUNT; i++)
		exposition_count(x, alert_kind_name(i), alert_store_firing(book, i));
	exposition_family(x, METRIC_COUNTER, "dormouse_alerts_total", "kind",
			  "Alerts raised.");
	for (int i = 0; i < ALERT_KIND_COUNT; i++)
		exposition_count(x, alert_kind_name(i), alert_store_raised(book, i));
	exposition_single(x, METRIC_COUNTER, "dormouse_alerts_forgotten_total",
			  "Alerts no longer remembered because newer ones came.",
			  alert_store_forgotten(book));
}

static void put_monitor(struct exposition *x, const struct run_stats *stats)
{
	exposition_family(x, METRIC_GAUGE, "dormouse_sample_duration_seconds", NULL,
			  "CPU time that the last sample took, seconds.");
	exposition_number(x, NULL, rounded(stats->last_sample_s));
	exposition_single(x, METRIC_COUNTER, "dormouse_samples_total", "Samples taken.",
			  stats->samples);
	exposition_single(x, METRIC_COUNTER, "dormouse_sample_gaps_total",
			  "Samples that could not be taken in time.",
			  stats->sample_gaps);
	exposition_single(x, METRIC_GAUGE, "dormouse_config_errors",
			  "Environment variables that were ignored as invalid.",
			  stats->config_errors);
	exposition_single(x, METRIC_COUNTER, "dormouse_state_saves_total",
			  "Times the baseline was written to its file.",
			  stats->state_saves);
	exposition_single(x, METRIC_COUNTER, "dormouse_state_save_failures_total",
			  "Times the baseline could not be written to its file.",
			  stats->state_save_failures);
}

void metrics_render(const struct serve_source *source, bool openmetrics, struct text *t)
{
	struct exposition x = {.t = t, .openmetrics = openmetrics};

	put_links(&x, source->collector);
	put_stacking(&x, source->collector);
	put_totals(&x, source->collector);
	put_containers(&x, source->collector);
	put_collectors(&x, source->collector);
	put_values(&x, source->detector);
	put_baseline(&x, source->detector);
	put_state(&x, source->detector);
	put_alerts(&x, source->alerts);
	put_monitor(&x, source->stats);
	exposition_build_info(&x);
	process_metrics(&x, source->stats->started_at);
	exposition_end(&x);
}

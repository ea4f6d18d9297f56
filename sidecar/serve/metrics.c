/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c - /metrics: tables of families, written by exposition.c.
 *
 * The number of series is bounded: 100 in a pod with one interface, eight more for each
 * further interface (at most COLLECT_LINKS_MAX), one for each container. For this
 * reason only some signals have their value and baseline here; /baseline has all of
 * them. With counters alone there are at most 45 series.
 */
#include <math.h>
#include <stddef.h>

#include "dormouse/past.h"
#include "dormouse/serve.h"
#include "metrics/exposition.h"
#include "metrics/process.h"

/* The signals whose value and baseline are here. */
static const bool is_shown[SIGNAL_COUNT] = {
#define SIGNAL(id, name, unit, kind, limits, shown, ...) [SIGNAL_##id] = shown,
#include "config/signals.def"
#undef SIGNAL
};

static const char *const listener_names[LISTENERS] = {
    [LISTENER_OPEN] = "listen",
    [LISTENER_LOCAL] = "alert-listen",
};

#define LENGTH(table) (sizeof(table) / sizeof((table)[0]))

/* Counters of an interface. */
#define LINK(member) offsetof(struct link_counters, member)
static const struct {
	const char *name, *help;
	size_t offset; /* of a uint64_t */
} link_families[] = {
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

/* Rounds to millionths: smaller parts of a byte per second, or of a second, have no
 * meaning, and seventeen digits would cost more than the rest of the page. */
static double rounded(double value)
{
	return fabs(value) < 1e9 ? round(value * 1e6) / 1e6 : value;
}

static void put_links(struct exposition *x, const struct collector *c)
{
	size_t count;
	const struct link_counters *links = collector_links(c, &count);

	for (size_t f = 0; f < LENGTH(link_families); f++) {
		exposition_family(x, METRIC_COUNTER, link_families[f].name, "device",
				  link_families[f].help);
		for (size_t i = 0; i < count; i++) {
			const char *link = (const char *)&links[i];

			exposition_count(
			    x, links[i].name,
			    *(const uint64_t *)(const void *)(link +
							      link_families[f].offset));
		}
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

/* Reports which links the signals count, and for the others the link below them. */
static void put_stacking(struct exposition *x, const struct collector *c)
{
	size_t count;
	const struct link_counters *links = collector_links(c, &count);

	exposition_family_of_two(
	    x, METRIC_GAUGE, "dormouse_interface_counted", "device", "on",
	    "Whether the signals count the interface's traffic; if "
	    "not, the interface that it is stacked on counts it.");
	for (size_t i = 0; i < count; i++)
		exposition_count_of_two(x, links[i].name,
					link_name(links, count, links[i].on),
					links[i].counted);
}

static void put_totals(struct exposition *x, const struct collector *c)
{
	const struct collect_totals *totals = collector_totals(c);
	const struct exposition_row rows[] = {
#define METRIC(kind, name, member, help) {name, METRIC_##kind, totals->member, help},
#define INSIGHT(kind, name, member, help)
#define NO_METRIC
#define SIGNAL(id, name, unit, kind, limits, shown, metric, ...) metric
#include "config/signals.def"
#undef SIGNAL
	    {"dormouse_self_transmit_bytes_total", METRIC_COUNTER, totals->own.tx_bytes,
	     "Link bytes that the monitor itself sent, a lower bound."},
	    {"dormouse_interfaces_matched", METRIC_GAUGE, totals->interfaces_matched,
	     "Interfaces that are watched; 0: no traffic is seen."},
	};

	exposition_rows(x, rows, LENGTH(rows));
}

/* What the monitor takes for new or for unexplained, and how much it misses. */
static void put_insights(struct exposition *x, const struct collector *c)
{
	const struct collect_totals *totals = collector_totals(c);
	const struct exposition_row rows[] = {
#undef METRIC
#undef INSIGHT
#define METRIC(kind, name, member, help)
#define INSIGHT(kind, name, member, help) {name, METRIC_##kind, totals->member, help},

#define SIGNAL(id, name, unit, kind, limits, shown, metric, ...) metric
#include "config/signals.def"
#undef SIGNAL
	    {"dormouse_sockets_untracked_total", METRIC_COUNTER,
	     totals->sockets_untracked,
	     "Sockets not followed because the table was full."},
	    {"dormouse_destinations_untracked_total", METRIC_COUNTER,
	     totals->destinations_untracked,
	     "Connections whose destination was not kept: others had more bytes."},
	    {"dormouse_links_untracked_total", METRIC_COUNTER, totals->links_untracked,
	     "Interfaces counted in the signals only: the table was full."},
	    {"dormouse_socket_events_lost_total", METRIC_COUNTER,
	     totals->socket_events_lost,
	     "Ended connections that the kernel had no buffer to report."},
	    {"dormouse_udp_socket_events_lost_total", METRIC_COUNTER,
	     totals->udp_events_lost,
	     "Closed UDP sockets that the kernel had no buffer to report."},
	    {"dormouse_dumps_interrupted_total", METRIC_COUNTER,
	     totals->dumps_interrupted,
	     "Kernel dumps that changed three times while they were read; used in "
	     "part."},
	    {"dormouse_receive_buffers_grown_total", METRIC_COUNTER,
	     totals->receive_buffers_grown,
	     "Times a netlink receive buffer was enlarged."},
	};

	exposition_rows(x, rows, LENGTH(rows));
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
			  "Whether the last read of that source succeeded.");
	for (int i = 0; i < COLLECTOR_SOURCE_COUNT; i++)
		exposition_count(x, collector_source_name(i), collector_ok(c, i));
}

static void put_values(struct exposition *x, const struct detector *d)
{
	exposition_family(x, METRIC_GAUGE, "dormouse_signal_value", "signal",
			  "Latest value of the signal, per second; destinations: per "
			  "interval.");
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		double value;

		if (is_shown[i] && detector_value(d, (enum signal)i, &value))
			exposition_number(x, signal_name((enum signal)i),
					  rounded(value));
	}
}

static void put_baseline(struct exposition *x, const struct detector *d)
{
	static const struct {
		const char *name, *help;
		size_t offset;
	} families[] = {
	    {"dormouse_baseline_mean", "Mean of the signal in the baseline.",
	     offsetof(struct baseline_view, mean)},
	    {"dormouse_baseline_stddev",
	     "Standard deviation of the signal in the baseline.",
	     offsetof(struct baseline_view, stddev)},
	    {"dormouse_baseline_threshold",
	     "Threshold above which the signal is anomalous; +Inf: not judged.",
	     offsetof(struct baseline_view, threshold)},
	};
	struct baseline_view views[SIGNAL_COUNT];
	uint64_t samples = 0;

	for (int i = 0; i < SIGNAL_COUNT; i++) {
		if (!is_shown[i])
			continue;
		detector_baseline(d, (enum signal)i, &views[i]);
		/* +Inf while there is no threshold, so that no value is above it. */
		if (views[i].threshold <= 0)
			views[i].threshold = INFINITY;
		if (views[i].samples > samples)
			samples = views[i].samples;
	}
	for (size_t f = 0; f < LENGTH(families); f++) {
		exposition_family(x, METRIC_GAUGE, families[f].name, "signal",
				  families[f].help);
		for (int i = 0; i < SIGNAL_COUNT; i++) {
			const char *view = (const char *)&views[i] + families[f].offset;

			if (is_shown[i])
				exposition_number(
				    x, signal_name((enum signal)i),
				    rounded(*(const double *)(const void *)view));
		}
	}
	exposition_single(x, METRIC_GAUGE, "dormouse_baseline_samples",
			  "Intervals in the baseline.", samples);
}

static void put_source(struct exposition *x, const struct detector *d)
{
	exposition_family(x, METRIC_GAUGE, "dormouse_baseline_info", "source",
			  "By whose past the pod is judged: only its own, or that of "
			  "its workload, too.");
	exposition_count(x, detector_adopted(d) ? "workload" : "own", 1);
}

static void put_state(struct exposition *x, const struct detector *d)
{
	exposition_family(x, METRIC_GAUGE, "dormouse_pod_state", "state",
			  "1 for the current state of the pod.");
	for (int i = 0; i < POD_STATE_COUNT; i++)
		exposition_count(x, pod_state_name(i),
				 detector_state(d) == (enum pod_state)i);
}

static void put_alerts(struct exposition *x, const struct alert_store *store,
		       const struct detector *detector)
{
	exposition_family(x, METRIC_GAUGE, "dormouse_alert_active", "kind",
			  "Whether an alert of that kind is firing.");
	for (int i = 0; i < ALERT_KIND_COUNT; i++)
		exposition_count(x, alert_kind_name(i), alert_store_firing(store, i));
	exposition_family(x, METRIC_COUNTER, "dormouse_alerts_total", "kind",
			  "Alerts raised.");
	for (int i = 0; i < ALERT_KIND_COUNT; i++)
		exposition_count(x, alert_kind_name(i), alert_store_raised(store, i));
	exposition_single(x, METRIC_COUNTER, "dormouse_alert_recurrences_total",
			  "Incidents like an earlier one, counted at its alert.",
			  alert_store_recurrences(store));
	exposition_single(x, METRIC_COUNTER, "dormouse_incidents_displaced_total",
			  "Incidents ended early because too many were open.",
			  detector_displaced(detector));
	exposition_single(x, METRIC_COUNTER, "dormouse_alerts_forgotten_total",
			  "Alerts evicted by newer ones.",
			  alert_store_forgotten(store));
}

static void put_monitor(struct exposition *x, const struct run_stats *stats)
{
	const struct exposition_row rows[] = {
	    {"dormouse_samples_total", METRIC_COUNTER, stats->samples,
	     "Samples taken."},
	    {"dormouse_sample_gaps_total", METRIC_COUNTER, stats->sample_gaps,
	     "Samples missed because the monitor was late."},
	    {"dormouse_config_errors", METRIC_GAUGE, stats->config_errors,
	     "Environment variables that were ignored as invalid."},
	    {"dormouse_confined", METRIC_GAUGE, stats->confined,
	     "Whether the monitor has given up all rights that it can do without."},
	    {"dormouse_state_saves_total", METRIC_COUNTER, stats->state_saves,
	     "Times the baseline was written to its file."},
	    {"dormouse_state_save_failures_total", METRIC_COUNTER,
	     stats->state_save_failures,
	     "Times the baseline could not be written to its file."},
	};

	exposition_family(x, METRIC_GAUGE, "dormouse_sample_duration_seconds", NULL,
			  "CPU time that the last sample took, seconds.");
	exposition_number(x, NULL, rounded(stats->last_sample_s));
	exposition_rows(x, rows, LENGTH(rows));
	exposition_family(x, METRIC_COUNTER, "dormouse_http_refused_total", "reason",
			  "Connections refused: the host's share used, full, failed; "
			  "exhausted: no descriptor or memory to accept one.");
	for (int why = 0; why < HTTP_REFUSALS; why++)
		exposition_count(x, http_refused_name(why), stats->http_refused[why]);
	exposition_family(x, METRIC_GAUGE, "dormouse_listener_up", "listener",
			  "Whether the monitor has its port: that of --listen, of "
			  "--alert-listen.");
	for (int i = 0; i < LISTENERS; i++)
		exposition_count(x, listener_names[i], stats->listener_up[i]);
}

/* What the detector knows: how far one may go unnoticed, and whether one was noticed.
 */
static void put_detection(struct exposition *x, const struct serve_source *source)
{
	put_insights(x, source->collector);
	put_values(x, source->detector);
	put_baseline(x, source->detector);
	put_source(x, source->detector);
	put_state(x, source->detector);
	exposition_single(x, METRIC_COUNTER, "dormouse_routines_learnt_total",
			  "Departures that became expected: they came three times.",
			  detector_routines_learnt(source->detector));
	put_alerts(x, source->alerts, source->detector);
}

void metrics_render(const struct serve_source *source, struct metrics_form form,
		    struct text *t)
{
	struct exposition x = {.t = t, .openmetrics = form.openmetrics};

	put_links(&x, source->collector);
	put_stacking(&x, source->collector);
	put_totals(&x, source->collector);
	put_containers(&x, source->collector);
	put_collectors(&x, source->collector);
	if (form.detail == METRICS_FULL)
		put_detection(&x, source);
	put_monitor(&x, source->stats);
	exposition_build_info(&x);
	process_metrics(&x, source->stats->started_at);
	exposition_end(&x);
}

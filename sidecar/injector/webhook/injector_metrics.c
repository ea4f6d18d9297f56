/* SPDX-License-Identifier: Apache-2.0 */
/* injector_metrics.c - writes /metrics. Every series exists from the start. */
#include "injector_metrics.h"

#include "base/line_queue.h"
#include "injector/kubernetes/reflector.h"
#include "metrics/exposition.h"
#include "metrics/process.h"

static const struct {
	unsigned status;
	const char *name;
} refusals[REFUSALS] = {
    [REFUSED_BROKEN] = {400, "bad-request"},
    [REFUSED_PATH] = {404, "not-found"},
    [REFUSED_METHOD] = {405, "method"},
    [REFUSED_TOO_LARGE] = {413, "too-large"},
    [REFUSED_CONTENT_TYPE] = {415, "content-type"},
    [REFUSED_NO_REVIEW] = {422, "unprocessable"},
    [REFUSED_BUSY] = {503, "busy"},
};

/* Seconds, from a small review to a slow one. The API server waits at most 3 s. */
static const double bounds[DURATION_BOUNDS] = {
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
    0.01,    0.025,  0.05,    0.1,    0.25,  1,
};

const char *refusal_name(enum refusal refusal)
{
	return refusals[refusal].name;
}

enum refusal refusal_of_status(unsigned status)
{
	for (int i = 0; i < REFUSALS; i++)
		if (refusals[i].status == status)
			return i;
	return REFUSED_BROKEN;
}

void injector_count(struct injector_counters *c, const struct review_result *result,
		    double seconds)
{
	int bucket = 0;

	switch (result->outcome) {
	case REVIEW_INJECTED:
		c->injected++;
		break;
	case REVIEW_SKIPPED:
		c->skipped[result->reason]++;
		break;
	case REVIEW_REFUSED:
		c->refused[refusal_of_status(result->status)]++;
		break;
	default:
		c->failed++;
		break;
	}
	c->warnings += result->warnings;
	while (bucket < DURATION_BOUNDS && seconds > bounds[bucket])
		bucket++;
	c->durations[bucket]++;
	c->duration_sum_s += seconds;
}

static void put_reviews(struct exposition *x, const struct injector_counters *c)
{
	const struct exposition_buckets durations = {
	    bounds, c->durations, DURATION_BOUNDS, c->duration_sum_s};

	exposition_family_of_two(x, METRIC_COUNTER, "dormouse_injector_reviews_total",
				 "outcome", "reason",
				 "Requests, by outcome and reason.");
	exposition_count_of_two(x, "injected", "", c->injected);
	for (int i = SKIP_NOTHING + 1; i < SKIP_REASONS; i++)
		exposition_count_of_two(x, "skipped", skip_reason_name(i),
					c->skipped[i]);
	for (int i = 0; i < REFUSALS; i++)
		exposition_count_of_two(x, "refused", refusal_name(i), c->refused[i]);
	exposition_count_of_two(x, "failed", "", c->failed);
	exposition_histogram(x, "dormouse_injector_review_duration_seconds",
			     "From a review's last byte to its answer.", &durations);
}

/* Writes the families that have one value. */
static void put_singles(struct exposition *x, const struct injector_figures *f)
{
	const struct injector_counters *c = f->counters;
	const struct cluster_facts *facts = f->facts;
	const struct namespaces_figures namespaces = namespaces_figures(f->namespaces);
	const struct exposition_row rows[] = {
	    {"dormouse_injector_warnings_total", METRIC_COUNTER, c->warnings,
	     "Warnings in answers, about bad annotations and ports in conflict."},
	    {"dormouse_injector_template_reloads_total", METRIC_COUNTER,
	     c->template_reloads, "Times a changed template was taken."},
	    {"dormouse_injector_template_reload_failures_total", METRIC_COUNTER,
	     c->template_failures,
	     "Times a changed template was broken and the old one kept."},
	    {"dormouse_injector_client_certificate_required", METRIC_GAUGE,
	     client_ca_demands(f->clients),
	     "Whether clients of the port of reviews need a certificate."},
	    {"dormouse_injector_client_ca_reloads_total", METRIC_COUNTER,
	     f->clients->reloads, "Times a new or changed --client-ca-file was taken."},
	    {"dormouse_injector_client_ca_reload_failures_total", METRIC_COUNTER,
	     f->clients->failures,
	     "Times --client-ca-file was broken or gone, and the old one kept."},
	    {"dormouse_injector_log_lines_withheld_total", METRIC_COUNTER,
	     c->lines_withheld, "Lines about reviews that were too many to be logged."},
	    {"dormouse_injector_log_lines_lost_total", METRIC_COUNTER,
	     line_queue_lost(), "Log lines dropped because nobody read the log."},
	    {"dormouse_injector_certificates_made_total", METRIC_COUNTER,
	     atomic_load(&facts->certificates_made),
	     "Serving certificates that this replica has made."},
	    {"dormouse_injector_native_sidecar", METRIC_GAUGE,
	     atomic_load(&facts->native), "Whether pods get a native sidecar."},
	    {"dormouse_injector_webhook_ready", METRIC_GAUGE,
	     atomic_load(&facts->webhook_ready),
	     "Whether the webhook configuration has our CA."},
	    {"dormouse_injector_image_ready", METRIC_GAUGE, !f->held,
	     "Whether the sidecar's image names a registry, or --image-loaded is "
	     "given; 0: no pod is injected."},
	    {"dormouse_injector_kubernetes_minor_version", METRIC_GAUGE,
	     (uint64_t)atomic_load(&facts->minor),
	     "N of the API server's version 1.N; 0: not known."},
	    {"dormouse_injector_watch_failures_total", METRIC_COUNTER,
	     atomic_load(&facts->watch_failures),
	     "Times a list or a watch failed and was restarted."},
	    {"dormouse_injector_namespace_objects", METRIC_GAUGE, namespaces.objects,
	     "LimitRanges, quotas and annotated namespaces that are known."},
	    {"dormouse_injector_namespace_objects_dropped_total", METRIC_COUNTER,
	     namespaces.dropped, "Such objects ignored because there were too many."},
	    {"dormouse_injector_handshake_failures_total", METRIC_COUNTER,
	     http_server_counters(f->reviews)->handshakes_ended,
	     "TLS handshakes that the client ended, or that failed."},
	    {"dormouse_injector_large_body_bytes", METRIC_GAUGE, f->body_bytes,
	     "Memory of large request bodies, bytes."},
	    {"dormouse_config_errors", METRIC_GAUGE, f->config_errors,
	     "Environment variables that were ignored as invalid."},
	    {"dormouse_confined", METRIC_GAUGE, f->confined,
	     "Whether the injector has given up all rights that it can do without."},
	};

	exposition_family(
	    x, METRIC_GAUGE, "dormouse_injector_certificate_expiry_timestamp_seconds",
	    NULL,
	    "When the serving certificate expires, Unix seconds; 0: there "
	    "is none yet.");
	exposition_number(x, NULL, tls_store_expiry(f->store));
	exposition_rows(x, rows, sizeof(rows) / sizeof(rows[0]));
}

static void put_clients(struct exposition *x, const struct client_ca *clients)
{
	exposition_family(x, METRIC_COUNTER, "dormouse_injector_clients_refused_total",
			  "reason",
			  "Clients refused by their certificate: none, expired, "
			  "untrusted, name: not --client-name.");
	for (int why = 0; why < CLIENT_REFUSALS; why++)
		exposition_count(x, client_verdict_name(why), clients->refused[why]);
}

static void put_cluster(struct exposition *x, const struct injector_figures *f)
{
	const struct cluster_facts *facts = f->facts;
	uint64_t failures = atomic_load(&facts->request_failures);
	uint64_t conflicts = atomic_load(&facts->conflicts);
	/* Read last, so that it is not less than the failures and conflicts in it. */
	uint64_t requests = atomic_load(&facts->requests);

	exposition_family(x, METRIC_COUNTER,
			  "dormouse_injector_kubernetes_requests_total", "outcome",
			  "Requests to the API server.");
	exposition_count(
	    x, "success",
	    requests > failures + conflicts ? requests - failures - conflicts : 0);
	exposition_count(x, "conflict", conflicts);
	exposition_count(x, "failure", failures);
}

static void put_watches(struct exposition *x, const struct injector_figures *f)
{
	exposition_family(x, METRIC_GAUGE, "dormouse_injector_watch_synced", "resource",
			  "Whether all objects are known and watched; 0: the last "
			  "known objects are used.");
	for (int kind = 0; kind < NAMESPACES_KINDS; kind++)
		exposition_count(x, reflector_resource(kind),
				 atomic_load(&f->facts->watched[kind]));
}

static void put_servers(struct exposition *x, const struct injector_figures *f)
{
	const struct http_server *const servers[] = {f->reviews, f->metrics};
	static const char *const names[] = {"reviews", "metrics"};

	exposition_family(x, METRIC_GAUGE, "dormouse_injector_connections", "port",
			  "Open connections.");
	for (int i = 0; i < 2; i++)
		exposition_count(x, names[i], http_server_connections(servers[i]));
	exposition_family(x, METRIC_COUNTER,
			  "dormouse_injector_connections_accepted_total", "port",
			  "Connections accepted.");
	for (int i = 0; i < 2; i++)
		exposition_count(x, names[i],
				 http_server_counters(servers[i])->accepted);
	exposition_family(x, METRIC_GAUGE, "dormouse_injector_connections_max", "port",
			  "Maximum of open connections (--max-connections).");
	for (int i = 0; i < 2; i++)
		exposition_count(x, names[i], http_server_max(servers[i]));
	exposition_family(x, METRIC_GAUGE, "dormouse_injector_listener_up", "port",
			  "Whether the injector has that port.");
	for (int i = 0; i < 2; i++)
		exposition_count(x, names[i], http_server_listens(servers[i]));
	exposition_family_of_two(
	    x, METRIC_COUNTER, "dormouse_injector_connections_refused_total", "port",
	    "reason",
	    "Connections refused: the host's share used, full, failed; exhausted: no "
	    "descriptor or memory to accept one.");
	for (int i = 0; i < 2; i++)
		for (int why = 0; why < HTTP_REFUSALS; why++)
			exposition_count_of_two(
			    x, names[i], http_refused_name(why),
			    http_server_counters(servers[i])->refused[why]);
	exposition_family_of_two(
	    x, METRIC_COUNTER, "dormouse_injector_connections_cut_total", "port",
	    "reason", "Connections cut: too slow, idle, or to make room.");
	for (int i = 0; i < 2; i++)
		for (int why = 0; why < HTTP_CUTS; why++)
			exposition_count_of_two(
			    x, names[i], http_cut_name(why),
			    http_server_counters(servers[i])->cut[why]);
}

void injector_metrics_render(const struct injector_figures *figures, bool openmetrics,
			     struct text *t)
{
	struct exposition x = {.t = t, .openmetrics = openmetrics};

	put_reviews(&x, figures->counters);
	put_singles(&x, figures);
	put_cluster(&x, figures);
	put_watches(&x, figures);
	put_servers(&x, figures);
	put_clients(&x, figures->clients);
	exposition_build_info(&x);
	process_metrics(&x, figures->started_at);
	exposition_end(&x);
}

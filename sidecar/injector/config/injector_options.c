/* SPDX-License-Identifier: Apache-2.0 */
/* injector_options.c - the flags of dormouse-injector. */
#include "injector_options.h"

#include <stdlib.h>
#include <string.h>

#include "config/flag_rows.h"
#include "config/parse.h"

#define FLAG_TARGET struct injector_options

enum {
	FOR_SERVE = 1u << INJECTOR_SERVE,
	FOR_INJECT = 1u << INJECTOR_INJECT,
	FOR_LEARN = 1u << INJECTOR_LEARN,
	FOR_BOTH = FOR_SERVE | FOR_INJECT,
	FOR_ASKING = FOR_SERVE | FOR_LEARN,
};

static const char *const native_words[] = {"auto", "yes", "no", NULL};

/* A shorter lifetime needs more renewals than the API server can handle. A certificate
 * that is valid for more than a year is never renewed. */
#define CERTIFICATE_LIFETIME_MIN "10s"
#define CERTIFICATE_LIFETIME_MAX "366d"

static const struct flag flags[] = {
    {"prometheus", FOR_LEARN, HTTP_URL(prometheus), NULL,
     "whom to ask: Prometheus, Thanos or VictoriaMetrics"},
    {"days", FOR_LEARN, COUNT(days, "1", "90"), "30", "of the past to learn from"},
    {"step", FOR_LEARN, DURATION(step_s, "10s", "5m"), "1m",
     "between points; at least the scrape interval"},
    {"namespaces", FOR_LEARN, NAME(namespaces), NULL,
     "names separated by commas; else those with sidecars"},
    {"match", FOR_LEARN, NAME(match), NULL,
     "of which series, such as cluster=\"east\""},
    {"leave-out", FOR_LEARN, NAME(leave_out), NULL,
     "workloads, such as Deployment/reports,CronJob/dump"},
    {"apply", FOR_LEARN, BOOL(apply), "false",
     "write the ConfigMaps; else they are printed"},
    {"dry-run", FOR_LEARN, BOOL(dry_run), "false",
     "say what would be learnt and change"},
    {"evaluate", FOR_LEARN, BOOL(evaluate), "false",
     "say which alerts and thefts would have shown"},
    {"json", FOR_LEARN, BOOL(json), "false", "what --evaluate says as JSON"},
    {"seed", FOR_LEARN, COUNT(seed, "0", "4294967295"), "1",
     "another one moves the thefts of --evaluate"},
    {"prometheus-token-file", FOR_LEARN, PATH(prometheus_token_file), NULL,
     "bearer token for Prometheus"},
    {"prometheus-ca-file", FOR_LEARN, PATH(prometheus_ca_file), NULL,
     "CA of Prometheus; https:// needs it"},
    {"prometheus-timeout", FOR_LEARN, DURATION(prometheus_timeout_s, "1s", "10m"), "2m",
     "for one answer"},
    {"template", FOR_BOTH, PATH(template_path), NULL,
     "the sidecar's image, resources, flags"},
    {"image-loaded", FOR_BOTH, BOOL(image_loaded), "false",
     "every node has the image; else it needs a registry"},
    {"native-sidecar", FOR_BOTH, WORD(native, native_words), "auto",
     "run as an init container; auto: on 1.29+ and for inject"},
    {"namespace", FOR_BOTH, NAME(namespace), NULL,
     "the injector's own; else POD_NAMESPACE"},
    {"listen", FOR_SERVE, LISTEN(listen), "[::]:8443", "the webhook, HTTPS"},
    {"metrics-listen", FOR_SERVE, LISTEN(metrics_listen), "[::]:8080",
     "metrics and health, plain HTTP"},
    {"service", FOR_SERVE, NAME(service), "dormouse-injector",
     "the Service that the certificate names"},
    {"secret", FOR_SERVE, NAME(secret), "dormouse-injector",
     "the Secret with CA and certificate"},
    {"webhook", FOR_SERVE, NAME(webhook), "dormouse-injector",
     "the MutatingWebhookConfiguration"},
    {"certificate-lifetime", FOR_SERVE,
     DURATION(certificate_lifetime_s, CERTIFICATE_LIFETIME_MIN,
	      CERTIFICATE_LIFETIME_MAX),
     "90d", "of the serving certificate; renewed after two thirds"},
    {"ca-lifetime", FOR_SERVE, DURATION(ca_lifetime_s, "60s", "10980d"), "3650d",
     "CA lifetime; renewed after two thirds"},
    {"check-interval", FOR_SERVE, DURATION(check_interval_s, "1s", "1h"), "1m",
     "between checks of certificates and API server"},
    {"tls-cert-file", FOR_SERVE, PATH(tls_cert_file), NULL,
     "TLS certificate file; disables the managed Secret"},
    {"tls-key-file", FOR_SERVE, PATH(tls_key_file), NULL,
     "private key for --tls-cert-file"},
    {"client-ca-file", FOR_SERVE, PATH(client_ca_file), NULL,
     "once it exists, clients need a certificate of its CAs"},
    {"client-name", FOR_SERVE, NAME(client_name), NULL,
     "and this common name or DNS name"},
    {"max-body", FOR_SERVE, SIZE(max_body, "4KiB", "8MiB"), "3MiB",
     "larger reviews are refused"},
    {"max-connections", FOR_SERVE, COUNT(max_connections, "8", "4096"), "256",
     "more connections are refused"},
    {"idle-timeout", FOR_SERVE, DURATION(idle_timeout_s, "1s", "1h"), "2m",
     "an idle connection is closed after this"},
    {"api-server", FOR_ASKING, URL(api_server), NULL,
     "the API server; else KUBERNETES_SERVICE_HOST"},
    {"api-token-file", FOR_ASKING, PATH(api_token_file), NULL,
     "token for the API server; else the service account's"},
    {"api-ca-file", FOR_ASKING, PATH(api_ca_file), NULL,
     "CA of the API server; else the service account's"},
    {"log-format", FOR_SERVE, WORD(log_format, log_format_words), "json",
     "lines on stderr"},
};

static const struct flag_command commands[] = {
    [INJECTOR_SERVE] = {.usage = "serve [FLAGS]",
			.help = "the admission webhook, until SIGTERM"},
    [INJECTOR_INJECT] = {.usage = "inject [FLAGS] <pod.json >with-sidecar.json",
			 .help = "adds the sidecar to a Pod, a workload or a List"},
    [INJECTOR_LEARN] = {.usage = "learn --prometheus URL [FLAGS]",
			.help = "prints what each workload does, as ConfigMaps"},
};

static const struct flag_table table = {
    .program = "dormouse-injector",
    .flags = flags,
    .count = sizeof(flags) / sizeof(flags[0]),
    .commands = commands,
};

/* The downward API gives the pod's namespace in POD_NAMESPACE. */
static int take_own_namespace(struct injector_options *o, flags_complaint *complain)
{
	const char *namespace = getenv("POD_NAMESPACE");

	if (o->namespace[0] || !namespace || !namespace[0])
		return 0;
	if (parse_string(namespace, o->namespace, sizeof(o->namespace)) == 0)
		return 0;
	complain("invalid value for POD_NAMESPACE: expected a name of at most 63 "
		 "characters");
	return 1;
}

/* A namespace's name is a label (RFC 1123). */
static bool are_namespaces(const char *list)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	for (;;) {
		const size_t length = strspn(list, letters);

		if (length == 0 || length > 63 || list[0] == '-' ||
		    list[length - 1] == '-')
			return false;
		if (list[length] == '\0')
			return true;
		if (list[length] != ',')
			return false;
		list += length + 1;
	}
}

static int check_learn(const struct injector_options *o, struct error *err)
{
	if (!o->prometheus[0])
		return fail(err, "learn needs --prometheus, such as "
				 "http://prometheus.monitoring:9090");
	if (o->namespaces[0] && !are_namespaces(o->namespaces))
		return fail(err,
			    "invalid value \"%s\" for --namespaces: expected names "
			    "separated by commas, such as shop,billing",
			    o->namespaces);
	if (strpbrk(o->match, "{}()[]\n"))
		return fail(err,
			    "invalid value \"%s\" for --match: expected matchers of "
			    "PromQL, such as cluster=\"east\"",
			    o->match);
	if (strncmp(o->prometheus, "https:", 6) == 0 && !o->prometheus_ca_file[0])
		return fail(err, "an https:// --prometheus needs --prometheus-ca-file");
	if (o->apply + o->dry_run + o->evaluate > 1)
		return fail(err,
			    "--apply, --dry-run and --evaluate exclude each other");
	if (o->json && !o->evaluate)
		return fail(err, "--json needs --evaluate");
	return 0;
}

int injector_options_parse(struct injector_options *options,
			   enum injector_command command, int argc, char **argv,
			   flags_complaint *complain, struct error *err)
{
	struct flags_found found;

	memset(options, 0, sizeof(*options));
	int result =
	    flags_read(&table, command, options, argc, argv, complain, &found, err);
	if (result != 0)
		return result;
	options->config_errors = found.config_errors;
	options->config_errors += (unsigned)take_own_namespace(options, complain);
	if (!options->tls_cert_file[0] != !options->tls_key_file[0])
		return fail(err, "--tls-cert-file and --tls-key-file must be given "
				 "together");
	if (options->client_name[0] && !options->client_ca_file[0])
		return fail(err, "--client-name needs --client-ca-file");
	return command == INJECTOR_LEARN ? check_learn(options, err) : 0;
}

void injector_options_help(enum injector_command command, FILE *out)
{
	flags_help(&table, command, out);
}

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
	FOR_BOTH = FOR_SERVE | FOR_INJECT,
};

static const char *const native_words[] = {"auto", "yes", "no", NULL};

/* A certificate that is valid for less than that would be renewed more often than the
 * API server can be asked; one that is valid for more than a year is never renewed. */
#define CERTIFICATE_LIFETIME_MIN "10s"
#define CERTIFICATE_LIFETIME_MAX "366d"

static const struct flag flags[] = {
    {"template", FOR_BOTH, NULL, "the sidecar's image, resources, flags",
     PATH(template_path)},
    {"image-loaded", FOR_BOTH, "false",
     "every node has the image; else it needs a registry", BOOL(image_loaded)},
    {"native-sidecar", FOR_BOTH, "auto",
     "whether as an init container; auto: from 1.29 on and for inject",
     WORD(native, native_words)},
    {"namespace", FOR_BOTH, NULL, "the injector's own; else POD_NAMESPACE",
     NAME(namespace)},
    {"listen", FOR_SERVE, "[::]:8443", "the webhook, HTTPS", LISTEN(listen)},
    {"metrics-listen", FOR_SERVE, "[::]:8080", "metrics and health, plain HTTP",
     LISTEN(metrics_listen)},
    {"service", FOR_SERVE, "dormouse-injector",
     "the Service that the certificate names", NAME(service)},
    {"secret", FOR_SERVE, "dormouse-injector", "the Secret with CA and certificate",
     NAME(secret)},
    {"webhook", FOR_SERVE, "dormouse-injector", "the MutatingWebhookConfiguration",
     NAME(webhook)},
    {"certificate-lifetime", FOR_SERVE, "90d",
     "of the serving certificate; renewed after two thirds",
     DURATION(certificate_lifetime_s, CERTIFICATE_LIFETIME_MIN,
	      CERTIFICATE_LIFETIME_MAX)},
    {"ca-lifetime", FOR_SERVE, "3650d", "CA lifetime; renewed after two thirds",
     DURATION(ca_lifetime_s, "60s", "10980d")},
    {"check-interval", FOR_SERVE, "1m", "between checks of certificates and API server",
     DURATION(check_interval_s, "1s", "1h")},
    {"tls-cert-file", FOR_SERVE, NULL,
     "TLS certificate file; disables the managed Secret", PATH(tls_cert_file)},
    {"tls-key-file", FOR_SERVE, NULL, "private key for --tls-cert-file",
     PATH(tls_key_file)},
    {"max-body", FOR_SERVE, "3MiB", "larger reviews are refused",
     SIZE(max_body, "4KiB", "8MiB")},
    {"max-connections", FOR_SERVE, "256", "more connections are refused",
     COUNT(max_connections, "8", "4096")},
    {"idle-timeout", FOR_SERVE, "2m", "after it a connection is closed",
     DURATION(idle_timeout_s, "1s", "1h")},
    {"api-server", FOR_SERVE, NULL, "the API server; else as pods find it",
     URL(api_server)},
    {"api-token-file", FOR_SERVE, NULL,
     "token for the API server; else the service account's", PATH(api_token_file)},
    {"api-ca-file", FOR_SERVE, NULL, "CA of the API server; else the service account's",
     PATH(api_ca_file)},
    {"log-format", FOR_SERVE, "json", "lines on stderr",
     WORD(log_format, log_format_words)},
};

static const struct flag_command commands[] = {
    [INJECTOR_SERVE] = {.usage = "serve [FLAGS]",
			.help = "the admission webhook, until SIGTERM"},
    [INJECTOR_INJECT] = {.usage = "inject [FLAGS] <pod.json >with-sidecar.json",
			 .help = "adds the sidecar to a Pod, a workload or a List"},
};

static const struct flag_table table = {
    .program = "dormouse-injector",
    .flags = flags,
    .count = sizeof(flags) / sizeof(flags[0]),
    .commands = commands,
};

/* A pod's namespace is told by the downward API. */
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
	return 0;
}

void injector_options_help(enum injector_command command, FILE *out)
{
	flags_help(&table, command, out);
}

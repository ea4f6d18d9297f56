/* SPDX-License-Identifier: Apache-2.0 */
/* injector_options.c - the flags of dormouse-injector. */
#include "injector_options.h"

#include <stdlib.h>
#include <string.h>

#include "config/parse.h"

/* A serving certificate that lives shorter than that would be renewed more often than
 * the API server can be asked; longer than a year is no renewal but an accident. */
#define CERTIFICATE_LIFETIME_MIN_S 10.0
#define CERTIFICATE_LIFETIME_MAX_S (366 * 86400.0)
#define CA_LIFETIME_MIN_S          60.0
#define CA_LIFETIME_MAX_S          (30 * 366 * 86400.0)
#define CHECK_INTERVAL_MIN_S       1.0
#define CHECK_INTERVAL_MAX_S       3600.0
#define IDLE_TIMEOUT_MIN_S         1.0
#define IDLE_TIMEOUT_MAX_S         3600.0
#define BODY_MIN                   4096.0
#define BODY_MAX                   8388608.0

enum {
	FOR_SERVE = 1u << INJECTOR_SERVE,
	FOR_INJECT = 1u << INJECTOR_INJECT,
	FOR_BOTH = FOR_SERVE | FOR_INJECT,
};

#define SETTER_OF_STRING(member)                                                       \
	static int set_##member(void *target, const char *value)                       \
	{                                                                              \
		struct injector_options *o = target;                                   \
                                                                                       \
		return parse_string(value, o->member, sizeof(o->member));              \
	}

SETTER_OF_STRING(template_path)
SETTER_OF_STRING(namespace)
SETTER_OF_STRING(service)
SETTER_OF_STRING(secret)
SETTER_OF_STRING(webhook)
SETTER_OF_STRING(tls_cert_file)
SETTER_OF_STRING(tls_key_file)
SETTER_OF_STRING(api_token_file)
SETTER_OF_STRING(api_ca_file)

/* A token goes over it: never in the clear. */
static int set_api_server(void *target, const char *value)
{
	struct injector_options *o = target;

	if (strncmp(value, "https://", 8) != 0 || !value[8])
		return -1;
	return parse_string(value, o->api_server, sizeof(o->api_server));
}

static const char *const native_words[] = {"auto", "yes", "no", NULL};

static int set_native(void *target, const char *value)
{
	struct injector_options *o = target;
	int word = parse_word(value, native_words);

	if (word < 0)
		return -1;
	o->native = (enum native_sidecar)word;
	return 0;
}

static int set_image_loaded(void *target, const char *value)
{
	struct injector_options *o = target;

	return parse_bool(value, &o->image_loaded);
}

static int set_log_format(void *target, const char *value)
{
	struct injector_options *o = target;

	return parse_log_format(value, &o->log_format);
}

static int set_listen(void *target, const char *value)
{
	struct injector_options *o = target;

	return parse_listen(value, &o->listen);
}

static int set_metrics_listen(void *target, const char *value)
{
	struct injector_options *o = target;

	return parse_listen(value, &o->metrics_listen);
}

static int set_certificate_lifetime(void *target, const char *value)
{
	struct injector_options *o = target;

	return parse_duration_in(value, CERTIFICATE_LIFETIME_MIN_S,
				 CERTIFICATE_LIFETIME_MAX_S,
				 &o->certificate_lifetime_s);
}

static int set_ca_lifetime(void *target, const char *value)
{
	struct injector_options *o = target;

	return parse_duration_in(value, CA_LIFETIME_MIN_S, CA_LIFETIME_MAX_S,
				 &o->ca_lifetime_s);
}

static int set_check_interval(void *target, const char *value)
{
	struct injector_options *o = target;

	return parse_duration_in(value, CHECK_INTERVAL_MIN_S, CHECK_INTERVAL_MAX_S,
				 &o->check_interval_s);
}

static int set_max_body(void *target, const char *value)
{
	struct injector_options *o = target;
	double bytes;

	if (parse_size(value, &bytes) < 0 || bytes < BODY_MIN || bytes > BODY_MAX)
		return -1;
	o->max_body = bytes;
	return 0;
}

static int set_max_connections(void *target, const char *value)
{
	struct injector_options *o = target;

	return parse_count(value, 8, 4096, &o->max_connections);
}

static int set_idle_timeout(void *target, const char *value)
{
	struct injector_options *o = target;

	return parse_duration_in(value, IDLE_TIMEOUT_MIN_S, IDLE_TIMEOUT_MAX_S,
				 &o->idle_timeout_s);
}

#define A_PATH "a file's path of at most 255 characters"
#define A_NAME "a name of at most 63 characters"
#define A_LONG "a name of at most 253 characters"

static const struct flag flags[] = {
    {FOR_BOTH, "template", NULL, A_PATH, "the sidecar's image, resources, flags",
     .set = set_template_path},
    {FOR_BOTH, "image-loaded", "false", FLAG_SWITCH,
     "every node has the image; else it needs a registry", .set = set_image_loaded},
    {FOR_BOTH, "native-sidecar", "auto", "auto, yes or no",
     "whether as an init container; auto: from 1.29 on and for inject",
     .words = native_words, .set = set_native},
    {FOR_BOTH, "namespace", NULL, A_NAME, "the injector's own; else POD_NAMESPACE",
     .set = set_namespace},
    {FOR_SERVE, "listen", "[::]:8443", "ADDRESS:PORT, such as [::]:8443",
     "the webhook, HTTPS", .set = set_listen},
    {FOR_SERVE, "metrics-listen", "[::]:8080", "ADDRESS:PORT, such as [::]:8080",
     "metrics and health, plain HTTP", .set = set_metrics_listen},
    {FOR_SERVE, "service", "dormouse-injector", A_NAME,
     "the Service that the certificate names", .set = set_service},
    {FOR_SERVE, "secret", "dormouse-injector", A_LONG, "keeps the certificates",
     .set = set_secret},
    {FOR_SERVE, "webhook", "dormouse-injector", A_LONG,
     "the MutatingWebhookConfiguration", .set = set_webhook},
    {FOR_SERVE, "certificate-lifetime", "90d", "a duration from 10s to 366d",
     "renewed when two thirds are over", .set = set_certificate_lifetime},
    {FOR_SERVE, "ca-lifetime", "3650d", "a duration from 60s to 10980d",
     "the CA, renewed likewise", .set = set_ca_lifetime},
    {FOR_SERVE, "check-interval", "1m", "a duration from 1s to 1h",
     "between looks at certificates and API server", .set = set_check_interval},
    {FOR_SERVE, "tls-cert-file", NULL, A_PATH,
     "a certificate made by others, instead of the Secret's", .set = set_tls_cert_file},
    {FOR_SERVE, "tls-key-file", NULL, A_PATH, "the key of --tls-cert-file",
     .set = set_tls_key_file},
    {FOR_SERVE, "max-body", "3MiB", "a size from 4KiB to 8MiB",
     "larger reviews are refused", .set = set_max_body},
    {FOR_SERVE, "max-connections", "256", "a whole number from 8 to 4096",
     "more connections are refused", .set = set_max_connections},
    {FOR_SERVE, "idle-timeout", "2m", "a duration from 1s to 1h",
     "then a connection is closed", .set = set_idle_timeout},
    {FOR_SERVE, "api-server", NULL, "https://HOST:PORT", "else as pods find it",
     .set = set_api_server},
    {FOR_SERVE, "api-token-file", NULL, A_PATH, "else the service account's",
     .set = set_api_token_file},
    {FOR_SERVE, "api-ca-file", NULL, A_PATH, "else the service account's",
     .set = set_api_ca_file},
    {FOR_SERVE, "log-format", "json", "json or text", "lines on stderr",
     .words = log_format_words, .set = set_log_format},
};

static const struct flag_command commands[] = {
    [INJECTOR_SERVE] = {.usage = "serve [FLAGS]",
			.does = "the admission webhook, until SIGTERM"},
    [INJECTOR_INJECT] = {.usage = "inject [FLAGS] <pod.json >with-sidecar.json",
			 .does = "adds the sidecar to a Pod, a workload or a List"},
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
	complain("POD_NAMESPACE: it takes a name of at most 63 characters");
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
		return fail(err, "--tls-cert-file and --tls-key-file: one is missing, "
				 "they belong together");
	return 0;
}

void injector_options_help(enum injector_command command, FILE *out)
{
	flags_help(&table, command, out);
}

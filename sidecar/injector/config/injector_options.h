/* SPDX-License-Identifier: Apache-2.0 */
/* injector_options.h - the flags of dormouse-injector. */
#ifndef DORMOUSE_INJECTOR_CONFIG_INJECTOR_OPTIONS_H
#define DORMOUSE_INJECTOR_CONFIG_INJECTOR_OPTIONS_H

#include <stdbool.h>

#include "config/flags.h"
#include "config/options.h"
#include "http/listen.h"

enum injector_command { INJECTOR_SERVE, INJECTOR_INJECT, INJECTOR_LEARN };

enum native_sidecar { NATIVE_AUTO, NATIVE_YES, NATIVE_NO };

struct injector_options {
	char template_path[256]; /* "": the built-in template */
	enum native_sidecar native;
	bool image_loaded;  /* every node has the image, no pull needed */
	char namespace[64]; /* the injector's own; default: POD_NAMESPACE */
	enum log_format log_format;
	unsigned config_errors;

	/* serve */
	struct listen_address listen;         /* HTTPS */
	struct listen_address metrics_listen; /* plain HTTP */
	char service[64]; /* the certificate is for SERVICE.NAMESPACE.svc */
	char secret[254];
	char webhook[254];       /* the MutatingWebhookConfiguration */
	char tls_cert_file[256]; /* an external certificate: no Secret, no CA */
	char tls_key_file[256];
	char client_ca_file[256]; /* "": clients need no certificate */
	char client_name[254];    /* "": any that the CA signed */
	double certificate_lifetime_s;
	double ca_lifetime_s;
	double check_interval_s;
	double max_body; /* bytes of a review */
	unsigned max_connections;
	double idle_timeout_s;

	/* learn */
	char prometheus[256]; /* "http://HOST:PORT" or "https://HOST:PORT/PATH" */
	char prometheus_token_file[256]; /* "": no token */
	char prometheus_ca_file[256];    /* "": only for http:// */
	double prometheus_timeout_s;     /* of one question */
	unsigned days;
	double step_s;
	char namespaces[4096]; /* names, separated by commas; "": all */
	char match[512];       /* matchers of PromQL for each selector; "": none */
	char leave_out[4096];  /* "Deployment/reports", separated by commas */
	bool apply, dry_run, evaluate, json;
	unsigned seed; /* of the thefts that evaluate makes up */

	/* serve, learn */
	char api_server[256]; /* "https://HOST:PORT"; "": from the pod's environment */
	char api_token_file[256]; /* "": the service account's */
	char api_ca_file[256];
};

/* Returns 0, -1 on failure, 1 when --help was given, like flags_read(). */
int injector_options_parse(struct injector_options *options,
			   enum injector_command command, int argc, char **argv,
			   flags_complaint *complain, struct error *err);
void injector_options_help(enum injector_command command, FILE *out);

#endif

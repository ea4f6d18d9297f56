/* SPDX-License-Identifier: Apache-2.0 */
/* api_server_fixture.h - an API server with one Secret, one
 * MutatingWebhookConfiguration and one ConfigMap, over TLS, and with troubles that a
 * real one has only now and then.
 *
 * Its certificate is for "localhost"; api.options knows where it is.
 */
#ifndef TESTS_INJECTOR_API_SERVER_FIXTURE_H
#define TESTS_INJECTOR_API_SERVER_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../support/testing.h"
#include "injector/certificates/certificates.h"
#include "injector/certificates/secret.h"
#include "injector/config/injector_options.h"
#include "injector/json/json.h"

#include "base/clock.h"

#define SECRET_PATH "/api/v1/namespaces/ns/secrets/tls"
#define CONFIG_PATH                                                                    \
	"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/hook"
#define MAP_PATH "/api/v1/namespaces/shop/configmaps/dormouse-baselines"

static struct {
	pthread_mutex_t lock;
	struct MHD_Daemon *daemon;
	struct certificates own; /* the server's */
	struct injector_options options;
	char folder[64];

	cJSON *secret, *config, *map; /* NULL: there is none */
	char version[256];            /* what /version answers */
	char token[64];               /* who is let in */
	unsigned revision;

	unsigned broken; /* so many requests are answered with 503 */
	unsigned rivals; /* so many writes are preceded by somebody else's */
	unsigned swaps;  /* before so many patches the webhooks change places */
	size_t padding;  /* bytes more in each answer */
	double stall_s;  /* before each answer */
	unsigned requests, puts, patches;
	/* Answers other paths; NULL: there are none. */
	unsigned (*others)(struct MHD_Connection *connection, const char *path,
			   char **text);
} api;

struct incoming {
	char *body;
	size_t length;
};

static void touch(cJSON *object)
{
	char revision[16];

	snprintf(revision, sizeof(revision), "%u", ++api.revision);
	cJSON_ReplaceItemInObject(json_member(object, "metadata"), "resourceVersion",
				  cJSON_CreateString(revision));
}

/* Somebody else writes to the Secret. */
static void rival_writes(void)
{
	cJSON *labels = json_member(json_member(api.secret, "metadata"), "labels");

	cJSON_DeleteItemFromObject(labels, "rival");
	cJSON_AddStringToObject(labels, "rival", "was-here");
	touch(api.secret);
	api.rivals--;
}

static unsigned put_secret(const cJSON *body)
{
	const char *version =
	    json_text(json_member(body, "metadata"), "resourceVersion");
	const char *current =
	    json_text(json_member(api.secret, "metadata"), "resourceVersion");

	api.puts++;
	if (!version || strcmp(version, current) != 0)
		return 409;
	cJSON_Delete(api.secret);
	api.secret = cJSON_Duplicate(body, true);
	touch(api.secret);
	return 200;
}

static void swap_webhooks(void)
{
	cJSON *webhooks = json_member(api.config, "webhooks");

	cJSON_AddItemToArray(webhooks, cJSON_DetachItemFromArray(webhooks, 0));
	touch(api.config);
	api.swaps--;
}

/* The two operations that the reconciler sends. */
static bool patch_one(cJSON *webhooks, const cJSON *operation)
{
	const char *path = json_text(operation, "path");
	const char *value = json_text(operation, "value");
	char *rest;
	const long index = strtol(path + strlen("/webhooks/"), &rest, 10);
	cJSON *webhook = cJSON_GetArrayItem(webhooks, (int)index);

	if (strcmp(json_text(operation, "op"), "test") == 0)
		return strcmp(rest, "/name") == 0 &&
		       strcmp(json_text(webhook, "name"), value) == 0;
	if (strcmp(rest, "/clientConfig/caBundle") != 0)
		return false;
	cJSON *config = json_member(webhook, "clientConfig");
	cJSON_DeleteItemFromObject(config, "caBundle");
	return cJSON_AddStringToObject(config, "caBundle", value) != NULL;
}

static unsigned patch_config(const cJSON *body)
{
	cJSON *webhooks = cJSON_Duplicate(json_member(api.config, "webhooks"), true);
	const cJSON *operation;

	api.patches++;
	cJSON_ArrayForEach(operation, body)
	{
		if (!patch_one(webhooks, operation)) {
			cJSON_Delete(webhooks);
			return 422;
		}
	}
	cJSON_ReplaceItemInObject(api.config, "webhooks", webhooks);
	touch(api.config);
	return 200;
}

/* Somebody else adds a baseline. */
static void rival_adds(void)
{
	cJSON *data = json_member(api.map, "data");

	cJSON_DeleteItemFromObject(data, "rival.json");
	cJSON_AddStringToObject(data, "rival.json", "was here");
	touch(api.map);
	api.rivals--;
}

/* A server-side apply where there is no object, else a merge patch of `data`. */
static unsigned patch_map(const cJSON *body)
{
	const char *version =
	    json_text(json_member(body, "metadata"), "resourceVersion");
	const cJSON *member;

	api.patches++;
	if (!api.map) {
		api.map = cJSON_Duplicate(body, true);
		cJSON_AddStringToObject(json_member(api.map, "metadata"),
					"resourceVersion", "1");
		return 200;
	}
	if (api.rivals)
		rival_adds();
	if (!version || strcmp(version, json_text(json_member(api.map, "metadata"),
						  "resourceVersion")) != 0)
		return 409;
	cJSON_ArrayForEach(member, json_member(body, "data"))
	{
		cJSON *data = json_member(api.map, "data");

		cJSON_DeleteItemFromObject(data, member->string);
		cJSON_AddStringToObject(data, member->string, member->valuestring);
	}
	touch(api.map);
	return 200;
}

/* Does what is asked; the object is answered where the status is 200. */
static unsigned serve_object(const char *method, cJSON **object, const cJSON *body)
{
	if (object == &api.map && strcmp(method, "PATCH") == 0)
		return patch_map(body);
	if (!*object)
		return 404;
	if (strcmp(method, "GET") == 0)
		return 200;
	if (api.rivals)
		rival_writes();
	if (api.swaps)
		swap_webhooks();
	if (strcmp(method, "PUT") == 0 && object == &api.secret)
		return put_secret(body);
	if (strcmp(method, "PATCH") == 0 && object == &api.config)
		return patch_config(body);
	return 405;
}

static unsigned answer_request(struct MHD_Connection *connection, const char *path,
			       const char *method, const cJSON *body, char **text)
{
	char let_in[96];
	const char *who =
	    MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
	cJSON **object = strcmp(path, SECRET_PATH) == 0   ? &api.secret
			 : strcmp(path, CONFIG_PATH) == 0 ? &api.config
			 : strcmp(path, MAP_PATH) == 0    ? &api.map
							  : NULL;
	unsigned status = 404;

	api.requests++;
	snprintf(let_in, sizeof(let_in), "Bearer %s", api.token);
	if (api.broken) {
		api.broken--;
		return 503;
	}
	if (strcmp(path, "/version") == 0) {
		*text = strdup(api.version);
		return 200;
	}
	if (!who || strcmp(who, let_in) != 0)
		return 401;
	if (!object && api.others)
		return api.others(connection, path, text);
	if (object)
		status = serve_object(method, object, body);
	if (status == 200)
		*text = cJSON_PrintUnformatted(*object);
	return status;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, unsigned status,
				   const char *text)
{
	const size_t length = strlen(text) + api.padding;
	char *padded = malloc(length + 1);

	snprintf(padded, length + 1, "%*s", -(int)length, text);
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(length, padded, MHD_RESPMEM_MUST_FREE);
	const enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result api_handler(void *context, struct MHD_Connection *connection,
				   const char *path, const char *method,
				   const char *version, const char *data,
				   size_t *length, void **state)
{
	struct incoming *in = *state;
	char *text = NULL;

	(void)context;
	(void)version;
	if (!in) {
		*state = calloc(1, sizeof(*in));
		return MHD_YES;
	}
	if (*length) {
		in->body = realloc(in->body, in->length + *length);
		memcpy(in->body + in->length, data, *length);
		in->length += *length;
		*length = 0;
		return MHD_YES;
	}
	pthread_mutex_lock(&api.lock);
	const double stall_s = api.stall_s;
	pthread_mutex_unlock(&api.lock);
	for (double end = clock_wall() + stall_s; clock_wall() < end;)
		usleep(10000);
	pthread_mutex_lock(&api.lock);
	cJSON *body = in->body ? cJSON_ParseWithLength(in->body, in->length) : NULL;
	const unsigned status = answer_request(connection, path, method, body, &text);
	const enum MHD_Result result = send_answer(
	    connection, status,
	    text ? text : "{\"kind\":\"Status\",\"message\":\"it says why\"}");
	cJSON_Delete(body);
	free(text);
	pthread_mutex_unlock(&api.lock);
	return result;
}

static void api_request_over(void *context, struct MHD_Connection *connection,
			     void **state, enum MHD_RequestTerminationCode code)
{
	struct incoming *in = *state;

	(void)context;
	(void)connection;
	(void)code;
	if (in)
		free(in->body);
	free(in);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Listens, on `port` or any. */
static void api_listen(uint16_t port)
{
	api.daemon = MHD_start_daemon(
	    MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS, port, NULL, NULL,
	    api_handler, NULL, MHD_OPTION_NOTIFY_COMPLETED, api_request_over, NULL,
	    MHD_OPTION_HTTPS_MEM_CERT, api.own.certificate, MHD_OPTION_HTTPS_MEM_KEY,
	    api.own.key, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U, MHD_OPTION_END);
	assert_non_null(api.daemon);
}

static uint16_t api_port(void)
{
	return MHD_get_daemon_info(api.daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static void api_objects(void)
{
	api.secret = cJSON_Parse(
	    "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"tls\","
	    "\"resourceVersion\":\"1\",\"labels\":{\"app\":\"x\"},"
	    "\"annotations\":{\"a/b\":\"kept\"}},\"data\":{\"other\":\"a2VwdA==\"},"
	    "\"type\":\"Opaque\"}");
	api.config = cJSON_Parse(
	    "{\"kind\":\"MutatingWebhookConfiguration\",\"metadata\":{\"name\":"
	    "\"hook\","
	    "\"resourceVersion\":\"1\"},\"webhooks\":["
	    "{\"name\":\"namespaces.x\",\"clientConfig\":{\"service\":{\"name\":\"s\"}}"
	    "},"
	    "{\"name\":\"pods.x\",\"clientConfig\":{\"service\":{\"name\":\"s\"},"
	    "\"caBundle\":\"Cg==\"}}]}");
	assert_non_null(api.secret);
	assert_non_null(api.config);
}

static void api_files(void)
{
	struct injector_options *o = &api.options;

	snprintf(api.folder, sizeof(api.folder), "/tmp/dormouse_api_XXXXXX");
	assert_non_null(mkdtemp(api.folder));
	snprintf(o->api_token_file, sizeof(o->api_token_file), "%s/token", api.folder);
	snprintf(o->api_ca_file, sizeof(o->api_ca_file), "%s/ca.crt", api.folder);
	snprintf(o->api_server, sizeof(o->api_server), "https://localhost:%u",
		 api_port());
	write_file(o->api_token_file, "let-me-in\n");
	write_file(o->api_ca_file, api.own.bundle);
	snprintf(api.token, sizeof(api.token), "let-me-in");
}

/* For each test: cmocka's setup and teardown. */
static int api_up(void **state)
{
	const struct certificate_names names = {"localhost", "ns"};
	const struct validity v = validity_of((int64_t)clock_wall(), 3600);
	struct error err;

	(void)state;
	memset(&api, 0, sizeof(api));
	pthread_mutex_init(&api.lock, NULL);
	api.revision = 1;
	snprintf(api.version, sizeof(api.version),
		 "{\"major\":\"1\",\"minor\":\"31+\"}");
	assert_int_equal(certificates_make_ca(&v, api.own.bundle, api.own.ca_key, &err),
			 0);
	assert_int_equal(certificates_make(api.own.bundle, api.own.ca_key, &names, &v,
					   api.own.certificate, api.own.key, &err),
			 0);
	api_objects();
	api_listen(0);
	api_files();
	return 0;
}

static int api_down(void **state)
{
	(void)state;
	if (api.daemon)
		MHD_stop_daemon(api.daemon);
	cJSON_Delete(api.secret);
	cJSON_Delete(api.config);
	cJSON_Delete(api.map);
	unlink(api.options.api_token_file);
	unlink(api.options.api_ca_file);
	rmdir(api.folder);
	pthread_mutex_destroy(&api.lock);
	return 0;
}

/* Changes the server's state between two requests. */
#define API_SET(statement)                                                             \
	do {                                                                           \
		pthread_mutex_lock(&api.lock);                                         \
		statement;                                                             \
		pthread_mutex_unlock(&api.lock);                                       \
	} while (0)

#endif

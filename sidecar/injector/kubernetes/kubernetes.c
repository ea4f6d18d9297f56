/* SPDX-License-Identifier: Apache-2.0 */
/* kubernetes.c - requests to the API server: whole answers as trees, watches line by
 * line. */
#include "kubernetes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "injector/json/json.h"

#define ACCOUNT        "/var/run/secrets/kubernetes.io/serviceaccount/"
#define REQUEST_MAX_MS 5000L
#define MESSAGE_MAX    160 /* bytes of the API server's message in an error */

struct kubernetes {
	struct client *client;
	struct cluster_facts *facts;
	char *answer; /* to the current request; in a watch, its unfinished line */
	size_t length, answer_max;
	const struct kubernetes_watch *watch; /* the current watch, or NULL */
	int watch_result;
};

/* --- where it is --------------------------------------------------------------------
 */

static int find_server(char *server, size_t size, struct error *err)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");

	if (!host || !host[0])
		return fail(err,
			    "there is no API server: KUBERNETES_SERVICE_HOST is not "
			    "set (only pods have it); use --api-server");
	const bool ipv6 = strchr(host, ':') != NULL;
	snprintf(server, size, "https://%s%.253s%s:%.5s", ipv6 ? "[" : "", host,
		 ipv6 ? "]" : "", port && port[0] ? port : "443");
	return 0;
}

int kubernetes_find(const struct injector_options *options,
		    struct client_access *access, struct error *err)
{
	const bool token = options->api_token_file[0], ca = options->api_ca_file[0];

	snprintf(access->token_file, sizeof(access->token_file), "%s",
		 token ? options->api_token_file : ACCOUNT "token");
	snprintf(access->ca_file, sizeof(access->ca_file), "%s",
		 ca ? options->api_ca_file : ACCOUNT "ca.crt");
	access->ca_flag = "--api-ca-file";
	access->plain = false;
	if (!options->api_server[0])
		return find_server(access->server, sizeof(access->server), err);
	snprintf(access->server, sizeof(access->server), "%s", options->api_server);
	const size_t length = strlen(access->server);
	if (access->server[length - 1] == '/')
		access->server[length - 1] = '\0';
	return 0;
}

/* --- the answer ------------------------------------------------------------------- */

/* An answer over the limit, or an allocation failure, ends the request. */
static int add_to_answer(struct kubernetes *k, const char *data, size_t length,
			 struct error *err)
{
	if (length > k->answer_max - k->length)
		return fail(err, "the answer is over %zu bytes", k->answer_max);
	char *more = realloc(k->answer, k->length + length + 1);
	if (!more)
		return fail_memory(err, "the answer");
	memcpy(more + k->length, data, length);
	k->answer = more;
	k->length += length;
	k->answer[k->length] = '\0';
	return 0;
}

/* Wipes the answer, because it may be a Secret. */
static void forget_answer(struct kubernetes *k)
{
	if (k->answer)
		explicit_bzero(k->answer, k->length);
	free(k->answer);
	k->answer = NULL;
	k->length = 0;
}

/* Passes the line in k->answer to the watch's function. */
static int hand_over(struct kubernetes *k, struct error *err)
{
	enum json_refusal why;
	int result = -1;
	cJSON *tree = json_read(k->answer, k->length, &json_review_limits, &why, err);

	if (tree)
		result = k->watch->line(k->watch->context, tree, err);
	else
		fail_within(err, "a line is not JSON");
	cJSON_Delete(tree);
	forget_answer(k);
	return result;
}

/* Only a successful watch has lines. An error is one answer. */
static bool comes_in_lines(const struct kubernetes *k, long status)
{
	return k->watch && status >= 200 && status <= 299;
}

static int take_answer(void *k_, long status, const char *data, size_t length,
		       struct error *err)
{
	struct kubernetes *k = k_;
	const bool lines = comes_in_lines(k, status);
	const char *end;
	size_t at = 0;

	while (lines && (end = memchr(data + at, '\n', length - at))) {
		if (add_to_answer(k, data + at, (size_t)(end - data) - at, err) < 0)
			return -1;
		at = (size_t)(end - data) + 1;
		k->watch_result = hand_over(k, err);
		if (k->watch_result < 0)
			return -1;
	}
	return at < length ? add_to_answer(k, data + at, length - at, err) : 0;
}

/* --- the client ------------------------------------------------------------------- */

struct kubernetes *kubernetes_open(const struct client_access *access,
				   const atomic_bool *stop, struct cluster_facts *facts,
				   struct error *err)
{
	struct kubernetes *k = calloc(1, sizeof(*k));

	if (!k) {
		fail_errno(err, errno, "the API client");
		return NULL;
	}
	k->facts = facts;
	k->client = client_open(access, stop, err);
	if (k->client)
		return k;
	kubernetes_close(k);
	return NULL;
}

void kubernetes_close(struct kubernetes *k)
{
	if (!k)
		return;
	client_close(k->client);
	free(k->answer);
	free(k);
}

/* --- a request ----------------------------------------------------------------------
 */

/* Sends the request, stores the answer in k->answer. Returns the HTTP status or -1. */
static long perform(struct kubernetes *k, const struct kubernetes_request *request,
		    struct error *err)
{
	const struct client_request sent = {
	    .method = request->method,
	    .path = request->path,
	    .accept = request->accept,
	    .type = request->type,
	    .body = request->body,
	    .timeout_ms = k->watch ? k->watch->seconds * 1000 : REQUEST_MAX_MS,
	    .lasting = k->watch != NULL,
	    .take = take_answer,
	    .context = k,
	};

	k->answer_max =
	    request->answer_max ? request->answer_max : KUBERNETES_ANSWER_MAX;
	return client_ask(k->client, &sent, err);
}

/* Sets an error with the API server's own message. */
static int fail_status(struct error *err, long status, const cJSON *answer)
{
	const char *message = json_text(answer, "message");

	return message ? fail(err, "status %ld: %.*s", status, MESSAGE_MAX, message)
		       : fail(err, "status %ld", status);
}

bool kubernetes_conflict(const struct kubernetes_request *request, long status)
{
	/* 422 also means that a test of a JSON Patch failed. */
	return status == 409 ||
	       (status == 422 && strcmp(request->method, "PATCH") == 0);
}

static void count(const struct kubernetes *k, const struct kubernetes_request *request,
		  long status, bool failed)
{
	atomic_fetch_add(&k->facts->requests, 1);
	if (kubernetes_conflict(request, status))
		atomic_fetch_add(&k->facts->conflicts, 1);
	else if (failed)
		atomic_fetch_add(&k->facts->request_failures, 1);
}

int kubernetes_ask(struct kubernetes *k, const struct kubernetes_request *request,
		   long *status, cJSON **answer, struct error *err)
{
	cJSON *tree = NULL;
	int result = 0;
	enum json_refusal why;
	struct error unread = {"it is empty"};
	const long got = perform(k, request, err);

	*status = got < 0 ? 0 : got;
	*answer = NULL;
	if (k->answer)
		tree =
		    json_read(k->answer, k->length, &json_review_limits, &why, &unread);
	if (got < 0)
		result = -1;
	else if (got < 200 || got > 299)
		result = fail_status(err, got, tree);
	else if (!tree)
		result = fail(err, "the answer is not JSON: %s", unread.text);
	count(k, request, *status, result < 0);
	forget_answer(k);
	if (result == 0)
		*answer = tree;
	else
		cJSON_Delete(tree);
	return result < 0 ? fail_within(err, "%s %s", request->method, request->path)
			  : 0;
}

int kubernetes_watch(struct kubernetes *k, const struct kubernetes_watch *watch,
		     long *status, struct error *err)
{
	struct error unread;
	cJSON *tree = NULL;
	int result = 0;
	enum json_refusal why;

	k->watch = watch;
	k->watch_result = 0;
	const long got = perform(k, &watch->request, err);
	k->watch = NULL;
	*status = got < 0 ? 0 : got;
	if (got < 0) {
		result = -1;
		*status = k->watch_result < 0 ? 200 : 0;
	} else if (got < 200 || got > 299) {
		if (k->answer)
			tree = json_read(k->answer, k->length, &json_review_limits,
					 &why, &unread);
		result = fail_status(err, got, tree);
		cJSON_Delete(tree);
	}
	count(k, &watch->request, *status, result < 0);
	forget_answer(k);
	return result < 0 ? fail_within(err, "%s %s", watch->request.method,
					watch->request.path)
			  : 0;
}

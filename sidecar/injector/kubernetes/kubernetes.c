/* SPDX-License-Identifier: Apache-2.0 */
/* kubernetes.c - requests to the API server with libcurl.
 *
 * There is one easy handle, so there is at most one connection. Each request reads the
 * token again, because the kubelet replaces it about once an hour. The system's CAs are
 * never loaded, because they would cost 7 MiB.
 */
#include "kubernetes.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/version.h"
#include "injector/json/json.h"

#define ACCOUNT        "/var/run/secrets/kubernetes.io/serviceaccount/"
#define TOKEN_MAX      16384
#define CONNECT_MAX_MS 2000L
#define REQUEST_MAX_MS 5000L
#define IDLE_MAX_S     30L /* a connection that was idle longer is not reused */
#define MESSAGE_MAX    160 /* bytes of the API server's message in an error */

struct kubernetes {
	const struct kubernetes_access *access;
	const atomic_bool *stop;
	struct cluster_facts *facts;
	CURL *curl;
	char *answer; /* to the current request; in a watch, its unfinished line */
	size_t length;
	bool no_memory; /* an answer was not taken because there was none for it */
	const struct kubernetes_watch *watch; /* the current watch, or NULL */
	struct error watch_error;
	int watch_result;
	char trouble[CURL_ERROR_SIZE];
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
		    struct kubernetes_access *access, struct error *err)
{
	const bool token = options->api_token_file[0], ca = options->api_ca_file[0];

	snprintf(access->token_file, sizeof(access->token_file), "%s",
		 token ? options->api_token_file : ACCOUNT "token");
	snprintf(access->ca_file, sizeof(access->ca_file), "%s",
		 ca ? options->api_ca_file : ACCOUNT "ca.crt");
	if (!options->api_server[0])
		return find_server(access->server, sizeof(access->server), err);
	snprintf(access->server, sizeof(access->server), "%s", options->api_server);
	const size_t length = strlen(access->server);
	if (access->server[length - 1] == '/')
		access->server[length - 1] = '\0';
	return 0;
}

/* --- the handle ---------------------------------------------------------------------
 */

/* An answer over the limit, or an allocation failure, ends the request. */
static int add_to_answer(struct kubernetes *k, const char *data, size_t length)
{
	if (length > KUBERNETES_ANSWER_MAX - k->length)
		return -1;
	char *more = realloc(k->answer, k->length + length + 1);
	k->no_memory = !more;
	if (!more)
		return -1;
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
static int hand_over(struct kubernetes *k)
{
	enum json_refusal why;
	struct error *err = &k->watch_error;
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
static bool comes_in_lines(const struct kubernetes *k)
{
	long status = 0;

	curl_easy_getinfo(k->curl, CURLINFO_RESPONSE_CODE, &status);
	return k->watch && status >= 200 && status <= 299;
}

static size_t take_answer(char *data, size_t one, size_t length, void *k_)
{
	struct kubernetes *k = k_;
	const char *end;
	size_t at = 0;

	(void)one; /* always 1 */
	while (comes_in_lines(k) && (end = memchr(data + at, '\n', length - at))) {
		if (add_to_answer(k, data + at, (size_t)(end - data) - at) < 0)
			return 0;
		at = (size_t)(end - data) + 1;
		k->watch_result = hand_over(k);
		if (k->watch_result < 0)
			return 0;
	}
	if (at < length && add_to_answer(k, data + at, length - at) < 0)
		return 0;
	return length;
}

static int stop_when_told(void *k_, curl_off_t a, curl_off_t b, curl_off_t c,
			  curl_off_t d)
{
	const struct kubernetes *k = k_;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return atomic_load(k->stop) ? 1 : 0;
}

/* Sets the options that every request shares. */
static CURLcode set_up(struct kubernetes *k)
{
	char agent[64];
	CURLcode code = CURLE_OK;

	snprintf(agent, sizeof(agent), "dormouse-injector/%s", dormouse_version());
#define SET(option, value)                                                             \
	if (code == CURLE_OK)                                                          \
	code = curl_easy_setopt(k->curl, CURLOPT_##option, value)
	SET(CAPATH, NULL);
	SET(CAINFO, k->access->ca_file);
	SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(SSL_VERIFYPEER, 1L);
	SET(SSL_VERIFYHOST, 2L);
	SET(PROTOCOLS_STR, "https");
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(PROXY, "");
	SET(NOSIGNAL, 1L);
	SET(CONNECTTIMEOUT_MS, CONNECT_MAX_MS);
	SET(TIMEOUT_MS, REQUEST_MAX_MS);
	SET(MAXCONNECTS, 1L);
	SET(MAXAGE_CONN, IDLE_MAX_S);
	SET(TCP_KEEPALIVE, 1L);
	SET(USERAGENT, agent);
	SET(ERRORBUFFER, k->trouble);
	SET(WRITEFUNCTION, take_answer);
	SET(WRITEDATA, k);
	SET(XFERINFOFUNCTION, stop_when_told);
	SET(XFERINFODATA, k);
	SET(NOPROGRESS, 0L);
#undef SET
	return code;
}

struct kubernetes *kubernetes_open(const struct kubernetes_access *access,
				   const atomic_bool *stop, struct cluster_facts *facts,
				   struct error *err)
{
	struct kubernetes *k = calloc(1, sizeof(*k));

	if (!k) {
		fail_errno(err, errno, "the API client");
		return NULL;
	}
	k->access = access;
	k->stop = stop;
	k->facts = facts;
	CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
	if (code == CURLE_OK) {
		k->curl = curl_easy_init();
		code = k->curl ? set_up(k) : CURLE_OUT_OF_MEMORY;
	}
	if (code == CURLE_OK)
		return k;
	fail(err, "the API client: %s", curl_easy_strerror(code));
	kubernetes_close(k);
	return NULL;
}

void kubernetes_close(struct kubernetes *k)
{
	if (!k)
		return;
	if (k->curl)
		curl_easy_cleanup(k->curl);
	free(k->answer);
	free(k);
}

/* --- a request ----------------------------------------------------------------------
 */

/* Makes the line "Authorization: Bearer TOKEN". */
static int read_token(const char *path, char *header, size_t size, struct error *err)
{
	size_t length = (size_t)snprintf(header, size, "Authorization: Bearer ");
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n = -1;

	if (fd >= 0)
		n = read(fd, header + length, size - length);
	if (n < 0)
		fail_errno(err, errno, "the token in %s", path);
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -1;
	if ((size_t)n == size - length)
		return fail(err, "the token in %s is over %zu bytes", path,
			    size - length);
	header[length + (size_t)n] = '\0';
	const size_t token = strspn(header + length, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						     "abcdefghijklmnopqrstuvwxyz"
						     "0123456789-._~+/=");
	const size_t rest = strspn(header + length + token, "\r\n ");
	if (token == 0 || token + rest != (size_t)n)
		return fail(err, "%s holds no token", path);
	header[length + token] = '\0';
	return 0;
}

static int append(struct curl_slist **headers, const char *line, struct error *err)
{
	struct curl_slist *longer = curl_slist_append(*headers, line);

	if (!longer)
		return fail_memory(err, "an answer");
	*headers = longer;
	return 0;
}

static int headers_of(const struct kubernetes *k,
		      const struct kubernetes_request *request,
		      struct curl_slist **headers, struct error *err)
{
	char line[TOKEN_MAX], type[128];

	snprintf(type, sizeof(type), "Accept: %s",
		 request->accept ? request->accept : "application/json");
	if (read_token(k->access->token_file, line, sizeof(line), err) < 0 ||
	    append(headers, line, err) < 0 || append(headers, type, err) < 0)
		return -1;
	if (!request->type)
		return 0;
	snprintf(type, sizeof(type), "Content-Type: %s", request->type);
	/* No "Expect: 100-continue", which would cost a round trip. */
	return append(headers, type, err) < 0 || append(headers, "Expect:", err) < 0
		   ? -1
		   : 0;
}

/* Sends the request, stores the answer in k->answer. Returns the HTTP status or -1. */
static long perform(struct kubernetes *k, const struct kubernetes_request *request,
		    struct error *err)
{
	char url[1024];
	struct curl_slist *headers = NULL;
	long status = -1;

	if (headers_of(k, request, &headers, err) < 0)
		goto out;
	snprintf(url, sizeof(url), "%s%s", k->access->server, request->path);
	curl_easy_setopt(k->curl, CURLOPT_URL, url);
	curl_easy_setopt(k->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(k->curl, CURLOPT_POSTFIELDS, request->body);
	if (!request->body)
		curl_easy_setopt(k->curl, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(k->curl, CURLOPT_CUSTOMREQUEST, request->method);
	curl_easy_setopt(k->curl, CURLOPT_TIMEOUT_MS,
			 k->watch ? k->watch->seconds * 1000 : REQUEST_MAX_MS);
	k->trouble[0] = '\0';
	k->no_memory = false;
	const CURLcode code = curl_easy_perform(k->curl);
	curl_easy_setopt(k->curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(k->curl, CURLOPT_POSTFIELDS, NULL);
	if (code == CURLE_OK || (code == CURLE_OPERATION_TIMEDOUT && comes_in_lines(k)))
		curl_easy_getinfo(k->curl, CURLINFO_RESPONSE_CODE, &status);
	else if (code == CURLE_WRITE_ERROR && k->no_memory)
		fail_memory(err, "an answer");
	else if (code == CURLE_WRITE_ERROR)
		fail(err, "the answer is over %d bytes", KUBERNETES_ANSWER_MAX);
	else if (code == CURLE_SSL_CACERT_BADFILE)
		fail(err, "no CA can be read from %s; --api-ca-file names another file",
		     k->access->ca_file);
	else
		fail(err, "%s", k->trouble[0] ? k->trouble : curl_easy_strerror(code));
out:
	curl_slist_free_all(headers);
	return status;
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
	if (k->watch_result < 0) {
		result = fail(err, "%s", k->watch_error.text);
		*status = 200;
	} else if (got < 0) {
		result = -1;
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

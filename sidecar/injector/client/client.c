/* SPDX-License-Identifier: Apache-2.0 */
/* client.c - requests to one HTTP server with libcurl.
 *
 * There is one easy handle, so there is at most one connection. The system's CAs are
 * never loaded, because they would cost 7 MiB.
 */
#include "client.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/version.h"

#define TOKEN_MAX      16384
#define CONNECT_MAX_MS 2000L
#define IDLE_MAX_S     30L /* a connection that was idle longer is not reused */

struct client {
	const struct client_access *access;
	const atomic_bool *stop;
	CURL *curl;
	const struct client_request *request; /* the current one */
	struct error refusal;                 /* why its taker ended it */
	char trouble[CURL_ERROR_SIZE];
};

/* --- the handle ------------------------------------------------------------------- */

static long status_of(const struct client *c)
{
	long status = 0;

	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static size_t take_part(char *data, size_t one, size_t length, void *c_)
{
	struct client *c = c_;
	const struct client_request *r = c->request;

	(void)one; /* always 1 */
	return r->take(r->context, status_of(c), data, length, &c->refusal) < 0
		   ? 0
		   : length;
}

static int stop_when_told(void *c_, curl_off_t a, curl_off_t b, curl_off_t c,
			  curl_off_t d)
{
	const struct client *client = c_;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return client->stop && atomic_load(client->stop) ? 1 : 0;
}

/* Sets the options that every request shares. */
static CURLcode set_up(struct client *c)
{
	char agent[64];
	CURLcode code = CURLE_OK;

	snprintf(agent, sizeof(agent), "dormouse-injector/%s", dormouse_version());
#define SET(option, value)                                                             \
	if (code == CURLE_OK)                                                          \
	code = curl_easy_setopt(c->curl, CURLOPT_##option, value)
	SET(CAPATH, NULL);
	SET(CAINFO, c->access->ca_file);
	SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(SSL_VERIFYPEER, 1L);
	SET(SSL_VERIFYHOST, 2L);
	SET(PROTOCOLS_STR, c->access->plain ? "http,https" : "https");
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(PROXY, "");
	SET(NOSIGNAL, 1L);
	SET(CONNECTTIMEOUT_MS, CONNECT_MAX_MS);
	SET(MAXCONNECTS, 1L);
	SET(MAXAGE_CONN, IDLE_MAX_S);
	SET(TCP_KEEPALIVE, 1L);
	SET(USERAGENT, agent);
	SET(ERRORBUFFER, c->trouble);
	SET(WRITEFUNCTION, take_part);
	SET(WRITEDATA, c);
	SET(XFERINFOFUNCTION, stop_when_told);
	SET(XFERINFODATA, c);
	SET(NOPROGRESS, 0L);
#undef SET
	return code;
}

struct client *client_open(const struct client_access *access, const atomic_bool *stop,
			   struct error *err)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c) {
		fail_errno(err, errno, "the HTTP client");
		return NULL;
	}
	c->access = access;
	c->stop = stop;
	CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
	if (code == CURLE_OK) {
		c->curl = curl_easy_init();
		code = c->curl ? set_up(c) : CURLE_OUT_OF_MEMORY;
	}
	if (code == CURLE_OK)
		return c;
	fail(err, "the HTTP client: %s", curl_easy_strerror(code));
	client_close(c);
	return NULL;
}

void client_close(struct client *c)
{
	if (!c)
		return;
	if (c->curl)
		curl_easy_cleanup(c->curl);
	free(c);
}

/* --- a request -------------------------------------------------------------------- */

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

static int append_token(const struct client *c, struct curl_slist **headers,
			struct error *err)
{
	char line[TOKEN_MAX];

	if (!c->access->token_file[0])
		return 0;
	if (read_token(c->access->token_file, line, sizeof(line), err) < 0)
		return -1;
	return append(headers, line, err);
}

static int headers_of(const struct client *c, const struct client_request *request,
		      struct curl_slist **headers, struct error *err)
{
	char type[128];

	snprintf(type, sizeof(type), "Accept: %s",
		 request->accept ? request->accept : "application/json");
	if (append_token(c, headers, err) < 0 || append(headers, type, err) < 0)
		return -1;
	if (!request->type)
		return 0;
	snprintf(type, sizeof(type), "Content-Type: %s", request->type);
	/* No "Expect: 100-continue", which would cost a round trip. */
	return append(headers, type, err) < 0 || append(headers, "Expect:", err) < 0
		   ? -1
		   : 0;
}

void client_put_escaped(struct text *t, const char *text)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-._~";

	for (; *text; text++) {
		if (strchr(plain, *text))
			text_put_bytes(t, text, 1);
		else
			text_printf(t, "%%%02X", (unsigned char)*text);
	}
}

/* Returns "SERVER/PATH", to be freed; NULL on allocation failure. */
static char *url_of(const struct client *c, const char *path, struct error *err)
{
	char *url = NULL;

	if (asprintf(&url, "%s%s", c->access->server, path) >= 0)
		return url;
	fail_memory(err, "a URL");
	return NULL;
}

static CURLcode transfer(struct client *c, const struct client_request *request,
			 const char *url, struct curl_slist *headers)
{
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, request->body);
	if (!request->body)
		curl_easy_setopt(c->curl, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, request->method);
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, request->timeout_ms);
	c->trouble[0] = '\0';
	c->refusal.text[0] = '\0';
	c->request = request;
	const CURLcode code = curl_easy_perform(c->curl);
	c->request = NULL;
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, NULL);
	return code;
}

static bool is_success(long status)
{
	return status >= 200 && status <= 299;
}

static long result_of(const struct client *c, const struct client_request *request,
		      CURLcode code, struct error *err)
{
	const long status = status_of(c);

	if (code == CURLE_OK || (code == CURLE_OPERATION_TIMEDOUT && request->lasting &&
				 is_success(status)))
		return status;
	if (code == CURLE_WRITE_ERROR && c->refusal.text[0])
		return fail(err, "%s", c->refusal.text);
	if (code == CURLE_SSL_CACERT_BADFILE)
		return fail(err, "no CA can be read from %s; %s names another file",
			    c->access->ca_file, c->access->ca_flag);
	return fail(err, "%s", c->trouble[0] ? c->trouble : curl_easy_strerror(code));
}

long client_ask(struct client *c, const struct client_request *request,
		struct error *err)
{
	struct curl_slist *headers = NULL;
	char *url = url_of(c, request->path, err);
	long status = -1;

	if (url && headers_of(c, request, &headers, err) == 0)
		status = result_of(c, request, transfer(c, request, url, headers), err);
	curl_slist_free_all(headers);
	free(url);
	return status;
}

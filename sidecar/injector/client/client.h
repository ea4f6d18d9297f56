/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - a client of one HTTP server, one request at a time, with libcurl.
 *
 * It verifies the server against one CA file, sends a bearer token from a file, and
 * never uses a proxy. Each request reads the token again, because the kubelet replaces
 * it about once an hour. One thread uses a client.
 */
#ifndef DORMOUSE_INJECTOR_CLIENT_CLIENT_H
#define DORMOUSE_INJECTOR_CLIENT_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* Where the server is, and the files for authentication and verification. */
struct client_access {
	char server[300];     /* "https://HOST:PORT", without a slash at the end */
	char token_file[256]; /* "": no token */
	char ca_file[256];    /* not used for http:// */
	const char *ca_flag;  /* the flag that names another CA file, for an error */
	bool plain;           /* http:// is allowed as well */
};

struct client;

/* When `*stop` becomes true, the current request ends soon; NULL: never. `access` and
 * `stop` must outlive the client. Returns NULL on failure. */
struct client *client_open(const struct client_access *access, const atomic_bool *stop,
			   struct error *err);
void client_close(struct client *c);

/* Takes a part of the answer's body. `status` is the answer's HTTP status. A negative
 * result ends the request with the error that the function set. */
typedef int client_taker(void *context, long status, const char *data, size_t length,
			 struct error *err);

struct client_request {
	const char *method; /* "GET" */
	const char *path;   /* "/version?x=y" */
	const char *accept; /* media type of the answer; NULL: application/json */
	const char *type;   /* media type of the body; NULL: no body */
	const char *body;
	long timeout_ms; /* of the whole request */
	bool lasting;    /* an answer that goes on until the timeout is no failure */
	client_taker *take;
	void *context;
};

/* Sends the request and passes the answer's body to `take` as it arrives. Returns the
 * HTTP status. Returns -1 if there was no answer, or not all of it. */
long client_ask(struct client *c, const struct client_request *request,
		struct error *err);

/* Appends the text for a part of a path: each byte that is reserved as %HH
 * (RFC 3986). */
void client_put_escaped(struct text *t, const char *text);

#endif

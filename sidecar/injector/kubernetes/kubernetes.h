/* SPDX-License-Identifier: Apache-2.0 */
/* kubernetes.h - a client of the API server, one request at a time.
 *
 * It uses HTTPS only. Every request except a watch ends within 5 seconds. One thread
 * uses a client.
 */
#ifndef DORMOUSE_INJECTOR_KUBERNETES_KUBERNETES_H
#define DORMOUSE_INJECTOR_KUBERNETES_KUBERNETES_H

#include <cJSON.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"
#include "cluster_facts.h"
#include "injector/client/client.h"
#include "injector/config/injector_options.h"

#define KUBERNETES_ANSWER_MAX (1 << 20) /* bytes of an answer, or of a watch's line */

/* Takes the values from the options. Without an option it takes the pod's environment
 * and service account. Returns -1 if there is no address. */
int kubernetes_find(const struct injector_options *options,
		    struct client_access *access, struct error *err);

struct kubernetes;

/* When `*stop` becomes true, the current request ends soon. `facts` counts requests.
 * `access`, `stop` and `facts` must outlive the client. */
struct kubernetes *kubernetes_open(const struct client_access *access,
				   const atomic_bool *stop, struct cluster_facts *facts,
				   struct error *err);
void kubernetes_close(struct kubernetes *k);

struct kubernetes_request {
	const char *method; /* "GET", "PUT", "PATCH" */
	const char *path;   /* "/version" */
	const char *accept; /* media type of the answer; NULL: application/json */
	const char *type;   /* media type of the body; NULL: no body */
	const char *body;
	size_t answer_max; /* bytes of the answer; 0: KUBERNETES_ANSWER_MAX */
};

/* Whether another client changed the object first: the caller reads it again. */
bool kubernetes_conflict(const struct kubernetes_request *request, long status);

/* Sends a request. Returns 0 for status 2xx; the caller then deletes `*answer`. Returns
 * -1 otherwise; the error has the API server's own message. `*status` is the HTTP
 * status, 0 if there was no answer. */
int kubernetes_ask(struct kubernetes *k, const struct kubernetes_request *request,
		   long *status, cJSON **answer, struct error *err);

/* Handles one line of an answer. The watch deletes the tree afterwards. A result below
 * 0 ends the watch with the error that the function set. */
typedef int kubernetes_line(void *context, const cJSON *line, struct error *err);

/* Sends a request and passes each line of the answer to `line` when it arrives, for at
 * most `seconds`. Returns 0 if the status is 2xx and the answer or the time ended.
 * Otherwise as kubernetes_ask(). */
struct kubernetes_watch {
	struct kubernetes_request request;
	long seconds;
	kubernetes_line *line;
	void *context;
};
int kubernetes_watch(struct kubernetes *k, const struct kubernetes_watch *watch,
		     long *status, struct error *err);

#endif

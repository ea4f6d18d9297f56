/* SPDX-License-Identifier: Apache-2.0 */
/* kubernetes.h - requests to the API server, one after the other, by libcurl.
 *
 * HTTPS only, verified against the one CA file, never through a proxy. Every request
 * but a watch ends within 5 seconds. For one thread.
 */
#ifndef DORMOUSE_INJECTOR_KUBERNETES_KUBERNETES_H
#define DORMOUSE_INJECTOR_KUBERNETES_KUBERNETES_H

#include <cJSON.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"
#include "cluster_facts.h"
#include "injector/config/injector_options.h"

#define KUBERNETES_ANSWER_MAX (1 << 20) /* bytes of an answer */

/* Where the API server is, and how to be let in. */
struct kubernetes_access {
	char server[300]; /* "https://HOST:PORT" */
	char token_file[256];
	char ca_file[256];
};

/* From the options, or as a pod finds them. */
int kubernetes_find(const struct injector_options *options,
		    struct kubernetes_access *access, struct error *err);

struct kubernetes;

/* A request under way ends soon after `*stop` became true. Requests are counted in
 * `facts`. All three outlive what is returned. */
struct kubernetes *kubernetes_open(const struct kubernetes_access *access,
				   const atomic_bool *stop, struct cluster_facts *facts,
				   struct error *err);
void kubernetes_close(struct kubernetes *k);

struct kubernetes_request {
	const char *method; /* "GET", "PUT", "PATCH" */
	const char *path;   /* "/version" */
	const char *accept; /* the kind of answer; NULL: application/json */
	const char *type;   /* of the body; NULL: none */
	const char *body;
};

/* Whether somebody else was first: the object is to be read again. */
bool kubernetes_conflict(const struct kubernetes_request *request, long status);

/* Asks. 0: status 2xx, and what was answered as a tree that the caller deletes. Else
 * -1; the error has the API server's own message. `*status` is HTTP's, 0 when nothing
 * was answered. */
int kubernetes_ask(struct kubernetes *k, const struct kubernetes_request *request,
		   long *status, cJSON **answer, struct error *err);

/* Takes a line of an answer, as a tree that is deleted afterwards. Less than 0 ends the
 * watch, with the error that it set. */
typedef int kubernetes_line(void *context, const cJSON *line, struct error *err);

/* Asks, and hands over each line of the answer as it comes, for at most so many
 * seconds. 0: the answer, of status 2xx, came to its end, or the seconds were over.
 * Else as kubernetes_ask(). */
struct kubernetes_watch {
	struct kubernetes_request request;
	long seconds;
	kubernetes_line *line;
	void *context;
};
int kubernetes_watch(struct kubernetes *k, const struct kubernetes_watch *watch,
		     long *status, struct error *err);

#endif

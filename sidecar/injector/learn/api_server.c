/* SPDX-License-Identifier: Apache-2.0 */
/* api_server.c - what learning reads of the API server. */
#include "api_server.h"

#include <stdio.h>

#include "injector/review/owner.h"

#define NOT_FOUND 404

struct kubernetes *api_server_open(const struct injector_options *options,
				   struct error *err)
{
	/* The client borrows them, and all clients of a command are given the same. */
	static struct client_access access;
	static struct cluster_facts facts;
	static const atomic_bool never;

	if (kubernetes_find(options, &access, err) < 0)
		return NULL;
	return kubernetes_open(&access, &never, &facts, err);
}

int api_server_baselines(struct kubernetes *k, const char *namespace, cJSON **object,
			 struct error *err)
{
	char path[512];
	const struct kubernetes_request request = {
	    .method = "GET", .path = path, .answer_max = API_SERVER_BASELINES_MAX};
	long status;

	snprintf(path, sizeof(path), "/api/v1/namespaces/%s/configmaps/%s", namespace,
		 BASELINES_CONFIG_MAP);
	*object = NULL;
	if (kubernetes_ask(k, &request, &status, object, err) == 0)
		return 0;
	return status == NOT_FOUND ? 0 : -1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* api_server.h - what learning reads of the API server. */
#ifndef DORMOUSE_INJECTOR_LEARN_API_SERVER_H
#define DORMOUSE_INJECTOR_LEARN_API_SERVER_H

#include <cJSON.h>

#include "injector/kubernetes/kubernetes.h"

/* Bytes of an answer with a ConfigMap: 1 MiB of it, with the escapes of JSON and who
 * manages each key. */
#define API_SERVER_BASELINES_MAX (4u << 20)

/* A client for a command that asks a few things and ends: nothing stops a request
 * early. Returns NULL without an address or memory. Close it by kubernetes_close(). */
struct kubernetes *api_server_open(const struct injector_options *options,
				   struct error *err);

/* Reads a namespace's ConfigMap of baselines. Returns 0, and *object is NULL if there
 * is none; else the caller deletes it. Returns -1 on failure. */
int api_server_baselines(struct kubernetes *k, const char *namespace, cJSON **object,
			 struct error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* reflector.c - lists each kind of object, then watches it.
 *
 * https://kubernetes.io/docs/reference/using-api/api-concepts/ describes both. Each
 * kind has its own thread and connection. They are idle most of the time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "injector/json/json.h"
#include "kubernetes.h"
#include "outage.h"
#include "reflector.h"
#include "worker.h"

#define PAGE          50    /* objects in one page of a list */
#define WATCH_S       240.0 /* the API server ends a watch; a new one continues it */
#define WATCH_GRACE_S 30    /* after that we end it ourselves */
#define FIRST_RETRY_S 1.0
#define LAST_RETRY_S  60.0
/* A watch that ends sooner, without an event, has failed. The retry pause then prevents
 * a busy loop. */
#define SHORT_S       1.0
#define TELL_EVERY_S  10.0
#define VERSION_SIZE  64
#define CONTINUE_SIZE 1024

static const struct {
	const char *resource, *list, *watch; /* list, watch: accepted media types */
} kinds[NAMESPACES_KINDS] = {
    /* Of a namespace only the metadata is needed, for its annotations. */
    [KIND_NAMESPACE] =
	{"namespaces",
	 "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
	 "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"},
    [KIND_LIMIT_RANGE] = {"limitranges", NULL, NULL},
    [KIND_RESOURCE_QUOTA] = {"resourcequotas", NULL, NULL},
};

struct reflector {
	struct reflectors *all;
	enum namespaces_kind kind;
	struct kubernetes *api;
	struct worker worker;
	struct outage outage;
	double told_at;             /* time of the last log line of put() */
	char version[VERSION_SIZE]; /* resourceVersion of the last known change */
	bool tried;
	bool heard; /* an event arrived in this watch */
};

struct reflectors {
	struct client_access access;
	struct namespaces *namespaces;
	struct cluster_facts *facts;
	struct reflector of[NAMESPACES_KINDS];
};

const char *reflector_resource(enum namespaces_kind kind)
{
	return kinds[kind].resource;
}

/* --- objects -------------------------------------------------------------------------
 */

/* Stores an object. On failure it logs at most one line each TELL_EVERY_S seconds, and
 * the other objects are still stored. */
static void put(struct reflector *r, const cJSON *object)
{
	const double now = clock_monotonic();
	struct error err;

	if (namespaces_put(r->all->namespaces, r->kind, object, &err) == 0 ||
	    (r->told_at > 0 && now - r->told_at < TELL_EVERY_S))
		return;
	log_event(LOG_LEVEL_WARNING, "namespace-ignored", "%s: %s",
		  kinds[r->kind].resource, err.text);
	r->told_at = now;
}

static void take_version(struct reflector *r, const cJSON *object)
{
	const char *version =
	    json_text(json_member(object, "metadata"), "resourceVersion");

	if (version && strlen(version) < sizeof(r->version))
		snprintf(r->version, sizeof(r->version), "%s", version);
}

/* --- the list ------------------------------------------------------------------------
 */

/* Writes the escaped token. */
static int encode(const char *token, char *encoded, size_t size, struct error *err)
{
	struct text t = text_over(encoded, size);

	client_put_escaped(&t, token);
	return t.overflowed ? fail(err, "a list's continue is over %zu bytes", size)
			    : 0;
}

/* Reads one page. `next` has the page's continue token before and the next page's
 * after; "" for the first page and after the last one. */
static int list_page(struct reflector *r, char next[CONTINUE_SIZE], long *status,
		     struct error *err)
{
	char path[CONTINUE_SIZE + 96];
	const struct kubernetes_request request = {
	    .method = "GET", .path = path, .accept = kinds[r->kind].list};
	const cJSON *object;
	cJSON *page;

	snprintf(path, sizeof(path), "/api/v1/%s?limit=%d%s%s", kinds[r->kind].resource,
		 PAGE, next[0] ? "&continue=" : "", next);
	if (kubernetes_ask(r->api, &request, status, &page, err) < 0)
		return -1;
	cJSON_ArrayForEach(object, json_member(page, "items"))
	{
		put(r, object);
	}
	take_version(r, page);
	const char *more = json_text(json_member(page, "metadata"), "continue");
	const int result = encode(more ? more : "", next, CONTINUE_SIZE, err);
	cJSON_Delete(page);
	return result;
}

static int list(struct reflector *r, long *status, struct error *err)
{
	char next[CONTINUE_SIZE] = "";

	namespaces_begin(r->all->namespaces, r->kind);
	do {
		if (list_page(r, next, status, err) < 0)
			return -1;
	} while (next[0] && !atomic_load(&r->worker.stop));
	namespaces_end(r->all->namespaces, r->kind);
	return 0;
}

/* --- the watch -----------------------------------------------------------------------
 */

static int take_event(void *r_, const cJSON *event, struct error *err)
{
	struct reflector *r = r_;
	const char *type = json_text(event, "type");
	const cJSON *object = json_member(event, "object");
	const char *message = json_text(object, "message");

	r->heard = true;
	if (!type || strcmp(type, "ERROR") == 0)
		return fail(err, "%s", message ? message : "an event without a type");
	if (strcmp(type, "DELETED") == 0)
		namespaces_remove(r->all->namespaces, r->kind, object);
	else if (strcmp(type, "BOOKMARK") != 0)
		put(r, object);
	take_version(r, object);
	return 0;
}

/* Returns 0 if the watch ended normally. The next watch continues from r->version. */
static int watch(struct reflector *r, long *status, struct error *err)
{
	char path[192];
	const long seconds = (long)worker_jittered(WATCH_S);
	const struct kubernetes_watch watch = {
	    .request = {.method = "GET", .path = path, .accept = kinds[r->kind].watch},
	    .seconds = seconds + WATCH_GRACE_S,
	    .line = take_event,
	    .context = r,
	};
	const double begin = clock_monotonic();

	r->heard = false;
	snprintf(path, sizeof(path),
		 "/api/v1/%s?watch=1&allowWatchBookmarks=true&timeoutSeconds=%ld"
		 "&resourceVersion=%s",
		 kinds[r->kind].resource, seconds, r->version);
	if (kubernetes_watch(r->api, &watch, status, err) < 0)
		return -1;
	if (!r->heard && clock_monotonic() - begin < SHORT_S)
		return fail(err, "GET /api/v1/%s: the watch ended at once",
			    kinds[r->kind].resource);
	return 0;
}

/* --- the thread ----------------------------------------------------------------------
 */

static void tried(struct reflector *r)
{
	if (!r->tried)
		atomic_fetch_sub(&r->all->facts->watches_untried, 1);
	r->tried = true;
}

/* Lists the objects, then watches them until a watch fails. */
static int follow(struct reflector *r, long *status, struct error *err)
{
	int result = list(r, status, err);

	tried(r);
	if (result < 0)
		return -1;
	outage_ends(&r->outage, "namespaces-known");
	atomic_store(&r->all->facts->watched[r->kind], true);
	while (result == 0 && !atomic_load(&r->worker.stop))
		result = watch(r, status, err);
	return result;
}

static void *reflector_main(void *r_)
{
	struct reflector *r = r_;
	double retry_s = FIRST_RETRY_S;

	while (!atomic_load(&r->worker.stop)) {
		const double begin = clock_monotonic();
		struct error err;
		long status = -1;

		if (follow(r, &status, &err) < 0 && !atomic_load(&r->worker.stop)) {
			/* 410: the API server no longer has this resourceVersion. That
			 * is normal, and a new list follows. */
			if (status != 410 && status != 200)
				outage_begins(&r->outage, "namespaces-unknown", status,
					      &err);
			atomic_store(&r->all->facts->watched[r->kind], false);
			atomic_fetch_add(&r->all->facts->watch_failures, 1);
		}
		if (clock_monotonic() - begin > LAST_RETRY_S)
			retry_s = FIRST_RETRY_S;
		worker_sleep_until(&r->worker,
				   clock_monotonic() + worker_jittered(retry_s));
		retry_s = 2 * retry_s < LAST_RETRY_S ? 2 * retry_s : LAST_RETRY_S;
	}
	return NULL;
}

/* --- start and stop ------------------------------------------------------------------
 */

static int start(struct reflectors *all, enum namespaces_kind kind, struct error *err)
{
	struct reflector *r = &all->of[kind];

	r->all = all;
	r->kind = kind;
	r->api = kubernetes_open(&all->access, &r->worker.stop, all->facts, err);
	if (!r->api)
		return -1;
	atomic_fetch_add(&all->facts->watches_untried, 1);
	if (worker_start(&r->worker, "a reflector's thread", reflector_main, r, err) ==
	    0)
		return 0;
	atomic_fetch_sub(&all->facts->watches_untried, 1);
	return -1;
}

struct reflectors *reflectors_start(const struct injector_options *options,
				    struct namespaces *namespaces,
				    struct cluster_facts *facts)
{
	struct reflectors *all = calloc(1, sizeof(*all));
	struct error err = {"out of memory for the reflectors"};
	int result = -1;

	if (all) {
		all->namespaces = namespaces;
		all->facts = facts;
		result = kubernetes_find(options, &all->access, &err);
	}
	for (int kind = 0; kind < NAMESPACES_KINDS && result == 0; kind++)
		result = start(all, kind, &err);
	if (result == 0)
		return all;
	log_event(LOG_LEVEL_WARNING, "namespaces-unknown",
		  "%s; LimitRanges and quotas are ignored", err.text);
	reflectors_stop(all);
	return NULL;
}

void reflectors_stop(struct reflectors *all)
{
	if (!all)
		return;
	/* Tell all threads first: each may take a second to notice. */
	for (int kind = 0; kind < NAMESPACES_KINDS; kind++)
		worker_tell(&all->of[kind].worker);
	for (int kind = 0; kind < NAMESPACES_KINDS; kind++) {
		worker_join(&all->of[kind].worker);
		kubernetes_close(all->of[kind].api);
	}
	free(all);
}

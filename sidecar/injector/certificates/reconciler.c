/* SPDX-License-Identifier: Apache-2.0 */
/* reconciler.c - the reconciler's thread: when it checks what, and what it logs. */
#include "reconciler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "ca.h"
#include "injector/json/json.h"
#include "injector/kubernetes/kubernetes.h"
#include "injector/kubernetes/outage.h"
#include "injector/kubernetes/worker.h"
#include "injector/tls/tls_files.h"

#define NATIVE_SINCE    29 /* since 1.29 native sidecars are on by default */
#define VERSION_EVERY_S 3600.0
#define FILES_EVERY_S   10.0
#define FIRST_RETRY_S   1.0

/* The tasks that send requests to the API server, in this order. */
enum task { TASK_VERSION, TASK_SECRET, TASK_PUBLISH, TASKS };

struct reconciler {
	const struct injector_options *options;
	struct tls_store *store;
	struct cluster_facts *facts;
	struct client_access access;
	struct kubernetes *api; /* NULL: no requests */
	struct ca ca;
	struct tls_files files;
	bool own_ca; /* false: certificates come from files */
	double interval_s;
	double retry_s;
	double version_at; /* next version request, on the monotonic clock */
	struct outage unreachable, failing[TASKS];

	struct worker worker;
};

/* --- tasks --------------------------------------------------------------------------
 */

/* Reads "29", and also "29+", which some providers send. */
static long version_part(const cJSON *version, const char *name)
{
	const char *text = json_text(version, name);

	return text ? strtol(text, NULL, 10) : 0;
}

static int ask_version(struct reconciler *k, long *status, struct error *err)
{
	const struct kubernetes_request request = {.method = "GET", .path = "/version"};
	cJSON *version;

	if (k->options->native != NATIVE_AUTO || clock_monotonic() < k->version_at)
		return 0;
	if (kubernetes_ask(k->api, &request, status, &version, err) < 0)
		return -1;
	const long major = version_part(version, "major");
	const long minor = version_part(version, "minor");
	cJSON_Delete(version);
	if (major < 1 || major > 1000 || minor < 0 || minor > 1000)
		return fail(err, "the answer to /version has no valid version");
	const bool native = major > 1 || minor >= NATIVE_SINCE;
	if (atomic_exchange(&k->facts->minor, (int)minor) != (int)minor)
		log_event(LOG_LEVEL_INFO, "api-server-version",
			  "Kubernetes %ld.%ld: using %s", major, minor,
			  native ? "native sidecars (restartable init containers)"
				 : "plain containers");
	atomic_store(&k->facts->native, native);
	k->version_at = clock_monotonic() + VERSION_EVERY_S;
	return 0;
}

static int keep_secret(struct reconciler *k, long *status, struct error *err)
{
	return k->own_ca ? ca_keep_secret(&k->ca, status, err) : 0;
}

static int publish(struct reconciler *k, long *status, struct error *err)
{
	return k->own_ca ? ca_publish(&k->ca, status, err) : 0;
}

static const struct {
	int (*run)(struct reconciler *k, long *status, struct error *err);
	const char *failed, *over; /* events */
} tasks[TASKS] = {
    [TASK_VERSION] = {ask_version, "version-unknown", "version-known"},
    [TASK_SECRET] = {keep_secret, "secret-failed", "secret-kept"},
    [TASK_PUBLISH] = {publish, "ca-not-published", "ca-in-place"},
};

/* --- rounds -------------------------------------------------------------------------
 */

/* Runs the tasks. Returns true if all succeeded. If the API server does not answer, the
 * other tasks wait for the next round. */
static bool run_tasks(struct reconciler *k)
{
	bool well = true;

	for (enum task t = 0; t < TASKS && !atomic_load(&k->worker.stop); t++) {
		struct error err;
		long status = -1; /* no request was sent */
		const int result = tasks[t].run(k, &status, &err);

		if (atomic_load(&k->worker.stop))
			return false;
		if (status > 0)
			outage_ends(&k->unreachable, "api-reachable");
		if (result == 0) {
			outage_ends(&k->failing[t], tasks[t].over);
		} else if (status == 0) {
			outage_begins(&k->unreachable, "api-unreachable", status, &err);
			return false;
		} else {
			outage_begins(&k->failing[t], tasks[t].failed, status, &err);
			well = false;
		}
	}
	return well;
}

static void look_at_files(struct reconciler *k)
{
	struct error err;
	const int result = tls_files_look(&k->files, k->store, &err);

	if (result < 0)
		log_event(LOG_LEVEL_WARNING, "certificate-unreadable", "%s%s", err.text,
			  tls_store_ready(k->store) ? "; the old one stays in use"
						    : "");
	else if (result > 0)
		log_event(LOG_LEVEL_INFO, "certificate-in-use",
			  "the certificate in %s is served", k->files.certificate);
}

/* --- the thread ---------------------------------------------------------------------
 */

/* Returns the check interval, or less if the served certificate expires soon. It may be
 * an old one with a shorter lifetime than configured now. */
static double interval_now(const struct reconciler *k)
{
	const double left_s = tls_store_expiry(k->store) - clock_wall();
	double soon_s = left_s / 20;

	if (!k->own_ca || left_s <= 0)
		return k->interval_s;
	if (soon_s < FIRST_RETRY_S)
		soon_s = FIRST_RETRY_S;
	return soon_s < k->interval_s ? soon_s : k->interval_s;
}

/* Seconds from the end of a round to the next round. */
static double pause_after(struct reconciler *k, bool well)
{
	const double interval_s = interval_now(k);
	double retry_s = k->retry_s;

	if (well || retry_s > interval_s)
		retry_s = interval_s;
	k->retry_s = well ? FIRST_RETRY_S : 2 * retry_s;
	return worker_jittered(retry_s);
}

static void *reconciler_main(void *k_)
{
	struct reconciler *k = k_;
	double tasks_at = 0, files_at = 0;

	while (!atomic_load(&k->worker.stop)) {
		double next = clock_monotonic() + VERSION_EVERY_S;

		if (!k->own_ca && clock_monotonic() >= files_at) {
			look_at_files(k);
			files_at = clock_monotonic() + (k->interval_s < FILES_EVERY_S
							    ? k->interval_s
							    : FILES_EVERY_S);
		}
		if (k->api && clock_monotonic() >= tasks_at) {
			const bool well = run_tasks(k);
			tasks_at = clock_monotonic() + pause_after(k, well);
		}
		if (!k->own_ca && files_at < next)
			next = files_at;
		if (k->api && tasks_at < next)
			next = tasks_at;
		worker_sleep_until(&k->worker, next);
	}
	return NULL;
}

/* --- start and stop -----------------------------------------------------------------
 */

static void set_out(struct reconciler *k)
{
	const struct injector_options *o = k->options;
	struct ca *a = &k->ca;

	k->own_ca = !o->tls_cert_file[0];
	k->interval_s = o->check_interval_s;
	k->retry_s = FIRST_RETRY_S;
	k->files.certificate = o->tls_cert_file;
	k->files.key = o->tls_key_file;
	a->options = o;
	a->store = k->store;
	a->facts = k->facts;
	a->rotation.names.service = o->service;
	a->rotation.names.namespace = o->namespace;
	a->rotation.certificate_lifetime_s = (int64_t)o->certificate_lifetime_s;
	a->rotation.ca_lifetime_s = (int64_t)o->ca_lifetime_s;
	if (k->own_ca)
		k->interval_s = rotation_interval_s(&a->rotation, k->interval_s);
	a->rotation.overlap_s = rotation_overlap_s(&a->rotation, k->interval_s);
	atomic_store(&k->facts->native, o->native == NATIVE_YES);
	atomic_store(&k->facts->webhook_ready, !k->own_ca);
}

/* Checks a name, because it becomes a part of a URL path. */
static int check_name(const char *flag, const char *name, struct error *err)
{
	const size_t good = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.");

	if (!name[0])
		return fail(err, "--%s is not given", flag);
	if (name[good])
		return fail(err,
			    "invalid value \"%s\" for --%s: expected a Kubernetes name",
			    name, flag);
	return 0;
}

static int check_names(const struct injector_options *o, struct error *err)
{
	if (check_name("namespace", o->namespace, err) < 0 ||
	    check_name("service", o->service, err) < 0 ||
	    check_name("secret", o->secret, err) < 0)
		return -1;
	return check_name("webhook", o->webhook, err);
}

/* Opens the API client. It fails only with our own CA. Without it the API server only
 * provides its version, and the injector starts without that too. */
static int open_api(struct reconciler *k, struct error *err)
{
	if (!k->own_ca && k->options->native != NATIVE_AUTO)
		return 0;
	if (kubernetes_find(k->options, &k->access, err) == 0) {
		k->api = kubernetes_open(&k->access, &k->worker.stop, k->facts, err);
		k->ca.api = k->api;
	}
	if (k->api)
		return 0;
	if (k->own_ca)
		return -1;
	log_event(LOG_LEVEL_WARNING, "version-unknown",
		  "%s; sidecars are plain containers; --native-sidecar=yes makes them "
		  "native",
		  err->text);
	return 0;
}

struct reconciler *reconciler_start(const struct injector_options *options,
				    struct tls_store *store,
				    struct cluster_facts *facts, struct error *err)
{
	struct reconciler *k = calloc(1, sizeof(*k));

	if (!k) {
		fail_errno(err, errno, "the reconciler");
		return NULL;
	}
	k->options = options;
	k->store = store;
	k->facts = facts;
	set_out(k);
	if ((k->own_ca && check_names(options, err) < 0) || open_api(k, err) < 0 ||
	    worker_start(&k->worker, "the reconciler's thread", reconciler_main, k,
			 err) < 0) {
		reconciler_stop(k);
		return NULL;
	}
	return k;
}

void reconciler_stop(struct reconciler *k)
{
	if (!k)
		return;
	worker_tell(&k->worker);
	worker_join(&k->worker);
	kubernetes_close(k->api);
	explicit_bzero(k, sizeof(*k));
	free(k);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_failing_calls.c - the injector's parts while each allocation, descriptor, thread
 * and call of curl in its turn is refused: whatever fails says why and leaves nothing
 * behind. GnuTLS' calls are in test_failing_gnutls.c. */
#include <curl/curl.h>
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "../support/failing_calls.h"
#include "../support/testing.h"
#include "api_server_fixture.h"
#include "injector/certificates/reconciler.h"
#include "injector/kubernetes/kubernetes.h"
#include "injector/kubernetes/reflector.h"
#include "injector/tls/client_ca.h"
#include "injector/tls/tls_files.h"
#include "injector/webhook/webhook.h"

/* --- the calls -----------------------------------------------------------------------
 */
/* Their headers name the parameters otherwise.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
FAILS_IN_TURN(void *, NULL, malloc, (size_t size), (size))
FAILS_IN_TURN(void *, NULL, calloc, (size_t count, size_t size), (count, size))
FAILS_IN_TURN(void *, NULL, realloc, (void *block, size_t size), (block, size))
FAILS_IN_TURN(int, -1, epoll_create1, (int flags), (flags))
FAILS_IN_TURN(int, EAGAIN, pthread_create,
	      (pthread_t * thread, const pthread_attr_t *attributes,
	       void *(*run)(void *), void *context),
	      (thread, attributes, run, context))
FAILS_IN_TURN(CURLcode, CURLE_FAILED_INIT, curl_global_init, (long flags), (flags))
FAILS_IN_TURN(CURL *, NULL, curl_easy_init, (void), ())
FAILS_IN_TURN(struct curl_slist *, NULL, curl_slist_append,
	      (struct curl_slist * list, const char *text), (list, text))
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

/* --- what is tried -------------------------------------------------------------------
 */
static struct injector_options options;
static struct client_access access_;
static struct cluster_facts facts;
static struct tls_store *store;
static struct namespaces *namespaces;
static atomic_bool stop;

static unsigned open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* A sentence for people. */
static void assert_sentence(const struct error *err)
{
	for (const char *p = err->text; *p; p++)
		assert_in_range(*p, ' ', '~');
	assert_true(strlen(err->text) > 10);
	assert_non_null(strchr(err->text, ' '));
}

/* Does its work and takes it back. Returns 0 or -1 with the error. */
typedef int attempt(struct error *err);

/* Tries with each call failing, at least `turns` of them; then with none. */
static void assert_each_failure_is_told(attempt *try, unsigned turns)
{
	const unsigned before = open_descriptors();
	struct error err;
	unsigned failed = 0;

	for (unsigned turn = 1;; turn++) {
		memset(err.text, 0xA5, sizeof(err.text));
		fail_call(turn);
		const int result = try(&err);
		const bool refused = call_failed();
		if (!refused) {
			assert_int_equal(result, 0);
			break;
		}
		if (result < 0)
			assert_sentence(&err);
		failed += result < 0;
		assert_int_equal(open_descriptors(), before);
	}
	assert_true(failed >= turns);
}

static int try_kubernetes(struct error *err)
{
	struct kubernetes *k = kubernetes_open(&access_, &stop, &facts, err);

	kubernetes_close(k);
	return k ? 0 : -1;
}

static int try_store(struct error *err)
{
	struct tls_store *s = tls_store_new(err);

	tls_store_free(s);
	return s ? 0 : -1;
}

static int try_namespaces(struct error *err)
{
	struct namespaces *n = namespaces_new(err);

	namespaces_free(n);
	return n ? 0 : -1;
}

static int try_webhook(struct error *err)
{
	const struct webhook_source source = {.options = &options,
					      .store = store,
					      .facts = &facts,
					      .namespaces = namespaces,
					      .started_at = 1.7e9};
	struct webhook *w = webhook_open(&source, err);

	webhook_close(w);
	return w ? 0 : -1;
}

static int try_reconciler(struct error *err)
{
	struct reconciler *k = reconciler_start(&options, store, &facts, err);

	reconciler_stop(k);
	return k ? 0 : -1;
}

CASE(what_cannot_be_opened_says_why)
{
	/* Of curl: itself, the handle. */
	assert_each_failure_is_told(try_kubernetes, 3);
	assert_each_failure_is_told(try_store, 1);
	assert_each_failure_is_told(try_namespaces, 1);
	assert_each_failure_is_told(try_webhook, 5);
	/* Its client, and the thread. */
	assert_each_failure_is_told(try_reconciler, 5);
}

/* Without reflectors reviews go on; nobody waits for them. */
CASE(reflectors_that_cannot_start_are_done_without)
{
	for (unsigned turn = 1;; turn++) {
		fail_call(turn);
		struct reflectors *all =
		    reflectors_start(&api.options, namespaces, &facts);
		const bool refused = call_failed();
		if (!refused) {
			assert_non_null(all);
			assert_true(turn > 3 * 4);
			reflectors_stop(all);
			break;
		}
		assert_null(all);
	}
}

/* --- requests ------------------------------------------------------------------------
 */
CASE(a_request_without_memory_does_not_blame_the_answer)
{
	const struct kubernetes_request request = {.method = "PUT",
						   .path = SECRET_PATH,
						   .type = "application/json",
						   .body = "{}"};
	struct error err;
	struct kubernetes *k = kubernetes_open(&access_, &stop, &facts, &err);
	unsigned failed = 0;

	assert_non_null(k);
	for (unsigned turn = 1;; turn++) {
		cJSON *answer;
		long status;
		fail_call(turn);
		/* It is no Secret: the API server refuses it with a sentence. */
		assert_int_equal(kubernetes_ask(k, &request, &status, &answer, &err),
				 -1);
		const bool refused = call_failed();
		assert_null(answer);
		assert_sentence(&err);
		assert_null(strstr(err.text, "over"));
		if (!refused) {
			assert_non_null(strstr(err.text, "status 409: it says why"));
			break;
		}
		failed += strstr(err.text, "memory") != NULL;
	}
	/* Four headers, and what was received. */
	assert_true(failed >= 5);
	kubernetes_close(k);
}

/* --- files ---------------------------------------------------------------------------
 */
static int try_client_ca(struct error *err)
{
	struct client_ca clients;

	client_ca_init(&clients, api.options.api_ca_file, "", 1);
	const enum client_ca_look look = client_ca_look(&clients, 100, err);
	client_ca_free(&clients);
	return look == CLIENT_CA_TAKEN ? 0 : -1;
}

static int try_tls_files(struct error *err)
{
	struct tls_files f = {.certificate = options.tls_cert_file,
			      .key = options.tls_key_file};

	return tls_files_look(&f, store, err) == 1 ? 0 : -1;
}

CASE(a_file_that_cannot_be_taken_says_why)
{
	snprintf(options.tls_cert_file, sizeof(options.tls_cert_file), "%s/tls.crt",
		 api.folder);
	snprintf(options.tls_key_file, sizeof(options.tls_key_file), "%s/tls.key",
		 api.folder);
	write_file(options.tls_cert_file, api.own.certificate);
	write_file(options.tls_key_file, api.own.key);
	assert_each_failure_is_told(try_client_ca, 1);
	assert_each_failure_is_told(try_tls_files, 2);
	unlink(options.tls_cert_file);
	unlink(options.tls_key_file);
}

CASE(an_object_without_memory_is_dropped_and_counted)
{
	cJSON *range = cJSON_Parse("{\"metadata\":{\"name\":\"r\",\"namespace\":\"n\"},"
				   "\"spec\":{\"limits\":[{\"type\":\"Pod\",\"max\":"
				   "{\"cpu\":\"1\"}}]}}");
	struct error err;

	for (unsigned turn = 1;; turn++) {
		fail_call(turn);
		const int result =
		    namespaces_put(namespaces, KIND_LIMIT_RANGE, range, &err);
		const bool refused = call_failed();
		assert_int_equal(result, refused ? -1 : 0);
		if (!refused)
			break;
		assert_non_null(strstr(err.text, "n/r: no room"));
		assert_int_equal(namespaces_figures(namespaces).dropped, turn);
	}
	assert_int_equal(namespaces_figures(namespaces).dropped, 2);
	assert_int_equal(namespaces_figures(namespaces).objects, 1);
	cJSON_Delete(range);
}

static int set_up(void **state)
{
	char program[] = "serve", listen[] = "--listen=127.0.0.1:0",
	     metrics[] = "--metrics-listen=127.0.0.1:0", namespace[] = "--namespace=ns";
	char *argv[] = {program, listen, metrics, namespace, NULL};
	struct error err;

	if (api_up(state) < 0 ||
	    injector_options_parse(&options, INJECTOR_SERVE, 4, argv, NULL, &err) < 0)
		return -1;
	memcpy(options.api_server, api.options.api_server, sizeof(options.api_server));
	memcpy(options.api_ca_file, api.options.api_ca_file,
	       sizeof(options.api_ca_file));
	memcpy(options.api_token_file, api.options.api_token_file,
	       sizeof(options.api_token_file));
	store = tls_store_new(&err);
	namespaces = namespaces_new(&err);
	return kubernetes_find(&options, &access_, &err);
}

static int tear_down(void **state)
{
	tls_store_free(store);
	namespaces_free(namespaces);
	return api_down(state);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(what_cannot_be_opened_says_why),
	    TEST(reflectors_that_cannot_start_are_done_without),
	    TEST(a_request_without_memory_does_not_blame_the_answer),
	    TEST(a_file_that_cannot_be_taken_says_why),
	    TEST(an_object_without_memory_is_dropped_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

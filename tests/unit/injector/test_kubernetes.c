/* SPDX-License-Identifier: Apache-2.0 */
/* test_kubernetes.c - the API server is asked, and its troubles are understood.
 */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "injector/certificates/webhook_config.h"
#include "injector/kubernetes/kubernetes.h"

#include "api_server_fixture.h"

#include "base/clock.h"

static struct client_access access_;
static atomic_bool stop;
static struct cluster_facts facts;

static struct kubernetes *client(void)
{
	struct error err;

	assert_int_equal(kubernetes_find(&api.options, &access_, &err), 0);
	atomic_store(&stop, false);
	memset(&facts, 0, sizeof(facts));
	struct kubernetes *k = kubernetes_open(&access_, &stop, &facts, &err);
	assert_non_null(k);
	return k;
}

static int get(struct kubernetes *k, const char *path, long *status, cJSON **answer,
	       struct error *err)
{
	const struct kubernetes_request request = {.method = "GET", .path = path};

	return kubernetes_ask(k, &request, status, answer, err);
}

/* Asks once and says what the error contains. */
static void get_fails(const char *path, long status, const char *says)
{
	struct kubernetes *k = client();
	struct error err;
	cJSON *answer;
	long got;

	assert_int_equal(get(k, path, &got, &answer, &err), -1);
	assert_null(answer);
	assert_int_equal(got, status);
	if (!strstr(err.text, says))
		fail_msg("\"%s\" is not in \"%s\"", says, err.text);
	assert_int_equal(atomic_load(&facts.requests), 1);
	assert_int_equal(atomic_load(&facts.request_failures), 1);
	kubernetes_close(k);
}

/* --- answers
 * --------------------------------------------------------------------------
 */

CASE(an_answer_is_a_tree)
{
	struct kubernetes *k = client();
	struct error err;
	cJSON *answer;
	long status;

	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(get(k, "/version", &status, &answer, &err), 0);
		assert_int_equal(status, 200);
		assert_string_equal(json_text(answer, "minor"), "31+");
		cJSON_Delete(answer);
	}
	assert_int_equal(atomic_load(&facts.requests), 3);
	assert_int_equal(atomic_load(&facts.request_failures), 0);
	kubernetes_close(k);
}

CASE(an_error_has_the_servers_own_words)
{
	get_fails("/nothing", 404, "GET /nothing: status 404: it says why");
}

CASE(a_strange_answer_is_an_error)
{
	snprintf(api.version, sizeof(api.version), "<html>");
	get_fails("/version", 200, "is not JSON");
}

CASE(an_answer_without_end_is_not_read_to_the_end)
{
	API_SET(api.padding = KUBERNETES_ANSWER_MAX);
	get_fails("/version", 0, "over 1048576 bytes");
}

CASE(a_long_answer_is_read)
{
	struct kubernetes *k = client();
	struct error err;
	cJSON *answer;
	long status;

	API_SET(api.padding = KUBERNETES_ANSWER_MAX - 1000);
	assert_int_equal(get(k, "/version", &status, &answer, &err), 0);
	cJSON_Delete(answer);
	kubernetes_close(k);
}

/* --- watches
 * --------------------------------------------------------------------------
 */

/* What the next watch is answered: a text for `answer_watch`. */
static struct {
	unsigned status, lines;
	size_t blanks; /* before the first line's end */
} watched;

static unsigned answer_watch(struct MHD_Connection *connection, const char *path,
			     char **text)
{
	const size_t size = watched.blanks + 64;

	(void)connection;
	(void)path;
	*text = malloc(size);
	snprintf(*text, size, "%*s%s", (int)watched.blanks, "",
		 watched.lines == 0   ? ""
		 : watched.lines == 1 ? "{}\n"
				      : "{}\n{}\n");
	return watched.status;
}

static int count_line(void *context, const cJSON *line, struct error *err)
{
	unsigned *left = context;

	(void)line;
	if (--*left > 0)
		return 0;
	return fail(err, "enough");
}

/* Watches until the end, or for as many lines. */
static int watch_with(struct kubernetes *k, unsigned lines, long *status,
		      struct error *err)
{
	const struct kubernetes_watch watch = {
	    .request = {.method = "GET", .path = "/watched"},
	    .seconds = 5,
	    .line = count_line,
	    .context = &lines,
	};

	err->text[0] = '\0';
	api.others = answer_watch;
	return kubernetes_watch(k, &watch, status, err);
}

CASE(a_watch_ends_with_its_answer_or_with_the_first_line_that_is_refused)
{
	struct kubernetes *k = client();
	struct error err;
	long status;

	watched.status = 200;
	watched.blanks = 0;
	watched.lines = 2;
	assert_int_equal(watch_with(k, 10, &status, &err), 0);
	assert_int_equal(watch_with(k, 2, &status, &err), -1);
	assert_int_equal(status, 200);
	assert_string_equal(err.text, "GET /watched: enough");
	kubernetes_close(k);
}

CASE(a_watch_that_is_refused_has_the_servers_words_or_its_status)
{
	struct kubernetes *k = client();
	struct error err;
	long status;

	watched.blanks = watched.lines = 0;
	watched.status = 410; /* with an empty body */
	assert_int_equal(watch_with(k, 1, &status, &err), -1);
	assert_int_equal(status, 410);
	assert_string_equal(err.text, "GET /watched: status 410");
	watched.status = 403;
	watched.lines = 1; /* not a line: the error's body */
	assert_int_equal(watch_with(k, 1, &status, &err), -1);
	assert_string_equal(err.text, "GET /watched: status 403");
	assert_int_equal(atomic_load(&facts.request_failures), 2);
	kubernetes_close(k);
}

CASE(a_line_without_end_is_not_read_to_the_end)
{
	struct kubernetes *k = client();
	struct error err;
	long status;

	watched.status = 200;
	watched.lines = 1;
	watched.blanks = KUBERNETES_ANSWER_MAX;
	assert_int_equal(watch_with(k, 10, &status, &err), -1);
	assert_string_equal(err.text, "GET /watched: the answer is over 1048576 bytes");
	watched.blanks = KUBERNETES_ANSWER_MAX / 2;
	assert_int_equal(watch_with(k, 10, &status, &err), 0);
	kubernetes_close(k);
}

CASE(an_empty_answer_is_an_error)
{
	watched.status = 200;
	watched.lines = watched.blanks = 0;
	api.others = answer_watch;
	get_fails("/watched", 200, "the answer is not JSON: it is empty");
}

/* Somebody else was first: 409, and for a JSON Patch 422. */
CASE(only_a_patch_is_in_conflict_by_422)
{
	struct kubernetes_request request = {.method = "PATCH"};

	assert_true(kubernetes_conflict(&request, 409));
	assert_true(kubernetes_conflict(&request, 422));
	request.method = "PUT";
	assert_true(kubernetes_conflict(&request, 409));
	assert_false(kubernetes_conflict(&request, 422));
	assert_false(kubernetes_conflict(&request, 404));
}

/* --- trust
 * ----------------------------------------------------------------------------
 */

CASE(a_server_of_another_ca_is_not_trusted)
{
	const struct validity v = validity_of((int64_t)clock_wall(), 3600);
	char ca[PEM_MAX], key[PEM_MAX];
	struct error err;

	assert_int_equal(certificates_make_ca(&v, ca, key, &err), 0);
	write_file(api.options.api_ca_file, ca);
	get_fails("/version", 0, "ertificate");
	assert_int_equal(api.requests, 0);
}

CASE(a_server_of_another_name_is_not_trusted)
{
	snprintf(api.options.api_server, sizeof(api.options.api_server),
		 "https://127.0.0.1:%u", api_port());
	get_fails("/version", 0, "127.0.0.1");
	assert_int_equal(api.requests, 0);
}

CASE(nothing_is_sent_in_the_clear)
{
	snprintf(api.options.api_server, sizeof(api.options.api_server),
		 "http://localhost:%u", api_port());
	get_fails("/version", 0, "rotocol");
}

CASE(a_ca_file_that_is_not_there_is_named)
{
	snprintf(api.options.api_ca_file, sizeof(api.options.api_ca_file),
		 "/nonexistent/ca.crt");
	get_fails("/version", 0, "/nonexistent/ca.crt");
}

/* --- tokens
 * ---------------------------------------------------------------------------
 */

CASE(the_token_is_read_for_each_request)
{
	struct kubernetes *k = client();
	struct error err;
	cJSON *answer;
	long status;

	assert_int_equal(get(k, SECRET_PATH, &status, &answer, &err), 0);
	cJSON_Delete(answer);
	API_SET(snprintf(api.token, sizeof(api.token), "another"));
	assert_int_equal(get(k, SECRET_PATH, &status, &answer, &err), -1);
	assert_int_equal(status, 401);
	write_file(api.options.api_token_file, "another");
	assert_int_equal(get(k, SECRET_PATH, &status, &answer, &err), 0);
	cJSON_Delete(answer);
	kubernetes_close(k);
}

CASE(what_is_no_token_is_not_sent)
{
	write_file(api.options.api_token_file, "");
	get_fails("/version", 0, "holds no token");
	write_file(api.options.api_token_file, "\n");
	get_fails("/version", 0, "holds no token");
	char *long_one = malloc(20000);
	memset(long_one, 'a', 19999);
	long_one[19999] = '\0';
	write_file(api.options.api_token_file, long_one);
	free(long_one);
	get_fails("/version", 0, "is over 16362 bytes");
	write_file(api.options.api_token_file, "a\r\nX-Header: b");
	get_fails("/version", 0, "holds no token");
	unlink(api.options.api_token_file);
	get_fails("/version", 0, "No such file");
	assert_int_equal(api.requests, 0);
}

/* --- no answer
 * ------------------------------------------------------------------------
 */

CASE(a_server_that_is_not_there_is_told)
{
	MHD_stop_daemon(api.daemon);
	api.daemon = NULL;
	get_fails("/version", 0, "localhost");
}

static void *stop_soon(void *unused)
{
	usleep(200000);
	atomic_store(&stop, true);
	return unused;
}

CASE(a_request_under_way_ends_when_the_reconciler_is_to_stop)
{
	struct kubernetes *k = client();
	struct error err;
	pthread_t thread;
	cJSON *answer;
	long status;

	API_SET(api.stall_s = 4.5);
	const double began = clock_wall();
	assert_int_equal(pthread_create(&thread, NULL, stop_soon, NULL), 0);
	assert_int_equal(get(k, "/version", &status, &answer, &err), -1);
	pthread_join(thread, NULL);
	assert_int_equal(status, 0);
	assert_true(clock_wall() - began < 4);
	kubernetes_close(k);
}

/* --- where it is
 * ----------------------------------------------------------------------
 */

static const char *found(const char *host, const char *port)
{
	const struct injector_options none = {.api_server = ""};
	struct error err;

	setenv("KUBERNETES_SERVICE_HOST", host, 1);
	setenv("KUBERNETES_SERVICE_PORT", port, 1);
	assert_int_equal(kubernetes_find(&none, &access_, &err), 0);
	return access_.server;
}

CASE(a_pod_finds_its_api_server)
{
	const struct injector_options none = {.api_server = ""};
	struct error err;

	assert_string_equal(found("10.96.0.1", "443"), "https://10.96.0.1:443");
	assert_string_equal(found("fd00::1", "6443"), "https://[fd00::1]:6443");
	assert_string_equal(access_.token_file,
			    "/var/run/secrets/kubernetes.io/serviceaccount/token");
	assert_string_equal(access_.ca_file,
			    "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt");
	/* Without a port it is that of HTTPS. */
	assert_string_equal(found("fd00::1", ""), "https://[fd00::1]:443");
	unsetenv("KUBERNETES_SERVICE_PORT");
	assert_int_equal(kubernetes_find(&none, &access_, &err), 0);
	assert_string_equal(access_.server, "https://[fd00::1]:443");
	setenv("KUBERNETES_SERVICE_HOST", "", 1);
	assert_int_equal(kubernetes_find(&none, &access_, &err), -1);
	unsetenv("KUBERNETES_SERVICE_HOST");
	assert_int_equal(kubernetes_find(&none, &access_, &err), -1);
	assert_non_null(strstr(err.text, "--api-server"));
}

CASE(a_slash_at_the_end_of_the_address_is_none_of_the_path)
{
	const struct injector_options with = {.api_server = "https://10.0.0.1:6443/"};
	struct error err;

	assert_int_equal(kubernetes_find(&with, &access_, &err), 0);
	assert_string_equal(access_.server, "https://10.0.0.1:6443");
}

/* --- patches of the webhook configuration
 * ---------------------------------------------
 */

CASE(only_webhooks_without_the_ca_are_patched)
{
	char bytes[4096];
	struct text patch = text_over(bytes, sizeof(bytes));
	struct error err;

	/* "\n" is what the second webhook has. */
	assert_int_equal(webhook_config_patch(api.config, "\n", &patch, &err), 1);
	assert_string_equal(
	    bytes, "[{\"op\":\"test\",\"path\":\"/webhooks/0/name\",\"value\":"
		   "\"namespaces.x\"},{\"op\":\"add\",\"path\":"
		   "\"/webhooks/0/clientConfig/caBundle\",\"value\":\"Cg==\"}]");
	cJSON *operations = cJSON_Parse(bytes);
	assert_int_equal(patch_config(operations), 200);
	cJSON_Delete(operations);
	patch = text_over(bytes, sizeof(bytes));
	assert_int_equal(webhook_config_patch(api.config, "\n", &patch, &err), 0);
	assert_string_equal(bytes, "");
}

CASE(a_configuration_of_many_webhooks_is_refused)
{
	char bytes[4096];
	struct text patch = text_over(bytes, sizeof(bytes));
	cJSON *webhooks = json_member(api.config, "webhooks");
	struct error err;

	while (cJSON_GetArraySize(webhooks) <= WEBHOOKS_MAX)
		cJSON_AddItemToArray(webhooks, cJSON_CreateObject());
	assert_int_equal(webhook_config_patch(api.config, "\n", &patch, &err), -1);
}

int main(void)
{
#define WITH_API(test) cmocka_unit_test_setup_teardown(test, api_up, api_down)
	const struct CMUnitTest tests[] = {
	    WITH_API(an_answer_is_a_tree),
	    WITH_API(an_error_has_the_servers_own_words),
	    WITH_API(a_strange_answer_is_an_error),
	    WITH_API(an_answer_without_end_is_not_read_to_the_end),
	    WITH_API(a_long_answer_is_read),
	    WITH_API(
		a_watch_ends_with_its_answer_or_with_the_first_line_that_is_refused),
	    WITH_API(a_watch_that_is_refused_has_the_servers_words_or_its_status),
	    WITH_API(a_line_without_end_is_not_read_to_the_end),
	    WITH_API(an_empty_answer_is_an_error),
	    cmocka_unit_test(only_a_patch_is_in_conflict_by_422),
	    WITH_API(a_server_of_another_ca_is_not_trusted),
	    WITH_API(a_server_of_another_name_is_not_trusted),
	    WITH_API(nothing_is_sent_in_the_clear),
	    WITH_API(a_ca_file_that_is_not_there_is_named),
	    WITH_API(the_token_is_read_for_each_request),
	    WITH_API(what_is_no_token_is_not_sent),
	    WITH_API(a_server_that_is_not_there_is_told),
	    WITH_API(a_request_under_way_ends_when_the_reconciler_is_to_stop),
	    cmocka_unit_test(a_pod_finds_its_api_server),
	    cmocka_unit_test(a_slash_at_the_end_of_the_address_is_none_of_the_path),
	    WITH_API(only_webhooks_without_the_ca_are_patched),
	    WITH_API(a_configuration_of_many_webhooks_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_metrics.c - what the injector's /metrics says: everything from the start,
 * each review where it belongs. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../support/promtool.h"
#include "../support/testing.h"
#include "config/parse.h"
#include "injector/webhook/injector_metrics.h"

static struct injector_counters counters;
static struct cluster_facts facts;
static struct namespaces *namespaces;
static struct injector_figures figures;
static struct tls_store *store;
static struct client_ca clients;
static struct http_routes no_routes;
static struct http_server *server;
static int epoll_fd;
static char page[64 * 1024];

static int open_all(void **state)
{
	struct listen_address where;
	struct http_settings settings = {.where = &where,
					 .flag = "--listen",
					 .limits = {.max = 8, .host_max = 8},
					 .routes = &no_routes};
	struct error err;

	(void)state;
	memset(&counters, 0, sizeof(counters));
	memset(&facts, 0, sizeof(facts));
	parse_listen("127.0.0.1:0", &where);
	epoll_fd = epoll_create1(0);
	store = tls_store_new(&err);
	namespaces = namespaces_new(&err);
	server = http_server_open(&settings, epoll_fd, &err);
	figures = (struct injector_figures){.counters = &counters,
					    .facts = &facts,
					    .namespaces = namespaces,
					    .store = store,
					    .clients = &clients,
					    .reviews = server,
					    .metrics = server,
					    .config_errors = 3,
					    .confined = true,
					    .started_at = 1.7e9};
	return store && namespaces && server ? 0 : -1;
}

static int close_all(void **state)
{
	(void)state;
	http_server_close(server);
	tls_store_free(store);
	namespaces_free(namespaces);
	close(epoll_fd);
	return 0;
}

static const char *render(bool openmetrics)
{
	struct text t = text_over(page, sizeof(page));

	injector_metrics_render(&figures, openmetrics, &t);
	assert_false(t.overflowed);
	return page;
}

static void assert_line(const char *line)
{
	size_t length = strlen(line);

	for (const char *at = page; (at = strstr(at, line)); at++)
		if ((at == page || at[-1] == '\n') && at[length] == '\n')
			return;
	fail_msg("no line: %s\n%s", line, page);
}

static unsigned series(const char *text)
{
	unsigned count = 0;

	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		count += line[0] != '#';
	return count;
}

#define REVIEWS "dormouse_injector_reviews_total"

CASE(every_outcome_and_reason_is_there_from_the_start)
{
	char line[128];

	render(false);
	assert_line(REVIEWS "{outcome=\"injected\",reason=\"\"} 0");
	assert_line(REVIEWS "{outcome=\"failed\",reason=\"\"} 0");
	for (int i = SKIP_NOTHING + 1; i < SKIP_REASONS; i++) {
		snprintf(line, sizeof(line),
			 REVIEWS "{outcome=\"skipped\",reason=\"%s\"} 0",
			 skip_reason_name(i));
		assert_line(line);
	}
	for (int i = 0; i < REFUSALS; i++) {
		snprintf(line, sizeof(line),
			 REVIEWS "{outcome=\"refused\",reason=\"%s\"} 0",
			 refusal_name(i));
		assert_line(line);
	}
	assert_line("dormouse_injector_review_duration_seconds_bucket{le=\"+Inf\"} 0");
	assert_line("dormouse_injector_certificate_expiry_timestamp_seconds 0");
	assert_line("dormouse_injector_native_sidecar 0");
	assert_line("dormouse_config_errors 3");
	assert_line("dormouse_confined 1");
	assert_line("process_start_time_seconds 1700000000");
}

CASE(reviews_are_counted_where_they_belong)
{
	const struct review_result injected = {.outcome = REVIEW_INJECTED,
					       .warnings = 2},
				   skipped = {.outcome = REVIEW_SKIPPED,
					      .reason = SKIP_WINDOWS},
				   refused = {.outcome = REVIEW_REFUSED, .status = 422},
				   odd = {.outcome = REVIEW_REFUSED, .status = 418},
				   failed = {.outcome = REVIEW_FAILED};
	unsigned before = series(render(false));

	injector_count(&counters, &injected, 0.00005);
	injector_count(&counters, &injected, 0.0004);
	injector_count(&counters, &skipped, 0.0004);
	injector_count(&counters, &refused, 0.3);
	injector_count(&counters, &odd, 5);
	injector_count(&counters, &failed, 0.0004);
	assert_int_equal(series(render(false)), before);
	assert_line(REVIEWS "{outcome=\"injected\",reason=\"\"} 2");
	assert_line(REVIEWS "{outcome=\"skipped\",reason=\"windows\"} 1");
	assert_line(REVIEWS "{outcome=\"refused\",reason=\"unprocessable\"} 1");
	assert_line(REVIEWS "{outcome=\"refused\",reason=\"bad-request\"} 1");
	assert_line(REVIEWS "{outcome=\"failed\",reason=\"\"} 1");
	assert_line("dormouse_injector_warnings_total 4");
	assert_line(
	    "dormouse_injector_review_duration_seconds_bucket{le=\"0.00005\"} 1");
	assert_line(
	    "dormouse_injector_review_duration_seconds_bucket{le=\"0.00025\"} 1");
	assert_line(
	    "dormouse_injector_review_duration_seconds_bucket{le=\"0.0005\"} 4");
	assert_line("dormouse_injector_review_duration_seconds_bucket{le=\"1.0\"} 5");
	assert_line("dormouse_injector_review_duration_seconds_bucket{le=\"+Inf\"} 6");
	assert_line("dormouse_injector_review_duration_seconds_count 6");
}

CASE(what_the_reconciler_found_is_told)
{
	atomic_store(&facts.native, true);
	atomic_store(&facts.webhook_ready, true);
	atomic_store(&facts.minor, 36);
	atomic_store(&facts.requests, 10);
	atomic_store(&facts.request_failures, 3);
	atomic_store(&facts.conflicts, 1);
	atomic_store(&facts.certificates_made, 2);
	render(false);
	assert_line("dormouse_injector_native_sidecar 1");
	assert_line("dormouse_injector_webhook_ready 1");
	assert_line("dormouse_injector_kubernetes_minor_version 36");
	assert_line(
	    "dormouse_injector_kubernetes_requests_total{outcome=\"success\"} 6");
	assert_line(
	    "dormouse_injector_kubernetes_requests_total{outcome=\"conflict\"} 1");
	assert_line(
	    "dormouse_injector_kubernetes_requests_total{outcome=\"failure\"} 3");
	assert_line("dormouse_injector_certificates_made_total 2");
}

CASE(both_formats_have_the_same_series)
{
	unsigned text = series(render(false));

	assert_int_equal(series(render(true)), text);
	assert_string_equal(page + strlen(page) - 6, "# EOF\n");
	assert_non_null(strstr(page, "# TYPE dormouse_injector_reviews counter\n"));
	assert_non_null(strstr(
	    page, "# TYPE dormouse_injector_review_duration_seconds histogram\n"));
}

CASE(the_worst_numbers_fit_the_page)
{
	memset(&counters, 0xFF, sizeof(counters));
	counters.duration_sum_s = 1.0 / 3;
	render(true);
	assert_true(strlen(page) < 24 * 1024);
}

CASE(promtool_finds_nothing)
{
	assert_promtool_finds_nothing(render(false));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
	const struct CMUnitTest tests[] = {
	    TEST(every_outcome_and_reason_is_there_from_the_start),
	    TEST(reviews_are_counted_where_they_belong),
	    TEST(what_the_reconciler_found_is_told),
	    TEST(both_formats_have_the_same_series),
	    TEST(the_worst_numbers_fit_the_page),
	    TEST(promtool_finds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

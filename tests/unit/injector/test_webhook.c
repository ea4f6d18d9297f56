/* SPDX-License-Identifier: Apache-2.0 */
/* test_webhook.c - the parts of the webhook that no client sees from outside:
 * the log's measure, a template that changes, one that cannot be used, addresses that
 * are taken. */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/testing.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/text.h"
#include "config/parse.h"
#include "injector/webhook/review_log.h"
#include "injector/webhook/template_file.h"
#include "injector/webhook/webhook.h"

/* --- the log -------------------------------------------------------------------------
 */
static char logged[1 << 16];

/* What `write` makes on standard error is in `logged`. */
static int saved_stderr, capture;

static void begin_capture(void)
{
	char path[] = "/tmp/dormouse-log-XXXXXX";

	fflush(stderr);
	saved_stderr = dup(STDERR_FILENO);
	capture = mkstemp(path);
	assert_true(capture >= 0);
	unlink(path);
	dup2(capture, STDERR_FILENO);
}

static void end_capture(void)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	ssize_t length = pread(capture, logged, sizeof(logged) - 1, 0);
	close(capture);
	assert_true(length >= 0);
	logged[length] = '\0';
}

static unsigned count_of(const char *words)
{
	unsigned count = 0;

	for (const char *at = logged; (at = strstr(at, words)); at++)
		count++;
	return count;
}

CASE(each_decision_is_a_line)
{
	const struct review_result results[] = {
	    {.outcome = REVIEW_INJECTED,
	     .status = 200,
	     .namespace = "shop",
	     .name = "web-",
	     .warnings = 2,
	     .dry_run = true},
	    {.outcome = REVIEW_SKIPPED,
	     .reason = SKIP_HOST_NETWORK,
	     .namespace = "shop",
	     .name = "node-agent"},
	    {.outcome = REVIEW_REFUSED, .status = 422, .trouble = {"no pod"}},
	    {.outcome = REVIEW_FAILED,
	     .namespace = "shop",
	     .name = "web-",
	     .trouble = {"no room"}},
	};
	struct review_log d = {0};

	begin_capture();
	for (int i = 0; i < 4; i++)
		review_log_decision(&d, 100, &results[i]);
	end_capture();
	assert_int_equal(count_of("\n"), 4);
	assert_int_equal(count_of("\"event\":\"injected\",\"message\":\"shop/web-, 2 "
				  "warnings, dry run\""),
			 1);
	assert_int_equal(
	    count_of("\"event\":\"skipped\",\"message\":\"shop/node-agent: "
		     "host-network\""),
	    1);
	assert_int_equal(
	    count_of("\"event\":\"refused\",\"message\":\"a request: 422: no pod\""),
	    1);
	assert_int_equal(
	    count_of(
		"\"level\":\"error\",\"event\":\"failed\",\"message\":\"shop/web-: "
		"no room\""),
	    1);
}

CASE(a_flood_is_told_in_one_line)
{
	const struct review_result good = {.outcome = REVIEW_INJECTED, .name = "web"};
	struct review_log d = {0};

	begin_capture();
	for (int i = 0; i < 1000; i++) {
		review_log_refusal(&d, 100 + i * 1e-4, 404, "not found");
		review_log_decision(&d, 100 + i * 1e-4, &good);
	}
	assert_true(review_log_due(&d, 100.5) > 0);
	review_log_tick(&d, 100.5);
	review_log_tick(&d, 101.5);
	review_log_tick(&d, 102.5);
	review_log_refusal(&d, 103, 404, "not found again");
	end_capture();
	assert_int_equal(count_of("\"message\":\"a request: 404: not found\""),
			 REFUSALS_PER_SECOND);
	assert_int_equal(count_of("\"event\":\"injected\""), REVIEW_LOG_PER_SECOND);
	assert_int_equal(count_of("990 more refused or failed requests"), 1);
	assert_int_equal(count_of("800 more reviews"), 1);
	assert_int_equal(count_of("not found again"), 1);
	assert_int_equal(d.withheld, 990 + 800);
	assert_true(review_log_due(&d, 103) < 0);
}

CASE(a_name_makes_no_line_of_its_own)
{
	const struct review_result odd = {.outcome = REVIEW_INJECTED,
					  .name = "web\n2026 error failed: a lie"};
	struct review_log d = {0};

	log_open(LOG_TEXT);
	begin_capture();
	review_log_decision(&d, 100, &odd);
	end_capture();
	log_open(LOG_JSON);
	assert_int_equal(count_of("\n"), 1);
}

/* --- the template --------------------------------------------------------------------
 */
static char template_path[] = "/tmp/dormouse-template-XXXXXX";

static int make_template(void **state)
{
	(void)state;
	snprintf(template_path, sizeof(template_path), "/tmp/dormouse-template-XXXXXX");
	int fd = mkstemp(template_path);
	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : -1;
}

static int remove_template(void **state)
{
	(void)state;
	unlink(template_path);
	return 0;
}

/* As the kubelet does: another file under the name. */
static void write_template(const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s.new", template_path);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(rename(path, template_path), 0);
}

static bool makes(const struct template_file *f, const char *words)
{
	const struct resources none = {amounts_none, amounts_none};
	const struct owner nobody = {"", ""};
	const struct sidecar_shape shape = {
	    .resources = &none, .volume = "v", .owner = &nobody};
	static char container[32768];
	struct text t = text_over(container, sizeof(container));
	struct json_writer w = json_writer_over(&t);

	template_put_container(f->template, &shape, &w);
	return strstr(container, words) != NULL;
}

CASE(a_changed_template_is_taken_and_a_broken_one_told_of_once)
{
	struct template_file f;
	struct error err = {""};

	write_template("{\"image\": \"first:1\"}");
	assert_int_equal(template_file_open(&f, template_path, &err), 0);
	assert_true(makes(&f, "first:1"));
	assert_int_equal(template_file_look(&f, 100, &err), TEMPLATE_SAME);

	write_template("{\"image\": \"second:1\"}");
	assert_int_equal(template_file_look(&f, 101, &err), TEMPLATE_SAME);
	assert_int_equal(template_file_look(&f, 111, &err), TEMPLATE_TAKEN);
	assert_true(makes(&f, "second:1"));

	write_template("{\"image\": ");
	assert_int_equal(template_file_look(&f, 122, &err), TEMPLATE_BROKEN);
	assert_non_null(strstr(err.text, template_path));
	assert_int_equal(template_file_look(&f, 133, &err), TEMPLATE_SAME);
	assert_true(makes(&f, "second:1"));

	unlink(template_path);
	assert_int_equal(template_file_look(&f, 144, &err), TEMPLATE_BROKEN);
	assert_int_equal(template_file_look(&f, 155, &err), TEMPLATE_SAME);
	write_template("{\"image\": \"third:1\"}");
	assert_int_equal(template_file_look(&f, 166, &err), TEMPLATE_TAKEN);
	assert_true(makes(&f, "third:1"));
	template_file_close(&f);
}

/* --- opening -------------------------------------------------------------------------
 */
static struct injector_options options;
static struct cluster_facts facts;
static struct tls_store *store;

static struct webhook *open_webhook(struct error *err)
{
	const struct webhook_source source = {
	    .options = &options, .store = store, .facts = &facts, .started_at = 1.7e9};

	return webhook_open(&source, err);
}

static int set_options(void **state)
{
	char program[] = "serve", listen[] = "--listen=127.0.0.1:0",
	     metrics[] = "--metrics-listen=127.0.0.1:0";
	char *argv[] = {program, listen, metrics, NULL};
	struct error err;

	(void)state;
	store = tls_store_new(&err);
	return store && injector_options_parse(&options, INJECTOR_SERVE, 3, argv, NULL,
					       &err) == 0
		   ? 0
		   : -1;
}

static int free_store(void **state)
{
	(void)state;
	tls_store_free(store);
	return 0;
}

CASE(two_ports_are_bound_and_the_loop_may_sleep)
{
	struct error err = {""};
	struct webhook *w = open_webhook(&err);

	assert_non_null(w);
	assert_int_not_equal(webhook_port(w), 0);
	assert_int_not_equal(webhook_metrics_port(w), 0);
	assert_int_not_equal(webhook_port(w), webhook_metrics_port(w));
	webhook_process(w);
	/* Only the template's file is looked at while nobody comes. */
	assert_in_range(webhook_timeout_ms(w), 5000, 10000);
	assert_false(webhook_drain(w));
	webhook_close(w);
}

CASE(a_port_that_is_taken_is_waited_for)
{
	struct error err = {""};
	struct webhook *first = open_webhook(&err), *second;
	char address[64];

	assert_non_null(first);
	uint16_t port = webhook_port(first);
	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	assert_int_equal(parse_listen(address, &options.listen), 0);
	second = open_webhook(&err);
	assert_non_null(second);
	assert_int_equal(webhook_port(second), 0);
	assert_int_not_equal(webhook_metrics_port(second), 0);
	webhook_process(second);
	assert_in_range(webhook_timeout_ms(second), 0, 5000);
	webhook_close(first);
	for (int i = 0; i < 1000 && webhook_port(second) == 0; i++) {
		usleep(10000);
		webhook_process(second);
	}
	assert_int_equal(webhook_port(second), port);
	webhook_close(second);
}

CASE(a_missing_template_is_named)
{
	struct error err = {""};

	snprintf(options.template_path, sizeof(options.template_path), "/nowhere.json");
	assert_null(open_webhook(&err));
	assert_non_null(strstr(err.text, "/nowhere.json"));
}

int main(void)
{
#define WITH_TEMPLATE(name)                                                            \
	cmocka_unit_test_setup_teardown(name, make_template, remove_template)
#define WITH_OPTIONS(name)                                                             \
	cmocka_unit_test_setup_teardown(name, set_options, free_store)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_decision_is_a_line),
	    cmocka_unit_test(a_flood_is_told_in_one_line),
	    cmocka_unit_test(a_name_makes_no_line_of_its_own),
	    WITH_TEMPLATE(a_changed_template_is_taken_and_a_broken_one_told_of_once),
	    WITH_OPTIONS(two_ports_are_bound_and_the_loop_may_sleep),
	    WITH_OPTIONS(a_port_that_is_taken_is_waited_for),
	    WITH_OPTIONS(a_missing_template_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The flags of dormouse-injector. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/testing.h"
#include "injector/config/injector_options.h"

static struct injector_options options;
static struct error err;
static char complaint[256];

static void complain(const char *line)
{
	snprintf(complaint, sizeof(complaint), "%s", line);
}

static int serve_with(const char *a, const char *b)
{
	char *argv[] = {(char *)"serve", (char *)a, (char *)b, NULL};

	complaint[0] = '\0';
	return injector_options_parse(&options, INJECTOR_SERVE, a ? b ? 3 : 2 : 1, argv,
				      complain, &err);
}

static int learn_with(const char *a, const char *b)
{
	char *argv[] = {(char *)"learn", (char *)"--prometheus=http://p:9090",
			(char *)a, (char *)b, NULL};

	return injector_options_parse(&options, INJECTOR_LEARN, a ? b ? 4 : 3 : 2, argv,
				      complain, &err);
}

static void learn_refuses(const char *a, const char *b, const char *says)
{
	assert_int_equal(learn_with(a, b), -1);
	if (!strstr(err.text, says))
		fail_msg("\"%s\" is not in \"%s\"", says, err.text);
}

static int clear_environment(void **state)
{
	(void)state;
	return clearenv();
}

CASE(without_flags_the_documented_defaults_hold)
{
	assert_int_equal(serve_with(NULL, NULL), 0);
	assert_string_equal(options.listen.text, "[::]:8443");
	assert_string_equal(options.metrics_listen.text, "[::]:8080");
	assert_string_equal(options.service, "dormouse-injector");
	assert_string_equal(options.secret, "dormouse-injector");
	assert_string_equal(options.webhook, "dormouse-injector");
	assert_int_equal(options.native, NATIVE_AUTO);
	assert_true(options.certificate_lifetime_s == 90 * 86400.0);
	assert_true(options.ca_lifetime_s == 3650 * 86400.0);
	assert_true(options.check_interval_s == 60);
	assert_true(options.max_body == 3 * 1024 * 1024.0);
	assert_int_equal(options.max_connections, 256);
	assert_true(options.idle_timeout_s == 120);
	assert_string_equal(options.namespace, "");
	assert_string_equal(options.client_ca_file, "");
	assert_string_equal(options.client_name, "");
	assert_string_equal(options.template_path, "");
}

CASE(the_downward_api_tells_the_own_namespace_unless_a_flag_does)
{
	setenv("POD_NAMESPACE", "dormouse-system", 1);
	assert_int_equal(serve_with(NULL, NULL), 0);
	assert_string_equal(options.namespace, "dormouse-system");
	assert_int_equal(serve_with("--namespace=other", NULL), 0);
	assert_string_equal(options.namespace, "other");
}

CASE(a_namespace_that_is_none_is_said_and_counted)
{
	char name[80];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	setenv("POD_NAMESPACE", name, 1);
	assert_int_equal(serve_with(NULL, NULL), 0);
	assert_string_equal(options.namespace, "");
	assert_int_equal(options.config_errors, 1);
	assert_non_null(strstr(complaint, "POD_NAMESPACE"));
}

CASE(a_certificate_without_its_key_is_refused)
{
	assert_int_equal(serve_with("--tls-cert-file=a", NULL), -1);
	assert_non_null(strstr(err.text, "--tls-key-file"));
	assert_int_equal(serve_with("--tls-key-file=a", NULL), -1);
	assert_int_equal(serve_with("--tls-cert-file=a", "--tls-key-file=b"), 0);
}

CASE(a_clients_name_without_its_ca_is_refused)
{
	assert_int_equal(serve_with("--client-name=a", NULL), -1);
	assert_non_null(strstr(err.text, "--client-ca-file"));
	assert_int_equal(serve_with("--client-name=a", "--client-ca-file=b"), 0);
	assert_string_equal(options.client_name, "a");
	assert_string_equal(options.client_ca_file, "b");
}

CASE(a_token_is_never_sent_in_the_clear)
{
	assert_int_equal(serve_with("--api-server=http://10.0.0.1", NULL), -1);
	assert_non_null(strstr(err.text, "expected https://HOST:PORT"));
	assert_int_equal(serve_with("--api-server=https://10.0.0.1:6443", NULL), 0);
}

CASE(each_bad_value_names_flag_value_and_what_would_do)
{
	static const struct {
		const char *flag, *expects;
	} bad[] = {
	    {"--native-sidecar=maybe", "auto, yes or no"},
	    {"--certificate-lifetime=9s", "a duration of 10s to 366d"},
	    {"--ca-lifetime=59s", "a duration of 60s to 10980d"},
	    {"--check-interval=2h", "a duration of 1s to 1h"},
	    {"--max-body=9MiB", "a size of 4KiB to 8MiB"},
	    {"--max-connections=7", "a whole number from 8 to 4096"},
	    {"--idle-timeout=0s", "a duration of 1s to 1h"},
	    {"--listen=8443", "ADDRESS:PORT"},
	    {"--log-format=xml", "json or text"},
	};

	char named[96];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(serve_with(bad[i].flag, NULL), -1);
		assert_non_null(strstr(err.text, bad[i].expects));
		snprintf(named, sizeof(named),
			 "invalid value \"%s\" for %.*s: expected ",
			 strchr(bad[i].flag, '=') + 1, (int)strcspn(bad[i].flag, "="),
			 bad[i].flag);
		assert_memory_equal(err.text, named, strlen(named));
	}
}

CASE(inject_has_no_flags_of_the_server)
{
	char *argv[] = {(char *)"inject", (char *)"--listen=:1", NULL};

	assert_int_equal(
	    injector_options_parse(&options, INJECTOR_INJECT, 2, argv, complain, &err),
	    -1);
	assert_non_null(strstr(err.text, "unknown flag: --listen=:1"));
}

CASE(learn_has_its_defaults)
{
	assert_int_equal(learn_with(NULL, NULL), 0);
	assert_string_equal(options.prometheus, "http://p:9090");
	assert_int_equal(options.days, 30);
	assert_true(options.step_s == 60);
	assert_true(options.prometheus_timeout_s == 120);
	assert_false(options.apply || options.dry_run || options.evaluate);
}

CASE(learn_needs_someone_to_ask)
{
	char *argv[] = {(char *)"learn", NULL};

	assert_int_equal(
	    injector_options_parse(&options, INJECTOR_LEARN, 1, argv, complain, &err),
	    -1);
	assert_non_null(strstr(err.text, "needs --prometheus"));
}

CASE(prometheus_may_be_asked_in_the_clear_or_with_its_ca)
{
	learn_refuses("--prometheus=p:9090", NULL,
		      "invalid value \"p:9090\" for --prometheus: expected "
		      "http://HOST:PORT or https://HOST:PORT");
	learn_refuses("--prometheus=https://p", NULL, "needs --prometheus-ca-file");
	assert_int_equal(
	    learn_with("--prometheus=https://p/select", "--prometheus-ca-file=/ca"), 0);
	/* The API server's address stays https. */
	learn_refuses("--api-server=http://k", NULL, "--api-server");
}

CASE(namespaces_are_names_between_commas)
{
	static const char *const bad[] = {"Shop", "a,", ",a", "a,,b",
					  "a b",  "-a", "a-"};

	assert_int_equal(learn_with("--namespaces=shop,billing-2", NULL), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		learn_refuses("--namespaces", bad[i],
			      "for --namespaces: expected names");
}

CASE(matchers_stay_within_their_braces)
{
	assert_int_equal(learn_with("--match=cluster=\"east\"", NULL), 0);
	learn_refuses("--match", "a=\"b\"} or x{", "for --match: expected matchers");
}

CASE(learn_does_one_thing_at_a_time)
{
	learn_refuses("--apply", "--dry-run", "exclude each other");
	learn_refuses("--evaluate", "--apply", "exclude each other");
	learn_refuses("--json", NULL, "--json needs --evaluate");
	assert_int_equal(learn_with("--evaluate", "--json"), 0);
	learn_refuses("--listen=:1", NULL, "--listen");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_flags_the_documented_defaults_hold),
	    cmocka_unit_test_setup(
		the_downward_api_tells_the_own_namespace_unless_a_flag_does,
		clear_environment),
	    cmocka_unit_test_setup(a_namespace_that_is_none_is_said_and_counted,
				   clear_environment),
	    cmocka_unit_test(a_certificate_without_its_key_is_refused),
	    cmocka_unit_test(a_clients_name_without_its_ca_is_refused),
	    cmocka_unit_test(a_token_is_never_sent_in_the_clear),
	    cmocka_unit_test(each_bad_value_names_flag_value_and_what_would_do),
	    cmocka_unit_test(inject_has_no_flags_of_the_server),
	    cmocka_unit_test(learn_has_its_defaults),
	    cmocka_unit_test(learn_needs_someone_to_ask),
	    cmocka_unit_test(prometheus_may_be_asked_in_the_clear_or_with_its_ca),
	    cmocka_unit_test(namespaces_are_names_between_commas),
	    cmocka_unit_test(matchers_stay_within_their_braces),
	    cmocka_unit_test(learn_does_one_thing_at_a_time),
	};

	return cmocka_run_group_tests(tests, clear_environment, NULL);
}

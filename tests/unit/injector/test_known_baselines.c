/* SPDX-License-Identifier: Apache-2.0 */
/* test_known_baselines.c - the baselines that are in the cluster are read: once a
 * namespace, and a broken one harms no other. */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "injector/learn/known_baselines.h"

#include "api_server_fixture.h"

/* A ConfigMap with two baselines, one of which is none. */
static void give_map(void)
{
	struct baseline_document b = {.learn_s = 3600};
	struct error err;

	b.past.since = 1767225600;
	b.past.until = b.past.since + 86400;
	b.past.watched_s = b.past.longest_s = 86400;
	b.past.pods = 7;
	char *text = baseline_document_text(&b, &err);
	assert_non_null(text);
	api.map = cJSON_Parse("{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\","
			      "\"metadata\":{\"resourceVersion\":\"1\"},\"data\":{}}");
	cJSON *data = json_member(api.map, "data");
	cJSON_AddStringToObject(data, "deployment.reports.json", text);
	cJSON_AddStringToObject(data, "deployment.broken.json", "{\"format\":7}");
	free(text);
}

static struct known_baselines *open_known(void)
{
	struct error err = {""};
	struct known_baselines *k = known_baselines_open(&api.options, &err);

	if (!k)
		fail_msg("%s", err.text);
	return k;
}

static int find(struct known_baselines *k, const char *namespace, const char *name,
		struct past *past, struct error *err)
{
	struct owner owner;

	assert_true(owner_set(&owner, "Deployment", name));
	return known_baselines_find(k, namespace, &owner, past, err);
}

CASE(a_baseline_is_found_by_its_workload)
{
	struct known_baselines *k = open_known();
	struct past past = {.pods = 0};
	struct error err;

	give_map();
	assert_int_equal(find(k, "shop", "reports", &past, &err), 1);
	assert_int_equal(past.pods, 7);
	assert_true(past.watched_s == 86400);
	assert_int_equal(find(k, "shop", "other", &past, &err), 0);
	assert_int_equal(api.requests, 1);
	known_baselines_close(k);
}

CASE(a_namespace_without_baselines_has_none)
{
	struct known_baselines *k = open_known();
	struct past past;
	struct error err;

	give_map();
	assert_int_equal(find(k, "billing", "reports", &past, &err), 0);
	assert_int_equal(find(k, "shop", "reports", &past, &err), 1);
	assert_int_equal(find(k, "billing", "reports", &past, &err), 0);
	known_baselines_close(k);
}

CASE(a_broken_one_says_why_and_harms_no_other)
{
	struct known_baselines *k = open_known();
	struct past past;
	struct error err = {""};

	give_map();
	assert_int_equal(find(k, "shop", "broken", &past, &err),
			 KNOWN_BASELINES_BROKEN);
	assert_non_null(strstr(err.text, "format"));
	assert_int_equal(find(k, "shop", "reports", &past, &err), 1);
	known_baselines_close(k);
}

/* A ConfigMap's key would be too long: such a workload has no baseline. */
CASE(a_workload_without_a_key_has_none)
{
	struct known_baselines *k = open_known();
	char name[OWNER_NAME_MAX + 1];
	struct past past;
	struct error err;

	give_map();
	memset(name, 'a', OWNER_NAME_MAX);
	name[OWNER_NAME_MAX] = '\0';
	assert_int_equal(find(k, "shop", name, &past, &err), 0);
	known_baselines_close(k);
}

CASE(a_failure_is_none_and_the_next_time_it_is_asked_again)
{
	struct known_baselines *k = open_known();
	struct past past;
	struct error err = {""};

	give_map();
	API_SET(api.broken = 1);
	assert_int_equal(find(k, "shop", "reports", &past, &err),
			 KNOWN_BASELINES_FAILED);
	assert_non_null(strstr(err.text, "status 503"));
	assert_int_equal(find(k, "shop", "reports", &past, &err), 1);
	known_baselines_close(k);
}

int main(void)
{
#define WITH_SERVER(name) cmocka_unit_test_setup_teardown(name, api_up, api_down)
	const struct CMUnitTest tests[] = {
	    WITH_SERVER(a_baseline_is_found_by_its_workload),
	    WITH_SERVER(a_namespace_without_baselines_has_none),
	    WITH_SERVER(a_broken_one_says_why_and_harms_no_other),
	    WITH_SERVER(a_workload_without_a_key_has_none),
	    WITH_SERVER(a_failure_is_none_and_the_next_time_it_is_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

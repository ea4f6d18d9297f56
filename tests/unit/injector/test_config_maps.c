/* SPDX-License-Identifier: Apache-2.0 */
/* test_config_maps.c - baselines are written to the API server: only their keys, after
 * a conflict again, and never too much. */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "base/text.h"
#include "injector/learn/config_maps.h"
#include "injector/learn/labelled_namespaces.h"

#include "api_server_fixture.h"

#define TOLD_MAX 8

static struct {
	unsigned count;
	enum config_map_change change[TOLD_MAX];
	char workload[TOLD_MAX][320];
} told;

static void tell(void *context, const struct workload *w, enum config_map_change change,
		 const char *old)
{
	(void)context;
	assert_int_equal(change == CHANGE_NEW, old == NULL);
	assert_true(told.count < TOLD_MAX);
	snprintf(told.workload[told.count], sizeof(told.workload[0]), "%s",
		 w->owner.workload);
	told.change[told.count++] = change;
}

static char *document(const char *workload, double hour)
{
	struct baseline_document b = {.learn_s = 3600};
	struct error err;

	snprintf(b.workload, sizeof(b.workload), "%s", workload);
	b.past.since = 1767225600;
	b.past.until = b.past.since + 86400;
	b.past.watched_s = b.past.longest_s = 86400;
	b.past.pods = 1;
	b.past.series[SIGNAL_TX_BYTES].watched_s = 86400;
	b.past.series[SIGNAL_TX_BYTES].intervals = 1440;
	for (unsigned i = 0; i < PAST_WINDOWS; i++)
		b.past.series[SIGNAL_TX_BYTES].greatest[i] = hour;
	char *text = baseline_document_text(&b, &err);
	assert_non_null(text);
	return text;
}

static struct workload workload(const char *namespace, const char *kind,
				const char *name, char *text)
{
	struct workload w = {.namespace = namespace, .pods = 1, .document = text};

	assert_true(owner_set(&w.owner, kind, name));
	return w;
}

static int write_them(struct workload *all, size_t count, bool writes,
		      struct error *err)
{
	const struct learning l = {.at = all, .count = count};
	const struct config_map_writer writer = {
	    .options = &api.options, .writes = writes, .tell = tell};

	memset(&told, 0, sizeof(told));
	return config_maps_write(&l, &writer, err);
}

static void writes(struct workload *all, size_t count)
{
	struct error err = {""};

	if (write_them(all, count, true, &err) < 0)
		fail_msg("%s", err.text);
}

static const char *at(const char *key)
{
	return json_text(json_member(api.map, "data"), key);
}

static void give_map(const char *key, const char *text)
{
	api.map = cJSON_Parse("{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\","
			      "\"metadata\":{\"name\":\"dormouse-baselines\","
			      "\"namespace\":\"shop\",\"resourceVersion\":\"1\","
			      "\"labels\":{\"team\":\"x\"}},\"data\":{}}");
	cJSON_AddStringToObject(json_member(api.map, "data"), key, text);
}

CASE(a_map_that_is_not_there_is_made)
{
	char *text = document("Deployment/reports", 1000);
	struct workload w = workload("shop", "Deployment", "reports", text);

	writes(&w, 1);
	assert_string_equal(at("deployment.reports.json"), text);
	assert_string_equal(json_text(api.map, "kind"), "ConfigMap");
	assert_string_equal(json_text(json_member(api.map, "metadata"), "namespace"),
			    "shop");
	assert_int_equal(told.count, 1);
	assert_int_equal(told.change[0], CHANGE_NEW);
	free(text);
}

CASE(other_keys_and_labels_stay)
{
	char *text = document("Deployment/reports", 1000);
	struct workload w = workload("shop", "Deployment", "reports", text);

	give_map("by-hand.json", "{}");
	writes(&w, 1);
	assert_string_equal(at("by-hand.json"), "{}");
	assert_string_equal(at("deployment.reports.json"), text);
	assert_string_equal(
	    json_text(json_member(json_member(api.map, "metadata"), "labels"), "team"),
	    "x");
	free(text);
}

CASE(what_is_the_same_is_not_written)
{
	char *text = document("Deployment/reports", 1000);
	struct workload w = workload("shop", "Deployment", "reports", text);

	give_map("deployment.reports.json", text);
	writes(&w, 1);
	assert_int_equal(api.patches, 0);
	assert_int_equal(told.change[0], CHANGE_NONE);
	free(text);
}

CASE(a_look_writes_nothing)
{
	char *text = document("Deployment/reports", 1000);
	char *old = document("Deployment/reports", 10);
	struct workload w = workload("shop", "Deployment", "reports", text);
	struct error err;

	give_map("deployment.reports.json", old);
	assert_int_equal(write_them(&w, 1, false, &err), 0);
	assert_int_equal(api.patches, 0);
	assert_int_equal(told.change[0], CHANGE_OTHER);
	free(old);
	free(text);
}

CASE(a_conflict_is_tried_again)
{
	char *text = document("Deployment/reports", 1000);
	struct workload w = workload("shop", "Deployment", "reports", text);

	give_map("by-hand.json", "{}");
	API_SET(api.rivals = 3);
	writes(&w, 1);
	assert_int_equal(api.patches, 4);
	assert_int_equal(told.count, 1);
	assert_string_equal(at("rival.json"), "was here");
	assert_string_equal(at("deployment.reports.json"), text);
	free(text);
}

CASE(endless_conflicts_are_a_failure)
{
	char *text = document("Deployment/reports", 1000);
	struct workload w = workload("shop", "Deployment", "reports", text);
	struct error err;

	give_map("by-hand.json", "{}");
	API_SET(api.rivals = 100);
	assert_int_equal(write_them(&w, 1, true, &err), -1);
	assert_non_null(strstr(err.text, "after 5 attempts"));
	assert_null(at("deployment.reports.json"));
	free(text);
}

CASE(members_that_are_not_known_stay)
{
	char *text = document("Deployment/reports", 1000), *old;
	struct workload w = workload("shop", "Deployment", "reports", text);
	struct error err;
	cJSON *tree = cJSON_Parse(text);

	cJSON_AddStringToObject(tree, "owner", "team reports");
	old = cJSON_Print(tree);
	give_map("deployment.reports.json", old);
	w.document = document("Deployment/reports", 2000);
	writes(&w, 1);

	struct baseline_document b;
	const char *written = at("deployment.reports.json");
	assert_non_null(strstr(written, "team reports"));
	assert_int_equal(baseline_document_read(&b, written, strlen(written), &err), 0);
	assert_true(b.past.series[SIGNAL_TX_BYTES].greatest[3] >= 1999);
	baseline_document_end(&b);
	free(w.document);
	free(old);
	cJSON_Delete(tree);
	free(text);
}

CASE(an_old_document_that_is_none_is_replaced)
{
	char *text = document("Deployment/reports", 1000);
	struct workload w = workload("shop", "Deployment", "reports", text);

	give_map("deployment.reports.json", "not JSON");
	writes(&w, 1);
	assert_string_equal(at("deployment.reports.json"), text);
	free(text);
}

/* --- too much --------------------------------------------------------------------- */

static char *long_text(size_t length)
{
	char *text = malloc(length + 1);

	memset(text, ' ', length);
	text[length] = '\0';
	return text;
}

CASE(too_much_is_refused_with_what_to_leave_out)
{
	char *small = long_text(290 << 10), *large = long_text(400 << 10);
	struct workload all[] = {workload("shop", "Deployment", "a", small),
				 workload("shop", "CronJob", "b", large),
				 workload("shop", "Deployment", "c", small)};
	const struct learning l = {.at = all, .count = 3};
	const struct learning less = {.at = all, .count = 2};
	struct error err;

	assert_int_equal(config_maps_fit(&l, &err), -1);
	assert_non_null(strstr(err.text, "namespace shop take 980 KiB"));
	assert_non_null(
	    strstr(err.text, "--leave-out CronJob/b,Deployment/a,Deployment/c"));
	assert_int_equal(config_maps_fit(&less, &err), 0);
	free(small);
	free(large);
}

CASE(two_namespaces_do_not_add_up)
{
	char *text = long_text(600 << 10);
	struct workload all[] = {workload("billing", "Deployment", "a", text),
				 workload("shop", "Deployment", "a", text)};
	const struct learning l = {.at = all, .count = 2};
	struct error err;

	assert_int_equal(config_maps_fit(&l, &err), 0);
	free(text);
}

CASE(what_others_wrote_counts)
{
	char *others = long_text(900 << 10);
	char *text = document("Deployment/reports", 1000);
	struct workload w = workload("shop", "Deployment", "reports", text);
	struct error err;

	give_map("by-hand.json", others);
	assert_int_equal(write_them(&w, 1, true, &err), -1);
	assert_non_null(strstr(err.text, "leave out the largest"));
	assert_int_equal(api.patches, 0);
	free(text);
	free(others);
}

CASE(nothing_is_written_if_one_namespace_cannot_be_read)
{
	char *text = document("Deployment/reports", 1000);
	struct workload w = workload("shop", "Deployment", "reports", text);
	struct error err;

	API_SET(api.broken = 1);
	assert_int_equal(write_them(&w, 1, true, &err), -1);
	assert_non_null(strstr(err.text, "status 503"));
	assert_int_equal(api.patches, 0);
	free(text);
}

/* --- which namespaces ------------------------------------------------------------- */

static unsigned labelled; /* namespaces, five a page */

/* Answers the list of labelled namespaces, page by page. */
static unsigned list_namespaces(struct MHD_Connection *connection, const char *path,
				char **text)
{
	const char *selector = MHD_lookup_connection_value(
	    connection, MHD_GET_ARGUMENT_KIND, "labelSelector");
	const char *token =
	    MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "continue");
	const unsigned first = token ? (unsigned)strtoul(token, NULL, 10) : 0;
	char page[1024], next[16] = "";
	struct text t = text_over(page, sizeof(page));

	if (strcmp(path, "/api/v1/namespaces") != 0 || !selector ||
	    strcmp(selector, "dormouse.dev/injection in (enabled,required)") != 0)
		return 400;
	if (first + 5 < labelled)
		snprintf(next, sizeof(next), "%u&/=", first + 5);
	text_printf(&t, "{\"metadata\":{\"continue\":\"%s\"},\"items\":[", next);
	for (unsigned i = first; i < labelled && i < first + 5; i++)
		text_printf(&t, "%s{\"metadata\":{\"name\":\"n%u\"}}",
			    i > first ? "," : "", i);
	text_put(&t, "]}");
	*text = strdup(page);
	return 200;
}

CASE(labelled_namespaces_are_listed_page_by_page)
{
	struct error err = {""};

	labelled = 12;
	API_SET(api.others = list_namespaces);
	char *list = labelled_namespaces(&api.options, &err);
	if (!list)
		fail_msg("%s", err.text);
	assert_string_equal(list, "n0,n1,n2,n3,n4,n5,n6,n7,n8,n9,n10,n11");
	free(list);
}

CASE(no_labelled_namespace_is_a_failure)
{
	struct error err;

	labelled = 0;
	API_SET(api.others = list_namespaces);
	assert_null(labelled_namespaces(&api.options, &err));
	assert_non_null(strstr(err.text, "--namespaces"));
}

int main(void)
{
#define WITH_SERVER(name) cmocka_unit_test_setup_teardown(name, api_up, api_down)
	const struct CMUnitTest tests[] = {
	    WITH_SERVER(a_map_that_is_not_there_is_made),
	    WITH_SERVER(other_keys_and_labels_stay),
	    WITH_SERVER(what_is_the_same_is_not_written),
	    WITH_SERVER(a_look_writes_nothing),
	    WITH_SERVER(a_conflict_is_tried_again),
	    WITH_SERVER(endless_conflicts_are_a_failure),
	    WITH_SERVER(members_that_are_not_known_stay),
	    WITH_SERVER(an_old_document_that_is_none_is_replaced),
	    cmocka_unit_test(too_much_is_refused_with_what_to_leave_out),
	    cmocka_unit_test(two_namespaces_do_not_add_up),
	    WITH_SERVER(what_others_wrote_counts),
	    WITH_SERVER(nothing_is_written_if_one_namespace_cannot_be_read),
	    WITH_SERVER(labelled_namespaces_are_listed_page_by_page),
	    WITH_SERVER(no_labelled_namespace_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

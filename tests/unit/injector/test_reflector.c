/* SPDX-License-Identifier: Apache-2.0 */
/* test_reflector.c - namespaces are known as the API server has them: by pages
 * of a list, then by a watch; after whatever goes wrong, by a list again. */
#include <stddef.h>
#include <stdint.h>

#include "../support/testing.h"
#include "injector/kubernetes/reflector.h"

#include "api_server_fixture.h"

static struct cluster_facts facts;
static struct namespaces *known;
static struct reflectors *reflectors;

/* --- what the API server has ---------------------------------------------------------
 */

/* LimitRanges, in two pages; the lines of the next watch; the status of both. */
static struct {
	const char *first, *second;
	char lines[2048]; /* sent once */
	unsigned list_status, watch_status;
	unsigned lists, watches;
	size_t next_bytes;  /* of a page's "continue", in place of the usual one */
	bool silent;        /* a watch has no lines at all */
	char from[64];      /* the version that was watched from last */
	char accepted[128]; /* of a watch of namespaces */
} server;

#define RANGE(name, min)                                                               \
	"{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"" name                   \
	"\",\"resourceVersion\":\"7\"},\"spec\":{\"limits\":[{\"type\":\"Container\"," \
	"\"min\":{\"cpu\":\"" min "\"}}]}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define STATUS_410                                                                     \
	"{\"kind\":\"Status\",\"code\":410,\"message\":\"too old resource version\"}"

static const char *argument(struct MHD_Connection *c, const char *name)
{
	const char *value = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, name);

	return value ? value : "";
}

static unsigned watch_ranges(struct MHD_Connection *c, char **text)
{
	server.watches++;
	snprintf(server.from, sizeof(server.from), "%s",
		 argument(c, "resourceVersion"));
	*text = strdup(server.silent     ? ""
		       : server.lines[0] ? server.lines
					 : EVENT("BOOKMARK", "{\"metadata\":{}}"));
	server.lines[0] = '\0';
	return server.watch_status;
}

static unsigned list_ranges(struct MHD_Connection *c, char **text)
{
	const bool second = strcmp(argument(c, "continue"), "more/of it=") == 0;
	const size_t size = 4096 + server.next_bytes;

	if (!second)
		server.lists++;
	*text = malloc(size);
	if (server.next_bytes > 0)
		snprintf(*text, size,
			 "{\"metadata\":{\"continue\":\"%0*d\"},\"items\":[%s]}",
			 (int)server.next_bytes, 0, server.first);
	else
		snprintf(*text, size,
			 "{\"metadata\":{\"resourceVersion\":\"5\"%s},\"items\":[%s]}",
			 second ? "" : ",\"continue\":\"more/of it=\"",
			 second ? server.second : server.first);
	return server.list_status;
}

static unsigned answer(struct MHD_Connection *c, const char *path, char **text)
{
	const bool watch = strcmp(argument(c, "watch"), "1") == 0;

	if (strcmp(path, "/api/v1/limitranges") == 0)
		return watch ? watch_ranges(c, text) : list_ranges(c, text);
	if (strcmp(path, "/api/v1/namespaces") == 0 && watch)
		snprintf(server.accepted, sizeof(server.accepted), "%s",
			 MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Accept"));
	*text = strdup(watch ? EVENT("BOOKMARK", "{\"metadata\":{}}")
			     : "{\"metadata\":{},\"items\":[]}");
	return 200;
}

static int start(void **state)
{
	struct error err;

	if (api_up(state) != 0)
		return -1;
	memset(&server, 0, sizeof(server));
	server.list_status = server.watch_status = 200;
	server.first = RANGE("a", "10m") "," RANGE("b", "20m");
	server.second = RANGE("c", "30m");
	api.others = answer;
	memset(&facts, 0, sizeof(facts));
	known = namespaces_new(&err);
	return known ? 0 : -1;
}

static int stop(void **state)
{
	reflectors_stop(reflectors);
	reflectors = NULL;
	namespaces_free(known);
	return api_down(state);
}

static void reflect(void)
{
	reflectors = reflectors_start(&api.options, known, &facts);
	assert_non_null(reflectors);
}

static int64_t least_cpu(const char *namespace)
{
	struct namespace_rules rules;

	namespaces_rules(known, namespace, &rules);
	return rules.limits.container[RESOURCE_CPU].min;
}

static bool soon(bool (*holds)(void))
{
	for (int i = 0; i < 2000; i++) {
		if (holds())
			return true;
		usleep(10000);
	}
	return false;
}

static void say(const char *lines)
{
	pthread_mutex_lock(&api.lock);
	snprintf(server.lines, sizeof(server.lines), "%s", lines);
	pthread_mutex_unlock(&api.lock);
}

static bool all_tried(void)
{
	return atomic_load(&facts.watches_untried) == 0;
}

static bool all_known(void)
{
	return least_cpu("c") == 30;
}

static bool changes_known(void)
{
	return least_cpu("a") == 11 && least_cpu("b") == 0 && least_cpu("d") == 40;
}

static bool listed_again(void)
{
	pthread_mutex_lock(&api.lock);
	const bool again = server.lists >= 2;
	pthread_mutex_unlock(&api.lock);
	return again && least_cpu("b") == 0;
}

static bool has_failed(void)
{
	return atomic_load(&facts.watch_failures) > 0;
}

static bool follows_again(void)
{
	return atomic_load(&facts.watched[KIND_LIMIT_RANGE]);
}

/* --- tests ---------------------------------------------------------------------------
 */

CASE(all_pages_of_a_list_are_read)
{
	reflect();
	assert_true(soon(all_known));
	assert_true(soon(all_tried));
	assert_int_equal(least_cpu("a"), 10);
	assert_int_equal(least_cpu("b"), 20);
	assert_int_equal(least_cpu("nobody"), 0);
	assert_true(soon(follows_again));
	assert_int_equal(namespaces_figures(known).objects, 3);
}

CASE(changes_are_followed)
{
	say(EVENT("MODIFIED", RANGE("a", "11m")) EVENT("DELETED", RANGE("b", "20m"))
		EVENT("ADDED", RANGE("d", "40m"))
		    EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"99\"}}"));
	reflect();
	assert_true(soon(changes_known));
	assert_int_equal(least_cpu("c"), 30);
}

static bool namespaces_are_watched(void)
{
	pthread_mutex_lock(&api.lock);
	const bool watched = server.accepted[0];
	pthread_mutex_unlock(&api.lock);
	return watched;
}

CASE(of_namespaces_the_metadata_is_asked_for)
{
	reflect();
	assert_true(soon(namespaces_are_watched));
	assert_string_equal(
	    server.accepted,
	    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
}

static bool watched_from_99(void)
{
	pthread_mutex_lock(&api.lock);
	const bool from = strcmp(server.from, "99") == 0;
	pthread_mutex_unlock(&api.lock);
	return from;
}

CASE(a_watch_goes_on_where_the_last_one_ended)
{
	say(EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"99\"}}"));
	reflect();
	assert_true(soon(watched_from_99));
}

CASE(what_vanished_unseen_is_gone_after_the_next_list)
{
	reflect();
	assert_true(soon(all_known));
	pthread_mutex_lock(&api.lock);
	server.first = RANGE("a", "10m");
	snprintf(server.lines, sizeof(server.lines), "%s", EVENT("ERROR", STATUS_410));
	pthread_mutex_unlock(&api.lock);
	assert_true(soon(listed_again));
	assert_int_equal(least_cpu("c"), 30);
}

CASE(without_the_right_nothing_is_known_and_nobody_waits)
{
	server.list_status = 403;
	reflect();
	assert_true(soon(all_tried));
	assert_true(soon(has_failed));
	assert_false(follows_again());
	assert_int_equal(namespaces_figures(known).objects, 0);
	pthread_mutex_lock(&api.lock);
	server.list_status = 200;
	pthread_mutex_unlock(&api.lock);
	assert_true(soon(all_known));
	assert_true(soon(follows_again));
}

CASE(what_was_known_stays_in_use_while_nobody_answers)
{
	reflect();
	assert_true(soon(all_known));
	pthread_mutex_lock(&api.lock);
	server.list_status = server.watch_status = 500;
	pthread_mutex_unlock(&api.lock);
	assert_true(soon(has_failed));
	sleep(2); /* for some more tries */
	assert_int_equal(least_cpu("a"), 10);
	assert_int_equal(least_cpu("c"), 30);
}

CASE(garbage_among_the_lines_ends_the_watch_only)
{
	say(EVENT("MODIFIED", RANGE("a", "11m")) "{\"type\":\n");
	reflect();
	assert_true(soon(has_failed));
	assert_true(soon(all_known));
}

/* An event that is none, and those of an API server with nothing to say for itself. */
CASE(an_event_without_a_type_ends_the_watch_only)
{
	static const char *const odd[] = {
	    "{}\n",
	    "{\"object\":{\"metadata\":{}}}\n",
	    "{\"type\":\"ERROR\"}\n",
	    "[]\n",
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		say(odd[i]);
		reflect();
		assert_true(soon(has_failed));
		assert_true(soon(all_known));
		assert_true(soon(follows_again));
		reflectors_stop(reflectors);
		atomic_store(&facts.watch_failures, 0);
	}
	reflectors = NULL;
}

/* Otherwise it would be asked again and again, as fast as it answers. */
CASE(a_watch_that_ends_at_once_without_a_word_has_failed)
{
	server.silent = true;
	reflect();
	assert_true(soon(has_failed));
	assert_int_equal(least_cpu("a"), 10);
	pthread_mutex_lock(&api.lock);
	server.silent = false;
	pthread_mutex_unlock(&api.lock);
	assert_true(soon(follows_again));
}

CASE(a_list_whose_continue_does_not_fit_is_not_known)
{
	server.next_bytes = 5000;
	reflect();
	assert_true(soon(has_failed));
	assert_false(follows_again());
	pthread_mutex_lock(&api.lock);
	server.next_bytes = 0;
	pthread_mutex_unlock(&api.lock);
	assert_true(soon(all_known));
}

CASE(objects_that_cannot_be_read_are_told_of_once_and_the_others_known)
{
	char path[] = "/tmp/dormouse-log-XXXXXX", logged[4096];
	const int capture = mkstemp(path), saved = dup(STDERR_FILENO);
	unsigned lines = 0;

	assert_true(capture >= 0 && saved >= 0);
	unlink(path);
	server.first = "{\"metadata\":{\"name\":\"nobody's\"}},{}," RANGE("a", "10m");
	dup2(capture, STDERR_FILENO);
	reflect();
	const bool all = soon(all_known);
	reflectors_stop(reflectors);
	reflectors = NULL;
	dup2(saved, STDERR_FILENO);
	close(saved);
	const ssize_t length = pread(capture, logged, sizeof(logged) - 1, 0);
	close(capture);
	assert_true(all && length > 0);
	logged[length] = '\0';
	for (const char *at = logged; (at = strstr(at, "namespace-ignored")); at++)
		lines++;
	assert_int_equal(lines, 1);
	assert_non_null(strstr(logged, "limitranges: an object's name is missing"));
	assert_int_equal(least_cpu("a"), 10);
	assert_int_equal(namespaces_figures(known).objects, 2);
}

CASE(without_an_api_server_it_does_without)
{
	unsetenv("KUBERNETES_SERVICE_HOST");
	api.options.api_server[0] = '\0';
	assert_null(reflectors_start(&api.options, known, &facts));
	assert_int_equal(atomic_load(&facts.watches_untried), 0);
}

#define REFLECTED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    REFLECTED(all_pages_of_a_list_are_read),
	    REFLECTED(changes_are_followed),
	    REFLECTED(of_namespaces_the_metadata_is_asked_for),
	    REFLECTED(a_watch_goes_on_where_the_last_one_ended),
	    REFLECTED(what_vanished_unseen_is_gone_after_the_next_list),
	    REFLECTED(without_the_right_nothing_is_known_and_nobody_waits),
	    REFLECTED(what_was_known_stays_in_use_while_nobody_answers),
	    REFLECTED(garbage_among_the_lines_ends_the_watch_only),
	    REFLECTED(an_event_without_a_type_ends_the_watch_only),
	    REFLECTED(a_watch_that_ends_at_once_without_a_word_has_failed),
	    REFLECTED(a_list_whose_continue_does_not_fit_is_not_known),
	    REFLECTED(
		objects_that_cannot_be_read_are_told_of_once_and_the_others_known),
	    REFLECTED(without_an_api_server_it_does_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

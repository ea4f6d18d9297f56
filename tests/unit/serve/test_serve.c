/* SPDX-License-Identifier: Apache-2.0 */
/* test_serve.c - the server, asked over loopback: paths, methods, formats, limits. */
#include <stddef.h>

#include <cJSON.h>

#include "../support/server_fixture.h"
#include "../support/testing.h"

static bool has_header(const char *answer, const char *header)
{
	const char *at = answer ? strcasestr(answer, header) : NULL;

	return at && at < body_of(answer);
}

/* The body of a successful answer as JSON; the caller deletes it. */
static cJSON *get_json(const char *path)
{
	const char *answer = get(local_port(), path);

	assert_int_equal(status_of(answer), 200);
	assert_true(has_header(answer, "Content-Type: application/json\r\n"));
	cJSON *json = cJSON_ParseWithOpts(body_of(answer), NULL, true);
	if (!json)
		fail_msg("no JSON: %s", answer);
	return json;
}

static const char *string_at(const cJSON *object, const char *member)
{
	const char *value =
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, member));

	return value ? value : "(none)";
}

CASE(metrics_are_text_unless_openmetrics_is_asked_for)
{
	const char *answer = get(open_port(), "/metrics");

	assert_int_equal(status_of(answer), 200);
	assert_true(has_header(
	    answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	assert_non_null(strstr(body_of(answer), "\ndormouse_samples_total 0\n"));

	answer = ask(open_port(), "GET /metrics HTTP/1.0\r\n"
				  "Accept: text/plain;q=0.5\r\n"
				  "accept: application/openmetrics-text\r\n\r\n");
	assert_int_equal(status_of(answer), 200);
	assert_true(has_header(answer, "Content-Type: application/openmetrics-text; "
				       "version=1.0.0; charset=utf-8\r\n"));
	assert_string_equal(answer + strlen(answer) - 6, "# EOF\n");
}

CASE(each_path_is_where_it_belongs)
{
	static const struct {
		const char *path;
		int open, local;
	} cases[] = {
	    {"/metrics", 200, 200},
	    {"/metrics?name=x", 200, 200},
	    {"/healthz", 200, 200},
	    {"/readyz", 200, 200},
	    {"/alerts", 404, 200},
	    {"/status", 404, 200},
	    {"/baseline", 404, 200},
	    {"/destinations", 404, 200},
	    {"/history", 404, 200},
	    {"/history?format=csv", 404, 200},
	    {"/history?since=1x", 404, 400},
	    {"/api/v2/alerts", 404, 200},
	    {"/api/v2/alerts?active=true&silenced=false&filter=a%3D%22b%22", 404, 200},
	    {"/api/v2/alerts/groups", 404, 200},
	    {"/api/v2/status", 404, 200},
	    {"/api/v2/silences", 404, 200},
	    {"/api/v2/receivers", 404, 200},
	    {"/metrics/", 404, 404},
	    {"/nothing", 404, 404},
	    {"/../etc/passwd", 404, 404},
	};

	fake_stats.samples = 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int open = status_of(get(open_port(), cases[i].path));
		int local = status_of(get(local_port(), cases[i].path));

		if (open != cases[i].open || local != cases[i].local)
			fail_msg("%s: %d and %d", cases[i].path, open, local);
	}
}

/* As a proxy is asked: RFC 9112, 3.2.2. Sent as they are, over a raw socket. */
CASE(absolute_targets_are_served)
{
	static const struct {
		const char *target;
		int open, local;
	} cases[] = {
	    {"http://127.0.0.1:9477/metrics", 200, 200},
	    {"HTTP://pod/healthz", 200, 403},
	    {"https://[fd00::1]:9477/readyz", 200, 403},
	    {"http://pod/metrics?name=http://other/alerts", 200, 403},
	    {"http://pod/alerts", 404, 403},
	    {"http://pod:80/api/v2/alerts?active=true", 404, 403},
	    {"http://localhost/alerts", 404, 200},
	    {"HTTP://[::1]:9478/api/v2/alerts?active=true", 404, 200},
	    {"http://pod", 404, 403}, /* the path is "/" */
	    {"http://pod?metrics", 404, 403},
	    {"http://pod/", 404, 403},
	    {"http://pod//metrics", 404, 403},
	    {"http://pod/http://pod/metrics", 404, 403},
	    {"http://user@pod/metrics", 400, 400},
	    {"http://user:word@pod:9477/metrics", 400, 400},
	    {"http:///metrics", 400, 400},
	    {"http://:9477/metrics", 400, 400},
	    {"http:/metrics", 400, 400},
	    {"ftp://pod/metrics", 400, 400},
	    {"metrics", 400, 400},
	};

	fake_stats.samples = 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char request[256];

		snprintf(request, sizeof(request),
			 "GET %s HTTP/1.1\r\nHost: localhost\r\n"
			 "Connection: close\r\n\r\n",
			 cases[i].target);
		int open = status_of(ask(open_port(), request));
		int local = status_of(ask(local_port(), request));
		if (open != cases[i].open || local != cases[i].local)
			fail_msg("%s: %d and %d", cases[i].target, open, local);
	}
}

CASE(every_answer_says_not_to_store_and_not_to_guess)
{
	static const char *const paths[] = {"/metrics", "/healthz", "/alerts",
					    "/baseline", "/nothing"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *answer = get(local_port(), paths[i]);

		assert_true(has_header(answer, "Cache-Control: no-store\r\n"));
		assert_true(has_header(answer, "X-Content-Type-Options: nosniff\r\n"));
	}
}

CASE(nothing_on_loopback_is_for_other_origins)
{
	static const char *const paths[] = {"/metrics", "/alerts", "/baseline",
					    "/nothing"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *answer = get(local_port(), paths[i]);

		assert_true(has_header(
		    answer, "Cross-Origin-Resource-Policy: same-origin\r\n"));
		assert_true(has_header(answer, "Content-Security-Policy: default-src "
					       "'none'; frame-ancestors 'none'\r\n"));
		assert_false(has_header(answer, "Access-Control-"));
	}
}

/* Requests of local clients, of web pages, and of names that were made to resolve to
 * loopback. The open port answers them all. */
CASE(foreign_pages_are_refused_on_loopback)
{
	static const struct {
		const char *version, *headers;
		int status;
	} cases[] = {
	    {"1.1", "Host: localhost\r\n", 200},
	    {"1.1", "Host: LocalHost:9478\r\n", 200},
	    {"1.1", "Host: 127.0.0.1:1234\r\n", 200},
	    {"1.1", "Host: [::1]:80\r\n", 200},
	    {"1.0", "", 200},
	    {"1.0", "Host: evil.example\r\n", 403},
	    {"1.1", "Host: evil.example\r\n", 403},
	    {"1.1", "Host: localhost.evil.example\r\n", 403},
	    {"1.1", "Host: 10.1.2.3:9478\r\n", 403},
	    {"1.1", "Host:\r\n", 403},
	    {"1.1", "Host: localhost\r\nOrigin: http://localhost\r\n", 200},
	    {"1.1", "Host: [::1]:9\r\nOrigin: http://[::1]:9\r\n", 200},
	    {"1.1", "Host: localhost:9\r\nOrigin: http://localhost\r\n", 403},
	    {"1.1", "Host: localhost\r\nOrigin: http://evil.example\r\n", 403},
	    {"1.1", "Host: localhost\r\nOrigin: null\r\n", 403},
	    {"1.0", "Origin: http://localhost\r\n", 403},
	    {"1.1",
	     "Host: localhost\r\nOrigin: http://localhost\r\n"
	     "Origin: http://evil.example\r\n",
	     403},
	    {"1.1", "Host: localhost\r\nSec-Fetch-Site: none\r\n", 200},
	    {"1.1", "Host: localhost\r\nSec-Fetch-Site: same-origin\r\n", 200},
	    {"1.1", "Host: localhost\r\nSec-Fetch-Site: same-site\r\n", 403},
	    {"1.1",
	     "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n"
	     "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n",
	     403},
	    {"1.1",
	     "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n"
	     "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n",
	     403},
	    {"1.1",
	     "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n"
	     "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
	     200},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char request[512];

		snprintf(request, sizeof(request),
			 "GET /metrics HTTP/%s\r\n%sConnection: close\r\n\r\n",
			 cases[i].version, cases[i].headers);
		const char *answer = ask(local_port(), request);
		if (status_of(answer) != cases[i].status)
			fail_msg("%s: %d", cases[i].headers, status_of(answer));
		if (cases[i].status == 403)
			assert_null(strstr(answer, "dormouse_"));
		assert_int_equal(status_of(ask(open_port(), request)), 200);
	}
	/* More than one Host, or none in HTTP/1.1, is refused by one side or the
	 * other. */
	int status = status_of(ask(local_port(), "GET /alerts HTTP/1.1\r\n"
						 "Connection: close\r\n\r\n"));
	assert_true(status == 400 || status == 403);
	status =
	    status_of(ask(local_port(), "GET /alerts HTTP/1.1\r\nHost: localhost\r\n"
					"Host: evil.example\r\n"
					"Connection: close\r\n\r\n"));
	assert_true(status == 400 || status == 403);
}

static unsigned families_of(uint16_t port, const char *headers)
{
	char request[256];
	unsigned count = 0;

	snprintf(request, sizeof(request), "GET /metrics HTTP/1.0\r\n%s\r\n", headers);
	const char *answer = ask(port, request);
	assert_int_equal(status_of(answer), 200);
	assert_true(has_header(answer, "Vary: Accept, Authorization\r\n"));
	for (const char *at = answer; (at = strstr(at, "\n# TYPE ")); at++)
		count++;
	return count;
}

/* The pages of one sample, in turn and at the same time, are not mixed. */
CASE(detail_is_for_loopback_and_for_whom_it_is_meant)
{
	static const char right[] = "Authorization: Bearer secret\r\n";
	struct metrics_access access = {.detail = METRICS_FULL};
	FILE *file;

	fake_source.metrics = &access;
	unsigned full = families_of(open_port(), "");
	access.detail = METRICS_COUNTERS;
	unsigned counters = families_of(open_port(), "");
	assert_true(counters + 10 < full);
	assert_int_equal(families_of(local_port(), ""), full);
	assert_int_equal(families_of(open_port(), right), counters);

	access = (struct metrics_access){.detail = METRICS_FULL};
	snprintf(access.token_path, sizeof(access.token_path), "/tmp/token-%d",
		 getpid());
	for (int i = 0; i < 3; i++) {
		unlink(access.token_path);
		assert_int_equal(families_of(open_port(), right), counters);
		file = fopen(access.token_path, "w");
		assert_non_null(file);
		fputs(i % 2 ? "other\n" : "secret\n", file);
		fclose(file);
		assert_int_equal(families_of(open_port(), right),
				 i % 2 ? counters : full);
		assert_int_equal(families_of(open_port(), ""), counters);
		assert_int_equal(
		    families_of(open_port(), "Authorization: Bearer secrets\r\n"),
		    counters);
		assert_int_equal(families_of(local_port(), ""), full);
	}
	unlink(access.token_path);
	fake_source.metrics = NULL;
}

CASE(head_is_get_without_the_body)
{
	static const char *const paths[] = {"/metrics", "/healthz", "/alerts",
					    "/nothing"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char request[128];
		int expected = status_of(get(local_port(), paths[i]));

		snprintf(request, sizeof(request), "HEAD %s HTTP/1.0\r\n\r\n",
			 paths[i]);
		const char *answer = ask(local_port(), request);
		assert_int_equal(status_of(answer), expected);
		assert_string_equal(body_of(answer), "");
	}
}

CASE(other_methods_are_refused_and_told_which_will_do)
{
	static const char *const methods[] = {"POST",  "PUT",     "DELETE",
					      "PATCH", "OPTIONS", "BREW"};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		char request[128];

		snprintf(request, sizeof(request),
			 "%s /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n"
			 "abc",
			 methods[i]);
		/* It is closed, although HTTP/1.1 would keep it: ask() returns. */
		const char *answer = ask(open_port(), request);
		assert_int_equal(status_of(answer), 405);
		assert_true(has_header(answer, "Allow: GET, HEAD\r\n"));
		assert_true(strlen(body_of(answer)) < 32);
	}
}

CASE(a_body_is_refused)
{
	const char *answer = ask(open_port(), "GET /metrics HTTP/1.1\r\nHost: x\r\n"
					      "Content-Length: 3\r\n\r\nabc");
	assert_int_equal(status_of(answer), 413);
	answer = ask(open_port(), "GET /metrics HTTP/1.1\r\nHost: x\r\n"
				  "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
	assert_int_equal(status_of(answer), 413);
	answer = ask(open_port(), "GET /metrics HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(status_of(answer), 200);
}

CASE(rubbish_and_great_heads_are_refused)
{
	static char request[64 * 1024];

	int status = status_of(ask(open_port(), "\x16\x03\x01\r\n\r\n"));
	assert_true(status == -1 || status == 400);

	size_t length =
	    (size_t)snprintf(request, sizeof(request), "GET /metrics HTTP/1.0\r\nX: ");
	memset(request + length, 'x', 32 * 1024);
	memcpy(request + length + 32 * 1024, "\r\n\r\n", 5);
	/* Refused with a status, or cut off while it is still sending. */
	status = status_of(ask(open_port(), request));
	if (status != -1 && (status < 400 || status > 499))
		fail_msg("status %d", status);

	length = (size_t)snprintf(request, sizeof(request), "GET /");
	memset(request + length, 'x', 32 * 1024);
	memcpy(request + length + 32 * 1024, " HTTP/1.0\r\n\r\n", 14);
	status = status_of(ask(open_port(), request));
	if (status != -1 && (status < 400 || status > 499))
		fail_msg("status %d", status);
	assert_int_equal(status_of(get(open_port(), "/healthz")), 200);
}

CASE(health_follows_the_samples)
{
	double now = (double)time(NULL);

	assert_int_equal(status_of(get(open_port(), "/healthz")), 200);
	fake_stats.started_at = now - 60;
	assert_int_equal(status_of(get(open_port(), "/healthz")), 503);
	fake_stats.last_sample_at = now - 30;
	assert_int_equal(status_of(get(open_port(), "/healthz")), 200);
	fake_stats.last_sample_at = now - 40;
	assert_int_equal(status_of(get(open_port(), "/healthz")), 503);
	assert_non_null(strstr(received, "no sample"));
}

CASE(readiness_begins_with_the_first_sample_and_ends_with_the_stop)
{
	assert_int_equal(status_of(get(open_port(), "/readyz")), 503);
	assert_string_equal(body_of(received), "starting\n");
	fake_stats.samples = 1;
	assert_int_equal(status_of(get(open_port(), "/readyz")), 200);
	fake_stats.stopping = true;
	assert_int_equal(status_of(get(open_port(), "/readyz")), 503);
	assert_string_equal(body_of(received), "stopping\n");
}

CASE(alerts_have_the_shape_of_the_design)
{
	fake_alert(ALERT_EGRESS_VOLUME, 1.7e9, 1.7e9 + 60);
	fake_alert(ALERT_DORMANCY_BREAK, 1.7e9 + 100, 0);
	cJSON *json = get_json("/alerts");
	const cJSON *alerts = cJSON_GetObjectItemCaseSensitive(json, "alerts");

	assert_string_equal(string_at(json, "state"), "dormant");
	assert_string_equal(
	    string_at(cJSON_GetObjectItemCaseSensitive(json, "pod"), "name"),
	    "cart-7d9f");
	assert_int_equal(cJSON_GetArraySize(alerts), 2);
	assert_string_equal(string_at(cJSON_GetArrayItem(alerts, 0), "kind"),
			    "dormancy-break");
	assert_string_equal(string_at(cJSON_GetArrayItem(alerts, 1), "status"),
			    "resolved");
	cJSON_Delete(json);
}

CASE(a_pod_without_alerts_has_empty_lists)
{
	cJSON *json = get_json("/alerts");

	assert_int_equal(
	    cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "alerts")), 0);
	cJSON_Delete(json);
	json = get_json("/api/v2/alerts");
	assert_true(cJSON_IsArray(json));
	assert_int_equal(cJSON_GetArraySize(json), 0);
	cJSON_Delete(json);
	json = get_json("/api/v2/alerts/groups");
	assert_int_equal(cJSON_GetArraySize(json), 0);
	cJSON_Delete(json);
}

CASE(sixty_four_alerts_of_the_greatest_size_are_whole)
{
	fake_book.json_length = ALERT_JSON_MAX;
	for (int i = 0; i < ALERTS_REMEMBERED; i++)
		fake_alert(ALERT_EGRESS_VOLUME, 1.7e9 + i, 1.7e9 + 60);
	cJSON *json = get_json("/alerts");

	assert_true(strlen(body_of(received)) > ALERTS_REMEMBERED * 8000);
	assert_int_equal(
	    cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "alerts")),
	    ALERTS_REMEMBERED);
	cJSON_Delete(json);
}

CASE(alertmanager_sees_what_fires)
{
	fake_alert(ALERT_EGRESS_VOLUME, 1.7e9, 1.7e9 + 60);
	fake_alert(ALERT_DORMANCY_BREAK, 1.7e9 + 100, 0);
	cJSON *json = get_json("/api/v2/alerts?active=true");
	const cJSON *alert = cJSON_GetArrayItem(json, 0);
	const cJSON *labels = cJSON_GetObjectItemCaseSensitive(alert, "labels");
	const cJSON *status = cJSON_GetObjectItemCaseSensitive(alert, "status");

	assert_int_equal(cJSON_GetArraySize(json), 1);
	assert_string_equal(string_at(labels, "alertname"), "DormouseDormancyBreak");
	assert_string_equal(string_at(labels, "kind"), "dormancy-break");
	assert_string_equal(string_at(labels, "severity"), "high");
	assert_string_equal(string_at(labels, "signal"), "tx_bytes");
	assert_string_equal(string_at(labels, "namespace"), "shop");
	assert_string_equal(string_at(labels, "pod"), "cart-7d9f");
	assert_false(cJSON_HasObjectItem(labels, "cluster"));
	assert_string_equal(string_at(status, "state"), "active");
	assert_true(cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(status, "mutedBy")));
	assert_string_equal(string_at(alert, "startsAt"), "2023-11-14T22:15:00.000Z");
	assert_int_equal(strlen(string_at(alert, "fingerprint")), 16);
	assert_true(strlen(string_at(alert, "endsAt")) > 20);
	assert_true(cJSON_HasObjectItem(alert, "updatedAt"));
	assert_true(cJSON_HasObjectItem(alert, "receivers"));
	assert_non_null(
	    strstr(string_at(cJSON_GetObjectItemCaseSensitive(alert, "annotations"),
			     "summary"),
		   "\"2.0 kB/s\""));
	cJSON_Delete(json);

	json = get_json("/api/v2/alerts?active=false");
	assert_int_equal(cJSON_GetArraySize(json), 0);
	cJSON_Delete(json);
}

/* Two alerts fire: DormouseDormancyBreak and DormouseEgressVolume, both of severity
 * high, in the namespace shop. */
CASE(alertmanager_finds_what_is_asked_for)
{
	static const struct {
		const char *query;
		int found;
	} cases[] = {
	    {"", 2},
	    {"?", 2},
	    {"?filter=alertname%3D%22Nope%22", 0},
	    {"?filter=alertname%3DNope", 0},
	    {"?filter=alertname=DormouseDormancyBreak", 1},
	    {"?filter=alertname=\"DormouseDormancyBreak\"", 1},
	    {"?filter=alertname!=DormouseDormancyBreak", 1},
	    {"?filter=alertname%3D~%22Dormouse.*%22", 2},
	    {"?filter=alertname%3D~Dormouse", 0}, /* the whole value, not a part */
	    {"?filter=alertname!~.*(Break|Volume)", 0},
	    {"?filter=kind%3D~%22dormancy.%2B%22", 1}, /* %2B is a plus */
	    {"?filter=kind%3D~%22dormancy.+%22", 0},   /* and + a blank */
	    {"?filter=severity=high&filter=kind=egress-volume", 1},
	    {"?filter=kind=dormancy-break&filter=kind=egress-volume", 0},
	    {"?filter=namespace=shop&filter=pod=cart-7d9f&filter=node=node-1", 2},
	    {"?filter=workload=deployment/cart&filter=signal=tx_bytes", 2},
	    {"?filter=cluster=", 2}, /* no such label */
	    {"?filter=cluster!=", 0},
	    {"?filter=team=a", 0},
	    {"?filter=team!=a", 2},
	    {"?filter=pod=~(?i)CART-\\d%2B.*", 2},
	    {"?active=true", 2},
	    {"?active=false", 0},
	    {"?active=0", 0},
	    {"?active=YES", 2},
	    {"?active=", 2},
	    {"?active", 2},
	    {"?active=false&active=true", 2},
	    {"?silenced=false&inhibited=false&unprocessed=false&active=true", 2},
	    {"?silenced=true&inhibited=true&unprocessed=true&active=false", 0},
	    {"?receiver=dormouse", 2},
	    {"?receiver=dorm", 0},
	    {"?receiver=dorm.*", 2},
	    {"?receiver=email|dormouse", 2},
	    {"?receiver=", 2},
	    {"?other=1&filter=kind=dormancy-break", 1},
	};

	fake_alert(ALERT_EGRESS_VOLUME, 1.7e9, 0);
	fake_alert(ALERT_DORMANCY_BREAK, 1.7e9 + 100, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[256];

		snprintf(path, sizeof(path), "/api/v2/alerts%s", cases[i].query);
		cJSON *json = get_json(path);
		if (cJSON_GetArraySize(json) != cases[i].found)
			fail_msg("%s: %d alerts", path, cJSON_GetArraySize(json));
		cJSON_Delete(json);

		/* A group of them all, or none. */
		snprintf(path, sizeof(path), "/api/v2/alerts/groups%s", cases[i].query);
		json = get_json(path);
		const cJSON *group = cJSON_GetArrayItem(json, 0);
		assert_int_equal(cJSON_GetArraySize(json), cases[i].found > 0);
		assert_int_equal(
		    cJSON_GetArraySize(cJSON_GetObjectItem(group, "alerts")),
		    cases[i].found);
		cJSON_Delete(json);

		snprintf(path, sizeof(path), "/api/v2/silences%s", cases[i].query);
		json = get_json(path);
		assert_int_equal(cJSON_GetArraySize(json), 0);
		cJSON_Delete(json);
	}
}

CASE(bad_queries_are_refused_with_a_json_string)
{
	static const struct {
		const char *query, *reason;
	} cases[] = {
	    {"?filter=", "bad matcher format: "},
	    {"?filter", "bad matcher format: "},
	    {"?filter=nonsense", "bad matcher format: nonsense"},
	    {"?filter=a=b&filter=!", "bad matcher format: !"},
	    {"?filter=a=\"b", "matcher value contains unescaped double quote: \"b"},
	    {"?filter=a=%00b", "bad matcher format: a NUL in a="},
	    {"?filter=a=%FF", "matcher value not valid UTF-8: ?"},
	    {"?filter=a=~(", "error parsing regexp: missing closing ): `(`"},
	    {"?filter=a=~(b{1000}){1000}",
	     "error parsing regexp: expression too large"},
	    {"?receiver=[", "failed to parse receiver param: error parsing regexp"},
	};
	static const char *const paths[] = {"alerts", "alerts/groups", "silences"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) * 3; i++) {
		char path[256];

		snprintf(path, sizeof(path), "/api/v2/%s%s", paths[i % 3],
			 cases[i / 3].query);
		const char *answer = get(local_port(), path);
		if (status_of(answer) != 400)
			fail_msg("%s: %d", path, status_of(answer));
		assert_true(has_header(answer, "Content-Type: application/json\r\n"));
		cJSON *json = cJSON_ParseWithOpts(body_of(answer), NULL, true);
		const char *reason = cJSON_GetStringValue(json);
		if (!reason || strncmp(reason, cases[i / 3].reason,
				       strlen(cases[i / 3].reason)) != 0)
			fail_msg("%s: %s", path, answer);
		cJSON_Delete(json);
	}
}

/* As many expensive expressions as a head has room for. */
CASE(no_query_keeps_the_monitor_for_long)
{
	static char request[16 * 1024];
	struct text t = text_over(request, sizeof(request));
	static char name[251];

	memset(name, 'a', sizeof(name) - 1);
	fake_pod.name = name;
	for (int i = 0; i < ALERTS_REMEMBERED; i++)
		fake_alert(ALERT_EGRESS_VOLUME, 1.7e9 + i, 0);
	text_put(&t, "GET /api/v2/alerts?x");
	for (int i = 0; i < 60; i++)
		text_put(&t, "&filter=pod=~(a?){150}(a*)*a{150}.*");
	text_put(&t, " HTTP/1.0\r\n\r\n");
	assert_false(t.overflowed);
	const char *answer = ask(local_port(), request);
	assert_int_equal(status_of(answer), 400);
	assert_string_equal(body_of(answer),
			    "\"the matchers take too long to evaluate\"\n");
}

CASE(the_status_tells_of_every_signal)
{
	fake_detector.judged[SIGNAL_UDP_TX_BYTES] = false;
	fake_detector.views[SIGNAL_UDP_TX_BYTES].threshold = 0;
	cJSON *json = get_json("/status");
	const cJSON *signals = cJSON_GetObjectItemCaseSensitive(json, "signals");
	const cJSON *learnt = cJSON_GetObjectItemCaseSensitive(json, "learnt");

	assert_string_equal(string_at(json, "state"), "dormant");
	assert_string_equal(string_at(json, "stateSince"), "2023-11-14T22:13:20.000Z");
	assert_string_equal(string_at(learnt, "since"), "2023-11-14T21:13:20.000Z");
	assert_int_equal(cJSON_GetArraySize(signals), SIGNAL_COUNT);
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		const cJSON *signal = cJSON_GetArrayItem(signals, i);
		const cJSON *value = cJSON_GetObjectItemCaseSensitive(signal, "value");

		assert_string_equal(string_at(signal, "signal"), signal_name(i));
		assert_true(i == SIGNAL_UDP_TX_BYTES ? cJSON_IsNull(value)
						     : cJSON_IsNumber(value));
		const cJSON *threshold =
		    cJSON_GetObjectItemCaseSensitive(signal, "threshold");
		assert_true(i == SIGNAL_UDP_TX_BYTES
				? cJSON_IsNull(threshold)
				: cJSON_GetNumberValue(threshold) == 1000.5);
	}
	cJSON_Delete(json);
}

CASE(the_status_tells_of_every_routine)
{
	fake_detector.routines[3] = (struct routine_view){.number = 1,
							  .signal = SIGNAL_TX_BYTES,
							  .times = 4,
							  .first = 1.7e9,
							  .last = 1.7e9 + 39 * 86400,
							  .typical_bytes = 1.2e9,
							  .most_bytes = 1.4e9,
							  .days = ROUTINE_INTERVAL,
							  .every_days = 13,
							  .second_of_day = 7800};
	fake_detector.routines[ROUTINES_MAX - 1] =
	    (struct routine_view){.number = 2, .days = ROUTINE_NO_FIXED_TIME};
	cJSON *json = get_json("/status");
	const cJSON *routines = cJSON_GetObjectItemCaseSensitive(json, "routines");
	const cJSON *first = cJSON_GetArrayItem(routines, 0);
	const cJSON *calendar = cJSON_GetObjectItemCaseSensitive(first, "calendar");

	assert_int_equal(cJSON_GetArraySize(routines), 2);
	assert_string_equal(string_at(calendar, "words"),
			    "each 13 days around 02:10 UTC");
	assert_string_equal(string_at(calendar, "days"), "interval");
	assert_string_equal(string_at(calendar, "timeOfDay"), "02:10");
	assert_string_equal(string_at(first, "first"), "2023-11-14T22:13:20.000Z");
	assert_true(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(
			first, "typicalBytes")) == 1.2e9);
	calendar = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(routines, 1),
						    "calendar");
	assert_string_equal(string_at(calendar, "words"), "no fixed time");
	assert_false(cJSON_HasObjectItem(calendar, "timeOfDay"));
	cJSON_Delete(json);
}

CASE(an_absurd_identity_does_not_spoil_the_answers)
{
	static char images[64 * 1024];

	memset(images, '"', sizeof(images) - 1);
	fake_pod.images = images;
	fake_pod.workload = images;
	fake_alert(ALERT_DORMANCY_BREAK, 1.7e9, 0);
	cJSON_Delete(get_json("/alerts"));
	cJSON_Delete(get_json("/status"));
	cJSON_Delete(get_json("/baseline"));
	cJSON_Delete(get_json("/api/v2/alerts"));
}

int main(void)
{
#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, stop)
	const struct CMUnitTest tests[] = {
	    SERVED(metrics_are_text_unless_openmetrics_is_asked_for),
	    SERVED(each_path_is_where_it_belongs),
	    SERVED(absolute_targets_are_served),
	    SERVED(every_answer_says_not_to_store_and_not_to_guess),
	    SERVED(nothing_on_loopback_is_for_other_origins),
	    SERVED(foreign_pages_are_refused_on_loopback),
	    SERVED(detail_is_for_loopback_and_for_whom_it_is_meant),
	    SERVED(head_is_get_without_the_body),
	    SERVED(other_methods_are_refused_and_told_which_will_do),
	    SERVED(a_body_is_refused),
	    SERVED(rubbish_and_great_heads_are_refused),
	    SERVED(health_follows_the_samples),
	    SERVED(readiness_begins_with_the_first_sample_and_ends_with_the_stop),
	    SERVED(alerts_have_the_shape_of_the_design),
	    SERVED(a_pod_without_alerts_has_empty_lists),
	    SERVED(sixty_four_alerts_of_the_greatest_size_are_whole),
	    SERVED(alertmanager_sees_what_fires),
	    SERVED(alertmanager_finds_what_is_asked_for),
	    SERVED(bad_queries_are_refused_with_a_json_string),
	    SERVED(no_query_keeps_the_monitor_for_long),
	    SERVED(the_status_tells_of_every_signal),
	    SERVED(the_status_tells_of_every_routine),
	    SERVED(an_absurd_identity_does_not_spoil_the_answers),
	};

	fake_quiet_pod();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

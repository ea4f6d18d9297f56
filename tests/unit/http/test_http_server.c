/* SPDX-License-Identifier: Apache-2.0 */
/* test_http_server.c - a server and its table of routes, asked over loopback: what a
 * handler gets, what is answered without one, who comes in and who is cut. */
#include <stdarg.h>
#include <stddef.h>
#include <sys/epoll.h>

#include "../support/client_fixture.h"
#include "../support/testing.h"
#include "base/text.h"
#include "http/crowd.h"
#include "http/http_server.h"

#define BODY_MAX 100000

static struct http_server *server;
static int epoll_fd;

/* What the loop calls now: the clock, and so much more. */
static double later_s;

bool turn(int fd, short events, int ms)
{
	struct pollfd fds[2] = {{epoll_fd, POLLIN, 0}, {fd, events, 0}};
	int timeout = http_servers_timeout_ms(&server, 1);

	if (timeout < 0 || timeout > ms)
		timeout = ms;
	poll(fds, 2, timeout);
	http_servers_process(&server, 1, clock_monotonic() + later_s);
	return fds[1].revents != 0;
}

/* --- the server of these tests -------------------------------------------------------
 */
static enum MHD_Result answer_hello(void *context, const struct http_request *r)
{
	(void)context;
	return http_answer_line(r, 200, "hello");
}

/* Answers with the length of the body and its first byte. */
static enum MHD_Result answer_length(void *context, const struct http_request *r)
{
	char line[64];

	(void)context;
	if (r->body_length == 0)
		return http_refuse(r, 400, "empty");
	snprintf(line, sizeof(line), "%zu of %c", r->body_length, r->body[0]);
	return http_answer_line(r, 200, line);
}

static const struct http_route table[] = {
    {.path = "/hello", .answer = answer_hello},
    {.path = "/post",
     .methods = HTTP_POST,
     .answer = answer_length,
     .media_type = HTTP_JSON,
     .body_max = BODY_MAX,
     .body_flag = "--body"},
};

static struct {
	unsigned count, status;
	char line[128];
} refused;

static void note_refused(void *context, unsigned status, const char *line)
{
	(void)context;
	refused.count++;
	refused.status = status;
	snprintf(refused.line, sizeof(refused.line), "%s", line);
}

static struct {
	unsigned made, answered, closing;
	int open[64];
	unsigned count;
} own;

static void note_own(void *context, int fd, bool closing)
{
	unsigned at = 0;

	(void)context;
	while (at < own.count && own.open[at] != fd)
		at++;
	if (at == own.count) {
		assert_false(closing);
		own.open[own.count++] = fd;
		own.made++;
	} else if (closing) {
		own.open[at] = own.open[--own.count];
		own.closing++;
	} else {
		own.answered++;
	}
}

static struct http_routes routes;
static struct listen_address where;
static struct http_settings settings;

static int start(void **state)
{
	struct error err;

	(void)state;
	memset(&refused, 0, sizeof(refused));
	memset(&own, 0, sizeof(own));
	later_s = 0;
	routes = (struct http_routes){.table = table,
				      .count = sizeof(table) / sizeof(table[0]),
				      .not_found = "not here",
				      .bodies = {.all_max = 2 * BODY_MAX},
				      .refused = note_refused};
	settings = (struct http_settings){.where = &where,
					  .flag = "--listen",
					  .limits = {.max = 8,
						     .host_max = 8,
						     .backlog = 64,
						     .bytes = 8192,
						     .idle_s = 100,
						     .request_s = 200},
					  .routes = &routes,
					  .own_socket = note_own};
	if (parse_listen("127.0.0.1:0", &where) < 0)
		return -1;
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	server = http_server_open(&settings, epoll_fd, &err);
	return server ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	http_server_close(server);
	http_routes_clear(&routes);
	close(epoll_fd);
	return own.count == 0 ? 0 : -1;
}

static char *ask_for(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Sends a request that ends with the connection. */
static char *ask_for(const char *format, ...)
{
	static char request[4 * BODY_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(request, sizeof(request), format, arguments);
	va_end(arguments);
	return ask(http_server_port(server), request);
}

static void assert_refused(unsigned status, const char *line, const char *answer)
{
	assert_int_equal(status_of(answer), status);
	assert_int_equal(refused.status, status);
	assert_string_equal(refused.line, line);
	assert_memory_equal(body_of(answer), line, strlen(line));
	assert_string_equal(body_of(answer) + strlen(line), "\n");
	assert_non_null(strstr(answer, "\r\nContent-Type: text/plain; "));
}

/* --- routes --------------------------------------------------------------------------
 */
CASE(a_route_is_found_by_path_in_each_form_of_target)
{
	static const struct {
		const char *target;
		int status;
	} cases[] = {
	    {"/hello", 200},
	    {"/hello?name=value", 200},
	    {"http://pod/hello", 200},
	    {"HTTPS://pod:1/hello?x", 200},
	    {"/hello/", 404},
	    {"http://pod", 404},
	    {"http://pod/http://pod/hello", 404},
	    {"http://user@pod/hello", 400},
	    {"hello", 400},
	    {"*", 400},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = status_of(ask_for("GET %s HTTP/1.1\r\nHost: x\r\n"
					       "Connection: close\r\n\r\n",
					       cases[i].target));
		if (status != cases[i].status)
			fail_msg("%s: %d", cases[i].target, status);
	}
	assert_int_equal(refused.count, 6);
	assert_refused(404, "not here", ask_for("GET /x HTTP/1.0\r\n\r\n"));
}

CASE(head_has_no_body_and_no_answer_is_stored_or_guessed)
{
	const char *answer = ask_for("HEAD /hello HTTP/1.0\r\n\r\n");

	assert_int_equal(status_of(answer), 200);
	assert_string_equal(body_of(answer), "");
	assert_non_null(strstr(answer, "\r\nContent-Length: 6\r\n"));
	assert_non_null(strstr(answer, "\r\nCache-Control: no-store\r\n"));
	assert_non_null(strstr(answer, "\r\nX-Content-Type-Options: nosniff\r\n"));
}

CASE(another_method_is_told_which_will_do)
{
	static const char *const methods[] = {"POST", "PUT", "DELETE", "BREW"};

	for (size_t i = 0; i < 4; i++) {
		const char *answer = ask_for("%s /hello HTTP/1.1\r\nHost: x\r\n"
					     "Content-Length: 3\r\n\r\nabc",
					     methods[i]);
		assert_refused(405, "only GET and HEAD", answer);
		assert_non_null(strstr(answer, "\r\nAllow: GET, HEAD\r\n"));
		assert_non_null(strstr(answer, "\r\nConnection: close\r\n"));
	}
	const char *answer = ask_for("GET /post HTTP/1.0\r\n\r\n");
	assert_refused(405, "only POST", answer);
	assert_non_null(strstr(answer, "\r\nAllow: POST\r\n"));
}

CASE(a_body_where_none_is_taken_is_refused)
{
	assert_refused(413, "this path accepts no body",
		       ask_for("GET /hello HTTP/1.1\r\nHost: x\r\n"
			       "Content-Length: 3\r\n\r\nabc"));
	assert_refused(413, "this path accepts no body",
		       ask_for("GET /hello HTTP/1.1\r\nHost: x\r\n"
			       "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"));
	assert_int_equal(status_of(ask_for("GET /hello HTTP/1.0\r\n"
					   "Content-Length: 0\r\n\r\n")),
			 200);
}

/* --- bodies --------------------------------------------------------------------------
 */
static char *post(const char *type, size_t length)
{
	static char body[2 * BODY_MAX];

	memset(body, 'b', length);
	body[length] = '\0';
	return ask_for("POST /post HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		       "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
		       type, length, body);
}

CASE(a_body_reaches_its_handler_whole)
{
	assert_string_equal(body_of(post("application/json", 1)), "1 of b\n");
	assert_string_equal(body_of(post("Application/JSON; charset=utf-8", 50000)),
			    "50000 of b\n");
	assert_string_equal(body_of(post("application/json", BODY_MAX)),
			    "100000 of b\n");
	assert_int_equal(refused.count, 0);
	assert_int_equal(routes.bodies.used, 0);
	assert_refused(400, "empty", post("application/json", 0));
}

CASE(a_body_of_another_type_or_size_is_refused_by_its_head)
{
	const char *answer = post("application/jsonx", 10);
	assert_refused(415, "the Content-Type must be application/json", answer);
	assert_non_null(strstr(answer, "\r\nAccept: application/json\r\n"));
	/* The client sends it all the same, and has the answer nevertheless. */
	assert_refused(413, "the body is over 100000 bytes (--body)",
		       post("application/json", BODY_MAX + 1));
}

/* Its length is not announced. */
CASE(a_body_that_grows_too_large_is_refused_midway)
{
	static char chunks[2 * BODY_MAX];
	struct text t = text_over(chunks, sizeof(chunks));

	for (size_t length = 0; length <= BODY_MAX; length += 100)
		text_printf(&t, "64\r\n%0100d\r\n", 7);
	assert_false(t.overflowed);
	assert_refused(413, "the body is over 100000 bytes (--body)",
		       ask_for("POST /post HTTP/1.1\r\nHost: x\r\n"
			       "Content-Type: application/json\r\n"
			       "Transfer-Encoding: chunked\r\n\r\n%s",
			       chunks));
	assert_int_equal(routes.bodies.used, 0);
}

CASE(large_bodies_wait_for_no_room)
{
	routes.bodies.all_max = 50000;
	const char *answer = post("application/json", 60000);
	assert_refused(503, "too many large bodies at the moment", answer);
	assert_non_null(strstr(answer, "\r\nRetry-After: 1\r\n"));
}

CASE(the_last_answers_end_their_connections)
{
	static const char request[] = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

	routes.closing = true;
	assert_non_null(strstr(ask_for("%s", request), "\r\nConnection: close\r\n"));
}

/* --- connections ---------------------------------------------------------------------
 */
static int open_connection(void)
{
	int fd = connect_to("127.0.0.1", http_server_port(server));
	unsigned open = http_server_connections(server);
	double deadline = clock_monotonic() + DEADLINE_S;

	assert_true(fd >= 0);
	while (http_server_connections(server) == open && clock_monotonic() < deadline)
		turn(-1, 0, 10);
	return fd;
}

/* An answer on a connection that stays. */
static void ask_on(int fd)
{
	static const char request[] = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
	char answer[1024];
	double deadline = clock_monotonic() + DEADLINE_S;

	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	while (!turn(fd, POLLIN, 1000) && clock_monotonic() < deadline)
		;
	assert_true(recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 20);
}

static bool is_closed(int fd)
{
	char byte;

	for (int i = 0; i < 10; i++)
		turn(-1, 0, 1);
	return recv(fd, &byte, 1, MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

static uint64_t cut(enum http_cut why)
{
	return http_server_counters(server)->cut[why];
}

CASE(retired_connections_have_one_more_answer_and_later_ones_stay)
{
	int asked = open_connection(), silent = open_connection();

	ask_on(asked);
	http_server_retire_connections(server);
	int later = open_connection();
	assert_false(is_closed(asked));
	assert_false(is_closed(silent));
	ask_on(asked);
	ask_on(silent);
	ask_on(later);
	assert_true(is_closed(asked));
	assert_true(is_closed(silent));
	assert_false(is_closed(later));
	close(asked);
	close(silent);
	close(later);
}

CASE(own_sockets_are_told_of)
{
	assert_int_equal(own.made, 1); /* it listens */
	int fd = open_connection();
	assert_int_equal(own.made, 2);
	ask_on(fd);
	assert_int_equal(own.answered, 1);
	ask_on(fd);
	assert_int_equal(own.answered, 2);
	assert_int_equal(own.closing, 0);
	close(fd);
	for (int i = 0; i < 10; i++)
		turn(-1, 0, 10);
	assert_int_equal(own.closing, 1);
	assert_int_equal(http_server_connections(server), 0);
	/* stop() checks that the listener was told of. */
}

CASE(who_is_idle_for_long_is_cut)
{
	int fd = open_connection();
	ask_on(fd);
	later_s = 99;
	assert_false(is_closed(fd));
	later_s = 101;
	assert_true(is_closed(fd));
	assert_int_equal(cut(HTTP_CUT_IDLE), 1);
	close(fd);
}

/* A client that sends a byte now and then is never idle. */
CASE(who_takes_long_to_ask_is_cut)
{
	int fd = open_connection();
	assert_int_equal(send(fd, "GET /hello HTTP/1.1\r\n", 21, 0), 21);
	for (later_s = 0; later_s < 195; later_s += 10) {
		assert_int_equal(send(fd, "X", 1, MSG_NOSIGNAL), 1);
		assert_false(is_closed(fd));
	}
	later_s = 201;
	assert_int_equal(send(fd, "X", 1, MSG_NOSIGNAL), 1);
	assert_true(is_closed(fd));
	assert_int_equal(cut(HTTP_CUT_REQUEST), 1);
	close(fd);
}

/* All of one host: it can take places of its own, and who has not asked goes first. */
CASE(a_newcomer_replaces_who_says_nothing)
{
	int asked[4], silent[4];

	for (int i = 0; i < 4; i++) {
		asked[i] = open_connection();
		ask_on(asked[i]);
		silent[i] = open_connection();
	}
	later_s = CROWD_TRADES_S + 1;
	int fd = connect_to("127.0.0.1", http_server_port(server));
	ask_on(fd);
	assert_int_equal(cut(HTTP_CUT_CROWDED), 1);
	assert_true(is_closed(silent[0]));
	assert_int_equal(http_server_connections(server), 8);
	close(fd);
	for (int i = 0; i < 4; i++) {
		close(asked[i]);
		close(silent[i]);
	}
}

CASE(who_holds_the_places_is_told_once)
{
	struct error complaint;
	int fds[10];

	assert_false(http_server_complaint(server, 1000, &complaint));
	for (int i = 0; i < 8; i++)
		fds[i] = open_connection();
	fds[8] = connect_to("127.0.0.1", http_server_port(server));
	fds[9] = connect_to("127.0.0.1", http_server_port(server));
	assert_true(is_closed(fds[8]) && is_closed(fds[9]));
	assert_int_equal(http_server_counters(server)->refused[HTTP_REFUSED_SHARE], 2);
	assert_true(http_server_complaint(server, 1000, &complaint));
	assert_non_null(strstr(complaint.text,
			       "all 8 places of 127.0.0.1:0 are taken, "
			       "8 by 127.0.0.1: 2 connections refused"));
	assert_false(http_server_complaint(server, 1100, &complaint));
	for (int i = 0; i < 10; i++)
		close(fds[i]);
}

/* Connections that come in one turn are judged one after the other. */
CASE(many_at_once_never_hold_more_than_there_are_places)
{
	int fds[40];

	for (int i = 0; i < 40; i++)
		fds[i] = connect_to("127.0.0.1", http_server_port(server));
	for (int i = 0; i < 40; i++) {
		turn(-1, 0, 1);
		assert_true(http_server_connections(server) <= 8);
	}
	assert_int_equal(http_server_connections(server), 8);
	assert_int_equal(http_server_counters(server)->refused[HTTP_REFUSED_SHARE], 32);
	for (int i = 0; i < 40; i++)
		close(fds[i]);
}

int main(void)
{
#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, stop)
	const struct CMUnitTest tests[] = {
	    SERVED(a_route_is_found_by_path_in_each_form_of_target),
	    SERVED(head_has_no_body_and_no_answer_is_stored_or_guessed),
	    SERVED(another_method_is_told_which_will_do),
	    SERVED(a_body_where_none_is_taken_is_refused),
	    SERVED(a_body_reaches_its_handler_whole),
	    SERVED(a_body_of_another_type_or_size_is_refused_by_its_head),
	    SERVED(a_body_that_grows_too_large_is_refused_midway),
	    SERVED(large_bodies_wait_for_no_room),
	    SERVED(the_last_answers_end_their_connections),
	    SERVED(retired_connections_have_one_more_answer_and_later_ones_stay),
	    SERVED(own_sockets_are_told_of),
	    SERVED(who_is_idle_for_long_is_cut),
	    SERVED(who_takes_long_to_ask_is_cut),
	    SERVED(a_newcomer_replaces_who_says_nothing),
	    SERVED(who_holds_the_places_is_told_once),
	    SERVED(many_at_once_never_hold_more_than_there_are_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

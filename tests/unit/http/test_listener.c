/* SPDX-License-Identifier: Apache-2.0 */
/* test_listener.c - a listening socket that cannot be had, is lost, or has no
 * descriptors to accept with. The tests pass the time. */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../support/testing.h"
#include "config/parse.h"
#include "http/listen.h"
#include "http/listener.h"

/* A free port is taken at most so long after the last attempt, seconds. */
#define TAKEN_WITHIN_S 5.0

static struct listen_address where;
static struct http_settings settings;
static struct listener listener;
static int epoll_fd, known_as_own;

static void note_own(void *context, int fd, bool closing)
{
	(void)context;
	assert_true(fd >= 0);
	known_as_own += closing ? -1 : 1;
}

static int start(void **state)
{
	(void)state;
	known_as_own = 0;
	settings = (struct http_settings){.where = &where,
					  .flag = "--listen",
					  .limits = {.backlog = 16},
					  .own_socket = note_own};
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd < 0;
}

static int stop(void **state)
{
	(void)state;
	listener_close(&listener);
	assert_true(listener_due_s(&listener, 0) < 0);
	assert_int_equal(known_as_own, 0);
	close(epoll_fd);
	return 0;
}

static void set_address(const char *text)
{
	assert_int_equal(parse_listen(text, &where), 0);
}

/* A socket bound to a free port of that address; `*port` is that port. */
static int bound(const char *text, uint16_t *port)
{
	struct listen_address at;
	struct sockaddr_in6 in6;
	socklen_t length = sizeof(in6);

	assert_int_equal(parse_listen(text, &at), 0);
	int fd = socket(at.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at.address, at.length), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in6, &length), 0);
	*port = ntohs(in6.sin6_port); /* at the same place in both families */
	return fd;
}

static void set_port(const char *host, uint16_t port)
{
	char text[64];

	snprintf(text, sizeof(text), "%s:%u", host, port);
	set_address(text);
}

static bool is_ready(void)
{
	struct epoll_event event;

	return epoll_wait(epoll_fd, &event, 1, 1000) == 1;
}

static int client(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static enum accepted accept_at(double now)
{
	struct sockaddr_storage from;
	socklen_t length;
	int fd;
	enum accepted what = listener_accept(&listener, now, &fd, &from, &length);

	if (what == ACCEPT_DONE)
		close(fd);
	return what;
}

static void assert_serves(double now)
{
	int fd = client(listener.port);

	assert_true(is_ready());
	assert_int_equal(accept_at(now), ACCEPT_DONE);
	assert_int_equal(accept_at(now), ACCEPT_NOBODY);
	close(fd);
}

/* Whoever has the port, and however long: once it is free, it is taken soon. */
static void assert_taken_when_free(int squatter)
{
	double now = 1000;

	listener_open(&listener, &settings, epoll_fd, now);
	assert_int_equal(listener.fd, -1);
	assert_int_equal(known_as_own, 0);
	for (int tries = 0; tries < 20; tries++) {
		double due = listener_due_s(&listener, now);

		assert_true(due > 0 && due <= TAKEN_WITHIN_S);
		listener_process(&listener, now + due / 2);
		assert_true(fabs(listener_due_s(&listener, now + due / 2) - due / 2) <
			    1e-9);
		now += due;
		listener_process(&listener, now);
		assert_int_equal(listener.fd, -1);
	}
	close(squatter);
	now += listener_due_s(&listener, now);
	listener_process(&listener, now);
	assert_true(listener.fd >= 0);
	assert_true(listener_due_s(&listener, now) < 0);
	assert_int_equal(known_as_own, 1);
	assert_serves(now);
}

CASE(a_port_of_another_listener_is_taken_when_it_is_free)
{
	uint16_t port;
	int squatter = bound("127.0.0.1:0", &port);

	assert_int_equal(listen(squatter, 1), 0);
	set_port("127.0.0.1", port);
	assert_taken_when_free(squatter);
}

CASE(a_port_of_the_other_family_is_taken_when_it_is_free)
{
	uint16_t port;
	int squatter = bound("0.0.0.0:0", &port);

	assert_int_equal(listen(squatter, 1), 0);
	set_port("[::]", port);
	assert_taken_when_free(squatter);
}

CASE(a_port_that_a_client_connects_from_is_taken_when_it_is_free)
{
	uint16_t port, other;
	int other_listener = bound("127.0.0.1:0", &other);
	int squatter = bound("127.0.0.1:0", &port);
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(other),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	assert_int_equal(listen(other_listener, 1), 0);
	assert_int_equal(connect(squatter, (struct sockaddr *)&to, sizeof(to)), 0);
	/* With a reset: after an orderly end the port rests for a minute. */
	setsockopt(squatter, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	set_port("127.0.0.1", port);
	assert_taken_when_free(squatter);
	close(other_listener);
}

CASE(an_address_that_is_absent_is_waited_for)
{
	set_address("192.0.2.1:0");
	assert_false(listen_is_local(&where));
	listener_open(&listener, &settings, epoll_fd, 0);
	assert_int_equal(listener.fd, -1);
	assert_true(listener_due_s(&listener, 0) > 0);
	set_address("127.0.0.1:0"); /* it came */
	assert_true(listen_is_local(&where));
	listener_process(&listener, TAKEN_WITHIN_S);
	assert_serves(TAKEN_WITHIN_S);
}

CASE(wildcards_are_local_and_a_taken_port_says_nothing_of_its_address)
{
	uint16_t port;
	int squatter = bound("127.0.0.1:0", &port);

	set_address("[::]:0");
	assert_true(listen_is_local(&where));
	set_address("0.0.0.0:9477");
	assert_true(listen_is_local(&where));
	set_port("127.0.0.1", port);
	assert_true(listen_is_local(&where));
	close(squatter);
	set_address("[2001:db8::1]:9477");
	assert_false(listen_is_local(&where));
}

CASE(the_error_names_the_address_and_a_remedy)
{
	struct error err = {""};
	uint16_t port;
	int squatter = bound("127.0.0.1:0", &port);

	set_port("127.0.0.1", port);
	assert_int_equal(listen_on(&where, "--alert-listen", 1, &port, &err), -1);
	assert_non_null(strstr(err.text, where.text));
	assert_non_null(strstr(err.text, "another program has that port: choose "
					 "another with --alert-listen"));
	close(squatter);
	set_address("192.0.2.1:1");
	assert_int_equal(listen_on(&where, "--listen", 1, &port, &err), -1);
	assert_non_null(strstr(err.text, "192.0.2.1:1"));
	assert_non_null(strstr(err.text, "no such address"));
}

CASE(a_socket_that_another_program_ended_is_opened_again)
{
	set_address("127.0.0.1:0");
	listener_open(&listener, &settings, epoll_fd, 0);
	assert_serves(0);
	/* What SOCK_DESTROY leaves: the state is TCP_CLOSE, the epoll set is woken. */
	assert_int_equal(shutdown(listener.fd, SHUT_RDWR), 0);
	assert_true(is_ready());
	assert_int_equal(accept_at(1), ACCEPT_NOBODY);
	assert_int_equal(known_as_own, 1);
	assert_serves(1);
}

/* Without descriptors the set must not wake the loop again and again. */
CASE(without_descriptors_it_pauses_and_comes_back)
{
	struct rlimit limit, none;
	struct epoll_event event;

	set_address("127.0.0.1:0");
	listener_open(&listener, &settings, epoll_fd, 0);
	int fd = client(listener.port);
	assert_true(is_ready());

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){0, limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	enum accepted what = accept_at(10);
	bool ready = epoll_wait(epoll_fd, &event, 1, 0) != 0;
	double due = listener_due_s(&listener, 10);
	listener_process(&listener, 10 + due);
	bool awake = listener.awake;
	enum accepted again = accept_at(10 + due);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);

	assert_int_equal(what, ACCEPT_EXHAUSTED);
	assert_false(ready);
	assert_true(due > 0.1 && due < 1);
	assert_true(awake);
	assert_int_equal(again, ACCEPT_EXHAUSTED);
	listener_process(&listener, 20);
	assert_true(is_ready());
	assert_int_equal(accept_at(20), ACCEPT_DONE);
	close(fd);
}

/* If the epoll set takes no more descriptors, the port is not kept in vain. */
CASE(a_socket_that_cannot_be_waited_for_is_closed)
{
	set_address("127.0.0.1:0");
	listener_open(&listener, &settings, -1, 0);
	assert_int_equal(listener.fd, -1);
	assert_true(listener_due_s(&listener, 0) > 0);
}

int main(void)
{
#define OPENED(test) cmocka_unit_test_setup_teardown(test, start, stop)
	const struct CMUnitTest tests[] = {
	    OPENED(a_port_of_another_listener_is_taken_when_it_is_free),
	    OPENED(a_port_of_the_other_family_is_taken_when_it_is_free),
	    OPENED(a_port_that_a_client_connects_from_is_taken_when_it_is_free),
	    OPENED(an_address_that_is_absent_is_waited_for),
	    OPENED(wildcards_are_local_and_a_taken_port_says_nothing_of_its_address),
	    OPENED(the_error_names_the_address_and_a_remedy),
	    OPENED(a_socket_that_another_program_ended_is_opened_again),
	    OPENED(without_descriptors_it_pauses_and_comes_back),
	    OPENED(a_socket_that_cannot_be_waited_for_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

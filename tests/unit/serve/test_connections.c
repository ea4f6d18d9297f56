/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: many, slow, refused; what closing leaves behind. When slow ones are cut
 * is in http/test_http_server.c. */
#include <dirent.h>
#include <stddef.h>
#include <sys/time.h>

#include "../support/server_fixture.h"
#include "../support/testing.h"

#define CONNECTIONS_OF_TEST 12

CASE(pipelined_requests_are_all_answered)
{
	const char *answer =
	    ask(local_port(), "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
			      "GET /alerts HTTP/1.1\r\nHost: localhost\r\n\r\n"
			      "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"
			      "GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
			      "Connection: close\r\n\r\n");
	unsigned count = 0;

	assert_non_null(answer);
	for (const char *at = answer; (at = strstr(at, "HTTP/1.1 ")); at++)
		count++;
	assert_int_equal(count, 4);
	assert_non_null(strstr(answer, "HTTP/1.1 404"));
	assert_non_null(strstr(answer, "\ndormouse_samples_total 0\n"));
}

/* A head that comes byte by byte. */
CASE(a_slow_head_is_answered)
{
	static const char request[] = "GET /healthz HTTP/1.0\r\n\r\n";
	int fd = connect_to("127.0.0.1", open_port());

	for (size_t i = 0; i < strlen(request); i++) {
		assert_int_equal(send(fd, request + i, 1, 0), 1);
		turn(-1, 0, 1);
	}
	assert_int_equal(status_of(receive(fd)), 200);
	close(fd);
}

/* Who reads slowly gets the page that was rendered for him, whatever others ask for
 * meanwhile. */
CASE(a_slow_reader_sees_one_page)
{
	static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
	int window = 1; /* the kernel makes it its minimum */

	fake_collector.link_count = COLLECT_LINKS_MAX;
	for (int i = 0; i < COLLECT_LINKS_MAX; i++)
		snprintf(fake_collector.links[i].name, IF_NAMESIZE, "veth%d", i);
	int slow[6];
	for (int i = 0; i < 6; i++) {
		fake_stats.samples = 1000 + (uint64_t)i;
		slow[i] = socket(AF_INET, SOCK_STREAM, 0);
		setsockopt(slow[i], SOL_SOCKET, SO_RCVBUF, &window, sizeof(window));
		struct sockaddr_in to = {.sin_family = AF_INET,
					 .sin_port = htons(open_port()),
					 .sin_addr = {htonl(INADDR_LOOPBACK)}};
		assert_int_equal(connect(slow[i], (struct sockaddr *)&to, sizeof(to)),
				 0);
		assert_int_equal(send(slow[i], request, strlen(request), 0),
				 strlen(request));
		while (!turn(slow[i], POLLIN, 1000))
			;
	}
	fake_stats.samples = 2000;
	for (int i = 0; i < 6; i++) {
		char line[64];
		const char *answer = receive(slow[i]);

		close(slow[i]);
		if (status_of(answer) == 503) /* more pages than there may be */
			continue;
		assert_int_equal(status_of(answer), 200);
		snprintf(line, sizeof(line), "\ndormouse_samples_total %d\n", 1000 + i);
		assert_non_null(strstr(answer, line));
		assert_non_null(strstr(answer, "\nprocess_max_fds "));
	}
}

/* Six connections of one address are all there may be; when one of them is gone
 * another one finds its place. */
CASE(one_address_cannot_take_every_connection)
{
	int fds[CONNECTIONS_OF_TEST];
	unsigned refused = 0;

	for (int i = 0; i < CONNECTIONS_OF_TEST; i++) {
		fds[i] = connect_to("127.0.0.1", open_port());
		assert_true(fds[i] >= 0);
		turn(-1, 0, 10);
	}
	for (int i = 0; i < CONNECTIONS_OF_TEST; i++) {
		char byte;

		refused += recv(fds[i], &byte, 1, MSG_DONTWAIT) >= 0 || errno != EAGAIN;
		close(fds[i]);
	}
	assert_int_equal(refused, CONNECTIONS_OF_TEST - 6);
	for (int i = 0; i < 10; i++)
		turn(-1, 0, 10);
	assert_int_equal(status_of(get(open_port(), "/healthz")), 200);
	const char *metrics = get(local_port(), "/metrics");
	assert_non_null(
	    strstr(metrics, "\ndormouse_http_refused_total{reason=\"share\"} 6\n"));
	assert_non_null(
	    strstr(metrics, "\ndormouse_http_refused_total{reason=\"full\"} 0\n"));
}

/* The other port answers meanwhile, and tells it. */
CASE(a_port_in_use_is_taken_when_it_is_free)
{
	struct error err = {""};
	char address[32];
	int squatter = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(in);

	assert_int_equal(bind(squatter, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(squatter, (struct sockaddr *)&in, &length), 0);
	snprintf(address, sizeof(address), "127.0.0.1:%u", ntohs(in.sin_port));
	server_close(server);
	server = open_on(address, "127.0.0.1:0", &err);
	assert_non_null(server);
	assert_int_equal(open_port(), 0);
	turn(-1, 0, 0);
	assert_non_null(strstr(get(local_port(), "/metrics"),
			       "\ndormouse_listener_up{listener=\"listen\"} 0\n"
			       "dormouse_listener_up{listener=\"alert-listen\"} 1\n"));
	close(squatter);
	for (int i = 0; i < 100 && open_port() == 0; i++)
		turn(-1, 0, 100);
	assert_int_equal(open_port(), ntohs(in.sin_port));
	assert_int_equal(status_of(get(open_port(), "/healthz")), 200);
	assert_non_null(strstr(get(open_port(), "/metrics"),
			       "\ndormouse_listener_up{listener=\"listen\"} 1\n"));
}

static unsigned open_descriptors(void)
{
	unsigned count = 0;
	DIR *folder = opendir("/proc/self/fd");

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

CASE(closing_leaves_no_descriptor)
{
	struct error err;
	unsigned before = open_descriptors();

	for (int i = 0; i < 3; i++) {
		server = open_on("[::]:0", "127.0.0.1:0", &err);
		assert_non_null(server);
		assert_int_equal(status_of(get(open_port(), "/healthz")), 200);
		int left_open = connect_to("127.0.0.1", open_port());
		turn(-1, 0, 100);
		server_close(server);
		close(left_open);
		server = open_on("127.0.0.1:0", "192.0.2.1:0", &err);
		assert_int_equal(status_of(get(open_port(), "/healthz")), 200);
		server_close(server);
	}
	assert_int_equal(open_descriptors(), before);
}

/* A second server takes the same port at once, although connections to the first one
 * are in TIME_WAIT. */
CASE(a_restart_finds_its_port)
{
	struct error err = {""};
	char address[32];

	snprintf(address, sizeof(address), "127.0.0.1:%u", open_port());
	assert_int_equal(status_of(get(open_port(), "/healthz")), 200);
	server_close(server);
	server = open_on(address, "127.0.0.1:0", &err);
	assert_string_equal(err.text, "");
	assert_int_equal(status_of(get(open_port(), "/healthz")), 200);
}

int main(void)
{
#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, stop)
	const struct CMUnitTest tests[] = {
	    SERVED(pipelined_requests_are_all_answered),
	    SERVED(a_slow_head_is_answered),
	    SERVED(a_slow_reader_sees_one_page),
	    SERVED(one_address_cannot_take_every_connection),
	    SERVED(a_port_in_use_is_taken_when_it_is_free),
	    cmocka_unit_test(closing_leaves_no_descriptor),
	    SERVED(a_restart_finds_its_port),
	};

	fake_quiet_pod();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

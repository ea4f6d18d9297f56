/* SPDX-License-Identifier: Apache-2.0 */
/* test_client.c - the client of `status` says what went wrong, against real servers. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/testing.h"
#include "http/client.h"

#define MEBIBYTE (1024 * 1024)

/* A socket that listens on loopback, and its address. */
static int listening(struct listen_address *where)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&where->address;
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(where, 0, sizeof(*where));
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	where->length = sizeof(*in);
	assert_int_equal(bind(fd, (struct sockaddr *)in, sizeof(*in)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)in, &where->length), 0);
	return fd;
}

/* Answers one request with the head, and that many bytes of body. */
static void answer_one(int listener, const char *head, size_t body)
{
	static char bytes[MEBIBYTE];
	char request[256];
	const int fd = accept(listener, NULL, NULL);

	if (read(fd, request, sizeof(request)) <= 0 ||
	    write(fd, head, strlen(head)) != (ssize_t)strlen(head))
		_exit(1);
	memset(bytes, 'x', sizeof(bytes));
	while (body > 0) {
		const ssize_t sent =
		    send(fd, bytes, body < sizeof(bytes) ? body : sizeof(bytes),
			 MSG_NOSIGNAL);
		if (sent <= 0)
			_exit(0); /* the client has heard enough */
		body -= (size_t)sent;
	}
	_exit(0);
}

/* What the client makes of such an answer. The caller frees it. */
static char *fetched(const char *head, size_t body, struct error *err)
{
	struct listen_address where;
	const int listener = listening(&where);
	const pid_t server = fork();

	if (server == 0)
		answer_one(listener, head, body);
	close(listener);
	char *answer = http_fetch(&where, "/alerts", err);
	assert_int_equal(waitpid(server, NULL, 0), server);
	return answer;
}

CASE(a_body_of_any_size_is_whole)
{
	static const char head[] = "HTTP/1.0 200 OK\r\n\r\n";
	static const size_t sizes[] = {0,         1,      16 * 1024 - sizeof(head),
				       16 * 1024, 100000, MEBIBYTE - 1 - sizeof(head)};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct error err;
		char *answer = fetched(head, sizes[i], &err);

		assert_non_null(answer);
		assert_int_equal(strlen(answer), sizes[i]);
		assert_int_equal(strspn(answer, "x"), sizes[i]);
		free(answer);
	}
}

CASE(a_bad_answer_is_told_for_what_it_is)
{
	static const struct {
		const char *head;
		size_t body;
		const char *error;
	} answers[] = {
	    {"HTTP/1.0 200 OK\r\n\r\n", 2 * MEBIBYTE,
	     "the answer is longer than 1048574 bytes"},
	    {"HTTP/1.0 200 OK\r\n\r\n", MEBIBYTE,
	     "the answer is longer than 1048574 bytes"},
	    {"HTTP/1.1 503 Service Unavailable\r\n\r\n", 10,
	     "unexpected answer, want 200: HTTP/1.1 503 Service Unavailable"},
	    {"HTTP/1.0 200 OK\r\n", 100, "the answer is not HTTP"},
	    {"SSH-2.0-OpenSSH\r\n", 0, "the answer is not HTTP"},
	    {"", 0, "the answer is not HTTP"},
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct error err;

		assert_null(fetched(answers[i].head, answers[i].body, &err));
		assert_string_equal(err.text, answers[i].error);
	}
}

CASE(nobody_listens)
{
	struct listen_address where;
	struct error err;

	close(listening(&where));
	assert_null(http_fetch(&where, "/alerts", &err));
	assert_string_equal(err.text, "Connection refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_body_of_any_size_is_whole),
	    cmocka_unit_test(a_bad_answer_is_told_for_what_it_is),
	    cmocka_unit_test(nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

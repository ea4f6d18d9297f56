/* SPDX-License-Identifier: Apache-2.0 */
/* client.c - one GET over HTTP/1.0, where the end of the connection ends the answer. */
#include "client.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define PATIENCE_S      3
#define ANSWER_MAX      (1024 * 1024)
#define ANSWER_AT_FIRST (16 * 1024)

/* Waits until the socket is ready; -1 at the deadline. */
static int wait_for(int fd, short events, double deadline, struct error *err)
{
	struct pollfd ready = {fd, events, 0};
	int count;

	do {
		double left_s = deadline - clock_monotonic();

		count = poll(&ready, 1, left_s > 0 ? (int)ceil(left_s * 1e3) : 0);
	} while (count < 0 && errno == EINTR);
	if (count < 0)
		return fail_errno(err, errno, "poll");
	return count > 0 ? 0 : fail(err, "no answer within %d seconds", PATIENCE_S);
}

static int connect_to(int fd, const struct listen_address *where, double deadline,
		      struct error *err)
{
	int reason = 0;
	socklen_t length = sizeof(reason);

	if (connect(fd, (const struct sockaddr *)&where->address, where->length) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return fail(err, "%s", strerror(errno));
	if (wait_for(fd, POLLOUT, deadline, err) < 0)
		return -1;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &length);
	return reason ? fail(err, "%s", strerror(reason)) : 0;
}

/* The request fits into any socket's buffer, so one send() takes it completely or
 * fails. */
static int send_request(int fd, const char *path, struct error *err)
{
	char request[128];
	int length = snprintf(request, sizeof(request),
			      "GET %s HTTP/1.0\r\nConnection: close\r\n\r\n", path);

	if (send(fd, request, (size_t)length, MSG_NOSIGNAL) < 0)
		return fail_errno(err, errno, "sending the request");
	return 0;
}

/* Makes room for more of the answer: twice as much. NULL on failure, and then the
 * answer is as before. */
static char *grow(char *answer, size_t *capacity, struct error *err)
{
	if (*capacity >= ANSWER_MAX) {
		fail(err, "the answer is longer than %d bytes", ANSWER_MAX - 2);
		return NULL;
	}
	const size_t twice = *capacity ? 2 * *capacity : ANSWER_AT_FIRST;
	char *larger = realloc(answer, twice);
	if (larger)
		*capacity = twice;
	else
		fail_memory(err, "the answer");
	return larger;
}

/* Receives everything until the other side closes. The caller frees it; NULL on
 * failure. */
static char *receive(int fd, double deadline, struct error *err)
{
	size_t length = 0, capacity = 0;
	char *answer = NULL;

	for (;;) {
		if (!answer || length + 1 == capacity) {
			char *larger = grow(answer, &capacity, err);

			if (!larger)
				goto fail;
			answer = larger;
		}
		if (wait_for(fd, POLLIN, deadline, err) < 0)
			goto fail;
		ssize_t count = recv(fd, answer + length, capacity - 1 - length, 0);
		if (count < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (count < 0) {
			fail(err, "%s", strerror(errno));
			goto fail;
		}
		if (count == 0) {
			answer[length] = '\0';
			return answer;
		}
		length += (size_t)count;
	}
fail:
	free(answer);
	return NULL;
}

/* Checks the status line and reduces the answer to its body. */
static int keep_body(char *answer, struct error *err)
{
	static const char ok[] = "HTTP/1.? 200";
	const char *body = strstr(answer, "\r\n\r\n");

	if (strncmp(answer, "HTTP/1.", 7) != 0 || !body)
		return fail(err, "the answer is not HTTP");
	if (strlen(answer) < strlen(ok) || strncmp(answer + 8, " 200", 4) != 0)
		return fail(err, "unexpected answer, want 200: %.*s",
			    (int)strcspn(answer, "\r\n"), answer);
	memmove(answer, body + 4, strlen(body + 4) + 1);
	return 0;
}

char *http_fetch(const struct listen_address *where, const char *path,
		 struct error *err)
{
	double deadline = clock_monotonic() + PATIENCE_S;
	char *answer = NULL;
	int fd = socket(where->address.ss_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		fail(err, "%s", strerror(errno));
		return NULL;
	}
	if (connect_to(fd, where, deadline, err) == 0 &&
	    send_request(fd, path, err) == 0)
		answer = receive(fd, deadline, err);
	if (answer && keep_body(answer, err) < 0) {
		free(answer);
		answer = NULL;
	}
	close(fd);
	return answer;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h - any bytes as what a client sends to a server that runs in the same
 * thread: a connection over loopback, as a stranger has it.
 *
 * Whoever includes this has turn(), of client_fixture.h. */
#ifndef TESTS_FUZZ_EXCHANGE_H
#define TESTS_FUZZ_EXCHANGE_H

#include <netinet/in.h>

#include "../unit/support/client_fixture.h"

/* Sends everything, in two pieces at most, as the first may end anywhere, and then that
 * this was all. The server may have closed before. */
static inline void send_all(int fd, const uint8_t *data, size_t size, size_t first)
{
	for (size_t at = 0; at < size;) {
		const size_t end = at < first ? first : size;
		const ssize_t sent =
		    send(fd, data + at, end - at, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno != EAGAIN)
			return;
		at += sent > 0 ? (size_t)sent : 0;
		turn(fd, POLLOUT, 100);
	}
	shutdown(fd, SHUT_WR);
}

/* Ports of loopback that were used a moment ago stay taken for a minute: of a
 * connection that is reset none stays. */
static inline void close_at_once(int fd)
{
	const struct linger none = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
}

/* Everything that the server answers until it closes. */
static inline const char *exchange(uint16_t port, const uint8_t *data, size_t size,
				   size_t first)
{
	const int fd = connect_to("127.0.0.1", port);

	if (fd < 0) {
		perror("fuzz: connecting to the server");
		abort();
	}
	send_all(fd, data, size, first < size ? first : size);
	const char *answer = receive(fd);
	close_at_once(fd);
	if (!answer)
		abort(); /* the server neither answers nor closes */
	return answer;
}

/* The server still does its work: what is at this path has status 200. */
static inline void check_alive(uint16_t port, const char *path)
{
	if (status_of(get(port, path)) != 200)
		abort();
}

/* What comes back is HTTP or nothing. */
static inline void check_http(const char *answer)
{
	const int status = status_of(answer);

	/* Without a head: what HTTP/0.9 had, and what a server sends that knows no
	 * better version. */
	if (answer[0] && (status < 100 || status > 599))
		abort();
}

#endif

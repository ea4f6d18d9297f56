/* SPDX-License-Identifier: Apache-2.0 */
/* line_queue.c - lines on their way to stderr, whose reader may have stopped. */
#include "line_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Only the pages that were once needed cost memory. */
static struct {
	char lines[LINE_QUEUE_BYTES];
	size_t length;
	uint64_t lost, told;
} queue;

/* O_NONBLOCK belongs to the open file, which others share: whoever started the program,
 * and a terminal's shell. Opened again through /proc (proc(5)), a pipe or a terminal
 * has a second open file, which is ours alone. A file never waits, and would begin
 * anew. A socket cannot be opened again, nor what belongs to another user: then poll()
 * alone keeps us from waiting, which suffices as long as nobody else writes. */
void line_queue_open(void)
{
	struct stat is;

	if (fstat(STDERR_FILENO, &is) < 0 || S_ISREG(is.st_mode))
		return;
	const int own =
	    open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own < 0)
		return;
	dup2(own, STDERR_FILENO);
	close(own);
}

void line_queue_wake(int epoll_fd)
{
	/* By the edge: there is room nearly always. */
	struct epoll_event event = {.events = EPOLLOUT | EPOLLET,
				    .data.fd = STDERR_FILENO};

	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDERR_FILENO, &event);
}

/* The length of the next write: whole lines where they fit. What is ready to be written
 * takes PIPE_BUF bytes without waiting, and does not mix them with what others write:
 * pipe(7). */
static size_t piece_of(const char *bytes, size_t length)
{
	if (length <= PIPE_BUF)
		return length;
	const char *end = memrchr(bytes, '\n', PIPE_BUF);
	return end ? (size_t)(end + 1 - bytes) : PIPE_BUF;
}

/* Writes what the reader has room for; returns how much that was. */
static size_t write_some(const char *bytes, size_t length)
{
	size_t done = 0;

	while (done < length) {
		struct pollfd out = {STDERR_FILENO, POLLOUT, 0};

		if (poll(&out, 1, 0) == 0)
			break;
		const ssize_t count = write(STDERR_FILENO, bytes + done,
					    piece_of(bytes + done, length - done));
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			break;
		done += (size_t)count;
	}
	return done;
}

static void write_queue(void)
{
	const size_t done = write_some(queue.lines, queue.length);

	if (done == 0)
		return;
	queue.length -= done;
	memmove(queue.lines, queue.lines + done, queue.length);
}

/* Lets the rest of a line wait. A line that was begun is important: without its end it
 * would spoil the next one. */
static void keep(const char *rest, size_t length, bool important)
{
	const size_t most = important ? LINE_QUEUE_BYTES : LINE_QUEUE_ORDINARY;

	if (queue.length + length > most) {
		queue.lost++;
		return;
	}
	memcpy(queue.lines + queue.length, rest, length);
	queue.length += length;
}

void line_queue_put(const char *line, size_t length, bool important)
{
	size_t done = 0;

	pthread_mutex_lock(&lock);
	write_queue();
	if (queue.length == 0)
		done = write_some(line, length);
	if (done < length)
		keep(line + done, length - done, important || done > 0);
	pthread_mutex_unlock(&lock);
}

uint64_t line_queue_flush(void)
{
	uint64_t lost = 0;

	pthread_mutex_lock(&lock);
	write_queue();
	if (queue.length == 0) {
		lost = queue.lost - queue.told;
		queue.told = queue.lost;
	}
	pthread_mutex_unlock(&lock);
	return lost;
}

uint64_t line_queue_lost(void)
{
	pthread_mutex_lock(&lock);
	const uint64_t lost = queue.lost;
	pthread_mutex_unlock(&lock);
	return lost;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* reviewer.c - sends one review again and again over TLS, as the API server would, and
 * says what became of each.
 *
 *     reviewer PORT BODY CONNECTIONS COUNT RATE [fresh]
 *
 * On loopback, with at most CONNECTIONS at once, COUNT requests (0: until SIGTERM),
 * RATE a second (0: each as soon as the one before is answered). `fresh`: each on a
 * connection of its own. Whatever the certificate is, it is accepted. Prints when it
 * ends:
 *
 *     answered N other N lost N unconnected N per_second N p50_us N p99_us N max_us N
 *
 * answered: status 200; other: another status; lost: sent, at least in part, and no
 * whole answer; unconnected: connections refused, or ended before there was anything to
 * send on. Latency is from the moment that a request was due.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define ANSWER_MAX      (256 * 1024)

/* Latencies in steps of ten microseconds. */
#define STEPS  100000
#define STEP_S 1e-5

/* Unconnected in a row: the server is gone. */
#define GIVE_UP_AFTER 200

enum phase { CLOSED, SHAKING_HANDS, IDLE, SENDING, RECEIVING };

struct line {
	enum phase phase;
	int fd;
	gnutls_session_t session;
	size_t sent, received;
	double due;
	char answer[ANSWER_MAX];
};

static struct line *lines[CONNECTIONS_MAX];
static unsigned line_count;
static gnutls_certificate_credentials_t credentials;
static gnutls_priority_t priorities;
static char *request;
static size_t request_length;
static uint16_t port;
static bool fresh;
static int epoll_fd;
static volatile sig_atomic_t stopped;

static uint64_t answered, other, lost, unconnected, unconnected_in_a_row;
static uint64_t steps[STEPS];
static double longest;

static void die(const char *what)
{
	fprintf(stderr, "reviewer: %s: %s\n", what, strerror(errno));
	exit(2);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void read_request(const char *path)
{
	static char body[4 << 20];
	FILE *file = fopen(path, "r");

	if (!file)
		die(path);
	size_t length = fread(body, 1, sizeof(body), file);
	fclose(file);
	request = malloc(length + 512);
	if (!request)
		die("malloc");
	int head = snprintf(request, 512,
			    "POST /inject?timeout=3s HTTP/1.1\r\nHost: localhost\r\n"
			    "User-Agent: reviewer\r\nContent-Type: application/json\r\n"
			    "Content-Length: %zu\r\n\r\n",
			    length);
	memcpy(request + head, body, length);
	request_length = (size_t)head + length;
}

static void hang_up(struct line *l)
{
	if (l->phase == CLOSED)
		return;
	gnutls_deinit(l->session);
	close(l->fd);
	l->phase = CLOSED;
}

/* The connection ended by itself. */
static void ended(struct line *l)
{
	if (l->phase == RECEIVING || (l->phase == SENDING && l->sent > 0))
		lost++;
	else if (l->phase != IDLE)
		unconnected++, unconnected_in_a_row++;
	hang_up(l);
}

static void dial(struct line *l)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET,
				    .data.ptr = l};
	const int on = 1;

	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		die("socket");
	setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	gnutls_init(&l->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
	gnutls_priority_set(l->session, priorities);
	gnutls_credentials_set(l->session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_int(l->session, l->fd);
	l->phase = SHAKING_HANDS;
	if (connect(l->fd, (const struct sockaddr *)&to, sizeof(to)) < 0 &&
	    errno != EINPROGRESS)
		ended(l);
	else if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, l->fd, &event) < 0)
		die("epoll_ctl");
}

static bool again(ssize_t result)
{
	return result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED;
}

/* The length of the whole answer, 0: not known yet. */
static size_t answer_length(const struct line *l)
{
	const char *end = strstr(l->answer, "\r\n\r\n");
	const char *length = end ? strcasestr(l->answer, "\r\nContent-Length:") : NULL;

	if (!length || length > end)
		return 0;
	return (size_t)(end + 4 - l->answer) + strtoul(length + 17, NULL, 10);
}

static void finish(struct line *l)
{
	double latency = now_s() - l->due;
	size_t step = (size_t)(latency / STEP_S);
	const char *closes = strcasestr(l->answer, "\r\nConnection: close");

	if (strncmp(l->answer, "HTTP/1.1 200", 12) == 0)
		answered++;
	else
		other++;
	steps[step < STEPS ? step : STEPS - 1]++;
	if (latency > longest)
		longest = latency;
	unconnected_in_a_row = 0;
	l->phase = IDLE;
	if (fresh || (closes && closes < strstr(l->answer, "\r\n\r\n"))) {
		gnutls_bye(l->session, GNUTLS_SHUT_WR);
		hang_up(l);
	}
}

static bool send_some(struct line *l)
{
	while (l->sent < request_length) {
		ssize_t count = gnutls_record_send(l->session, request + l->sent,
						   request_length - l->sent);

		if (again(count))
			return false;
		if (count < 0) {
			ended(l);
			return false;
		}
		l->sent += (size_t)count;
	}
	l->phase = RECEIVING;
	l->received = 0;
	return true;
}

static void receive_some(struct line *l)
{
	for (;;) {
		ssize_t count = gnutls_record_recv(l->session, l->answer + l->received,
						   ANSWER_MAX - 1 - l->received);

		if (again(count))
			return;
		if (count <= 0 || l->phase != RECEIVING) {
			ended(l);
			return;
		}
		l->received += (size_t)count;
		l->answer[l->received] = '\0';
		size_t whole = answer_length(l);
		if (whole > 0 && l->received >= whole) {
			finish(l);
			return;
		}
	}
}

static void go_on(struct line *l)
{
	if (l->phase == SHAKING_HANDS) {
		int result = gnutls_handshake(l->session);

		if (result == 0)
			l->phase = IDLE;
		else if (gnutls_error_is_fatal(result))
			ended(l);
		return;
	}
	if (l->phase == SENDING && !send_some(l))
		return;
	if (l->phase != CLOSED)
		receive_some(l);
}

/* A connection that has nothing to do; dials where there is a place. */
static struct line *idle_line(void)
{
	struct line *closed = NULL;

	for (unsigned i = 0; i < line_count; i++) {
		if (lines[i]->phase == IDLE)
			return lines[i];
		if (lines[i]->phase == CLOSED)
			closed = lines[i];
	}
	if (closed)
		dial(closed);
	return NULL;
}

static void ask(struct line *l, double due)
{
	l->phase = SENDING;
	l->sent = 0;
	l->due = due;
	go_on(l);
}

static unsigned busy_lines(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < line_count; i++)
		count += lines[i]->phase == SENDING || lines[i]->phase == RECEIVING;
	return count;
}

static void wait_for_events(double seconds)
{
	struct epoll_event events[64];
	struct timespec time = {.tv_nsec = (long)(seconds * 1e9)};
	int count = epoll_pwait2(epoll_fd, events, 64, &time, NULL);

	for (int i = 0; i < count; i++)
		if (((struct line *)events[i].data.ptr)->phase != CLOSED)
			go_on(events[i].data.ptr);
}

static void run(uint64_t count, double rate)
{
	double begin = now_s();
	uint64_t asked = 0;

	while (!stopped && unconnected_in_a_row < GIVE_UP_AFTER &&
	       (count == 0 || asked < count)) {
		double now = now_s();
		double due = rate > 0 ? begin + (double)asked / rate : now;
		struct line *l = due <= now ? idle_line() : NULL;

		if (l) {
			ask(l, due);
			asked++;
			continue;
		}
		double left = due - now;
		wait_for_events(left > 0 && left < 0.01 ? left : 0.01);
	}
	double end = now_s() + 15;
	while (busy_lines() > 0 && now_s() < end)
		wait_for_events(0.01);
	lost += busy_lines();
}

static unsigned long percentile(double share)
{
	uint64_t all = 0, sum = 0;

	for (size_t i = 0; i < STEPS; i++)
		all += steps[i];
	for (size_t i = 0; i < STEPS; i++)
		if ((double)(sum += steps[i]) >= (double)all * share)
			return (i + 1) * 10;
	return 0;
}

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

int main(int argc, char **argv)
{
	if (argc < 6) {
		fprintf(stderr, "reviewer PORT BODY CONNECTIONS COUNT RATE [fresh]\n");
		return 2;
	}
	port = (uint16_t)strtoul(argv[1], NULL, 10);
	read_request(argv[2]);
	line_count = (unsigned)strtoul(argv[3], NULL, 10);
	fresh = argc > 6 && strcmp(argv[6], "fresh") == 0;
	signal(SIGTERM, stop);
	signal(SIGPIPE, SIG_IGN);
	epoll_fd = epoll_create1(0);
	gnutls_certificate_allocate_credentials(&credentials);
	gnutls_priority_init(&priorities, "NORMAL", NULL);
	if (line_count > CONNECTIONS_MAX)
		line_count = CONNECTIONS_MAX;
	for (unsigned i = 0; i < line_count; i++)
		if (!(lines[i] = calloc(1, sizeof(struct line))))
			die("calloc");

	double begin = now_s();
	run(strtoull(argv[4], NULL, 10), strtod(argv[5], NULL));
	printf("answered %llu other %llu lost %llu unconnected %llu per_second %.0f "
	       "p50_us %lu p99_us %lu max_us %.0f\n",
	       (unsigned long long)answered, (unsigned long long)other,
	       (unsigned long long)lost, (unsigned long long)unconnected,
	       (double)(answered + other) / (now_s() - begin), percentile(0.5),
	       percentile(0.99), longest * 1e6);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* bench_scrape.c - CPU that one scrape costs the monitor: rendering alone, and with
 * HTTP, over a new connection each and over one that is kept.
 *
 *     build/bench/bench_scrape
 */
#include <sys/wait.h>

#include "../unit/support/server_fixture.h"

#define SCRAPES 5000
#define RENDERS 20000

static double cpu_s(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

static void report(const char *what, double seconds, int count)
{
	printf("%-32s %7.1f us\n", what, seconds / count * 1e6);
}

static void bench_render(bool openmetrics)
{
	static char page[64 * 1024];
	double begin = cpu_s();
	size_t length = 0;

	for (int i = 0; i < RENDERS; i++) {
		struct text t = text_over(page, sizeof(page));

		metrics_render(&fake_source,
			       (struct metrics_form){.openmetrics = openmetrics}, &t);
		length = t.length;
	}
	report(openmetrics ? "render, OpenMetrics" : "render, text", cpu_s() - begin,
	       RENDERS);
	printf("%-32s %7zu bytes\n", "", length);
}

/* The client: asks `count` times, then ends. */
static void scrape(bool keep, int count)
{
	static const char once[] = "GET /metrics HTTP/1.0\r\n\r\n";
	static const char again[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
	static char answer[128 * 1024];
	const char *request = keep ? again : once;
	int fd = -1;

	for (int i = 0; i < count; i++) {
		size_t length = 0;
		ssize_t got;

		if (fd < 0)
			fd = connect_to("127.0.0.1", server_open_port(server));
		if (send(fd, request, strlen(request), 0) < 0)
			_exit(1);
		do {
			got = recv(fd, answer + length, sizeof(answer) - 1 - length, 0);
			length += got > 0 ? (size_t)got : 0;
			answer[length] = '\0';
		} while (got > 0 &&
			 (!keep || !strstr(answer + (length > 200 ? length - 200 : 0),
					   "\nprocess_max_fds ")));
		if (!keep) {
			close(fd);
			fd = -1;
		}
	}
	_exit(0);
}

static void bench_http(bool keep)
{
	int status;
	double begin = cpu_s();
	pid_t child = fork();

	if (child == 0)
		scrape(keep, SCRAPES);
	while (waitpid(child, &status, WNOHANG) == 0)
		turn(-1, 0, 100);
	report(keep ? "scrape, kept connection" : "scrape, new connection",
	       cpu_s() - begin, SCRAPES);
	if (status != 0)
		printf("the client failed\n");
}

int main(void)
{
	struct error err;

	fake_quiet_pod();
	for (int i = 0; i < SIGNAL_COUNT; i++) { /* as long as numbers get */
		fake_detector.views[i].mean = 1e3 / 7 + i;
		fake_detector.views[i].stddev = 1e5 / 7 + i;
		fake_detector.views[i].threshold = 1e7 / 7 + i;
	}
	server = open_on("127.0.0.1:0", "127.0.0.1:0", &err);
	if (!server) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	bench_render(false);
	bench_render(true);
	bench_http(false);
	bench_http(true);
	server_close(server);
	return 0;
}

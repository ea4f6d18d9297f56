/* SPDX-License-Identifier: Apache-2.0 */
/* What replay costs: five days of eleven signals each ten seconds, read, and read and
 * judged, in CPU time of this thread; the least of several rounds. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "dormouse/replay.h"

#define ROWS      43200
#define ROUNDS    9
#define BUDGET_MS 60.0 /* read and judged */

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* A pod of a modest, uneven life; the same each time. */
static int make_trace(void)
{
	int fd = memfd_create("trace", MFD_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(dup(fd), "w");
	unsigned long long total[SIGNAL_COUNT];
	unsigned random = 1;

	if (!f)
		return -1;
	fputs("time", f);
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		fprintf(f, ",%s", signal_name((enum signal)i));
		total[i] = 1000000000;
	}
	for (unsigned row = 0; row < ROWS; row++) {
		fprintf(f, "\n%u", 1767225600 + 10 * row);
		for (int i = 0; i < SIGNAL_COUNT; i++) {
			random = random * 1664525 + 1013904223;
			total[i] += random >> 18;
			fprintf(f, ",%llu",
				signal_is_gauge((enum signal)i) ? 3 : total[i]);
		}
	}
	fputs("\n", f);
	return fclose(f) == 0 ? fd : -1;
}

static void ignore_line(void *context, const char *line)
{
	(void)context;
	fprintf(stderr, "%s\n", line);
}

static void ignore_alert(void *context, enum alert_event event,
			 const struct alert *alert)
{
	(void)context;
	(void)event;
	(void)alert;
}

/* Milliseconds of CPU for the whole trace; exits when it cannot be read. */
static double round_of(int fd, bool judged)
{
	struct identity pod = {.name = "bench", .namespace = "", .uid = ""};
	struct detect_options options;
	struct sample sample;
	struct error err;
	unsigned rows = 0;
	int status;

	lseek(fd, 0, SEEK_SET);
	detect_options_default(&options);
	double begin = cpu_ms();
	struct replayer *p = replayer_open(&options, &pod, ignore_alert, NULL);
	struct traces *t = traces_open(fd, "trace", ignore_line, NULL, &status, &err);
	if (p && t && traces_next(t, &pod) == TRACE_SAMPLE)
		while (traces_sample(t, &sample, &err) == TRACE_SAMPLE) {
			rows++;
			if (judged)
				replayer_feed(p, &sample);
		}
	if (rows != ROWS)
		exit(EXIT_FAILURE);
	replayer_finish(p);
	double cost = cpu_ms() - begin;
	traces_close(t);
	replayer_close(p);
	return cost;
}

static double measure(const char *what, int fd, bool judged)
{
	double least = round_of(fd, judged);

	for (int i = 1; i < ROUNDS; i++) {
		double cost = round_of(fd, judged);
		least = cost < least ? cost : least;
	}
	printf("replay, %-16s %6.1f ms for %d rows, %5.2f million rows a second\n",
	       what, least, ROWS, ROWS / least / 1e3);
	return least;
}

int main(void)
{
	int fd = make_trace();

	if (fd < 0)
		return EXIT_FAILURE;
	measure("read", fd, false);
	double cost = measure("read and judged", fd, true);
	printf("replay, budget           %6.1f ms%s\n", BUDGET_MS,
	       cost > BUDGET_MS ? ": EXCEEDED" : "");
	return cost > BUDGET_MS;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_trace.c - a trace of any content: it is refused, or each of its samples is one
 * that the detector can live with, and every alert that comes of it is valid JSON.
 */
#include <cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dormouse/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void complain(void *context, const char *line)
{
	(void)context;
	if (strlen(line) > 2 * ERROR_TEXT_MAX)
		abort();
}

static void check_alert(void *context, enum alert_event event,
			const struct alert *alert)
{
	static char json[ALERT_JSON_MAX];
	struct text t = text_over(json, sizeof(json));
	struct json_writer w = json_writer_over(&t);

	(void)event;
	alert_json(alert, context, &w);
	cJSON *parsed = cJSON_Parse(t.data);
	if (t.overflowed || !parsed)
		abort();
	cJSON_Delete(parsed);
}

static void check_sample(const struct sample *s)
{
	if (!isfinite(s->time) || s->time <= 0 || s->present >> SIGNAL_COUNT)
		abort();
}

static void play(struct traces *t, struct identity *pod)
{
	struct detect_options options;
	struct sample sample;
	struct error err;

	detect_options_default(&options);
	options.learn_s = 30;
	options.dormant_after_s = 30;
	struct replayer *p = replayer_open(&options, pod, check_alert, pod);
	if (!p)
		abort();
	while (traces_sample(t, &sample, &err) == TRACE_SAMPLE) {
		check_sample(&sample);
		replayer_feed(p, &sample);
	}
	replayer_finish(p);
	replayer_close(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct identity pod = {.name = "pod",
			       .namespace = "",
			       .uid = "",
			       .node = "",
			       .workload = "",
			       .cluster = "",
			       .images = ""};
	int fd = memfd_create("trace", MFD_CLOEXEC), status;
	struct error err;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
	    lseek(fd, 0, SEEK_SET) != 0)
		abort();
	struct traces *t = traces_open(fd, "trace", complain, NULL, &status, &err);
	while (t && traces_next(t, &pod) == TRACE_SAMPLE)
		play(t, &pod);
	traces_close(t);
	close(fd);
	return 0;
}

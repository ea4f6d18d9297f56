/* SPDX-License-Identifier: Apache-2.0 */
/* replayer.c - feeds a trace's samples to detector and alert store, in the same way as
 * the monitor's loop. */
#include <stdlib.h>

#include "dormouse/replay.h"

#define EARLY_SAMPLES 17 /* held back for the interval: sixteen differences */

struct replayer {
	struct detector *detector;
	struct alert_store *alerts;
	alert_listener *listener;
	void *context;
	replayer_watcher *watcher; /* NULL: none */
	void *watcher_context;
	double interval_s; /* 0: not known yet */
	struct sample early[EARLY_SAMPLES];
	unsigned early_count;
};

struct replayer *replayer_open(const struct detect_options *options,
			       const struct identity *pod, alert_listener *listener,
			       void *context)
{
	struct replayer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->listener = listener;
	p->context = context;
	p->detector = detector_new(options);
	p->alerts = alert_store_new(identity_hash(pod));
	if (!p->detector || !p->alerts) {
		replayer_close(p);
		return NULL;
	}
	return p;
}

void replayer_close(struct replayer *p)
{
	if (!p)
		return;
	alert_store_free(p->alerts);
	detector_free(p->detector);
	free(p);
}

void replayer_watch(struct replayer *p, replayer_watcher *watcher, void *context)
{
	p->watcher = watcher;
	p->watcher_context = context;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of the forward steps, so that a gap or a duplicate among the first samples
 * does not affect it. */
static double early_interval(const struct replayer *p)
{
	double steps[EARLY_SAMPLES];
	unsigned count = 0;

	for (unsigned i = 1; i < p->early_count; i++)
		if (p->early[i].time > p->early[i - 1].time)
			steps[count++] = p->early[i].time - p->early[i - 1].time;
	if (count == 0)
		return 0;
	qsort(steps, count, sizeof(steps[0]), ascending);
	return steps[count / 2];
}

static void judge(struct replayer *p, const struct sample *sample)
{
	struct verdict verdicts[VERDICTS_MAX];
	size_t count = detector_feed(p->detector, sample, verdicts);

	alert_store_apply(p->alerts, sample->time, p->interval_s, verdicts, count, NULL,
			  p->listener, p->context);
	if (p->watcher)
		p->watcher(p->watcher_context, p, sample);
}

static void judge_early(struct replayer *p)
{
	if (p->early_count == 0)
		return;
	p->interval_s = early_interval(p);
	for (unsigned i = 0; i < p->early_count; i++)
		judge(p, &p->early[i]);
	p->early_count = 0;
}

void replayer_feed(struct replayer *p, const struct sample *sample)
{
	if (p->interval_s > 0) {
		judge(p, sample);
		return;
	}
	p->early[p->early_count++] = *sample;
	if (p->early_count == EARLY_SAMPLES)
		judge_early(p);
}

void replayer_finish(struct replayer *p)
{
	judge_early(p);
}

bool replayer_routine_learnt(struct replayer *p, struct routine_view *view)
{
	return detector_routine_learnt(p->detector, view);
}

void replayer_adopt(struct replayer *p, const struct past *past)
{
	detector_adopt(p->detector, past);
}

const struct detector *replayer_detector(const struct replayer *p)
{
	return p->detector;
}

const struct alert_store *replayer_alerts(const struct replayer *p)
{
	return p->alerts;
}

double replayer_interval(const struct replayer *p)
{
	return p->interval_s;
}

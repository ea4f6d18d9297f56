/* SPDX-License-Identifier: Apache-2.0 */
/* evaluation.c - how well a workload is watched, on its own traffic. */
#include "evaluation.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"

#define TRIES 8 /* to find a time that has samples */

void evaluation_show(struct evaluation *e, const char *pod, const struct alert *alert)
{
	if (e->shown_count == EVALUATION_SHOWN)
		return;
	struct shown_alert *shown = &e->shown[e->shown_count++];
	struct text summary = text_over(shown->summary, sizeof(shown->summary));

	shown->raised = alert->starts_at;
	shown->kind = alert->verdict.kind;
	shown->risk = alert->verdict.risk;
	shown->pod = pod;
	alert_summary(alert, &summary);
}

/* Whether the trace has samples while a theft from then on lasts. */
static bool has_samples(struct range *range, double since, struct error *err)
{
	struct sample sample;

	range_rewind(range);
	while (range_next(range, &sample, err) == TRACE_SAMPLE)
		if (sample.time > since)
			return sample.time <= since + THEFT_S / 2;
	return false;
}

/* Picks a time for a theft, so that what comes of it is still in the trace. Returns 0
 * if there is none. */
static double pick_time(const struct trial *clean, struct range *range,
			uint64_t *random, struct error *err)
{
	const double room = clean->last - clean->first - EVALUATION_WITHIN_S;

	for (int i = 0; i < TRIES && room > 0; i++) {
		const double since = clean->first + room * theft_random(random);
		if (has_samples(range, since, err))
			return since;
	}
	return 0;
}

/* Looks for an alert that would not have come without the theft. */
static void look(struct theft_score *score, const struct trial *clean,
		 const struct trial *robbed, double since)
{
	score->thefts++;
	for (unsigned i = 0; i < robbed->alerts && i < TRIAL_ALERTS_MAX; i++) {
		const struct trial_alert *alert = &robbed->alert[i];

		if (alert->raised < since || trial_has(clean, alert))
			continue;
		score->delay_s[score->found++] = (float)(alert->raised - since);
		return;
	}
}

static int try_theft(struct theft_score *score, const struct trial *clean,
		     struct range *range, const struct trial_plan *plan, double since,
		     double rate, struct error *err)
{
	struct theft theft = theft_begin(since, rate);
	const struct trial_plan with_theft = {.options = plan->options,
					      .pod = plan->pod,
					      .theft = &theft,
					      .until = since + EVALUATION_WITHIN_S};
	struct trial robbed;

	if (trial_run(&robbed, range, &with_theft, err) < 0)
		return -1;
	look(score, clean, &robbed, since);
	return 0;
}

int evaluation_add(struct evaluation *e, const struct trial *trial, struct range *range,
		   const struct trial_plan *plan, uint64_t seed, struct error *err)
{
	uint64_t random = seed ^ identity_hash(plan->pod);

	e->pods++;
	e->alerts += trial->alerts;
	e->watched_s += trial->last - trial->first;
	if (e->with_thefts == EVALUATION_PODS)
		return 0;
	e->with_thefts++;
	for (int i = 0; i < EVALUATION_THEFTS; i++) {
		const double since = pick_time(trial, range, &random, err);

		for (int size = 0; since > 0 && size < THEFT_SIZES; size++)
			if (try_theft(&e->score[size], trial, range, plan, since,
				      theft_rates[size], err) < 0)
				return -1;
	}
	return 0;
}

static int ascending(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

double evaluation_delay(const struct theft_score *score)
{
	struct theft_score sorted = *score;

	if (score->found == 0)
		return NAN;
	qsort(sorted.delay_s, sorted.found, sizeof(sorted.delay_s[0]), ascending);
	return (double)sorted.delay_s[sorted.found / 2];
}

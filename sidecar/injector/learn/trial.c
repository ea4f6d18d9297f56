/* SPDX-License-Identifier: Apache-2.0 */
/* trial.c - plays a pod's traffic through the detector, as the monitor would have. */
#include "trial.h"

struct player {
	struct trial *trial;
	const struct trial_plan *plan;
};

static void note_alert(void *player_, enum alert_event event, const struct alert *alert)
{
	const struct player *player = player_;
	struct trial *t = player->trial;

	if (event != ALERT_RAISED)
		return;
	if (t->alerts < TRIAL_ALERTS_MAX)
		t->alert[t->alerts] =
		    (struct trial_alert){alert->starts_at, alert->verdict.kind};
	t->alerts++;
	if (player->plan->raised)
		player->plan->raised(player->plan->context, alert);
}

static void note(struct trial *t, const struct sample *sample)
{
	if (t->samples++ == 0)
		t->first = sample->time;
	t->last = sample->time;
}

static int play(struct trial *t, struct replayer *replayer, struct range *range,
		const struct trial_plan *plan, struct error *err)
{
	struct sample sample;
	int got;

	while ((got = range_next(range, &sample, err)) == TRACE_SAMPLE) {
		if (plan->until > 0 && sample.time > plan->until)
			return TRACE_END;
		note(t, &sample);
		if (plan->theft)
			theft_add(plan->theft, &sample);
		replayer_feed(replayer, &sample);
	}
	replayer_finish(replayer);
	return got; /* TRACE_END is 0 */
}

int trial_run(struct trial *trial, struct range *range, const struct trial_plan *plan,
	      struct error *err)
{
	struct player player = {trial, plan};
	struct replayer *replayer =
	    replayer_open(plan->options, plan->pod, note_alert, &player);

	if (!replayer) {
		fail_memory(err, "a detector");
		return TRACE_FAILED;
	}
	trial->samples = 0;
	trial->alerts = 0;
	trial->first = trial->last = 0;
	range_rewind(range);
	replayer_adopt(replayer, plan->siblings);
	const int result = play(trial, replayer, range, plan, err);
	if (result == TRACE_END && plan->learnt)
		baseline_document_begin(plan->learnt, replayer_detector(replayer),
					plan->options, plan->pod);
	replayer_close(replayer);
	return result;
}

bool trial_has(const struct trial *trial, const struct trial_alert *alert)
{
	for (unsigned i = 0; i < trial->alerts && i < TRIAL_ALERTS_MAX; i++)
		if (trial->alert[i].kind == alert->kind &&
		    trial->alert[i].raised == alert->raised)
			return true;
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* review_log.c - logs reviews, with a limit of lines a second. */
#include "review_log.h"

#include "base/log.h"

#include "base/sanitize.h"

static const struct {
	unsigned per_second;
	const char *event, *what;
} kinds[DECISION_KINDS] = {
    [DECISION_MADE] = {REVIEW_LOG_PER_SECOND, "reviews-withheld", "reviews"},
    [DECISION_REFUSED] = {REFUSALS_PER_SECOND, "refusals-withheld",
			  "refused or failed requests"},
};

static void tell_withheld(struct review_log *d, enum decision_kind kind)
{
	if (d->kinds[kind].withheld > 0)
		log_event(LOG_LEVEL_WARNING, kinds[kind].event,
			  "%llu more %s within a second are not logged",
			  (unsigned long long)d->kinds[kind].withheld,
			  kinds[kind].what);
	d->kinds[kind].withheld = 0;
}

/* Whether one more line is allowed now. Counts the line either way. */
static bool allowed(struct review_log *d, enum decision_kind kind, double now)
{
	if (now - d->kinds[kind].second >= 1) {
		tell_withheld(d, kind);
		d->kinds[kind].second = now;
		d->kinds[kind].written = 0;
	}
	if (d->kinds[kind].written < kinds[kind].per_second) {
		d->kinds[kind].written++;
		return true;
	}
	d->kinds[kind].withheld++;
	d->withheld++;
	return false;
}

/* Writes "NAMESPACE/NAME", or the known part of it. */
static void put_pod(struct text *t, const struct review_result *r)
{
	if (r->namespace[0])
		text_printf(t, "%s/", r->namespace);
	text_put(t, r->name[0] ? r->name : r->namespace[0] ? "?" : "a request");
}

void review_log_decision(struct review_log *d, double now,
			 const struct review_result *r)
{
	static const enum log_level levels[] = {
	    [REVIEW_INJECTED] = LOG_LEVEL_INFO,
	    [REVIEW_SKIPPED] = LOG_LEVEL_INFO,
	    [REVIEW_REFUSED] = LOG_LEVEL_WARNING,
	    [REVIEW_FAILED] = LOG_LEVEL_ERROR,
	};
	bool trouble = r->outcome == REVIEW_REFUSED || r->outcome == REVIEW_FAILED;
	char line[ERROR_TEXT_MAX + 400], shown[sizeof(line)];
	struct text t = text_over(line, sizeof(line));

	if (!allowed(d, trouble ? DECISION_REFUSED : DECISION_MADE, now))
		return;
	put_pod(&t, r);
	if (r->outcome == REVIEW_SKIPPED)
		text_printf(&t, ": %s", skip_reason_name(r->reason));
	if (r->outcome == REVIEW_SKIPPED && r->trouble.text[0])
		text_printf(&t, ": %s", r->trouble.text);
	if (r->outcome == REVIEW_REFUSED)
		text_printf(&t, ": %u", r->status);
	if (trouble)
		text_printf(&t, ": %s", r->trouble.text);
	if (r->warnings > 0)
		text_printf(&t, ", %u warning%s", r->warnings,
			    r->warnings == 1 ? "" : "s");
	if (r->dry_run)
		text_put(&t, ", dry run");
	log_event(levels[r->outcome], review_outcome_name(r->outcome), "%s",
		  sanitize(shown, sizeof(shown), line));
}

void review_log_refusal(struct review_log *d, double now, unsigned status,
			const char *why)
{
	if (allowed(d, DECISION_REFUSED, now))
		log_event(LOG_LEVEL_WARNING, review_outcome_name(REVIEW_REFUSED),
			  "a request: %u: %s", status, why);
}

void review_log_tick(struct review_log *d, double now)
{
	for (int i = 0; i < DECISION_KINDS; i++)
		if (d->kinds[i].withheld > 0 && now - d->kinds[i].second >= 1)
			tell_withheld(d, i);
}

double review_log_due(const struct review_log *d, double now)
{
	for (int i = 0; i < DECISION_KINDS; i++)
		if (d->kinds[i].withheld > 0) {
			double left = d->kinds[i].second + 1 - now;

			return left > 0 ? left : 0;
		}
	return -1;
}

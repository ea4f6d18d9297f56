/* SPDX-License-Identifier: Apache-2.0 */
/* outcome.c - collects the final state of the alerts of a trace.
 *
 * An alert changes until the trace ends, or until newer alerts evict it from the store.
 * The store does not report which alert it evicts, so this file keeps a copy of each.
 */
#include "outcome.h"

#include <string.h>

void outcome_begin(struct outcome *o, outcome_printer *print, void *context)
{
	o->print = print;
	o->context = context;
	o->count = 0;
}

static void give_out(struct outcome *o, unsigned index)
{
	o->print(o->context, &o->alerts[index]);
	o->count--;
	memmove(&o->alerts[index], &o->alerts[index + 1],
		(o->count - index) * sizeof(o->alerts[0]));
}

static bool remembers(const struct alert_store *store, uint64_t id)
{
	const struct alert *alert;

	for (size_t i = 0; (alert = alert_store_at(store, i)); i++)
		if (alert->id == id)
			return true;
	return false;
}

static void give_out_forgotten(struct outcome *o, const struct alert_store *store)
{
	for (unsigned i = 0; i < o->count;) {
		if (remembers(store, o->alerts[i].id))
			i++;
		else
			give_out(o, i);
	}
}

void outcome_note(struct outcome *o, const struct alert_store *store,
		  const struct alert *alert)
{
	for (unsigned i = o->count; i-- > 0;)
		if (o->alerts[i].id == alert->id) {
			o->alerts[i] = *alert;
			return;
		}
	if (o->count >= ALERTS_REMEMBERED)
		give_out_forgotten(o, store);
	if (o->count == OUTCOME_MAX)
		give_out(o, 0);
	o->alerts[o->count++] = *alert;
}

void outcome_end(struct outcome *o)
{
	while (o->count > 0)
		give_out(o, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* source_states.c - reports once that a source began to fail or works again. */
#include "source_states.h"

const char *collector_source_name(enum collector_source source)
{
	static const char *const names[COLLECTOR_SOURCE_COUNT] = {
	    [COLLECTOR_LINKS] = "links",
	    [COLLECTOR_PROTOCOLS] = "protocols",
	    [COLLECTOR_SOCKETS] = "sockets",
	    [COLLECTOR_SOCKET_EVENTS] = "socket_events",
	};

	return names[source];
}

void source_states_note(struct source_states *states, enum collector_source source,
			bool ok, const struct error *reason)
{
	struct source_state *state = &states->of[source];

	state->failed = !ok;
	if (!ok && reason)
		state->reason = *reason;
}

bool source_states_complaint(struct source_states *states, struct error *complaint)
{
	int source;

	for (source = 0; source < COLLECTOR_SOURCE_COUNT; source++) {
		struct source_state *state = &states->of[source];
		const char *name = collector_source_name((enum collector_source)source);

		if (state->failed == state->failure_told)
			continue;
		state->failure_told = state->failed;
		if (state->failed)
			fail(complaint, "collector %s failed, the others continue: %s",
			     name, state->reason.text);
		else
			fail(complaint, "collector %s works again", name);
		return true;
	}
	return false;
}

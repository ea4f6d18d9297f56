/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - the names of states and alert kinds. */
#include "dormouse/detect.h"

const char *pod_state_name(enum pod_state state)
{
	static const char *const names[POD_STATE_COUNT] = {
	    [POD_LEARNING] = "learning",
	    [POD_DORMANT] = "dormant",
	    [POD_ACTIVE] = "active",
	};

	return names[state];
}

const char *alert_kind_name(enum alert_kind kind)
{
	static const char *const names[ALERT_KIND_COUNT] = {
#define KIND(id, name, ...) [ALERT_##id] = name,
#include "detect/kinds.def"
#undef KIND
	};

	return names[kind];
}

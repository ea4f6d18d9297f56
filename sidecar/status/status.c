/* SPDX-License-Identifier: Apache-2.0 */
/* status.c - `dormouse status`: the state, the signals and the alerts. */
#include "status.h"

#include "ask.h"
#include "status_table.h"

/* Returns all data as one object: /status with the alerts of /alerts added. */
static cJSON *ask_status(struct ask *a, struct error *err)
{
	cJSON *status = ask_fetch(a, "/status", err);
	cJSON *answer = status ? ask_fetch(a, "/alerts", err) : NULL;
	cJSON *alerts = cJSON_DetachItemFromObjectCaseSensitive(answer, "alerts");

	if (!alerts && answer)
		fail(err, "unexpected answer from /alerts: expected alerts");
	cJSON_Delete(answer);
	if (alerts && cJSON_AddItemToObject(status, "alerts", alerts))
		return status;
	if (alerts) {
		a->lacks_memory = true;
		fail_memory(err, "the answer");
		cJSON_Delete(alerts);
	}
	cJSON_Delete(status);
	return NULL;
}

int status_main(int argc, char **argv)
{
	static const struct ask_command command = {
	    .name = "status",
	    .help =
		"shows the state of the monitor that runs in this network namespace",
	    .ask = ask_status,
	    .print = status_table,
	};

	return ask_main(&command, argc, argv);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the target of a request, to a real server over loopback: the answer is a
 * status that there is, of Alertmanager's API JSON, and the server goes on. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cJSON.h>

#include "../unit/support/server_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A list for 200, a sentence for 400. */
static void check(const char *answer)
{
	cJSON *json = cJSON_ParseWithOpts(body_of(answer), NULL, true);
	int status = status_of(answer);

	if (status == 200 ? !cJSON_IsArray(json)
			  : status != 400 || !cJSON_IsString(json))
		abort();
	cJSON_Delete(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char request[4096];
	bool api = size > 0 && data[0] != 'x'; /* else the whole target is theirs */

	if (!server)
		start_with_alerts();
	if (size == 0 || size > 2000)
		return 0;
	size_t length = (size_t)snprintf(request, sizeof(request), "GET %s",
					 api ? "/api/v2/alerts?" : "");
	for (size_t i = 1; i < size; i++)
		if (data[i] > ' ')
			request[length++] = (char)data[i];
	snprintf(request + length, sizeof(request) - length, " HTTP/1.0\r\n\r\n");
	const char *answer = ask(local_port(), request);
	if (!answer || (answer[0] && status_of(answer) < 200))
		abort();
	/* The library's own refusals are HTML. */
	if (api && strstr(answer, "application/json"))
		check(answer);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* status.c - `dormouse status`: asks the running monitor over loopback. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_document.h"
#include "base/nearest.h"
#include "config/parse.h"
#include "confine/confine.h"
#include "http/client.h"
#include "status.h"
#include "status_json.h"
#include "status_table.h"

#define ADDRESS_WANTED "ADDRESS:PORT, such as 127.0.0.1:9478"
#define VARIABLE       "DORMOUSE_ALERT_LISTEN"

struct request {
	struct listen_address where;
	bool json;
	bool lacks_memory; /* it was not the monitor that failed */
};

static void help(void)
{
	puts("usage: dormouse status [FLAGS]\n"
	     "shows the state of the monitor that runs in this network namespace\n"
	     "  --json                  one JSON object instead of a table\n"
	     "  --address ADDRESS:PORT  the monitor's --alert-listen (127.0.0.1:9478,\n"
	     "                          or the variable " VARIABLE ")");
}

/* Reports an invalid address. */
static int refuse(struct error *err, const char *source, const char *value)
{
	return fail(err, "invalid value \"%.80s\" for %s: expected " ADDRESS_WANTED,
		    value, source);
}

static int refuse_flag(struct error *err, const char *argument)
{
	const char *name = argument + strspn(argument, "-");
	struct nearest guess = nearest_to(name, strcspn(name, "="));
	char hint[64];
	struct text t = text_over(hint, sizeof(hint));

	nearest_consider(&guess, "json");
	nearest_consider(&guess, "address");
	nearest_consider(&guess, "help");
	nearest_say(&guess, "--", &t);
	return fail(err, "unknown flag: %.80s%s", argument,
		    hint[0] ? hint : " (see --help)");
}

/* Sets the address to the default or to that of the variables, read as the monitor
 * reads them; an invalid variable is reported and ignored. */
static void take_variables(struct request *r)
{
	static const char *const names[] = {"DORMOUSE_DEFAULT_ALERT_LISTEN", VARIABLE};
	struct error err;

	parse_listen("127.0.0.1:9478", &r->where);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (!value || !value[0] || parse_listen(value, &r->where) == 0)
			continue;
		refuse(&err, names[i], value);
		fprintf(stderr, "dormouse: %s; using the default\n", err.text);
	}
}

static int take_address(struct request *r, const char *value, struct error *err)
{
	if (!value)
		return fail(err,
			    "missing value for --address: expected " ADDRESS_WANTED);
	if (parse_listen(value, &r->where) < 0)
		return refuse(err, "--address", value);
	return 0;
}

/* Returns 0, 1 when help was requested, -1 for an invalid flag. */
static int parse(struct request *r, int argc, char **argv, struct error *err)
{
	static const char address[] = "--address=";

	*r = (struct request){.json = false};
	take_variables(r);
	for (int i = 1; i < argc; i++) {
		int result = 0;

		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return 1;
		if (strcmp(argv[i], "--json") == 0)
			r->json = true;
		else if (strcmp(argv[i], "--address") == 0)
			result = take_address(r, argv[++i], err);
		else if (strncmp(argv[i], address, strlen(address)) == 0)
			result = take_address(r, argv[i] + strlen(address), err);
		else
			result = refuse_flag(err, argv[i]);
		if (result < 0)
			return -1;
	}
	return 0;
}

static cJSON *fetch(struct request *r, const char *path, struct error *err)
{
	char *body = http_fetch(&r->where, path, err);

	if (!body)
		return NULL;
	const char *stop;
	bool lacks_memory;
	cJSON *json = json_document(body, strlen(body), &stop, &lacks_memory);
	const bool whole = json && stop[strspn(stop, " \t\r\n")] == '\0';
	free(body);
	if (cJSON_IsObject(json) && whole)
		return json;
	cJSON_Delete(json);
	r->lacks_memory = lacks_memory;
	if (lacks_memory)
		fail_memory(err, "the answer");
	else
		fail(err, "unexpected answer from %s: expected that of Dormouse", path);
	return NULL;
}

/* Returns all data as one object: /status with the alerts of /alerts added. */
static cJSON *ask(struct request *r, struct error *err)
{
	cJSON *status = fetch(r, "/status", err);
	cJSON *answer = status ? fetch(r, "/alerts", err) : NULL;
	cJSON *alerts = cJSON_DetachItemFromObjectCaseSensitive(answer, "alerts");

	if (!alerts && answer)
		fail(err, "unexpected answer from /alerts: expected alerts");
	cJSON_Delete(answer);
	if (alerts && cJSON_AddItemToObject(status, "alerts", alerts))
		return status;
	if (alerts) {
		r->lacks_memory = true;
		fail_memory(err, "the answer");
		cJSON_Delete(alerts);
	}
	cJSON_Delete(status);
	return NULL;
}

/* The answer may come from whoever listens there. */
static void confine_status(const struct request *r)
{
	struct confine_plan plan = {.abilities = CONFINE_ASKS};
	struct confinement ignored; /* as good as the kernel can */

	confine_leave_address(&plan, &r->where, true);
	confine(&plan, false, &ignored);
}

int status_main(int argc, char **argv)
{
	struct request r;
	struct error err;
	int result = parse(&r, argc, argv, &err);

	if (result > 0) {
		help();
		return 0;
	}
	if (result < 0) {
		fprintf(stderr, "dormouse: %s\n", err.text);
		return 2;
	}

	confine_status(&r);
	cJSON *status = ask(&r, &err);
	if (!status && r.lacks_memory) {
		fprintf(stderr, "dormouse: %s\n", err.text);
		return 1;
	}
	if (!status) {
		fprintf(stderr,
			"dormouse: no monitor answers at %s: %s. Is `dormouse run` "
			"running in this network namespace? --address selects "
			"another.\n",
			r.where.text, err.text);
		return 1;
	}
	if (r.json)
		result = status_json(status, stdout, &err);
	else
		status_table(status, stdout);
	cJSON_Delete(status);
	if (result < 0)
		fprintf(stderr, "dormouse: %s\n", err.text);
	return result != 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c - asks the running monitor over loopback. */
#include "ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_document.h"
#include "base/nearest.h"
#include "config/parse.h"
#include "confine/confine.h"
#include "http/client.h"
#include "status_json.h"

#define ADDRESS_WANTED "ADDRESS:PORT, such as 127.0.0.1:9478"
#define VARIABLE       "DORMOUSE_ALERT_LISTEN"

static void help(const struct ask_command *command)
{
	printf("usage: dormouse %s [FLAGS]\n%s\n", command->name, command->help);
	puts("  --json                  one JSON object instead of a table\n"
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
static void take_variables(struct ask *a)
{
	static const char *const names[] = {"DORMOUSE_DEFAULT_ALERT_LISTEN", VARIABLE};
	struct error err;

	parse_listen("127.0.0.1:9478", &a->where);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (!value || !value[0] || parse_listen(value, &a->where) == 0)
			continue;
		refuse(&err, names[i], value);
		fprintf(stderr, "dormouse: %s; using the default\n", err.text);
	}
}

static int take_address(struct ask *a, const char *value, struct error *err)
{
	if (!value)
		return fail(err,
			    "missing value for --address: expected " ADDRESS_WANTED);
	if (parse_listen(value, &a->where) < 0)
		return refuse(err, "--address", value);
	return 0;
}

/* Returns 0, 1 when help was requested, -1 for an invalid flag. */
static int parse(struct ask *a, int argc, char **argv, struct error *err)
{
	static const char address[] = "--address=";

	*a = (struct ask){.json = false};
	take_variables(a);
	for (int i = 1; i < argc; i++) {
		int result = 0;

		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return 1;
		if (strcmp(argv[i], "--json") == 0)
			a->json = true;
		else if (strcmp(argv[i], "--address") == 0)
			result = take_address(a, argv[++i], err);
		else if (strncmp(argv[i], address, strlen(address)) == 0)
			result = take_address(a, argv[i] + strlen(address), err);
		else
			result = refuse_flag(err, argv[i]);
		if (result < 0)
			return -1;
	}
	return 0;
}

cJSON *ask_fetch(struct ask *a, const char *path, struct error *err)
{
	char *body = http_fetch(&a->where, path, err);

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
	a->lacks_memory = lacks_memory;
	if (lacks_memory)
		fail_memory(err, "the answer");
	else
		fail(err, "unexpected answer from %s: expected that of Dormouse", path);
	return NULL;
}

static void confine_asking(const struct ask *a)
{
	struct confine_plan plan = {.abilities = CONFINE_ASKS};
	struct confinement ignored; /* as good as the kernel can */

	confine_leave_address(&plan, &a->where, true);
	confine(&plan, false, &ignored);
}

static int complain(const struct error *err, int status)
{
	fprintf(stderr, "dormouse: %s\n", err->text);
	return status;
}

static int say_no_answer(const struct ask *a, const struct error *err)
{
	if (a->lacks_memory)
		return complain(err, 1);
	fprintf(stderr,
		"dormouse: no monitor answers at %s: %s. Is `dormouse run` "
		"running in this network namespace? --address selects "
		"another.\n",
		a->where.text, err->text);
	return 1;
}

int ask_main(const struct ask_command *command, int argc, char **argv)
{
	struct ask a;
	struct error err;
	int result = parse(&a, argc, argv, &err);

	if (result > 0) {
		help(command);
		return 0;
	}
	if (result < 0)
		return complain(&err, 2);
	confine_asking(&a);
	cJSON *answer = command->ask(&a, &err);
	if (!answer)
		return say_no_answer(&a, &err);
	if (a.json)
		result = status_json(answer, stdout, &err);
	else
		command->print(answer, stdout);
	cJSON_Delete(answer);
	return result < 0 ? complain(&err, 1) : 0;
}

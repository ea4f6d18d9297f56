/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c - asks the running monitor over loopback. */
#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_document.h"
#include "base/nearest.h"
#include "base/read_full.h"
#include "base/units.h"
#include "config/parse.h"
#include "confine/confine.h"
#include "http/client.h"
#include "status_json.h"

#define ADDRESS_WANTED "ADDRESS:PORT, such as 127.0.0.1:9478"
#define VARIABLE       "DORMOUSE_ALERT_LISTEN"
#define FILE_MAX       (1024 * 1024)

#define SINCE_WANTED "a duration of 1m to 14d, such as 6h"
#define SINCE_MIN_S  60
#define DAY_S        86400

static void help(const struct ask_command *command)
{
	printf("usage: dormouse %s [FLAGS]\n%s\n", command->name, command->help);
	puts(
	    command->writes
		? "  --from FILE             of what /destinations answered; - is stdin"
		: "  --json                  one JSON object instead of a table");
	puts("  --address ADDRESS:PORT  the monitor's --alert-listen (127.0.0.1:9478,\n"
	     "                          or the variable " VARIABLE ")");
	if (command->since_max_s > 0)
		puts(
		    "  --since DURATION        how long ago it begins (1d), up to 14d");
}

/* Reports an invalid address. */
static int refuse(struct error *err, const char *source, const char *value)
{
	return fail(err, "invalid value \"%.80s\" for %s: expected " ADDRESS_WANTED,
		    value, source);
}

static int refuse_flag(const struct ask_command *command, struct error *err,
		       const char *argument)
{
	const char *name = argument + strspn(argument, "-");
	struct nearest guess = nearest_to(name, strcspn(name, "="));
	char hint[64];
	struct text t = text_over(hint, sizeof(hint));

	nearest_consider(&guess, command->writes ? "from" : "json");
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

static int take_since(struct ask *a, double max_s, const char *value, struct error *err)
{
	if (!value)
		return fail(err, "missing value for --since: expected " SINCE_WANTED);
	if (parse_duration(value, &a->since_s) < 0 || a->since_s < SINCE_MIN_S ||
	    a->since_s > max_s)
		return fail(
		    err, "invalid value \"%.80s\" for --since: expected " SINCE_WANTED,
		    value);
	return 0;
}

static int take_file(struct ask *a, const char *value, struct error *err)
{
	if (!value || !value[0])
		return fail(err, "missing value for --from: expected a file's path");
	a->from = value;
	return 0;
}

/* Whether the argument is that flag, "--name VALUE" or "--name=VALUE". Moves on to the
 * value, which is NULL if it is missing. */
static bool is_flag(const char *name, char ***argument, const char **value)
{
	const size_t length = strlen(name);

	if (strncmp(**argument, name, length) != 0)
		return false;
	if ((**argument)[length] == '=')
		*value = **argument + length + 1;
	else if ((**argument)[length] == '\0')
		*value = *++*argument;
	else
		return false;
	return true;
}

/* Returns 0, 1 when help was requested, -1 for an invalid flag. */
static int parse(const struct ask_command *command, struct ask *a, char **argv,
		 struct error *err)
{
	*a = (struct ask){.since_s = DAY_S};
	take_variables(a);
	for (char **at = argv + 1; *at; at++) {
		const char *value;
		int result = 0;

		if (strcmp(*at, "--help") == 0 || strcmp(*at, "-h") == 0)
			return 1;
		if (!command->writes && strcmp(*at, "--json") == 0)
			a->json = true;
		else if (command->writes && is_flag("--from", &at, &value))
			result = take_file(a, value, err);
		else if (is_flag("--address", &at, &value))
			result = take_address(a, value, err);
		else if (command->since_max_s > 0 && is_flag("--since", &at, &value))
			result = take_since(a, command->since_max_s, value, err);
		else
			result = refuse_flag(command, err, *at);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* As http_fetch(). */
static char *read_file(const char *path, struct error *err)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	const int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	char *body = fd >= 0 ? malloc(FILE_MAX + 1) : NULL;
	const ssize_t length = body ? read_full(fd, body, FILE_MAX + 1) : -1;

	if (length < 0)
		fail_errno(err, errno, "read %.80s", path);
	else if (length > FILE_MAX)
		fail(err, "%.80s has more than %d bytes", path, FILE_MAX);
	if (fd > STDIN_FILENO)
		close(fd);
	if (length >= 0 && length <= FILE_MAX) {
		body[length] = '\0';
		return body;
	}
	free(body);
	return NULL;
}

cJSON *ask_fetch(struct ask *a, const char *path, struct error *err)
{
	char *body =
	    a->from ? read_file(a->from, err) : http_fetch(&a->where, path, err);

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
		fail(err, "unexpected answer from %s: expected that of Dormouse",
		     a->from ? a->from : path);
	return NULL;
}

static void confine_asking(const struct ask *a)
{
	struct confine_plan plan = {.abilities = a->from ? 0 : CONFINE_ASKS};
	struct confinement ignored; /* as good as the kernel can */

	if (a->from)
		confine_leave_path(&plan, a->from, false);
	else
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
	if (a->lacks_memory || a->from)
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
	int result = parse(command, &a, argv, &err);

	(void)argc;

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

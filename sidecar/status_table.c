/* SPDX-License-Identifier: Apache-2.0 */
/* status_table.c - the pod, its signals against their baseline, its alerts. */
#include "status_table.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dormouse/figures.h"

#define WIDTH        88
#define INDENT       "          "
#define OVER_MAX     10 /* resolved alerts that are shown */
#define DESTINATIONS 5  /* of each firing alert */
#define STRING_MAX   512

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* A string that cannot move the cursor or change colours: what names it contains come
 * from the pod's surroundings. In one of four buffers that take turns. */
static const char *string(const cJSON *object, const char *name)
{
	static char buffers[4][STRING_MAX];
	static unsigned turn;
	char *clean = buffers[turn++ % 4];
	const char *value = cJSON_GetStringValue(member(object, name));
	size_t i = 0;

	if (!value || !value[0])
		return "-";
	for (; i < STRING_MAX - 1 && value[i]; i++) {
		unsigned char c = (unsigned char)value[i];
		bool control = c < 0x20 || c == 0x7F ||
			       (c == 0xC2 && (unsigned char)value[i + 1] < 0xA0);
		clean[i] = control ? '?' : value[i];
	}
	clean[i] = '\0';
	return clean;
}

/* NAN where there is no number. */
static double number(const cJSON *object, const char *name)
{
	return cJSON_GetNumberValue(member(object, name));
}

static const char *bold(FILE *out, bool on)
{
	static const char *const codes[] = {"\033[0m", "\033[1;31m"};
	const char *term = getenv("TERM");

	if (!isatty(fileno(out)) || getenv("NO_COLOR") || !term ||
	    strcmp(term, "dumb") == 0)
		return "";
	return codes[on];
}

/* "2023-11-14T22:13:20.000Z" to Unix seconds; -1 when it is no time. */
static time_t parse_time(const char *text)
{
	struct tm tm = {0};

	return strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) ? timegm(&tm) : -1;
}

/* "2023-11-14 22:13:20 UTC"; "-" when it is no time. */
static const char *moment(char cell[FIGURE_MAX], const char *text)
{
	if (parse_time(text) < 0)
		snprintf(cell, FIGURE_MAX, "-");
	else
		snprintf(cell, FIGURE_MAX, "%.10s %.8s UTC", text, text + 11);
	return cell;
}

static void put_since(FILE *out, const char *text)
{
	time_t since = parse_time(text);

	if (since >= 0) {
		char when[FIGURE_MAX], age[FIGURE_MAX];

		fprintf(out, " since %s (%s)", moment(when, text),
			figure_duration(age, difftime(time(NULL), since)));
	}
}

static void put_pod(const cJSON *status, FILE *out)
{
	const cJSON *pod = member(status, "pod");
	const cJSON *learnt = member(status, "learnt");
	double samples = number(learnt, "samples");

	if (member(pod, "name"))
		fprintf(out, "Pod       %s/%s", string(pod, "namespace"),
			string(pod, "name"));
	else
		fputs("Pod       unnamed (no POD_NAME)", out);
	if (member(pod, "workload"))
		fprintf(out, ", %s", string(pod, "workload"));
	if (member(pod, "node"))
		fprintf(out, ", on %s", string(pod, "node"));
	fprintf(out, "\nState     %s", string(status, "state"));
	put_since(out, string(status, "stateSince"));
	fprintf(out, "\nLearnt    %.0f intervals of %g s",
		isfinite(samples) ? samples : 0, number(status, "interval"));
	put_since(out, string(learnt, "since"));
	fputs("\n\n", out);
}

static void put_signal(const cJSON *signal, FILE *out)
{
	static const char *const columns[] = {"value", "mean", "p99", "threshold"};
	const char *unit = string(signal, "unit");
	bool loud = number(signal, "value") > number(signal, "threshold");
	char cell[FIGURE_MAX];

	fprintf(out, "%-24s", string(signal, "signal"));
	for (size_t i = 0; i < 4; i++)
		fprintf(out, "%s%14s%s", i == 0 && loud ? bold(out, true) : "",
			figure_quantity(cell, number(signal, columns[i]), unit),
			i == 0 && loud ? bold(out, false) : "");
	fputs(loud ? "  <\n" : "\n", out);
}

/* Wraps a sentence behind the indent. */
static void put_sentence(const char *text, FILE *out)
{
	size_t column = WIDTH;

	for (const char *word = text; *word;) {
		size_t length = strcspn(word, " ");

		if (column + 1 + length > WIDTH) {
			fprintf(out, "%s" INDENT, word == text ? "" : "\n");
			column = strlen(INDENT);
		} else {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)length, word);
		column += length;
		word += length;
		word += strspn(word, " ");
	}
	fputc('\n', out);
}

static void put_destinations(const cJSON *alert, FILE *out)
{
	const cJSON *list = member(member(alert, "evidence"), "destinations");
	const cJSON *d;
	int shown = 0;

	cJSON_ArrayForEach(d, list)
	{
		char end[80], bytes[FIGURE_MAX];
		double connections = number(d, "connections");
		bool colons = strchr(string(d, "address"), ':');

		if (shown++ == DESTINATIONS)
			break;
		snprintf(end, sizeof(end), colons ? "[%s]:%.0f/%s" : "%s:%.0f/%s",
			 string(d, "address"), number(d, "port"),
			 string(d, "protocol"));
		fprintf(out, INDENT "%-34s %10s %6.0f %-11s %s\n", end,
			figure_quantity(bytes, number(d, "bytes"), "bytes"),
			connections, connections == 1 ? "connection" : "connections",
			string(d, "container"));
	}
	int more = cJSON_GetArraySize(list) - DESTINATIONS;
	if (more > 0)
		fprintf(out, INDENT "and %d more; --json has them\n", more);
}

static const char *unit_of(const char *signal)
{
	if (strcmp(signal, "destinations") == 0)
		return "addresses";
	return strstr(signal, "bytes") ? "bytes/s" : "packets/s";
}

static void put_alert(const cJSON *alert, bool firing, FILE *out)
{
	char from[FIGURE_MAX], value[FIGURE_MAX];
	const char *signal = string(alert, "signal");

	fprintf(out, "\n%s%-10s%s%s, %s, %s at %s\n", firing ? bold(out, true) : "",
		firing ? "FIRING" : "resolved", firing ? bold(out, false) : "",
		string(alert, "kind"), string(alert, "severity"), signal,
		figure_quantity(value, number(alert, firing ? "value" : "peak"),
				unit_of(signal)));
	fprintf(out, INDENT "%s %s", firing ? "since" : "from",
		moment(from, string(alert, "startsAt")));
	if (!firing) {
		char to[FIGURE_MAX];

		fprintf(out, " to %s", moment(to, string(alert, "endsAt")));
	}
	fputc('\n', out);
	put_sentence(string(alert, "summary"), out);
	if (firing)
		put_destinations(alert, out);
}

/* Shows the alerts of one kind of life, at most `max`. Returns how many there are. */
static int put_alerts(const cJSON *alerts, bool firing, int max, FILE *out)
{
	const cJSON *alert;
	int count = 0;

	cJSON_ArrayForEach(alert, alerts)
	{
		if ((strcmp(string(alert, "status"), "firing") == 0) != firing)
			continue;
		if (count++ < max)
			put_alert(alert, firing, out);
	}
	return count;
}

void status_table(const cJSON *status, FILE *out)
{
	const cJSON *alerts = member(status, "alerts"), *signal;

	put_pod(status, out);
	fprintf(out, "%-24s%14s%14s%14s%14s\n", "SIGNAL", "NOW", "MEAN", "P99",
		"THRESHOLD");
	cJSON_ArrayForEach(signal, member(status, "signals")) put_signal(signal, out);

	if (cJSON_GetArraySize(alerts) == 0) {
		fputs("\nNo alerts.\n", out);
		return;
	}
	put_alerts(alerts, true, cJSON_GetArraySize(alerts), out);
	int over = put_alerts(alerts, false, OVER_MAX, out);
	if (over > OVER_MAX)
		fprintf(out, "\n%d older ones are resolved; --json has them\n",
			over - OVER_MAX);
}

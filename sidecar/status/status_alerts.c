/* SPDX-License-Identifier: Apache-2.0 */
/* status_alerts.c - prints each alert: severity, time, value and threshold,
 * destinations, and the next step. */
#include <math.h>
#include <string.h>

#include "base/sanitize.h"
#include "base/text.h"
#include "dormouse/sample.h"
#include "status_cells.h"

#define OVER_MAX     10 /* resolved alerts shown */
#define DESTINATIONS 5  /* of each firing alert */
#define END_WIDTH    26 /* minimum width of an address and port */
#define END_MAX      56 /* maximum width */
#define LINE_MAX     2048

/* "dormancy-break, critical, risk 85 of 100". */
static void put_head(const cJSON *alert, bool firing, FILE *out)
{
	char words[LINE_MAX];
	struct text line = text_over(words, sizeof(words));
	double risk = status_number(alert, "riskScore");

	text_printf(&line, "%s, %s", status_string(alert, "kind"),
		    status_string(alert, "severity"));
	if (isfinite(risk))
		text_printf(&line, ", risk %.0f of 100", risk);
	fprintf(out, "\n%s", firing ? status_bold(out, true) : "");
	status_cell(out, firing ? "FIRING" : "resolved", STATUS_INDENT);
	fputs(firing ? status_bold(out, false) : "", out);
	display_wrapped(out, words, STATUS_INDENT, STATUS_WIDTH, STATUS_INDENT);
}

static void put_times(const cJSON *alert, bool firing, FILE *out)
{
	char words[LINE_MAX], cell[FORMAT_MAX];
	struct text line = text_over(words, sizeof(words));
	time_t onset = status_time(status_string(alert, "onset"));
	time_t end = firing ? time(NULL) : status_time(status_string(alert, "endsAt"));

	text_printf(&line, "onset %s,",
		    status_moment(cell, status_string(alert, "onset")));
	text_printf(&line, " raised %s",
		    status_moment(cell, status_string(alert, "startsAt")));
	if (!firing)
		text_printf(&line, ", over %s",
			    status_moment(cell, status_string(alert, "endsAt")));
	if (onset >= 0 && end >= 0)
		text_printf(&line, " (%s%s)", firing ? "for " : "lasted ",
			    format_duration(cell, difftime(end, onset)));
	status_put(out, "", words);
}

static const char *unit_of(const char *signal)
{
	if (strcmp(signal, "destinations") == 0)
		return "addresses";
	return strstr(signal, "bytes") ? "bytes/s" : "packets/s";
}

/* Prints the value, the peak, and the threshold of the time when the alert was raised,
 * which later samples do not change. */
static void put_judgement(const cJSON *alert, bool firing, FILE *out)
{
	const char *signal = status_string(alert, "signal");
	const cJSON *evidence = status_member(alert, "evidence");
	double threshold = status_number(status_member(alert, "baseline"), "threshold");
	double balance = status_number(status_member(evidence, "relay"), "balance");
	int known = signal_by_name(signal);
	char words[LINE_MAX], cell[FORMAT_MAX];
	struct text line = text_over(words, sizeof(words));

	if (known >= 0)
		text_printf(&line, "%s (%s): ", signal_words((enum signal)known)->title,
			    signal);
	else
		text_printf(&line, "%s: ", signal);
	if (firing)
		text_printf(&line, "%s now, ",
			    format_quantity(cell, status_number(alert, "value"),
					    unit_of(signal)));
	text_printf(
	    &line, "peak %s",
	    format_quantity(cell, status_number(alert, "peak"), unit_of(signal)));
	if (threshold > 0)
		text_printf(&line, ", judged by a threshold of %s",
			    format_quantity(cell, threshold, unit_of(signal)));
	if (strcmp(status_string(alert, "kind"), "proxy-relay") == 0 && balance >= 0)
		text_printf(&line, ", judged by %.2f bytes received for each sent",
			    balance);
	status_put(out, "", words);
}

static double number_or_0(const cJSON *object, const char *name)
{
	double number = status_number(object, name);

	return isfinite(number) ? number : 0;
}

static void put_destination(const cJSON *d, FILE *out)
{
	char words[LINE_MAX], bytes[FORMAT_MAX];
	struct text end = text_over(words, sizeof(words));
	double connections = number_or_0(d, "connections");
	const char *address = status_string(d, "address");

	text_printf(&end, strchr(address, ':') ? "[%s]:%.0f/%s" : "%s:%.0f/%s", address,
		    number_or_0(d, "port"), status_string(d, "protocol"));
	size_t width = display_columns(words, end.length);
	width = width < END_WIDTH ? END_WIDTH : width > END_MAX ? END_MAX : width;
	fprintf(out, "%*s", STATUS_INDENT, "");
	status_cell(out, words, width);
	fprintf(out, " %9.9s ",
		format_quantity(bytes, status_number(d, "bytes"), "bytes"));

	struct text rest = text_over(words, sizeof(words));
	text_printf(&rest, "in %.9g %s, %s", connections,
		    connections == 1 ? "connection" : "connections",
		    status_string(d, "container"));
	display_wrapped(out, words, STATUS_INDENT + 2, STATUS_WIDTH,
			STATUS_INDENT + width + strlen(" 99.9 MB/s "));
}

static void put_destinations(const cJSON *alert, FILE *out)
{
	const cJSON *list =
	    status_member(status_member(alert, "evidence"), "destinations");
	int shown = 0;
	const cJSON *d;

	cJSON_ArrayForEach(d, list)
	{
		if (shown++ == DESTINATIONS)
			break;
		put_destination(d, out);
	}
	int more = cJSON_GetArraySize(list) - DESTINATIONS;
	if (more > 0)
		fprintf(out, "%*sand %d more; --json has them\n", STATUS_INDENT, "",
			more);
}

/* The next step for an alert of that kind. */
static const char *next_step(const char *kind)
{
	static const struct {
		const char *kind, *next;
	} steps[] = {
#define KIND(id, name, rank, sentence, next) {name, "Next: " next},
#include "detect/kinds.def"
#undef KIND
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(kind, steps[i].kind) == 0)
			return steps[i].next;
	return "Next: compare the destinations with what the pod is for.";
}

static void put_alert(const cJSON *alert, bool firing, FILE *out)
{
	put_head(alert, firing, out);
	put_times(alert, firing, out);
	put_judgement(alert, firing, out);
	status_put(out, "", status_string(alert, "summary"));
	if (!firing)
		return;
	put_destinations(alert, out);
	status_put(out, "", next_step(status_string(alert, "kind")));
}

/* Prints the alerts that fire, or those that do not, at most `max`. Returns their total
 * number. */
static int put_alerts(const cJSON *alerts, bool firing, int max, FILE *out)
{
	const cJSON *alert;
	int count = 0;

	cJSON_ArrayForEach(alert, alerts)
	{
		if ((strcmp(status_string(alert, "status"), "firing") == 0) != firing)
			continue;
		if (count++ < max)
			put_alert(alert, firing, out);
	}
	return count;
}

void status_alerts(const cJSON *status, FILE *out)
{
	const cJSON *alerts = status_member(status, "alerts");

	if (cJSON_GetArraySize(alerts) == 0) {
		fputs("\nNo alerts: nothing to do.\n", out);
		return;
	}
	if (put_alerts(alerts, true, cJSON_GetArraySize(alerts), out) == 0)
		fputs("\nNothing fires now.\n", out);
	int over = put_alerts(alerts, false, OVER_MAX, out);
	if (over > OVER_MAX)
		fprintf(out, "\n%d older ones are resolved; --json has them\n",
			over - OVER_MAX);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* destinations.c - `dormouse destinations`: whom the pod sends to, and its clients. */
#include <math.h>
#include <string.h>

#include "ask.h"
#include "base/sanitize.h"
#include "base/text.h"
#include "status.h"
#include "status_cells.h"

#define END_WIDTH   30 /* "[2001:db8::1]:443/tcp"; longer ones have their own line */
#define BYTES_WIDTH 8  /* "99.9 MB" */
#define COUNT_WIDTH 7
#define AGE_WIDTH   7 /* "23h 59m" */
#define REST_COLUMN (END_WIDTH + BYTES_WIDTH + COUNT_WIDTH + 2 * AGE_WIDTH + 5)
#define LINE_MAX    2048

static cJSON *ask_destinations(struct ask *a, struct error *err)
{
	cJSON *answer = ask_fetch(a, "/destinations", err);

	if (!answer || cJSON_IsArray(status_member(answer, "destinations")))
		return answer;
	fail(err, "unexpected answer from /destinations: expected destinations");
	cJSON_Delete(answer);
	return NULL;
}

/* Prints where it is; a long one on a line of its own. */
static void put_end(const cJSON *peer, FILE *out)
{
	const char *address = status_string(peer, "address");
	char words[LINE_MAX];
	struct text end = text_over(words, sizeof(words));
	const double port = status_number(peer, "port");

	text_printf(&end, strchr(address, ':') ? "[%s]:%.0f/%s" : "%s:%.0f/%s", address,
		    isfinite(port) ? port : 0, status_string(peer, "protocol"));
	if (display_columns(words, end.length) > END_WIDTH) {
		display_wrapped(out, words, 2, STATUS_WIDTH, 0);
		words[0] = '\0';
	}
	status_cell(out, words, END_WIDTH);
}

static void put_age(const cJSON *peer, const char *name, FILE *out)
{
	const time_t when = status_time(status_string(peer, name));
	char cell[FORMAT_MAX] = "-";

	if (when >= 0)
		format_duration(cell, difftime(time(NULL), when));
	fprintf(out, " %*.*s", AGE_WIDTH, AGE_WIDTH, cell);
}

/* Prints whether it is new, and its containers. */
static void put_rest(const cJSON *peer, FILE *out)
{
	char words[LINE_MAX], name[64];
	struct text rest = text_over(words, sizeof(words));
	const cJSON *container;

	if (cJSON_IsTrue(status_member(peer, "new")))
		text_put(&rest, "NEW ");
	cJSON_ArrayForEach(container, status_member(peer, "containers"))
	    text_printf(&rest, "%s ",
			sanitize(name, sizeof(name), cJSON_GetStringValue(container)));
	fputc(' ', out);
	display_wrapped(out, words, REST_COLUMN, STATUS_WIDTH, REST_COLUMN);
}

static void put_peer(const cJSON *peer, FILE *out)
{
	char cell[FORMAT_MAX];

	put_end(peer, out);
	format_quantity(cell, status_number(peer, "bytes"), "bytes");
	fprintf(out, " %*.*s", BYTES_WIDTH, BYTES_WIDTH, cell);
	format_quantity(cell, status_number(peer, "connections"), "");
	fprintf(out, " %*.*s", COUNT_WIDTH, COUNT_WIDTH, cell);
	put_age(peer, "firstSeen", out);
	put_age(peer, "lastSeen", out);
	put_rest(peer, out);
}

/* Prints the clients, or the others. Returns how many there are. */
static int put_peers(const cJSON *answer, bool clients, FILE *out)
{
	const cJSON *peer;
	int count = 0;

	cJSON_ArrayForEach(peer, status_member(answer, "destinations"))
	{
		const char *direction = status_string(peer, "direction");
		if ((strcmp(direction, "accepted") == 0) != clients)
			continue;
		if (count++ == 0)
			fprintf(out, "%-*s %*s %*s %*s %*s\n", END_WIDTH,
				clients ? "CLIENT:PORT HERE" : "DESTINATION",
				BYTES_WIDTH, "SENT", COUNT_WIDTH, "CONNS", AGE_WIDTH,
				"FIRST", AGE_WIDTH, "LAST AGO");
		put_peer(peer, out);
	}
	return count;
}

static void put_destinations(const cJSON *answer, FILE *out)
{
	const double displaced = status_number(answer, "displaced");
	char moment[FORMAT_MAX], words[LINE_MAX];

	if (put_peers(answer, false, out) == 0)
		fputs("The pod has sent to nobody so far.\n", out);
	fputc('\n', out);
	if (put_peers(answer, true, out) > 0)
		fputc('\n', out);
	snprintf(words, sizeof(words), "Noted since %s.",
		 status_moment(moment, status_string(answer, "since")));
	display_wrapped(out, words, 0, STATUS_WIDTH, 0);
	if (displaced > 0)
		fprintf(out, "%.0f others lost their place.\n", displaced);
}

int destinations_main(int argc, char **argv)
{
	static const struct ask_command command = {
	    .name = "destinations",
	    .help = "shows whom the pod sends to, as its monitor knows it",
	    .ask = ask_destinations,
	    .print = put_destinations,
	};

	return ask_main(&command, argc, argv);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* baseline_read.c - reads a baseline document. Who wrote it may be anyone: a person, a
 * newer version, a stranger with the right to change a ConfigMap. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_document.h"
#include "base/json_tree.h"
#include "base/read_full.h"
#include "base/sanitize.h"
#include "base/units.h"
#include "baseline_document.h"
#include "baseline_members.h"
#include "baseline_names.h"

#define SHOWN_MAX 64

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* Returns the index of the member's word, 0 if it is missing, -1 if it is not a word.
 */
static int take_word(const cJSON *object, const char *name, const char *const *words,
		     struct error *err)
{
	const cJSON *item = member(object, name);

	if (!item)
		return 0;
	for (int i = 0; words[i]; i++)
		if (cJSON_IsString(item) && strcmp(item->valuestring, words[i]) == 0)
			return i;
	return baseline_refuse(err, BASELINE_SETTINGS, name, "a value of that flag");
}

/* --- parts ------------------------------------------------------------------------ */

static int take_settings(struct baseline_document *b, const cJSON *document,
			 struct error *err)
{
	const cJSON *s = member(document, BASELINE_SETTINGS);
	const int profile = take_word(s, "profile", baseline_profiles, err);
	const int sensitivity =
	    profile < 0 ? -1 : take_word(s, "sensitivity", baseline_sensitivities, err);
	if (sensitivity < 0 ||
	    baseline_take_members(&baseline_settings, s, BASELINE_SETTINGS, b, err) < 0)
		return -1;
	b->profile = (enum profile)profile;
	b->sensitivity = (enum sensitivity)sensitivity;
	return 0;
}

/* Numbers mean something only with these windows and shares. */
static int check_legend(const cJSON *document, struct error *err)
{
	const cJSON *windows = member(document, BASELINE_WINDOWS), *element;
	double shares[PAST_QUANTILES] = {0};
	unsigned at = 0;

	cJSON_ArrayForEach(element, windows)
	{
		if (at == PAST_WINDOWS || !cJSON_IsString(element) ||
		    strcmp(element->valuestring, past_window_name(at)) != 0)
			break;
		at++;
	}
	if (at != PAST_WINDOWS || element)
		return baseline_refuse(
		    err, "", BASELINE_WINDOWS,
		    "those of this version: 10s, 1m, 10m, 1h, 6h, steady-1m, "
		    "steady-10m");
	if (baseline_take_numbers(document, "", BASELINE_SHARES, PAST_QUANTILES, shares,
				  err) < 0)
		return -1;
	for (unsigned q = 0; q < PAST_QUANTILES; q++)
		if (shares[q] != past_shares[q])
			return baseline_refuse(
			    err, "", BASELINE_SHARES,
			    "those of this version: 0.5, 0.9, 0.99, 0.999, 1");
	return 0;
}

/* Returns the series of that name; -1: none of this version. */
static int series_by_name(const char *name)
{
	for (int s = 0; name && s < PAST_SERIES; s++)
		if (strcmp(name, past_series_name((unsigned)s)) == 0)
			return s;
	return -1;
}

static int take_series(struct past *past, const cJSON *entry, struct error *err)
{
	const char *name = cJSON_GetStringValue(member(entry, "signal"));
	const int series = series_by_name(name);

	if (!name)
		return fail(err, BASELINE_SIGNALS ": expected objects with a signal");
	if (series < 0)
		return 0;
	struct past_series *p = &past->series[series];
	if (baseline_take_members(&baseline_series, entry, name, p, err) < 0)
		return -1;
	for (unsigned q = 1; q < PAST_QUANTILES; q++)
		if (p->quantile[q] < p->quantile[q - 1])
			return baseline_refuse(err, name, "quantiles",
					       "numbers that do not fall");
	return 0;
}

static int take_days(const cJSON *calendar, struct routine_view *view,
		     struct error *err)
{
	const cJSON *days = member(calendar, "days");

	for (unsigned i = 0; i < ROUTINE_DAYS_COUNT; i++)
		if (cJSON_IsString(days) &&
		    strcmp(days->valuestring, routine_days_name(i)) == 0) {
			view->days = (enum routine_days)i;
			return 0;
		}
	return baseline_refuse(err, BASELINE_DEPARTURES, "days",
			       "daily, weekly or the like");
}

static int take_hour(const cJSON *calendar, struct routine_view *view,
		     struct error *err)
{
	const char *hour = cJSON_GetStringValue(member(calendar, "timeOfDay"));
	char *rest = NULL;
	unsigned hours = 24, minutes = 60;

	if (view->days == ROUTINE_NO_FIXED_TIME)
		return 0;
	if (hour && strlen(hour) == sizeof("02:10") - 1 && hour[2] == ':') {
		hours = (unsigned)strtoul(hour, NULL, 10);
		minutes = (unsigned)strtoul(hour + 3, &rest, 10);
	}
	if (hours > 23 || minutes > 59 || *rest)
		return baseline_refuse(err, BASELINE_DEPARTURES, "timeOfDay",
				       "a time such as 02:10");
	view->second_of_day = hours * 3600 + minutes * 60;
	return 0;
}

/* A kind of a newer version ranks lowest here: then any other is news. */
static int take_kind(const cJSON *entry, struct past_departure *r, struct error *err)
{
	const cJSON *kind = member(entry, "kind");

	if (kind && !cJSON_IsString(kind))
		return baseline_refuse(err, BASELINE_DEPARTURES, "kind",
				       "a kind of alert");
	r->kind = ALERT_EGRESS_DRIFT;
	for (unsigned k = 0; kind && k < ALERT_KIND_COUNT; k++)
		if (strcmp(kind->valuestring, alert_kind_name(k)) == 0)
			r->kind = (enum alert_kind)k;
	return 0;
}

static int take_reach(const cJSON *entry, struct past_departure *r, struct error *err)
{
	const cJSON *reach = member(entry, "reach");

	for (unsigned s = 0; s < PAST_SERIES; s++) {
		double amounts[PAST_WINDOWS] = {0};
		if (baseline_take_numbers(reach, BASELINE_DEPARTURES,
					  past_series_name(s), PAST_WINDOWS, amounts,
					  err) < 0)
			return -1;
		for (unsigned k = 0; k < PAST_WINDOWS; k++)
			r->reach[s][k] = (float)amounts[k];
	}
	return 0;
}

/* What it says of the days is in words, too; a number that is none says nothing. */
static unsigned every_days(const cJSON *calendar)
{
	const cJSON *days = member(calendar, "everyDays");

	return cJSON_IsNumber(days) && days->valueint > 0 ? (unsigned)days->valueint
							  : 0;
}

/* Expected departures are numbered in their order. */
static uint32_t next_number(const struct past *past)
{
	uint32_t number = 1;

	for (unsigned i = 0; i < past->departure_count; i++)
		number += past->departure[i].view.number > 0;
	return number;
}

/* The words of the calendar are written anew. Their weekday and day of the month follow
 * from its last time. */
static int take_routine(struct past *past, const cJSON *entry, struct error *err)
{
	static const char of[] = BASELINE_DEPARTURES;
	const cJSON *calendar = member(entry, "calendar");
	struct past_departure *r = &past->departure[past->departure_count];
	struct routine_view *view = &r->view;
	const char *name = cJSON_GetStringValue(member(entry, "signal"));
	const int series = series_by_name(name);

	if (past->departure_count == PAST_DEPARTURES_MAX)
		return fail(err, BASELINE_DEPARTURES ": expected at most %d",
			    PAST_DEPARTURES_MAX);
	if (series < 0 || series >= SIGNAL_COUNT)
		return baseline_refuse(err, of, "signal", "a signal's name");
	if (take_days(calendar, view, err) < 0 || take_hour(calendar, view, err) < 0 ||
	    baseline_take_members(&baseline_departure, entry, of, view, err) < 0 ||
	    take_kind(entry, r, err) < 0 || take_reach(entry, r, err) < 0)
		return -1;
	view->signal = (enum signal)series;
	past->departure_count++;
	if (cJSON_IsTrue(member(entry, "expected")))
		view->number = next_number(past);
	view->every_days = every_days(calendar);
	routine_view_days(view);
	return 0;
}

/* "10.0.0.0/24", "2001:db8::/64". */
static int parse_prefix(const char *text, struct peer_prefix *p)
{
	char address[INET6_ADDRSTRLEN];
	const size_t length = strcspn(text, "/");
	unsigned bits, most;

	if (length >= sizeof(address) || text[length] != '/' ||
	    parse_count(text + length + 1, 0, 128, &bits) < 0)
		return -1;
	memcpy(address, text, length);
	address[length] = '\0';
	p->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	most = p->family == AF_INET6 ? 128 : 32;
	p->length = (uint8_t)bits;
	return bits <= most && inet_pton(p->family, address, p->address) == 1 ? 0 : -1;
}

static int take_peer(struct baseline_document *b, const cJSON *entry, struct error *err)
{
	static const char of[] = BASELINE_PEERS;
	const char *prefix = cJSON_GetStringValue(member(entry, "prefix"));
	const char *protocol = cJSON_GetStringValue(member(entry, "protocol"));
	struct peer_prefix *p = &b->peer[b->peer_count];
	struct baseline_use use = {0};

	if (b->peer_count == BASELINE_PEERS_MAX)
		return fail(err, BASELINE_PEERS ": expected at most %d",
			    BASELINE_PEERS_MAX);
	if (!prefix || parse_prefix(prefix, p) < 0)
		return baseline_refuse(err, of, "prefix",
				       "a network such as 10.0.0.0/24");
	if (!protocol || (strcmp(protocol, "tcp") != 0 && strcmp(protocol, "udp") != 0))
		return baseline_refuse(err, of, "protocol", "tcp or udp");
	if (baseline_take_members(&baseline_peer, entry, of, &use, err) < 0)
		return -1;
	p->protocol = protocol[0] == 'u' ? IPPROTO_UDP : IPPROTO_TCP;
	p->port = (uint16_t)use.port;
	p->bytes = (uint64_t)use.bytes;
	p->connections = (uint64_t)use.connections;
	b->peer_count++;
	return 0;
}

/* --- the whole -------------------------------------------------------------------- */

static int take_arrays(struct baseline_document *b, const cJSON *document,
		       struct error *err)
{
	const cJSON *entry;

	if (!cJSON_IsArray(member(document, BASELINE_SIGNALS)))
		return baseline_refuse(err, "", BASELINE_SIGNALS, "an array");
	cJSON_ArrayForEach(
	    entry,
	    member(document, BASELINE_SIGNALS)) if (take_series(&b->past, entry, err) <
						    0) return -1;
	cJSON_ArrayForEach(
	    entry,
	    member(document, BASELINE_DEPARTURES)) if (take_routine(&b->past, entry,
								    err) < 0) return -1;
	cJSON_ArrayForEach(
	    entry, member(document, BASELINE_PEERS)) if (take_peer(b, entry, err) <
							 0) return -1;
	return 0;
}

static int take_document(struct baseline_document *b, const cJSON *document,
			 struct error *err)
{
	const cJSON *format = member(document, "format");
	char shown[SHOWN_MAX];

	if (json_tree_is_too_deep(document))
		return fail(err, "expected at most %d levels", JSON_DEPTH_MAX);
	if (!cJSON_IsString(format))
		return baseline_refuse(err, "", "format", "\"" BASELINE_FORMAT "\"");
	if (strcmp(format->valuestring, BASELINE_FORMAT) != 0)
		return fail(err, "format: expected \"" BASELINE_FORMAT "\", not \"%s\"",
			    sanitize(shown, sizeof(shown), format->valuestring));
	if (baseline_take_members(&baseline_head, document, "", b, err) < 0 ||
	    take_settings(b, document, err) < 0 || check_legend(document, err) < 0)
		return -1;
	return take_arrays(b, document, err);
}

/* Returns the line of a place in a text, from 1. */
static unsigned line_at(const char *text, const char *place)
{
	unsigned line = 1;

	for (; text < place; text++)
		line += *text == '\n';
	return line;
}

int baseline_document_take(struct baseline_document *b, cJSON *document,
			   struct error *err)
{
	int result;

	memset(b, 0, sizeof(*b));
	result = take_document(b, document, err);
	if (result == 0 && baseline_has_unknown(document)) {
		b->unknown = document;
		return 0;
	}
	cJSON_Delete(document);
	if (result < 0)
		memset(b, 0, sizeof(*b));
	return result;
}

static const char *after_blanks(const char *text)
{
	return text + strspn(text, " \t\r\n");
}

/* Reads the document that begins there, and sets *stop to what follows. */
static int read_next(struct baseline_document *b, const char *text, size_t bytes,
		     const char **stop, struct error *err)
{
	bool lacks_memory;

	memset(b, 0, sizeof(*b));
	cJSON *document = json_document(text, bytes, stop, &lacks_memory);
	if (lacks_memory)
		return fail_memory(err, "the baseline");
	if (!cJSON_IsObject(document)) {
		cJSON_Delete(document);
		return fail(err, "line %u: expected a JSON object",
			    line_at(text, *stop));
	}
	*stop = after_blanks(*stop);
	return baseline_document_take(b, document, err);
}

static int too_long(size_t most, struct error *err)
{
	return fail(err, "expected at most %zu bytes", most);
}

int baseline_document_read(struct baseline_document *b, const char *text, size_t bytes,
			   struct error *err)
{
	const char *stop;

	memset(b, 0, sizeof(*b));
	if (bytes > BASELINE_BYTES_MAX)
		return too_long(BASELINE_BYTES_MAX, err);
	if (read_next(b, text, bytes, &stop, err) < 0)
		return -1;
	if (*stop == '\0')
		return 0;
	baseline_document_end(b);
	memset(b, 0, sizeof(*b));
	return fail(err, "line %u: expected nothing after the JSON object",
		    line_at(text, stop));
}

/* Reads every document of a text and merges them. */
static int read_all(struct baseline_document *b, const char *text, size_t bytes,
		    struct error *err)
{
	const char *stop = after_blanks(text), *end = text + bytes;
	struct baseline_document *other = malloc(sizeof(*other));
	int result;

	memset(b, 0, sizeof(*b));
	if (!other)
		return fail_memory(err, "the baseline");
	do {
		result = read_next(other, stop, (size_t)(end - stop), &stop, err);
		if (result == 0) {
			baseline_document_merge(b, other);
			baseline_document_end(other);
		}
	} while (result == 0 && *stop != '\0');
	free(other);
	if (result == 0)
		return 0;
	baseline_document_end(b);
	memset(b, 0, sizeof(*b));
	return -1;
}

static int load(struct baseline_document *b, int fd, size_t most, struct error *err)
{
	char *text = calloc(1, most + 2);
	int result = -1;

	if (!text)
		return fail_memory(err, "the baseline");
	const ssize_t length = read_full(fd, text, most + 1);
	if (length < 0)
		fail_errno(err, errno, "read");
	else if (length > (ssize_t)most)
		too_long(most, err);
	else
		result = read_all(b, text, (size_t)length, err);
	free(text);
	return result;
}

int baseline_document_load(struct baseline_document *b, const char *path, size_t most,
			   struct error *err)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	/* A FIFO would block. */
	const int fd =
	    is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	memset(b, 0, sizeof(*b));
	if (fd < 0)
		return fail_errno(err, errno, "%.200s", path);
	const int result = load(b, fd, most, err);
	if (!is_stdin)
		close(fd);
	return result < 0
		   ? fail_within(err, "%.200s", is_stdin ? "standard input" : path)
		   : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* accept.c - reads media ranges with their versions and weights.
 *
 *     Accept: application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.5
 */
#include "accept.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t"

/* A part of the header. */
struct piece {
	const char *begin;
	size_t length;
};

static struct piece trimmed(const char *begin, const char *end)
{
	while (begin < end && strchr(BLANKS, *begin))
		begin++;
	while (end > begin && strchr(BLANKS, end[-1]))
		end--;
	return (struct piece){begin, (size_t)(end - begin)};
}

static bool is(struct piece s, const char *word)
{
	return s.length == strlen(word) && strncasecmp(s.begin, word, s.length) == 0;
}

/* The end of the part at `p`: the next of `ends` outside quotes, or the NUL. */
static const char *piece_end(const char *p, const char *ends)
{
	bool quoted = false;

	for (; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\' && p[1])
			p++;
		else if (!quoted && strchr(ends, *p))
			break;
	}
	return p;
}

/* "0.75" in thousandths; -1 when it is not a weight. */
static int weight(struct piece s)
{
	int unit = 1000, value;

	if (s.length == 0 || s.length > 5 || (s.begin[0] != '0' && s.begin[0] != '1'))
		return -1;
	value = (s.begin[0] - '0') * 1000;
	if (s.length > 1 && s.begin[1] != '.')
		return -1;
	for (size_t i = 2; i < s.length; i++) {
		if (s.begin[i] < '0' || s.begin[i] > '9')
			return -1;
		unit /= 10;
		value += (s.begin[i] - '0') * unit;
	}
	return value <= 1000 ? value : -1;
}

struct media_range {
	struct piece type;
	struct piece version; /* empty: not given */
	int q;                /* -1: invalid */
};

static void read_parameter(struct media_range *range, const char *begin,
			   const char *end)
{
	const char *equals = memchr(begin, '=', (size_t)(end - begin));

	if (!equals)
		return;
	struct piece name = trimmed(begin, equals);
	struct piece value = trimmed(equals + 1, end);
	if (value.length >= 2 && value.begin[0] == '"' &&
	    value.begin[value.length - 1] == '"') {
		value.begin++;
		value.length -= 2;
	}
	if (is(name, "q"))
		range->q = weight(value);
	else if (is(name, "version"))
		range->version = value;
}

static struct media_range read_range(const char *begin, const char *end)
{
	struct media_range range = {.version = {"", 0}, .q = 1000};
	const char *stop = piece_end(begin, ";,");

	range.type = trimmed(begin, stop);
	while (stop < end) {
		begin = stop + 1;
		stop = piece_end(begin, ";,");
		read_parameter(&range, begin, stop);
	}
	return range;
}

static void more(int *known, int q)
{
	if (q > *known)
		*known = q;
}

void accept_read(struct accept *a, const char *header)
{
	for (const char *end; *header; header = *end ? end + 1 : end) {
		end = piece_end(header, ",");
		const struct media_range range = read_range(header, end);
		bool any_version = range.version.length == 0;

		if (range.q < 0)
			continue;
		if (is(range.type, "application/openmetrics-text") &&
		    (any_version || is(range.version, "1.0.0")))
			more(&a->openmetrics, range.q);
		else if (is(range.type, "text/plain") &&
			 (any_version || is(range.version, "0.0.4")))
			more(&a->text, range.q);
		else if (is(range.type, "text/*"))
			more(&a->text_wildcard, range.q);
		else if (is(range.type, "*/*"))
			more(&a->total_wildcard, range.q);
	}
}

bool accept_prefers_openmetrics(const struct accept *a)
{
	/* The most specific range decides, not the greatest weight. */
	int text = a->text;

	if (text < 0)
		text = a->text_wildcard;
	if (text < 0)
		text = a->total_wildcard;
	return a->openmetrics > 0 && a->openmetrics >= text;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* parse.c - durations, sizes, addresses and windows, as people write them. */
#include "parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	char name[4];
	double factor; /* 0 ends the list */
};

/* The largest first: "1h30m" is valid, "30m1h" is a typing error. */
static const struct unit duration_units[] = {
    {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}, {"ms", 1e-3}, {"", 0},
};

/* Kubernetes' quantities have no B. */
static const struct unit size_units[] = {
    {"", 1},         {"B", 1},       {"k", 1e3},      {"K", 1e3},      {"kB", 1e3},
    {"KB", 1e3},     {"M", 1e6},     {"MB", 1e6},     {"G", 1e9},      {"GB", 1e9},
    {"T", 1e12},     {"TB", 1e12},   {"Ki", 0x1p10},  {"KiB", 0x1p10}, {"Mi", 0x1p20},
    {"MiB", 0x1p20}, {"Gi", 0x1p30}, {"GiB", 0x1p30}, {"Ti", 0x1p40},  {"TiB", 0x1p40},
    {"", 0},
};

/* Reads a non-negative decimal number and moves *text behind it. strtod() alone would
 * also accept "inf", "nan", exponents and hexadecimal. */
static int take_number(const char **text, double *number)
{
	size_t digits = strspn(*text, "0123456789.");
	char copy[32];
	char *end;

	if (digits == 0 || digits >= sizeof(copy))
		return -1;
	memcpy(copy, *text, digits);
	copy[digits] = '\0';
	*number = strtod(copy, &end);
	if (end != copy + digits)
		return -1;
	*text += digits;
	return 0;
}

/* The unit of that name, NULL: none. */
static const struct unit *find_unit(const struct unit *units, const char *name,
				    size_t length)
{
	for (; units->factor > 0; units++)
		if (strlen(units->name) == length &&
		    memcmp(units->name, name, length) == 0)
			return units;
	return NULL;
}

int parse_duration(const char *text, double *seconds)
{
	const struct unit *least = NULL;
	double sum = 0, number;

	do {
		if (take_number(&text, &number) < 0)
			return -1;
		size_t length = strcspn(text, "0123456789.");
		const struct unit *unit = find_unit(duration_units, text, length);
		if (!unit || (least && unit <= least))
			return -1;
		sum += number * unit->factor;
		least = unit;
		text += length;
	} while (*text);
	*seconds = sum;
	return 0;
}

int parse_size(const char *text, double *bytes)
{
	double number;

	if (take_number(&text, &number) < 0)
		return -1;
	size_t length = strlen(text);
	if (length >= 2 && strcmp(text + length - 2, "/s") == 0)
		length -= 2;
	const struct unit *unit = find_unit(size_units, text, length);
	if (!unit)
		return -1;
	*bytes = number * unit->factor;
	return 0;
}

int parse_count(const char *text, unsigned long minimum, unsigned long maximum,
		unsigned *count)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	unsigned long number = strtoul(text, &end, 10);
	if (errno || *end || number < minimum || number > maximum)
		return -1;
	*count = (unsigned)number;
	return 0;
}

static void fill_address(struct listen_address *listen, int family, const void *address,
			 unsigned port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&listen->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&listen->address;

	memset(&listen->address, 0, sizeof(listen->address));
	listen->address.ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		memcpy(&in->sin_addr, address, sizeof(in->sin_addr));
		in->sin_port = htons((uint16_t)port);
		listen->length = sizeof(*in);
	} else {
		memcpy(&in6->sin6_addr, address, sizeof(in6->sin6_addr));
		in6->sin6_port = htons((uint16_t)port);
		listen->length = sizeof(*in6);
	}
}

int parse_listen(const char *text, struct listen_address *listen)
{
	char host[INET6_ADDRSTRLEN];
	unsigned char address[sizeof(struct in6_addr)];
	const char *colon = strrchr(text, ':');
	unsigned port;

	if (!colon || strlen(text) >= sizeof(listen->text) ||
	    parse_count(colon + 1, 0, 65535, &port) < 0)
		return -1;

	const char *begin = text;
	size_t length = (size_t)(colon - text);
	int family = AF_INET;
	if (length == 0) {
		begin = "::";
		length = 2;
		family = AF_INET6;
	} else if (length > 2 && text[0] == '[' && colon[-1] == ']') {
		begin++;
		length -= 2;
		family = AF_INET6;
	}
	if (length >= sizeof(host))
		return -1;
	memcpy(host, begin, length);
	host[length] = '\0';
	if (inet_pton(family, host, address) != 1)
		return -1;

	fill_address(listen, family, address, port);
	memcpy(listen->text, text, strlen(text) + 1);
	return 0;
}

/* Reads "HH:MM" with two digits each, up to 24:00. */
static int time_of_day(const char *text, uint32_t *seconds)
{
	if (strspn(text, "0123456789") != 2 || text[2] != ':' ||
	    strspn(text + 3, "0123456789") != 2)
		return -1;
	uint32_t hours = (uint32_t)(text[0] - '0') * 10 + (uint32_t)(text[1] - '0');
	uint32_t minutes = (uint32_t)(text[3] - '0') * 10 + (uint32_t)(text[4] - '0');
	if (minutes > 59 || hours * 60 + minutes > 24 * 60)
		return -1;
	*seconds = hours * 3600 + minutes * 60;
	return 0;
}

int parse_window(const char *text, struct expect_window *window)
{
	uint32_t begin, end;

	if (strlen(text) != strlen("02:00-02:30") || text[5] != '-' ||
	    time_of_day(text, &begin) < 0 || time_of_day(text + 6, &end) < 0 ||
	    begin == end)
		return -1;
	window->begin_s = begin;
	window->end_s = end;
	return 0;
}

int parse_word(const char *text, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	return -1;
}

int parse_bool(const char *text, bool *on)
{
	static const char *const words[] = {"false", "true", NULL};
	int word = parse_word(text, words);

	if (word < 0)
		return -1;
	*on = word == 1;
	return 0;
}

int parse_string(const char *text, char *target, size_t size)
{
	size_t length = strlen(text);

	if (length == 0 || length >= size)
		return -1;
	memcpy(target, text, length + 1);
	return 0;
}

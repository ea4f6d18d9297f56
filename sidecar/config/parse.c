/* SPDX-License-Identifier: Apache-2.0 */
/* parse.c - addresses, windows, words and texts, as people write them. */
#include "parse.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/units.h"

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

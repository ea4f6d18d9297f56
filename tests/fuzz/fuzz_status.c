/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what answers `dormouse status`: whoever listens on that port may be no
 * monitor. What the terminal gets is lines of plain text, what --json gets is JSON. If
 * the first byte is odd the bytes are the whole answer, to a real request over
 * loopback, else the JSON in it. */
#include <arpa/inet.h>
#include <cJSON.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/parse.h"
#include "http/client.h"
#include "status/status_json.h"
#include "status/status_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A server that answers each request with these bytes. */
static struct {
	int fd;
	struct listen_address where;
	const uint8_t *data;
	size_t size;
} stranger;

static void *answer(void *context)
{
	char request[256];
	struct sockaddr_in from;

	for (;;) {
		socklen_t length = sizeof(from);
		const int fd = accept4(stranger.fd, (struct sockaddr *)&from, &length,
				       SOCK_CLOEXEC);

		if (fd < 0 || recv(fd, request, sizeof(request), 0) <= 0)
			abort();
		send(fd, stranger.data, stranger.size, MSG_NOSIGNAL);
		close(fd);
	}
	return context;
}

static void start_stranger(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(address);
	pthread_t thread;
	char text[32];

	stranger.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(stranger.fd, (struct sockaddr *)&address, length) < 0 ||
	    listen(stranger.fd, 8) < 0 ||
	    getsockname(stranger.fd, (struct sockaddr *)&address, &length) < 0)
		abort();
	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(address.sin_port));
	if (parse_listen(text, &stranger.where) < 0 ||
	    pthread_create(&thread, NULL, answer, NULL) != 0)
		abort();
}

static char *body_from_stranger(const uint8_t *data, size_t size)
{
	struct error err = {""};

	if (!stranger.data)
		start_stranger();
	stranger.data = data;
	stranger.size = size;
	char *body = http_fetch(&stranger.where, "/status", &err);
	if (!body && !err.text[0])
		abort();
	return body;
}

static char *body_itself(const uint8_t *data, size_t size)
{
	char *body = calloc(1, size + 1);

	if (!body)
		abort();
	memcpy(body, data, size);
	return body;
}

/* No byte that a terminal would obey, but for the ends of lines. */
static void check_plain(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < ' ' && *text != '\n') || *text == 0x7F)
			abort();
}

static void check_output(const cJSON *tree)
{
	char *text = NULL;
	size_t length;
	struct error err;
	FILE *out = open_memstream(&text, &length);

	status_table(tree, out);
	fclose(out);
	check_plain(text);
	free(text);

	out = open_memstream(&text, &length);
	const int result = status_json(tree, out, &err);
	fclose(out);
	cJSON *again = cJSON_ParseWithOpts(text, NULL, true);
	if (result == 0 && !again)
		abort();
	check_plain(text);
	cJSON_Delete(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	char *body = data[0] % 2 ? body_from_stranger(data + 1, size - 1)
				 : body_itself(data + 1, size - 1);
	cJSON *tree = body ? cJSON_ParseWithOpts(body, NULL, true) : NULL;

	free(body);
	if (cJSON_IsObject(tree))
		check_output(tree);
	cJSON_Delete(tree);
	return 0;
}

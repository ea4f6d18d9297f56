/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what a client sends to the injector, as they are once TLS is off them:
 * what comes back is HTTP, a review that was taken is answered with JSON, the
 * connection ends, and the next client is served. If the first byte is odd the bytes
 * are the body of a review, else the whole; the second says where the first piece ends.
 */
#include <cJSON.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "exchange.h"
#include "http/http_server.h"
#include "injector/webhook/reviews.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BODY_MAX 65536

static struct injector_counters counters;
static struct review_log review_log;
static struct cluster_facts facts;
static struct template_file template;
static struct reviews *reviews;
static struct http_server *server;
static int epoll_fd;

bool turn(int fd, short events, int ms)
{
	struct pollfd fds[2] = {{epoll_fd, POLLIN, 0}, {fd, events, 0}};
	const int timeout = http_servers_timeout_ms(&server, 1);

	poll(fds, 2, timeout < 0 || timeout > ms ? ms : timeout);
	http_servers_process(&server, 1, clock_monotonic());
	return fds[1].revents != 0;
}

static void open_reviews(struct error *err)
{
	struct reviews_source source = {
	    .template = &template,
	    .facts = &facts,
	    .own_namespace = "dormouse-system",
	    .held = "",
	    .max_body = BODY_MAX,
	    .counters = &counters,
	    .review_log = &review_log,
	};

	source.namespaces = namespaces_new(err);
	if (template_file_open(&template, "", err) < 0)
		abort();
	reviews = reviews_new(&source, err);
}

static void open_server(void)
{
	static struct listen_address where;
	struct error err;

	open_reviews(&err);
	parse_listen("127.0.0.1:0", &where);
	const struct http_settings settings = {
	    .where = &where,
	    .flag = "--listen",
	    .limits = {.max = 16,
		       .host_max = 16,
		       .backlog = 16,
		       .bytes = 16 * 1024,
		       .idle_s = 10,
		       .request_s = 10,
		       .handshake_s = 10,
		       .handshake_pressed_s = 2},
	    .routes = reviews_routes(reviews),
	};
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	server = http_server_open(&settings, epoll_fd, &err);
	if (!server)
		abort();
}

/* The bytes as the body of a review. The caller frees it. */
static uint8_t *request_of(const uint8_t *body, size_t size, size_t *length)
{
	char *request = malloc(size + 256);

	if (!request)
		abort();
	*length = (size_t)snprintf(request, 256,
				   "POST /inject HTTP/1.1\r\nHost: injector\r\n"
				   "Content-Type: application/json\r\n"
				   "Content-Length: %zu\r\nConnection: close\r\n\r\n",
				   size);
	memcpy(request + *length, body, size);
	*length += size;
	return (uint8_t *)request;
}

static void check_review(const char *answer)
{
	const int status = status_of(answer);

	if (status == 200) {
		cJSON *json = cJSON_ParseWithOpts(body_of(answer), NULL, true);

		if (!cJSON_IsObject(json))
			abort();
		cJSON_Delete(json);
	} else if (status != 400 && status != 413 && status != 422) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned runs;

	if (!server)
		open_server();
	if (size < 2)
		return 0;
	const size_t first = data[1] * 8u;

	if (data[0] % 2) {
		size_t length;
		uint8_t *request = request_of(data + 2, size - 2, &length);

		check_review(
		    exchange(http_server_port(server), request, length, first));
		free(request);
	} else {
		check_http(
		    exchange(http_server_port(server), data + 2, size - 2, first));
	}
	if (++runs % 64 == 0 &&
	    status_of(get(http_server_port(server), "/inject")) != 405)
		abort();
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* `dormouse destinations` asks a real server for the peers and prints them. */
#include <arpa/inet.h>
#include <cJSON.h>

#include "../support/asking_fixture.h"
#include "status/status.h"

static const char *run(const char *a, const char *b, const char *c)
{
	return run_asking("destinations", destinations_main, a, b, c);
}

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static struct known_peer *fake_peer6(const char *address, uint16_t port)
{
	struct known_peer *p = fake_peer(0, port);

	assert_int_equal(inet_pton(AF_INET6, address, &p->address), 1);
	return p;
}

CASE(programs_get_each_peer_with_all_that_is_known)
{
	fake_collector.noted = (struct peers_noted){1700000000, 7};
	fake_peer(htonl(0xc0000201), 443)->is_new = true;
	struct known_peer *p = fake_peer6("2001:db8::5", 53);
	p->protocol = IPPROTO_UDP;
	p->direction = FLOW_UNKNOWN;
	p->containers = 3;
	cJSON *answer = cJSON_Parse(run("--json", "--address", local));
	const cJSON *list = member(answer, "destinations");
	const cJSON *first = cJSON_GetArrayItem(list, 0);
	const cJSON *second = cJSON_GetArrayItem(list, 1);

	assert_int_equal(exit_status, 0);
	assert_string_equal(cJSON_GetStringValue(member(member(answer, "pod"), "name")),
			    "cart-7d9f");
	assert_string_equal(cJSON_GetStringValue(member(answer, "since")),
			    "2023-11-14T22:13:20.000Z");
	assert_true(cJSON_GetNumberValue(member(answer, "displaced")) == 7);
	assert_int_equal(cJSON_GetArraySize(list), 2);
	char *text = cJSON_PrintUnformatted(first);
	assert_string_equal(text, "{\"address\":\"192.0.2.1\",\"port\":443,"
				  "\"protocol\":\"tcp\",\"direction\":\"opened\","
				  "\"bytes\":1234567,\"received\":89,"
				  "\"connections\":3,"
				  "\"firstSeen\":\"2023-11-14T22:13:20.000Z\","
				  "\"lastSeen\":\"2023-11-14T23:13:20.000Z\","
				  "\"new\":true,\"containers\":[\"cgroup-4711\"]}");
	cJSON_free(text);
	assert_string_equal(cJSON_GetStringValue(member(second, "address")),
			    "2001:db8::5");
	assert_string_equal(cJSON_GetStringValue(member(second, "protocol")), "udp");
	assert_string_equal(cJSON_GetStringValue(member(second, "direction")),
			    "unknown");
	assert_int_equal(cJSON_GetArraySize(member(second, "containers")), 2);
	cJSON_Delete(answer);
}

CASE(a_peer_that_lost_its_place_meanwhile_is_left_out)
{
	fake_peer(htonl(0xc0000201), 443);
	fake_peer(htonl(0xc0000202), 0);
	fake_peer(htonl(0xc0000203), 443);
	cJSON *answer = cJSON_Parse(run("--json", "--address", local));

	assert_int_equal(cJSON_GetArraySize(member(answer, "destinations")), 2);
	cJSON_Delete(answer);
}

CASE(people_get_destinations_and_clients)
{
	fake_collector.noted = (struct peers_noted){1700000000, 7};
	fake_peer(htonl(0xc0000201), 443)->is_new = true;
	struct known_peer *client = fake_peer(htonl(0xc6336409), 8080);
	client->direction = FLOW_ACCEPTED;
	client->connections = 123456;
	const char *text = run("--address", local, NULL);

	assert_int_equal(exit_status, 0);
	assert_has(text, "DESTINATION                        SENT   CONNS");
	assert_has(text, "192.0.2.1:443/tcp               1.23 MB       3 ");
	assert_has(text, " NEW cgroup-4711\n");
	assert_has(text, "CLIENT:PORT HERE                   SENT   CONNS");
	assert_has(text, "198.51.100.9:8080/tcp           1.23 MB   123 k");
	assert_has(text, "Noted since 2023-11-14 22:13:20 UTC.\n"
			 "7 others lost their place.\n");
	assert_no_line_is_too_wide(text);
}

CASE(a_pod_that_sends_to_nobody_is_said)
{
	const char *text = run("--address", local, NULL);

	assert_int_equal(exit_status, 0);
	assert_has(text, "The pod has sent to nobody so far.\n");
	assert_null(strstr(text, "DESTINATION"));
	assert_null(strstr(text, "lost their place"));
}

CASE(all_places_with_the_longest_words_fit_80_columns)
{
	for (int i = 0; i < PEERS_KNOWN_MAX; i++) {
		struct known_peer *p = fake_peer6(
		    i % 2 ? "2001:db8:1111:2222:3333:4444:5555:6666" : "2001:db8::1",
		    65535);
		p->tx_bytes = UINT64_MAX >> i % 64;
		p->connections = UINT64_MAX >> i % 64;
		p->first_seen = 1;
		p->is_new = true;
		p->containers = 3;
	}
	const char *text = run("--address", local, NULL);
	unsigned lines = 0;

	assert_int_equal(exit_status, 0);
	assert_no_line_is_too_wide(text);
	for (const char *at = text; (at = strstr(at, "6666]:65535/tcp\n")); at++)
		lines++;
	assert_int_equal(lines, PEERS_KNOWN_MAX / 2);
}

CASE(who_answers_something_else_is_said)
{
	char wrong[32];

	snprintf(wrong, sizeof(wrong), "127.0.0.1:%u", server_open_port(server));
	assert_has(run("--address", wrong, NULL), "no monitor answers at 127.0.0.1:");
	assert_int_equal(exit_status, 1);
	assert_has(run("--help", NULL, NULL), "usage: dormouse destinations");
	assert_int_equal(exit_status, 0);
}

int main(void)
{
#define SERVED(test) cmocka_unit_test_setup_teardown(test, start_quietly, stop)
	const struct CMUnitTest tests[] = {
	    SERVED(programs_get_each_peer_with_all_that_is_known),
	    SERVED(a_peer_that_lost_its_place_meanwhile_is_left_out),
	    SERVED(people_get_destinations_and_clients),
	    SERVED(a_pod_that_sends_to_nobody_is_said),
	    SERVED(all_places_with_the_longest_words_fit_80_columns),
	    SERVED(who_answers_something_else_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

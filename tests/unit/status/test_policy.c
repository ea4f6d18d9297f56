/* SPDX-License-Identifier: Apache-2.0 */
/* `dormouse policy` writes a NetworkPolicy of what the monitor knows, and nothing that
 * somebody else put into the answer. */
#include <arpa/inet.h>
#include <stdio.h>

#include "../support/asking_fixture.h"
#include "status/status.h"

static const char *run(const char *a, const char *b, const char *c)
{
	return run_asking("policy", policy_main, a, b, c);
}

static struct peer_prefix *fake_network(int family, const char *address, uint8_t length,
					uint16_t port)
{
	struct peer_prefix *n =
	    &fake_collector.networks[fake_collector.network_count++];

	*n = (struct peer_prefix){.family = (uint8_t)family,
				  .length = length,
				  .protocol = IPPROTO_TCP,
				  .port = port,
				  .bytes = 1234567,
				  .connections = 3};
	assert_int_equal(inet_pton(family, address, n->address), 1);
	return n;
}

CASE(the_policy_has_each_network_and_dns)
{
	fake_collector.noted = (struct peers_noted){1700000000, 7};
	fake_network(AF_INET, "192.0.2.0", 24, 443);
	fake_network(AF_INET6, "2001:db8::", 64, 4318)->protocol = IPPROTO_UDP;
	fake_network(AF_INET, "10.96.0.10", 32, 53)->protocol = IPPROTO_UDP;
	fake_network(AF_INET, "192.0.2.9", 32, 0);
	const char *text = run("--address", local, NULL);
	const char *yaml = strstr(text, "apiVersion:");

	assert_int_equal(exit_status, 0);
	assert_has(text, "# What this pod sent to since 2023-11-14 22:13:20 UTC, to be "
			 "reviewed.\n");
	assert_no_line_is_too_wide(text);
	assert_string_equal(
	    yaml,
	    "apiVersion: networking.k8s.io/v1\n"
	    "kind: NetworkPolicy\n"
	    "metadata:\n"
	    "  name: cart-egress\n"
	    "  namespace: \"shop\"\n"
	    "spec:\n"
	    "  podSelector:\n"
	    "    matchLabels: # check that the pods have this label, and no others\n"
	    "      app.kubernetes.io/name: \"cart\"\n"
	    "  policyTypes: [Egress]\n"
	    "  egress:\n"
	    "    - ports: # DNS, to anywhere: better only to the cluster's\n"
	    "        - {protocol: UDP, port: 53}\n"
	    "        - {protocol: TCP, port: 53}\n"
	    "    - to: [{ipBlock: {cidr: \"192.0.2.0/24\"}}] # 1.23 MB, 3 connections\n"
	    "      ports: [{protocol: TCP, port: 443}]\n"
	    "    - to: [{ipBlock: {cidr: \"2001:db8::/64\"}}] # 1.23 MB, 3 "
	    "connections\n"
	    "      ports: [{protocol: UDP, port: 4318}]\n"
	    "# 1 networks with an unknown port are left out: refused connections.\n"
	    "# 7 others lost their place and are not here.\n");
}

CASE(a_pod_without_a_name_selects_no_pods)
{
	fake_pod.workload = fake_pod.namespace = "";
	const char *text = run("--address", local, NULL);

	assert_has(text, "  name: fill-in-egress\nspec:\n");
	assert_has(text, "app.kubernetes.io/name: \"FILL-IN\"\n");
	assert_null(strstr(text, "namespace:"));
}

/* Runs the command on a file with that text. */
static const char *run_on(const char *text)
{
	static char path[64];

	snprintf(path, sizeof(path), "/tmp/dormouse-policy-%d.json", getpid());
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	const char *said = run("--from", path, NULL);
	unlink(path);
	return said;
}

CASE(what_is_no_name_and_no_prefix_is_not_written)
{
	static const char *const evil[] = {
	    "a\\\"}\\nkind: Pod", "../x", "-a", "a b", "\\u202e", ":", "{}"};
	static const char *const prefixes[] = {"10.0.0.0",
					       "10.0.0.0/33",
					       "10.0.0.0/8\\n- x",
					       "10.0.0.0/8:80",
					       "[::/0]:80",
					       "10.0.0.0/8,::/0",
					       "none",
					       "x/8",
					       "\\\"}}] # /0",
					       "10.0.0.0/8\\\"}}",
					       "10.0.0.0/8\\u000a",
					       ""};
	char text[1024];

	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		snprintf(text, sizeof(text),
			 "{\"pod\":{\"workload\":\"X/%s\",\"namespace\":\"%s\"},"
			 "\"since\":\"%s\",\"networks\":[]}",
			 evil[i], evil[i], evil[i]);
		const char *said = run_on(text);
		assert_has(said, "name: fill-in-egress\nspec:\n");
		assert_has(said, "\"FILL-IN\"\n");
		assert_null(strstr(said, "Pod"));
	}
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		snprintf(text, sizeof(text),
			 "{\"networks\":[{\"prefix\":\"%s\",\"port\":80,"
			 "\"protocol\":\"tcp\"},{\"prefix\":\"10.0.0.0/8\","
			 "\"port\":80,\"protocol\":\"sctp\"},{\"prefix\":"
			 "\"10.0.0.0/8\",\"port\":1e9,\"protocol\":\"tcp\"},7]}",
			 prefixes[i]);
		const char *said = run_on(text);
		assert_int_equal(exit_status, 0);
		assert_null(strstr(said, "cidr"));
		assert_has(said, "# 4 networks with an unknown port");
	}
}

CASE(what_is_no_answer_is_said)
{
	assert_has(run_on("{}"), "expected networks");
	assert_int_equal(exit_status, 1);
	assert_has(run_on("[1]"), "expected that of Dormouse");
	assert_has(run("--from", "/nonexistent/x", NULL), "No such file");
	assert_int_equal(exit_status, 1);
	assert_has(run("--from", NULL, NULL), "missing value for --from");
	assert_int_equal(exit_status, 2);
	assert_has(run("--json", NULL, NULL), "unknown flag: --json");
	assert_int_equal(exit_status, 2);
	assert_has(run("--help", NULL, NULL), "--from FILE");
	assert_int_equal(exit_status, 0);
}

int main(void)
{
#define SERVED(test) cmocka_unit_test_setup_teardown(test, start_quietly, stop)
	const struct CMUnitTest tests[] = {
	    SERVED(the_policy_has_each_network_and_dns),
	    SERVED(a_pod_without_a_name_selects_no_pods),
	    SERVED(what_is_no_name_and_no_prefix_is_not_written),
	    SERVED(what_is_no_answer_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The container and the volume that pods are given, and what a template may say. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "../support/testing.h"
#include "config/flags.h"
#include "config/options.h"
#include "injector/namespaces/quantity.h"
#include "injector/review/template.h"
#include "review_fixture.h"

#define SHIPPED "manifests/base/template.json"

static struct error err;
static char written[65536];

static const struct resources small = {{{10, 16 << 20, RESOURCE_NONE}},
				       {{RESOURCE_NONE, 16 << 20, RESOURCE_NONE}}};
static const struct owner web = {"Deployment/web", "deployment.web.json"};
static const struct sidecar_shape native = {.native = true,
					    .resources = &small,
					    .volume = "dormouse-empty",
					    .baselines = "dormouse-baselines",
					    .owner = &web};
static const struct sidecar_shape plain = {.resources = &small,
					   .volume = "dormouse-empty",
					   .baselines = "dormouse-baselines-1",
					   .owner = &web};

static struct sidecar_template *read_text(const char *text)
{
	char *copy = quoted(text);
	struct sidecar_template *t = template_read(copy, strlen(copy), &err);

	free(copy);
	return t;
}

/* The container's text, of a template that is released. */
static const char *container(struct sidecar_template *t,
			     const struct sidecar_shape *shape)
{
	struct text out = text_over(written, sizeof(written));
	struct json_writer w = json_writer_over(&out);

	if (!t)
		print_error("%s\n", err.text);
	assert_non_null(t);
	template_put_container(t, shape, &w);
	assert_true(json_is_whole(&w));
	template_free(t);
	return written;
}

static cJSON *container_tree(const char *text, const struct sidecar_shape *shape)
{
	return tree_of_json(container(read_text(text), shape));
}

/* The index of the variable, -1 where there is none. */
static int variable(const cJSON *tree, const char *name)
{
	int i = 0;
	const cJSON *one;

	cJSON_ArrayForEach(one, at(tree, "env"))
	{
		if (strcmp(json_text(one, "name"), name) == 0)
			return i;
		i++;
	}
	return -1;
}

CASE(the_container_is_this)
{
	static const char head[] =
	    "{\"name\":\"dormouse\",\"image\":\"dormouse:0.1.0\","
	    "\"imagePullPolicy\":\"IfNotPresent\","
	    "\"args\":[\"run\"],"
	    "\"restartPolicy\":\"Always\","
	    "\"ports\":[{\"name\":\"dormouse\",\"containerPort\":9477,"
	    "\"protocol\":\"TCP\"}],"
	    "\"env\":[{\"name\":\"DORMOUSE_WORKLOAD\",\"value\":\"Deployment/web\"},"
	    "{\"name\":\"DORMOUSE_BASELINE\",\"value\":"
	    "\"/etc/dormouse/baselines/deployment.web.json\"},"
	    "{\"name\":\"POD_NAME\",\"valueFrom\":{\"fieldRef\":"
	    "{\"apiVersion\":\"v1\",\"fieldPath\":\"metadata.name\"}}},";
	static const char tail[] =
	    "],\"resources\":{\"requests\":{\"cpu\":\"10m\",\"memory\":\"16Mi\"},"
	    "\"limits\":{\"memory\":\"16Mi\"}},"
	    "\"volumeMounts\":[{\"name\":\"dormouse-empty\","
	    "\"mountPath\":\"/var/run/secrets/kubernetes.io/serviceaccount\","
	    "\"readOnly\":true},{\"name\":\"dormouse-baselines\","
	    "\"mountPath\":\"/etc/dormouse/baselines\",\"readOnly\":true}],"
	    "\"terminationMessagePolicy\":\"FallbackToLogsOnError\","
	    "\"securityContext\":{\"allowPrivilegeEscalation\":false,"
	    "\"capabilities\":{\"drop\":[\"ALL\"]},\"privileged\":false,"
	    "\"readOnlyRootFilesystem\":true,\"runAsGroup\":65532,"
	    "\"runAsNonRoot\":true,\"runAsUser\":65532,"
	    "\"seccompProfile\":{\"type\":\"RuntimeDefault\"}}}";
	const char *text = container(template_read("", 0, &err), &native);

	assert_memory_equal(text, head, sizeof(head) - 1);
	assert_string_equal(text + strlen(text) - (sizeof(tail) - 1), tail);
}

CASE(it_knows_who_its_pod_is)
{
	static const char *const fields[][2] = {
	    {"POD_NAME", "metadata.name"},
	    {"POD_NAMESPACE", "metadata.namespace"},
	    {"POD_UID", "metadata.uid"},
	    {"NODE_NAME", "spec.nodeName"},
	};
	cJSON *tree = container_tree("{}", &plain);

	for (int i = 0; i < 4; i++) {
		char path[64];
		assert_int_equal(variable(tree, fields[i][0]), i + 2);
		snprintf(path, sizeof(path), "env.%d.valueFrom.fieldRef.fieldPath",
			 i + 2);
		assert_string_equal(text_at(tree, path), fields[i][1]);
	}
	cJSON_Delete(tree);
}

CASE(each_flag_of_the_monitor_but_paths_comes_from_its_annotation)
{
	cJSON *tree = container_tree("{}", &plain);
	int expected = variable(tree, "NODE_NAME") + 1;

	for (size_t i = 0; i < options_flags.count; i++) {
		const struct flag *flag = &options_flags.flags[i];
		char name[FLAG_VARIABLE_MAX], path[96], field[96];
		if (!(flag->commands & 1u << OPTIONS_RUN) || flag->type == FLAG_PATH)
			continue;
		flags_variable("DORMOUSE_", flag, name);
		assert_int_equal(variable(tree, name), expected);
		snprintf(path, sizeof(path), "env.%d.valueFrom.fieldRef.fieldPath",
			 expected++);
		snprintf(field, sizeof(field),
			 "metadata.annotations['dormouse.dev/%s']", flag->name);
		assert_string_equal(text_at(tree, path), field);
	}
	assert_int_equal(cJSON_GetArraySize(at(tree, "env")), expected);
	assert_int_equal(variable(tree, "DORMOUSE_STATE"), -1);
	assert_int_equal(variable(tree, "DORMOUSE_METRICS_TOKEN_FILE"), -1);
	cJSON_Delete(tree);
}

CASE(shapes_differ_where_they_must)
{
	const struct resources none = {amounts_none, amounts_none};
	const struct owner nobody = {"", ""};
	struct sidecar_shape within = {
	    .resources = &none, .volume = "dormouse-state-2", .owner = &nobody};
	cJSON *tree = container_tree("{}", &plain);

	assert_null(at(tree, "restartPolicy"));
	assert_non_null(at(tree, "resources"));
	cJSON_Delete(tree);

	tree = container_tree("{}", &within);
	assert_null(at(tree, "resources"));
	assert_string_equal(text_at(tree, "volumeMounts.0.name"), "dormouse-state-2");
	assert_null(at(tree, "volumeMounts.1"));
	assert_string_equal(text_at(tree, "env.0.name"), "POD_NAME");
	cJSON_Delete(tree);
}

static const char *baselines(const struct sidecar_shape *shape)
{
	struct text out = text_over(written, sizeof(written));
	struct json_writer w = json_writer_over(&out);

	template_put_baselines(shape, &w);
	return written;
}

/* The key may be missing, and so may the ConfigMap. */
CASE(the_baseline_is_the_workloads_key_of_a_config_map)
{
	struct owner nameless = {"Deployment/web", ""};
	struct sidecar_shape shape = plain;
	cJSON *tree = container_tree("{}", &plain);

	assert_string_equal(baselines(&plain),
			    "{\"name\":\"dormouse-baselines-1\",\"configMap\":"
			    "{\"name\":\"dormouse-baselines\",\"items\":["
			    "{\"key\":\"deployment.web.json\","
			    "\"path\":\"deployment.web.json\"}],\"optional\":true}}");
	assert_string_equal(text_at(tree, "volumeMounts.1.name"),
			    "dormouse-baselines-1");
	cJSON_Delete(tree);

	shape.owner = &nameless;
	assert_string_equal(baselines(&shape), "");
	tree = container_tree("{}", &shape);
	assert_string_equal(text_at(tree, "env.0.value"), "Deployment/web");
	assert_int_equal(variable(tree, "DORMOUSE_BASELINE"), -1);
	assert_null(at(tree, "volumeMounts.1"));
	cJSON_Delete(tree);
}

static const char *volume(const char *text)
{
	struct sidecar_template *t = read_text(text);
	struct text out = text_over(written, sizeof(written));
	struct json_writer w = json_writer_over(&out);

	assert_non_null(t);
	template_put_volume(t, &plain, &w);
	template_free(t);
	return written;
}

CASE(state_is_kept_where_the_template_says_so)
{
	static const char says[] = "{'stateVolume': true}";
	cJSON *tree = container_tree("{'stateVolume': false}", &plain);

	assert_int_equal(cJSON_GetArraySize(at(tree, "args")), 1);
	cJSON_Delete(tree);
	assert_string_equal(volume("{}"),
			    "{\"name\":\"dormouse-empty\",\"downwardAPI\":{}}");

	tree = container_tree(says, &plain);
	assert_string_equal(text_at(tree, "args.1"), "--state=/var/lib/dormouse/state");
	assert_string_equal(text_at(tree, "volumeMounts.0.mountPath"),
			    "/var/lib/dormouse");
	assert_string_equal(text_at(tree, "volumeMounts.1.mountPath"),
			    "/var/run/secrets/kubernetes.io/serviceaccount");
	cJSON_Delete(tree);
	assert_string_equal(volume(says),
			    "{\"name\":\"dormouse-empty\",\"emptyDir\":"
			    "{\"medium\":\"Memory\",\"sizeLimit\":\"1Mi\"}}");
}

CASE(a_template_may_name_several_sizes)
{
	struct sidecar_template *t =
	    read_text("{'resources': [{'requests': {'cpu': '0.02', 'memory': '32Mi'}, "
		      "'limits': {'cpu': 1, 'memory': 33554432}}, {'requests': {'cpu': "
		      "'1m', 'memory': '2Mi', 'ephemeral-storage': '1M'}, 'limits': "
		      "{'memory': '4Mi'}}]}");

	assert_non_null(t);
	assert_int_equal(template_sizes(t), 2);
	assert_int_equal(template_size(t, 0)->requests.of[RESOURCE_CPU], 20);
	assert_int_equal(template_size(t, 0)->requests.of[RESOURCE_MEMORY], 32 << 20);
	assert_int_equal(template_size(t, 0)->requests.of[RESOURCE_STORAGE],
			 RESOURCE_NONE);
	assert_int_equal(template_size(t, 0)->limits.of[RESOURCE_CPU], 1000);
	assert_int_equal(template_size(t, 0)->limits.of[RESOURCE_MEMORY], 32 << 20);
	assert_int_equal(template_size(t, 1)->limits.of[RESOURCE_CPU], RESOURCE_NONE);
	assert_int_equal(template_size(t, 1)->requests.of[RESOURCE_STORAGE], 1000000);
	assert_int_equal(template_size(t, 1)->limits.of[RESOURCE_MEMORY], 4 << 20);
	template_free(t);

	/* The built-in ones: the second is for where the first does not fit. */
	t = read_text("{}");
	assert_int_equal(template_sizes(t), 2);
	assert_true(template_size(t, 1)->requests.of[RESOURCE_MEMORY] <
		    template_size(t, 0)->requests.of[RESOURCE_MEMORY]);
	template_free(t);
}

CASE(what_a_template_says_is_in_the_container)
{
	cJSON *tree = container_tree(
	    "{'image': 'registry.example/dormouse@sha256:00', 'imagePullPolicy': "
	    "'Always', 'cluster': 'prod \\\"eu\\\"', 'flags': {'sensitivity': 'high', "
	    "'interval': '30s'}}",
	    &native);

	assert_string_equal(text_at(tree, "image"),
			    "registry.example/dormouse@sha256:00");
	assert_string_equal(text_at(tree, "imagePullPolicy"), "Always");
	assert_string_equal(text_at(tree, "resources.requests.cpu"), "10m");
	assert_string_equal(text_at(tree, "resources.limits.memory"), "16Mi");

	/* After who the pod is, before what its annotations say; in the flags' order.
	 */
	int i = variable(tree, "NODE_NAME");
	assert_int_equal(variable(tree, "DORMOUSE_CLUSTER"), i + 1);
	assert_int_equal(variable(tree, "DORMOUSE_DEFAULT_INTERVAL"), i + 2);
	assert_int_equal(variable(tree, "DORMOUSE_DEFAULT_SENSITIVITY"), i + 3);
	assert_int_equal(variable(tree, "DORMOUSE_INTERVAL"), i + 4);
	assert_string_equal(text_at(tree, "env.6.value"), "prod \"eu\"");
	assert_string_equal(text_at(tree, "env.7.value"), "30s");
	cJSON_Delete(tree);
}

CASE(what_is_left_out_is_built_in)
{
	char *built_in = strdup(container(template_read("", 0, &err), &native));

	assert_string_equal(container(read_text("{}"), &native), built_in);
	assert_string_equal(
	    container(read_text("{'image': null, 'flags': {}}"), &native), built_in);
	free(built_in);
}

CASE(the_shipped_template_is_the_built_in_one)
{
	if (access(SHIPPED, R_OK) != 0)
		skip();
	char *built_in = strdup(container(template_read("", 0, &err), &plain));
	assert_string_equal(container(template_load(SHIPPED, &err), &plain), built_in);
	free(built_in);
}

#define RESOURCES(requests, limits)                                                    \
	"{'resources': {'requests': {" requests "}, 'limits': {" limits "}}}"

CASE(a_bad_template_is_told_by_its_member)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
	    {"[]", "expected an object"},
	    {"{", "line 1, column 2: "},
	    {"{'image': 'a', 'image': 'b'}", "line 1, column 16: the key \"image\""},
	    {"{'images': 'a'}",
	     "images is not known: there are image, imagePullPolicy"},
	    {"{'image': ''}", "image: expected"},
	    {"{'image': 7}", "image: expected"},
	    {"{'image': 'a b'}", "image: expected"},
	    {"{'imagePullPolicy': 'Sometimes'}",
	     "invalid value \"Sometimes\" for imagePullPolicy: "},
	    {"{'imagePullPolicy': true}", "invalid value \"\" for imagePullPolicy: "},
	    {"{'cluster': ''}", "cluster: expected"},
	    {"{'cluster': {}}", "cluster: expected"},
	    {"{'flags': ['interval']}", "flags: expected an object"},
	    {"{'flags': {'intervall': '1s'}}",
	     "flags.intervall is not known; did you mean interval?"},
	    {"{'flags': {'summary': 'true'}}", "flags.summary is not known: see"},
	    {"{'flags': {'interval': '1x'}}",
	     "invalid value \"1x\" for flags.interval: expected a duration"},
	    {"{'flags': {'interval': '1\\ns'}}",
	     "invalid value \"1?s\" for flags.interval: "},
	    {"{'flags': {'max-sockets': 100}}",
	     "invalid value for flags.max-sockets: expected a text"},
	    {"{'flags': {'state': '/x'}}", "flags.state: stateVolume gives"},
	    {"{'stateVolume': 'yes'}", "stateVolume: expected true or false"},
	    {"{'resources': {}}",
	     "resources: requests.cpu: expected a quantity such as 10m"},
	    {"{'resources': 'small'}", "resources: expected an object"},
	    {"{'resources': []}", "resources: expected 1 to 8 sizes"},
	    {"{'resources': [{}, {}, {}, {}, {}, {}, {}, {}, {}]}",
	     "resources: expected 1 to 8 sizes"},
	    {"{'resources': [{'requests': {'cpu': '10m', 'memory': '16Mi'}, 'limits': "
	     "{'memory': '16Mi'}}, {'requests': {'cpu': 'x'}}]}",
	     "resources[1]: requests.cpu: expected a quantity"},
	    {"{'resources': {'requests': ['cpu']}}",
	     "resources: requests: expected an object"},
	    {"{'resources': {'limits': 1}}", "resources: limits: expected an object"},
	    {"{'resources': {'claims': []}}", "resources: claims is not known"},
	    {RESOURCES("'cpu': '1', 'gpu': '1'", ""),
	     "resources: requests.gpu is not known"},
	    {RESOURCES("'cpu': '10m', 'memory': '16Mi'", "'cpu': '10m'"),
	     "resources: limits.memory: expected a quantity such as 16Mi"},
	    {RESOURCES("'cpu': '10m', 'memory': '16Mi'",
		       "'cpu': '5m', 'memory': '16Mi'"),
	     "resources: limits.cpu is less than requests.cpu"},
	    {RESOURCES("'cpu': '10m', 'memory': '16Mi'",
		       "'cpu': '10m', 'memory': '16M'"),
	     "resources: limits.memory is less than requests.memory"},
	    {RESOURCES("'cpu': 'ten', 'memory': '16Mi'",
		       "'cpu': 'ten', 'memory': '16Mi'"),
	     "resources: requests.cpu: expected a quantity"},
	    {RESOURCES("'cpu': '10m', 'memory': '1Mi'",
		       "'cpu': '10m', 'memory': '1Mi'"),
	     "resources: requests.memory is too small: expected a quantity such as "
	     "16Mi"},
	    {RESOURCES("'cpu': '-1', 'memory': '16Mi'",
		       "'cpu': '-1', 'memory': '16Mi'"),
	     "resources: requests.cpu: expected a quantity"},
	    {RESOURCES("'cpu': '1', 'memory': '16Mi'",
		       "'cpu': '1', 'memory': '16Mi', 'ephemeral-storage': '1Mi'"),
	     "resources: requests.ephemeral-storage: expected a quantity"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(read_text(cases[i].text));
		if (strncmp(err.text, cases[i].message, strlen(cases[i].message)) != 0)
			print_error("%s\n%s\n", cases[i].text, err.text);
		assert_memory_equal(err.text, cases[i].message,
				    strlen(cases[i].message));
	}
}

CASE(a_file_is_named_with_what_is_wrong_in_it)
{
	char path[] = "/tmp/test_inject_template.XXXXXX", expected[128];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_null(template_load(path, &err));
	snprintf(expected, sizeof(expected),
		 "template %s is empty: expected an object such as {}", path);
	assert_string_equal(err.text, expected);

	assert_int_equal(write(fd, "{\"x\":1}", 7), 7);
	assert_null(template_load(path, &err));
	assert_non_null(strstr(err.text, ": x is not known"));

	for (int i = 0; i < TEMPLATE_MAX / 64; i++)
		assert_int_equal(write(fd,
				       "                                "
				       "                                ",
				       64),
				 64);
	assert_null(template_load(path, &err));
	assert_non_null(strstr(err.text, "longer than 65536 bytes"));

	close(fd);
	unlink(path);
	assert_null(template_load(path, &err));
	snprintf(expected, sizeof(expected),
		 "open template %s: No such file or directory", path);
	assert_string_equal(err.text, expected);
}

/* "dormouse:0.1.0" is docker.io/library/dormouse:0.1.0, where nobody can push it. */
CASE(an_image_without_a_registry_is_told_of)
{
	static const struct {
		const char *image;
		bool pullable;
	} cases[] = {
	    {"dormouse:0.1.0", false},
	    {"dormouse", false},
	    {"dormouse@sha256:0123", false},
	    {"registry.example:5000", false},
	    {"registry.example/dormouse:0.1.0", true},
	    {"registry:5000/a/b/dormouse@sha256:0123", true},
	    {"localhost/dormouse:0.1.0", true},
	    {"acme/dormouse", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[128], expected[160];
		snprintf(text, sizeof(text), "{'image': '%s'}", cases[i].image);
		struct sidecar_template *t = read_text(text);
		assert_non_null(t);
		err.text[0] = '\0';
		assert_int_equal(template_check_image(t, &err),
				 cases[i].pullable ? 0 : -1);
		snprintf(expected, sizeof(expected),
			 "the sidecar's image %s names no registry, ", cases[i].image);
		assert_int_equal(strncmp(err.text, expected, strlen(expected)) == 0,
				 !cases[i].pullable);
		template_free(t);
	}

	char longest[1100] = "{'image': '";
	memset(longest + 11, 'x', 1024);
	memcpy(longest + 11 + 1024, "'}", 3);
	struct sidecar_template *t = read_text(longest);
	assert_non_null(t);
	assert_int_equal(template_check_image(t, &err), -1);
	assert_non_null(strstr(err.text, "xxx... names no registry"));
	assert_non_null(strstr(err.text, "where every node has it"));
	template_free(t);
}

CASE(quantities_are_kubernetes_own)
{
	static const struct {
		const char *text;
		double value;
	} good[] = {
	    {"0", 0},
	    {"10m", 0.01},
	    {"16Mi", 16777216},
	    {"1e3", 1000},
	    {"1E-3", 0.001},
	    {"1E", 1e18},
	    {".5", 0.5},
	    {"2.", 2},
	    {"+1k", 1000},
	    {"-1", -1},
	    {"1Ki", 1024},
	    {"100n", 1e-7},
	    {"1.5Gi", 1610612736},
	};
	static const char *const bad[] = {"",    "m",   "1 m", "1mi",    "1KB",
					  "1kk", "0x1", "1e",  "e3",     "1e3m",
					  "--1", "nan", "inf", "1e9999", "1.2.3"};
	double value;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(quantity_read(good[i].text, &value), 0);
		assert_true(fabs(value - good[i].value) <= fabs(good[i].value) * 1e-12);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		value = 7;
		if (quantity_read(bad[i], &value) == 0)
			print_error("%s is %g\n", bad[i], value);
		assert_true(value == 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_container_is_this),
	    cmocka_unit_test(it_knows_who_its_pod_is),
	    cmocka_unit_test(
		each_flag_of_the_monitor_but_paths_comes_from_its_annotation),
	    cmocka_unit_test(shapes_differ_where_they_must),
	    cmocka_unit_test(state_is_kept_where_the_template_says_so),
	    cmocka_unit_test(a_template_may_name_several_sizes),
	    cmocka_unit_test(what_a_template_says_is_in_the_container),
	    cmocka_unit_test(what_is_left_out_is_built_in),
	    cmocka_unit_test(the_baseline_is_the_workloads_key_of_a_config_map),
	    cmocka_unit_test(the_shipped_template_is_the_built_in_one),
	    cmocka_unit_test(a_bad_template_is_told_by_its_member),
	    cmocka_unit_test(a_file_is_named_with_what_is_wrong_in_it),
	    cmocka_unit_test(an_image_without_a_registry_is_told_of),
	    cmocka_unit_test(quantities_are_kubernetes_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

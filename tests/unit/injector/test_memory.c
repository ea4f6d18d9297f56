/* SPDX-License-Identifier: Apache-2.0 */
/* `dormouse-injector inject`, and a review, while memory runs out: each allocation in
 * its turn is refused, of ours, of cJSON and of the C library. Whatever fails says why.
 *
 * malloc() and its kin are this program's own; the C library takes them for itself,
 * too.
 */
#include <stddef.h>
#include <stdint.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/testing.h"
#include "injector/injector_commands.h"
#include "review_fixture.h"

/* --- memory that runs out -------------------------------------------------------- */

static unsigned long long refuse_at; /* the allocation of that number; 0: none */
static unsigned long long allocations;

static bool is_refused(void)
{
	if (refuse_at == 0 || ++allocations != refuse_at)
		return false;
	errno = ENOMEM;
	return true;
}

/* Each forwards to the next one behind this program: the C library's, or the
 * sanitizer's. NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
void *malloc(size_t size)
{
	static void *(*next)(size_t size);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "malloc");
	return is_refused() ? NULL : next(size);
}

void *calloc(size_t count, size_t size)
{
	static void *(*next)(size_t count, size_t size);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "calloc");
	return is_refused() ? NULL : next(count, size);
}

void *realloc(void *block, size_t size)
{
	static void *(*next)(void *block, size_t size);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "realloc");
	return is_refused() ? NULL : next(block, size);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

/* --- one run --------------------------------------------------------------------- */

#define OUTPUT_MAX 65536

struct run {
	int status;
	char out[OUTPUT_MAX], err[OUTPUT_MAX];
};

static void read_file(const char *path, char text[OUTPUT_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	ssize_t length = read(fd, text, OUTPUT_MAX - 1);
	assert_true(length >= 0);
	text[length] = '\0';
	close(fd);
}

/* What a function that forgets to write its error shows: not text by chance. */
static __attribute__((noinline)) void soil_the_stack(void)
{
	volatile char bytes[65536];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)0xA5;
}

static void redirect(const char *path, int flags, int to)
{
	int fd = open(path, flags, 0600);

	if (fd < 0 || dup2(fd, to) < 0)
		_exit(90);
	close(fd);
}

static _Noreturn void be_inject(unsigned long long number, char *template)
{
	char *with[] = {(char *)"inject", (char *)"--template", template, NULL};

	redirect("in", O_RDONLY, STDIN_FILENO);
	redirect("out", O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
	redirect("err", O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
	soil_the_stack();
	refuse_at = number;
	int status = injector_inject_main(template ? 3 : 1, with);
	bool all = number > 0 && allocations < number;
	refuse_at = 0;
	fflush(stdout);
	/* 64: more refusals than there are allocations. */
	_exit(status | (all ? 64 : 0));
}

static void run_inject(unsigned long long number, const char *template, struct run *run)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		be_inject(number, (char *)template);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status))
		print_error("allocation %llu: killed by signal %d\n", number,
			    WTERMSIG(status));
	assert_true(WIFEXITED(status));
	run->status = WEXITSTATUS(status);
	read_file("out", run->out);
	read_file("err", run->err);
}

/* One line of text: "dormouse-injector: " and some words. */
static bool is_sentence(const char *text)
{
	static const char program[] = "dormouse-injector: ";
	const char *newline = strchr(text, '\n');

	for (const char *p = text; *p; p++)
		if ((unsigned char)*p >= 0x7F || (*p < ' ' && *p != '\n'))
			return false;
	return newline && !newline[1] && strncmp(text, program, strlen(program)) == 0 &&
	       strchr(text + strlen(program), ' ') && newline - text > 30;
}

/* With the allocation of each number refused, until there are no more of them: the run
 * ends as if nothing had been, or prints nothing but why it failed. */
static void assert_each_failure_is_told(const char *input, const char *template)
{
	static struct run whole, run;
	unsigned failed = 0;

	char *text = quoted(input);
	FILE *in = fopen("in", "we");
	fputs(text, in);
	fclose(in);
	free(text);
	run_inject(0, template, &whole);
	assert_int_equal(whole.status, 0);
	assert_non_null(strstr(whole.out, "dormouse"));
	for (unsigned long long number = 1;; number++) {
		assert_true(number < 100000);
		run_inject(number, template, &run);
		if (run.status & 64)
			break;
		bool same = run.status == 0 && strcmp(run.out, whole.out) == 0 &&
			    strcmp(run.err, whole.err) == 0;
		bool told = run.status == 1 && !run.out[0] && is_sentence(run.err);
		if (!same && !told)
			print_error("allocation %llu: status %d, %zu bytes, \"%s\"\n",
				    number, run.status, strlen(run.out), run.err);
		assert_true(same || told);
		failed += told;
	}
	/* The text, the tree, the template: all of it was refused. */
	assert_in_range(failed, 20, 100000);
}

/* --- what is injected ------------------------------------------------------------ */

#define POD                                                                            \
	"{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'p'}, 'spec': "      \
	"{'containers': [{'name': 'web', 'image': 'web:1'}]}}"

CASE(a_pod_is_injected_or_the_failure_told)
{
	assert_each_failure_is_told(POD, NULL);
}

CASE(so_are_values_that_are_kept_apart)
{
	assert_each_failure_is_told(
	    "{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'generation': "
	    "9223372036854775807, 'annotations': {'a': '\\u0000', 'b': '\\ud800'}}, "
	    "'spec': {'a': 1, 'b': 2, 'c': 3, 'd': 4, 'e': 5, 'f': 6, 'g': 7, 'h': 8, "
	    "'i': 9, 'j': 10, 'k': 11, 'l': 12, 'm': 13, 'n': 14, 'o': 15, 'p': 16, "
	    "'containers': [{'name': 'web'}]}}",
	    NULL);
}

CASE(so_are_lists_and_several_documents)
{
	assert_each_failure_is_told("{'apiVersion': 'v1', 'kind': 'List', 'items': "
				    "[" POD "]} " POD,
				    NULL);
}

CASE(so_is_a_template_of_ones_own)
{
	FILE *file = fopen("template", "we");

	fputs("{\"image\": \"registry.example/dormouse:1\", \"cluster\": \"c\", "
	      "\"flags\": {\"interval\": \"30s\", \"expect\": \"02:00-03:00\", "
	      "\"interfaces\": \"eth*\"}, \"resources\": {\"requests\": {\"cpu\": "
	      "\"20m\", \"memory\": \"16Mi\"}, \"limits\": {\"cpu\": \"20m\", "
	      "\"memory\": \"16Mi\"}}}",
	      file);
	fclose(file);
	assert_each_failure_is_told(POD, "template");
}

/* --- a review -------------------------------------------------------------------- */

#define MIB ((size_t)1 << 20)

/* A review has memory of its own. Of each size that is too small the answer is a
 * sentence or a pod that is let in with one. */
CASE(a_review_without_memory_is_told_as_well)
{
	static char text[REVIEW_ANSWER_MAX], expected[REVIEW_ANSWER_MAX];
	struct error err;
	struct sidecar_template *template = template_read("", 0, &err);
	const struct injection injection = {
	    .template = template, .own_namespace = "", .native = true};
	char *body = quoted("{'apiVersion': 'admission.k8s.io/v1', 'kind': "
			    "'AdmissionReview', 'request': {'uid': 'u', 'kind': "
			    "{'version': 'v1', 'kind': 'Pod'}, 'operation': 'CREATE', "
			    "'odd': [1e999, '\\u0000'], 'object': " POD "}}");
	unsigned whole = 0;

	for (size_t size = 64; whole == 0; size += 64) {
		struct text answer = text_over(text, sizeof(text));
		struct json_memory *memory = json_memory_new(size);
		struct review_result result;
		assert_in_range(size, 64, MIB);
		soil_the_stack();
		review_answer(&injection, memory, body, strlen(body), &result, &answer);
		json_memory_free(memory);
		if (result.outcome == REVIEW_INJECTED) {
			whole++;
			continue;
		}
		for (const char *p = result.trouble.text; *p; p++)
			assert_in_range(*p, ' ', '~');
		assert_non_null(strstr(result.trouble.text, "memory"));
		if (result.outcome == REVIEW_FAILED)
			snprintf(expected, sizeof(expected),
				 "the pod was left without its sidecar: %s",
				 result.trouble.text);
		else
			snprintf(expected, sizeof(expected), "%s\n",
				 result.trouble.text);
		assert_non_null(strstr(text, expected));
	}
	free(body);
	template_free(template);
}

/* --- ----------------------------------------------------------------------------- */

static char folder[] = "/tmp/dormouse-memory.XXXXXX";

static int set_up(void **state)
{
	(void)state;
	/* From here on cJSON allocates as the injector does. */
	json_memory_free(json_memory_new(1));
	return mkdtemp(folder) ? chdir(folder) : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"in", "out", "err", "template"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_pod_is_injected_or_the_failure_told),
	    cmocka_unit_test(so_are_values_that_are_kept_apart),
	    cmocka_unit_test(so_are_lists_and_several_documents),
	    cmocka_unit_test(so_is_a_template_of_ones_own),
	    cmocka_unit_test(a_review_without_memory_is_told_as_well),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

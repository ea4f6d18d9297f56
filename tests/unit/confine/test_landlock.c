/* SPDX-License-Identifier: Apache-2.0 */
/* test_landlock.c - each version of Landlock that a kernel may have restricts what it
 * can, and leaves what the plan leaves. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/testing.h"
#include "confine/landlock.h"

#define OTHER_PORT 9478 /* not in the plan, which leaves 9477 */

static char top[] = "/tmp/landlock-XXXXXX";
static char left[64], outside[64], later[64];

static int make_folders(void **state)
{
	(void)state;
	if (!mkdtemp(top))
		return -1;
	snprintf(left, sizeof(left), "%s/left", top);
	snprintf(outside, sizeof(outside), "%s/outside", top);
	snprintf(later, sizeof(later), "%s/left/later", top);
	return mkdir(left, 0700) < 0 || mkdir(outside, 0700) < 0 ? -1 : 0;
}

static int remove_folders(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command); /* NOLINT(cert-env33-c) */
}

/* 0, or the errno of opening FOLDER/NAME. */
static int opens(const char *folder, const char *name, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int renames(const char *to_folder)
{
	char from[128], to[128];

	snprintf(from, sizeof(from), "%s/file", left);
	snprintf(to, sizeof(to), "%s/renamed", to_folder);
	return rename(from, to) < 0 ? errno : 0;
}

static int binds(uint16_t port)
{
	const struct sockaddr_in where = {.sin_family = AF_INET,
					  .sin_port = htons(port),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result =
	    bind(fd, (const struct sockaddr *)&where, sizeof(where)) < 0 ? errno : 0;

	close(fd);
	return result;
}

/* Reports which step of restricted() failed, by its number. */
#define EXPECT(step, condition)                                                        \
	if (!(condition))                                                              \
	return step

/* What a process finds that is restricted by this version: 0 if all is as it should. */
static int restricted(long version)
{
	struct confine_plan plan = {.abilities = 0};
	struct error err;

	confine_leave_path(&plan, later, true);
	confine_leave_path(&plan, "/proc", false);
	confine_leave_path(&plan, "", true);
	confine_leave_port(&plan, 0, false);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	EXPECT(1, landlock_restrict(&plan, version, &err) == 0);

	EXPECT(2, opens(left, "file", O_RDWR | O_CREAT) == 0);
	EXPECT(3, renames(left) == 0);
	EXPECT(4, opens(left, "renamed", O_RDONLY) == 0);
	EXPECT(5, opens("/proc", "self/net/snmp", O_RDONLY) == 0);
	EXPECT(6, opens("/proc", "self/oom_score_adj", O_WRONLY) == EACCES);
	EXPECT(7, opens(outside, "", O_RDONLY | O_DIRECTORY) == EACCES);
	EXPECT(8, opens(outside, "new", O_WRONLY | O_CREAT) == EACCES);
	EXPECT(9, opens("/etc", "passwd", O_RDONLY) == EACCES);
	EXPECT(10, opens(left, "file", O_RDWR | O_CREAT) == 0);
	EXPECT(11, renames(outside) != 0);
	/* As the version has it. */
	EXPECT(12, binds(0) == 0);
	EXPECT(13, (binds(OTHER_PORT) == EACCES) == (version >= 4));
	EXPECT(14, (kill(getppid(), 0) < 0) == (version >= 6));
	return 0;
}

static void test_each_version_restricts_what_it_can(void **state)
{
	const long kernels = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	(void)state;
	if (kernels < 1) {
		print_message("this kernel has no Landlock\n");
		skip();
	}
	for (long version = 1; version <= LANDLOCK_NEWEST && version <= kernels;
	     version++) {
		int status = -1;
		pid_t child = fork();

		if (child == 0)
			_exit(restricted(version));
		waitpid(child, &status, 0);
		if (status != 0)
			fail_msg("version %ld: step %d of restricted()", version,
				 WEXITSTATUS(status));
	}
}

/* What a process in the folder `left` may still write after it left itself `path`:
 * 0, or the errno of making left/new. */
static int writes_when_left(const char *path)
{
	struct confine_plan plan = {.abilities = 0};
	struct error err;

	confine_leave_path(&plan, path, true);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (chdir(left) < 0 || landlock_restrict(&plan, LANDLOCK_NEWEST, &err) < 0)
		return 255;
	return opens(left, "new", O_WRONLY | O_CREAT);
}

static int status_of(int (*run)(const char *), const char *argument)
{
	int status = -1;
	const pid_t child = fork();

	if (child == 0)
		_exit(run(argument));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Where nothing is yet, the nearest folder above is left, because something will be
 * made there; so is that of a file, because it will be exchanged. What can never be
 * opened leaves nothing. */
static void test_a_path_is_left_however_it_is_spelled(void **state)
{
	static char endless[5000];
	char link[80], absent[96], beneath[96];

	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1) {
		print_message("this kernel has no Landlock\n");
		skip();
	}
	memset(endless, 'a', sizeof(endless) - 1);
	snprintf(link, sizeof(link), "%s/loop", left);
	snprintf(absent, sizeof(absent), "%s/not/there/yet/", left);
	snprintf(beneath, sizeof(beneath), "%s/plain/beneath", left);
	assert_int_equal(symlink(link, link), 0);
	assert_int_equal(opens(left, "plain", O_WRONLY | O_CREAT), 0);
	const struct {
		const char *path;
		int expected;
	} cases[] = {
	    {left, 0},      {absent, 0},       {beneath, 0},     {".", 0},
	    {"later", 0},   {"later/", 0},     {"a/b//c/", 0},   {"/", 0},
	    {link, EACCES}, {outside, EACCES}, {"loop", EACCES}, {endless, EACCES},
	    {"plain", 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const int got = status_of(writes_when_left, cases[i].path);
		if (got != cases[i].expected)
			fail_msg("%.40s: %d, expected %d", cases[i].path, got,
				 cases[i].expected);
	}
}

/* 0 if a rule that cannot be made for lack of descriptors is an error that says so. */
static int is_told_without_descriptors(const char *path)
{
	struct confine_plan plan = {.abilities = 0};
	struct error err;
	const int next = dup(STDIN_FILENO);
	const rlim_t most = (rlim_t)next + 1; /* the set of rules has the last one */
	const struct rlimit limit = {most, most};

	close(next);
	confine_leave_path(&plan, path, true);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 2;
	if (landlock_restrict(&plan, LANDLOCK_NEWEST, &err) == 0)
		return 3;
	/* And nothing is restricted: the program says so and goes on. */
	return strstr(err.text, "a rule for ") && strstr(err.text, strerror(EMFILE)) &&
		       opens(outside, "", O_RDONLY | O_DIRECTORY) == 0
		   ? 0
		   : 4;
}

static void test_a_rule_that_cannot_be_made_is_an_error(void **state)
{
	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1)
		skip();
	assert_int_equal(status_of(is_told_without_descriptors, left), 0);
	assert_int_equal(status_of(is_told_without_descriptors, "/proc/self/status"),
			 0);
}

static void test_no_version_is_an_error(void **state)
{
	const struct confine_plan plan = {.abilities = 0};
	struct error err;

	(void)state;
	assert_int_equal(landlock_restrict(&plan, 0, &err), -1);
	assert_non_null(strstr(err.text, "the kernel does not offer it"));
}

static void test_what_does_not_fit_the_plan_is_left_out(void **state)
{
	struct confine_plan plan = {.abilities = 0};

	(void)state;
	for (int i = 0; i < 2 * CONFINE_PATHS_MAX; i++)
		confine_leave_path(&plan, "/proc", false);
	for (int i = 0; i < 2 * CONFINE_PORTS_MAX; i++)
		confine_leave_port(&plan, 1, false);
	assert_int_equal(plan.path_count, CONFINE_PATHS_MAX);
	assert_int_equal(plan.port_count, CONFINE_PORTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_version_restricts_what_it_can),
	    cmocka_unit_test(test_a_path_is_left_however_it_is_spelled),
	    cmocka_unit_test(test_a_rule_that_cannot_be_made_is_an_error),
	    cmocka_unit_test(test_no_version_is_an_error),
	    cmocka_unit_test(test_what_does_not_fit_the_plan_is_left_out),
	};

	return cmocka_run_group_tests(tests, make_folders, remove_folders);
}

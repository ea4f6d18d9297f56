/* SPDX-License-Identifier: Apache-2.0 */
/* asking_fixture.h - runs a command that asks the monitor, against a real server.
 *
 * Included by one file of a test program. */
#ifndef TESTS_SUPPORT_ASKING_FIXTURE_H
#define TESTS_SUPPORT_ASKING_FIXTURE_H

#include <fcntl.h>
#include <stddef.h>
#include <sys/wait.h>

#include "base/sanitize.h"
#include "server_fixture.h"
#include "testing.h"

static char local[32]; /* the server's address */
static int exit_status;

static int start_quietly(void **state)
{
	if (start(state) < 0)
		return -1;
	snprintf(local, sizeof(local), "127.0.0.1:%u", server_local_port(server));
	unsetenv("DORMOUSE_ALERT_LISTEN");
	return 0;
}

/* Runs a command in a child with both outputs in one pipe, while we serve. */
static const char *run_asking(const char *name, int (*command)(int argc, char **argv),
			      const char *a, const char *b, const char *c)
{
	int argc = 1 + (a != NULL) + (b != NULL) + (c != NULL);
	int ends[2], result;
	size_t length = 0;
	ssize_t count;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		char *argv[] = {(char *)name, (char *)a, (char *)b, (char *)c, NULL};

		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		result = command(argc, argv);
		fflush(NULL);
		_exit(result);
	}
	close(ends[1]);
	do {
		while (!turn(ends[0], POLLIN, 1000))
			;
		count = read(ends[0], received + length, sizeof(received) - 1 - length);
		length += count > 0 ? (size_t)count : 0;
	} while (count > 0);
	received[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &result, 0), child);
	assert_true(WIFEXITED(result));
	exit_status = WEXITSTATUS(result);
	return received;
}

static void assert_has(const char *text, const char *piece)
{
	if (!strstr(text, piece))
		fail_msg("no \"%s\" in:\n%s", piece, text);
}

static void assert_no_line_is_too_wide(const char *text)
{
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		if (display_columns(line, length) > 80)
			fail_msg("%zu columns: %.*s", display_columns(line, length),
				 (int)length, line);
		line += length + (line[length] == '\n');
	}
}

#endif

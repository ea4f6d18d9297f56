/* SPDX-License-Identifier: Apache-2.0 */
/* test_bearer_token.c - a token from a file, and who sends it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/testing.h"
#include "serve/bearer_token.h"

static char folder[] = "/tmp/token-XXXXXX", path[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/token-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/token", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void put(const char *data, size_t length)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, length, f), length);
	assert_int_equal(fclose(f), 0);
}

static void assert_token(const char *content, const char *expected)
{
	char token[BEARER_TOKEN_MAX + 1];
	struct error err = {""};

	put(content, strlen(content));
	if (bearer_token_read(path, token, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(token, expected);
}

static void assert_unusable(const char *reason)
{
	char token[BEARER_TOKEN_MAX + 1];
	struct error err = {""};

	assert_int_equal(bearer_token_read(path, token, &err), -1);
	if (!strstr(err.text, reason))
		fail_msg("%s: %s", reason, err.text);
}

CASE(white_space_around_a_token_is_ignored)
{
	assert_token("secret", "secret");
	assert_token("secret\n", "secret");
	assert_token("\r\n  secret \t\r\n", "secret");
	assert_token("!~", "!~");
}

CASE(a_token_has_a_limit)
{
	char content[2 * BEARER_TOKEN_MAX];

	memset(content, 'x', sizeof(content));
	content[BEARER_TOKEN_MAX] = '\0';
	assert_token(content, content);
	put(content, BEARER_TOKEN_MAX);
	content[BEARER_TOKEN_MAX] = 'x';
	put(content, BEARER_TOKEN_MAX + 1);
	assert_unusable("larger");
	put(content, sizeof(content));
	assert_unusable("larger");
}

CASE(what_is_no_token_is_told)
{
	assert_unusable("No such file");
	put("", 0);
	assert_unusable("empty");
	put(" \n\n", 3);
	assert_unusable("empty");
	put("two words", 9);
	assert_unusable("character");
	put("two\nlines", 9);
	assert_unusable("character");
	put("a\0b", 3);
	assert_unusable("character");
	put("caf\xc3\xa9", 5);
	assert_unusable("character");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_unusable("regular");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_unusable("regular");
	assert_int_equal(rmdir(path), 0);
}

CASE(only_the_bearer_of_the_token_has_it)
{
	static const char *const right[] = {"Bearer secret", "bearer secret",
					    "BEARER   secret"};
	static const char *const wrong[] = {
	    "",
	    "Bearer",
	    "Bearer ",
	    "Bearer secre",
	    "secret",
	    "Bearer secrets",
	    "Bearer Secret",
	    "Bearer secret,",
	    "Basic secret",
	    "Bearersecret",
	    "Bearer xsecret",
	    "Bearer\tsecret",
	};
	char long_one[2 * BEARER_TOKEN_MAX] = "Bearer ";

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		if (!bearer_token_matches(right[i], "secret"))
			fail_msg("%s", right[i]);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (bearer_token_matches(wrong[i], "secret"))
			fail_msg("%s", wrong[i]);
	assert_false(bearer_token_matches(NULL, "secret"));
	assert_false(bearer_token_matches("Bearer ", ""));

	/* All of the longest token counts, and nothing may follow it. */
	char token[BEARER_TOKEN_MAX + 1] = "";
	memset(token, 'x', BEARER_TOKEN_MAX);
	memset(long_one + 7, 'x', BEARER_TOKEN_MAX);
	assert_true(bearer_token_matches(long_one, token));
	long_one[7 + BEARER_TOKEN_MAX] = 'x';
	assert_false(bearer_token_matches(long_one, token));
	long_one[7 + BEARER_TOKEN_MAX] = '\0';
	long_one[7 + BEARER_TOKEN_MAX - 1] = 'y';
	assert_false(bearer_token_matches(long_one, token));
}

int main(void)
{
#define WITH_FOLDER(test)                                                              \
	cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
	    WITH_FOLDER(white_space_around_a_token_is_ignored),
	    WITH_FOLDER(a_token_has_a_limit),
	    WITH_FOLDER(what_is_no_token_is_told),
	    cmocka_unit_test(only_the_bearer_of_the_token_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

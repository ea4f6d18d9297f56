/* SPDX-License-Identifier: Apache-2.0 */
/* test_licenses.c - the licences are told, with or without their texts at hand. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "licenses.h"
#include "support/testing.h"

static const char *const texts[] = {"NOTICE",        "LGPL-2.1", "dormouse", "libnl",
				    "libmicrohttpd", "cjson",    "zlib",     "musl"};

#define TEXT_COUNT (sizeof(texts) / sizeof(texts[0]))

static char folder[] = "/tmp/licenses.XXXXXX";

static void write_text(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "the text of %s\n", name);
	fclose(f);
}

static void remove_text(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXT_COUNT; i++)
		remove_text(texts[i]);
	return rmdir(folder);
}

/* What is printed, to be freed by the caller. */
static char *print(const char *where, int expected, struct error *err)
{
	char *printed = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&printed, &size);

	assert_non_null(out);
	assert_int_equal(licenses_print(out, where, err), expected);
	fclose(out);
	return printed;
}

CASE(each_part_is_told_without_texts)
{
	static const char *const lines[] = {
	    "\n  dormouse       Apache-2.0  Copyright",
	    "\n  libnl          LGPL-2.1    Copyright",
	    "\n  libmicrohttpd  LGPL-2.1+   Copyright",
	    "\n  cJSON          MIT         Copyright",
	    "\n  zlib           Zlib        Copyright",
	};
	struct error err = {""};
	char *printed = print("/nowhere", 0, &err);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_non_null(strstr(printed, lines[i]));
	assert_non_null(strstr(printed, "Lesser\nGeneral Public License"));
	assert_non_null(strstr(printed, "/nowhere/NOTICE: No such file or directory"));
	assert_null(strstr(printed, "\n---"));
	free(printed);
}

/* musl's belongs to the static binary alone, which this test is not. */
CASE(the_texts_are_printed_whole)
{
	struct error err = {""};

	for (size_t i = 0; i < TEXT_COUNT; i++)
		write_text(texts[i]);
	char *printed = print(folder, 0, &err);
	for (size_t i = 0; i < TEXT_COUNT - 1; i++) {
		char expected[256];

		snprintf(expected, sizeof(expected), "\n--- %s/%s\n\nthe text of %s\n",
			 folder, texts[i], texts[i]);
		assert_non_null(strstr(printed, expected));
	}
	free(printed);
}

CASE(a_text_that_is_missing_is_an_error)
{
	for (size_t missing = 1; missing < TEXT_COUNT - 1; missing++) {
		struct error err = {""};

		for (size_t i = 0; i < TEXT_COUNT; i++)
			write_text(texts[i]);
		remove_text(texts[missing]);
		free(print(folder, -1, &err));
		assert_non_null(strstr(err.text, texts[missing]));
		assert_non_null(strstr(err.text, "No such file"));
	}
}

CASE(the_folder_lies_beside_the_program)
{
	char path[4096], expected[4096];
	ssize_t length = readlink("/proc/self/exe", expected, sizeof(expected) - 1);

	assert_true(length > 0);
	expected[length] = '\0';
	char *slash = strrchr(expected, '/');
	snprintf(slash + 1, (size_t)(expected + sizeof(expected) - slash - 1),
		 "licenses");
	assert_string_equal(licenses_folder(path, sizeof(path)), expected);
	/* Where that does not fit, it is the image's. */
	assert_string_equal(licenses_folder(path, 12), "/licenses");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_part_is_told_without_texts),
	    cmocka_unit_test(the_texts_are_printed_whole),
	    cmocka_unit_test(a_text_that_is_missing_is_an_error),
	    cmocka_unit_test(the_folder_lies_beside_the_program),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

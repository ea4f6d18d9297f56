/* SPDX-License-Identifier: Apache-2.0 */
/* licenses.c - prints the licences of this program and its parts. */
#include "licenses.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/version.h"

struct part {
	const char *name, *license, *copyright;
	const char *file; /* its own text; the licence text is another file */
};

static const struct part parts[] = {
    {"dormouse", "Apache-2.0", "the Dormouse authors", "dormouse"},
    {"libnl", "LGPL-2.1", "Thomas Graf and others", "libnl"},
    {"libmicrohttpd", "LGPL-2.1+", "Christian Grothoff, Evgeny Grin and others",
     "libmicrohttpd"},
    {"cJSON", "MIT", "Dave Gamble and cJSON contributors", "cjson"},
    {"zlib", "Zlib", "Jean-loup Gailly and Mark Adler", "zlib"},
#ifndef __GLIBC__
    {"musl", "MIT", "Rich Felker and others", "musl"},
#endif
};

#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

const char *licenses_folder(char *path, size_t size)
{
	static const char name[] = "licenses";
	ssize_t length = readlink("/proc/self/exe", path, size);
	size_t end = length > 0 ? (size_t)length : 0;

	while (end > 0 && path[end - 1] != '/')
		end--;
	/* Without /proc, or with an overlong path, use the folder of the image. */
	if (end == 0 || end + sizeof(name) > size)
		path[0] = '/', end = 1;
	memcpy(path + end, name, sizeof(name));
	return path;
}

static void print_parts(FILE *out)
{
	fprintf(out, "dormouse %s (%s) is made of\n", dormouse_version(),
		dormouse_commit());
	for (size_t i = 0; i < PART_COUNT; i++)
		fprintf(out, "  %-14s %-11s Copyright (c) %s\n", parts[i].name,
			parts[i].license, parts[i].copyright);
	fputs("libnl and libmicrohttpd, and their use, are covered by the GNU Lesser\n"
	      "General Public License: you may change them and relink this program\n"
	      "with them.\n",
	      out);
}

/* Copies folder/name; returns false, with the reason in errno, when it cannot be read.
 */
static bool print_text(FILE *out, const char *folder, const char *name)
{
	char path[4096], piece[1024];
	struct text t = text_over(path, sizeof(path));
	size_t length;

	text_printf(&t, "%s/%s", folder, name);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	fprintf(out, "\n--- %s\n\n", path);
	while ((length = fread(piece, 1, sizeof(piece), file)) > 0)
		fwrite(piece, 1, length, out);
	bool whole = !ferror(file);
	int why = errno;
	fclose(file);
	errno = why;
	return whole;
}

int licenses_print(FILE *out, const char *folder, struct error *err)
{
	print_parts(out);
	if (!print_text(out, folder, "NOTICE")) {
		fprintf(
		    out,
		    "The texts are in licenses/ beside the static binary and in its "
		    "image; %s/NOTICE: %s. A program\nof Debian's own libraries has "
		    "them in /usr/share/doc/*/copyright.\n",
		    folder, strerror(errno));
		return 0;
	}
	if (!print_text(out, folder, "LGPL-2.1"))
		return fail_errno(err, errno, "%s/LGPL-2.1", folder);
	for (size_t i = 0; i < PART_COUNT; i++)
		if (!print_text(out, folder, parts[i].file))
			return fail_errno(err, errno, "%s/%s", folder, parts[i].file);
	return 0;
}

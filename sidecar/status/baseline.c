/* SPDX-License-Identifier: Apache-2.0 */
/* baseline.c - `dormouse baseline`: what was learnt, as a document; documents merged,
 * shown and compared. */
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "base/output.h"
#include "baseline_tables.h"
#include "confine/confine.h"
#include "status.h"

/* The documents of a workload's pods, or of a month of replays. */
#define FILES_BYTES_MAX (64u << 20)

static const char HELP[] =
    "usage: dormouse baseline [FLAGS]           what the running monitor has learnt\n"
    "       dormouse baseline merge FILE...     several pods' documents as one\n"
    "       dormouse baseline show FILE...      a table\n"
    "       dormouse baseline diff BEFORE AFTER what grew, by how much\n"
    "A document is JSON, dormouse.dev/baseline/v1; a file may hold several, and - is\n"
    "standard input. Flags are those of `dormouse status`.\n";

static int put_text(const struct baseline_document *b, struct error *err)
{
	char *text = baseline_document_text(b, err);

	if (!text)
		return -1;
	output_put(text, strlen(text));
	free(text);
	return 0;
}

/* --- of the running monitor ------------------------------------------------------- */

static cJSON *ask_baseline(struct ask *a, struct error *err)
{
	return ask_fetch(a, "/baseline", err);
}

/* Prints it as the other forms of the command read it. */
static void print_baseline(const cJSON *answer, FILE *out)
{
	static struct baseline_document b;
	cJSON *document = cJSON_Duplicate(answer, true);
	struct error err = {"not enough memory"};
	char *text = NULL;

	if (document && baseline_document_take(&b, document, &err) == 0)
		text = baseline_document_text(&b, &err);
	if (text)
		fputs(text, out);
	else
		fprintf(stderr, "dormouse: the monitor's answer: %s\n", err.text);
	free(text);
	baseline_document_end(&b);
}

/* --- of files --------------------------------------------------------------------- */

/* A document may come from anyone: from here on files can only be read. */
static void confine_reading(void)
{
	struct confine_plan plan = {.abilities = 0};
	struct confinement ignored; /* as good as the kernel can */

	confine_leave_path(&plan, "/", false);
	confine(&plan, false, &ignored);
}

static int load_all(struct baseline_document *b, char **paths, int count,
		    struct error *err)
{
	static struct baseline_document other;

	memset(b, 0, sizeof(*b));
	for (int i = 0; i < count; i++) {
		if (baseline_document_load(&other, paths[i], FILES_BYTES_MAX, err) < 0)
			return -1;
		baseline_document_merge(b, &other);
		baseline_document_end(&other);
	}
	return 0;
}

static int merge(char **paths, int count, struct error *err)
{
	static struct baseline_document b;

	if (load_all(&b, paths, count, err) < 0)
		return -1;
	return put_text(&b, err);
}

static int show(char **paths, int count, struct error *err)
{
	static struct baseline_document b;

	if (load_all(&b, paths, count, err) < 0)
		return -1;
	baseline_show(&b, stdout);
	return 0;
}

static int diff(char **paths, int count, struct error *err)
{
	static struct baseline_document before, after;

	(void)count;
	if (load_all(&before, paths, 1, err) < 0 ||
	    load_all(&after, paths + 1, 1, err) < 0)
		return -1;
	baseline_diff(&before, &after, stdout);
	return 0;
}

static const struct {
	const char *name;
	int least, most; /* files */
	int (*work)(char **paths, int count, struct error *err);
} forms[] = {
    {"merge", 1, 4096, merge},
    {"show", 1, 4096, show},
    {"diff", 2, 2, diff},
};

/* The index of the form that the word names, or -1. */
static int form_of(const char *word)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(forms[i].name, word) == 0)
			return (int)i;
	return -1;
}

static int refuse_count(int form)
{
	fprintf(stderr, "dormouse: baseline %s: expected %s\n", forms[form].name,
		forms[form].most == 2 ? "two files: BEFORE AFTER"
				      : "one or more files; - is standard input");
	return 2;
}

static int work_on_files(int form, int argc, char **argv)
{
	struct error err;

	if (argc < forms[form].least || argc > forms[form].most)
		return refuse_count(form);
	confine_reading();
	if (forms[form].work(argv, argc, &err) == 0)
		return 0;
	fprintf(stderr, "dormouse: %s\n", err.text);
	return 1;
}

int baseline_main(int argc, char **argv)
{
	static const struct ask_command command = {.name = "baseline",
						   .help = "",
						   .ask = ask_baseline,
						   .print = print_baseline};
	const int form = argc > 1 ? form_of(argv[1]) : -1;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(HELP, stdout);
		return 0;
	}
	if (form >= 0)
		return work_on_files(form, argc - 2, argv + 2);
	if (argc > 1 && argv[1][0] != '-') {
		fprintf(stderr,
			"dormouse: baseline %.80s: expected merge, show or diff (see "
			"--help)\n",
			argv[1]);
		return 2;
	}
	return ask_main(&command, argc, argv);
}

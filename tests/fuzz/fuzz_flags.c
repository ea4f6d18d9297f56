/* SPDX-License-Identifier: Apache-2.0 */
/* Any words as the flags and variables of each command: they are taken, with values
 * within their bounds, or refused in one line; a bad variable never stops the start.
 * The first byte chooses the command. */
#include "config/options.h"
#include "words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned complaints;

static void complain(const char *line)
{
	check_line(line);
	complaints++;
}

static void check_options(const struct options *o, const struct words *w)
{
	if (!(o->interval_s >= 0.1 && o->interval_s <= 300) ||
	    o->config_errors != complaints || o->operand_count >= w->argc)
		abort();
	for (int i = 1; i <= o->operand_count; i++)
		if (w->argv[i][0] == '-' && w->argv[i][1] &&
		    o->command != OPTIONS_REPLAY)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options options;
	struct error err = {""};

	if (size < 1)
		return 0;
	const enum options_command command = data[0] % (OPTIONS_RECORD + 1);
	struct words w = words_of(data + 1, size - 1);
	complaints = 0;
	const int result =
	    options_parse(&options, command, w.argc, w.argv, complain, &err);
	if (result == 0)
		check_options(&options, &w);
	else if (result < 0)
		check_line(err.text);
	options_listen_by_default(&options, "listen");
	options_listen_by_default(&options, "alert-listen");
	free(w.copy);
	return 0;
}

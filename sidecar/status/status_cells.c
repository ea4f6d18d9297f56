/* SPDX-License-Identifier: Apache-2.0 */
/* status_cells.c - prints the elements of the status table. */
#include "status_cells.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sanitize.h"

#define STRING_MAX 640

const cJSON *status_member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

const char *status_string(const cJSON *object, const char *name)
{
	static char buffers[8][STRING_MAX];
	static unsigned turn;
	const char *value = cJSON_GetStringValue(status_member(object, name));

	if (!value || !value[0])
		return "-";
	return sanitize(buffers[turn++ % 8], STRING_MAX, value);
}

double status_number(const cJSON *object, const char *name)
{
	return cJSON_GetNumberValue(status_member(object, name));
}

const char *status_bold(FILE *out, bool on)
{
	static const char *const codes[] = {"\033[0m", "\033[1;31m"};
	const char *term = getenv("TERM");

	if (!isatty(fileno(out)) || getenv("NO_COLOR") || !term ||
	    strcmp(term, "dumb") == 0)
		return "";
	return codes[on];
}

time_t status_time(const char *text)
{
	double seconds;

	return parse_time(text, &seconds) == 0 ? (time_t)seconds : -1;
}

const char *status_moment(char cell[FORMAT_MAX], const char *text)
{
	time_t time = status_time(text);
	char written[FORMAT_MAX]; /* rewritten, because the text may be anything */
	struct text t = text_over(written, sizeof(written));

	text_time(&t, (double)time);
	if (time < 0)
		snprintf(cell, FORMAT_MAX, "-");
	else
		snprintf(cell, FORMAT_MAX, "%.10s %.8s UTC", written, written + 11);
	return cell;
}

void status_cell(FILE *out, const char *text, size_t width)
{
	size_t length = strlen(text), columns = display_columns(text, length);
	const char *cut = "";

	if (columns > width) {
		cut = width > 3 ? "..." : "";
		length = display_fitting(text, width - strlen(cut));
		columns = display_columns(text, length) + strlen(cut);
	}
	fprintf(out, "%.*s%s%*s", (int)length, text, cut, (int)(width - columns), "");
}

void status_put(FILE *out, const char *label, const char *words)
{
	status_cell(out, label, STATUS_INDENT);
	display_wrapped(out, words, STATUS_INDENT, STATUS_WIDTH, STATUS_INDENT);
}

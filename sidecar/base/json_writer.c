/* SPDX-License-Identifier: Apache-2.0 */
/* json_writer.c - JSON appended to a text, value by value. */
#include "json_writer.h"

#include <math.h>

#include "utf8.h"

struct json_writer json_writer_over(struct text *out)
{
	return (struct json_writer){.out = out};
}

static void misuse(struct json_writer *w)
{
	w->misused = true;
	w->out->overflowed = true;
}

static bool is_in_object(const struct json_writer *w)
{
	return w->objects >> w->depth & 1u;
}

/* --- strings --------------------------------------------------------------------- */

/* Writes unsafe characters as escapes of RFC 8259, section 7, because logs are read on
 * terminals. Parsers read the same string. */
static void put_other(struct text *t, const char *s, size_t length)
{
	uint32_t character = utf8_decode(s, length);

	if (!utf8_is_unsafe(character))
		text_put_bytes(t, s, length);
	else if (character < 0x10000)
		text_printf(t, "\\u%04x", (unsigned)character);
	else
		text_printf(t, "\\u%04x\\u%04x",
			    (unsigned)(0xD800 + ((character - 0x10000) >> 10)),
			    (unsigned)(0xDC00 + (character & 0x3FF)));
}

/* Writes the next character; returns the position after it. */
static const char *put_character(struct text *t, const char *s)
{
	size_t length = utf8_length(s, UTF8_MAX);

	if (length == 0)
		text_put_bytes(t, "\xEF\xBF\xBD", 3);
	else if (*s == '"')
		text_put_bytes(t, "\\\"", 2);
	else if (*s == '\\')
		text_put_bytes(t, "\\\\", 2);
	else if (*s == '\n')
		text_put_bytes(t, "\\n", 2);
	else if (*s == '\t')
		text_put_bytes(t, "\\t", 2);
	else
		put_other(t, s, length);
	return s + (length > 0 ? length : 1);
}

/* ASCII that needs no escape. */
static bool is_plain(char c)
{
	return c >= ' ' && c < 0x7F && c != '"' && c != '\\';
}

static void put_string(struct text *t, const char *value)
{
	text_put_bytes(t, "\"", 1);
	while (*value) {
		const char *begin = value;

		while (is_plain(*value))
			value++;
		if (value > begin)
			text_put_bytes(t, begin, (size_t)(value - begin));
		if (*value)
			value = put_character(t, value);
	}
	text_put_bytes(t, "\"", 1);
}

/* --- structure ------------------------------------------------------------------- */

static void put_comma(struct json_writer *w)
{
	if (w->has_value)
		text_put_bytes(w->out, ",", 1);
}

void json_name(struct json_writer *w, const char *name)
{
	if (w->misused || w->in_string || w->named || !is_in_object(w)) {
		misuse(w);
		return;
	}
	put_comma(w);
	put_string(w->out, name);
	text_put_bytes(w->out, ":", 1);
	w->named = true;
}

/* A member needs a name, an array element must not have one, and a document is one
 * value. */
static bool may_have_value(const struct json_writer *w)
{
	if (w->misused || w->in_string)
		return false;
	return is_in_object(w) ? w->named : w->depth > 0 || !w->has_value;
}

/* Writes the name and the comma before a value. */
static void begin_value(struct json_writer *w, const char *name)
{
	if (name)
		json_name(w, name);
	if (!may_have_value(w)) {
		misuse(w);
		return;
	}
	if (!w->named)
		put_comma(w);
	w->named = false;
	w->has_value = true;
}

static void open_container(struct json_writer *w, const char *name, bool object)
{
	begin_value(w, name);
	if (w->misused || w->depth == JSON_DEPTH_MAX) {
		misuse(w);
		return;
	}
	w->depth++;
	w->objects &= ~(1u << w->depth);
	w->objects |= (uint32_t)object << w->depth;
	w->has_value = false;
	text_put_bytes(w->out, object ? "{" : "[", 1);
}

void json_object(struct json_writer *w, const char *name)
{
	open_container(w, name, true);
}

void json_array(struct json_writer *w, const char *name)
{
	open_container(w, name, false);
}

void json_end(struct json_writer *w)
{
	if (w->misused || w->in_string || w->named || w->depth == 0) {
		misuse(w);
		return;
	}
	text_put_bytes(w->out, is_in_object(w) ? "}" : "]", 1);
	w->depth--;
	w->has_value = true;
}

void json_end_line(struct json_writer *w)
{
	if (w->misused || w->in_string || w->depth > 0 || !w->has_value) {
		misuse(w);
		return;
	}
	text_put_bytes(w->out, "\n", 1);
	w->has_value = false;
}

bool json_is_whole(const struct json_writer *w)
{
	return w->depth == 0 && !w->in_string && !w->misused && !w->out->overflowed;
}

struct json_mark json_mark(const struct json_writer *w)
{
	return (struct json_mark){.writer = *w, .out = *w->out};
}

void json_rewind(struct json_writer *w, const struct json_mark *mark)
{
	const bool misused = w->misused;

	*w->out = mark->out;
	if (w->out->capacity > w->out->length)
		w->out->data[w->out->length] = '\0';
	*w = mark->writer;
	if (misused)
		misuse(w);
}

/* --- values ---------------------------------------------------------------------- */

void json_string(struct json_writer *w, const char *name, const char *value)
{
	begin_value(w, name);
	if (value)
		put_string(w->out, value);
	else
		text_put_bytes(w->out, "null", 4);
}

void json_number(struct json_writer *w, const char *name, double value)
{
	begin_value(w, name);
	if (isfinite(value))
		text_number(w->out, value);
	else
		text_put_bytes(w->out, "null", 4);
}

void json_unsigned(struct json_writer *w, const char *name, uint64_t value)
{
	begin_value(w, name);
	text_unsigned(w->out, value);
}

void json_bool(struct json_writer *w, const char *name, bool value)
{
	json_raw(w, name, value ? "true" : "false");
}

void json_null(struct json_writer *w, const char *name)
{
	json_raw(w, name, "null");
}

void json_time(struct json_writer *w, const char *name, double unix_seconds)
{
	json_begin_string(w, name);
	text_time(w->out, unix_seconds);
	json_end_string(w);
}

void json_time_or_null(struct json_writer *w, const char *name, double unix_seconds)
{
	if (unix_seconds > 0)
		json_time(w, name, unix_seconds);
	else
		json_null(w, name);
}

void json_raw(struct json_writer *w, const char *name, const char *json)
{
	begin_value(w, name);
	text_put(w->out, json);
}

void json_begin_string(struct json_writer *w, const char *name)
{
	begin_value(w, name);
	text_put_bytes(w->out, "\"", 1);
	w->in_string = true;
}

void json_end_string(struct json_writer *w)
{
	if (!w->in_string) {
		misuse(w);
		return;
	}
	text_put_bytes(w->out, "\"", 1);
	w->in_string = false;
}

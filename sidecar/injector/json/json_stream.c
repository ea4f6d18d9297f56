/* SPDX-License-Identifier: Apache-2.0 */
/* json_stream.c - reads JSON of any length as it arrives: a state for each byte. */
#include "json_stream.h"

#include <string.h>

enum state {
	EXPECTS_VALUE,
	EXPECTS_VALUE_OR_END, /* after [ */
	EXPECTS_KEY,
	EXPECTS_KEY_OR_END, /* after { */
	EXPECTS_COLON,
	EXPECTS_COMMA_OR_END,
	EXPECTS_NOTHING, /* behind the value */
	IN_STRING,
	IN_ESCAPE,
	IN_UNIT, /* the digits of \uXXXX */
	IN_NUMBER,
	IN_WORD,
};

void json_stream_begin(struct json_stream *s, json_taker *take, void *context)
{
	s->take = take;
	s->context = context;
	s->bytes = 0;
	s->depth = 0;
	s->objects = 0;
	s->state = EXPECTS_VALUE;
	s->length = 0;
}

static int refuse(const struct json_stream *s, struct error *err)
{
	return fail(err, "invalid JSON at byte %llu", (unsigned long long)s->bytes);
}

static int add(struct json_stream *s, const char *bytes, size_t length,
	       struct error *err)
{
	if (length >= sizeof(s->token) - s->length)
		return fail(err, "invalid JSON: a value is over %zu bytes",
			    sizeof(s->token) - 1);
	memcpy(s->token + s->length, bytes, length);
	s->length += length;
	return 0;
}

static int hand_over(struct json_stream *s, enum json_event event, struct error *err)
{
	s->token[s->length] = '\0';
	const int result = s->take(s->context, event, s->token, s->length, err);
	s->length = 0;
	return result;
}

static void after_value(struct json_stream *s)
{
	s->state = s->depth == 0 ? EXPECTS_NOTHING : EXPECTS_COMMA_OR_END;
}

static bool in_object(const struct json_stream *s)
{
	return (s->objects >> s->depth) & 1u;
}

/* --- brackets --------------------------------------------------------------------- */

static int open_bracket(struct json_stream *s, bool object, struct error *err)
{
	if (s->depth + 1 == JSON_STREAM_DEPTH)
		return fail(err, "invalid JSON: it is nested more than %d deep",
			    JSON_STREAM_DEPTH - 1);
	s->depth++;
	s->objects &= ~(1u << s->depth);
	s->objects |= (uint32_t)object << s->depth;
	s->state = object ? EXPECTS_KEY_OR_END : EXPECTS_VALUE_OR_END;
	return hand_over(s, object ? JSON_OBJECT_BEGINS : JSON_ARRAY_BEGINS, err);
}

static int close_bracket(struct json_stream *s, char c, struct error *err)
{
	if (s->depth == 0 || c != (in_object(s) ? '}' : ']'))
		return refuse(s, err);
	s->depth--;
	after_value(s);
	return hand_over(s, JSON_ENDS, err);
}

/* --- strings ---------------------------------------------------------------------- */

static void begin_string(struct json_stream *s, bool key)
{
	s->key = key;
	s->state = IN_STRING;
}

static int end_string(struct json_stream *s, struct error *err)
{
	if (!s->key)
		after_value(s);
	else
		s->state = EXPECTS_COLON;
	return hand_over(s, s->key ? JSON_KEY : JSON_STRING, err);
}

static int take_escape(struct json_stream *s, char c, struct error *err)
{
	static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	const char *at = c ? strchr(letters, c) : NULL;

	s->state = IN_STRING;
	if (at)
		return add(s, &meanings[at - letters], 1, err);
	if (c != 'u')
		return refuse(s, err);
	s->state = IN_UNIT;
	s->digits = 4;
	s->unit = 0;
	return 0;
}

static int take_digit(struct json_stream *s, char c, struct error *err)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

	if (!at)
		return refuse(s, err);
	s->unit = s->unit * 16 + (unsigned)(at - digits);
	if (--s->digits > 0)
		return 0;
	const char shown = s->unit > 0 && s->unit < 0x80 ? (char)s->unit : '?';
	s->state = IN_STRING;
	return add(s, &shown, 1, err);
}

/* Takes the part of a string up to its end or an escape. Returns how many bytes. */
static size_t plain_length(const char *data, size_t length)
{
	size_t i = 0;

	while (i < length && data[i] != '"' && data[i] != '\\' &&
	       (unsigned char)data[i] >= ' ')
		i++;
	return i;
}

/* --- numbers and words -------------------------------------------------------------
 */

static bool is_number(const char *text)
{
	const char *digits = "0123456789";
	const char *at = text + (*text == '-');
	size_t length = strspn(at, digits);

	if (length == 0 || (at[0] == '0' && length > 1))
		return false;
	at += length;
	if (*at == '.') {
		length = strspn(++at, digits);
		if (length == 0)
			return false;
		at += length;
	}
	if (*at == 'e' || *at == 'E') {
		at++;
		at += *at == '-' || *at == '+';
		length = strspn(at, digits);
		if (length == 0)
			return false;
		at += length;
	}
	return *at == '\0';
}

static bool is_word(const char *text)
{
	return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ||
	       strcmp(text, "null") == 0;
}

static int end_scalar(struct json_stream *s, struct error *err)
{
	const bool number = s->state == IN_NUMBER;

	s->token[s->length] = '\0';
	if (!(number ? is_number(s->token) : is_word(s->token)))
		return refuse(s, err);
	after_value(s);
	return hand_over(s, number ? JSON_NUMBER : JSON_WORD, err);
}

static bool in_scalar(const struct json_stream *s, char c)
{
	if (s->state == IN_NUMBER)
		return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' ||
		       c == 'e' || c == 'E';
	return s->state == IN_WORD && c >= 'a' && c <= 'z';
}

/* --- the text --------------------------------------------------------------------- */

static int begin_value(struct json_stream *s, char c, struct error *err)
{
	if (c == '{' || c == '[')
		return open_bracket(s, c == '{', err);
	if (c == '"') {
		begin_string(s, false);
		return 0;
	}
	s->state = c == '-' || (c >= '0' && c <= '9') ? IN_NUMBER : IN_WORD;
	return in_scalar(s, c) ? add(s, &c, 1, err) : refuse(s, err);
}

/* Takes a byte between values, no blank. */
static int take_mark(struct json_stream *s, char c, struct error *err)
{
	switch (s->state) {
	case EXPECTS_VALUE_OR_END:
		if (c == ']')
			return close_bracket(s, c, err);
		return begin_value(s, c, err);
	case EXPECTS_VALUE:
		return begin_value(s, c, err);
	case EXPECTS_KEY_OR_END:
		if (c == '}')
			return close_bracket(s, c, err);
		/* fall through */
	case EXPECTS_KEY:
		begin_string(s, true);
		return c == '"' ? 0 : refuse(s, err);
	case EXPECTS_COLON:
		s->state = EXPECTS_VALUE;
		return c == ':' ? 0 : refuse(s, err);
	case EXPECTS_COMMA_OR_END:
		if (c != ',')
			return close_bracket(s, c, err);
		s->state = in_object(s) ? EXPECTS_KEY : EXPECTS_VALUE;
		return 0;
	default:
		return refuse(s, err);
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static int take_in_string(struct json_stream *s, char c, struct error *err)
{
	if (c == '"')
		return end_string(s, err);
	if (c != '\\')
		return refuse(s, err);
	s->state = IN_ESCAPE;
	return 0;
}

static int take_byte(struct json_stream *s, char c, struct error *err)
{
	s->bytes++;
	switch (s->state) {
	case IN_STRING:
		return take_in_string(s, c, err);
	case IN_ESCAPE:
		return take_escape(s, c, err);
	case IN_UNIT:
		return take_digit(s, c, err);
	case IN_NUMBER:
	case IN_WORD:
		if (in_scalar(s, c))
			return add(s, &c, 1, err);
		if (end_scalar(s, err) < 0)
			return -1;
		return is_blank(c) ? 0 : take_mark(s, c, err); /* it is behind it */
	default:
		return is_blank(c) ? 0 : take_mark(s, c, err);
	}
}

int json_stream_feed(struct json_stream *s, const char *data, size_t length,
		     struct error *err)
{
	size_t at = 0;

	while (at < length) {
		if (s->state == IN_STRING) {
			const size_t plain = plain_length(data + at, length - at);

			if (add(s, data + at, plain, err) < 0)
				return -1;
			s->bytes += plain;
			at += plain;
			if (at == length)
				break;
		}
		if (take_byte(s, data[at++], err) < 0)
			return -1;
	}
	return 0;
}

int json_stream_end(struct json_stream *s, struct error *err)
{
	if ((s->state == IN_NUMBER || s->state == IN_WORD) && end_scalar(s, err) < 0)
		return -1;
	return s->state == EXPECTS_NOTHING
		   ? 0
		   : fail(err, "invalid JSON: it ends early, after %llu bytes",
			  (unsigned long long)s->bytes);
}

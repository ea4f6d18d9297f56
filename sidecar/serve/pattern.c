/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.c - compiles a regular expression. Targets are relative, so that a part of a
 * program can be moved and copied. */
#include "pattern.h"

#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "pattern_steps.h"

#define DEPTH_MAX  50   /* levels of nested groups */
#define REPEAT_MAX 1000 /* as in RE2 */

struct compiler {
	struct pattern *p;
	const char *at;
	const char *problem; /* NULL: none so far */
	int depth;
	bool fold, dot_all;
};

static void refuse(struct compiler *c, const char *problem)
{
	if (!c->problem)
		c->problem = problem;
}

/* Inserts an empty step at `place`. */
static struct pattern_step *insert(struct compiler *c, int place, enum pattern_op op)
{
	static struct pattern_step nowhere;
	struct pattern *p = c->p;

	if (p->length == PATTERN_STEPS_MAX) {
		refuse(c, "expression too large");
		return &nowhere;
	}
	memmove(&p->steps[place + 1], &p->steps[place],
		(size_t)(p->length - place) * sizeof(p->steps[0]));
	p->length++;
	p->steps[place] = (struct pattern_step){.op = (uint8_t)op};
	return &p->steps[place];
}

static struct pattern_step *emit(struct compiler *c, enum pattern_op op)
{
	return insert(c, c->p->length, op);
}

/* Inserts a branch at `place` to the next step and to the step `target` further on. */
static void insert_split(struct compiler *c, int place, int target)
{
	struct pattern_step *split = insert(c, place, PATTERN_SPLIT);

	split->a = 1;
	split->b = target;
}

static void emit_char(struct compiler *c, uint32_t character)
{
	struct pattern_step *step = emit(c, PATTERN_CHAR);

	step->a = (int32_t)character;
	step->fold = c->fold;
}

static void emit_assertion(struct compiler *c, enum pattern_assertion what)
{
	emit(c, PATTERN_ASSERT)->a = (int32_t)what;
}

/* --- classes -------------------------------------------------------------------------
 */
static void add_range(struct compiler *c, uint32_t first, uint32_t last)
{
	struct pattern *p = c->p;

	if (p->range_count == PATTERN_RANGES_MAX)
		refuse(c, "expression too large");
	else
		p->ranges[p->range_count++] = (struct pattern_range){first, last};
}

/* Adds the ranges given as pairs of characters, or, if negated, everything between
 * them. */
static void add_pairs(struct compiler *c, const char *pairs, bool negated)
{
	uint32_t from = 0;

	for (; *pairs; pairs += 2) {
		const unsigned char *pair = (const unsigned char *)pairs;

		if (!negated)
			add_range(c, pair[0], pair[1]);
		else if (pair[0] > from)
			add_range(c, from, pair[0] - 1u);
		from = pair[1] + 1u;
	}
	if (negated)
		add_range(c, from, 0x10FFFF);
}

/* Adds \d, \w, \s or their opposites; returns false for any other letter. The pairs are
 * in ascending order. */
static bool add_perl_class(struct compiler *c, char letter)
{
	static const char *const classes[] = {"d09", "w09AZ__az", "s\t\n\f\r  "};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if ((letter | 0x20) == classes[i][0]) {
			add_pairs(c, classes[i] + 1, letter != classes[i][0]);
			return true;
		}
	return false;
}

/* Adds [:alpha:] and the like within a class; returns false when there is none. */
static bool add_posix_class(struct compiler *c)
{
	static const struct {
		const char *name, *pairs;
	} classes[] = {
	    {"alnum", "09AZaz"},   {"alpha", "AZaz"},    {"ascii", "\001\177"},
	    {"blank", "\t\t  "},   {"digit", "09"},      {"cntrl", "\001\037\177\177"},
	    {"graph", "!~"},       {"lower", "az"},      {"print", " ~"},
	    {"punct", "!/:@[`{~"}, {"space", "\t\r  "},  {"upper", "AZ"},
	    {"word", "09AZ__az"},  {"xdigit", "09AFaf"},
	};
	bool negated = c->at[2] == '^';
	const char *name = c->at + 2 + negated;
	const char *end = strstr(name, ":]");

	for (size_t i = 0; end && i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == (size_t)(end - name) &&
		    memcmp(classes[i].name, name, (size_t)(end - name)) == 0) {
			add_pairs(c, classes[i].pairs, negated);
			c->at = end + 2;
			return true;
		}
	return false;
}

/* --- characters ----------------------------------------------------------------------
 */
static uint32_t take_character(struct compiler *c)
{
	return pattern_next(&c->at);
}

static int digit_of(char c, int base)
{
	int digit = c >= '0' && c <= '9'                     ? c - '0'
		    : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
							     : base;

	return digit < base ? digit : -1;
}

/* \x7F, \x{10FFFF}. */
static uint32_t take_hexadecimal(struct compiler *c)
{
	bool braces = *c->at == '{';
	uint32_t character = 0;
	int digits = 0;

	c->at += braces;
	for (int digit;
	     digits < (braces ? 6 : 2) && (digit = digit_of(*c->at, 16)) >= 0;
	     digits++, c->at++)
		character = character * 16 + (uint32_t)digit;
	if (digits < (braces ? 1 : 2) || (braces && *c->at != '}') ||
	    character > 0x10FFFF)
		refuse(c, "invalid escape sequence");
	else
		c->at += braces;
	return character;
}

/* Reads a single character behind a backslash. */
static uint32_t take_escaped(struct compiler *c)
{
	static const char letters[] = "afnrtv", meant[] = "\a\f\n\r\t\v";
	const char *letter = *c->at ? strchr(letters, *c->at) : NULL;
	uint32_t character = 0;

	if (letter) {
		c->at++;
		return (unsigned char)meant[letter - letters];
	}
	if (*c->at == 'x') {
		c->at++;
		return take_hexadecimal(c);
	}
	if (*c->at == '0') {
		for (int n = 0; n < 3 && digit_of(*c->at, 8) >= 0; n++)
			character = character * 8 + (uint32_t)digit_of(*c->at++, 8);
		return character;
	}
	if (*c->at == '\0')
		refuse(c, "trailing backslash at end of expression");
	else if (*c->at == 'p' || *c->at == 'P')
		refuse(c, "Unicode classes are not supported here");
	else if (pattern_is_word((unsigned char)*c->at) ||
		 (unsigned char)*c->at >= 0x80)
		refuse(c, "invalid escape sequence");
	else
		character = (unsigned char)*c->at++;
	return character;
}

static uint32_t take_member(struct compiler *c)
{
	if (*c->at != '\\')
		return take_character(c);
	c->at++;
	return take_escaped(c);
}

/* Reads the content between the brackets, behind the opening one and any '^'. */
static void take_members(struct compiler *c)
{
	bool first = true;

	while (!c->problem && (*c->at != ']' || first)) {
		first = false;
		if (*c->at == '\0') {
			refuse(c, "missing closing ]");
		} else if (c->at[0] == '[' && c->at[1] == ':' && add_posix_class(c)) {
			continue;
		} else if (c->at[0] == '\\' && c->at[1] &&
			   add_perl_class(c, c->at[1])) {
			c->at += 2;
		} else {
			uint32_t low = take_member(c), high = low;

			if (c->at[0] == '-' && c->at[1] && c->at[1] != ']') {
				c->at++;
				high = take_member(c);
			}
			if (high < low)
				refuse(c, "invalid character class range");
			add_range(c, low, high);
		}
	}
}

static void emit_class(struct compiler *c, int from, bool negated)
{
	struct pattern_step *step = emit(c, PATTERN_CLASS);

	step->a = from;
	step->b = c->p->range_count - from;
	step->negated = negated;
	step->fold = c->fold;
}

static void class(struct compiler *c)
{
	int from = c->p->range_count;
	bool negated = *c->at == '^';

	c->at += negated;
	take_members(c);
	if (!c->problem)
		c->at++;
	emit_class(c, from, negated);
}

static void escape(struct compiler *c)
{
	static const char letters[] = "AzbB";
	static const enum pattern_assertion assertions[] = {
	    PATTERN_BEGIN, PATTERN_END, PATTERN_WORD_EDGE, PATTERN_NO_WORD_EDGE};
	const char *letter = *c->at ? strchr(letters, *c->at) : NULL;
	int from = c->p->range_count;

	if (letter) {
		c->at++;
		emit_assertion(c, assertions[letter - letters]);
	} else if (*c->at && add_perl_class(c, *c->at)) {
		c->at++;
		emit_class(c, from, false);
	} else {
		emit_char(c, take_escaped(c));
	}
}

/* --- structure -----------------------------------------------------------------------
 */
static void alternatives(struct compiler *c);

/* Reads the flags of (?i) and (?s-i: ...); returns true when a group follows them. */
static bool take_flags(struct compiler *c)
{
	bool on = true;

	for (; !c->problem; c->at++)
		switch (*c->at) {
		case 'i':
			c->fold = on;
			break;
		case 's':
			c->dot_all = on;
			break;
		case '-':
			on = false;
			break;
		case ':':
			c->at++;
			return true;
		case ')':
			return false;
		default:
			refuse(c, "invalid or unsupported Perl syntax");
			return false;
		}
	return false;
}

/* Skips (?P<name> and (?<name>. */
static bool skip_name(struct compiler *c)
{
	const char *name = c->at + (*c->at == 'P');
	size_t length = *name == '<' ? strcspn(name, ">") : 0;

	if (length < 2 || name[length] != '>')
		return false;
	c->at = name + length + 1;
	return true;
}

/* Reads a group, behind "(". Flags that stand alone apply until the end of the
 * enclosing group. */
static void group(struct compiler *c)
{
	const bool fold = c->fold, dot_all = c->dot_all;
	bool nested = true;

	if (++c->depth > DEPTH_MAX)
		refuse(c, "expression nests too deeply");
	if (c->at[0] == '?') {
		c->at++;
		nested = skip_name(c) || take_flags(c);
	}
	emit(c, PATTERN_JUMP)->a = 1; /* a group is never empty: bounds its copies */
	if (!c->problem && nested)
		alternatives(c);
	if (nested) {
		c->fold = fold;
		c->dot_all = dot_all;
	}
	if (*c->at != ')')
		refuse(c, "missing closing )");
	else
		c->at++;
	c->depth--;
}

static void atom(struct compiler *c)
{
	switch (*c->at) {
	case '(':
		c->at++;
		group(c);
		break;
	case '[':
		c->at++;
		class(c);
		break;
	case '\\':
		c->at++;
		escape(c);
		break;
	case '.':
		c->at++;
		emit(c, PATTERN_ANY)->negated = c->dot_all;
		break;
	case '^':
		c->at++;
		emit_assertion(c, PATTERN_BEGIN);
		break;
	case '$':
		c->at++;
		emit_assertion(c, PATTERN_END);
		break;
	case '*':
	case '+':
	case '?':
		refuse(c, "missing argument to repetition operator");
		break;
	default:
		emit_char(c, take_character(c));
	}
}

static void copy(struct compiler *c, int from, int length)
{
	struct pattern *p = c->p;

	if (length > PATTERN_STEPS_MAX - p->length) {
		refuse(c, "expression too large");
		return;
	}
	memcpy(&p->steps[p->length], &p->steps[from],
	       (size_t)length * sizeof(p->steps[0]));
	p->length += length;
}

/* Repeats the part from `from` to the end n to m times; m < 0: no limit. */
static void repeat(struct compiler *c, int from, int n, int m)
{
	const int length = c->p->length - from;

	if (n == 0 && m == 0) {
		c->p->length = from;
		emit(c, PATTERN_JUMP)->a = 1;
		return;
	}
	for (int i = 1; i < n && !c->problem; i++)
		copy(c, from, length);
	if (m < 0 && n > 0) {
		struct pattern_step *split = emit(c, PATTERN_SPLIT);

		split->a = -length;
		split->b = 1;
	} else if (m < 0) {
		insert_split(c, from, length + 2);
		emit(c, PATTERN_JUMP)->a = -(length + 1);
	}
	/* If n is 0, the first part is the original; the split before it moves it by
	 * one step. */
	for (int i = n; i < m && !c->problem; i++) {
		int place = c->p->length;

		if (i > 0)
			copy(c, n > 0 ? from : from + 1, length);
		else
			place = from;
		insert_split(c, place, length + 1);
	}
}

static int take_number(const char **at)
{
	int number = 0;

	if (digit_of(**at, 10) < 0)
		return -1;
	for (; digit_of(**at, 10) >= 0; ++*at)
		if (number <= REPEAT_MAX)
			number = number * 10 + digit_of(**at, 10);
	return number;
}

/* Reads {n}, {n,} or {n,m}; returns false when it is not a repetition: then the
 * characters are literal. */
static bool take_counts(struct compiler *c, int *n, int *m)
{
	const char *at = c->at + 1;

	*n = *m = take_number(&at);
	if (*n < 0)
		return false;
	if (*at == ',') {
		at++;
		*m = *at == '}' ? -1 : take_number(&at);
		if (*at != '}' || (*m < 0 && at[-1] != ','))
			return false;
	}
	if (*at != '}')
		return false;
	c->at = at + 1;
	if (*n > REPEAT_MAX || *m > REPEAT_MAX || (*m >= 0 && *m < *n))
		refuse(c, "invalid repeat count");
	return true;
}

/* Returns true when a repetition followed the part that begins at `from`. */
static bool repetition(struct compiler *c, int from)
{
	int n = *c->at == '+', m = *c->at == '?' ? 1 : -1;

	if (*c->at == '{') {
		if (!take_counts(c, &n, &m))
			return false;
	} else if (*c->at == '*' || *c->at == '+' || *c->at == '?') {
		c->at++;
	} else {
		return false;
	}
	if (*c->at == '?') /* lazy: it matches the same texts */
		c->at++;
	if (!c->problem)
		repeat(c, from, n, m);
	return true;
}

static void sequence(struct compiler *c)
{
	while (!c->problem && *c->at && *c->at != '|' && *c->at != ')') {
		int from = c->p->length;
		int n, m;

		atom(c);
		if (c->problem || !repetition(c, from))
			continue;
		if (*c->at == '*' || *c->at == '+' || *c->at == '?' ||
		    (*c->at == '{' && take_counts(c, &n, &m)))
			refuse(c, "invalid nested repetition operator");
	}
}

static void alternatives(struct compiler *c)
{
	const int from = c->p->length;

	sequence(c);
	while (!c->problem && *c->at == '|') {
		c->at++;
		insert_split(c, from, c->p->length - from + 2);
		int jump = c->p->length;
		emit(c, PATTERN_JUMP);
		sequence(c);
		if (!c->problem)
			c->p->steps[jump].a = c->p->length - jump;
	}
}

int pattern_compile(struct pattern *p, const char *expression, struct error *err)
{
	struct compiler c = {.p = p, .at = expression};

	p->length = p->range_count = 0;
	for (const char *s = expression; *s;) {
		size_t length = utf8_length(s, UTF8_MAX);

		if (length == 0)
			return fail(err, "error parsing regexp: invalid UTF-8");
		s += length;
	}
	alternatives(&c);
	if (*c.at == ')')
		refuse(&c, "unexpected )");
	emit(&c, PATTERN_MATCH);
	if (c.problem)
		return fail(err, "error parsing regexp: %s: `%.100s`", c.problem,
			    expression);
	return 0;
}

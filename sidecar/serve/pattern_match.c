/* SPDX-License-Identifier: Apache-2.0 */
/* pattern_match.c - runs a pattern's program over a text, with all threads in parallel
 * (K. Thompson, "Regular expression search algorithm", 1968). */
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "pattern.h"
#include "pattern_steps.h"

/* The steps that wait for the next character. */
struct threads {
	uint16_t steps[PATTERN_STEPS_MAX];
	int count;
};

struct run {
	const struct pattern *p;
	uint64_t reached[(PATTERN_STEPS_MAX + 63) / 64]; /* at this position */
	bool before, after; /* whether there is a character, and a word character */
	bool word_before, word_after;
	bool matched;
	long *budget;
};

uint32_t pattern_next(const char **text)
{
	static const unsigned char lead[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	size_t length = utf8_length(*text, UTF8_MAX);

	if (length == 0) {
		++*text;
		return 0xFFFD;
	}
	uint32_t character = (unsigned char)**text & lead[length];
	for (size_t i = 1; i < length; i++)
		character = character << 6 | ((unsigned char)(*text)[i] & 0x3F);
	*text += length;
	return character;
}

bool pattern_is_word(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || c == '_';
}

static bool holds(const struct run *r, int32_t assertion)
{
	switch (assertion) {
	case PATTERN_BEGIN:
		return !r->before;
	case PATTERN_END:
		return !r->after;
	case PATTERN_WORD_EDGE:
		return r->word_before != r->word_after;
	default:
		return r->word_before == r->word_after;
	}
}

static void push(struct run *r, uint16_t *stack, int *height, int step)
{
	uint64_t bit = UINT64_C(1) << (step % 64);

	if (r->reached[step / 64] & bit)
		return;
	r->reached[step / 64] |= bit;
	stack[(*height)++] = (uint16_t)step;
}

/* Adds the step and all steps that are reachable from it without a character. */
static void add(struct run *r, struct threads *t, int step)
{
	uint16_t stack[PATTERN_STEPS_MAX];
	int height = 0;

	push(r, stack, &height, step);
	while (height > 0) {
		int at = stack[--height];
		const struct pattern_step *s = &r->p->steps[at];

		--*r->budget;
		switch (s->op) {
		case PATTERN_SPLIT:
			push(r, stack, &height, at + s->b);
			push(r, stack, &height, at + s->a);
			break;
		case PATTERN_JUMP:
			push(r, stack, &height, at + s->a);
			break;
		case PATTERN_ASSERT:
			if (holds(r, s->a))
				push(r, stack, &height, at + 1);
			break;
		case PATTERN_MATCH:
			r->matched = true;
			break;
		default:
			t->steps[t->count++] = (uint16_t)at;
		}
	}
}

static bool is_in(const struct pattern *p, const struct pattern_step *s, uint32_t c)
{
	for (int i = s->a; i < s->a + s->b; i++)
		if (c >= p->ranges[i].first && c <= p->ranges[i].last)
			return true;
	return false;
}

/* Returns an ASCII letter in its other case; any other character unchanged. */
static uint32_t other_case(uint32_t c)
{
	uint32_t lower = c | 0x20;

	return c < 0x80 && lower >= 'a' && lower <= 'z' ? c ^ 0x20 : c;
}

static bool takes(const struct pattern *p, const struct pattern_step *s, uint32_t c)
{
	switch (s->op) {
	case PATTERN_CHAR:
		return c == (uint32_t)s->a ||
		       (s->fold && other_case(c) == (uint32_t)s->a);
	case PATTERN_ANY:
		return c != '\n' || s->negated;
	default:
		return (is_in(p, s, c) || (s->fold && is_in(p, s, other_case(c)))) !=
		       s->negated;
	}
}

/* Prepares to add steps at the position before *text. */
static void move_to(struct run *r, const char *text, uint32_t previous)
{
	const char *next = text;

	memset(r->reached, 0, sizeof(r->reached));
	r->matched = false;
	r->after = *text != '\0';
	r->word_before = r->before && pattern_is_word(previous);
	r->word_after = r->after && pattern_is_word(pattern_next(&next));
}

bool pattern_matches(const struct pattern *p, const char *text, long *budget)
{
	struct threads threads[2];
	struct run r = {.p = p, .budget = budget};
	int now = 0;

	threads[0].count = 0;
	move_to(&r, text, 0);
	add(&r, &threads[0], 0);
	while (*text && threads[now].count > 0 && *budget >= 0) {
		struct threads *from = &threads[now], *to = &threads[!now];
		uint32_t c = pattern_next(&text);

		to->count = 0;
		r.before = true;
		move_to(&r, text, c);
		for (int i = 0; i < from->count; i++) {
			const struct pattern_step *s = &p->steps[from->steps[i]];

			*budget -= s->op == PATTERN_CLASS ? 1 + s->b : 1;
			if (takes(p, s, c))
				add(&r, to, from->steps[i] + 1);
		}
		now = !now;
	}
	return *text == '\0' && r.matched && *budget >= 0;
}

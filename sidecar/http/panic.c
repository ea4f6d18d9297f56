/* SPDX-License-Identifier: Apache-2.0 */
/* panic.c - ends the program in order when the HTTP library would abort it. */
#include "panic.h"

#include <microhttpd.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static struct {
	void (*last)(void *context, const char *reason);
	void *context;
} handler;

/* MHD_PanicCallback, which must not return. The library's sentence ends with a
 * newline, or is NULL if it was built without messages. */
static void end_program(void *context, const char *file, unsigned line,
			const char *reason)
{
	char sentence[160];
	struct text t = text_over(sentence, sizeof(sentence));

	(void)context;
	if (reason)
		text_put_bytes(&t, reason, strcspn(reason, "\n"));
	else
		text_printf(&t, "%s, line %u", file ? file : "?", line);
	handler.last(handler.context, sentence);
	_exit(1);
}

void http_on_panic(void (*last)(void *context, const char *reason), void *context)
{
	handler.last = last;
	handler.context = context;
	MHD_set_panic_func(end_program, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* panic.c - ends the program in order when the HTTP library would abort it. */
#include "panic.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static struct {
	void (*last)(void *context, const char *reason);
	void *context;
} handler;

/* MHD_PanicCallback, which must not return. The library's sentence ends with a
 * newline, or is NULL if it was built without messages. It gives up after a call that
 * failed, whose errno it does not tell. */
static void end_program(void *context, const char *file, unsigned line,
			const char *reason)
{
	const int reason_of_call = errno;
	char sentence[192];
	struct text t = text_over(sentence, sizeof(sentence));

	(void)context;
	if (reason)
		text_put_bytes(&t, reason, strcspn(reason, "\n"));
	else
		text_printf(&t, "%s, line %u", file ? file : "?", line);
	if (reason_of_call)
		text_printf(&t, " (the last call's error: %s)",
			    strerror(reason_of_call));
	handler.last(handler.context, sentence);
	_exit(1);
}

void http_on_panic(void (*last)(void *context, const char *reason), void *context)
{
	handler.last = last;
	handler.context = context;
	MHD_set_panic_func(end_program, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - logs one line per event on stderr. Any thread may log. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

#include "clock.h"
#include "json_writer.h"
#include "line_queue.h"
#include "sanitize.h"

/* Room for an alert's JSON and summary, the time and the members' names. */
#define LINE_MAX_BYTES (LOG_ALERT_MAX + 1024)

static enum log_format log_format = LOG_JSON;

void log_open(enum log_format format)
{
	log_format = format;
	line_queue_open();
}

static const char *level_name(enum log_level level)
{
	static const char *const names[] = {"info", "warning", "error"};

	return names[level];
}

/* Writes a sentence for people. It omits an alert's JSON, which is at /alerts. */
static void put_text(struct text *t, enum log_level level, const char *event,
		     const char *message)
{
	text_time(t, clock_wall());
	text_printf(t, " %s %s: ", level_name(level), event);
	text_sanitized(t, message);
	text_put(t, "\n");
}

static void put_json(struct text *t, enum log_level level, const char *event,
		     const char *message, const char *alert)
{
	struct json_writer w = json_writer_over(t);

	json_object(&w, NULL);
	json_time(&w, "time", clock_wall());
	json_string(&w, "level", level_name(level));
	json_string(&w, "event", event);
	json_string(&w, "message", message);
	if (alert)
		json_raw(&w, "alert", alert);
	json_end(&w);
	json_end_line(&w);
}

static void write_line(enum log_level level, const char *event, const char *message,
		       const char *alert)
{
	char line[LINE_MAX_BYTES];
	struct text t = text_over(line, sizeof(line));

	if (log_format == LOG_TEXT)
		put_text(&t, level, event, message);
	else
		put_json(&t, level, event, message, alert);
	line_queue_put(t.data, t.length, alert != NULL);
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	write_line(level, event, message, NULL);
}

void log_alert(const char *event, const char *summary, const char *alert_json)
{
	write_line(LOG_LEVEL_WARNING, event, summary, alert_json);
}

void log_flush(void)
{
	const uint64_t lost = line_queue_flush();

	if (lost)
		log_event(LOG_LEVEL_WARNING, "log-lines-lost",
			  "%llu lines were lost while nobody read the log",
			  (unsigned long long)lost);
}

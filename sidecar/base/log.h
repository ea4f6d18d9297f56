/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - logs one line per event on stderr, as JSON or text. */
#ifndef DORMOUSE_BASE_LOG_H
#define DORMOUSE_BASE_LOG_H

#include "text.h"

enum log_format { LOG_JSON, LOG_TEXT };
enum log_level { LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

/* Sets the format of the following lines, JSON is the default, and makes stderr one
 * that a stopped reader cannot block, before the program is confined. */
void log_open(enum log_format format);

/* {"time": ..., "level": ..., "event": ..., "message": ...}; `event` is a fixed word
 * such as "started", `format` the sentence. The program never waits for who reads
 * the log: a line that cannot be written now is kept, or dropped and counted (see
 * line_queue.h). */
void log_event(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The longest JSON that log_alert() takes, bytes. */
#define LOG_ALERT_MAX 8192

/* The same with one more member, "alert", whose value is already JSON. The text format
 * omits it. Other lines are dropped before this one. */
void log_alert(const char *event, const char *summary, const char *alert_json);

/* Writes the lines that were kept, as far as the reader takes them, and says how many
 * were dropped. To be called in each turn of a loop. */
void log_flush(void);

#endif

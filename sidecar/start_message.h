/* SPDX-License-Identifier: Apache-2.0 */
/* start_message.h - where to look, once the monitor runs. */
#ifndef DORMOUSE_START_MESSAGE_H
#define DORMOUSE_START_MESSAGE_H

#include <stdint.h>

#include "base/text.h"
#include "http/listen.h"

/* Appends "HOST:PORT" as one opens it from this network namespace: in place of a
 * wildcard the machine's own name for itself. `port` is the one that was bound. */
void start_address(struct text *t, const struct listen_address *where, uint16_t port);

/* The lines for whoever started the monitor on a terminal; `open` and `local` are
 * addresses by start_address(), `program` is how it was called. */
void start_message(struct text *t, const char *program, double interval_s,
		   const char *open, const char *local);

#endif

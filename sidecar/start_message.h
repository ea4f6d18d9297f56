/* SPDX-License-Identifier: Apache-2.0 */
/* start_message.h - tells where to find metrics and alerts when the monitor starts. */
#ifndef DORMOUSE_START_MESSAGE_H
#define DORMOUSE_START_MESSAGE_H

#include <stdint.h>

#include "base/text.h"
#include "http/listen.h"

/* Appends "HOST:PORT" as a client in this network namespace opens it: for a wildcard
 * address the host is the machine's own name for itself. `port` is the bound port; 0:
 * that of `where`. */
void start_address(struct text *t, const struct listen_address *where, uint16_t port);

/* Appends the message for a person who starts the monitor on a terminal. `open` and
 * `local` are addresses by start_address(), `program` is the name it was called by. */
void start_message(struct text *t, const char *program, double interval_s,
		   const char *open, const char *local);

#endif

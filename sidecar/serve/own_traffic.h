/* SPDX-License-Identifier: Apache-2.0 */
/* own_traffic.h - what the server's connections put on the wire. */
#ifndef DORMOUSE_SERVE_OWN_TRAFFIC_H
#define DORMOUSE_SERVE_OWN_TRAFFIC_H

#include <stdbool.h>

#include "dormouse/collect.h"

/* Whether a connected socket's packets leave this machine's network namespace: its peer
 * is neither loopback nor one of our own addresses. */
bool own_traffic_leaves(int fd);

/* Adds what the connection sent and received so far; with `closing` also what closing
 * it will still send. */
void own_traffic_add(struct own_traffic *sum, int fd, bool closing);

#endif

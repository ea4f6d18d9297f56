/* SPDX-License-Identifier: Apache-2.0 */
/* gate.h - a listening socket with its HTTP daemon: who comes in, and for how long.
 *
 * Connections are accepted here, not by the library: few at a time, so that a crowd of
 * new ones (a TLS handshake costs as much as ten reviews) does not stand before those
 * that are being served. All bounds are kept here, each with a counter.
 */
#ifndef DORMOUSE_INJECTOR_WEBHOOK_GATE_H
#define DORMOUSE_INJECTOR_WEBHOOK_GATE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "http/listen.h"

/* A TLS handshake, and a request from its first line to its answer, take no longer; the
 * handshake while most places are taken. */
#define GATE_ARRIVAL_MAX_S 10.0
#define GATE_PRESSED_MAX_S 2.0

#define GATE_START_S 1.0

/* Why a connection was cut. */
enum gate_cut {
	GATE_CUT_HANDSHAKE, /* "handshake": it took too long */
	GATE_CUT_REQUEST,   /* "request": likewise */
	GATE_CUT_IDLE,      /* "idle" */
	GATE_CUT_CROWDED,   /* "crowded": others wanted its place, see crowd.h */
	GATE_CUTS,
};

/* Why a connection was closed as soon as it was accepted. */
enum gate_refusal {
	GATE_REFUSED_SHARE,  /* "share": all places taken, and many by its host */
	GATE_REFUSED_FULL,   /* "full": all places taken, and nobody yields */
	GATE_REFUSED_FAILED, /* "failed": the library has not taken it */
	GATE_REFUSALS,
};

const char *gate_cut_name(enum gate_cut cut);
const char *gate_refusal_name(enum gate_refusal refusal);

struct gate_settings {
	const struct listen_address *where;
	const char *flag; /* that chose the address */
	bool tls;         /* with the certificate of tls_store_serve() */
	unsigned max;     /* connections */
	double idle_s;    /* between requests */

	/* As the library has it. */
	MHD_AccessHandlerCallback answer;
	MHD_RequestCompletedCallback completed; /* or NULL */
	void *context;
};

struct gate_counters {
	uint64_t accepted;
	uint64_t refused[GATE_REFUSALS];
	uint64_t handshakes_ended; /* by the client, or in an error */
	uint64_t cut[GATE_CUTS];
};

struct gate;

/* Who was kept out since the last time, in words, at most once a minute; false when
 * nobody was. */
bool gate_complaint(struct gate *g, double now, struct error *complaint);

/* Binds, listens, and adds itself to the epoll set, always as EPOLLIN. The times below
 * are monotonic seconds. */
struct gate *gate_open(const struct gate_settings *settings, int epoll_fd,
		       struct error *err);
void gate_close(struct gate *g);

/* One turn: accepts, reads, answers. True when there is more to do at once. */
bool gate_process(struct gate *g, double now);

/* Milliseconds until the next turn at the latest; -1: when a descriptor is ready. */
int gate_timeout_ms(const struct gate *g);

/* Takes in whoever has connected already, then listens no longer. */
void gate_stop_listening(struct gate *g);

/* The connection is being answered although more is to come, and will be closed: what
 * comes is thrown away until the client has the answer. */
void gate_hear_out(struct MHD_Connection *connection);

/* Whether a handshake or a request is under way, or may be: the first request is given
 * GATE_START_S after the handshake. */
bool gate_busy(const struct gate *g);

unsigned gate_connections(const struct gate *g);
unsigned gate_max(const struct gate *g);
uint16_t gate_port(const struct gate *g);
const struct gate_counters *gate_counters(const struct gate *g);

#endif

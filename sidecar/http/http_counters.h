/* SPDX-License-Identifier: Apache-2.0 */
/* http_counters.h - what became of a server's connections. */
#ifndef DORMOUSE_HTTP_HTTP_COUNTERS_H
#define DORMOUSE_HTTP_HTTP_COUNTERS_H

#include <stdint.h>

/* Why a connection was cut. */
enum http_cut {
	HTTP_CUT_HANDSHAKE, /* "handshake": exceeded its time limit */
	HTTP_CUT_REQUEST,   /* "request": exceeded its time limit */
	HTTP_CUT_IDLE,      /* "idle" */
	HTTP_CUT_CROWDED,   /* "crowded": replaced by a newcomer, see crowd.h */
	HTTP_CUTS,
};

/* Why a connection was closed as soon as it was accepted, or not accepted. */
enum http_refused {
	HTTP_REFUSED_SHARE,  /* "share": all places taken, and its host is large */
	HTTP_REFUSED_FULL,   /* "full": all places taken, and nobody yields */
	HTTP_REFUSED_FAILED, /* "failed": the library did not accept it */

	/* "exhausted": no descriptor or memory to accept it. It waits in the kernel;
	 * each attempt counts. */
	HTTP_REFUSED_EXHAUSTED,
	HTTP_REFUSALS,
};

const char *http_cut_name(enum http_cut cut);
const char *http_refused_name(enum http_refused refused);

struct http_counters {
	uint64_t accepted;
	uint64_t refused[HTTP_REFUSALS];
	uint64_t handshakes_ended; /* ended by the client or by an error */
	uint64_t cut[HTTP_CUTS];
};

#endif

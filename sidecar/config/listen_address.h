/* SPDX-License-Identifier: Apache-2.0 */
/* listen_address.h - the address of a listening socket. */
#ifndef DORMOUSE_CONFIG_LISTEN_ADDRESS_H
#define DORMOUSE_CONFIG_LISTEN_ADDRESS_H

#include <sys/socket.h>

struct listen_address {
	struct sockaddr_storage address;
	socklen_t length;
	char text[64]; /* as the user wrote it */
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* panic.h - the end of the program when the HTTP library cannot go on.
 *
 * The library calls abort() when it finds itself in a state that it holds impossible,
 * such as a socket that the kernel does not remove from its epoll set. Then what was
 * learnt would be lost.
 */
#ifndef DORMOUSE_HTTP_PANIC_H
#define DORMOUSE_HTTP_PANIC_H

/* Instead of abort(): calls `last`, which logs the reason and saves what must be saved,
 * and ends the program with status 1. `last` must not call the library. For all servers
 * of the program; call it before they run. */
void http_on_panic(void (*last)(void *context, const char *reason), void *context);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* status.h - shows a running monitor on the terminal. */
#ifndef DORMOUSE_STATUS_STATUS_H
#define DORMOUSE_STATUS_STATUS_H

/* Asks the running monitor; see config/program.h. */
int status_main(int argc, char **argv);
int destinations_main(int argc, char **argv);

/* Prints what was learnt as a document; merges, shows and compares documents. */
int baseline_main(int argc, char **argv);

#endif

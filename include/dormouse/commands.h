/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h - what the program does; each takes its own arguments (argv[0] is the
 * command's name) and returns the exit status: 0, 1 when it could not do its work, 2
 * for a bad flag. */
#ifndef DORMOUSE_COMMANDS_H
#define DORMOUSE_COMMANDS_H

int run_main(int argc, char **argv);     /* watches this network namespace */
int status_main(int argc, char **argv);  /* asks the running monitor */
int replay_main(int argc, char **argv);  /* judges recorded counters */
int record_main(int argc, char **argv);  /* writes counters down */
int version_main(int argc, char **argv); /* says what this is built from */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h - the commands of dormouse that use several rooms; see config/program.h */
#ifndef DORMOUSE_COMMANDS_H
#define DORMOUSE_COMMANDS_H

int run_main(int argc, char **argv);     /* watches this network namespace */
int version_main(int argc, char **argv); /* prints the version and the libraries */

#endif

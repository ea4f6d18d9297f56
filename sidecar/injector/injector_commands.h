/* SPDX-License-Identifier: Apache-2.0 */
/* injector_commands.h - the commands of dormouse-injector. See commands.h. */
#ifndef DORMOUSE_INJECTOR_INJECTOR_COMMANDS_H
#define DORMOUSE_INJECTOR_INJECTOR_COMMANDS_H

int injector_serve_main(int argc, char **argv);  /* the admission webhook */
int injector_inject_main(int argc, char **argv); /* stdin to stdout */
int injector_learn_main(int argc, char **argv);  /* Prometheus to ConfigMaps */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the commands of dormouse. */
#include "commands.h"
#include "config/program.h"
#include "dormouse/replay.h"
#include "status/status.h"

int main(int argc, char **argv)
{
	static const struct command commands[] = {
	    {"run", run_main, "watch this network namespace (also without a command)"},
	    {"status", status_main, "ask the running monitor: state, signals, alerts"},
	    {"destinations", destinations_main,
	     "whom the pod sends to, most bytes first"},
	    {"baseline", baseline_main,
	     "what was learnt, as a document; merge, show, diff FILE..."},
	    {"replay", replay_main, "judge recorded counters: TRACE..., - is stdin"},
	    {"record", record_main,
	     "write this network namespace's counters as a trace"},
	    {"version", version_main, "print version, commit and libraries"},
	};
	static const struct program dormouse = {
	    .name = "dormouse",
	    .commands = commands,
	    .count = sizeof(commands) / sizeof(commands[0]),
	    .default_main = run_main,
	};

	return program_run(&dormouse, argc, argv);
}

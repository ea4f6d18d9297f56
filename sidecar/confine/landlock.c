/* SPDX-License-Identifier: Apache-2.0 */
/* landlock.c - Landlock by its system calls, which no C library wraps.
 *
 * The definitions are of Linux 6.12: the headers that this is compiled with may be
 * older than the kernel that it runs on.
 */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_BYTES_MAX 1024

struct ruleset {
	uint64_t handled_files;
	uint64_t handled_ports; /* since ABI 4 */
	uint64_t scoped;        /* since ABI 6 */
};

/* A rule for a port is two numbers of 64 bits: the rights, the port. */
#define RULE_PORT 2

enum {
	BIND_TCP = 1 << 0,
	CONNECT_TCP = 1 << 1,
	SCOPE_ABSTRACT_SOCKETS = 1 << 0,
	SCOPE_SIGNALS = 1 << 1,
};

/* The rights on files, numbered as Landlock got them. */
enum {
	FILES_OF_ABI_1 = (1 << 13) - 1, /* all from EXECUTE to MAKE_SYM */
	REFER = 1 << 13,                /* ABI 2: rename to another folder */
	TRUNCATE = 1 << 14,             /* ABI 3 */
	IOCTL_DEV = 1 << 15,            /* ABI 5 */

	READ_FILE = LANDLOCK_ACCESS_FS_READ_FILE,
	READ = READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	WRITE_FILE = LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE,
	WRITE = READ | WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
		LANDLOCK_ACCESS_FS_MAKE_REG,
	OF_A_FILE = READ_FILE | WRITE_FILE,
};

/* Everything that this version of Landlock can restrict. Older versions know fewer
 * members, and rights that they do not know are an error. */
static struct ruleset all_of(long abi)
{
	return (struct ruleset){
	    .handled_files =
		(uint64_t)(FILES_OF_ABI_1 | (abi >= 2 ? REFER : 0) |
			   (abi >= 3 ? TRUNCATE : 0) | (abi >= 5 ? IOCTL_DEV : 0)),
	    .handled_ports = abi >= 4 ? BIND_TCP | CONNECT_TCP : 0,
	    .scoped = abi >= 6 ? SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS : 0,
	};
}

static size_t size_for(long abi)
{
	if (abi >= 6)
		return sizeof(struct ruleset);
	return abi >= 4 ? offsetof(struct ruleset, scoped)
			: offsetof(struct ruleset, handled_ports);
}

/* --- paths --------------------------------------------------------------------------
 */

/* Adds a rule for the file or folder of the descriptor, which it closes. */
static int add_beneath(int ruleset, uint64_t rights, int fd)
{
	const struct landlock_path_beneath_attr rule = {.allowed_access = rights,
							.parent_fd = fd};
	const long result = syscall(SYS_landlock_add_rule, ruleset,
				    LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	const int reason = errno;

	close(fd);
	errno = reason;
	return (int)result;
}

/* Cuts the last part of the path off, so that it names the folder above. False if there
 * is none. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash && slash[1] == '\0' && slash != path) { /* "folder/" */
		*slash = '\0';
		slash = strrchr(path, '/');
	}
	if (strcmp(path, "/") == 0 || strcmp(path, ".") == 0)
		return false;
	if (!slash)
		memcpy(path, ".", sizeof("."));
	else
		slash[slash == path] = '\0';
	return true;
}

/* Opens the folder at `path`, or the nearest above it. */
static int open_folder(const char *path)
{
	char folder[PATH_BYTES_MAX];
	int fd = -1;

	if ((size_t)snprintf(folder, sizeof(folder), "%s", path) >= sizeof(folder)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	do
		fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (fd < 0 && (errno == ENOTDIR || errno == ENOENT) && go_up(folder));
	return fd;
}

static bool is_folder(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Whether open() failed because of the path, and will fail again. For lack of
 * descriptors or memory it would succeed later: then a rule must not be missing. */
static bool is_out_of_reach(int reason)
{
	return reason == ENOENT || reason == ENOTDIR || reason == EACCES ||
	       reason == ELOOP || reason == ENAMETOOLONG;
}

/* Adds a rule for the file itself: its name may be a link to one in another folder.
 * Returns 1 if it is a folder, which needs no rule more. */
static int add_target(int ruleset, const char *path, uint64_t rights)
{
	const int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return is_out_of_reach(errno) ? 0 : -1;
	if (is_folder(fd))
		return add_beneath(ruleset, rights, fd) < 0 ? -1 : 1;
	return add_beneath(ruleset, rights & OF_A_FILE, fd);
}

/* A path that this process cannot reach needs no rule: it is as good as forbidden. */
static int add_path(int ruleset, const struct confine_path *path, uint64_t handled,
		    struct error *err)
{
	const uint64_t rights = (path->writable ? WRITE : READ) & handled;
	int result = add_target(ruleset, path->path, rights);

	if (result == 0) {
		const int folder = open_folder(path->path);

		if (folder >= 0)
			result = add_beneath(ruleset, rights, folder);
		else if (!is_out_of_reach(errno))
			result = -1;
	}
	return result < 0 ? fail_errno(err, errno, "a rule for %s", path->path) : 0;
}

/* --- the ruleset --------------------------------------------------------------------
 */

static int add_port(int ruleset, const struct confine_port *port, struct error *err)
{
	const uint64_t rule[2] = {port->connects ? CONNECT_TCP : BIND_TCP, port->port};

	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PORT, rule, 0) < 0)
		return fail_errno(err, errno, "a rule for port %u", port->port);
	return 0;
}

static int add_rules(int ruleset, const struct ruleset *handled,
		     const struct confine_plan *plan, struct error *err)
{
	for (size_t i = 0; i < plan->path_count; i++)
		if (add_path(ruleset, &plan->paths[i], handled->handled_files, err) < 0)
			return -1;
	for (size_t i = 0; handled->handled_ports && i < plan->port_count; i++)
		if (add_port(ruleset, &plan->ports[i], err) < 0)
			return -1;
	return 0;
}

int landlock_restrict(const struct confine_plan *plan, long newest, struct error *err)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   LANDLOCK_CREATE_RULESET_VERSION);
	int result = -1;

	if (abi > newest)
		abi = newest;
	if (abi < 1)
		return fail_errno(err, errno, "the kernel does not offer it");
	const struct ruleset handled = all_of(abi);
	const int ruleset =
	    (int)syscall(SYS_landlock_create_ruleset, &handled, size_for(abi), 0);
	if (ruleset < 0)
		return fail_errno(err, errno, "a set of rules");
	if (add_rules(ruleset, &handled, plan, err) < 0)
		goto out;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		fail_errno(err, errno, "restricting itself");
	else
		result = 0;
out:
	close(ruleset);
	return result;
}

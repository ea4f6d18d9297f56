/* SPDX-License-Identifier: Apache-2.0 */
/* look.c - what the kernel says of another process of this pod.
 *
 *     look NAME
 *
 * Prints, of the first process of that name: its user, its capabilities, whether it can
 * get privileges, its seccomp mode, whether its root is read-only and whether a service
 * account's token is in it; "KEY VALUE" a line. The pod shares its process namespace,
 * and the process has our own user.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TOKEN "/root/var/run/secrets/kubernetes.io/serviceaccount/token"

static FILE *open_of(const char *pid, const char *name)
{
	char path[320];

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	return fopen(path, "re");
}

static bool is_called(const char *pid, const char *name)
{
	char comm[64] = "";
	FILE *file = open_of(pid, "comm");

	if (!file)
		return false;
	if (fgets(comm, sizeof(comm), file))
		comm[strcspn(comm, "\n")] = '\0';
	fclose(file);
	return strcmp(comm, name) == 0;
}

/* The first value of lines such as "Uid:	65532	65532". */
static void tell_status(const char *pid)
{
	static const char *const keys[] = {"Uid",    "Gid",        "CapEff",
					   "CapBnd", "NoNewPrivs", "Seccomp"};
	char line[512];
	FILE *file = open_of(pid, "status");

	while (file && fgets(line, sizeof(line), file))
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			size_t length = strlen(keys[i]);
			if (strncmp(line, keys[i], length) != 0 || line[length] != ':')
				continue;
			const char *value = line + length + 1;
			value += strspn(value, " \t");
			printf("%s %.*s\n", keys[i], (int)strcspn(value, " \t\n"),
			       value);
		}
	if (file)
		fclose(file);
}

/* mountinfo: the fifth word is where, the sixth how. */
static void tell_root(const char *pid)
{
	char line[4096];
	FILE *file = open_of(pid, "mountinfo");

	while (file && fgets(line, sizeof(line), file)) {
		char *at = line, *word[6] = {0};
		for (int i = 0; i < 6 && at; i++)
			word[i] = strsep(&at, " ");
		if (word[5] && strcmp(word[4], "/") == 0)
			printf("root %.2s\n", word[5]);
	}
	if (file)
		fclose(file);
}

static void tell_token(const char *pid)
{
	char path[320];

	snprintf(path, sizeof(path), "/proc/%s/root/.", pid);
	bool seen = access(path, X_OK) == 0;
	snprintf(path, sizeof(path), "/proc/%s" TOKEN, pid);
	printf("token %s\n", !seen                     ? "unknown"
			     : access(path, F_OK) == 0 ? "there"
						       : "none");
}

int main(int argc, char **argv)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (argc == 2 && proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    is_called(entry->d_name, argv[1])) {
			tell_status(entry->d_name);
			tell_root(entry->d_name);
			tell_token(entry->d_name);
			closedir(proc);
			return 0;
		}
	fprintf(stderr, "look: no such process\n");
	return 1;
}

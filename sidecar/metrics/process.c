/* SPDX-License-Identifier: Apache-2.0 */
/* process.c - the program's own resource use, under the names that Prometheus' client
 * libraries share. Costs a few system calls. */
#include "process.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* Reads the pages of address space and of resident memory: the first two numbers of
 * /proc/self/statm (proc(5)). */
static bool memory_pages(uint64_t *size, uint64_t *resident)
{
	char line[128];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	ssize_t length = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (length <= 0)
		return false;
	line[length] = '\0';

	char *end;
	*size = strtoull(line, &end, 10);
	*resident = strtoull(end, NULL, 10);
	return true;
}

static uint64_t count_entries(const char *path)
{
	uint64_t count = 0;
	DIR *folder = opendir(path);

	if (!folder)
		return 0;
	for (const struct dirent *e; (e = readdir(folder));)
		count += e->d_name[0] != '.';
	closedir(folder);
	return count ? count - 1 : 0; /* the folder's own descriptor */
}

/* Since Linux 6.2 the folder's size is the number of open descriptors (fs/proc/fd.c,
 * proc_fd_getattr). Older kernels report zero, so the entries are counted. */
static uint64_t open_descriptors(void)
{
	struct stat folder;

	if (stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0)
		return (uint64_t)folder.st_size;
	return count_entries("/proc/self/fd");
}

/* Rounded to microseconds: smaller digits are noise. */
static double cpu_seconds(void)
{
	return round(clock_process_cpu() * 1e6) / 1e6;
}

void process_metrics(struct exposition *x, double started_at)
{
	uint64_t size, resident, page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct rlimit limit;

	exposition_family(x, METRIC_COUNTER, "process_cpu_seconds_total", NULL,
			  "User and system CPU time used, seconds.");
	exposition_number(x, NULL, cpu_seconds());
	if (memory_pages(&size, &resident)) {
		exposition_single(x, METRIC_GAUGE, "process_virtual_memory_bytes",
				  "Address space, bytes.", size * page);
		exposition_single(x, METRIC_GAUGE, "process_resident_memory_bytes",
				  "Resident memory, bytes.", resident * page);
	}
	exposition_family(x, METRIC_GAUGE, "process_start_time_seconds", NULL,
			  "Start time of the program, Unix seconds.");
	exposition_number(x, NULL, (double)(int64_t)(started_at * 1e3) / 1e3);
	exposition_single(x, METRIC_GAUGE, "process_open_fds", "Open file descriptors.",
			  open_descriptors());
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		exposition_single(x, METRIC_GAUGE, "process_max_fds",
				  "Maximum number of open file descriptors.",
				  limit.rlim_cur);
}

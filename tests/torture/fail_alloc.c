/* SPDX-License-Identifier: Apache-2.0 */
/* fail_alloc.c - the N-th allocation of a program fails. Preloaded (LD_PRELOAD), so
 * that the libraries' allocations count too, from main() on.
 *
 * TORTURE_FAIL is N; 0 or nothing: none fails. TORTURE_REPORT names a file that gets
 * "COUNT FAILED CALLER": how many allocations there were, whether the N-th was reached,
 * and the function that asked for it. It is mapped, so that it survives any end.
 *
 * A call of getppid(), which no program here makes, marks main() in a trace of system
 * calls.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define REPORT_BYTES 256

typedef int main_function(int argc, char **argv, char **environment);

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static int (*real_posix_memalign)(void **, size_t, size_t);
static main_function *real_main;

static atomic_bool armed;
static atomic_ulong count;
static unsigned long fail_at;
static char *report;

/* What stands in for the C library's, under its names. */
void *tortured_malloc(size_t size) __asm__("malloc");
void *tortured_calloc(size_t members, size_t size) __asm__("calloc");
void *tortured_realloc(void *old, size_t size) __asm__("realloc");
int tortured_posix_memalign(void **made, size_t alignment,
			    size_t size) __asm__("posix_memalign");
int tortured_start(main_function *main, int argc, char **argv, void (*init)(void),
		   void (*fini)(void), void (*rtld_fini)(void),
		   void *stack_end) __asm__("__libc_start_main");

/* dlsym() returns an object's pointer, which ISO C does not convert to a function's. */
static void resolve(void *function, const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	memcpy(function, &found, sizeof(found));
}

static void resolve_all(void)
{
	resolve(&real_malloc, "malloc");
	resolve(&real_calloc, "calloc");
	resolve(&real_realloc, "realloc");
	resolve(&real_posix_memalign, "posix_memalign");
}

static void tell(unsigned long number, void *caller)
{
	Dl_info info = {0};

	if (!report)
		return;
	if (!caller) {
		/* Kept in front, over the number of before. */
		char digits[24];
		int length = snprintf(digits, sizeof(digits), "%-12lu", number);

		memcpy(report, digits, (size_t)length);
		return;
	}
	dladdr(caller, &info);
	snprintf(report + 13, REPORT_BYTES - 13, "failed %s+%#lx %s\n",
		 info.dli_fname ? info.dli_fname : "?",
		 (unsigned long)((char *)caller - (char *)info.dli_fbase),
		 info.dli_sname ? info.dli_sname : "?");
}

/* Whether it is none of the program's. */
static bool is_spared(void *caller)
{
	Dl_info info = {0};

	if (!dladdr(caller, &info) || !info.dli_fname)
		return false;
	/* LeakSanitizer's question about a new thread. Not all of libc's functions that
	 * it leads to have a name, but they stand before this one. */
	const char *attributes = dlsym(RTLD_DEFAULT, "pthread_attr_init");
	if (info.dli_sname && strcmp(info.dli_sname, "pthread_getattr_np") == 0)
		return true;
	if (attributes && (char *)caller > attributes - 1024 &&
	    (char *)caller < attributes + 256)
		return true;
	return false;
}

/* Whether this allocation is the one that fails. */
static bool fails(void *caller)
{
	if (!armed || is_spared(caller))
		return false;
	const unsigned long number = atomic_fetch_add(&count, 1) + 1;

	tell(number, NULL);
	if (number != fail_at)
		return false;
	tell(number, caller);
	errno = ENOMEM;
	return true;
}

void *tortured_malloc(size_t size)
{
	if (!real_malloc)
		resolve_all();
	return fails(__builtin_return_address(0)) ? NULL : real_malloc(size);
}

/* dlsym() itself may ask for this before it has found it. */
void *tortured_calloc(size_t members, size_t size)
{
	static char early[4096] = {0};
	static bool resolving;

	if (!real_calloc) {
		if (resolving)
			return early;
		resolving = true;
		resolve_all();
	}
	return fails(__builtin_return_address(0)) ? NULL : real_calloc(members, size);
}

void *tortured_realloc(void *old, size_t size)
{
	if (!real_realloc)
		resolve_all();
	return fails(__builtin_return_address(0)) ? NULL : real_realloc(old, size);
}

int tortured_posix_memalign(void **made, size_t alignment, size_t size)
{
	if (!real_posix_memalign)
		resolve_all();
	return fails(__builtin_return_address(0))
		   ? ENOMEM
		   : real_posix_memalign(made, alignment, size);
}

static void open_report(const char *path)
{
	const int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644) : -1;

	if (fd < 0 || ftruncate(fd, REPORT_BYTES) < 0)
		return;
	report = mmap(NULL, REPORT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (report == MAP_FAILED)
		report = NULL;
	close(fd);
}

static int watched_main(int argc, char **argv, char **environment)
{
	const char *fail = getenv("TORTURE_FAIL");

	fail_at = fail ? strtoul(fail, NULL, 10) : 0;
	open_report(getenv("TORTURE_REPORT"));
	(void)getppid();
	armed = true;
	const int status = real_main(argc, argv, environment);
	armed = false;
	return status;
}

int tortured_start(main_function *main, int argc, char **argv, void (*init)(void),
		   void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	int (*real)(main_function *, int, char **, void (*)(void), void (*)(void),
		    void (*)(void), void *);

	resolve(&real, "__libc_start_main");
	real_main = main;
	return real(watched_main, argc, argv, init, fini, rtld_fini, stack_end);
}

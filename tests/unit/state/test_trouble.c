/* SPDX-License-Identifier: Apache-2.0 */
/* test_trouble.c - saving where it goes wrong: full and read-only file systems,
 * writes cut short, somebody in the way, a process killed at any moment. */
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "state_fixture.h"

/* The room's writes pass here: cut to so many bytes each, 0 for as they are. */
static size_t write_at_most;

ssize_t writev(int fd, const struct iovec *iovec, int count)
{
	if (write_at_most == 0)
		return syscall(SYS_writev, fd, iovec, count);
	struct iovec one = iovec[0];
	if (one.iov_len > write_at_most)
		one.iov_len = write_at_most;
	return syscall(SYS_writev, fd, &one, 1);
}

static void writes_cut_short_go_on(void **state)
{
	struct world *w = *state;
	const size_t cuts[] = {1, 7, 111, 112, 113, 1000};

	w->saved.bytes = 3000;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		memset(w->saved.block, (int)i, w->saved.bytes);
		write_at_most = cuts[i];
		save(w);
		write_at_most = 0;
		assert_loaded_what_was_saved(w);
	}
}

static void a_file_size_limit_is_reported(void **state)
{
	struct world *w = *state;
	struct rlimit before;

	save(w);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	const struct rlimit small = {1000, before.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_save_fails(w, "write: File too large");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_loaded_what_was_saved(w);
}

static void a_temporary_file_left_behind_is_replaced(void **state)
{
	struct world *w = *state;

	put_file(w->temporary, "half a st", 9);
	save(w);
	assert_false(exists(w->temporary));
	assert_loaded_what_was_saved(w);
}

static void a_link_in_the_temporary_files_place_is_not_followed(void **state)
{
	struct world *w = *state;
	struct stat st;

	put_file(w->bad, "precious", 8); /* just another file */
	assert_int_equal(symlink("state.bad", w->temporary), 0);
	save(w);
	assert_int_equal(stat(w->bad, &st), 0);
	assert_int_equal(st.st_size, 8);
	assert_loaded_what_was_saved(w);
}

static void a_folder_in_the_temporary_files_place_is_reported(void **state)
{
	struct world *w = *state;

	assert_int_equal(mkdir(w->temporary, 0700), 0);
	assert_int_equal(save_to(w, w->path), -1);
	assert_non_null(strstr(w->err.text, "state.tmp: File exists"));
	assert_false(exists(w->path));
}

static void a_folder_that_is_not_there_is_reported(void **state)
{
	struct world *w = *state;
	char path[256];

	snprintf(path, sizeof(path), "%s/none/state", w->folder);
	assert_int_equal(save_to(w, path), -1);
	assert_non_null(
	    strstr(w->err.text, "open its folder: No such file or directory"));
	assert_int_equal(load_from(w, path), STATE_ABSENT);
}

static void a_path_without_a_folder_is_here(void **state)
{
	struct world *w = *state;
	char here[4096];

	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(w->folder), 0);
	const int result = save_to(w, "state");
	assert_int_equal(chdir(here), 0);
	assert_int_equal(result, 0);
	assert_loaded_what_was_saved(w);
}

/* Mounts a file system of 64 KiB over the test's folder, seen by this process alone. */
static void mount_small(struct world *w)
{
	if (geteuid() != 0) {
		print_message("needs root to mount: skipped\n");
		skip();
	}
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("none", w->folder, "tmpfs", 0, "size=64k"), 0);
}

static void a_full_file_system_leaves_the_old_file(void **state)
{
	struct world *w = *state;

	mount_small(w);
	save(w);
	for (int i = 0; i < 3; i++)
		assert_save_fails(w, "write: No space left on device");
	assert_loaded_what_was_saved(w);
	assert_int_equal(umount(w->folder), 0);
}

static void a_read_only_file_system_is_reported(void **state)
{
	struct world *w = *state;

	mount_small(w);
	save(w);
	assert_int_equal(
	    mount("none", w->folder, NULL, MS_REMOUNT | MS_RDONLY, "size=64k"), 0);
	assert_save_fails(w, "state.tmp: Read-only file system");
	assert_loaded_what_was_saved(w);
	assert_int_equal(mount("none", w->folder, NULL, MS_REMOUNT, "size=64k"), 0);
	assert_int_equal(truncate(w->path, 200), 0);
	assert_int_equal(
	    mount("none", w->folder, NULL, MS_REMOUNT | MS_RDONLY, "size=64k"), 0);
	assert_int_equal(load(w), STATE_FAILED);
	assert_non_null(strstr(w->err.text, "bytes after the header; cannot set it "
					    "aside: rename: Read-only file system"));
	assert_int_equal(umount(w->folder), 0);
}

static void a_file_of_somebody_else_is_reported(void **state)
{
	struct world *w = *state;

	if (geteuid() != 0) {
		print_message("needs root to be somebody else: skipped\n");
		skip();
	}
	save(w);
	assert_int_equal(chmod(w->folder, 0755), 0);
	assert_int_equal(seteuid(65534), 0);
	const enum state_load load_result = load(w);
	const int save_result = save_to(w, w->path);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(load_result, STATE_FAILED);
	assert_int_equal(save_result, -1);
	assert_non_null(strstr(w->err.text, "Permission denied"));
	assert_loaded_what_was_saved(w);
}

/* Saves for ever: each time another generation, of another size, every byte telling it.
 * Says so after the first. */
static void save_for_ever(struct world *w, unsigned generation, int say)
{
	for (;; generation++) {
		w->mark.sums.tx_bytes = generation;
		w->saved.bytes = 1 + generation * 7919 % LEARNT_MAX;
		memset(w->saved.block, (int)(generation & 0xFF), w->saved.bytes);
		if (save_to(w, w->path) < 0)
			_exit(1);
		if (say >= 0 && write(say, "", 1) != 1)
			_exit(1);
		say = -1;
	}
}

/* Kills a process that saves, so long after its first save. Returns how it ended. */
static int kill_saving(struct world *w, unsigned generation, unsigned microseconds)
{
	const struct timespec a_while = {.tv_nsec = 1000L * microseconds};
	int status, said[2];
	char byte;

	assert_int_equal(pipe(said), 0);
	const pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		save_for_ever(w, generation, said[1]);
	close(said[1]);
	assert_int_equal(read(said[0], &byte, 1), 1);
	close(said[0]);
	nanosleep(&a_while, NULL);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void killed_at_any_moment_the_file_is_whole(void **state)
{
	struct world *w = *state;
	uint32_t random = 1;
	unsigned generation = 1, interrupted = 0;

	save(w);
	for (int kills = 0; kills < 100; kills++) {
		random = random * 1664525u + 1013904223u;
		const int status =
		    kill_saving(w, generation + 1, (random >> 8) % 10000);
		assert_true(WIFSIGNALED(status));
		interrupted += exists(w->temporary);
		if (load(w) != STATE_LOADED)
			fail_msg("%s", w->err.text);
		const unsigned now = (unsigned)w->loaded_mark.sums.tx_bytes;
		assert_true(now > generation);
		assert_int_equal(w->loaded.bytes, 1 + now * 7919 % LEARNT_MAX);
		for (size_t i = 0; i < w->loaded.bytes; i++)
			if (w->loaded.block[i] != (now & 0xFF))
				fail_msg("byte %zu is not of this generation", i);
		generation = now;
	}
	print_message("%u generations saved, %u of 100 kills in the midst of a save\n",
		      generation, interrupted);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(writes_cut_short_go_on),
	    TEST(a_file_size_limit_is_reported),
	    TEST(a_temporary_file_left_behind_is_replaced),
	    TEST(a_link_in_the_temporary_files_place_is_not_followed),
	    TEST(a_folder_in_the_temporary_files_place_is_reported),
	    TEST(a_folder_that_is_not_there_is_reported),
	    TEST(a_path_without_a_folder_is_here),
	    TEST(a_file_of_somebody_else_is_reported),
	    TEST(killed_at_any_moment_the_file_is_whole),
	    TEST(a_full_file_system_leaves_the_old_file),
	    TEST(a_read_only_file_system_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

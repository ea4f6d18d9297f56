#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every allocation, and every system call, of every command fails once, as curl and SQLite have it.

    unshare -n tests/torture/torture.py BUILD [--every K] [--lane I/LANES] [--only PATTERN] [--kind alloc|call]
    tests/torture/torture.py --add LOG...     # the table of several lanes

For N = 1, 2, ... the command runs again and its N-th allocation fails (fail_alloc.c, preloaded), until
a run had fewer; then the N-th call of each system call, by strace's injection, with each error that the
kernel may give there. Each run must end in an outcome that a page documents: the output as if nothing had
failed, or an error that names what failed. No signal, no hang, no leak of memory (LeakSanitizer is linked
to the programs of BUILD/torture) or of descriptors.

It needs a network namespace of its own, since the commands listen at their own ports.
"""
import argparse
import collections
import errno
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import commands  # noqa: E402
from commands import Bad  # noqa: E402

Result = collections.namedtuple("Result", "status stderr output")

# What may fail, and how. Not those that end or change the process itself, nor close() and munmap(): a call
# that is left out there leaks by the test's own doing. Nor brk(), which never returns an error to the C
# library: it returns the old end.
ERRORS = {
    "EMFILE": "openat open socket accept4 epoll_create1 timerfd_create signalfd4 eventfd2 pipe2 dup",
    "ENOMEM": "mmap mprotect epoll_wait epoll_pwait epoll_ctl poll ppoll recvmsg sendmsg",
    "EIO": "read pread64 readv fstat newfstatat statx lseek getdents64 ftruncate",
    "ENOSPC": "write writev fsync rename unlink",
    "ENOBUFS": "sendto recvfrom bind listen setsockopt getsockopt getsockname connect",
    "EINTR": "read write writev recvmsg sendmsg sendto recvfrom epoll_wait epoll_pwait poll accept4 connect "
             "openat fsync pread64 clock_nanosleep",
    "EAGAIN": "getrandom recvmsg accept4 clone3 clone",
    "EPERM": "socket fcntl ioctl prlimit64",
}
# What an error may say instead of the kernel's own words.
# pthread_create(3) has EAGAIN for a lack of memory.
NO_THREAD = [os.strerror(errno.EAGAIN)]
SYNONYMS = {"ENOMEM": ["memory"], "write": ["standard output"], "mmap": NO_THREAD, "mprotect": NO_THREAD}

# What is wrong in a library when its own allocation fails: whose (of which library), what comes of it.
# Counted, and not a failure.
Known = collections.namedtuple("Known", "name library outcome")
KNOWN = [
    Known("libtasn1 4.19 goes on with a node that it could not allocate, or forgets the others: asn1_array2tree() "
          "and _asn1_copy_structure3() of lib/structure.c do not look", "/libtasn1.so", "^(signal 11|leaks)"),
    Known("GMP cannot report a lack of memory (its manual, Custom Allocation): its own functions, and those that "
          "GnuTLS gives it, end the process", "/lib(gmp|gnutls).so", "^signal 6"),
    Known("libcurl 7.88 takes leave (gnutls_bye) in a session that GnuTLS could not set up, which crashes",
          "/libgnutls.so", "^signal 11"),
    Known("GnuTLS 3.7 loses a buffer of a connection when another cannot grow: gnutls_realloc_fast()",
          "/libgnutls.so", "^leaks"),
    Known("libcrypto, which a library of libcurl's begins and nobody uses, leaks what its start could not keep",
          "/libcrypto.so", "^leaks"),
]


class Spec(collections.namedtuple("Spec", "kind name error n")):
    """What fails: the n-th allocation, or the n-th call of that name with that error."""

    def __str__(self):
        return "allocation %d" % self.n if self.kind == "alloc" else \
            "%s %d: %s" % (self.name, self.n, self.error)

    def cause(self):
        if self.kind == "alloc":
            return ["memory"] + NO_THREAD
        return [os.strerror(getattr(errno, self.error))] + SYNONYMS.get(self.error, []) + \
            SYNONYMS.get(self.name, [])


NOTHING = Spec("alloc", "", "", 0)


class Torture:
    def __init__(self, build, work):
        self.build = build
        self.work = work
        self.preload = os.path.join(build, "torture/fail_alloc.so")
        self.report = os.path.join(work, "report")
        self.calls = os.path.join(work, "calls")

    def argv(self, command, spec, traced):
        program = os.path.join(self.build, "torture" if spec.kind == "alloc" and not traced else ".",
                               command.program)
        argv = [program, *command.arguments(self.work)]
        if not traced and spec.kind == "alloc":
            return argv
        what = ["-e", "trace=all"] if traced else \
            ["-qq", "-e", "trace=" + spec.name,
             "-e", "inject=%s:error=%s:when=%d" % (spec.name, spec.error, spec.n)]
        return ["strace", "-D", "-f", "-o", self.calls, *what, "-E", "LD_PRELOAD=" + self.preload, *argv]

    def environment(self, command, spec, traced):
        environment = dict(os.environ, TORTURE_FAIL=str(spec.n if spec.kind == "alloc" else 0),
                           TORTURE_REPORT=self.report, LSAN_OPTIONS="exitcode=99", TZ="UTC")
        for name in [n for n in environment if n.startswith(("DORMOUSE_", "POD_", "KUBERNETES_"))]:
            del environment[name]
        if spec.kind == "alloc" and not traced:
            environment["LD_PRELOAD"] = self.preload
        return environment

    def run(self, command, spec, traced=False):
        """Runs it once. Raises Bad if it hangs."""
        command.prepare(self.work)
        for path in (self.report, self.calls):
            if os.path.exists(path):
                os.unlink(path)
        err = os.path.join(self.work, "stderr")
        out = os.path.join(self.work, "stdout")
        given = command.input(self.work)
        with open(err, "wb") as stderr, open(out, "wb") as stdout:
            process = subprocess.Popen(self.argv(command, spec, traced), stdout=stdout, stderr=stderr,
                                       stdin=subprocess.PIPE if given else subprocess.DEVNULL,
                                       env=self.environment(command, spec, traced), cwd=self.work)
            try:
                if given:
                    feed(process, given)
                command.drive(process, self.work)
                status = process.wait(commands.PATIENCE_S)
            except subprocess.TimeoutExpired:
                raise Bad("hangs: does not end") from None
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
        stdout = open(out, encoding="utf-8", errors="replace").read()
        stderr = open(err, encoding="utf-8", errors="replace").read()
        if status == 99:
            raise Bad("leaks: " + " | ".join(re.findall(r"#[1-5] \S+ in (\S+)", stderr)[:8]))
        if status < 0:
            raise Bad("signal %d: %s" % (-status, " ".join(stderr.split())[-250:]))
        return Result(status, stderr, command.output(stdout, self.work))

    def allocations(self):
        """(how many, the caller of the one that failed)."""
        try:
            text = open(self.report, encoding="utf-8", errors="replace").read()
        except OSError:
            return 0, ""
        found = re.match(r"(\d+) *(?:\0*|.)(?:failed ([^\n]*))?", text)
        return (int(found.group(1)), (found.group(2) or "")) if found else (0, "")

    def was_injected(self):
        """strace may end after the program."""
        for _ in range(20):
            if os.path.exists(self.calls) and "(INJECTED)" in open(self.calls, errors="replace").read():
                return True
            time.sleep(0.01)
        return False

    def numbers(self):
        """For each system call the numbers of its calls after main() began; strace counts each thread's
        separately."""
        for _ in range(100):
            text = open(self.calls, errors="replace").read()
            if "+++ exited" in text.splitlines()[-1]:
                break
            time.sleep(0.02)
        count, first = collections.Counter(), {}
        numbers = collections.defaultdict(set)
        main = None
        marked = False
        for line in text.splitlines():
            found = re.match(r"(\d+) +(\w+)\(", line)
            if not found:
                continue
            thread, call = found.groups()
            main = main or thread
            if call == "getppid":
                marked = True
            count[thread, call] += 1
            if not marked:
                first[call] = count[thread, call]
            elif thread == main or count[thread, call] > first.get(call, 0):
                numbers[call].add(count[thread, call])
        return numbers


def feed(process, given):
    try:
        process.stdin.write(given)
        process.stdin.close()
    except BrokenPipeError:
        pass


class Table:
    """What came of it, by command."""

    def __init__(self):
        self.rows = {}
        self.bad = []
        self.known = collections.Counter()

    def add(self, command, kind, outcome):
        self.rows.setdefault((command, kind), collections.Counter())[outcome] += 1

    def wrong(self, command, spec, why, caller=""):
        """The outcome's name."""
        for known in KNOWN:
            if re.search(known.library, caller) and re.search(known.outcome, why):
                self.known[known.name] += 1
                return "known"
        self.bad.append((command, str(spec), why))
        print("FAILED  %s, %s: %s %s" % (command, spec, why, caller), flush=True)
        return "wrong"

    def tell(self):
        """For add(), on a line."""
        rows = [[*key, dict(outcomes)] for key, outcomes in self.rows.items()]
        print("TABLE " + json.dumps([rows, dict(self.known), self.bad]))

    def take(self, line):
        rows, known, bad = json.loads(line[len("TABLE "):])
        for command, kind, outcomes in rows:
            self.rows.setdefault((command, kind), collections.Counter()).update(outcomes)
        self.known.update(known)
        self.bad += bad

    def show(self):
        print("%-26s %-12s %7s %9s %13s %13s %6s %6s" %
              ("command", "what fails", "failed", "unharmed", "told, went on", "told, exit 1", "known", "wrong"))
        for (command, kind), outcomes in self.rows.items():
            print("%-26s %-12s %7d %9d %13d %13d %6d %6d" % (
                command, kind, sum(outcomes.values()), outcomes["unharmed"], outcomes["told, went on"],
                outcomes["told, exit 1"], outcomes["known"], outcomes["wrong"]))
        for name, count in self.known.items():
            print("known   %s: %d" % (name, count))
        for command, spec, why in self.bad:
            print("FAILED  %s, %s: %s" % (command, spec, why))
        if not self.bad:
            print("ok      whatever fails has a documented outcome: %d failures" %
                  sum(sum(o.values()) for o in self.rows.values()))


def one(torture, table, command, spec, expected):
    """One run. Returns whether the N-th was reached."""
    kind = "allocations" if spec.kind == "alloc" else "calls"
    why = outcome = None
    try:
        result = torture.run(command, spec)
        outcome = command.judge(result, expected, spec.cause())
    except Bad as bad:
        why = str(bad)
    if spec.kind == "alloc":
        caller = torture.allocations()[1]
        reached = bool(caller)
    else:
        caller = ""
        reached = torture.was_injected()
    if why:
        outcome = table.wrong(command.name, spec, why, caller)
    if reached or why:
        table.add(command.name, kind, outcome)
    return reached


def baseline(torture, command):
    """What it does when nothing fails: twice, since the first run of the monitor has no state yet."""
    for _ in range(2):
        command.most_descriptors = 1 << 30
        result = torture.run(command, NOTHING)
    if result.status != 0:
        raise SystemExit("%s does not work: %s" % (command.name, result.stderr))
    count = torture.allocations()[0]
    if count == 0:
        raise SystemExit("%s: no allocation is seen: is fail_alloc.so preloaded?" % command.name)
    result_traced = torture.run(command, NOTHING, traced=True)
    if result_traced.status != 0:
        raise SystemExit("%s does not work under strace: %s" % (command.name, result_traced.stderr))
    command.most_descriptors = getattr(command, "descriptors", 0) + 2
    return result.output, count, torture.numbers()


def specs(count, numbers, every, phase):
    """What to fail, every K-th of it."""
    for n in range(1 + phase % every, count + 1, every):
        yield Spec("alloc", "", "", n)
    step = phase
    for error, names in ERRORS.items():
        for name in names.split():
            for n in sorted(numbers.get(name, ())):
                step += 1
                if step % every == 0:
                    yield Spec("call", name, error, n)


def network():
    """Loopback, and an interface whose traffic ends nowhere."""
    for line in ("link set lo up", "link add eth0 type veth peer name nobody", "link set nobody up",
                 "address add 10.77.9.1/24 dev eth0", "link set eth0 up",
                 "neighbour add 10.77.9.2 lladdr 02:00:00:00:00:02 dev eth0"):
        subprocess.run(["ip", *line.split()], check=True)


def add(logs):
    """The lanes' tables as one."""
    table = Table()
    for log in logs:
        lines = [line for line in open(log, errors="replace") if line.startswith("TABLE ")]
        if not lines:
            print("FAILED  a lane has no table: %s" % "".join(open(log, errors="replace"))[-400:])
        for line in lines:
            table.take(line)
    table.show()


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", nargs="?")
    parser.add_argument("--add", nargs="+", metavar="LOG")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--lane", default="0/1")
    parser.add_argument("--only", default=".*", metavar="PATTERN")
    parser.add_argument("--kind", default="")
    return parser.parse_args()


def main():
    given = arguments()
    # What it started ends with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if given.add:
        return add(given.add)
    lane, lanes = (int(part) for part in given.lane.split("/"))
    network()
    table = Table()
    with tempfile.TemporaryDirectory(prefix="dormouse-torture.") as work:
        torture = Torture(os.path.abspath(given.build), work)
        for command in commands.COMMANDS:
            if not re.fullmatch(given.only, command.name):
                continue
            beside = command.begin_beside(torture.build, work)
            begin = time.monotonic()
            try:
                expected, count, numbers = baseline(torture, command)
                for place, spec in enumerate(specs(count, numbers, given.every, lane)):
                    if (given.every > 1 or place % lanes == lane) and given.kind in spec.kind:
                        one(torture, table, command, spec, expected)
                # As many more as it takes until none fails.
                n = count + 1 + lane
                while given.every == 1 and given.kind in "alloc" and n <= 2 * count + 100 and \
                        one(torture, table, command, Spec("alloc", "", "", n), expected):
                    n += lanes
            finally:
                if beside:
                    beside.terminate()
                    beside.wait()
            print("%s: %d allocations, %d calls; %.0f s" % (
                command.name, count, sum(map(len, numbers.values())), time.monotonic() - begin), flush=True)
    if lanes > 1:
        table.tell()
    else:
        table.show()
    return 1 if table.bad else 0


if __name__ == "__main__":
    sys.exit(main())

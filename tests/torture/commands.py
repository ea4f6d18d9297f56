# SPDX-License-Identifier: Apache-2.0
"""The commands that are tortured: how each is started, what is asked of it meanwhile, and which
outcomes its pages document."""
import base64
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PEER = ("10.77.9.2", 7000)  # nobody: what is sent there leaves by eth0 and ends at its peer
PATIENCE_S = 30


class Bad(Exception):
    """An outcome that no page documents."""


def until(condition, process, patience=PATIENCE_S):
    """Whether the condition came true before the process ended."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if condition():
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.02)
    raise Bad("hangs: not within %d s" % patience)


def ask(port, path, body=None, context=None, host="127.0.0.1"):
    """(status, body) of one request on a connection of its own; status 0: none."""
    try:
        if context:
            link = http.client.HTTPSConnection(host, port, timeout=5, context=context)
        else:
            link = http.client.HTTPConnection(host, port, timeout=5)
        headers = {"Connection": "close"}
        if body:
            headers["Content-Type"] = "application/json"
        link.request("POST" if body else "GET", path, body, headers)
        answer = link.getresponse()
        data = answer.read()
        link.close()
        return answer.status, data
    except (OSError, http.client.HTTPException):
        return 0, b""


def says(text, cause):
    """Whether an error names what failed. A call that is repeated or replaced may be told by
    the lack that it leaves."""
    return any(word.lower() in text.lower() for word in cause)


class Command:
    """A command that ends by itself. Its output is that of a run in which nothing fails, or it
    says what failed and exits with 1."""

    name = ""
    program = "dormouse"
    statuses = (0, 1)
    same_output = True

    def arguments(self, work):
        raise NotImplementedError

    def input(self, work):
        return None

    def begin_beside(self, build, work):
        """A process that it talks to, or None."""

    def prepare(self, work):
        """Before each run: what the last one left is removed."""

    def drive(self, process, work):
        """What is asked of it while it runs."""

    def output(self, stdout, work):
        return stdout

    def judge(self, result, expected, cause):
        """The outcome in a word. Raises Bad."""
        if result.status not in self.statuses:
            raise Bad("exit status %d" % result.status)
        if result.status == 0:
            if self.same_output and result.output != expected:
                raise Bad("exits with 0, and its output is another")
            return "unharmed" if not result.stderr else "told, went on"
        if not says(result.stderr, cause):
            raise Bad("blames another: %s" % result.stderr.strip()[-200:])
        return "told, exit 1"


# --- traces ------------------------------------------------------------------------------------
def trace(path):
    """Three quiet hours and a burst: enough to learn, to be dormant and to alert."""
    with open(path, "w", encoding="ascii") as out:
        out.write("time,tx_bytes,rx_bytes,tcp_tx_bytes,destinations\n")
        sent = 0
        for row in range(1080):
            sent += 200 if row < 1040 else 2000000
            out.write("%d,%d,%d,%d,1\n" % (1700000000 + 10 * row, sent, sent // 2, sent // 2))


class Replay(Command):
    """Exit status 2 is for a file that is no trace: these are."""

    def __init__(self, name, files, flags=(), made=()):
        self.name = "replay " + name
        self.files = files
        self.flags = flags
        self.made = made

    def arguments(self, work):
        traces = [os.path.join(ROOT, "tests/fuzz/trace", f) if f != "burst.csv" else
                  os.path.join(work, f) for f in self.files]
        flags = [f.replace("WORK", work) for f in self.flags]
        return ["replay", *flags, *traces]

    def prepare(self, work):
        if not os.path.exists(os.path.join(work, "burst.csv")):
            trace(os.path.join(work, "burst.csv"))
        for name in self.made:
            if os.path.exists(os.path.join(work, name)):
                os.unlink(os.path.join(work, name))

    def output(self, stdout, work):
        parts = [stdout]
        for name in self.made:
            path = os.path.join(work, name)
            parts.append(open(path, encoding="utf-8").read() if os.path.exists(path) else None)
        return parts


# --- short commands ----------------------------------------------------------------------------
class Version(Command):
    name = "version"

    def arguments(self, work):
        return ["version"]


class Record(Command):
    name = "record"
    same_output = False

    def arguments(self, work):
        return ["record", "--interval", "100ms", "--duration", "400ms", "--out",
                os.path.join(work, "recorded.csv")]

    def prepare(self, work):
        if os.path.exists(os.path.join(work, "recorded.csv")):
            os.unlink(os.path.join(work, "recorded.csv"))

    def drive(self, process, work):
        send_something()

    def output(self, stdout, work):
        try:
            with open(os.path.join(work, "recorded.csv"), encoding="ascii") as lines:
                return lines.read().splitlines()
        except OSError:
            return []

    def judge(self, result, expected, cause):
        outcome = super().judge(result, expected, cause)
        if result.status == 0 and len(result.output) < 3:
            raise Bad("exits with 0, and recorded %d lines" % len(result.output))
        if any(line.count(",") != 14 for line in result.output):
            raise Bad("a line is not whole")
        return outcome


def beside(argv, work, ready):
    """Starts a process and waits for it."""
    log = open(os.path.join(work, "beside.log"), "wb")
    process = subprocess.Popen(argv, stdout=log, stderr=log)
    until(ready, process)
    return process


class Status(Command):
    """Asks a monitor that runs beside it."""

    same_output = False

    def __init__(self, name, flags=()):
        self.name = "status " + name if name else "status"
        self.flags = flags

    def arguments(self, work):
        return ["status", *self.flags]

    def begin_beside(self, build, work):
        return beside([os.path.join(build, "dormouse"), "run"], work,
                      lambda: ask(9478, "/alerts")[0] == 200)

    def judge(self, result, expected, cause):
        outcome = super().judge(result, expected, cause)
        if result.status == 0 and abs(len(result.output) - len(expected)) > len(expected) // 2:
            raise Bad("exits with 0 and %d bytes instead of %d" %
                      (len(result.output), len(expected)))
        return outcome


class Inject(Command):
    name = "inject"
    program = "dormouse-injector"

    def arguments(self, work):
        return ["inject", "--image-loaded"]

    def input(self, work):
        return json.dumps({"apiVersion": "apps/v1", "kind": "Deployment",
                           "metadata": {"name": "reports", "namespace": "shop"},
                           "spec": {"template": {"metadata": {"labels": {"a": "b"}}, "spec": {
                               "containers": [{"name": "app", "image": "app:1"}]}}}}).encode()


# --- the monitor -------------------------------------------------------------------------------
def send_something():
    """A few datagrams, and a connection over loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for _ in range(20):
            try:
                out.sendto(b"x" * 100, PEER)
            except OSError:
                pass
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            client.sendall(b"hello")


def descriptors(process):
    try:
        return len(os.listdir("/proc/%d/fd" % process.pid))
    except OSError:  # it has ended, which the exit status judges
        return 0


def version_of(path):
    """Differs once the file has been saved again; None: there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


# libmicrohttpd aborts when a socket cannot be taken out of its epoll set, for one. The program saves
# what must be saved and exits with 1 instead.
GIVES_UP = "the HTTP library cannot go on"


class Run(Command):
    """Goes on, whatever fails, once it has started, unless the HTTP library gives up; before that
    it may say what failed and exit with 1, so that it is started again."""

    name = "run"

    def arguments(self, work):
        return ["run", "--interval", "100ms", "--learn", "1s", "--log-format", "text",
                "--state", os.path.join(work, "state")]

    def prepare(self, work):
        kept, state = os.path.join(work, "kept"), os.path.join(work, "state")
        for name in os.listdir(work):
            if name.startswith("state"):
                os.unlink(os.path.join(work, name))
        if os.path.exists(kept):
            with open(kept, "rb") as old, open(state, "wb") as new:
                new.write(old.read())
        self.loaded = version_of(state)

    def drive(self, process, work):
        self.started = False
        if not until(lambda: ask(9477, "/readyz")[0] == 200, process):
            return
        self.started = True
        send_something()
        for port, path in ((9477, "/metrics"), (9478, "/alerts"), (9478, "/baseline"),
                           (9478, "/api/v2/alerts"), (9477, "/healthz"), (9477, "/nothing")):
            ask(port, path)
        os.kill(process.pid, signal.SIGHUP)
        until(lambda: self.samples() >= 5, process)
        until(lambda: ask(9478, "/alerts")[0] == 200, process)
        self.descriptors = descriptors(process)
        process.send_signal(signal.SIGTERM)

    @staticmethod
    def samples():
        status, text = ask(9477, "/metrics")
        found = re.search(rb"^dormouse_samples_total (\d+)", text, re.M)
        return int(found.group(1)) if status == 200 and found else 0

    def output(self, stdout, work):
        state = os.path.join(work, "state")
        kept = os.path.join(work, "kept")
        saved = version_of(state) not in (None, self.loaded) and os.path.getsize(state) > 0
        if saved and not os.path.exists(kept):
            os.rename(state, kept)
        return [saved]

    def judge(self, result, expected, cause):
        if result.status not in (0, 1):
            raise Bad("exit status %d" % result.status)
        if result.status == 1:
            if self.started and GIVES_UP not in result.stderr:
                raise Bad("ends after its start: %s" % result.stderr.strip()[-200:])
            if not says(result.stderr, cause):
                raise Bad("blames another: %s" % result.stderr.strip()[-300:])
            if self.started and not result.output[0]:
                raise Bad("gives up without saving: %s" % result.stderr.strip()[-200:])
            return "told, exit 1"
        if not result.output[0] and "state-not-saved" not in result.stderr:
            raise Bad("the state is not saved, and nothing says so")
        warnings = [line for line in result.stderr.splitlines() if re.search(
            r" (warning|error) ", line) and "routine" not in line]
        if self.descriptors > self.most_descriptors:
            raise Bad("%d descriptors, %d otherwise" % (self.descriptors, self.most_descriptors))
        return "told, went on" if says("\n".join(warnings), cause) else "unharmed"

    started = False
    loaded = None
    descriptors = 0
    most_descriptors = 1 << 30


# --- the webhook -------------------------------------------------------------------------------
def make_certificate(work, name):
    if not os.path.exists(os.path.join(work, name + ".crt")):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-keyout", os.path.join(work, name + ".key"), "-out",
                        os.path.join(work, name + ".crt"), "-days", "3", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost"], stderr=subprocess.DEVNULL, check=True)


class Serve(Run):
    """Where GnuTLS crashes, the injector is started again, and the API server admits pods without
    it meanwhile."""

    name = "serve"
    program = "dormouse-injector"

    def arguments(self, work):
        return ["serve", "--listen", "127.0.0.1:8443", "--metrics-listen", "127.0.0.1:8080",
                "--image-loaded", "--check-interval", "1s", "--log-format", "text",
                "--tls-cert-file", os.path.join(work, "tls.crt"),
                "--tls-key-file", os.path.join(work, "tls.key")]

    def prepare(self, work):
        make_certificate(work, "tls")
        with open(os.path.join(ROOT, "tests/bench/review.json"), "rb") as review:
            self.review = review.read()
        self.context = ssl.create_default_context(cafile=os.path.join(work, "tls.crt"))

    def injected(self):
        status, text = ask(8443, "/inject", self.review, self.context, "localhost")
        if status != 200:
            return False
        answer = json.loads(text)["response"]
        return answer["allowed"] and b"dormouse" in base64.b64decode(answer.get("patch", ""))

    @staticmethod
    def is_whole():
        """Whether all that failed for a while works again."""
        return ask(8080, "/metrics")[0] == 200

    def drive(self, process, work):
        self.started = False
        if not until(lambda: ask(8080, "/readyz")[0] == 200, process):
            return
        self.started = True
        ask(8443, "/inject", self.review, self.context, "localhost")
        ask(8443, "/inject", b"nonsense", self.context, "localhost")
        ask(8080, "/metrics")
        os.kill(process.pid, signal.SIGHUP)
        until(self.injected, process)
        until(self.is_whole, process)
        self.descriptors = descriptors(process)
        process.send_signal(signal.SIGTERM)

    def output(self, stdout, work):
        return [True]


class ServeCluster(Serve):
    """With an API server that knows its version and nothing else."""

    name = "serve, API server"

    def arguments(self, work):
        with open(os.path.join(work, "token"), "w", encoding="ascii") as token:
            token.write("token")
        return [*super().arguments(work), "--api-server", "https://localhost:6443", "--api-token-file",
                os.path.join(work, "token"), "--api-ca-file", os.path.join(work, "api.crt")]

    def begin_beside(self, build, work):
        make_certificate(work, "api")
        context = ssl.create_default_context(cafile=os.path.join(work, "api.crt"))
        return beside([os.path.join(ROOT, "tests/net/api_server.py"), os.path.join(work, "api.crt"),
                       os.path.join(work, "api.key"), "nobody"], work,
                      lambda: ask(6443, "/version", None, context, "localhost")[0] == 200)

    @staticmethod
    def is_whole():
        status, text = ask(8080, "/metrics")
        return status == 200 and b"\ndormouse_injector_kubernetes_minor_version 31\n" in text


COMMANDS = [
    Version(),
    Replay("alerts", ["burst.csv"], ["--lifecycle"]),
    Replay("--summary", ["burst.csv"], ["--summary"]),
    Replay("--csv, baselines", ["burst.csv"],
           ["--csv", "WORK/judged.csv", "--baseline-out", "WORK/base.json"],
           ["judged.csv", "base.json"]),
    Replay("other formats", ["answers.json", "disorder.csv", "list.json", "range.json", "rows.csv.gz",
                             "utf16.csv"], ["--summary"]),
    Record(),
    Status("", ()),
    Status("--json", ("--json",)),
    Run(),
    Inject(),
    Serve(),
    ServeCluster(),
]

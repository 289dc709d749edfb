"""`interlingua top` in a terminal of its own: what it shows of a gateway that is at work, and how it leaves the terminal.

Usage: top.py BINARY
"""

import fcntl
import os
import pty
import re
import select
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
import urllib.request

LIMIT = 20
ROWS, COLUMNS = 30, 140


def free_port():
    with socket.socket() as any_socket:
        any_socket.bind(("127.0.0.1", 0))
        return any_socket.getsockname()[1]


def main(binary):
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TERM": "xterm-256color"}
    port = free_port()
    env |= {"INTERLINGUA_LISTEN": f"127.0.0.1:{port}", "INTERLINGUA_INBOUND_KEY": "let-me-in-please", "RUST_LOG": "warn"}
    # The pipe ends when the program does, so this is no wait without an end.
    piped = subprocess.run([binary, "top"], env=env, capture_output=True, text=True, timeout=LIMIT)
    assert piped.returncode == 1 and "/metrics" in piped.stderr, piped
    # What is not there is told in a sentence, before the screen is taken.
    status, shown = watch(binary, env, lambda shown: False)
    assert status == 1 and "no gateway answers" in shown and "\x1b[?1049h" not in shown, (status, shown)
    gateway = subprocess.Popen([binary, "serve", "--upstream", "replay", "--inspect"], env=env)
    try:
        until(lambda: asked(port, "/healthz"), "the gateway serves")
        working = threading.Event()
        threading.Thread(target=work, args=(port, working), daemon=True).start()
        wanted = [r"interlingua at 127\.0\.0\.1", r"\d+ streams, \d+ requests open", "in a second", "the last requests", "gpt-5.4", "whole"]
        # Not at rest: a request a second, and tokens.
        wanted += [r"requests (?!0\.0)\d+\.\d", r"out (?!0 )\d+ "]
        status, shown = watch(binary, env, lambda shown: all(re.search(words, plain(shown)) for words in wanted))
        working.set()
        missing = [words for words in wanted if not re.search(words, plain(shown))]
        assert not missing, (missing, plain(shown)[-4000:])
        assert status == 0 and shown.rstrip().endswith(("\x1b[?1049l", "\x1b[?25h")), (status, shown[-200:])
        env["INTERLINGUA_INBOUND_KEY"] = "another-key-of-nobody"
        status, shown = watch(binary, env, lambda shown: False)
        assert status == 1 and "INTERLINGUA_INBOUND_KEY" in shown, (status, shown)
    finally:
        gateway.terminate()
        gateway.wait(LIMIT)
    print("interlingua top shows a gateway at work and leaves the terminal as it was")


def plain(shown):
    """The screen as it is after all that was written: only what changes is written anew, wherever it stands."""
    screen = [[" "] * COLUMNS for _ in range(ROWS)]
    row = column = 0
    for code, text in re.findall(r"\x1b\[([0-9;?]*[ -/]*[@-~])|([^\x1b])", shown):
        if code.endswith("H"):
            row, column = (int(place or 1) - 1 for place in (code[:-1] + ";").split(";")[:2])
        elif code == "2J":
            screen = [[" "] * COLUMNS for _ in range(ROWS)]
        elif text.isprintable() and text and row < ROWS and column < COLUMNS:
            screen[row][column] = text
            column += 1
    return "\n".join("".join(line).rstrip() for line in screen)


def work(port, over):
    body = b'{"model":"gpt-5.4","stream":true,"messages":[{"role":"user","content":"hi"}]}'
    while not over.is_set():
        asked(port, "/v1/chat/completions", body)
        time.sleep(0.05)


def asked(port, path, body=None):
    headers = {"authorization": "Bearer let-me-in-please", "content-type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers), timeout=5) as reply:
            return reply.read()
    except OSError:
        return None


def until(holds, claim):
    end = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < end, claim
        time.sleep(0.05)


def watch(binary, env, has_enough):
    """Runs it in a terminal until it has shown enough, then presses `q`. Gives its exit status and all that it wrote."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(binary, [binary, "top"], env)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    shown, end, asked_to_quit = b"", time.monotonic() + LIMIT, False
    try:
        while time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    data = os.read(terminal, 65536)
                except OSError:
                    break
                if not data:
                    break
                shown += data
            if not asked_to_quit and has_enough(shown.decode(errors="replace")):
                os.write(terminal, b"q")
                asked_to_quit = True
        else:
            os.kill(pid, 9)
    finally:
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode(errors="replace")


if __name__ == "__main__":
    main(sys.argv[1])

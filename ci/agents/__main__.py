"""Programs for the terminal against `interlingua serve`, on loopback alone: python3 ci/agents --help.

Each shows a text, once; runs a tool where it has any, or writes a file; and shows an error as one. Meant to run inside a
network namespace of its own (`unshare --net`), where there is nothing but loopback.
"""

import pathlib
import shutil
import subprocess
import sys

# The servers, which other checks share.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "scripted"))

import running
from claims import expect, same
from improvise import TEXT, improvise
from network import sealed
from plan import arguments, carry_out, judge
from programs import MISSING, MODEL, PROGRAMS
from responses_upstream import ResponsesUpstream
from running import Gateway, environment

# How many run at a time: each waits for nothing but itself, and for its start most of all.
AT_ONCE = 4
# Seconds that one run of a program may take.
LIMIT = 90


class Place:
    """A scratch folder, and where the programs were installed."""

    def __init__(self, scratch, tools, url):
        self.tools, self.url = tools, url
        self.home, self.work = scratch / "home", scratch / "work"
        shutil.rmtree(scratch, ignore_errors=True)
        self.home.mkdir(parents=True)
        self.work.mkdir()
        subprocess.run(["git", "init", "--quiet"], cwd=self.work, env=environment(self.home), check=True)

    def node(self, name, program):
        return self.tools / f"node-{name}" / "node_modules" / ".bin" / program

    def python(self, name, program):
        return self.tools / f"python-{name}" / "bin" / program


def main():
    parser = arguments("agents", __doc__, None, None)
    parser.add_argument("--tools", required=True, type=pathlib.Path, help="the folder in which the programs were installed")
    parser.add_argument("programs", nargs="+", help=f"of {', '.join(PROGRAMS)}")
    args = parser.parse_args()

    sealed()
    args.scratch.mkdir(parents=True, exist_ok=True)
    upstream = ResponsesUpstream(improvise("responses"))
    log = args.scratch / "serve.log"
    flags = ["--dialect", "responses", "--upstream", f"{upstream.url}/v1"]
    gateway = Gateway(args.interlingua.resolve(), log, *flags, home=args.scratch)

    def program_of(name):
        return lambda: PROGRAMS[name](Place(args.scratch.resolve() / name, args.tools.resolve(), gateway.url))

    plan = [(f"{name} {PROGRAMS[name].version}", check, program_of(name)) for name in args.programs]
    try:
        failed = carry_out(plan, AT_ONCE)
        same(upstream.complaints, [], "what the server has to complain of")
    finally:
        gateway.close()
        upstream.close()
    if failed:
        print(f"the gateway's last words:\n{log.read_text()[-2000:]}")
    judge(plan, failed)


def check(program):
    place = program.place

    def ask(prompt, model=MODEL):
        env = environment(place.home, **program.variables)
        return running.run(program.ask(prompt, model), LIMIT, cwd=place.work, env=env)

    ended = ask("say hello")
    same(f"{ended.stdout}{ended.stderr}".count(TEXT), 1, "how often the answer is shown", ended)
    if program.tool:
        ended = ask(program.shell("echo from-$((40 + 2)) > made.txt; cat made.txt"))
        made = place.work / "made.txt"
        expect(made.exists() and made.read_text() == "from-42\n", "the command was run, once and whole", ended)
        expect("The tool says" in ended.stdout, "what the model says of the result is shown", ended)
    else:
        ended = ask(program.edit("made.txt", "from the model"))
        made = place.work / "made.txt"
        expect(made.exists() and made.read_text() == "from the model\n", "the file was written", ended)
    ended = ask("say hello", MISSING)
    shown = " ".join(f"{ended.stdout}{ended.stderr}".split())
    expect("does not exist" in shown and TEXT not in shown, "the error is shown as one", ended)


if __name__ == "__main__":
    main()

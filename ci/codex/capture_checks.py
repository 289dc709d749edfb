"""What a gateway captured of the CLI's session, played to the same CLI again."""

import json
import re

from bridge_checks import Bridge
from chat_upstream import call, say
from check import expect, same
from running import Gateway, Replay

# Every one of them is in a place of its own, and none may be in what is kept.
KEY, INBOUND = "sk-planted-0123456789abcdefghij", "inbound-planted-0123456789abcdef"


class Session:
    """The CLI over a gateway that captures, and then over another one over what that has captured."""

    def __init__(self, place, sockets):
        self.place, self.sockets = place, sockets
        self.folder = place.scratch / "captured"
        acts = [
            call("exec_command", {"cmd": "echo f\"r\"om-$((40 + 2))"}, text="Let me look."),
            call("exec_command", {"cmd": "printf 'a\\nb\\n'"}),
            say("It is 42, and täglich more."),
        ]
        secrets = {"OPENAI_API_KEY": KEY, "INTERLINGUA_INBOUND_KEY": INBOUND}
        self.bridge = Bridge(place, *acts, flags=["--capture", str(self.folder)], variables=secrets)
        self.first = self.bridge.ended = self.ask(f"{self.bridge.tap.url}/v1")
        same(self.first.status, 0, "the status of the CLI", *self.bridge.evidence())
        same(len(self.bridge.upstream.asked), len(acts), "the number of requests to the upstream", *self.bridge.evidence())
        same(bool(self.bridge.tap.upgrades()), sockets, "whether it went over a WebSocket", *self.bridge.evidence())
        # It ends when everything is written.
        self.bridge.gateway.close()

    def ask(self, url):
        self.place.codex.configure(url, sockets=self.sockets)
        return self.place.codex.ask(f"run it, my key is {KEY}", json_lines=False, LOOPBACK_KEY=INBOUND)

    def again(self):
        """The same, over what was captured."""
        replay = self.place.keep(Replay(self.place.interlingua, self.place.scratch / "replay.log", self.folder, home=self.place.scratch))
        flags = ["--dialect", "chat", "--profile", "compatible", "--upstream", f"{replay.url}/v1"]
        variables = {"INTERLINGUA_INBOUND_KEY": INBOUND}
        log = self.place.scratch / "serve-again.log"
        gateway = self.place.keep(Gateway(self.place.interlingua, log, *flags, home=self.place.scratch, **variables))
        return self.ask(f"{gateway.url}/v1")


def screen(ended):
    """What a person sees, without what is another each time: ids, and how long things took."""
    shown = f"{ended.stdout}\n{ended.stderr}"
    shown = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", shown)
    return re.sub(r"\b\d+(\.\d+)?(ms|s)\b", "TIME", shown)


def check_a_captured_session_replayed_shows_the_same_screen(place, sockets=False):
    session = Session(place, sockets)
    cases = sorted(session.folder.glob("chat/*"))
    same(len(cases), 3, "the number of exchanges captured", *cases, session.first)
    for file in session.folder.rglob("*.*"):
        if file.is_file():
            kept = file.read_bytes()
            expect(b"planted" not in kept, f"there is no secret in {file}", kept[:2000])
    told = [json.loads((case / "exchange.json").read_text()) for case in cases]
    same([(one["client"], one["end"], one["status"]) for one in told], [("responses", "whole", 200)] * 3, "what is told of them")
    again = session.again()
    same(again.status, 0, "the status of the CLI", again, (place.scratch / "serve-again.log").read_text()[-3000:])
    expect("It is 42, and täglich more." in again.stdout, "the answer is shown", again)
    same(screen(again), screen(session.first), "the screen")


def check_a_captured_session_over_a_websocket_replayed_shows_the_same_screen(place):
    check_a_captured_session_replayed_shows_the_same_screen(place, sockets=True)


CHECKS = [
    check_a_captured_session_replayed_shows_the_same_screen,
    check_a_captured_session_over_a_websocket_replayed_shows_the_same_screen,
]

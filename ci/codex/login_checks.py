"""One login in two programs: whoever of us and the Codex CLI renews it, the other goes on with the same file.

Keys of the file that the CLI 0.169.0 does not know are lost when *it* renews the login, not when we do: `is_whole` is
only asked after our own refresh.
"""

import json
import stat
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from check import Place, expect, same
from programs import OURS_LIMIT, Gateway, environment, run
from servers import ACCOUNT, Backend, Issuer, now

# What a later CLI, or another program, may keep in the file.
UNKNOWN = {"future": {"kept": [1, 2.5, None]}, "agent_identity_hint": "keep me"}
UNKNOWN_TOKEN = {"scope_hint": "keep me too"}


class Login:
    """An issuer, a backend, and a login in the home of the CLI."""

    def __init__(self, place, lives_for):
        self.place = place
        self.issuer = place.keep(Issuer())
        self.backend = place.keep(Backend(self.issuer))
        self.base_url = f"{self.backend.url}/backend-api/codex"
        self.file = place.codex.home / "auth.json"
        self.variables = {"CODEX_REFRESH_TOKEN_URL_OVERRIDE": f"{self.issuer.url}/oauth/token"}
        tokens = {**self.issuer.login(lives_for), "account_id": ACCOUNT, **UNKNOWN_TOKEN}
        # Renewed a moment ago by the file's own word, so that only the token's age and the backend can ask for more.
        login = {"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": tokens, "last_refresh": now(), **UNKNOWN}
        self.file.write_text(json.dumps(login))
        self.file.chmod(0o600)
        place.codex.configure(self.base_url, key=False, chatgpt_base_url=f"{self.backend.url}/backend-api/")

    def codex_works(self):
        ended = self.place.codex.ask("hello", **self.variables)
        same(ended.said, [Backend.SAYS], "what the CLI shows", ended)
        same(ended.status, 0, "its status", ended)

    def ours_works(self):
        ours = [self.place.interlingua, "chat", "--upstream", "codex", "--base-url", self.base_url, "hello"]
        ended = run(ours, OURS_LIMIT, env=environment(self.place.codex.home, **self.variables))
        same(ended.stdout.strip(), Backend.SAYS, "the answer of `interlingua chat`", ended)
        same(ended.status, 0, "its status", ended)

    def renewed(self, times):
        same(self.issuer.refreshes, times, "the number of refreshes")
        same(self.issuer.reused, 0, "the number of spent refresh tokens")
        same(self.stored()["tokens"]["refresh_token"], self.issuer.live, "the refresh token in the file")

    def is_whole(self):
        """Nothing that the file held before is gone."""
        stored = self.stored()
        same({name: stored.get(name) for name in UNKNOWN}, UNKNOWN, "what else the file held")
        same({name: stored["tokens"].get(name) for name in UNKNOWN_TOKEN}, UNKNOWN_TOKEN, "what else the tokens held")
        same(stat.S_IMODE(self.file.stat().st_mode), 0o600, "the mode of the file")

    def stored(self):
        return json.loads(self.file.read_text())

    def nothing_strange(self):
        same(self.issuer.complaints + self.backend.complaints, [], "complaints")


def check_ours_renews_an_expired_login_and_codex_goes_on(place):
    login = Login(place, lives_for=-60)
    login.ours_works()
    login.renewed(times=1)
    login.is_whole()
    login.codex_works()
    login.renewed(times=1)
    same(login.backend.refused, 0, "requests that the backend refused")
    login.nothing_strange()


def check_ours_renews_a_refused_login_and_codex_goes_on(place):
    login = Login(place, lives_for=3600)
    login.issuer.revoke()
    login.ours_works()
    login.renewed(times=1)
    login.is_whole()
    login.codex_works()
    login.renewed(times=1)
    same(login.backend.refused, 1, "requests that the backend refused")
    login.nothing_strange()


def check_codex_renews_an_expired_login_and_ours_goes_on(place):
    login = Login(place, lives_for=-60)
    login.codex_works()
    login.renewed(times=1)
    written = login.file.read_bytes()
    login.ours_works()
    login.renewed(times=1)
    same(login.file.read_bytes(), written, "the file, that nobody had to renew")
    login.nothing_strange()


def check_codex_renews_a_refused_login_and_ours_goes_on(place):
    login = Login(place, lives_for=3600)
    login.issuer.revoke()
    login.codex_works()
    login.renewed(times=1)
    written = login.file.read_bytes()
    login.ours_works()
    login.renewed(times=1)
    same(login.file.read_bytes(), written, "the file, that nobody had to renew")
    login.nothing_strange()


def check_they_renew_it_in_turn(place):
    login = Login(place, lives_for=3600)
    for times, works in enumerate([login.ours_works, login.codex_works, login.ours_works], start=1):
        login.issuer.revoke()
        works()
        login.renewed(times)
    login.nothing_strange()


def check_a_gateway_adopts_what_codex_has_renewed_meanwhile(place):
    login = Login(place, lives_for=3600)
    flags = ["--upstream", "codex", "--base-url", login.base_url]
    home = place.codex.home
    gateway = place.keep(Gateway(place.interlingua, place.scratch / "serve.log", *flags, home=home, **login.variables))
    same(asked(gateway), Backend.SAYS, "the first answer")
    login.issuer.revoke()
    login.codex_works()
    login.renewed(times=1)
    # The gateway still holds the old token, whose refresh token is spent.
    same(asked(gateway), Backend.SAYS, "the second answer")
    login.renewed(times=1)
    words = gateway.words()
    expect("rt-" not in words and "eyJ" not in words, "no token is in the gateway's log", words)
    login.nothing_strange()


def check_a_race_for_the_renewal_loses_no_login(place):
    """Both find an expired login and come within the time that one renewal takes, again and again.

    The CLI takes no lock while it asks the issuer, so both may spend the one refresh token, and one of them is told so.
    That one has to find what the other has saved: nobody may end without a login, nor the file with a spent token.
    """
    until = time.monotonic() + RACES_LIMIT
    with ThreadPoolExecutor(TRACKS) as tracks:
        ended = list(tracks.map(lambda track: races(place, track, until), range(TRACKS)))
    rounds, met = (sum(counts) for counts in zip(*ended))
    expect(rounds >= min(RACES, 10), "there is time for ten rounds at least", f"{rounds} rounds")
    print(f"        {rounds} races, in {met} of them both asked the issuer", flush=True)


def races(place, track, until):
    """The races of one track, in a home of its own: how many there were, and in how many both asked the issuer."""
    place = Place(place.scratch / f"track-{track}", place.codex.program, place.interlingua)
    rounds = met = 0
    for at in range(track, RACES, TRACKS):
        if time.monotonic() > until:
            break
        login = Login(place, lives_for=-60)
        login.issuer.pause = 0.05
        # The CLI comes to its renewal some tenths of a second after its start, and we at once.
        with ThreadPoolExecutor(2) as both:
            ends = [both.submit(login.codex_works), both.submit(later, at % 10 / 20, login.ours_works)]
        failures = [end.exception() for end in ends if end.exception()]
        try:
            same(failures, [], "failures", f"round {at}: {login.issuer.refreshes} refreshes, {login.issuer.reused} of them spent")
            same(login.stored()["tokens"]["refresh_token"], login.issuer.live, "the refresh token in the file", f"round {at}")
            login.nothing_strange()
        finally:
            place.close()
        rounds += 1
        met += login.issuer.refreshes > 1
    return rounds, met


def later(seconds, work):
    time.sleep(seconds)
    work()


# How often the two race, how many races are run at a time, and how many seconds all may take.
RACES = 100
TRACKS = 2
RACES_LIMIT = 150


def asked(gateway):
    """What a Chat client gets."""
    body = {"model": "gpt-5.5", "messages": [{"role": "user", "content": "hello"}]}
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{gateway.url}/v1/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=OURS_LIMIT) as reply:
        return json.load(reply)["choices"][0]["message"]["content"]


CHECKS = [
    check_ours_renews_an_expired_login_and_codex_goes_on,
    check_ours_renews_a_refused_login_and_codex_goes_on,
    check_codex_renews_an_expired_login_and_ours_goes_on,
    check_codex_renews_a_refused_login_and_ours_goes_on,
    check_they_renew_it_in_turn,
    check_a_gateway_adopts_what_codex_has_renewed_meanwhile,
    check_a_race_for_the_renewal_loses_no_login,
]

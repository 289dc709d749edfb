"""Traces of `interlingua serve`, built with the feature `otel`: what a collector on loopback gets of some requests.

Usage: traces.py BINARY
"""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

LIMIT = 20
KEY = "inbound-planted-0123456789"
UPSTREAM_KEY = "upstream-planted-0123456789"
PARENT = "0af7651916cd43dd8448eb211c80319c"
STATE = "vendor=opaque"


class Collector(http.server.BaseHTTPRequestHandler):
    bodies = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        assert (self.path, self.headers["content-type"]) == ("/v1/traces", "application/x-protobuf"), self.path
        assert self.headers["x-of-the-collector"] == "collector-planted", self.headers
        self.bodies.append(body)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Refusing(http.server.BaseHTTPRequestHandler):
    """An upstream that is busy, and then wants another key, which it repeats."""

    asked = 0
    told = []

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        type(self).asked += 1
        self.told.append((self.headers["traceparent"], self.headers["tracestate"]))
        status = 503 if self.asked == 1 else 401
        error = {"message": f"no such key: {UPSTREAM_KEY}", "type": "invalid_request_error", "code": UPSTREAM_KEY}
        body = json.dumps({"error": error}).encode()
        self.send_response(status)
        for name, value in (("content-type", "application/json"), ("content-length", len(body)), ("retry-after", 0)):
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main(binary):
    collector = serving(Collector)
    spans, words = traced(binary, collector, ["--upstream", "replay"], ask_replay)
    servers, inferences = sorted_out(spans)
    assert (len(servers), len(inferences)) == (4, 3), [span["name"] for span in spans]
    for span in servers:
        assert (span["trace"], span["parent"], span["kind"]) == (PARENT, "b7ad6b7169203331", 2), span
    statuses = [span["attributes"]["http.response.status_code"] for span in servers]
    assert statuses.count(200) >= 2 and statuses.count(400) >= 1, servers
    for span in inferences:
        said = span["attributes"]
        assert {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai"}.items() <= said.items(), span
        assert span["name"] == f"chat {said['gen_ai.request.model']}", span
        assert said["server.address"] == "127.0.0.1" and said["server.port"] > 0 and span["kind"] == 3, span
        assert span["parent"] in {server["id"] for server in servers} and span["trace"] == PARENT, span
        assert 0 < span["start"] <= span["end"] <= time.time_ns(), span
    models = sorted(span["attributes"]["gen_ai.request.model"] for span in inferences)
    assert models == ["***", "gpt-5.4", "gpt-5.4"], models
    answered = [span["attributes"] for span in inferences if span["name"] == "chat gpt-5.4"]
    assert all(said["gen_ai.usage.output_tokens"] > 0 and "error.type" not in said for said in answered), answered
    total = len(spans)

    # Each time that an upstream is asked is a span, with what came of it.
    upstream = serving(Refusing)
    options = ["--upstream", f"http://127.0.0.1:{upstream.server_port}/v1", "--dialect", "responses"]
    spans, _ = traced(binary, collector, options, ask_refusing)
    servers, inferences = sorted_out(spans)
    came = [(span["attributes"]["http.response.status_code"], span["attributes"]["error.type"]) for span in inferences]
    assert Refusing.asked > 1 and sorted(came)[0] == (401, "401"), (Refusing.asked, came)
    assert sorted(came)[1:] == [(503, "503")] * (Refusing.asked - 1), (Refusing.asked, came)
    assert servers[0]["attributes"]["error.type"] == "***", servers
    assert len(servers) == 1 and {span["parent"] for span in inferences} == {servers[0]["id"]}, spans
    # And each is told of its own.
    spans_told = [f"00-{PARENT}-{span['id']}-01" for span in sorted(inferences, key=lambda span: span["start"])]
    assert Refusing.told == [(told, STATE) for told in spans_told], (Refusing.told, spans_told)
    total += len(spans)

    # Where no traces are made, nobody is told of any.
    Refusing.told.clear()
    traced(binary, None, options, ask_refusing)
    assert set(Refusing.told) == {(None, None)}, Refusing.told

    # Without a collector the gateway serves and ends as ever, and says it once.
    collector.shutdown()
    collector.server_close()
    begun = time.monotonic()
    spans, words = traced(binary, collector, ["--upstream", "replay"], ask_replay)
    assert not spans and words.count("traces cannot be sent") == 1, words
    assert time.monotonic() - begun < LIMIT, "a collector that is gone keeps nobody waiting"
    print(f"a collector gets {total} spans of five requests, and no word of them")


def serving(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def traced(binary, collector, options, ask):
    """The spans of what is asked of a gateway, when it has ended, and what it wrote."""
    Collector.bodies.clear()
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "INTERLINGUA_INBOUND_KEY": KEY, "RUST_LOG": "info"}
    env["OPENAI_API_KEY"] = UPSTREAM_KEY
    if collector:
        env["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{collector.server_port}"
        env["OTEL_EXPORTER_OTLP_HEADERS"] = "x-of-the-collector=collector-planted"
    command = [binary, "serve", "--listen", "127.0.0.1:0", *options]
    gateway = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    try:
        greeting = gateway.stderr.readline()
        ask(re.search(r"http://[^ ]+/v1", greeting).group())
        gateway.terminate()
        _, words = gateway.communicate(timeout=LIMIT)
    finally:
        gateway.kill()
    assert gateway.returncode == 0, words
    everything = b"".join(Collector.bodies)
    assert b"planted" not in everything and "planted" not in words, "neither a key nor what was said is in a trace"
    assert not Collector.bodies or (b"service.name" in everything and b"interlingua" in everything)
    return [span for body in Collector.bodies for span in spans_of(body)], words


def sorted_out(spans):
    servers = [span for span in spans if span["name"] == "POST /v1/chat/completions"]
    inferences = [span for span in spans if span["name"].startswith("chat ")]
    assert len(servers) + len(inferences) == len(spans), [span["name"] for span in spans]
    return servers, inferences


def ask_replay(url):
    messages = [{"role": "user", "content": f"words-planted {KEY}"}]
    for stream in (True, False):
        assert asked(url, {"model": "gpt-5.4", "stream": stream, "messages": messages}) == 200
    assert asked(url, {"model": "odd", "messages": 7}) == 400
    # A key where it does not belong.
    asked(url, {"model": KEY, "messages": messages})


def ask_refusing(url):
    assert asked(url, {"model": "any", "messages": [{"role": "user", "content": "words-planted"}]}) >= 400


def asked(url, body):
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    headers |= {"traceparent": f"00-{PARENT}-b7ad6b7169203331-01", "tracestate": STATE}
    request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=LIMIT) as reply:
            reply.read()
            return reply.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


# ---- protobuf, as far as opentelemetry/proto/trace/v1/trace.proto needs it


def fields(data):
    """Number and value of every field of a message: a number, or bytes."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = number()
        if tag & 7 == 0:
            value = number()
        else:
            length = {1: 8, 5: 4}.get(tag & 7) or number()
            value, at = data[at : at + length], at + length
            if tag & 7 != 2:
                value = int.from_bytes(value, "little")
        yield tag >> 3, value


def all_of(data, wanted):
    return [value for number, value in fields(data) if number == wanted]


def one(data, wanted, otherwise=b""):
    return next(iter(all_of(data, wanted)), otherwise)


def spans_of(body):
    for resource in all_of(body, 1):
        for scope in all_of(resource, 2):
            for span in all_of(scope, 2):
                attributes = {}
                for pair in all_of(span, 9):
                    value = dict(fields(one(pair, 2)))
                    attributes[one(pair, 1).decode()] = value[1].decode() if 1 in value else value.get(3)
                yield {
                    "trace": one(span, 1).hex(),
                    "id": one(span, 2).hex(),
                    "parent": one(span, 4).hex(),
                    "name": one(span, 5).decode(),
                    "kind": one(span, 6, 0),
                    "start": one(span, 7, 0),
                    "end": one(span, 8, 0),
                    "attributes": attributes,
                }


if __name__ == "__main__":
    main(sys.argv[1])

"""The servers on loopback that stand for the world outside: a Chat upstream, an issuer of logins, a Codex backend."""

import base64
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Request:
    """One request as it came."""

    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers = method, path, headers
        self.raw = body

    @property
    def body(self):
        return json.loads(self.raw)


class Reply:
    """What to answer. `cut` ends the connection in the middle of the body; `pause` are seconds between two events."""

    pause = 0

    def __init__(self, status=200, body=b"", headers=None, cut=False):
        self.status, self.body, self.cut = status, body, cut
        self.headers = headers or {"content-type": "application/json"}

    def told(self):
        """The events of a stream, as JSON; none where it is no stream."""
        frames = self.body.decode().split("\n\n") if "event-stream" in self.headers["content-type"] else []
        datas = [line[6:] for frame in frames for line in frame.split("\n") if line.startswith("data: {")]
        return [json.loads(data) for data in datas]

    def whole(self, body):
        """The same, told by a body in one piece, or by half of one where the stream breaks off."""
        whole = json.dumps(body).encode()
        return Reply(self.status, whole[: len(whole) // 2] if self.cut else whole, cut=self.cut)

    @staticmethod
    def json(status, body, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return Reply(status, json.dumps(body).encode(), {"content-type": "application/json", **headers})

    @staticmethod
    def events(events, done=False, cut=False):
        frames = [f"data: {json.dumps(event)}\n\n" for event in events] + ["data: [DONE]\n\n"] * done
        return Reply(200, "".join(frames).encode(), {"content-type": "text/event-stream"}, cut)


class Server:
    """An HTTP server on loopback, on a free port if none is named. Whoever inherits answers in `answer`."""

    def __init__(self, port=0):
        self.lock = threading.Lock()
        # Seconds that an answer takes on its way back.
        self.pause = 0
        self.requests = []
        self.complaints = []
        # How many clients have left in the middle of a reply.
        self.left = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # A client that keeps its connection open and silent is not waited for.
            timeout = 60

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.serve(self)

            do_POST = do_GET

        self.http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def serve(self, handler):
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        request = Request(handler.command, handler.path, handler.headers, body)
        with self.lock:
            self.requests.append(request)
            try:
                reply = self.answer(request)
            except Exception as problem:  # noqa: BLE001 - whatever it was, the check has to hear of it
                self.complain(f"{request.method} {request.path}: {type(problem).__name__}: {problem}")
                reply = Reply.json(400, {"error": {"message": "the scripted server could not answer", "type": "invalid_request_error"}})
        time.sleep(self.pause)
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        # Half of a promised body, then the end: what a connection looks like that broke.
        handler.send_header("content-length", str(len(reply.body) + (64 if reply.cut else 0)))
        handler.end_headers()
        pieces = reply.body.split(b"\n\n") if reply.pause else [reply.body]
        try:
            for number, piece in enumerate(pieces):
                handler.wfile.write(piece if number == 0 else b"\n\n" + piece)
                time.sleep(reply.pause)
        except OSError:
            self.left += 1
            handler.close_connection = True
        if reply.cut:
            handler.close_connection = True

    def complain(self, text):
        self.complaints.append(text)

    def posts(self, path):
        return [request for request in self.requests if request.method == "POST" and request.path.split("?")[0].endswith(path)]

    def close(self):
        self.http.shutdown()
        self.http.server_close()


# ---- logins


def token(kind, serial, lives_for):
    """An unsigned JWT with the claims that a login has."""

    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    now = int(time.time())
    account = {
        "chatgpt_account_id": ACCOUNT,
        "chatgpt_plan_type": "plus",
        "chatgpt_user_id": "user-loopback",
        "organizations": [{"id": "org-loopback", "is_default": True, "role": "owner", "title": "Personal"}],
    }
    claims = {
        "iat": now,
        "exp": now + lives_for,
        "jti": f"{kind}-{serial}",
        "email": "somebody@example.com",
        "https://api.openai.com/auth": account,
    }
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}.{part('unsigned')}"


ACCOUNT = "acct-loopback"


def now():
    """As the file of the login writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Issuer(Server):
    """Renews logins. A refresh token is good once; who comes with a spent one has lost."""

    def __init__(self):
        super().__init__()
        self.serial = 0
        self.live = None
        self.good = set()
        self.refreshes = self.reused = 0

    def login(self, lives_for=3600):
        """A fresh login, as the file has it."""
        self.serial += 1
        self.live = f"rt-{self.serial}"
        access = token("access", self.serial, lives_for)
        self.good = {access} if lives_for > 0 else set()
        return {"id_token": token("id", self.serial, lives_for), "access_token": access, "refresh_token": self.live}

    def revoke(self):
        """From now on the backend refuses every access token there is."""
        self.good = set()

    def answer(self, request):
        if request.path != "/oauth/token":
            return Reply.json(404, {"error": {"code": "not_found", "message": request.path}})
        body = request.body
        self.refreshes += 1
        if body.get("grant_type") != "refresh_token" or not body.get("client_id"):
            self.complain(f"not a refresh: {sorted(body)}")
        if body.get("refresh_token") != self.live:
            self.reused += 1
            return Reply.json(401, {"error": {"code": "refresh_token_reused", "message": "spent"}})
        return Reply.json(200, self.login())


class Backend(Server):
    """A Codex backend that lets in whoever has a good access token, and always says the same."""

    SAYS = "the backend has let you in"

    def __init__(self, issuer):
        super().__init__()
        self.issuer = issuer
        self.refused = 0

    def answer(self, request):
        path = request.path.split("?")[0]
        if not path.endswith("/responses") or request.method != "POST":
            return Reply.json(404, {"detail": "Not Found"})
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if bearer not in self.issuer.good:
            self.refused += 1
            return Reply.json(401, {"detail": "Could not parse your authentication token. Please try signing in again."})
        if request.headers.get("chatgpt-account-id") != ACCOUNT:
            self.complain(f"account id {request.headers.get('chatgpt-account-id')!r}")
        return Reply.events(self.turn())

    def turn(self):
        text = {"type": "output_text", "text": self.SAYS, "annotations": [], "logprobs": []}
        item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [text]}
        empty = {**item, "status": "in_progress", "content": []}
        response = {"id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-5.5", "output": []}
        usage = {"input_tokens": 5, "output_tokens": 5, "total_tokens": 10}
        at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        events = [
            {"type": "response.created", "response": {**response, "status": "in_progress"}},
            {"type": "response.output_item.added", "output_index": 0, "item": empty},
            {"type": "response.content_part.added", **at, "part": {**text, "text": ""}},
            {"type": "response.output_text.delta", **at, "delta": self.SAYS},
            {"type": "response.output_text.done", **at, "text": self.SAYS},
            {"type": "response.content_part.done", **at, "part": text},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            # The backend leaves `output` empty here.
            {"type": "response.completed", "response": {**response, "status": "completed", "usage": usage}},
        ]
        return [{**event, "sequence_number": number} for number, event in enumerate(events)]


# ---- a tap on a connection


class Tap:
    """Hands every byte on to a server, and notes the head of every request of the client's."""

    def __init__(self, url):
        host, port = url.removeprefix("http://").split(":")
        self.target = (host, int(port))
        self.sent = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.relay, args=(client,), daemon=True).start()

    def relay(self, client):
        try:
            server = socket.create_connection(self.target, timeout=10)
        except OSError:
            client.close()
            return
        seen = bytearray()
        self.sent.append(seen)
        server.settimeout(None)
        threading.Thread(target=pump, args=(server, client, None), daemon=True).start()
        pump(client, server, seen)

    def heads(self):
        """First line and headers of every request, in lower case, a connection after the other."""
        heads = []
        for seen in self.sent:
            rest = bytes(seen)
            while b"\r\n\r\n" in rest:
                head, rest = rest.split(b"\r\n\r\n", 1)
                head = head.decode("latin-1").lower()
                heads.append(head)
                length = next((line[15:] for line in head.split("\r\n") if line.startswith("content-length:")), "0")
                rest = rest[int(length) :]
        return heads

    def posts(self):
        return [head for head in self.heads() if head.startswith("post ")]

    def frames(self):
        """What the client says in the WebSockets it has opened, as JSON, a connection after the other."""
        return [json.loads(text) for seen in self.sent for text in said_in_socket(bytes(seen))]

    def upgrades(self):
        return [head for head in self.heads() if "\r\nupgrade:" in head]

    def close(self):
        self.listener.close()


def said_in_socket(seen):
    """The whole messages of a client after it has opened a WebSocket (RFC 6455, 5.2), control frames apart."""
    head, _, rest = seen.partition(b"\r\n\r\n")
    if b"\r\nupgrade: websocket" not in head.lower():
        return
    message = b""
    while len(rest) >= 6:
        first, length, at = rest[0], rest[1] & 0x7F, 2
        if length > 125:
            wide = 2 if length == 126 else 8
            length, at = int.from_bytes(rest[2 : 2 + wide], "big"), 2 + wide
        mask, data, rest = rest[at : at + 4], rest[at + 4 : at + 4 + length], rest[at + 4 + length :]
        if len(data) < length:
            return
        if first & 0x0F < 8:
            key = (mask * (length // 4 + 1))[:length]
            message += (int.from_bytes(data, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")
            if first & 0x80:
                yield message
                message = b""


def pump(source, sink, note):
    """Copies until either side has enough."""
    try:
        while data := source.recv(65536):
            if note is not None:
                note.extend(data)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

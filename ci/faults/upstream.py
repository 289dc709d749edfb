"""An upstream that does wrong what the name of the model says, in either of OpenAI's APIs.

    python3 ci/faults/upstream.py PORT
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHAT = 'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
RESPONSES = (
    'event: response.created\ndata: {"type":"response.created","sequence_number":0,"response":'
    '{"id":"resp_1","object":"response","created_at":1,"model":"m","status":"in_progress","output":[]}}\n\n'
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":1,'
    '"output_index":0,"content_index":0,"item_id":"msg_1","delta":"Hi"}\n\n'
)
PAGE = "<!DOCTYPE html><html><title>Log in</title></html>"
ERROR = '{"error":{"message":"the engine died","type":"server_error","code":"engine"}}'
STREAM, JSON, HTML, TEXT = "text/event-stream", "application/json", "text/html", "text/plain"

# name: status, content type, body for a beginning of a stream, whether the connection breaks behind it
FAULTS = {
    "cut": (200, STREAM, "{begin}", True),
    "no-end": (200, STREAM, "{begin}", False),
    "half-an-event": (200, STREAM, '{begin}data: {"choi', False),
    "page-as-stream": (200, STREAM, PAGE, False),
    "page": (200, HTML, PAGE, False),
    "error-for-stream": (200, STREAM, ERROR, False),
    "error-event": (200, STREAM, "data: " + ERROR + "\n\n", False),
    "flat-error": (200, STREAM, '{begin}data: {"object":"error","message":"the engine died"}\n\n', False),
    "bare-error": (200, STREAM, "{begin}event: error\ndata: the engine died\n\n", False),
    "garbage": (200, STREAM, "{begin}data: {oops\n\n", False),
    "empty": (200, JSON, "", False),
    "half": (200, JSON, '{"id":"x","choices":[{"mess', False),
    "cut-document": (200, JSON, '{"id":"x","choices":[{"mess', True),
    "nothing-in-it": (200, JSON, "{}", False),
    "text": (200, TEXT, "upstream connect error", False),
    "busy-page": (503, HTML, PAGE, False),
    "busy-text": (503, TEXT, "no healthy upstream", False),
}


class Upstream(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status, kind, body, breaks = FAULTS[asked["model"]]
        begin = RESPONSES if self.path.endswith("/responses") else CHAT
        body = body.replace("{begin}", begin).encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body) + (1000 if breaks else 0)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = breaks

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Upstream).serve_forever()

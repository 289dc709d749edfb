//! What upstreams do wrong.

use interlingua_translate::Api;

use super::{KEYS, Outcome};

/// One thing that goes wrong.
pub(crate) struct Fault {
    /// In words.
    pub(crate) name: &'static str,
    /// As the replay is told; see [`interlingua_replay::Faults`]. `KEYS` stands for keys that nobody else may see, `ERROR` and
    /// `DELTA` for an event of the upstream's API that tells of an error, or a bit of an answer.
    text: &'static str,
    /// What must come of it where a stream was asked for, and where not.
    streamed: Must,
    whole: Must,
}

/// What must come of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Must {
    /// The client gets its reply.
    Pass,
    /// It is told by this status, or in the stream.
    Tell(u16),
    /// By this status, and not in the stream.
    Refuse(u16),
    /// It is told in the stream.
    InBand,
}

impl Fault {
    /// As the replay is told, for an upstream that speaks an API.
    pub(crate) fn told(&self, api: Api) -> String {
        let (error, delta) = match api {
            Api::Chat => (
                r#"data: {"error":{"message":"broken, with KEYS","type":"server_error","code":"c"}}\n\n"#,
                r#"data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n"#,
            ),
            Api::Responses => (
                r#"event: error\ndata: {"type":"error","code":"c","message":"broken, with KEYS","param":null}\n\n"#,
                r#"event: response.output_text.delta\ndata: {"type":"response.output_text.delta","output_index":0,"content_index":0,"item_id":"msg_1","delta":"Hi"}\n\n"#,
            ),
            Api::Messages => (
                r#"event: error\ndata: {"type":"error","error":{"type":"c","message":"broken, with KEYS"}}\n\n"#,
                r#"event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Hi"}}\n\n"#,
            ),
        };
        let text = self.text.replace("ERROR", error).replace("DELTA", delta);
        text.replace("KEYS", &KEYS.join(" and "))
    }

    /// Whether it gives a processor much to do.
    pub(crate) fn is_busy(&self) -> bool {
        self.text.contains("huge=") || self.text.contains("chunk=")
    }

    pub(crate) fn must(&self, is_streamed: bool) -> Must {
        if is_streamed { self.streamed } else { self.whole }
    }
}

impl Must {
    pub(crate) fn holds(self, client: Api, outcome: &Outcome) -> bool {
        // Clients of Messages know an overload by a number of their own, unless the upstream says otherwise in their words.
        let told =
            |wanted: u16, status: u16| wanted == status || (client == Api::Messages && (wanted, status) == (503, 529));
        match (self, outcome) {
            (Self::Pass, Outcome::Reply) => true,
            (Self::Tell(wanted) | Self::Refuse(wanted), Outcome::Status { status, .. }) => told(wanted, *status),
            (Self::Tell(_) | Self::InBand, Outcome::InBand { .. }) => true,
            (Self::Pass | Self::Tell(_) | Self::Refuse(_) | Self::InBand, _) => false,
        }
    }
}

const fn fault(name: &'static str, text: &'static str, streamed: Must, whole: Must) -> Fault {
    Fault { name, text, streamed, whole }
}

/// The same whichever was asked for.
const fn both(name: &'static str, text: &'static str, must: Must) -> Fault {
    fault(name, text, must, must)
}

/// What is wrong with a whole reply as well is no matter for one of the streams alone.
const fn in_streams(name: &'static str, text: &'static str, must: Must) -> Fault {
    fault(name, text, must, Pass)
}

use Must::{InBand, Pass, Refuse, Tell};

/// The table, by where things go wrong.
pub(crate) const FAULTS: &[(&str, &[Fault])] = &[
    (
        "Before the head of the reply",
        &[
            both("no answer", "silent", Refuse(504)),
            both("the connection breaks", "reset", Refuse(502)),
            both("the connection ends", "raw=", Refuse(502)),
            both("something that is no HTTP", r"raw=SSH-2.0-OpenSSH_9.6 KEYS\r\n", Refuse(502)),
            both("a status that is no number", r"raw=HTTP/1.1 abc KEYS\r\n\r\n", Refuse(502)),
            both("half a head", r"raw=HTTP/1.1 200 OK\r\ncontent-type: te", Refuse(502)),
            both("half a head and then nothing", r"raw=HTTP/1.1 200 OK\r\ncontent-type: te; hang", Refuse(504)),
            both(
                "another protocol",
                r"raw=HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n; hang",
                Refuse(502),
            ),
        ],
    ),
    (
        "In the head of the reply",
        &[
            both("302", "status=302; body=moved, KEYS; header=location: http://127.0.0.1:9/?key=KEYS", Refuse(502)),
            both("307", "status=307; body=; header=location: /v2", Refuse(502)),
            both("304", "status=304; body=", Refuse(502)),
            both("204", "status=204; body=", Refuse(502)),
            both("a compressed reply", "header=content-encoding: gzip", Refuse(502)),
            both("a compressed error", "status=500; header=content-encoding: br", Refuse(500)),
            both("a good reply called `text/html`", "header=content-type: text/html", Pass),
            both(
                "a good reply called `application/octet-stream`",
                "header=content-type: application/octet-stream",
                Pass,
            ),
            both(
                "keys in headers",
                "header=x-request-id: KEYS; header=openai-model: KEYS; header=x-ratelimit-reset-tokens: KEYS",
                Pass,
            ),
        ],
    ),
    (
        "Errors with a status",
        &[
            both("400", "status=400", Refuse(400)),
            both("401", "status=401", Refuse(401)),
            both("403", "status=403", Refuse(403)),
            both("404", "status=404", Refuse(404)),
            both("429", "status=429", Refuse(429)),
            both("500", "status=500", Refuse(500)),
            both("503", "status=503", Refuse(503)),
            both(
                "an envelope with more in it than usual",
                r#"status=429; body={ "error": {"message":"too much for KEYS","type":"usage_limit_reached","plan":"KEYS","resets_in_seconds":9} }\n"#,
                Refuse(429),
            ),
            both(
                "an error behind a byte order mark",
                "status=400; body=\u{feff}{\"error\":{\"message\":\"no KEYS\"}}",
                Refuse(400),
            ),
            both("`error` as a text", r#"status=400; body={"error":"no KEYS","code":"bad"}"#, Refuse(400)),
            both(
                "a flat error",
                r#"status=400; body={"object":"error","message":"no KEYS","code":"bad"}"#,
                Refuse(400),
            ),
            both("`detail` as a text", r#"status=401; body={"detail":"no KEYS"}"#, Refuse(401)),
            both(
                "`detail` as a list of problems",
                r#"status=422; body={"detail":[{"loc":["body","messages",0],"msg":"no KEYS","type":"missing"}]}"#,
                Refuse(422),
            ),
            both(
                "`errors` as a list",
                r#"status=400; body={"errors":[{"message":"no KEYS"},"nor this"]}"#,
                Refuse(400),
            ),
            both(
                "an error on its choice",
                r#"status=502; body={"choices":[{"error":{"message":"no KEYS","code":502},"finish_reason":"error"}]}"#,
                Refuse(502),
            ),
            both(
                "an error in an array",
                r#"status=503; body=[{"error":{"code":503,"message":"no KEYS","status":"UNAVAILABLE"}}]"#,
                Refuse(503),
            ),
            both("a JSON text", r#"status=500; body="no KEYS""#, Refuse(500)),
            both("plain text", "status=503; body=no healthy upstream for KEYS", Refuse(503)),
            both("a web page", "status=403; html", Refuse(403)),
            both("nothing more", "status=500; body=", Refuse(500)),
            both("half an error object", r#"status=500; body={"error":{"message":"no KEYS"#, Refuse(500)),
            both(
                "an error as an event stream",
                r#"status=400; body=data: {"error":{"message":"no KEYS"}}\n\n"#,
                Refuse(400),
            ),
            both(
                "an error that stalls",
                r#"status=400; body=data: {"error":{"message":"no KEYS"}}\n\n; hang"#,
                Refuse(400),
            ),
            both("an error that breaks off", r#"status=400; body={"error":{"message":"no KEYS"}}; cut=1"#, Refuse(400)),
            both("520, which is no status of HTTP's", "status=520; body=<html>KEYS</html>", Refuse(520)),
        ],
    ),
    (
        "No reply under 200",
        &[
            both("nothing", "body=", Refuse(502)),
            both("blank lines", r"body=\n\n\r\n", Refuse(502)),
            both("a web page", "status=200; html", Refuse(502)),
            both(
                "a web page called an event stream",
                "body=<!DOCTYPE html><title>Log in, KEYS</title>; header=content-type: text/event-stream",
                Refuse(502),
            ),
            both("plain text", "body=upstream connect error for KEYS", Refuse(502)),
            both("`null`", "body=null", Refuse(502)),
            both("`{}`", "body={}", Refuse(502)),
            both("`[]`", "body=[]", Refuse(502)),
            both("a JSON text", r#"body="no KEYS""#, Refuse(502)),
            both("half a document", r#"body={"id":"resp_1","choices":[{"message":{"role":"#, Refuse(502)),
            both(
                "an error object",
                r#"body={"error":{"message":"no KEYS","code":"rate_limit_exceeded"}}"#,
                Refuse(429),
            ),
            both("`error` as a text", r#"body={"error":"no KEYS"}"#, Refuse(502)),
            both("`detail`", r#"body={"detail":"no KEYS"}"#, Refuse(502)),
            both(
                "an error object behind a byte order mark",
                "body=\u{feff}{\"error\":{\"message\":\"no KEYS\",\"code\":\"rate_limit_exceeded\"}}",
                Refuse(429),
            ),
            both("an error event", "body=ERROR", Refuse(502)),
            both("an error event that only its name calls one", r"body=event: error\ndata: no KEYS\n\n", Refuse(502)),
            both("`[DONE]` alone", r"body=data: [DONE]\n\n", Refuse(502)),
            both("comments alone", r"body=: one\n\n: two, KEYS\n\n", Refuse(502)),
            both("comments, and then nothing", r"body=: one\n\n: two\n\n; hang", Refuse(504)),
            both("heartbeats alone", r#"body=event: ping\ndata: {"type":"ping"}\n\n"#, Refuse(502)),
            both("events that nobody knows", r#"body=data: {"type":"brand.new","text":"KEYS"}\n\n"#, Refuse(502)),
            both("garbage", r"body=data: {oops, KEYS\n\n", Refuse(502)),
        ],
    ),
    (
        "A length that is wrong",
        &[
            both(
                "longer than what comes",
                r#"raw=HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"id":"x","choices":[{"mess"#,
                Refuse(502),
            ),
            both(
                "longer than what comes, and then nothing",
                r#"raw=HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"id":"x","choices":[{"mess; hang"#,
                Refuse(504),
            ),
            both(
                "shorter than what comes",
                r#"raw=HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{"id":"x","choices":[]}"#,
                Refuse(502),
            ),
            both(
                "a chunk whose size is no number",
                r"raw=HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nKEYS\r\n",
                Refuse(502),
            ),
            both(
                "no last chunk",
                r"raw=HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n5\r\n: hi\n\r\n",
                Refuse(502),
            ),
        ],
    ),
    (
        "In the middle of the reply",
        &[
            both("cut at its beginning", "cut=0", Refuse(502)),
            both("cut after the first event", "cut=1", Tell(502)),
            in_streams("cut in the middle", "cut=5", Tell(502)),
            both("stalled at its beginning", "stall=0", Refuse(504)),
            in_streams("stalled after the first event", "stall=1", Tell(504)),
            in_streams("stalled in the middle", "stall=5", Tell(504)),
            fault("no end, and then nothing", "without=3; hang", InBand, Refuse(504)),
            in_streams("ended without its end", "without=3", InBand),
            fault("ended in the middle of an event", r#"body=DELTAdata: {"choices":[{"del"#, InBand, Refuse(502)),
            fault("ended behind the first output", "body=DELTA", InBand, Refuse(502)),
            fault("broken off behind the first output", "body=DELTA; cut=1", InBand, Refuse(502)),
            fault("stalled behind the first output", "body=DELTA; hang", InBand, Refuse(504)),
            fault("an error behind the first output", "body=DELTAERROR", InBand, Refuse(502)),
            fault(
                "an error object behind the first output",
                r#"body=DELTAdata: {"error":{"message":"no KEYS","code":"c"}}\n\n"#,
                InBand,
                Refuse(502),
            ),
            fault(
                "an error by name behind the first output",
                r"body=DELTAevent: error\ndata: no KEYS\n\n",
                InBand,
                Refuse(502),
            ),
            fault("a web page behind the first output", r"body=DELTA<html>KEYS</html>\n\n", InBand, Refuse(502)),
            fault(
                "`[DONE]` in the middle of a call",
                r#"body=data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{\"a"}}]}}]}\n\ndata: [DONE]\n\n"#,
                Tell(502),
                Refuse(502),
            ),
            fault("an event that is no JSON", "garbage=5", Tell(502), Refuse(502)),
            fault("half a document", "garbage", Tell(502), Refuse(502)),
            in_streams("an event of 17 MiB", "huge=17", Tell(502)),
        ],
    ),
    (
        "Odd, and no harm",
        &[
            both("byte by byte", "chunk=1", Pass),
            in_streams("comments in between", r"insert=3:: PROCESSING\n\n", Pass),
            in_streams("heartbeats in between", r#"insert=3:event: ping\ndata: {"type":"ping"}\n\n"#, Pass),
            in_streams("more behind the end", r"insert=99:data: [DONE]\n\n", Pass),
            in_streams(
                "events that nobody knows in between",
                r#"insert=3:event: brand.new\ndata: {"type":"brand.new","object":"brand.new","choices":[]}\n\n"#,
                Pass,
            ),
            fault("no end of the body behind the last event", "hang", Pass, Refuse(504)),
            fault("a heartbeat behind the end, and then nothing", r"insert=99:: ping\n\n; hang", Pass, Refuse(504)),
        ],
    ),
];

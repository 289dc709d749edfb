//! `cargo xtask examples`: runs every example, and the README's program, and holds what they print against the recordings
//! that they were answered from. Nothing leaves the machine.

mod readme;
mod traffic;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use cargo_metadata::Message;
use serde_json::{Value, json};

use crate::project::Project;
use crate::record::exchange;

type Check = fn(&Project, &Examples) -> Result<()>;

const CHECKS: [(&str, Check); 6] = [
    ("agent", agent),
    ("profile", profile),
    ("transport", transport),
    ("blocking", blocking),
    ("server", server),
    ("the README's program", |project, _| readme::check(project)),
];

/// Runs every check, and stops at the first that fails.
pub(crate) fn run(project: &Project) -> Result<()> {
    let examples = Examples::build(project)?;
    for (name, check) in CHECKS {
        check(project, &examples).with_context(|| format!("{name} does not do what it should"))?;
        println!("{name}: ok");
    }
    Ok(())
}

fn agent(_: &Project, examples: &Examples) -> Result<()> {
    let printed = examples.run("agent", &["responses"])?;
    let recorded = "get_weather {\"city\":\"Lisbon\"}\nIt is clear in Lisbon at 24 °C.\n";
    ensure!(printed == recorded, "over Responses it prints {printed:?}, not {recorded:?}");
    let printed = examples.run("agent", &["chat"])?;
    let is_sound = printed.starts_with("get_weather {\"city\":") && printed.lines().count() == 2;
    ensure!(is_sound, "over Chat it prints {printed:?}, not one call and one answer");
    Ok(())
}

fn profile(_: &Project, examples: &Examples) -> Result<()> {
    let printed = examples.run("profile", &[])?;
    let expected = [
        "POST /v1/chat/completions\n",
        "x-team: search\n",
        "api-key is there: true\n",
        r#"{"role":"system","content":"Answer in one sentence."}"#,
        r#""max_tokens":200"#,
        "lost: temperature:",
        r#""object":"response""#,
    ];
    for part in expected {
        ensure!(printed.contains(part), "{part:?} is missing in:\n{printed}");
    }
    ensure!(!printed.contains(r#""temperature":0.2,"max"#), "what the backend refuses was sent:\n{printed}");
    Ok(())
}

fn transport(project: &Project, examples: &Examples) -> Result<()> {
    let recorded = traffic::responses_text(&project.read("fixtures/responses/llamacpp-text/stream.sse")?)?;
    let text = traffic::chat_text(&examples.run("transport", &[])?)?;
    ensure!(text == recorded, "it says {text:?}, the recording {recorded:?}");
    Ok(())
}

fn blocking(project: &Project, examples: &Examples) -> Result<()> {
    let recorded = traffic::responses_text(&project.read("fixtures/responses/text/stream.sse")?)?;
    let replay = examples.serve("serve", &[])?;
    let text = traffic::chat_text(&examples.run("blocking", &[&replay.base_url])?)?;
    ensure!(text == recorded, "it says {text:?}, the recording {recorded:?}");
    Ok(())
}

/// Every pair of APIs, streamed and whole, and a refusal.
fn server(project: &Project, examples: &Examples) -> Result<()> {
    let replay = examples.serve("serve", &[])?;
    let recorded_chat = traffic::chat_text(&project.read("fixtures/chat/text/stream.sse")?)?;
    let recorded_responses = traffic::responses_text(&project.read("fixtures/responses/text/stream.sse")?)?;
    for (upstream, recorded) in [("chat", recorded_chat), ("responses", recorded_responses)] {
        let server = examples.serve("server", &[upstream, &replay.base_url])?;
        let question = json!([{"role": "user", "content": "In one sentence, what is an interlingua?"}]);
        for is_streamed in [true, false] {
            let chat = json!({"model": "gpt-5.5", "messages": question, "stream": is_streamed});
            let chat = server.post("/chat/completions", &chat, 200)?;
            let responses = json!({"model": "gpt-5.5", "input": question, "stream": is_streamed});
            let responses = server.post("/responses", &responses, 200)?;
            let (chat, responses) = if is_streamed {
                (traffic::chat_text(&chat)?, traffic::responses_text(&responses)?)
            } else {
                (text_at(&chat, "/choices/0/message/content")?, text_at(&responses, "/output/0/content/0/text")?)
            };
            for (client, text) in [("chat", chat), ("responses", responses)] {
                ensure!(text == recorded, "{client} over {upstream}: it says {text:?}, the recording {recorded:?}");
            }
        }
        // One that the translator refuses, and one that the upstream does although a stream was asked for.
        let no_messages = json!({"model": "gpt-5.5"});
        let too_hot = json!({"model": "gpt-5.5", "messages": question, "temperature": 5, "stream": true});
        for (body, expected) in [(no_messages, "messages"), (too_hot, "temperature")] {
            let param = text_at(&server.post("/chat/completions", &body, 400)?, "/error/param")?;
            ensure!(param == expected, "{body} is refused for `{param}`");
        }
    }
    Ok(())
}

fn text_at(json: &str, place: &str) -> Result<String> {
    let value: Value = serde_json::from_str(json).with_context(|| format!("no JSON: {json}"))?;
    let text = value.pointer(place).and_then(Value::as_str);
    text.map(str::to_owned).with_context(|| format!("no text at {place} in {json}"))
}

/// The programs, built.
struct Examples(BTreeMap<String, PathBuf>);

impl Examples {
    fn build(project: &Project) -> Result<Self> {
        // Of the whole workspace, which `cargo test` has built already.
        let format = ["--message-format", "json-render-diagnostics"];
        let printed = project.cargo(&[&["build", "--workspace", "--examples", "--locked"], &format[..]].concat())?;
        let mut programs = BTreeMap::new();
        for message in Message::parse_stream(printed.as_bytes()) {
            if let Message::CompilerArtifact(artifact) = message?
                && let Some(program) = artifact.executable
            {
                programs.insert(artifact.target.name, program.into_std_path_buf());
            }
        }
        Ok(Self(programs))
    }

    fn command(&self, name: &str, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(self.0.get(name).with_context(|| format!("there is no example `{name}`"))?);
        command.args(arguments);
        Ok(command)
    }

    /// What it prints, if it ends well.
    fn run(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let output = self.command(name, arguments)?.output()?;
        if !output.status.success() {
            bail!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Starts one that serves. The first line it prints is its base URL.
    fn serve(&self, name: &str, arguments: &[&str]) -> Result<Serving> {
        let mut child = self.command(name, arguments)?.stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take();
        let mut serving = Serving { child, base_url: String::new() };
        BufReader::new(output.context("it has no output")?).read_line(&mut serving.base_url)?;
        serving.base_url.truncate(serving.base_url.trim_end().len());
        ensure!(!serving.base_url.is_empty(), "{name} ended before it said where it listens");
        Ok(serving)
    }
}

/// A program that serves until this is dropped.
struct Serving {
    child: Child,
    base_url: String,
}

impl Serving {
    fn post(&self, path: &str, body: &Value, status: u16) -> Result<String> {
        let reply = exchange::send(&format!("{}{path}", self.base_url), None, &body.to_string())?;
        let text = String::from_utf8(reply.bytes)?;
        ensure!(reply.status == status, "{path} answers with {}: {text}", reply.status);
        Ok(text)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has nothing to put away, and may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! What must be true of every ready profile, over every request there is.

use std::fs;
use std::path::{Path, PathBuf};

use interlingua_executor::ReadyProfile;
use interlingua_translate::chat::{CallIdForm, Choice, Field, Needs, Thinks};
use interlingua_translate::{
    Api, ChatUpstream, LossCode, MessagesUpstream, MidSystem, Stamp, Translator, Upstream, messages,
};
use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn each_is_read_and_says_what_it_is() {
    let mut files: Vec<_> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let names: Vec<_> = ReadyProfile::all().iter().map(|ready| ready.name).collect();
    assert_eq!(names, files, "each file is in the list, and the list is sorted");
    for ready in ReadyProfile::all() {
        let profile = ready.profile().unwrap_or_else(|error| panic!("{}: {error}", ready.name));
        let about = ready.about().unwrap();
        assert!(
            ["recorded", "program", "documented"].contains(&about.proof.as_str()),
            "{}: {}",
            ready.name,
            about.proof
        );
        assert!(!about.title.is_empty(), "{}", ready.name);
        assert_eq!(ready.api().unwrap(), profile.upstream.api());
        assert!(profile.backend.base_url.is_some() || ready.name == "azure", "{}", ready.name);
    }
}

/// Requests of every API: the fixtures', and the recordings beside the checkout where there are any.
pub(crate) fn requests() -> Vec<(String, Api, Vec<u8>)> {
    let mut requests = Vec::new();
    for api in Api::ALL.iter().copied() {
        let folder = root().join("fixtures").join(api.name());
        for case in fs::read_dir(folder).unwrap() {
            let path = case.unwrap().path().join("request.json");
            if let Ok(body) = fs::read(&path) {
                requests.push((path.display().to_string(), api, body));
            }
        }
    }
    requests
}

fn recordings() -> Option<PathBuf> {
    let folder = root().join("../shared/recordings");
    folder.is_dir().then_some(folder)
}

#[test]
fn what_its_documentation_refuses_never_reaches_an_upstream() {
    let requests = requests();
    let mut written = 0;
    for ready in ReadyProfile::all() {
        let way = ready.profile().unwrap().upstream;
        for (name, api, body) in &requests {
            let stamp = Stamp { id: "1".to_owned(), created: 0 };
            let Ok(outgoing) = Translator::new(*api).request(body, &way, stamp) else { continue };
            let request: Value = serde_json::from_slice(&outgoing.body).unwrap();
            let judged = match &way {
                Upstream::Chat(upstream) => within_its_ways(upstream, &request),
                Upstream::Messages(upstream) => within_the_ways_of_messages(upstream, &request),
                Upstream::Responses(_) => unreachable!("no ready profile speaks Responses; say here what one refuses"),
            };
            if let Err(error) = judged {
                panic!("{} and {name}: {error}\n{request}", ready.name);
            }
            written += 1;
        }
    }
    assert!(written > 2000, "only {written} requests were written");
}

fn within_its_ways(upstream: &ChatUpstream, request: &Value) -> Result<(), String> {
    let model = request["model"].as_str().unwrap_or_default();
    let upstream = upstream.for_model(model);
    let messages = list(&request["messages"]);
    let parts = || messages.iter().flat_map(|message| list(&message["content"]));
    let tools = list(&request["tools"]);
    for field in &upstream.refused {
        let name = field.as_str();
        let is_there = match field {
            Field::Strict => tools.iter().any(|tool| !tool["function"]["strict"].is_null()),
            Field::MessageName => messages.iter().any(|message| !message["name"].is_null()),
            Field::PromptCacheBreakpoint => parts().any(|part| !part[name].is_null()),
            Field::Logprobs => !request["logprobs"].is_null() || !request["top_logprobs"].is_null(),
            Field::ImageAddress => {
                let is_address = |url: &Value| url.as_str().is_some_and(|url| !url.starts_with("data:"));
                parts().any(|part| is_address(&part["image_url"]["url"]))
            }
            Field::File | Field::Image | Field::Audio => {
                let kind = name.trim_start_matches("content.");
                parts().any(|part| part["type"] == kind)
            }
            _ => {
                let at = name.split('.').fold(request, |value, step| &value[step]);
                !at.is_null()
            }
        };
        if is_there {
            return Err(format!("it has `{name}`"));
        }
    }
    let choice = &request["tool_choice"];
    let chosen = match choice {
        Value::Null => None,
        Value::String(mode) if *mode == upstream.required_word => Some(Choice::Required),
        Value::String(mode) => Choice::ALL.iter().copied().find(|choice| choice.as_str() == mode),
        choice if choice["type"] == "allowed_tools" => Some(Choice::Allowed),
        _ => Some(Choice::Function),
    };
    if !choice.is_null() && !chosen.is_some_and(|chosen| upstream.choices.contains(&chosen)) {
        return Err(format!("it chooses {choice}"));
    }
    if tools.is_empty() && !(choice.is_null() && request["parallel_tool_calls"].is_null() && request["tools"].is_null())
    {
        return Err("it speaks of tools and has none".to_owned());
    }
    for word in &upstream.schema_dropped {
        if tools.iter().any(|tool| !tool["function"]["parameters"][word].is_null()) {
            return Err(format!("a schema has `{word}`"));
        }
    }
    if upstream.always_parameters
        && tools.iter().any(|tool| tool["type"] == "function" && tool["function"]["parameters"].is_null())
    {
        return Err("a function has no parameters".to_owned());
    }
    if upstream.plain_text
        && messages.iter().any(|message| {
            let parts = list(&message["content"]);
            !parts.is_empty() && parts.iter().all(|part| part["type"] == "text")
        })
    {
        return Err("a text is a list of parts".to_owned());
    }
    if upstream.missing_user.is_some() && !messages.iter().any(|message| message["role"] == "user") {
        return Err("there is no user".to_owned());
    }
    let calls = || messages.iter().flat_map(|message| list(&message["tool_calls"]));
    if upstream.call_ids == CallIdForm::Nine && calls().any(|call| call["id"].as_str().map(str::len) != Some(9)) {
        return Err("a call id has not nine letters".to_owned());
    }
    if upstream.json_arguments {
        let is_object = |call: &Value| {
            let text = call["function"]["arguments"].as_str().unwrap_or("{}");
            serde_json::from_str::<Value>(text).is_ok_and(|arguments| arguments.is_object())
        };
        if !calls().all(is_object) {
            return Err("arguments are no object".to_owned());
        }
    }
    let is_told_to_think = upstream.thinks != Thinks::WhenAsked && upstream.effort_none.is_none();
    if upstream.needs_reasoning != Needs::Never && is_told_to_think {
        let lacks = |message: &&Value| {
            message["role"] == "assistant" && !message["tool_calls"].is_null() && message["reasoning_content"].is_null()
        };
        if messages.iter().any(|message| lacks(&message)) {
            return Err("a turn with calls has no thoughts".to_owned());
        }
    }
    if !upstream.efforts.is_empty() {
        let effort = upstream.effort_field.split('.').fold(request, |value, step| &value[step]);
        let is_taken = effort.as_str().is_none_or(|effort| upstream.efforts.iter().any(|known| known == effort));
        let has_rank = |effort: &Value| {
            ["none", "minimal", "low", "medium", "high", "xhigh", "max"].iter().any(|known| effort == known)
        };
        if !is_taken && has_rank(effort) {
            return Err(format!("it asks for the effort {effort}"));
        }
    }
    Ok(())
}

fn within_the_ways_of_messages(upstream: &MessagesUpstream, request: &Value) -> Result<(), String> {
    for field in &upstream.refused {
        let name = field.as_str();
        let is_there = match field {
            messages::Field::CacheControl => request.to_string().contains(r#""cache_control":"#),
            messages::Field::Strict => list(&request["tools"]).iter().any(|tool| !tool["strict"].is_null()),
            _ => !name.split('.').fold(request, |value, step| &value[step]).is_null(),
        };
        if is_there {
            return Err(format!("it has `{name}`"));
        }
    }
    if let Some(way) = request["thinking"]["type"].as_str()
        && !upstream.thinking.is_empty()
        && !upstream.thinking.iter().any(|known| known == way)
    {
        return Err(format!("it thinks in the way `{way}`"));
    }
    let is_system = |message: &Value| message["role"] == "system";
    if upstream.mid_system == MidSystem::Reminder && list(&request["messages"]).iter().any(is_system) {
        return Err("the operator speaks in mid-conversation".to_owned());
    }
    if request["max_tokens"].as_i64().is_none_or(|limit| limit < 1) {
        return Err("it has no limit".to_owned());
    }
    Ok(())
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Hosts of the recordings, and the profiles of those that have one.
const HOSTS: &[(&str, &str)] = &[
    ("api.deepseek.com", "deepseek"),
    ("api.moonshot.ai", "kimi"),
    ("api.z.ai", "glm"),
    ("api.mistral.ai", "mistral"),
    ("api.groq.com", "groq"),
    ("openrouter.ai", "openrouter"),
    ("api.x.ai", "xai"),
    ("local llama.cpp", "llamacpp"),
    ("api.githubcopilot.com", "copilot"),
    ("router.huggingface.co", "huggingface"),
];

#[test]
fn each_recording_of_a_host_is_translated_with_its_profile() {
    let Some(folder) = recordings() else {
        eprintln!("no recordings beside the checkout");
        return;
    };
    let index = fs::read_to_string(folder.join("index.tsv")).unwrap();
    let (mut requests, mut replies) = (0, 0);
    for line in index.lines().skip(1) {
        let columns: Vec<_> = line.split('\t').collect();
        let [name, kind, host, ..] = columns[..] else { continue };
        let Some((_, profile)) = HOSTS.iter().find(|(known, _)| *known == host) else { continue };
        let profile = ReadyProfile::named(profile).unwrap().profile().unwrap();
        let stamp = || Stamp { id: "1".to_owned(), created: 0 };
        let read = |ending: &str| fs::read(folder.join(kind).join(format!("{name}.{ending}")));
        match kind {
            "chat_requests" => {
                let body = read("json").unwrap();
                let Upstream::Chat(upstream) = &profile.upstream else { continue };
                let outgoing = Translator::new(Api::Chat).request(&body, &profile.upstream, stamp());
                match outgoing {
                    Ok(outgoing) => within_its_ways(upstream, &serde_json::from_slice(&outgoing.body).unwrap())
                        .unwrap_or_else(|error| panic!("{name} for {host}: {error}")),
                    Err(error) => assert!(error.param().is_some(), "{name} for {host}: {error}"),
                }
                requests += 1;
            }
            "chat_json" | "chat_stream" => {
                let body = if kind == "chat_json" { read("json") } else { read("sse") }.unwrap();
                let asks = json!({"model": "m", "input": "q", "stream": false}).to_string();
                let outgoing =
                    Translator::new(Api::Responses).request(asks.as_bytes(), &profile.upstream, stamp()).unwrap();
                let mut answer = outgoing.reply.answer();
                let mut out = Vec::new();
                let _ = answer.bytes(&body, &mut out);
                let outcome = answer.finish(&mut out);
                let lost = outcome.losses.iter().find(|loss| loss.code == LossCode::DroppedReasoning);
                assert!(lost.is_none(), "{name} of {host}: {lost:?}");
                let failure = outcome.failure();
                let is_failure = String::from_utf8_lossy(&body).contains("\"error\"");
                assert!(failure.is_none() || is_failure, "{name} of {host}: {failure:?}");
                replies += 1;
            }
            _ => {}
        }
    }
    assert!(requests > 100 && replies > 150, "{requests} requests and {replies} replies");
}

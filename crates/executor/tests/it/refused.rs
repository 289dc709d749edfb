//! What each provider of Chat refuses by its documentation, over every request that its profile makes of the fixtures and of
//! those in `tests/asked.json`, which have in them what somebody refuses.
//!
//! `tests/refused.json` is written after what the providers say, apart from the profiles: it must not be made of them. Each key
//! of a provider's object is a rule of [`RULES`], its value what the rule needs to know. `TO_ALL` holds for every one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use interlingua_executor::{Profile, ReadyProfile};
use interlingua_translate::{Api, ChatUpstream, Stamp, Translator, Upstream};
use serde_json::{Map, Value};

use crate::ready::{list, requests};

/// Whether a request breaks a rule; the second value is what the table says.
type Rule = fn(&Value, &Value) -> bool;

const RULES: &[(&str, Rule)] = &[
    ("absent", |request, paths| list(paths).iter().any(|path| !at(request, path.as_str().unwrap()).is_empty())),
    ("always_streams", |request, _| request["stream"] != true && request["enable_thinking"] != false),
    ("arguments_are_objects", |request, _| {
        let is_object = |text: &str| serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object());
        let arguments = at(request, "messages[].tool_calls[].function.arguments");
        !arguments.iter().all(|arguments| arguments.as_str().is_some_and(is_object))
    }),
    ("call_id_letters", |request, count| {
        let is_short = |id: &&Value| {
            let id = id.as_str().unwrap_or_default();
            Some(id.len() as u64) == count.as_u64() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        !at(request, "messages[].tool_calls[].id").iter().all(is_short)
            || !at(request, "messages[].tool_call_id").iter().all(is_short)
    }),
    ("calls_have", |request, rule| {
        let is_excused = has(request, &rule["but_with"]);
        let field = rule["field"].as_str().unwrap();
        let lacks =
            |message: &Value| message["tool_calls"].is_array() && message[field].as_str().is_none_or(str::is_empty);
        !is_excused && messages(request).iter().any(lacks)
    }),
    ("choices", |request, choices| match &request["tool_choice"] {
        Value::Null => false,
        choice @ Value::String(_) => !list(choices).contains(choice),
        _ => !list(choices).contains(&Value::from("function")),
    }),
    ("continues_with", |request, field| {
        messages(request).last().is_some_and(|last| {
            last["role"] == "assistant" && last["tool_calls"].is_null() && last[field.as_str().unwrap()] != true
        })
    }),
    ("efforts", |request, efforts| {
        let effort = &request["reasoning_effort"];
        !effort.is_null() && !list(efforts).contains(effort)
    }),
    ("forced_only_with", |request, fields| {
        let is_forced = request["tool_choice"] == "required" || request["tool_choice"].is_object();
        is_forced && !has(request, fields)
    }),
    ("format_beside_tools", |request, _| !request["response_format"].is_null() && !list(&request["tools"]).is_empty()),
    ("formats", |request, formats| {
        at(request, "response_format.type").iter().any(|kind| !list(formats).contains(kind))
    }),
    ("needs_user", |request, _| !messages(request).iter().any(|message| message["role"] == "user")),
    ("no_empty_text", |request, _| {
        at(request, "messages[].content").iter().any(|content| **content == "")
            || at(request, "messages[].content[].text").iter().any(|text| **text == "")
            || messages(request).iter().any(|message| message.get("content") == Some(&Value::Null))
    }),
    ("no_parallel", |request, _| request["parallel_tool_calls"] == true),
    ("no_prefill_with", |request, fields| {
        let is_prefill = |last: &Value| last["role"] == "assistant" && last["tool_calls"].is_null();
        messages(request).last().is_some_and(is_prefill) && has(request, fields)
    }),
    ("parameters", |request, _| list(&request["tools"]).iter().any(|tool| !tool["function"]["parameters"].is_object())),
    ("parts", |request, kinds| at(request, "messages[].content[].type").iter().any(|kind| !list(kinds).contains(kind))),
    ("pictures_as_data", |request, _| {
        let is_data = |url: &&Value| url.as_str().is_some_and(|url| url.starts_with("data:"));
        !at(request, "messages[].content[].image_url.url").iter().all(is_data)
    }),
    ("roles", |request, roles| at(request, "messages[].role").iter().any(|role| !list(roles).contains(role))),
    ("schema_without", |request, words| {
        let mut schemas = at(request, "tools[].function.parameters");
        schemas.extend(at(request, "response_format.json_schema.schema"));
        schemas.iter().any(|schema| list(words).iter().any(|word| has_key(schema, word.as_str().unwrap())))
    }),
    ("strict_is_said", |request, _| {
        let formats = at(request, "response_format.json_schema");
        let functions = at(request, "tools[].function");
        functions.iter().chain(&formats).any(|it| !it["strict"].is_boolean())
    }),
    ("strict_only_true", |request, _| at(request, "tools[].function.strict").iter().any(|strict| **strict == false)),
    ("system", |request, place| {
        let is_system = |message: &Value| message["role"] == "system" || message["role"] == "developer";
        let leading = messages(request).iter().take_while(|message| is_system(message)).count();
        let all = messages(request).iter().filter(|message| is_system(message)).count();
        all > leading || (place == "one" && all > 1)
    }),
    ("temperature_to", |request, most| request["temperature"].as_f64() > most.as_f64()),
    ("text_is_string", |request, _| {
        let is_text = |content: &Value| {
            let parts = list(content);
            !parts.is_empty() && parts.iter().all(|part| part["type"] == "text")
        };
        messages(request).iter().any(|message| is_text(&message["content"]))
    }),
    ("tool_names", |request, form| {
        let least = usize::try_from(form["least"].as_u64().unwrap()).unwrap();
        let is_name = |name: &&Value| {
            let name = name.as_str().unwrap_or_default();
            name.len() >= least && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        };
        !at(request, "tools[].function.name").iter().all(is_name)
    }),
    ("tools", |request, kinds| at(request, "tools[].type").iter().any(|kind| !list(kinds).contains(kind))),
    ("user_behind_tool", |request, _| {
        messages(request).windows(2).any(|pair| pair[0]["role"] == "tool" && pair[1]["role"] == "user")
    }),
];

/// What nobody takes: to speak of tools where there are none.
const TO_ALL: Rule = |request, _| {
    let has_none = list(&request["tools"]).is_empty();
    has_none && ["tools", "tool_choice", "parallel_tool_calls"].iter().any(|name| !request[*name].is_null())
};

#[test]
fn no_profile_sends_what_the_provider_s_documentation_refuses() {
    let table = table();
    let requests = all_requests();
    let of_chat = ReadyProfile::all().iter().filter(|ready| ready.api().unwrap() == Api::Chat).map(|ready| ready.name);
    let known: BTreeSet<&str> = of_chat.chain(["compatible"]).collect();
    assert_eq!(table.keys().map(String::as_str).collect::<BTreeSet<_>>(), known, "the table has every provider");
    let mut wrong = Vec::new();
    let mut judged = 0;
    for (name, rules) in &table {
        let upstream = Profile::named(name, Api::Chat).unwrap().upstream;
        for (fixture, request) in written(&requests, &upstream) {
            let broken = broken(rules, &request);
            wrong.extend(broken.into_iter().map(|rule| format!("{name}: {rule} in what is made of {fixture}")));
            judged += 1;
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
    assert!(judged > 4000, "only {judged} requests were judged");
}

/// A rule that no request could break would hold nothing.
#[test]
fn each_rule_is_broken_by_what_goes_to_a_server_without_ways_of_its_own() {
    let requests = all_requests();
    let usual = ChatUpstream { replay_reasoning: true, ..ChatUpstream::default() };
    let Upstream::Chat(local) = Profile::named("llamacpp", Api::Chat).unwrap().upstream else { unreachable!() };
    let local = ChatUpstream { prefill_while_thinking: true, ..local };
    let ways = [usual, ChatUpstream::compatible(), local].map(Upstream::Chat);
    let plain: Vec<_> = ways.iter().flat_map(|way| written(&requests, way)).collect();
    let mut idle = BTreeMap::new();
    for (name, rules) in table() {
        for (rule, value) in rules {
            let breaks = |value: &Value| {
                let rules = Map::from_iter([(rule.clone(), value.clone())]);
                plain.iter().any(|(_, request)| !broken(&rules, request).is_empty())
            };
            // Of a list of fields each one is a rule.
            let values = if rule == "absent" {
                list(&value).iter().map(|path| Value::from(vec![path.clone()])).collect()
            } else {
                vec![value]
            };
            idle.extend(
                values
                    .into_iter()
                    .filter(|value| !breaks(value))
                    .map(|value| (format!("{rule} {value}"), name.clone())),
            );
        }
    }
    let idle: Vec<_> = idle.into_keys().collect();
    assert_eq!(idle, IDLE, "these no fixture tries");
}

/// Rules that no fixture breaks as it is: nobody writes such a thing, or the usual ways leave it out themselves.
const IDLE: &[&str] = &[];

/// The fixtures' and those that are made for this.
fn all_requests() -> Vec<(String, Api, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/asked.json");
    let asked: Vec<Value> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let asked = asked.into_iter().enumerate().map(|(index, it)| {
        (
            format!("asked.json, the request {index}"),
            it["client"].as_str().unwrap().parse().unwrap(),
            it["body"].to_string().into_bytes(),
        )
    });
    requests().into_iter().chain(asked).collect()
}

fn table() -> BTreeMap<String, Map<String, Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refused.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// What an upstream is sent for each request that it can be sent.
fn written<'r>(
    requests: &'r [(String, Api, Vec<u8>)],
    upstream: &'r Upstream,
) -> impl Iterator<Item = (&'r str, Value)> {
    requests.iter().filter_map(|(name, api, body)| {
        let stamp = Stamp { id: "1".to_owned(), created: 0 };
        let outgoing = Translator::new(*api).request(body, upstream, stamp).ok()?;
        Some((name.as_str(), serde_json::from_slice(&outgoing.body).unwrap()))
    })
}

fn broken(rules: &Map<String, Value>, request: &Value) -> Vec<String> {
    let known = |name: &str| RULES.iter().find(|(rule, _)| *rule == name);
    let rules = rules.iter().map(|(name, value)| {
        let (_, rule) = known(name).unwrap_or_else(|| panic!("`{name}` is no rule"));
        (name.as_str(), *rule, value)
    });
    let all = rules.chain([("tools that are not there", TO_ALL, &Value::Null)]);
    all.filter(|(_, rule, value)| rule(request, value)).map(|(name, _, value)| format!("{name} {value}")).collect()
}

fn messages(request: &Value) -> &[Value] {
    list(&request["messages"])
}

/// What stands at a path, `[]` for each of a list; null is nothing.
fn at<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = vec![value];
    for step in path.split('.') {
        let (name, is_list) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        found = found.into_iter().filter_map(|value| value.get(name)).collect();
        if is_list {
            found = found.into_iter().flat_map(list).collect();
        }
    }
    found.retain(|value| !value.is_null());
    found
}

/// Whether an object has all of another in it.
fn has(value: &Value, pattern: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, inner)| has(&value[name], inner)),
        pattern => value == pattern,
    }
}

fn has_key(value: &Value, word: &str) -> bool {
    match value {
        Value::Object(fields) => fields.contains_key(word) || fields.values().any(|inner| has_key(inner, word)),
        Value::Array(items) => items.iter().any(|inner| has_key(inner, word)),
        _ => false,
    }
}

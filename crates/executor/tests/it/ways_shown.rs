//! That every way of a Chat upstream has a case in `tests/upstreams/` which fails without it.

use std::collections::BTreeSet;

use interlingua_executor::{Profile, ReadyProfile};
use interlingua_translate::chat::{BesideTools, CallIdForm, Carried, Choice, JsonForm, Needs, ReasoningForm, Thinks};
use interlingua_translate::{ChatUpstream, MidSystem};
use serde_json::{Map, Value, json};

use crate::upstreams::{cases, judge_with};

/// The keys that hold one of some words, or a list of such, and the words.
fn words() -> Vec<(&'static str, Vec<&'static str>)> {
    fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
        all.iter().copied().map(name).collect()
    }
    let forms = names(JsonForm::ALL, JsonForm::as_str);
    let choices = names(Choice::ALL, Choice::as_str);
    vec![
        ("mid_system", names(MidSystem::ALL, MidSystem::as_str)),
        ("json_schema", forms.clone()),
        ("json_object", forms),
        ("json_beside_tools", names(BesideTools::ALL, BesideTools::as_str)),
        ("thinks", names(Thinks::ALL, Thinks::as_str)),
        ("needs_reasoning", names(Needs::ALL, Needs::as_str)),
        ("call_ids", names(CallIdForm::ALL, CallIdForm::as_str)),
        ("choices", choices.clone()),
        ("choices_while_thinking", choices),
        ("reasoning_as", names(ReasoningForm::ALL, ReasoningForm::as_str)),
        ("carried", names(Carried::ALL, Carried::as_str)),
    ]
}

/// A change that a case has to notice, and what it shows if it does.
struct Mutation {
    shows: Vec<String>,
    tables: Value,
}

#[test]
fn each_key_and_each_word_has_a_case_that_fails_without_it() {
    let words = words();
    let mut wanted: BTreeSet<String> =
        ChatUpstream::default().settings().into_iter().map(|it| it.key.to_owned()).collect();
    wanted.extend(words.iter().flat_map(|(key, words)| words.iter().map(move |word| format!("{key} = {word}"))));
    for (_, case) in cases() {
        let Some(tables) = tables(&case["profile"]) else { continue };
        if serde_json::from_value(tables.clone()).is_ok_and(|profile| judge_with(&case, &profile).is_err()) {
            continue;
        }
        for Mutation { shows, tables } in mutations(&tables, &words) {
            if shows.iter().any(|it| wanted.contains(it)) {
                let profile: Result<Profile, _> = serde_json::from_value(tables);
                if profile.is_ok_and(|profile| judge_with(&case, &profile).is_err()) {
                    wanted.retain(|it| !shows.contains(it));
                }
            }
        }
    }
    assert!(wanted.is_empty(), "no case shows {wanted:#?}");
}

/// The tables of a case's profile.
fn tables(named: &Value) -> Option<Value> {
    let Value::String(name) = named else { return Some(named.clone()) };
    let mut tables: Value = toml::from_str(ReadyProfile::named(name)?.toml).unwrap();
    tables.as_object_mut().unwrap().remove("about");
    Some(tables)
}

/// The tables without one of the keys, or with another word in it.
fn mutations(tables: &Value, words: &[(&str, Vec<&str>)]) -> Vec<Mutation> {
    let mut found = Vec::new();
    let none = Map::new();
    let chat = tables["chat"].as_object().unwrap_or(&none);
    let models = chat.get("models").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut places = vec!["/chat".to_owned()];
    places.extend((0..models.len()).map(|index| format!("/chat/models/{index}")));
    for place in places {
        let table = tables.pointer(&place).and_then(Value::as_object).unwrap_or(&none);
        for (key, value) in table.iter().filter(|(key, _)| *key != "names") {
            let mut shows = vec![key.clone()];
            if place != "/chat" {
                shows.push("models".to_owned());
            }
            let with = |value: Option<Value>| {
                let mut tables = tables.clone();
                let table = tables.pointer_mut(&place).unwrap().as_object_mut().unwrap();
                match value {
                    Some(value) => table.insert(key.clone(), value),
                    None => table.remove(key),
                };
                tables
            };
            let said =
                |word: &Value| [shows.clone(), vec![format!("{key} = {}", word.as_str().unwrap_or_default())]].concat();
            found.push(Mutation { shows: shows.clone(), tables: with(None) });
            let Some((_, all)) = words.iter().find(|(name, _)| name == key) else { continue };
            match value {
                Value::Array(list) => {
                    for (index, word) in list.iter().enumerate() {
                        let mut rest = list.clone();
                        rest.remove(index);
                        found.push(Mutation { shows: said(word), tables: with(Some(Value::Array(rest))) });
                    }
                }
                word => found.extend(
                    all.iter()
                        .filter(|other| json!(other) != *word)
                        .map(|other| Mutation { shows: said(word), tables: with(Some(json!(other))) }),
                ),
            }
        }
    }
    found
}

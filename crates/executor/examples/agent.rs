//! An agent on the model alone: ask, run the tools that are called, append what they say, until no more are called.
//!
//! No line of the loop names an API, so it runs over either. The upstream is a replay, which has recorded this conversation
//! over Responses and makes one up over Chat; for a real one, give its base URL to [`Backend`] and its key to
//! [`Executor::with_bearer`].
//!
//! ```sh
//! cargo run -p interlingua-executor --example agent -- responses   # or chat
//! ```
#![expect(clippy::print_stdout, reason = "a program talks to its terminal")]

use std::error::Error;

use interlingua_executor::{Backend, Config, Executor, Profile};
use interlingua_model::{
    Api, Content, FunctionTool, Item, ItemKind, Json, Message, Origin, PartKind, Request, Role, Sourced, Tool,
    ToolCall, ToolResult,
};
use interlingua_replay::Replay;

/// A model that calls tools for ever must not be paid for ever.
const MOST_TURNS: usize = 8;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let api: Api = std::env::args().nth(1).as_deref().unwrap_or("responses").parse()?;
    let server = Replay::embedded().spawn().await?;
    let backend = Backend { base_url: Some(server.base_url().parse()?), ..Backend::default() };
    let executor = Executor::over_http(Config { backend, ..Config::from(Profile::openai(api)) })?;

    let mut request = Request::new("gpt-5.5");
    request.store = Some(Sourced::at("store", false));
    request.tools.push(weather_tool()?);
    let question = Message::new(Role::User, Content::Text("What is the weather in Lisbon?".to_owned()));
    request.items.push(item(ItemKind::Message(question)));

    for _ in 0..MOST_TURNS {
        let said = executor.complete(request.clone()).await?.value.items;
        let results: Vec<Item> = said.iter().filter_map(called).map(run).collect();
        if results.is_empty() {
            println!("{}", said.iter().map(text).collect::<String>());
            return Ok(());
        }
        // Everything goes back, not the calls alone: a model thinks on where its own thoughts are still there.
        request.items.extend(said.into_iter().chain(results));
    }
    Err("the model still calls tools after its last turn".into())
}

fn weather_tool() -> Result<Tool, Box<dyn Error>> {
    let schema =
        r#"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}"#;
    Ok(Tool::Function(FunctionTool {
        origin: Origin::default(),
        name: "get_weather".to_owned(),
        namespace: None,
        description: Some("Current weather in a city.".to_owned()),
        parameters: Some(Json::from_text(schema)?),
        strict: Some(false),
        cache_breakpoint: None,
        beside: Vec::new(),
    }))
}

fn called(item: &Item) -> Option<&ToolCall> {
    if let ItemKind::ToolCall(call) = &item.kind { Some(call) } else { None }
}

/// Runs the one tool there is. What goes wrong is told to the model, which can often mend it.
fn run(call: &ToolCall) -> Item {
    println!("{} {}", call.name, call.arguments.text());
    let output = match call.name.as_str() {
        "get_weather" => r#"{"sky":"clear","celsius":24}"#.to_owned(),
        unknown => format!("there is no tool `{unknown}`"),
    };
    let (call_id, kind) = (call.call_id.clone(), call.arguments.kind());
    item(ItemKind::ToolResult(ToolResult {
        id: None,
        call_id,
        kind,
        output: Content::Text(output),
        is_error: None,
        status: None,
    }))
}

/// What an item says to the person who asked.
fn text(item: &Item) -> String {
    let ItemKind::Message(message) = &item.kind else { return String::new() };
    match &message.content {
        Content::Text(text) => text.clone(),
        Content::Parts(parts) => {
            let texts = parts
                .iter()
                .filter_map(|part| if let PartKind::Text(text) = &part.kind { Some(&*text.text) } else { None });
            texts.collect()
        }
    }
}

/// An item that stood in no document.
fn item(kind: ItemKind) -> Item {
    Item::new(Origin::default(), kind)
}

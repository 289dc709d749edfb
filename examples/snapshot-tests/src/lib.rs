//! A program that asks a model, down to the one function that its tests look at.

use futures_util::StreamExt as _;
use interlingua_executor::{Backend, Config, Error, Executor, Profile};
use interlingua_model::{Api, Content, Event, Finish, Item, ItemKind, Message, Origin, Request, Role};

/// Asks a provider, and says what the user is shown.
pub async fn ask(base_url: &str, api: Api, question: &str) -> String {
    let mut shown = String::new();
    if let Err(error) = stream(base_url, api, question, &mut shown).await {
        shown = format!("No answer: {error}");
    }
    shown
}

async fn stream(base_url: &str, api: Api, question: &str, shown: &mut String) -> Result<(), Error> {
    let backend = Backend { base_url: Some(base_url.parse()?), ..Backend::default() };
    let executor = Executor::over_http(Config { backend, ..Config::from(Profile::openai(api)) })?;

    let mut request = Request::new("gpt-5.5");
    let question = Message::new(Role::User, Content::Text(question.to_owned()));
    request.items.push(Item::new(Origin::default(), ItemKind::Message(question)));

    let mut events = executor.stream(request).await?.value;
    while let Some(event) = events.next().await {
        match event {
            Event::TextDelta { text, .. } => shown.push_str(&text),
            Event::Finished(ending) => {
                if let Finish::Incomplete(reason) = ending.finish {
                    shown.push_str(&format!("\n(cut short: {reason:?})"));
                }
                if let Some(usage) = ending.usage {
                    shown.push_str(&format!("\n({} tokens read, {} written)", usage.input, usage.output));
                }
            }
            Event::Failed(failure) => shown.push_str(&format!("\n(failed: {})", failure.message)),
            _ => {}
        }
    }
    Ok(())
}

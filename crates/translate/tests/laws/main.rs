//! Laws that hold between every two APIs, for every fixture and every recording, with no code of their own for any of them.
//!
//! Everything goes through the front door: a client of one API asks, an upstream of another answers in the bytes of a fixture
//! or a recording. Each law is one line of a table (`replies::LAWS`, `requests::LAWS`), and runs over all pairs of [`Api::ALL`],
//! so that a new API, with its folders of fixtures and recordings, is under all of them.
//!
//! What an API asks of what is sent to it, which no other can state, is in `targets.rs`.
#![cfg(test)]
#![expect(clippy::wildcard_enum_match_arm, reason = "a law looks at the kinds it is about")]

/// Refuses where two things differ.
macro_rules! hold {
    ($left:expr, $right:expr, $($what:tt)+) => {
        let (left, right) = (&$left, &$right);
        if left != right {
            return Err(format!("{}:\n   left: {left:?}\n  right: {right:?}", format_args!($($what)+)));
        }
    };
}

mod blocks;
mod keys;
mod pair;
mod passed;
mod recorded;
mod replies;
mod requests;
mod retold;
mod said;
#[path = "../support/mod.rs"]
mod support;
mod table;
mod targets;
mod told;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use interlingua_translate::Api;
use libtest_mimic::{Arguments, Failed, Trial};
use pair::Pair;

/// What a law says of one case: whether it is about such cases at all, or what is wrong.
type Verdict = Result<About, String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// It is, and it holds.
    It,
    /// It says nothing of such a case.
    Another,
}

/// A law: what it says, and the check.
type Law<C> = (&'static str, fn(Pair, &C) -> Verdict);

/// What a law is about.
trait Named {
    fn name(&self) -> &str;
}

/// Cases that break a law, each with its reason: law, where to, case. One that holds again must go.
const EXCEPT: &[(&str, Api, &str, &str)] = &[
    (requests::PLACES, Api::Chat, LEGACY_RESULT, "a deprecated result has no id: it names its function"),
    (requests::PLACES, Api::Responses, LEGACY_RESULT, "a deprecated result has no id: it names its function"),
    (requests::PLACES, Api::Messages, LEGACY_RESULT, "a deprecated result has no id: it names its function"),
    (requests::PLACES, Api::Chat, DOCUMENT_URL, "the file came as `document_url`, a part that only one server knows"),
    (
        requests::PLACES,
        Api::Responses,
        DOCUMENT_URL,
        "the file came as `document_url`, a part that only one server knows",
    ),
    (replies::HISTORY, Api::Responses, APPROVAL, ONLY_ITS_SERVER),
    (replies::HISTORY, Api::Responses, APPROVAL_STREAMED, ONLY_ITS_SERVER),
    (replies::HISTORY, Api::Responses, PROGRAM, ONLY_ITS_SERVER),
    (replies::HISTORY, Api::Responses, PROGRAM_STREAMED, ONLY_ITS_SERVER),
];

const ONLY_ITS_SERVER: &str = "what waits for a server's own state goes on at that server alone";
const APPROVAL: &str = "recordings/responses_json/vai-openai-openai-mcp-tool-approval-1.json";
const APPROVAL_STREAMED: &str = "recordings/responses_stream/vai-openai-openai-mcp-tool-approval-1.sse";
const PROGRAM: &str = "recordings/responses_json/vai-openai-programmatic-tool-calling-1.json";
const PROGRAM_STREAMED: &str = "recordings/responses_stream/vai-openai-programmatic-tool-calling-1.sse";

const LEGACY_RESULT: &str = "chat/legacy-function-result";
const DOCUMENT_URL: &str = "recordings/chat_requests/pyd-multimodal-tool-returns-multimodal-tool-return-matrix-direct-binary-document-mistral-1.json";

/// How many cases were judged in all.
static JUDGED: AtomicUsize = AtomicUsize::new(0);

fn main() {
    let mut trials = Vec::new();
    for &from in Api::ALL {
        let replies = Arc::new(told::all(from));
        let requests = Arc::new(requests::all(from));
        for &to in Api::ALL {
            add(&mut trials, Pair { from, to }, &replies, replies::LAWS);
            add(&mut trials, Pair { from, to }, &requests, requests::LAWS);
        }
        add(&mut trials, Pair { from, to: from }, &replies, replies::LAWS_OF_ONE);
        add(&mut trials, Pair { from, to: from }, &replies, passed::LAWS);
        if from == Api::Responses {
            add(&mut trials, Pair { from, to: from }, &replies, retold::LAWS);
        }
    }
    trials.push(Trial::test(
        "responses: no recorded event of a known type is skipped",
        recorded::nothing_known_is_skipped,
    ));
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    println!("{} cases judged\n", JUDGED.load(Ordering::Relaxed));
    let all_are_held = conclusion.num_filtered_out == 0 && conclusion.num_ignored == 0 && !conclusion.has_failed();
    if all_are_held
        && conclusion.num_passed > 0
        && let Err(problem) = table::check()
    {
        eprintln!("{problem}");
        std::process::exit(101);
    }
    conclusion.exit();
}

fn add<C: Named + Send + Sync + 'static>(trials: &mut Vec<Trial>, pair: Pair, cases: &Arc<Vec<C>>, laws: &[Law<C>]) {
    for &(title, law) in laws {
        let cases = cases.clone();
        trials.push(Trial::test(format!("{pair}: {title}"), move || judge(pair, title, law, &cases)));
    }
}

/// Holds a law against every case, and tells of all that break it.
fn judge<C: Named>(pair: Pair, title: &'static str, law: fn(Pair, &C) -> Verdict, cases: &[C]) -> Result<(), Failed> {
    let (mut judged, mut fixtures) = (0_usize, 0_usize);
    let mut wrong = Vec::new();
    let mut broken = BTreeSet::new();
    for case in cases {
        match law(pair, case) {
            Ok(About::Another) => {}
            Ok(About::It) => {
                judged += 1;
                fixtures += usize::from(!case.name().starts_with("recordings/"));
            }
            Err(_) if EXCEPT.iter().any(|(law, to, name, _)| (*law, *to, *name) == (title, pair.to, case.name())) => {
                broken.insert(case.name().to_owned());
            }
            Err(error) => wrong.push(format!("{}: {error}", case.name())),
        }
    }
    JUDGED.fetch_add(judged, Ordering::Relaxed);
    table::count(title, pair, fixtures);
    let names: BTreeSet<_> = cases.iter().map(Named::name).collect();
    for (_, _, name, _) in
        EXCEPT.iter().filter(|(law, to, name, _)| (*law, *to) == (title, pair.to) && names.contains(name))
    {
        if !broken.contains(*name) {
            wrong.push(format!("{name}: the law holds, so the exception can go"));
        }
    }
    if judged == 0 {
        wrong.push("there is no case that the law is about".to_owned());
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("{} of {}\n{}", wrong.len(), judged + wrong.len(), wrong.join("\n")).into())
    }
}

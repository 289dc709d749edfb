//! Requests: Chat to Responses.

use aigw_core::model::ChatRequest;
use interlingua_bench as work;
use serde::de::IgnoredAny;

use crate::reference;
use crate::turns::{Asked, Case, Measured, Rows, measure};

pub fn long(rows: &mut Rows, rounds: u32) {
    const GROUP: &str = "Request of 50 messages and 10 tools";
    let body = work::long_request();
    let [skip, original, ours, moved] = translated(&body, rounds);
    rows.about(GROUP, "A Chat body to a Responses body.");
    let unit = "x the time of a skipping parse";
    rows.time(GROUP, "the original", unit, original.times_longer(&skip), None);
    rows.time(GROUP, "texts moved, and no more", unit, moved.times_longer(&skip), None);
    rows.time(GROUP, "ours", unit, ours.times_longer(&skip), Some(Asked { must: 3.0, aim: 2.0 }));
    rows.note("3.0 times by instructions, of which reading the body into types is half; of the time a tenth is faster in front of another allocator than glibc's, another tenth moves texts in and out, and most waits for values that were just written to be moved on, from the types of one API by those of the model to those of the other");
    let unit = "allocations";
    rows.count(GROUP, "the original", unit, original.allocations(), None);
    rows.count(GROUP, "texts moved, and no more", unit, moved.allocations(), None);
    rows.count(GROUP, "ours", unit, ours.allocations(), Some(Asked { must: 100.0, aim: 22.0 }));
    rows.note("110 are the texts, ids, names, arguments and schemas of this request, each owned once and moved from there on; 60 are lists of one part or one call, and the assistant's messages, on their way through the three types: what is missing is that texts are borrowed from the body through the types of wire and model, which all own theirs, so that a request can wait for its upstream");
}

pub fn image(rows: &mut Rows, rounds: u32) {
    const GROUP: &str = "Request with a 4 MiB image";
    let body = work::image_request();
    let size = body.len() as f64;
    let [skip, original, ours, moved] = translated(&body, rounds);
    rows.about(GROUP, "A Chat body to a Responses body.");
    let unit = "x the time of a skipping parse";
    rows.time(GROUP, "the original", unit, original.times_longer(&skip), None);
    rows.time(GROUP, "texts moved, and no more", unit, moved.times_longer(&skip), None);
    rows.time(GROUP, "ours", unit, ours.times_longer(&skip), Some(Asked { must: 4.0, aim: 2.0 }));
    let unit = "bodies of heap beside the body";
    rows.count(GROUP, "the original", unit, original.heap() / size, None);
    rows.count(GROUP, "texts moved, and no more", unit, moved.heap() / size, None);
    rows.count(GROUP, "ours", unit, ours.heap() / size, Some(Asked { must: 1.1, aim: 0.1 }));
}

fn translated(body: &[u8], rounds: u32) -> [Measured; 4] {
    let measured = measure(
        vec![
            Case::new("skip", || serde_json::from_slice::<IgnoredAny>(body).map_or(0, |_| body.len())),
            Case::new("original", || {
                let request: ChatRequest = serde_json::from_slice(body).unwrap();
                let built = aigw_openai::build_responses_create_request(&request, &Default::default()).unwrap();
                serde_json::to_vec(&built).unwrap().len()
            }),
            Case::new("ours", || work::translate_request(body).body.len()),
            Case::new("moved", || reference::request(body).len()),
        ],
        rounds,
    );
    measured.try_into().unwrap_or_else(|_| unreachable!())
}

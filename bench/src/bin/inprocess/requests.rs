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
    rows.note("6.1 times by instructions: 35 % of it reads the body into owned types, 21 % makes the model of them, 40 % writes the upstream's body; reading alone costs 2.1 skipping parses");
    let unit = "allocations";
    rows.count(GROUP, "the original", unit, original.allocations(), None);
    rows.count(GROUP, "texts moved, and no more", unit, moved.allocations(), None);
    rows.count(GROUP, "ours", unit, ours.allocations(), Some(Asked { must: 100.0, aim: 22.0 }));
    rows.note("each text of a request is owned on its way from the client's body through the model to the upstream's, and the path of each place is spelt out before anything is wrong there");
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

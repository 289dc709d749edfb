//! Credentials that a request holds are in no `Debug`, of whatever a program has of it.

use interlingua_translate::{Api, Stamp, Translator, Upstream, chat, messages, responses, wire};

const TOKEN: &str = "canary-0123456789";

/// Each place of a request where a credential stands, or may stand in a field or a kind that nobody knows yet.
const REQUESTS: [(Api, &str); 14] = [
    (
        Api::Responses,
        r#"{"model":"m","input":"hi","tools":[{"type":"mcp","server_label":"s","server_url":"https://u:TOKEN@s/?key=TOKEN"}]}"#,
    ),
    (
        Api::Messages,
        r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"mcp_servers":[{"type":"url","name":"s","url":"https://s/?key=TOKEN"}],"tools":[{"type":"mcp_toolset","mcp_server_name":"s"}]}"#,
    ),
    (
        Api::Responses,
        r#"{"model":"m","input":"hi","tools":[{"type":"mcp","server_label":"s","server_url":"https://s","authorization":"TOKEN"}]}"#,
    ),
    (
        Api::Responses,
        r#"{"model":"m","input":"hi","tools":[{"type":"mcp","server_label":"s","server_url":"https://s","headers":{"x-key":"TOKEN"}}]}"#,
    ),
    (
        Api::Responses,
        r#"{"model":"m","input":"hi","tools":[{"type":"mcp","server_label":"s","server_url":"https://s","api_key":"TOKEN"}]}"#,
    ),
    (
        Api::Responses,
        r#"{"model":"m","input":"hi","tools":[{"type":"code_interpreter","container":{"type":"auto","network_policy":{"type":"allowlist","domain_secrets":[{"domain":"d","name":"n","value":"TOKEN"}]}}}]}"#,
    ),
    (
        Api::Responses,
        r#"{"model":"m","input":"hi","tools":[{"type":"shell","environment":{"type":"container_auto","network_policy":{"domain_secrets":[{"value":"TOKEN"}]}}}]}"#,
    ),
    (
        Api::Responses,
        r#"{"model":"m","input":[{"type":"additional_tools","tools":[{"type":"mcp","server_label":"s","server_url":"https://s","authorization":"TOKEN"}]},{"role":"user","content":"hi"}]}"#,
    ),
    (Api::Responses, r#"{"model":"m","input":"hi","credentials":{"key":"TOKEN"}}"#),
    (
        Api::Messages,
        r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"mcp_servers":[{"type":"url","name":"s","url":"https://s","authorization_token":"TOKEN"}],"tools":[{"type":"mcp_toolset","mcp_server_name":"s"}]}"#,
    ),
    (
        Api::Messages,
        r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"mcp_servers":[{"type":"url","name":"s","url":"https://s","headers":{"x-key":"TOKEN"}}]}"#,
    ),
    (
        Api::Messages,
        r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"fallback_credit_token":"TOKEN"}"#,
    ),
    (
        Api::Messages,
        r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"vault_20270101","name":"vault","secret":"TOKEN"}]}"#,
    ),
    (Api::Chat, r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"credentials":{"key":"TOKEN"}}"#),
];

#[test]
fn a_credential_in_a_request_is_shown_by_no_debug() {
    for (api, body) in REQUESTS {
        let body = body.replace("TOKEN", TOKEN);
        let read = match api {
            Api::Chat => {
                let wire: wire::chat::Request = serde_json::from_str(&body).unwrap();
                format!("{wire:?} {:?}", chat::decode_request(wire.clone()))
            }
            Api::Responses => {
                let wire: wire::responses::Request = serde_json::from_str(&body).unwrap();
                format!("{wire:?} {:?}", responses::decode_request(wire.clone()))
            }
            Api::Messages => {
                let wire: wire::messages::Request = serde_json::from_str(&body).unwrap();
                format!("{wire:?} {:?}", messages::decode_request(wire.clone()))
            }
        };
        assert!(!read.contains(TOKEN), "{body}: {read}");
        let Ok(asked) = Translator::new(api).read(body.as_bytes()) else { continue };
        assert!(!format!("{asked:?}").contains(TOKEN), "{body}");
        for upstream in Api::ALL {
            let stamp = Stamp { id: "1".into(), created: 0 };
            let asked = Translator::new(api).read(body.as_bytes()).unwrap();
            if let Ok(outgoing) = asked.to(&Upstream::usual(*upstream), stamp) {
                let shown = format!("{:?} {:?}", outgoing.losses, outgoing.reply);
                assert!(!shown.contains(TOKEN), "{body} to {upstream}: {shown}");
            }
        }
    }
}

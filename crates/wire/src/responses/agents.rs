//! Items of conversations that have several agents, or settings that change on the way.
//!
//! ```
//! use interlingua_wire::responses::{ContentPart, Item};
//!
//! let json = r#"{"type":"agent_message","author":"/root","recipient":"/root/a","content":[{"type":"encrypted_content","encrypted_content":"gAAAA"}]}"#;
//! let Item::AgentMessage(message) = serde_json::from_str(json)? else { panic!("a message") };
//! assert!(matches!(message.content.as_deref(), Some([ContentPart::EncryptedContent(_)])));
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::{ContentPart, ReasoningConfig, TextConfig};
use crate::{Json, core::object};

object! {
    /// Other settings from here on, until the next of these. Responses: item `configuration_update`.
    #[derive(Default)]
    pub struct ConfigurationUpdate {
        /// The item's id. Responses: `configuration_update.id`.
        optional id: String,
        /// How much to think; only the effort changes. Responses: `configuration_update.reasoning`.
        optional reasoning: Box<ReasoningConfig>,
        /// The form of the answer; only the format changes. Responses: `configuration_update.text`.
        optional text: Box<TextConfig>,
        /// Which agent it is of, where there are several. Responses: `configuration_update.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// What one agent says to another. Responses: item `agent_message`, beta.
    #[derive(Default)]
    pub struct AgentMessage {
        /// The item's id. Responses: `agent_message.id`.
        optional id: String,
        /// Who speaks. Responses: `agent_message.author`.
        optional author: String,
        /// To whom. Responses: `agent_message.recipient`.
        optional recipient: String,
        /// What is said. Responses: `agent_message.content`.
        optional content: Vec<ContentPart>,
        /// Which agent it is of, where there are several. Responses: `agent_message.agent`.
        optional agent: Json,
    }
}

object! {
    /// The model has other agents do something. Responses: item `multi_agent_call`, beta.
    #[derive(Default)]
    pub struct MultiAgentCall {
        /// The item's id. Responses: `multi_agent_call.id`.
        optional id: String,
        /// What the answer will refer to. Responses: `multi_agent_call.call_id`.
        optional call_id: String,
        /// What is to be done: `spawn_agent`, `send_message` and the like. Responses: `multi_agent_call.action`.
        optional action: String,
        /// JSON text. Responses: `multi_agent_call.arguments`.
        optional arguments: String,
        /// Which agent it is of, where there are several. Responses: `multi_agent_call.agent`.
        optional agent: Json,
    }
}

object! {
    /// What came of it. Responses: item `multi_agent_call_output`, beta.
    #[derive(Default)]
    pub struct MultiAgentCallOutput {
        /// The item's id. Responses: `multi_agent_call_output.id`.
        optional id: String,
        /// The call it answers. Responses: `multi_agent_call_output.call_id`.
        optional call_id: String,
        /// What was to be done. Responses: `multi_agent_call_output.action`.
        optional action: String,
        /// The answer. Responses: `multi_agent_call_output.output`.
        optional output: Json,
        /// Which agent it is of, where there are several. Responses: `multi_agent_call_output.agent`.
        optional agent: Json,
    }
}

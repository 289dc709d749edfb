//! Items of tools that the server runs, or that have no counterpart in the other API.
//!
//! What such a tool was asked and what it answered is [`Json`]: nobody reads it, and an answer must not fail because of it.
//!
//! ```
//! use interlingua_wire::responses::{Item, Status};
//!
//! let json = r#"{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","queries":["q"]}}"#;
//! assert!(matches!(serde_json::from_str(json)?, Item::WebSearchCall(call) if call.status == Some(Status::Completed)));
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::{Caller, Role, Status, Tool};
use crate::{Json, core::object};

object! {
    /// A search in files. Responses: item `file_search_call`.
    #[derive(Default)]
    pub struct FileSearchCall {
        /// The item's id. Responses: `file_search_call.id`.
        optional id: String,
        /// How far it has come. Responses: `file_search_call.status`.
        optional status: Status,
        /// What was searched for. Responses: `file_search_call.queries`.
        optional queries: Json,
        /// What was found. Responses: `file_search_call.results`.
        optional results: Json,
        /// Which agent it is of, where there are several. Responses: `file_search_call.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A search in the web. Responses: item `web_search_call`.
    #[derive(Default)]
    pub struct WebSearchCall {
        /// The item's id. Responses: `web_search_call.id`.
        optional id: String,
        /// How far it has come. Responses: `web_search_call.status`.
        optional status: Status,
        /// What was searched or opened. Responses: `web_search_call.action`.
        optional action: Json,
        /// Which agent it is of, where there are several. Responses: `web_search_call.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// The model works a computer. Responses: item `computer_call`.
    #[derive(Default)]
    pub struct ComputerCall {
        /// The item's id. Responses: `computer_call.id`.
        optional id: String,
        /// What the answer will refer to. Responses: `computer_call.call_id`.
        optional call_id: String,
        /// What to do. Responses: `computer_call.action`.
        optional action: Json,
        /// What to do, as a list. Responses: `computer_call.actions`.
        optional actions: Json,
        /// What a person has to confirm. Responses: `computer_call.pending_safety_checks`.
        optional pending_safety_checks: Json,
        /// How far it has come. Responses: `computer_call.status`.
        optional status: Status,
        /// Which agent it is of, where there are several. Responses: `computer_call.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// What the computer shows now. Responses: item `computer_call_output`.
    #[derive(Default)]
    pub struct ComputerCallOutput {
        /// The item's id. Responses: `computer_call_output.id`.
        optional id: String,
        /// The call it answers. Responses: `computer_call_output.call_id`.
        optional call_id: String,
        /// What a person has confirmed. Responses: `computer_call_output.acknowledged_safety_checks`.
        optional acknowledged_safety_checks: Json,
        /// The picture. Responses: `computer_call_output.output`.
        optional output: Json,
        /// How far it has come. Responses: `computer_call_output.status`.
        optional status: Status,
        /// Who made the item. Responses: `computer_call_output.created_by`.
        optional created_by: Json,
        /// Which agent it is of, where there are several. Responses: `computer_call_output.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A program that calls tools. Responses: item `program`.
    #[derive(Default)]
    pub struct Program {
        /// The item's id. Responses: `program.id`.
        optional id: String,
        /// What the answer will refer to. Responses: `program.call_id`.
        optional call_id: String,
        /// The program. Responses: `program.code`.
        optional code: String,
        /// What the server knows it by. Responses: `program.fingerprint`.
        optional fingerprint: Json,
        /// Which agent it is of, where there are several. Responses: `program.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// What a program answered. Responses: item `program_output`.
    #[derive(Default)]
    pub struct ProgramOutput {
        /// The item's id. Responses: `program_output.id`.
        optional id: String,
        /// The call it answers. Responses: `program_output.call_id`.
        optional call_id: String,
        /// The answer. Responses: `program_output.result`.
        optional result: Json,
        /// How far it has come. Responses: `program_output.status`.
        optional status: Status,
        /// Which agent it is of, where there are several. Responses: `program_output.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A search for tools. Responses: item `tool_search_call`.
    #[derive(Default)]
    pub struct ToolSearchCall {
        /// The item's id. Responses: `tool_search_call.id`.
        optional id: String,
        /// What the answer will refer to. Responses: `tool_search_call.call_id`.
        optional call_id: String,
        /// Who searches: `server` or `client`. Responses: `tool_search_call.execution`.
        optional execution: String,
        /// What for. Responses: `tool_search_call.arguments`.
        optional arguments: Json,
        /// How far it has come. Responses: `tool_search_call.status`.
        optional status: Status,
        /// Who made the item. Responses: `tool_search_call.created_by`.
        optional created_by: Json,
        /// Which agent it is of, where there are several. Responses: `tool_search_call.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// The tools that were found. Responses: item `tool_search_output`.
    #[derive(Default)]
    pub struct ToolSearchOutput {
        /// The item's id. Responses: `tool_search_output.id`.
        optional id: String,
        /// The call it answers. Responses: `tool_search_output.call_id`.
        optional call_id: String,
        /// Who searched: `server` or `client`. Responses: `tool_search_output.execution`.
        optional execution: String,
        /// The tools. Responses: `tool_search_output.tools`.
        optional tools: Json,
        /// How far it has come. Responses: `tool_search_output.status`.
        optional status: Status,
        /// Who made the item. Responses: `tool_search_output.created_by`.
        optional created_by: Json,
        /// Which agent it is of, where there are several. Responses: `tool_search_output.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// More tools from here on. Responses: item `additional_tools`.
    #[derive(Default)]
    pub struct AdditionalTools {
        /// The item's id. Responses: `additional_tools.id`.
        optional id: String,
        /// Who offers them. Responses: `additional_tools.role`.
        optional role: Role,
        /// The tools. Responses: `additional_tools.tools`.
        optional tools: Vec<Tool>,
        /// Which agent it is of, where there are several. Responses: `additional_tools.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// What a longer conversation came down to. Responses: item `compaction`.
    #[derive(Default)]
    pub struct Compaction {
        /// The item's id. Responses: `compaction.id`.
        optional id: String,
        /// It, for the server's eyes. Responses: `compaction.encrypted_content`.
        optional encrypted_content: String,
        /// Who made the item. Responses: `compaction.created_by`.
        optional created_by: Json,
        /// Which agent it is of, where there are several. Responses: `compaction.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// Asks for a compaction here. Responses: item `compaction_trigger`.
    #[derive(Default)]
    pub struct CompactionTrigger {
        /// The item's id. Responses: `compaction_trigger.id`.
        optional id: String,
        /// Which agent it is of, where there are several. Responses: `compaction_trigger.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// What a longer conversation came down to, as the Codex CLI keeps it; not in the published reference.
    #[derive(Default)]
    pub struct ContextCompaction {
        /// The item's id.
        optional id: String,
        /// It, for the server's eyes.
        optional encrypted_content: String,
        /// Which agent it is of, where there are several.
        optional agent: Json,
    }
}

object! {
    /// A drawn image. Responses: item `image_generation_call`.
    #[derive(Default)]
    pub struct ImageGenerationCall {
        /// The item's id. Responses: `image_generation_call.id`.
        optional id: String,
        /// How far it has come. Responses: `image_generation_call.status`.
        optional status: Status,
        /// The image in base64. Responses: `image_generation_call.result`.
        json_text result: String,
        /// What was drawn in the end, in words. Responses: `image_generation_call.revised_prompt`.
        optional revised_prompt: Json,
        /// What drawing it as text cost. Responses: `image_generation_call.svg_usage`.
        optional svg_usage: Json,
        /// Why there is none, with `moderation_details` where it was refused. Responses: `image_generation_call.error`.
        optional error: Json,
        /// Which agent it is of, where there are several. Responses: `image_generation_call.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// Code that the server ran. Responses: item `code_interpreter_call`.
    #[derive(Default)]
    pub struct CodeInterpreterCall {
        /// The item's id. Responses: `code_interpreter_call.id`.
        optional id: String,
        /// How far it has come. Responses: `code_interpreter_call.status`.
        optional status: Status,
        /// Where it ran. Responses: `code_interpreter_call.container_id`.
        optional container_id: Json,
        /// The code. Responses: `code_interpreter_call.code`.
        optional code: Json,
        /// What came out. Responses: `code_interpreter_call.outputs`.
        optional outputs: Json,
        /// Which agent it is of, where there are several. Responses: `code_interpreter_call.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A command for the client's shell. Responses: item `local_shell_call`.
    #[derive(Default)]
    pub struct LocalShellCall {
        /// The item's id. Responses: `local_shell_call.id`.
        optional id: String,
        /// What the answer will refer to. Responses: `local_shell_call.call_id`.
        optional call_id: String,
        /// The command. Responses: `local_shell_call.action`.
        optional action: Json,
        /// How far it has come. Responses: `local_shell_call.status`.
        optional status: Status,
        /// Which agent it is of, where there are several. Responses: `local_shell_call.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// What the client's shell answered. Responses: item `local_shell_call_output`.
    #[derive(Default)]
    pub struct LocalShellCallOutput {
        /// The item's id. Responses: `local_shell_call_output.id`.
        optional id: String,
        /// The answer. Responses: `local_shell_call_output.output`.
        optional output: Json,
        /// How far it has come. Responses: `local_shell_call_output.status`.
        optional status: Status,
        /// Which agent it is of, where there are several. Responses: `local_shell_call_output.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// Commands for a shell. Responses: item `shell_call`.
    #[derive(Default)]
    pub struct ShellCall {
        /// The item's id. Responses: `shell_call.id`.
        optional id: String,
        /// What the answer will refer to. Responses: `shell_call.call_id`.
        optional call_id: String,
        /// Who calls, where it is not the model itself. Responses: `shell_call.caller`.
        optional caller: Box<Caller>,
        /// The commands. Responses: `shell_call.action`.
        optional action: Json,
        /// How far it has come. Responses: `shell_call.status`.
        optional status: Status,
        /// Where they run: `local`, or a container of the server. Responses: `shell_call.environment`.
        optional environment: ShellEnvironment,
        /// Who made the item. Responses: `shell_call.created_by`.
        optional created_by: Json,
        /// Which agent it is of, where there are several. Responses: `shell_call.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// Where a shell runs. Responses: `shell_call.environment`.
    #[derive(Default)]
    pub struct ShellEnvironment {
        /// `local`, or the kind of container. Responses: `shell_call.environment.type`.
        optional kind as "type": String,
    }
}

object! {
    /// What the shell answered. Responses: item `shell_call_output`.
    #[derive(Default)]
    pub struct ShellCallOutput {
        /// The item's id. Responses: `shell_call_output.id`.
        optional id: String,
        /// The call it answers. Responses: `shell_call_output.call_id`.
        optional call_id: String,
        /// Who called. Responses: `shell_call_output.caller`.
        optional caller: Box<Caller>,
        /// How far it has come. Responses: `shell_call_output.status`.
        optional status: Status,
        /// The answers. Responses: `shell_call_output.output`.
        optional output: Json,
        /// Where they are cut. Responses: `shell_call_output.max_output_length`.
        optional max_output_length: Json,
        /// Who made the item. Responses: `shell_call_output.created_by`.
        optional created_by: Json,
        /// Which agent it is of, where there are several. Responses: `shell_call_output.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// A change to a file. Responses: item `apply_patch_call`.
    #[derive(Default)]
    pub struct ApplyPatchCall {
        /// The item's id. Responses: `apply_patch_call.id`.
        optional id: String,
        /// What the answer will refer to. Responses: `apply_patch_call.call_id`.
        optional call_id: String,
        /// Who calls, where it is not the model itself. Responses: `apply_patch_call.caller`.
        optional caller: Box<Caller>,
        /// How far it has come. Responses: `apply_patch_call.status`.
        optional status: Status,
        /// The change. Responses: `apply_patch_call.operation`.
        optional operation: Json,
        /// Who made the item. Responses: `apply_patch_call.created_by`.
        optional created_by: Json,
        /// Which agent it is of, where there are several. Responses: `apply_patch_call.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// Whether the change could be made. Responses: item `apply_patch_call_output`.
    #[derive(Default)]
    pub struct ApplyPatchCallOutput {
        /// The item's id. Responses: `apply_patch_call_output.id`.
        optional id: String,
        /// The call it answers. Responses: `apply_patch_call_output.call_id`.
        optional call_id: String,
        /// Who called. Responses: `apply_patch_call_output.caller`.
        optional caller: Box<Caller>,
        /// How far it has come. Responses: `apply_patch_call_output.status`.
        optional status: Status,
        /// Why not. Responses: `apply_patch_call_output.output`.
        optional output: Json,
        /// Who made the item. Responses: `apply_patch_call_output.created_by`.
        optional created_by: Json,
        /// Which agent it is of, where there are several. Responses: `apply_patch_call_output.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// An item the server has stored. Responses: item `item_reference`.
    #[derive(Default)]
    pub struct ItemReference {
        /// The item. Responses: `item_reference.id`.
        optional id: String,
    }
}

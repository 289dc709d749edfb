//! Credentials for OpenAI: API keys and the ChatGPT login of the Codex CLI

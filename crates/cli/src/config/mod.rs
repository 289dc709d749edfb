//! `interlingua config`: the configuration file.

pub(crate) mod key;
pub(crate) mod upstream;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use interlingua_executor::{HttpSettings, Proxy};
use interlingua_gateway::{CallerKey, Gateway, StoreConfig};
use uuid::Uuid;

use crate::serve::file::{self, Flags, Hidden};
use crate::serve::origins;
use crate::terminal;

/// Check a configuration file, print one to start from, or let a running gateway read its own again
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Say what is wrong with a file, keys and logins included; nobody is asked anything
    Check {
        /// The TOML file
        file: PathBuf,
    },
    /// Print a file with every key to start from
    Example,
    /// Make a key for a caller: it is shown once, and what belongs into the file holds only its hash
    Key {
        /// Whose it is
        name: String,
    },
    /// Let the gateway that serves by this file read it again; streams that are under way go on
    Reload {
        /// The TOML file: where it says that the gateway listens, and its inbound key
        #[arg(env = "INTERLINGUA_CONFIG")]
        file: PathBuf,
        /// Where the gateway listens, if not where the file says
        #[arg(long, env = "INTERLINGUA_LISTEN", value_name = "ADDRESS:PORT")]
        listen: Option<String>,
    },
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    match args.task {
        Task::Check { file: path } => {
            let file = file::read(&path)?;
            if let Some(Hidden(store)) = &file.store {
                store.parse::<StoreConfig>()?;
            }
            origins(&file.allowed_origins)?;
            Gateway::check_callers(file.key.clone().callers()?)?;
            let answering = file.answering(&Flags::default(), Some(&path));
            let upstreams = answering.open().await?;
            for (name, upstream) in upstreams.members() {
                terminal::to_stdout(&format!("{name}: {} at {}\n", upstream.api().title(), upstream.name()))?;
            }
        }
        Task::Key { name } => {
            let key = format!("{PREFIX}{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
            let hash = CallerKey::hash_of(&key);
            CallerKey::new(&name, &hash)?;
            terminal::to_stderr("the key, shown this once; its caller sends it as API key:\n");
            terminal::to_stdout(&format!("{key}\n"))?;
            terminal::to_stderr(&format!("for the file:\n\n[[key]]\nname = {name:?}\nsha256 = \"{hash}\"\n"));
        }
        Task::Example => terminal::to_stdout(EXAMPLE)?,
        Task::Reload { file: path, listen } => {
            let file = file::read(&path)?;
            let own = file.inbound_key.map(|Hidden(key)| key);
            let key = std::env::var("INTERLINGUA_INBOUND_KEY").ok().or(own).filter(|key| !key.is_empty());
            let listen = listen.or(file.listen).unwrap_or_else(|| interlingua_gateway::Config::default().listen);
            reload(&listen, key.as_deref()).await?;
            terminal::to_stdout("reloaded\n")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// How our keys begin, so that whoever finds one knows what it is.
const PREFIX: &str = "ilk_";

/// A file to start from.
const EXAMPLE: &str = include_str!("example.toml");

/// How long a gateway may take to read its file again: it may have to open logins.
const RELOAD_LIMIT: Duration = Duration::from_secs(30);

async fn reload(listen: &str, key: Option<&str>) -> Result<()> {
    let client = HttpSettings { proxy: Proxy::Direct, ..HttpSettings::default() }.client()?;
    let mut request = client.http().post(format!("http://{listen}/reload")).timeout(RELOAD_LIMIT);
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    let response = request.send().await.with_context(|| format!("no gateway answers at {listen}"))?;
    if !response.status().is_success() {
        let body: serde_json::Value = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        match body.pointer("/error/message").and_then(|message| message.as_str()) {
            Some(message) => bail!("{}", terminal::harmless(message)),
            None => bail!("what answers at {listen} is no gateway of this kind"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use interlingua_translate::Setting;

    use super::key::KeyTable;
    use super::upstream::UpstreamTable;
    use super::*;
    use crate::serve::file::File;

    /// What the page says of every key, told by the types themselves. `cargo xtask regen-fixtures` rewrites it.
    #[test]
    fn the_page_is_up_to_date() {
        let page = page();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
        if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
            std::fs::write(&path, &page).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page, "docs/configuration.md is stale: run `cargo xtask regen-fixtures` and read the diff");
    }

    fn page() -> String {
        let mut page = String::from(
            "<!-- Generated by `cargo xtask regen-fixtures` from the types themselves; do not edit by hand. -->\n\n\
             # Configuration\n\n\
             `interlingua serve` needs no file for one upstream: every key of the first table is a flag and a variable of `INTERLINGUA_` too (`--listen`, `INTERLINGUA_LISTEN`).\n\
             With `--config FILE` (or `INTERLINGUA_CONFIG`) there can be several upstreams, chosen by the model's name.\n\
             `interlingua config check FILE` says what is wrong with a file, `interlingua config example` prints this one:\n\n",
        );
        let _ = write!(page, "```toml\n{EXAMPLE}```\n");
        page += "\nA running gateway reads its file again at SIGHUP, or when `interlingua config reload FILE` asks it to: \
                 upstreams and aliases are exchanged, replies that are under way end as they began, and a file that is wrong \
                 changes nothing. Where it listens, its inbound key and its hosts are those of its start.\n";
        page += &table("The file", "At the top, before any table.", File::default().settings());
        page += &table(
            "`[[upstream]]`",
            "One of several. A request goes to the first that answers its model.",
            UpstreamTable::default().settings(),
        );
        page += &table(
            "`[[key]]`",
            "One of several callers, beside the inbound key. `interlingua config key NAME` makes one. Its replies are kept apart \
             from those of others, and the numbers at `/metrics` go by its name.",
            KeyTable::default().settings(),
        );
        page
    }

    fn table(title: &str, what: &str, settings: Vec<Setting>) -> String {
        let mut text = format!("\n## {title}\n\n{what}\n\n| key | holds | default | |\n|---|---|---|---|\n");
        for Setting { key, kind, value, doc } in settings {
            let value = if value == "unset" { value } else { format!("`{value}`") };
            let _ = writeln!(text, "| `{key}` | {kind} | {value} | {doc} |");
        }
        text
    }

    /// Every key stands in the example, and the example is a file.
    #[test]
    fn the_example_has_every_key_and_is_a_file() {
        let file: File = toml::from_str(EXAMPLE).unwrap();
        assert_ne!(file, File::default());
        let whole: String =
            EXAMPLE.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect::<Vec<_>>().join("\n");
        let keys = File::default().settings().into_iter().chain(UpstreamTable::default().settings());
        let keys = keys.chain(KeyTable::default().settings());
        for Setting { key, .. } in keys {
            let is_there = |line: &str| {
                line.starts_with(&format!("{key} = "))
                    || line == format!("[{key}]")
                    || line.starts_with(&format!("[[{key}]]"))
            };
            assert!(
                whole.lines().any(is_there) || ["upstream", "dialect", "base_url", "profile"].contains(&key),
                "{key}"
            );
        }
    }
}

//! What every recording of a provider becomes for the users of this program.

use std::error::Error;
use std::fs;
use std::path::Path;

use interlingua_model::Api;
use interlingua_replay::Replay;
use snapshot_tests::ask;

const RECORDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/recordings");

#[tokio::test]
async fn every_recording_is_shown_as_it_was() -> Result<(), Box<dyn Error>> {
    for case in Replay::from_dir(RECORDINGS)?.cases() {
        let shown = shown(Path::new(RECORDINGS), &case.name, case.api).await?;
        insta::with_settings!({ description => &case.shows, omit_expression => true }, {
            insta::assert_snapshot!(case.name.replace('/', "-"), shown);
        });
    }
    Ok(())
}

/// That a provider has changed its bytes can be seen: here it no longer says what the answer cost.
#[tokio::test]
async fn a_change_of_the_provider_is_a_difference_in_a_snapshot() -> Result<(), Box<dyn Error>> {
    let recorded = Path::new(RECORDINGS).join("responses/hello");
    let changed = tempfile::tempdir()?;
    let folder = changed.path().join("responses/hello");
    fs::create_dir_all(&folder)?;
    for file in ["case.toml", "request.json"] {
        fs::copy(recorded.join(file), folder.join(file))?;
    }
    let stream = fs::read_to_string(recorded.join("stream.sse"))?;
    fs::write(folder.join("stream.sse"), stream.replace(r#""usage""#, r#""cost""#))?;

    let before = shown(Path::new(RECORDINGS), "responses/hello", Api::Responses).await?;
    let after = shown(changed.path(), "responses/hello", Api::Responses).await?;
    assert_eq!(before.strip_prefix(&after), Some("\n(101 tokens read, 26 written)"));
    Ok(())
}

/// What the user is shown by a provider that answers with this recording.
async fn shown(recordings: &Path, case: &str, api: Api) -> Result<String, Box<dyn Error>> {
    let server = Replay::from_dir(recordings)?.case(case).spawn().await?;
    Ok(ask(&server.base_url(), api, "Hello?").await)
}

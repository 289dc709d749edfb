//! Fixtures: each describes itself, its bytes are those described, and none holds a credential.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Result;
use serde_json::{Map, Value};

use super::Finding;
use crate::case::{self, CASE_FILE, Case, DELIVERY, FIXTURES, Origin, PROTOCOLS, REQUEST_FILE};
use crate::credentials;
use crate::generated::COMMAND;
use crate::project::Project;

const SCHEMA: u32 = 1;

/// Checks every case, and every byte under `fixtures/`.
pub(super) fn check(project: &Project) -> Result<Vec<Finding>> {
    let mut findings = strays(project)?;
    let names = case::names(project)?;
    findings.extend(same_requests(project, &names)?);
    for name in names {
        let place = case::path(&name, CASE_FILE);
        match Case::parse(&project.read(&place)?) {
            Ok(case) => findings.extend(check_case(project, &name, &case)?),
            Err(error) => findings.push(Finding::new(place, format!("does not parse: {error}"))),
        }
    }
    for path in project.files(FIXTURES)? {
        for (kind, start) in credentials::find(&fs::read(project.path(&path))?) {
            findings.push(Finding::new(&path, format!("holds {kind} at byte {start}; a fixture keeps no credential")));
        }
    }
    Ok(findings)
}

/// Cases of one protocol that ask the same, up to how the reply is sent: a request must find its case.
fn same_requests(project: &Project, names: &[String]) -> Result<Vec<Finding>> {
    let mut seen = BTreeMap::new();
    let mut findings = Vec::new();
    for name in names {
        let protocol = name.split('/').next().unwrap_or_default();
        let path = case::path(name, REQUEST_FILE);
        let Some(mut request) =
            fs::read(project.path(&path)).ok().and_then(|bytes| serde_json::from_slice::<Map<_, _>>(&bytes).ok())
        else {
            continue;
        };
        request.retain(|field, _| !DELIVERY.contains(&field.as_str()));
        let question = (protocol, serde_json::to_string::<Map<String, Value>>(&request)?);
        if let Some(first) = seen.insert(question, name) {
            findings.push(Finding::new(path, format!("is the request of {first} as well")));
        }
    }
    Ok(findings)
}

/// Files below a protocol's folder that belong to no case.
fn strays(project: &Project) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let names = case::names(project)?;
    for protocol in PROTOCOLS {
        for path in project.files(&format!("{FIXTURES}/{protocol}"))? {
            let owned = names
                .iter()
                .any(|name| path.strip_prefix(&case::path(name, "")).is_some_and(|file| !file.contains('/')));
            if !owned {
                findings.push(Finding::new(path, format!("belongs to no case: no {CASE_FILE} beside it")));
            }
        }
    }
    Ok(findings)
}

fn check_case(project: &Project, name: &str, case: &Case) -> Result<Vec<Finding>> {
    let place = case::path(name, CASE_FILE);
    let mut findings: Vec<Finding> =
        description_problems(name, case).into_iter().map(|problem| Finding::new(&place, problem)).collect();
    if let Some(twin) = case.twin.as_ref().filter(|twin| !project.path(&case::path(twin, CASE_FILE)).is_file()) {
        findings.push(Finding::new(&place, format!("its twin {twin} does not exist")));
    }

    let mut known = vec![CASE_FILE, REQUEST_FILE];
    match fs::read(project.path(&case::path(name, REQUEST_FILE))) {
        Ok(bytes) if serde_json::from_slice::<Value>(&bytes).is_ok() => {}
        Ok(_) => findings.push(Finding::new(case::path(name, REQUEST_FILE), "is not JSON")),
        Err(_) => findings.push(Finding::new(&place, format!("has no {REQUEST_FILE} beside it"))),
    }
    for (_, file, part) in case.parts() {
        known.push(file);
        let path = case::path(name, file);
        match fs::read(project.path(&path)) {
            Ok(bytes) if case::sha256(&bytes) == part.sha256 => {}
            Ok(_) => findings
                .push(Finding::new(path, format!("is not what its sha256 says; restore it, or run `{COMMAND}`"))),
            Err(_) => findings.push(Finding::new(&place, format!("speaks of {file}, which does not exist"))),
        }
    }
    for path in project.files(&format!("{FIXTURES}/{name}"))? {
        if !known.iter().any(|file| case::path(name, file) == path) {
            findings.push(Finding::new(path, format!("is not spoken of in its {CASE_FILE}")));
        }
    }
    for redaction in &case.redacted {
        if !known.contains(&redaction.file.as_str()) || redaction.what.is_empty() {
            findings.push(Finding::new(
                &place,
                format!("redacts {}, which is no file of the case, or does not say what", redaction.file),
            ));
        }
    }
    Ok(findings)
}

/// What is wrong with a description by itself.
fn description_problems(name: &str, case: &Case) -> Vec<String> {
    let mut problems = Vec::new();
    let mut unless = |fine: bool, problem: String| {
        if !fine {
            problems.push(problem);
        }
    };
    let folder = name.rsplit('/').next().unwrap_or(name);
    let kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    unless(folder.bytes().all(kebab), "the folder's name is not in kebab-case".to_owned());
    unless(case.schema == SCHEMA, format!("schema is {}, this reads {SCHEMA}", case.schema));
    for (field, value) in [("shows", &case.shows), ("upstream", &case.upstream), ("model", &case.model)] {
        unless(!value.trim().is_empty(), format!("`{field}` is empty"));
    }
    unless(case.endpoint.starts_with("POST /"), "`endpoint` is no method and path, as `POST /v1/responses`".to_owned());

    let recorded = case.origin == Origin::Recorded;
    let says_why = case.why.as_ref().is_some_and(|why| !why.trim().is_empty());
    unless(case.origin != Origin::Handmade || says_why, "is handmade and does not say `why`".to_owned());
    unless(!recorded || case.recorded.is_some(), "is recorded and does not say when (`recorded`)".to_owned());
    unless(recorded || case.recorded.is_none(), "has a date of recording and is not recorded".to_owned());

    unless(case.parts().next().is_some(), "has no reply".to_owned());
    for (section, _, part) in case.parts() {
        unless((100..600).contains(&part.status), format!("[{section}] status {} is no HTTP status", part.status));
        let lower = |name: &String| name.bytes().all(|byte| !byte.is_ascii_uppercase());
        unless(part.headers.keys().all(lower), format!("[{section}.headers] has a name in capitals"));
    }
    let content_type = case.stream.as_ref().and_then(|part| part.content_type.as_ref());
    let is_event_stream = content_type.is_none_or(|text| text.to_ascii_lowercase().starts_with("text/event-stream"));
    unless(is_event_stream, "[stream] has the content type of something else".to_owned());
    problems
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const FINE: &str = r#"
schema = 1
shows = "An answer."
origin = "handmade"
why = "To test the test."
endpoint = "POST /v1/responses"
upstream = "nobody"
model = "m"

[stream]
status = 200
content-type = "text/event-stream"
ends = "completed"
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"#;

    /// A project with one case, `responses/one`, of these files.
    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let case: &Path = &folder.path().join("fixtures/responses/one");
        fs::create_dir_all(case).unwrap();
        for (name, text) in files {
            fs::write(case.join(name), text).unwrap();
        }
        check(&Project::at(folder.path())).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_project_s_fixtures_are_tidy() {
        super::super::assert_none(&check(&Project::here()).unwrap());
    }

    #[test]
    fn a_fine_case_is_fine() {
        assert_eq!(findings(&[("case.toml", FINE), ("request.json", "{}"), ("stream.sse", "abc")]), [""; 0]);
    }

    #[test]
    fn changed_bytes_are_found() {
        let found = findings(&[("case.toml", FINE), ("request.json", "{}"), ("stream.sse", "abd")]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("stream.sse: is not what its sha256 says"), "{found:?}");
    }

    #[test]
    fn missing_and_additional_files_are_found() {
        let found = findings(&[("case.toml", FINE), ("notes.txt", "")]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("has no request.json"), "{found:?}");
        assert!(found[1].contains("stream.sse, which does not exist"), "{found:?}");
        assert!(found[2].contains("notes.txt: is not spoken of"), "{found:?}");
    }

    #[test]
    fn a_handmade_case_says_why_and_a_recorded_one_when() {
        let request = ("request.json", "{}");
        let stream = ("stream.sse", "abc");
        let without_why = FINE.replace("why = \"To test the test.\"\n", "");
        assert!(findings(&[("case.toml", &without_why), request, stream])[0].contains("does not say `why`"));
        let recorded = FINE.replace("handmade", "recorded");
        assert!(findings(&[("case.toml", &recorded), request, stream])[0].contains("does not say when"));
        let dated = recorded.replace("model =", "recorded = 2026-01-31\nmodel =");
        assert_eq!(findings(&[("case.toml", &dated), request, stream]), [""; 0]);
    }

    #[test]
    fn a_folder_without_a_description_and_a_broken_one_are_found() {
        assert!(findings(&[("stream.sse", "abc")])[0].contains("belongs to no case"));
        assert!(findings(&[("case.toml", "schema = one")])[0].contains("does not parse"));
    }

    #[test]
    fn two_cases_with_one_request_are_found() {
        let folder = tempfile::tempdir().unwrap();
        for (name, request) in [("a", "{\"model\":\"m\",\"stream\":true}"), ("b", "{\"model\":\"m\"}"), ("c", "{}")] {
            let case = folder.path().join("fixtures/chat").join(name);
            fs::create_dir_all(&case).unwrap();
            fs::write(case.join("request.json"), request).unwrap();
        }
        let names = ["chat/a", "chat/b", "chat/c"].map(str::to_owned);
        let found = same_requests(&Project::at(folder.path()), &names).unwrap();
        assert_eq!(found, [Finding::new("fixtures/chat/b/request.json", "is the request of chat/a as well")]);
    }

    #[test]
    fn a_credential_is_found_and_not_repeated() {
        let secret = ["sk", "-proj-Ab3dEf6hIj9kLm2nOp5q"].concat();
        let request = format!("{{\"key\":\"{secret}\"}}");
        let found = findings(&[("case.toml", FINE), ("request.json", &request), ("stream.sse", "abc")]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("an API key") && !found[0].contains(&secret), "{found:?}");
    }
}

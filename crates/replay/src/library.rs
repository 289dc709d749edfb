//! All cases at hand, and how one of them is found.

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;
use serde_json::Value;

use interlingua_model::Api;

use crate::case::{Case, CaseError};
use crate::embedded::EMBEDDED;

/// Cases, ordered by name.
#[derive(Debug, Clone)]
pub(crate) struct Library {
    cases: Vec<Case>,
}

impl Library {
    /// The cases that are compiled in.
    pub(crate) fn embedded() -> Result<Self, CaseError> {
        let read = |(name, files): &(&str, &[(&str, &'static [u8])])| {
            Case::read(name, |wanted| {
                let file = files.iter().find(|(file, _)| *file == wanted);
                let missing = || CaseError::Malformed {
                    case: (*name).to_owned(),
                    file: wanted.to_owned(),
                    reason: "is not compiled in".to_owned(),
                };
                file.map(|(_, bytes)| Bytes::from_static(bytes)).ok_or_else(missing)
            })
        };
        EMBEDDED.iter().map(read).collect::<Result<_, _>>().map(Self::new)
    }

    /// The cases in the folders `chat` and `responses` of `folder`.
    pub(crate) fn read(folder: &Path) -> Result<Self, CaseError> {
        let mut cases = Vec::new();
        for api in Api::ALL {
            let cases_of_one = folder.join(api.name());
            if !cases_of_one.is_dir() {
                continue;
            }
            let unreadable = |source| CaseError::Unreadable { file: cases_of_one.display().to_string(), source };
            for entry in std::fs::read_dir(&cases_of_one).map_err(unreadable)? {
                let place = entry.map_err(unreadable)?.path();
                let Some(name) = place.file_name().and_then(|name| name.to_str()) else { continue };
                if place.join("case.toml").is_file() {
                    cases.push(Case::read(&format!("{api}/{name}"), |file| {
                        let file = place.join(file);
                        let unreadable = |source| CaseError::Unreadable { file: file.display().to_string(), source };
                        std::fs::read(&file).map(Bytes::from).map_err(unreadable)
                    })?);
                }
            }
        }
        if cases.is_empty() {
            return Err(CaseError::Empty { place: folder.display().to_string() });
        }
        Ok(Self::new(cases))
    }

    fn new(mut cases: Vec<Case>) -> Self {
        cases.sort_by(|one, other| one.name.cmp(&other.name));
        Self { cases }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter()
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.name == name)
    }

    /// The case with exactly this request.
    pub(crate) fn exact(&self, api: Api, request: &Value) -> Option<&Case> {
        let of_api = self.cases.iter().filter(|case| case.api == api);
        of_api.into_iter().find(|case| is_same(&case.request, request))
    }

    /// The case whose request is most like this one, and the top-level fields in which they differ.
    pub(crate) fn nearest(&self, api: Api, request: &Value) -> Option<(&Case, Vec<String>)> {
        let of_api = self.cases.iter().filter(|case| case.api == api);
        of_api.map(|case| (case, differences(&case.request, request))).min_by_key(|(_, fields)| fields.len())
    }

    /// The models that the cases ask for.
    pub(crate) fn models(&self) -> BTreeSet<&str> {
        self.cases.iter().filter_map(|case| case.request.get("model")?.as_str()).collect()
    }
}

/// Whether two requests ask the same, be it for a stream or not; how to stream counts only for a stream.
fn is_same(recorded: &Value, request: &Value) -> bool {
    differences(recorded, request).is_empty()
}

fn differences(recorded: &Value, request: &Value) -> Vec<String> {
    let (Value::Object(recorded), Value::Object(request)) = (recorded, request) else {
        return vec!["the body, which is not an object".to_owned()];
    };
    let streams = request.get("stream").and_then(Value::as_bool).unwrap_or(false);
    let keys: BTreeSet<&String> = recorded.keys().chain(request.keys()).collect();
    let matters = |key: &str| key != "stream" && (streams || key != "stream_options");
    let differs = |key: &&&String| matters(key) && recorded.get(key.as_str()) != request.get(key.as_str());
    keys.iter().filter(differs).map(|key| (*key).clone()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_finds_its_case_streamed_or_not() {
        let library = Library::embedded().unwrap();
        let case = library.named("chat/text-with-usage").unwrap();
        let mut request = case.request.clone();
        assert_eq!(library.exact(Api::Chat, &request).unwrap().name, case.name);
        request.as_object_mut().unwrap().remove("stream");
        request.as_object_mut().unwrap().remove("stream_options");
        assert_eq!(library.exact(Api::Chat, &request).unwrap().name, case.name);
        assert!(library.exact(Api::Responses, &request).is_none());
    }

    #[test]
    fn the_nearest_case_differs_in_the_fewest_fields() {
        let library = Library::embedded().unwrap();
        let request = json!({"model":"gpt-5.5","input":"hm","store":false,"stream":true});
        let (case, fields) = library.nearest(Api::Responses, &request).unwrap();
        assert_eq!((case.api, fields), (Api::Responses, vec!["input".to_owned()]));
    }

    #[test]
    fn an_empty_folder_is_an_error() {
        assert!(matches!(Library::read(Path::new("/nonexistent")), Err(CaseError::Empty { .. })));
    }
}

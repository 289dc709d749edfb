//! By which names this gateway may be asked where nobody needs a key: those that mean this machine.
//!
//! A web page can make its own name mean `127.0.0.1` (DNS rebinding) and have the browser ask us in its user's name; the
//! browser then says the page's name as `Host`, or the page as `Origin`.

use std::net::IpAddr;

use axum::extract::Request;
use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, StatusCode, Uri};

use crate::ApiError;

/// Refuses a request that names another host than this machine, or comes from a page of another host.
pub(crate) fn check(request: &Request, allowed: &[String]) -> Result<(), ApiError> {
    let said = request.uri().authority().map(Authority::as_str).or_else(|| header(request.headers(), HOST.as_str()));
    let host = said.and_then(|host| host.parse::<Authority>().ok());
    if !host.is_some_and(|host| is_ours(host.host(), allowed)) {
        return Err(refusal("Host", said, "foreign_host"));
    }
    let Some(origin) = header(request.headers(), ORIGIN.as_str()) else { return Ok(()) };
    let page = origin.parse::<Uri>().ok();
    if page.as_ref().and_then(Uri::host).is_some_and(|host| is_ours(host, allowed)) {
        return Ok(());
    }
    Err(refusal("Origin", Some(origin), "foreign_origin"))
}

fn header<'r>(headers: &'r HeaderMap, name: &str) -> Option<&'r str> {
    headers.get(name)?.to_str().ok()
}

fn is_ours(host: &str, allowed: &[String]) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return address.is_loopback() || allowed.iter().any(|name| name == bare);
    }
    let name = bare.strip_suffix('.').unwrap_or(bare).to_ascii_lowercase();
    // No name server answers for these (RFC 6761).
    name == "localhost"
        || name.ends_with(".localhost")
        || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(&name))
}

fn refusal(header: &str, said: Option<&str>, code: &str) -> ApiError {
    const MOST_QUOTED: usize = 100;
    let said: String = said.unwrap_or("nothing").chars().take(MOST_QUOTED).collect();
    let message = format!(
        "this gateway serves its own machine alone, and the request's `{header}` is `{said}`: \
         add the host to `allowed_hosts`, or set an inbound key (INTERLINGUA_INBOUND_KEY), which callers then have to send"
    );
    ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).with_code(code)
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn only_names_that_mean_this_machine_are_ours() {
        let allowed = ["gateway.lan".to_owned(), "192.168.1.5".to_owned()];
        let ours =
            ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "Gateway.LAN", "192.168.1.5"];
        for host in ours {
            assert!(is_ours(host, &allowed), "{host}");
        }
        let foreign = [
            "evil.test",
            "localhost.evil.test",
            "127.0.0.1.evil.test",
            "0.0.0.0",
            "[::]",
            "192.168.1.6",
            "",
            "notlocalhost",
        ];
        for host in foreign {
            assert!(!is_ours(host, &allowed), "{host}");
        }
    }
}

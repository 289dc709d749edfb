//! By which names this gateway may be asked where nobody needs a key: those that mean this machine.
//!
//! A web page can make its own name mean `127.0.0.1` (DNS rebinding) and have the browser ask us in its user's name; the
//! browser then says the page's name as `Host`, or the page as `Origin`.

use std::net::IpAddr;

use axum::extract::Request;
use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, StatusCode};

use crate::ApiError;
use crate::app::App;
use crate::origin::host_of;

/// Refuses a request that names another host than this machine, or comes from a page of another host.
pub(crate) fn check(request: &Request, app: &App) -> Result<(), ApiError> {
    let allowed = &app.allowed_hosts;
    let said = request.uri().authority().map(Authority::as_str).or_else(|| header(request.headers(), HOST.as_str()));
    let host = said.and_then(|host| host.parse::<Authority>().ok());
    if !host.is_some_and(|host| is_ours(host.host(), allowed)) {
        return Err(refusal(said));
    }
    let Some(origin) = header(request.headers(), ORIGIN.as_str()) else { return Ok(()) };
    let is_of_host = host_of(origin).is_some_and(|host| is_ours(&host, allowed));
    if is_of_host || app.allowed_origins.iter().any(|allowed| allowed.is(origin)) {
        return Ok(());
    }
    Err(foreign_origin(Some(origin), app))
}

/// The refusal of a page.
pub(crate) fn foreign_origin(origin: Option<&str>, app: &App) -> ApiError {
    let or_a_key = if app.is_open() { OR_A_KEY } else { "" };
    let message = format!(
        "web pages of `{}` may not use this gateway: add it to `allowed_origins` if they may{or_a_key}",
        quoted(origin)
    );
    ApiError::new(StatusCode::FORBIDDEN, message).with_code("foreign_origin")
}

const OR_A_KEY: &str = ", or set an inbound key (INTERLINGUA_INBOUND_KEY), which callers then have to send";

/// What a header said, for a message.
fn quoted(said: Option<&str>) -> String {
    const MOST: usize = 100;
    said.unwrap_or("nothing").chars().take(MOST).collect()
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

fn refusal(said: Option<&str>) -> ApiError {
    let message = format!(
        "this gateway serves its own machine alone, and the request's `Host` is `{}`: \
         add the host to `allowed_hosts`{OR_A_KEY}",
        quoted(said)
    );
    ApiError::new(StatusCode::FORBIDDEN, message).with_code("foreign_host")
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

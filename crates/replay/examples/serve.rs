//! Serves the compiled-in cases until it is stopped: `cargo run -p interlingua-replay --example serve [PORT]`.

use interlingua_replay::Replay;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "it has to say where it listens")]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/v1", listener.local_addr()?);
    Replay::embedded().serve(listener).await
}

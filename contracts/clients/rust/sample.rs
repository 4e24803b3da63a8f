//! ARES's page has no sample for Rust. This one decides as a page would, each decision with its name.

use std::env;
use std::error::Error;
use std::io::{stdout, Write};

use serde_json::json;

const PREFIX: &str = "data: ";

/// Asks, and calls `show` for each piece of the answer.
async fn stream_chat(
    url: &str,
    token: &str,
    message: &str,
    mut show: impl FnMut(&str),
) -> reqwest::Result<String> {
    let mut answer = reqwest::Client::new() // decision: the library's defaults, so no time-out, and redirects are followed
        .post(url)
        .header("Accept", "text/event-stream")
        .bearer_auth(token)
        .json(&json!({"message": message, "agent_type": "research"}))
        .send()
        .await?;
    // decision: the status is not looked at

    let mut shown = String::new();
    while let Some(chunk) = answer.chunk().await? {
        // decision: what a read gives is decoded, and cut into lines (LF, a CR before it dropped), by itself
        for line in String::from_utf8_lossy(&chunk).lines() {
            // decision: the space is part of the prefix, blank lines mean nothing
            if let Some(piece) = line.strip_prefix(PREFIX) {
                show(piece); // decision: shown at once
                shown.push_str(piece);
            }
        }
    }
    Ok(shown) // decision: an error that ended the reading is returned by `?`
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::var("ARES_URL")? + &env::var("ARES_PATH")?;
    // decision: failure is what Rust prints of an error, exit status 1
    stream_chat(
        &url,
        &env::var("ARES_TOKEN")?,
        &env::var("ARES_MESSAGE")?,
        |piece| {
            print!("{piece}");
            stdout().flush().unwrap(); // what has no line end waits in a buffer
        },
    )
    .await?;
    Ok(())
}

//! A driver for a Rust client: cargo build && mock-ares check --driver -- target/debug/driver

#[allow(dead_code)] // it is a program, too
#[path = "../../clients/rust/fixed.rs"]
mod fixed;

use std::ops::ControlFlow;
use std::time::Duration;

use fixed::{in_full, stream_chat}; // your client in its place
use serde_json::{json, Value};
use tokio::io::{stdin, AsyncBufReadExt, BufReader};

/// A line, written at once: standard output is flushed at each.
fn say(message: Value) {
    println!("{message}");
}

async fn answer(asked: Value) {
    let [url, path, token, message] =
        ["url", "path", "token", "message"].map(|name| asked[name].as_str().unwrap_or(""));
    let (url, id) = (format!("{url}{path}"), &asked["id"]);
    let wanted = asked["cancel_after"].as_u64().unwrap_or(u64::MAX);
    let limit = asked["cancel_in"]
        .as_f64()
        .map_or(Duration::MAX, Duration::from_secs_f64);
    let (mut shown, mut count) = (String::new(), 0);
    let show = |piece: &str| {
        shown.push_str(piece);
        count += piece.chars().count() as u64;
        say(json!({"id": id, "piece": piece}));
        if count < wanted {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    match tokio::time::timeout(limit, stream_chat(&url, token, message, show)).await {
        Ok(Err(error)) => say(json!({"id": id, "error": in_full(error.as_ref())})),
        Ok(Ok(_)) | Err(_) => say(json!({"id": id, "text": shown})), // Err: stopped by dropping it
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    say(
        json!({"protocol": 1, "name": "rust", "capabilities": ["incremental", "cancel", "abort", "concurrent", "v1"]}),
    );
    let mut requests = BufReader::new(stdin()).lines();
    while let Some(line) = requests.next_line().await? {
        tokio::spawn(answer(serde_json::from_str(&line)?)); // not awaited: there may be two at once
    }
    Ok(())
}

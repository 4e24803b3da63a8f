//! A server of axum's own events, as ARES sends them: written for the tests of the recorder, and by nobody for mock-ares.

use std::{convert::Infallible, time::Duration};

use axum::{extract::Json, response::sse::{Event, KeepAlive, Sse}, routing::post, Router};
use futures_util::stream::{self, Stream, StreamExt};

async fn chat(Json(request): Json<serde_json::Value>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let context = request["context_id"].as_str().unwrap_or("made-here").to_owned();
    let mut records = vec![serde_json::json!({"event": "start", "agent": "product (system)", "context_id": context})];
    for text in ["Ax", "um ", "spr", "icht", " Größe", "\n", "🧠"] {
        records.push(serde_json::json!({"event": "token", "content": text}));
    }
    records.push(serde_json::json!({"event": "done", "agent": "Product (user)", "context_id": context}));
    let events = stream::iter(records).then(|record| async move {
        tokio::time::sleep(Duration::from_millis(25)).await;
        Ok(Event::default().data(record.to_string()))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    axum::serve(listener, Router::new().route("/api/chat/stream", post(chat))).await.unwrap();
}

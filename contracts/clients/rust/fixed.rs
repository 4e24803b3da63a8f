//! A right ARES client on reqwest.

use std::borrow::Cow;
use std::env;
use std::error::Error;
use std::io::{stdout, Write};
use std::iter::successors;
use std::mem;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::Duration;

use reqwest::{redirect, Client, Response, StatusCode};
use serde_json::json;

const SILENCE: Duration = Duration::from_secs(120);
const EXCERPT: usize = 300;

type Failure = Box<dyn Error + Send + Sync>;

// The question is not for another server: a redirect is an answer like any other, with a wrong status. The limit is for
// the head and then for each read; reqwest's `timeout` would be for the answer as a whole.
static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let settings = Client::builder()
        .redirect(redirect::Policy::none())
        .read_timeout(SILENCE);
    settings.build().expect("settings that are fine")
});

/// Asks and streams the answer: `show` is called for each piece as it comes, and stops the stream by `Break`. The text
/// that was shown is returned.
///
/// Fails where the status or the type is wrong, the connection fails, the body ends too soon or falls silent; what was
/// shown until then is the start of the answer.
pub async fn stream_chat(
    url: &str,
    token: &str,
    message: &str,
    mut show: impl FnMut(&str) -> ControlFlow<()>,
) -> Result<String, Failure> {
    let request = CLIENT
        .post(url)
        .header("Accept", "text/event-stream")
        .bearer_auth(token);
    let mut response = request.json(&json!({"message": message})).send().await?;
    refuse_all_but_events(&mut response).await?;

    let mut text = String::new();
    let mut events = EventStream::default();
    while let Some(received) = response.chunk().await? {
        for piece in events.feed(&received) {
            text.push_str(&piece);
            if show(&piece).is_break() {
                return Ok(text); // dropping a response that is not read to its end closes the connection
            }
        }
    }
    Ok(text)
}

async fn refuse_all_but_events(response: &mut Response) -> Result<(), Failure> {
    let status = response.status();
    if status != StatusCode::OK {
        let body = response.chunk().await.ok().flatten().unwrap_or_default(); // what there is of it
        let excerpt = String::from_utf8_lossy(&body[..body.len().min(EXCERPT)]);
        return Err(format!("HTTP {status}: {excerpt}").into());
    }
    let field = response
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok());
    let media_type = field
        .unwrap_or("none")
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if !media_type.eq_ignore_ascii_case("text/event-stream") {
        return Err(format!("content type {media_type}, expected text/event-stream").into());
    }
    Ok(())
}

/// WHATWG HTML, 9.2.5 and 9.2.6: bytes as they come in, the data of each finished event out.
///
/// Lines are cut from bytes, and whole before they are decoded, so where reads end does not matter.
#[derive(Default)]
struct EventStream {
    line: Vec<u8>,
    after_cr: bool,
    after_first: bool,
    data: Option<String>,
}

impl EventStream {
    fn feed(&mut self, received: &[u8]) -> Vec<String> {
        let mut events = Vec::new();
        for &byte in received {
            let rest_of_crlf = byte == b'\n' && self.after_cr;
            self.after_cr = byte == b'\r';
            match byte {
                b'\n' if rest_of_crlf => {}
                b'\r' | b'\n' => events.extend(self.end_of_line()),
                _ => self.line.push(byte),
            }
        }
        events
    }

    /// The data of the event that the line ends, if it ends one.
    fn end_of_line(&mut self) -> Option<String> {
        let bytes = mem::take(&mut self.line);
        let decoded: Cow<str> = String::from_utf8_lossy(&bytes);
        let mut line = decoded.as_ref();
        if !mem::replace(&mut self.after_first, true) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            return self.data.take();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field == "data" {
            // ARES has no event types and no ids, so no other field counts
            let value = value.strip_prefix(' ').unwrap_or(value);
            self.data = Some(match self.data.take() {
                Some(before) => before + "\n" + value,
                None => value.to_owned(),
            });
        }
        None
    }
}

/// An error with its causes: reqwest's own says no more than what was going on.
pub fn in_full(error: &dyn Error) -> String {
    let causes = successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let asked = |name: &str| env::var(name).unwrap_or_default();
    let url = asked("ARES_URL") + &asked("ARES_PATH");
    let show = |piece: &str| match write!(stdout(), "{piece}").and_then(|()| stdout().flush()) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()), // nobody reads on
    };
    match stream_chat(&url, &asked("ARES_TOKEN"), &asked("ARES_MESSAGE"), show).await {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", in_full(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

//! A reader of server-sent events, strict about their form.

use reqwest::Response;
use serde_json::Value;

use crate::app::TestApp;

/// One event as it came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// A stream of events, read block by block.
pub(crate) struct Events {
    answer: Response,
    unread: String,
}

impl Events {
    pub(crate) async fn of(app: &TestApp, id: &str, after: Option<u64>) -> Self {
        let mut request = app.get(&format!("/v1/figures/{id}/events"));
        if let Some(after) = after {
            request = request.header("Last-Event-ID", after.to_string());
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{answer:?}");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert_eq!(answer.headers()["x-accel-buffering"], "no");
        let mut events = Self { answer, unread: String::new() };
        assert_eq!(events.block().await.unwrap(), "retry: 2000");
        events
    }

    /// What stands before the next empty line; `None` at the end.
    pub(crate) async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.unread = rest;
                return Some(block);
            }
            let Some(more) = self.answer.chunk().await.unwrap() else {
                assert_eq!(self.unread, "", "it ended within a block");
                return None;
            };
            self.unread += std::str::from_utf8(&more).unwrap();
        }
    }

    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            if block.starts_with(':') {
                continue;
            }
            let lines: Vec<_> = block.lines().map(|line| line.split_once(": ").unwrap()).collect();
            let [("id", id), ("event", name), ("data", data)] = lines[..] else { panic!("no event: {block}") };
            let (id, data) = (id.parse().unwrap(), serde_json::from_str(data).unwrap());
            return Some(Event { id, name: name.to_owned(), data });
        }
    }

    pub(crate) async fn rest(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

pub(crate) fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_str()).collect()
}

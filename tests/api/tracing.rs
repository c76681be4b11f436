//! A caller's trace goes on through Figurine to the engine, ids alone; and the stages' times are told.

use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::app::{TestApp, jpeg, json_of};

const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// The parts of a `traceparent` in an answer.
fn parts(answer: &reqwest::Response) -> Vec<String> {
    let text = answer.headers()["traceparent"].to_str().unwrap();
    let parts: Vec<_> = text.split('-').map(str::to_owned).collect();
    let lengths: Vec<_> = parts.iter().map(String::len).collect();
    assert_eq!(lengths, [2, 32, 16, 2], "{text}");
    parts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_trace_is_gone_on_with_and_an_unsound_one_is_passed_over() {
    let app = TestApp::start().await;
    for path in ["/v1/me", "/nowhere"] {
        let answer = app.get(path).header("traceparent", GIVEN).send().await.unwrap();
        let parts = parts(&answer);
        assert_eq!((parts[1].as_str(), parts[3].as_str()), ("4bf92f3577b34da6a3ce929d0e0e4736", "01"));
        assert_ne!(parts[2], "00f067aa0ba902b7", "its place in the trace is its own");
    }
    let twice = app.get("/v1/me").header("traceparent", GIVEN).header("traceparent", GIVEN);
    let broken = app.get("/v1/me").header("traceparent", GIVEN.to_uppercase());
    for request in [app.get("/v1/me"), twice, broken] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_ne!(parts(&answer)[1], "4bf92f3577b34da6a3ce929d0e0e4736");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_gets_the_ids_of_the_trace_and_nothing_else_of_it() {
    let engine = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", engine.local_addr().unwrap());
    let gemini = [
        ("GEMINI_API_KEY", "not-a-real-key"),
        ("FIGURINE_GEMINI_TIER", "paid"),
        ("FIGURINE_GEMINI_BASE_URL", &base_url),
    ];
    let app = TestApp::with(&gemini, |_| {}).await;
    let asked = app
        .post("", jpeg(64, 64))
        .header("Prefer", "respond-async")
        .header("traceparent", GIVEN)
        .header("tracestate", "vendor=state-of-mine")
        .header("baggage", "user=somebody");
    let (id, mut head) = (json_of(asked.send().await.unwrap(), 202).await["id"].clone(), Vec::new());
    let head = loop {
        // Connections that are not the call are passed over.
        let (mut call, _) = engine.accept().await.unwrap();
        head.clear();
        while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") && call.read_buf(&mut head).await.unwrap() > 0 {}
        let text = String::from_utf8_lossy(&head).to_lowercase();
        if text.contains(":generatecontent") {
            break text;
        }
    };
    assert!(head.contains("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-"), "{head}");
    for private in ["00f067aa0ba902b7", "tracestate", "baggage", "state-of-mine", "somebody"] {
        assert!(!head.contains(private), "{private}: {head}");
    }
    let gone = app.request(reqwest::Method::DELETE, &format!("/v1/figures/{}", id.as_str().unwrap()));
    assert_eq!(gone.send().await.unwrap().status(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stages_of_a_figure_are_told_with_object_and_image() {
    let app = TestApp::start().await;
    let made = app.post("", jpeg(64, 64)).send().await.unwrap();
    let told = made.headers()["server-timing"].to_str().unwrap().to_owned();
    let figure = json_of(made, 201).await;
    let expected: Vec<_> = ["intake", "queue", "analyze", "enhance", "render", "finish", "total"]
        .iter()
        .map(|stage| format!("{stage};dur={}", figure["timings_ms"][*stage]))
        .collect();
    assert_eq!(told, expected.join(", "));
    let image = app.get(figure["images"][0]["href"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(image.headers()["server-timing"], told.as_str());
}

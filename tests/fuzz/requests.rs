//! Keys, and requests that were sound once.

use figurine::{
    auth::{Expected, KeySet, MintRequest, check, credential, mint},
    domain::AccountId,
};
use reqwest::{Method, header::HeaderValue};
use secrecy::ExposeSecret;

use crate::{
    Course,
    app::{Form, TestApp, jpeg},
    fail,
    mutate::mutated,
    panicked,
};

const NOW: u64 = 1_800_000_000;

/// No text but the key itself is a key.
pub(crate) fn keys(course: &mut Course) {
    let keys = KeySet::generate().unwrap();
    let names = Expected { issuer: "figurine".to_owned(), audience: "figurine-api".to_owned() };
    let request = MintRequest::new(AccountId::parse("acme").unwrap(), &names);
    let key = mint(&keys, &request, NOW).unwrap().text.expose_secret().as_bytes().to_vec();
    let header = [b"Bearer ", &key[..]].concat();
    let read = |header: &[u8]| {
        let text = credential([("authorization", header)])?.to_owned();
        check(&keys, &names, NOW, &text).map(|_| text)
    };
    assert!(read(&header).is_ok());
    let (mut refused, seeds) = (0_u64, [header]);
    while course.goes_on() {
        let changed = mutated(&mut course.random, &seeds);
        match read(&changed) {
            Ok(text) if text.as_bytes() != key => fail("keys", &changed, "a changed key is taken"),
            Ok(_) => {}
            Err(_) => refused += 1,
        }
    }
    println!("keys: {refused} refused");
}

/// Whatever comes, the answer is one of ours, and never a fault of ours.
pub(crate) async fn run(course: &mut Course) {
    let app = TestApp::start().await;
    let photo = jpeg(40, 30);
    let form = Form::default().file("image", &photo).text("style", "anime").text("prompt", "a hat").body();
    let json = serde_json::json!({
        "image": {"data": "data:image/jpeg;base64,/9j/4AAQSkZJRg=="}, "style": "anime", "n": 2, "metadata": {"a": "b"},
        "retention_seconds": 60, "seed": 7, "prompt": "\u{1F600} hat", "max_cost_micro_usd": 5,
    });
    let bodies = [
        ("multipart/form-data; boundary=----figurine", vec![form.clone(), form]),
        ("application/json", vec![json.to_string().into_bytes()]),
    ];
    let accepts = [
        &b"image/png, application/json;q=0.5, */*;q=0.1"[..],
        b"image/webp;q=0.9, image/*;q=0.1",
        b"application/problem+json",
        b"respond-async, wait=10",
        b"wait=\"7\"; a=b, foo",
        b"bytes=0-10,-5",
    ]
    .map(<[u8]>::to_vec);
    let mut statuses = std::collections::BTreeMap::<u16, u64>::new();
    while course.goes_on() {
        let random = &mut course.random;
        let (kind, seeds) = &bodies[random.below(2)];
        let (body, accept, prefer) = (mutated(random, seeds), mutated(random, &accepts), mutated(random, &accepts));
        let kind =
            if random.below(4) == 0 { mutated(random, &[kind.as_bytes().to_vec()]) } else { kind.as_bytes().to_vec() };
        let mut request = app.request(Method::POST, "/v1/figures/validate").body(body.clone());
        for (name, value) in [("accept", accept), ("prefer", prefer), ("content-type", kind)] {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await;
        if let Some(place) = panicked() {
            fail("requests", &body, &format!("panicked at {place}"));
        }
        match answer {
            Ok(answer) => {
                let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
                *statuses.entry(status).or_default() += 1;
                if status >= 500 || serde_json::from_str::<serde_json::Value>(&text).is_err() {
                    fail("requests", &body, &format!("{status} {text}"));
                }
            }
            Err(error) => fail("requests", &body, &error.to_string()),
        }
    }
    app.node.stop().await;
    println!("requests: {statuses:?}");
}

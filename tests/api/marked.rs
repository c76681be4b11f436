//! A photo with marks in everything that is not its pixels: none of them gets further than intake.

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    app::{TestApp, jpeg, json_of},
    program::{client, keys, serve},
};

const MARK: &[u8] = b"Fountain-Street-7-2nd-floor";

/// A photo whose Exif, XMP, comment and trailing bytes hold the mark.
fn marked() -> Vec<u8> {
    let segment = |marker: u8, body: &[u8]| {
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker], &length[..], body].concat()
    };
    let exif =
        [&b"Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x0E\0\x02\0\0\0\x1C\0\0\0\x1A\0\0\0\0"[..], MARK, b"\0"].concat();
    let photo = jpeg(320, 240);
    [
        &photo[..2],
        &segment(0xE1, &exif),
        &segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", MARK].concat()),
        &segment(0xED, &[b"Photoshop 3.0\0", MARK].concat()),
        &segment(0xFE, MARK),
        &photo[2..],
        MARK,
    ]
    .concat()
}

/// Whether bytes hold the mark, plain or within base64 at any of its three offsets.
fn holds_mark(bytes: &[u8]) -> bool {
    let inner = |skip: usize| STANDARD.encode(&MARK[skip..skip + 21]).into_bytes();
    let forms = [MARK.to_vec(), inner(0), inner(1), inner(2)];
    forms.iter().any(|form| bytes.windows(form.len()).any(|window| window == form))
}

/// The photos in every body that the engine received.
fn sent(folder: &Path) -> Vec<Vec<u8>> {
    fn collect(value: &Value, found: &mut Vec<Vec<u8>>) {
        match value {
            Value::Object(members) => {
                let data = members.get("data").and_then(Value::as_str);
                found.extend(data.map(|data| STANDARD.decode(data).unwrap()));
                members.values().for_each(|value| collect(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let body = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!holds_mark(&body));
        collect(&serde_json::from_slice(&body).unwrap(), &mut found);
    }
    found
}

#[tokio::test]
async fn no_mark_of_a_photo_reaches_the_engine_or_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::with(&[], |wiring| wiring.simulator.keep_bodies = Some(folder.path().to_owned())).await;
    let upload = app.upload(marked()).await;
    let clear = |app: &TestApp| {
        app.memory().dump().into_iter().all(|(name, value)| !holds_mark(name.as_bytes()) && !holds_mark(&value))
    };
    assert!(!app.photos_kept().is_empty() && clear(&app));
    let order = serde_json::json!({"image": {"upload_id": upload}});
    let figure = json_of(app.post_json("/v1/figures", &order).send().await.unwrap(), 201).await;
    let removed = &figure["photo"]["metadata_removed"];
    assert_eq!(*removed, serde_json::json!(["exif", "xmp", "iptc", "comment", "trailing_bytes"]), "{figure:#}");
    assert!(!holds_mark(figure.to_string().as_bytes()) && clear(&app));
    let photos = sent(folder.path());
    assert!(!photos.is_empty());
    for photo in photos {
        assert!(
            photo.starts_with(&[0xFF, 0xD8, 0xFF]) && photo.ends_with(&[0xFF, 0xD9]),
            "a JPEG, and nothing behind it"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mark_of_a_photo_reaches_the_log_at_its_most_talkative() {
    let folder = tempfile::tempdir().unwrap();
    let [key, _] = keys(&folder);
    let (running, url) = serve(&folder, &[("FIGURINE_LOG", "trace"), ("FIGURINE_SIGNING_KEYS", "signing.pem")]);
    let broken = [&marked()[..400], MARK].concat();
    for (photo, status) in [(marked(), 201), (broken, 422)] {
        let sent = client().post(format!("{url}/v1/figures")).bearer_auth(&key).body(photo).send().await.unwrap();
        let answer = json_of(sent, status).await;
        assert!(!holds_mark(answer.to_string().as_bytes()), "{answer:#}");
    }
    running.terminate();
    let said = running.said();
    assert!(said.len() > 10);
    assert!(said.iter().all(|line| !holds_mark(line.as_bytes())));
    assert_eq!(running.exit().code(), Some(0));
}

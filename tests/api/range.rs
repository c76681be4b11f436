//! Parts of an image.

use reqwest::Method;

use crate::app::TestApp;

/// A finished image: its path, its entity tag and its bytes.
async fn image(app: &TestApp) -> (String, String, Vec<u8>) {
    let id = app.submit().await;
    let figure = app.ended(&id).await;
    let href = figure["images"][0]["href"].as_str().unwrap().to_owned();
    let answer = app.get(&href).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["accept-ranges"]), (200, &"bytes".parse().unwrap()));
    let etag = answer.headers()["etag"].to_str().unwrap().to_owned();
    (href, etag, answer.bytes().await.unwrap().to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_range_of_bytes_is_answered_with_these_bytes() {
    let app = TestApp::start().await;
    let (href, etag, whole) = image(&app).await;
    let end = whole.len() - 1;
    for (range, first, last) in [
        ("bytes=0-0".to_owned(), 0, 0),
        ("bytes=5-9".to_owned(), 5, 9),
        ("bytes=10-".to_owned(), 10, end),
        ("bytes=-7".to_owned(), end - 6, end),
        (format!("bytes=-{}", whole.len() + 1), 0, end),
        (format!("bytes={end}-{}", end + 100), end, end),
        (format!("bytes=0-{end}"), 0, end),
    ] {
        let answer = app.get(&href).header("Range", &range).send().await.unwrap();
        let headers = answer.headers().clone();
        assert_eq!(answer.status(), 206, "{range}");
        assert_eq!(headers["content-range"], format!("bytes {first}-{last}/{}", whole.len()).as_str(), "{range}");
        assert_eq!(headers["content-length"], (last - first + 1).to_string().as_str(), "{range}");
        assert_eq!(
            (&headers["etag"], &headers["content-type"]),
            (&etag.parse().unwrap(), &"image/png".parse().unwrap())
        );
        assert!(headers.contains_key("repr-digest") && headers.contains_key("accept-ranges"));
        assert_eq!(answer.bytes().await.unwrap(), whole[first..=last], "{range}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_that_is_not_one_range_of_bytes_within_the_image_is_passed_over() {
    let app = TestApp::start().await;
    let (href, _, whole) = image(&app).await;
    let beyond = format!("bytes={}-", whole.len());
    for range in ["bytes=0-1,3-4", "bytes=5-2", "bytes=-0", "bytes=", "bytes=x-", "lines=0-1", "nonsense", "", &beyond]
    {
        let answer = app.get(&href).header("Range", range).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{range}");
        assert!(!answer.headers().contains_key("content-range"), "{range}");
        assert_eq!(answer.bytes().await.unwrap(), whole, "{range}");
    }
    let twice = app.get(&href).header("Range", "bytes=0-0").header("Range", "bytes=1-1").send().await.unwrap();
    assert_eq!(twice.status(), 200);
    let head = app.request(Method::HEAD, &href).header("Range", "bytes=0-0").send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(head.headers()["content-length"], whole.len().to_string().as_str());
    assert_eq!(head.headers()["accept-ranges"], "bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_holds_only_while_the_image_is_the_one_that_is_meant() {
    let app = TestApp::start().await;
    let (href, etag, whole) = image(&app).await;
    let weak = format!("W/{etag}");
    for (name, value, status) in [
        ("If-Range", etag.as_str(), 206),
        ("If-Range", &weak, 200),
        ("If-Range", "\"another\"", 200),
        ("If-Range", "Wed, 21 Oct 2026 07:28:00 GMT", 200),
        ("If-Range", "*", 200),
        ("If-None-Match", &etag, 304),
        ("If-None-Match", "\"another\"", 206),
    ] {
        let asked = app.get(&href).header("Range", "bytes=0-7").header(name, value);
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), status, "{name}: {value}");
        let length = match status {
            206 => 8,
            304 => 0,
            _ => whole.len(),
        };
        assert_eq!(answer.bytes().await.unwrap(), whole[..length], "{name}: {value}");
    }
}

//! What anybody may keep for a while.

use reqwest::Method;

use crate::app::{TestApp, json_of};

#[tokio::test(flavor = "multi_thread")]
async fn styles_are_sent_again_only_when_they_have_changed() {
    let app = TestApp::start().await;
    let get = |method: Method| app.client.request(method, app.url("/v1/styles"));
    let first = get(Method::GET).send().await.unwrap();
    let etag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(first.headers()["cache-control"], "public, max-age=3600");
    assert_eq!(first.headers()["content-type"], "application/json");
    assert_eq!(json_of(first, 200).await["data"].as_array().unwrap().len(), 16);
    for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
        for method in [Method::GET, Method::HEAD] {
            let answer = get(method).header("If-None-Match", &known).send().await.unwrap();
            assert_eq!((answer.status().as_u16(), &answer.headers()["etag"]), (304, &etag.parse().unwrap()), "{known}");
            assert_eq!(answer.headers()["cache-control"], "public, max-age=3600", "{known}");
            assert!(answer.bytes().await.unwrap().is_empty());
        }
    }
    for other in ["\"other\"", etag.trim_matches('"'), ""] {
        assert_eq!(get(Method::GET).header("If-None-Match", other).send().await.unwrap().status(), 200, "{other}");
    }
}

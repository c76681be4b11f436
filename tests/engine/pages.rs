//! The list of models page by page, and what the simulator answers where nobody serves.

use crate::protocol::{IMAGE, asking, assert_error, client, simulator, told};
use crate::schemas::faults;
use reqwest::Method;
use serde_json::{Value, json};

fn names(page: &Value) -> Vec<String> {
    page["models"].as_array().unwrap().iter().map(|model| model["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_list_of_models_comes_in_pages_as_long_as_was_asked() {
    let simulator = simulator().await;
    let get = async |version: &str, query: &str| {
        let url = format!("{}/{version}/models?key=k{query}", simulator.base_url);
        told(client().get(url)).await
    };
    for version in ["v1", "v1beta"] {
        let (_, whole) = get(version, "").await;
        assert!(whole.get("nextPageToken").is_none(), "fifty models are a page: {whole}");
        for same in ["&pageSize=1000", "&pageSize=2000", "&pageSize=0", "&pageToken="] {
            assert_eq!(get(version, same).await, (200, whole.clone()), "{same}");
        }
        for size in ["pageSize", "page_size"] {
            let (mut found, mut token) = (Vec::new(), String::new());
            loop {
                let (http, page) = get(version, &format!("&{size}=4&pageToken={token}")).await;
                assert_eq!(http, 200, "{page}");
                assert!(faults("ListModelsResponse", &page).is_empty(), "{:?}", faults("ListModelsResponse", &page));
                assert!(names(&page).len() <= 4, "{page}");
                found.extend(names(&page));
                let Some(next) = page.get("nextPageToken") else { break };
                assert_eq!(names(&page).len(), 4, "a page before the last is full: {page}");
                next.as_str().unwrap().clone_into(&mut token);
            }
            assert_eq!(found, names(&whole), "each model once, in order");
        }
    }
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let simulator = simulator().await;
    // The last names a model that this version does not list.
    for wrong in [
        "pageSize=-1",
        "pageSize=two",
        "pageSize=1.5",
        "pageSize=99999999999",
        "pageToken=%21",
        "pageToken=Z2VtaW5pLWZsYXNoLWxhdGVzdA",
    ] {
        let (http, body) = told(client().get(format!("{}/v1/models?key=k&{wrong}", simulator.base_url))).await;
        assert_eq!((http, &body["error"]["status"]), (400, &json!("INVALID_ARGUMENT")), "{wrong}: {body}");
        assert_error(http, &body);
    }
    let (http, body) = told(client().get(format!("{}/v1/models?pageSize=-1", simulator.base_url))).await;
    assert_eq!((http, &body["error"]["status"]), (403, &json!("PERMISSION_DENIED")), "the key comes first: {body}");
}

#[tokio::test]
async fn what_nobody_serves_is_told_in_googles_envelope() {
    let simulator = simulator().await;
    let good = asking(&json!({}));
    for (method, path, http, word) in [
        (Method::GET, "/", 404, "NOT_FOUND"),
        (Method::GET, "/v2/models", 404, "NOT_FOUND"),
        (Method::GET, "/v1beta/models/", 404, "NOT_FOUND"),
        (Method::GET, "/v1beta/tunedModels", 404, "NOT_FOUND"),
        (Method::POST, "/v1beta/models/gemini-3.8-flash:countTokens", 404, "NOT_FOUND"),
        (Method::POST, "/v1alpha/models/gemini-3.8-flash:generateContent", 404, "NOT_FOUND"),
        (Method::GET, IMAGE, 405, "UNIMPLEMENTED"),
        (Method::DELETE, "/v1/models", 405, "UNIMPLEMENTED"),
        (Method::PATCH, "/v1/models/gemini-3.8-flash", 405, "UNIMPLEMENTED"),
        (Method::POST, "/v1beta/files/abc", 405, "UNIMPLEMENTED"),
        (Method::PUT, "/__scenario", 400, "INVALID_ARGUMENT"),
    ] {
        let url = format!("{}{path}", simulator.base_url);
        let asked = client().request(method.clone(), url).header("x-goog-api-key", "k").body(good.to_string());
        let answer = asked.send().await.unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!((answer.status().as_u16(), kind.as_str()), (http, "application/json"), "{method} {path}");
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(body["error"]["status"], word, "{method} {path}");
        assert!(!body["error"]["message"].as_str().unwrap().is_empty(), "{body}");
        assert_error(http, &body);
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_told_in_googles_envelope() {
    let simulator = simulator().await;
    let url = format!("{}/upload/v1beta/files?key=k", simulator.base_url);
    let (http, body) = told(client().post(url).body(vec![0; (32 << 20) + 1])).await;
    assert_error(http, &body);
    assert_eq!(http, 413, "{body}");
}

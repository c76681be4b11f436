//! The caller's figures, page by page.

use std::time::Duration;

use bytes::Bytes;
use figurine::{
    domain::{AccountId, FigureId},
    store::{Store, StoreKey},
};
use reqwest::Method;
use serde_json::Value;

use crate::app::{TestApp, jpeg, json_of, problem_of};

async fn page(app: &TestApp, query: &str) -> Value {
    let list = json_of(app.get(&format!("/v1/figures{query}")).send().await.unwrap(), 200).await;
    assert_eq!(list["object"], "list", "{list:#}");
    assert_eq!(list["has_more"], !list["next_cursor"].is_null(), "{list:#}");
    list
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|figure| figure["id"].as_str().unwrap()).collect()
}

/// Figures that have ended, newest first.
async fn made(app: &TestApp, count: usize) -> Vec<String> {
    let mut made = Vec::new();
    for _ in 0..count {
        let id = app.submit().await;
        app.ended(&id).await;
        made.insert(0, id);
    }
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_every_figure_once_newest_first() {
    let app = TestApp::start().await;
    let made = made(&app, 5).await;
    let (mut query, mut found, mut sizes) = ("?limit=2".to_owned(), Vec::new(), Vec::new());
    loop {
        let list = page(&app, &query).await;
        sizes.push(ids(&list).len());
        for figure in list["data"].as_array().unwrap() {
            let own = figure["links"]["self"].as_str().unwrap();
            assert_eq!(*figure, json_of(app.get(own).send().await.unwrap(), 200).await);
        }
        found.extend(ids(&list).into_iter().map(str::to_owned));
        let Some(cursor) = list["next_cursor"].as_str() else { break };
        assert!(!cursor.contains(['+', '/', '=']) && !cursor.contains("fig_"), "{cursor}");
        query = format!("?limit=2&cursor={cursor}");
    }
    assert_eq!((found, sizes), (made.clone(), vec![2, 2, 1]));
    for whole in ["", "?limit=5", "?limit=100"] {
        let list = page(&app, whole).await;
        assert_eq!((ids(&list).len(), &list["has_more"]), (5, &false.into()), "{whole}");
    }
    // A figure that came in between shifts nothing.
    let first = page(&app, "?limit=3").await;
    app.submit().await;
    let second = page(&app, &format!("?cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!(ids(&second), made[3..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_twenty_figures_unless_asked_otherwise() {
    let app = TestApp::start().await;
    made(&app, 21).await;
    let list = page(&app, "").await;
    assert_eq!((ids(&list).len(), &list["has_more"]), (20, &true.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_under_way_is_listed_as_far_as_it_is() {
    let app = TestApp::start().await;
    app.node.simulator().hold();
    let id = app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let list = page(&app, "").await;
    assert_eq!((ids(&list), &list["data"][0]["status"]), (vec![id.as_str()], &"analyzing".into()), "{list:#}");
    app.node.simulator().release();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_the_accounts_own() {
    let app = TestApp::start().await;
    let made = made(&app, 1).await;
    let (other, colleague) = (app.key_of("other", |_| {}), app.key_of("acme", |_| {}));
    for (key, expected) in [(&other, &[][..]), (&colleague, &made[..])] {
        let answer = app.client.get(app.url("/v1/figures")).bearer_auth(key).send().await.unwrap();
        let list = json_of(answer, 200).await;
        assert_eq!(ids(&list), expected, "{list:#}");
    }
    let writer = app.key_with("figures:write");
    let answer = app.client.get(app.url("/v1/figures")).bearer_auth(writer).send().await.unwrap();
    problem_of(answer, 403, "missing_scope").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_or_past_its_time_is_not_listed() {
    let app = TestApp::start().await;
    let short = json_of(app.post("?retention_seconds=60", jpeg(64, 64)).send().await.unwrap(), 201).await;
    let made = made(&app, 2).await;
    assert_eq!(ids(&page(&app, "").await), [&made[..], &[short["id"].as_str().unwrap().to_owned()]].concat());
    app.request(Method::DELETE, &format!("/v1/figures/{}", made[0])).send().await.unwrap();
    app.clock.advance(Duration::from_secs(61));
    assert_eq!(ids(&page(&app, "").await), [&made[1]]);
    app.clock.advance(Duration::from_secs(3_600));
    assert_eq!(ids(&page(&app, "").await), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_that_cannot_be_read_leaves_the_others_in_the_list() {
    let app = TestApp::start().await;
    let made = made(&app, 3).await;
    let owner = app.node.api().flow.vault.owner(&AccountId::parse("acme").unwrap()).unwrap();
    let record = |id: &str| StoreKey::record(&owner, &FigureId::parse(id).unwrap());
    app.memory().delete(&[record(&made[0])]).await.unwrap();
    app.memory().put(&record(&made[1]), Bytes::from_static(b"no record"), Duration::from_secs(60)).await.unwrap();
    let first = page(&app, "?limit=2").await;
    assert_eq!((ids(&first), &first["has_more"]), (vec![], &true.into()), "{first:#}");
    let second = page(&app, &format!("?cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!(ids(&second), [&made[2]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_meant_is_refused_by_name() {
    let app = TestApp::start().await;
    let not_a_figure = "a2V5XzAxOWFiMmMzZDRlNTdmNjBhMWIyYzNkNGU1ZjYwNzE4";
    for (query, code, pointer) in [
        ("limit=0", "invalid_option", "/limit"),
        ("limit=101", "invalid_option", "/limit"),
        ("limit=", "invalid_option", "/limit"),
        ("limit=%2B5", "invalid_option", "/limit"),
        ("limit=2&limit=2", "invalid_option", "/limit"),
        ("cursor=nonsense", "invalid_option", "/cursor"),
        ("cursor=", "invalid_option", "/cursor"),
        (&format!("cursor={not_a_figure}"), "invalid_option", "/cursor"),
        ("offset=3", "unknown_field", "/offset"),
        ("style=anime&limit=2", "unknown_field", "/style"),
    ] {
        let problem = problem_of(app.get(&format!("/v1/figures?{query}")).send().await.unwrap(), 422, code).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{query}: {problem:#}");
        assert_eq!(problem["errors"].as_array().unwrap().len(), 1, "{query}: {problem:#}");
    }
    problem_of(app.get("/v1/figures?limit=%ff").send().await.unwrap(), 400, "malformed_request").await;
}

//! Sealing keys and index keys that rotate: nothing of before is lost, and nothing is done twice.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::{
    app::{jpeg, json_of, problem_of},
    installation::{Installation, Node, SEAL_KEY},
};

const NEW_KEY: &str = "b:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";

fn node(it: &Installation, seal: &[&str], index: &[&str]) -> Node {
    it.node_with(&[("FIGURINE_SEAL_KEYS", &seal.join(",")), ("FIGURINE_INDEX_KEYS", &index.join(","))])
}

fn order(node: &Node, once: &str, style: &str) -> RequestBuilder {
    let order = node.request(Method::POST, &format!("/v1/figures?style={style}")).body(jpeg(320, 240));
    order.header("Idempotency-Key", once)
}

fn replayed(answer: &Response) -> bool {
    answer.headers().get("idempotency-replayed").is_some_and(|value| value == "true")
}

/// A figure is found, read and listed on a node; what ordered it orders no other.
async fn known(node: &Node, figure: &Value, once: &str) {
    let path = figure["links"]["self"].as_str().unwrap();
    let read = json_of(node.get(path).send().await.unwrap(), 200).await;
    assert_eq!(read["images"], figure["images"]);
    let image = node.get(figure["images"][0]["href"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(image.status(), 200);
    let listed = json_of(node.get("/v1/figures").send().await.unwrap(), 200).await;
    assert!(listed["data"].as_array().unwrap().iter().any(|one| one["id"] == figure["id"]), "{listed:#}");
    assert_eq!(node.get(&format!("{path}/receipt")).send().await.unwrap().status(), 200);
    let again = order(node, once, "anime").send().await.unwrap();
    assert!(replayed(&again), "{again:?}");
    assert_eq!(json_of(again, 201).await["id"], figure["id"]);
    problem_of(order(node, once, "chibi").send().await.unwrap(), 422, "idempotency_mismatch").await;
}

/// Keeps a photo ahead of use; gives its id.
async fn upload(node: &Node) -> String {
    let kept = node.request(Method::POST, "/v1/uploads").body(jpeg(200, 200)).send().await.unwrap();
    json_of(kept, 201).await["id"].as_str().unwrap().to_owned()
}

/// The name of the key that seals the data key of an upload, as it lies in the store.
fn sealed_by(it: &Installation, upload: &str) -> String {
    let mut raw = it.redis.raw();
    let names: Vec<String> = redis::cmd("KEYS").arg(format!("fig:*:photo:{upload}:dek:0")).query(&mut raw).unwrap();
    redis::cmd("GETRANGE").arg(&names[0]).arg(1).arg(1).query(&mut raw).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_from_node_to_node_under_work() {
    let it = Installation::founded().await;
    // A new key is told to every node before any uses it.
    let before = node(&it, &[SEAL_KEY, NEW_KEY], &[SEAL_KEY, NEW_KEY]);
    let old = json_of(order(&before, "old", "anime").send().await.unwrap(), 201).await;
    let of_before = upload(&before).await;
    let calls = it.engine.calls().len() as u64;
    it.engine.hold();
    let under_way = before.submit().await;
    it.engine.wait_for_calls(calls + 1).await;

    let after = node(&it, &[NEW_KEY, SEAL_KEY], &[NEW_KEY, SEAL_KEY]);
    let renders = it.engine.calls().len();
    known(&after, &old, "old").await;
    assert_eq!(it.engine.calls().len(), renders, "nothing is made again");
    it.engine.release();
    assert_eq!(after.ended(&under_way).await["status"], "succeeded");
    let of_after = upload(&after).await;
    assert_eq!((sealed_by(&it, &of_before), sealed_by(&it, &of_after)), ("a".to_owned(), "b".to_owned()));
    for (node, upload) in [(&after, of_before), (&before, of_after)] {
        let taken = json!({"image": {"upload_id": upload}}).to_string();
        let taken = node.request(Method::POST, "/v1/figures").header("Content-Type", "application/json").body(taken);
        assert_eq!(json_of(taken.send().await.unwrap(), 201).await["status"], "succeeded");
    }
    let new = json_of(order(&after, "new", "anime").send().await.unwrap(), 201).await;
    // Nodes that were not restarted yet go on beside it.
    known(&before, &new, "new").await;
    assert!(it.photos_kept().is_empty(), "{:?}", it.photos_kept());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_index_key_can_be_taken_away_once_the_account_has_come_with_the_new_one() {
    let it = Installation::founded().await;
    let old = json_of(order(&node(&it, &[SEAL_KEY], &[SEAL_KEY]), "old", "anime").send().await.unwrap(), 201).await;
    let both = node(&it, &[NEW_KEY, SEAL_KEY], &[NEW_KEY, SEAL_KEY]);
    let new = json_of(order(&both, "new", "anime").send().await.unwrap(), 201).await;
    drop(both);
    let one = node(&it, &[NEW_KEY, SEAL_KEY], &[NEW_KEY]);
    let path = old["links"]["self"].as_str().unwrap();
    assert_eq!(json_of(one.get(path).send().await.unwrap(), 200).await["id"], old["id"]);
    // What remembers requests is as old as the key that it was written under.
    known(&one, &json_of(one.get(new["links"]["self"].as_str().unwrap()).send().await.unwrap(), 200).await, "new")
        .await;
}

/// Nodes with the same keys in either order.
fn either_order(it: &Installation) -> [Node; 2] {
    [[SEAL_KEY, NEW_KEY], [NEW_KEY, SEAL_KEY]].map(|keys| node(it, &keys, &keys))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_last_about_a_person_holds_whichever_index_key_comes_first() {
    let it = Installation::founded().await;
    let nodes = either_order(&it);
    let path = "/v1/me/preferences";
    for (at, analytics) in [(0, false), (1, true), (0, false), (1, true), (1, false)] {
        let put = nodes[at].request(Method::PUT, path).header("Content-Type", "application/json");
        let put = put.header("Figurine-End-User", "anna").body(json!({"analytics": analytics}).to_string());
        let decided = json_of(put.send().await.unwrap(), 200).await;
        for node in &nodes {
            let read = node.get(path).header("Figurine-End-User", "anna").send().await.unwrap();
            assert_eq!(json_of(read, 200).await, decided);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_about_a_person_outlives_the_index_key_that_it_was_said_under() {
    let it = Installation::founded().await;
    let read = async |node: &Node| {
        let read = node.get("/v1/me/preferences").header("Figurine-End-User", "anna").send().await.unwrap();
        json_of(read, 200).await
    };
    let old = node(&it, &[SEAL_KEY], &[SEAL_KEY]);
    let put = old.request(Method::PUT, "/v1/me/preferences").header("Content-Type", "application/json");
    let put = put.header("Figurine-End-User", "anna").body(json!({"analytics": false}).to_string());
    let decided = json_of(put.send().await.unwrap(), 200).await;
    drop(old);
    // What it is read for, by whichever order of keys, is any request of hers.
    let both = node(&it, &[SEAL_KEY], &[SEAL_KEY, NEW_KEY]);
    json_of(both.post().header("Figurine-End-User", "anna").send().await.unwrap(), 201).await;
    drop(both);
    let new = node(&it, &[SEAL_KEY], &[NEW_KEY]);
    assert_eq!(read(&new).await, decided);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_for_a_person_is_found_and_erased_whichever_index_key_comes_first() {
    let it = Installation::founded().await;
    let nodes = either_order(&it);
    let held = async |node: &Node| {
        let read = node.get("/v1/me/data").header("Figurine-End-User", "anna").send().await.unwrap();
        json_of(read, 200).await["data"].as_array().unwrap().len()
    };
    for (one, other) in [(&nodes[0], &nodes[1]), (&nodes[1], &nodes[0])] {
        for node in &nodes {
            json_of(node.post().header("Figurine-End-User", "anna").send().await.unwrap(), 201).await;
        }
        assert_eq!((held(one).await, held(other).await), (2, 2));
        let erase = one.request(Method::DELETE, "/v1/me/data").header("Figurine-End-User", "anna");
        let erased = json_of(erase.send().await.unwrap(), 200).await;
        assert_eq!(erased["erased"]["figures"], 2, "{erased:#}");
        assert_eq!((held(one).await, held(other).await), (0, 0));
    }
}

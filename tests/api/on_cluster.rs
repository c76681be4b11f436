//! Nodes that share a Redis Cluster, as a user with the rights that the README gives.

use reqwest::Method;

use crate::{
    app::{json_of, problem_of},
    installation::Installation,
    private_redis::{PrivateRedis, cluster::PrivateCluster},
};

/// Names of photos, their data keys and specifications in a cluster.
fn photos_kept(cluster: &PrivateCluster) -> Vec<String> {
    let names = cluster.names().into_iter().flatten();
    names.filter(|name| name.contains(":photo:") || name.contains(":spec:")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_share_a_cluster_as_they_share_a_server() {
    let cluster = PrivateCluster::start();
    let mut it = Installation::new(PrivateRedis::start(), Some(PrivateRedis::start())).await;
    it.store_url = cluster.url(0);
    let (sound, said) = it.check(&[]);
    assert!(!sound && said.contains("wrong  store: no founding mark"), "{said}");
    it.found();
    let one = it.node();
    it.store_url = cluster.url(1);
    let two = it.node();
    let made = json_of(one.post().send().await.unwrap(), 201).await;
    let path = made["links"]["self"].as_str().unwrap();
    assert_eq!(json_of(two.get(path).send().await.unwrap(), 200).await["images"], made["images"]);
    let image = two.get(made["images"][0]["href"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(image.status(), 200);
    assert!(photos_kept(&cluster).is_empty(), "{:?}", photos_kept(&cluster));

    let calls = it.engine.calls().len() as u64;
    it.engine.hold();
    let id = one.submit().await;
    it.engine.wait_for_calls(calls + 1).await;
    assert_eq!(photos_kept(&cluster).len(), 2, "a photo and a specification: {:?}", photos_kept(&cluster));
    let deleted = two.request(Method::DELETE, &format!("/v1/figures/{id}")).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    it.engine.wait_for_ends(calls + 1).await;
    assert!(it.engine.calls().pop().unwrap().client_left, "the upstream call was closed");
    assert_eq!(one.ended(&id).await["status"], "canceled");
    assert!(photos_kept(&cluster).is_empty(), "{:?}", photos_kept(&cluster));

    redis::cmd("FLUSHALL").query::<()>(&mut cluster.masters[0].raw()).unwrap();
    problem_of(two.get("/readyz").send().await.unwrap(), 503, "store_lost").await;
    problem_of(two.post().send().await.unwrap(), 503, "store_lost").await;
}

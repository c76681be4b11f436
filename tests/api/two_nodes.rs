//! Two nodes on one Redis are one service: what is begun on one is seen, fetched, canceled and erased on the other.

use figurine::auth::generate_pem;
use reqwest::Method;
use tempfile::TempDir;

use crate::{
    app::{TestApp, jpeg, json_of, problem_of},
    installation::SEAL_KEY,
    private_redis::PrivateRedis,
    program::run,
};

pub(crate) struct Nodes {
    pub(crate) redis: PrivateRedis,
    keys: TempDir,
}

impl Nodes {
    pub(crate) fn new() -> Self {
        let keys = tempfile::tempdir().unwrap();
        std::fs::write(keys.path().join("signing.pem"), generate_pem().unwrap().as_str()).unwrap();
        let nodes = Self { redis: PrivateRedis::start(), keys };
        let vars = nodes.vars();
        let vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let founded = run(&nodes.keys, &["check", "--found"], &vars);
        assert!(founded.status.success(), "{founded:?}");
        nodes
    }

    fn vars(&self) -> Vec<(&'static str, String)> {
        let signing = self.keys.path().join("signing.pem");
        vec![
            ("FIGURINE_STORE_URL", self.redis.url()),
            ("FIGURINE_SIGNING_KEYS", signing.to_str().unwrap().to_owned()),
            ("FIGURINE_SEAL_KEYS", SEAL_KEY.to_owned()),
            ("FIGURINE_INDEX_KEYS", SEAL_KEY.to_owned()),
        ]
    }

    pub(crate) async fn start(&self) -> TestApp {
        self.start_with(&[]).await
    }

    pub(crate) async fn start_with(&self, more: &[(&str, &str)]) -> TestApp {
        let vars = self.vars();
        let vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
        TestApp::with(&[&vars, more].concat(), |_| {}).await
    }

    /// Names in the store of photos, their data keys and specifications.
    fn photos_kept(&self) -> Vec<String> {
        let names: Vec<String> = redis::cmd("KEYS").arg("fig:*").query(&mut self.redis.raw()).unwrap();
        assert!(names.iter().any(|name| name.contains(":job:")), "{names:?}");
        names.into_iter().filter(|name| name.contains(":photo:") || name.contains(":spec:")).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_of_one_node_is_fetched_and_erased_on_the_other() {
    let nodes = Nodes::new();
    let (one, two) = (nodes.start().await, nodes.start().await);
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(one.submit().await);
    }
    for id in &ids {
        let figure = two.ended(id).await;
        assert_eq!(figure["status"], "succeeded", "{figure:#}");
        let image = two.get(figure["images"][0]["href"].as_str().unwrap()).send().await.unwrap();
        assert_eq!((image.status().as_u16(), image.headers()["content-type"].to_str().unwrap()), (200, "image/png"));
    }
    assert!(nodes.photos_kept().is_empty(), "{:?}", nodes.photos_kept());
    let path = format!("/v1/figures/{}", ids[0]);
    assert!(two.request(Method::DELETE, &path).send().await.unwrap().status().is_success());
    problem_of(one.get(&path).send().await.unwrap(), 410, "figure_deleted").await;
    one.node.stop().await;
    two.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_under_way_on_one_node_is_canceled_on_the_other() {
    let nodes = Nodes::new();
    let (one, two) = (nodes.start().await, nodes.start().await);
    one.node.simulator().hold();
    two.node.simulator().hold();
    let id = one.submit().await;
    assert!(!nodes.photos_kept().is_empty());
    let answer = two.request(Method::DELETE, &format!("/v1/figures/{id}")).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    let figure = one.ended(&id).await;
    assert_eq!(figure["status"], "canceled", "{figure:#}");
    assert!(nodes.photos_kept().is_empty(), "{:?}", nodes.photos_kept());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_takes_over_where_the_other_has_stopped() {
    let nodes = Nodes::new();
    let one = nodes.start().await;
    let answer = one.post("", jpeg(320, 240)).send().await.unwrap();
    let figure = json_of(answer, 201).await;
    one.node.stop().await;
    let two = nodes.start().await;
    let again = two.get(figure["links"]["self"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(json_of(again, 200).await["id"], figure["id"]);
    let receipt = two.get(&format!("/v1/figures/{}/receipt", figure["id"].as_str().unwrap())).send().await.unwrap();
    assert_eq!(receipt.status(), 200);
}

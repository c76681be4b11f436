//! A store without its founding mark: a new one, or one that has lost everything.

use reqwest::StatusCode;

use crate::{
    app::{json_of, problem_of},
    installation::Installation,
    private_redis::{PrivateRedis, cluster::make_user},
};

fn mark(installation: &Installation) -> Option<String> {
    redis::cmd("GET").arg("fig:founding").query(&mut installation.redis.raw()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_redis_is_not_used_until_it_is_founded_on_purpose() {
    let new = Installation::new(PrivateRedis::start(), None).await;
    let (sound, said) = new.check(&[]);
    assert!(!sound && said.contains("wrong  store: no founding mark") && said.contains("check --found"), "{said}");
    // Neither a start nor a second one founds it.
    drop(new.node());
    let node = new.node();
    node.process.line_with("figurine check --found");
    assert_eq!(node.get("/healthz").send().await.unwrap().status(), StatusCode::OK);
    problem_of(node.get("/readyz").send().await.unwrap(), 503, "store_lost").await;
    let refused = problem_of(node.post().send().await.unwrap(), 503, "store_lost").await;
    assert_eq!((&refused["retryable"], &refused["charged"]), (&true.into(), &false.into()));
    assert_eq!((mark(&new), new.engine.calls()), (None, vec![]));
    new.found();
    assert_eq!(node.get("/readyz").send().await.unwrap().status(), StatusCode::OK);
    json_of(node.post().send().await.unwrap(), 201).await;
    let founded = mark(&new);
    new.found();
    assert_eq!(mark(&new), founded, "what is founded stays");
    assert!(new.check(&[]).0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_was_emptied_refuses_work_until_it_is_founded_again() {
    let it = Installation::founded().await;
    let node = it.node();
    let made = json_of(node.post().send().await.unwrap(), 201).await;
    let path = made["links"]["self"].as_str().unwrap();
    it.engine.hold();
    let calls = it.engine.calls().len() as u64;
    let emptied = async {
        it.engine.wait_for_calls(calls + 1).await;
        redis::cmd("FLUSHALL").query::<()>(&mut it.redis.raw()).unwrap();
    };
    let (waited, ()) = tokio::join!(node.post().send(), emptied);
    let lost = problem_of(waited.unwrap(), 503, "store_lost").await;
    assert_eq!((&lost["retryable"], &lost["charged"]), (&true.into(), &false.into()));
    it.engine.release();
    problem_of(node.get(path).send().await.unwrap(), 503, "store_lost").await;
    problem_of(node.post().send().await.unwrap(), 503, "store_lost").await;
    problem_of(it.node().post().send().await.unwrap(), 503, "store_lost").await;
    assert_eq!(mark(&it), None, "no start founds it");
    it.found();
    problem_of(node.get(path).send().await.unwrap(), 404, "not_found").await;
    json_of(node.post().send().await.unwrap(), 201).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_another_layout_stops_the_start_and_the_check() {
    let it = Installation::founded().await;
    redis::cmd("SET").arg("fig:founding").arg("1 32 x").query::<()>(&mut it.redis.raw()).unwrap();
    let (sound, said) = it.check(&["--found"]);
    assert!(!sound && said.contains("FIGURINE_STORE_URL") && said.contains("another version"), "{said}");
    let vars = it.vars();
    let vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let vars = [&crate::program::LISTEN[..], &vars].concat();
    let ended = crate::program::run(&it.folder, &["serve"], &vars);
    assert!(!ended.status.success() && String::from_utf8(ended.stderr).unwrap().contains("another version"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_tells_what_keeps_data_keys_on_disk() {
    let kept = || PrivateRedis::start_with(&["--appendonly", "yes"]);
    let both = Installation::new(kept(), None).await;
    let (sound, said) = both.check(&["--found"]);
    assert!(sound && said.contains("unwise store: one Redis keeps") && said.contains("(aof)"), "{said}");
    let apart = Installation::new(kept(), Some(PrivateRedis::start())).await;
    let (sound, said) = apart.check(&["--found"]);
    assert!(sound && !said.contains("on disk") && said.contains("ok     key store: founded now"), "{said}");
    let kept_apart = Installation::new(PrivateRedis::start(), Some(kept())).await;
    let (sound, said) = kept_apart.check(&["--found"]);
    assert!(sound && said.contains("unwise key store: it keeps data keys on disk"), "{said}");
    let mut unseen =
        Installation::new(kept(), Some(PrivateRedis::start_with(&["--maxmemory-policy", "allkeys-lru"]))).await;
    let (sound, said) = unseen.check(&["--found"]);
    assert!(
        sound && said.contains("unwise key store: when it is full it drops") && said.contains("allkeys-lru"),
        "{said}"
    );
    make_user(&unseen.redis);
    (unseen.key_redis, unseen.store_url) = (None, format!("{}?user=figurine&pass=sesame", unseen.redis.url()));
    let (sound, said) = unseen.check(&[]);
    assert!(sound && said.contains("(aof)") && !said.contains("drops"), "told without a right to settings: {said}");
    let mut gone = Installation::new(PrivateRedis::start(), Some(PrivateRedis::start())).await;
    gone.key_redis.as_mut().unwrap().kill();
    let (sound, said) = gone.check(&["--found"]);
    assert!(!sound && said.contains("FIGURINE_KEY_STORE_URL: the store does not answer"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_the_rights_that_the_readme_gives_starts_without_a_warning() {
    let mut it = Installation::new(PrivateRedis::start(), None).await;
    make_user(&it.redis);
    it.store_url = format!("{}?user=figurine&pass=sesame", it.redis.url());
    it.found();
    let node = it.node();
    json_of(node.post().send().await.unwrap(), 201).await;
    let said = node.process.said();
    assert!(!said.iter().any(|line| line.contains("the store refused")), "{said:#?}");
}

//! People's rights: what is held is seen and erased, whatever happens at the same time.

use std::time::{Duration, Instant};

use figurine::vault::receipt::verify_erasure;
use reqwest::{Method, RequestBuilder, Response};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    app::{TestApp, jpeg, json_of, problem_of},
    installation::Installation,
    program::client,
    two_nodes::Nodes,
};

/// That only kinds are left of which the privacy statement says that an erasure leaves them.
fn assert_only_kept(statement: &Value, names: &[String]) {
    let records = statement["records"].as_array().unwrap().iter();
    let kept: Vec<_> = records.filter(|it| it["erased"] == false).map(|it| it["kind"].as_str().unwrap()).collect();
    // What ids of figures under way stand in stays, without any of them.
    let left: Vec<_> = names.iter().filter(|name| !kept.contains(&kind(name)) && kind(name) != "jobs").collect();
    assert!(left.is_empty(), "{left:#?}");
}

async fn statement(app: &TestApp) -> Value {
    json_of(app.client.get(app.url("/v1/privacy")).send().await.unwrap(), 200).await
}

fn kind(name: &str) -> &str {
    let rest = name.strip_prefix("fig:").unwrap_or(name);
    let rest = if rest.starts_with('{') { rest.split_once("}:").unwrap().1 } else { rest };
    rest.split(':').next().unwrap()
}

fn names_in(redis: &crate::private_redis::PrivateRedis) -> Vec<String> {
    redis::cmd("KEYS").arg("*").query(&mut redis.raw()).unwrap()
}

fn with_person(request: RequestBuilder, person: Option<&str>) -> RequestBuilder {
    person.into_iter().fold(request, |request, person| request.header("Figurine-End-User", person))
}

async fn erase(app: &TestApp, person: Option<&str>) -> Value {
    let asked = with_person(app.request(Method::DELETE, "/v1/me/data"), person);
    json_of(asked.send().await.unwrap(), 200).await
}

async fn held(app: &TestApp, person: Option<&str>) -> Vec<Value> {
    let asked = with_person(app.get("/v1/me/data").header("Sec-GPC", "1"), person);
    json_of(asked.send().await.unwrap(), 200).await["data"].as_array().unwrap().clone()
}

/// Fills an account with one of everything; gives the figure's id.
async fn fill(app: &TestApp) -> String {
    let figure = app.post("?style=anime", jpeg(320, 240)).header("Figurine-End-User", "anna");
    let figure = json_of(figure.header("Idempotency-Key", "k-1").send().await.unwrap(), 201).await;
    let analysis = app.request(Method::POST, "/v1/analyses").body(jpeg(320, 240)).send().await.unwrap();
    json_of(analysis, 200).await;
    app.upload(jpeg(320, 240)).await;
    let taken = app.upload(jpeg(320, 240)).await;
    let of_upload = json!({"image": {"upload_id": taken}, "end_user": "bert"});
    json_of(app.post_json("/v1/figures", &of_upload).send().await.unwrap(), 201).await;
    let keyed = app.request(Method::POST, "/v1/uploads").header("Idempotency-Key", "k-2").body(jpeg(64, 64));
    json_of(keyed.send().await.unwrap(), 201).await;
    figure["id"].as_str().unwrap().to_owned()
}

/// Waits until so many requests have their entries, which are written just after their answers.
async fn all_written(app: &TestApp, requests: u64) {
    let limit = Instant::now() + Duration::from_secs(20);
    loop {
        let report = json_of(app.get("/v1/usage").header("Sec-GPC", "1").send().await.unwrap(), 200).await;
        let devices = report["total"]["devices"].as_object().unwrap().values();
        if devices.map(|sum| sum.as_u64().unwrap()).sum::<u64>() == requests {
            return;
        }
        assert!(Instant::now() < limit, "{report:#}");
    }
}

async fn assert_account_is_erased(app: &TestApp, names: impl Fn() -> Vec<String>) {
    let id = fill(app).await;
    let records = held(app, None).await;
    let found = records.iter().find(|record| record["id"] == id.as_str()).unwrap();
    assert_eq!(found["figure"]["status"], "succeeded", "{found:#}");
    assert_eq!((&found["request_remembered"], &found["for_person"]), (&true.into(), &true.into()), "{found:#}");
    assert!(found["receipt"].is_string() && found["events"].as_array().unwrap().len() > 3, "{found:#}");
    assert!(records.iter().any(|record| record["photo_held"] == true && record["upload"]["status"] == "ready"));
    all_written(app, 6).await;
    let done = erase(app, None).await;
    assert_eq!((&done["complete"], &done["subject"]), (&true.into(), &"account".into()), "{done:#}");
    assert_eq!((&done["erased"]["figures"], &done["erased"]["uploads"]), (&3.into(), &3.into()), "{done:#}");
    let jwks = json_of(app.client.get(app.url("/.well-known/jwks.json")).send().await.unwrap(), 200).await;
    let receipt = verify_erasure(done["receipt"].as_str().unwrap(), &jwks).unwrap();
    assert_eq!((receipt.erased.figures, receipt.person, receipt.kept.is_empty()), (3, None, false));
    assert_only_kept(&statement(app).await, &names());
    assert!(held(app, None).await.is_empty());
    problem_of(app.get(&format!("/v1/figures/{id}")).send().await.unwrap(), 404, "not_found").await;
    problem_of(app.get(&format!("/v1/figures/{id}/receipt")).send().await.unwrap(), 404, "not_found").await;
    // Asked again there is nothing, and that is told and signed as well.
    assert_eq!(erase(app, None).await["erased"]["figures"], 0);
    // An old key of a request is not remembered, so nothing of before comes back.
    let retry = app.post("?style=anime", jpeg(320, 240)).header("Idempotency-Key", "k-1").send().await.unwrap();
    assert!(!retry.headers().contains_key("idempotency-replayed"));
    assert_ne!(json_of(retry, 201).await["id"], id.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_erased_from_memory() {
    let app = TestApp::start().await;
    assert_account_is_erased(&app, || app.memory().names()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_erased_from_redis_and_another_is_not() {
    let nodes = Nodes::new();
    let (app, other) = (nodes.start().await, nodes.start().await);
    let names = || names_in(&nodes.redis).into_iter().filter(|name| !name.contains(":wake")).collect();
    assert_account_is_erased(&app, names).await;
    let theirs = other.key_of("globex", |_| {});
    let figure = other.client.post(other.url("/v1/figures")).bearer_auth(&theirs).body(jpeg(64, 64));
    let figure = json_of(figure.send().await.unwrap(), 201).await;
    erase(&app, None).await;
    let read = other.client.get(other.url(figure["links"]["self"].as_str().unwrap())).bearer_auth(&theirs);
    assert_eq!(json_of(read.send().await.unwrap(), 200).await["status"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_is_erased_and_the_others_stay() {
    let app = TestApp::start().await;
    let anna = fill(&app).await;
    assert_eq!((held(&app, Some("anna")).await.len(), held(&app, Some("carla")).await.len()), (1, 0));
    assert_eq!(held(&app, Some("bert")).await.len(), 2, "the figure, and the upload that it took");
    let done = erase(&app, Some("anna")).await;
    assert_eq!((&done["subject"], &done["erased"]["figures"]), (&"person".into(), &1.into()), "{done:#}");
    assert!(held(&app, Some("anna")).await.is_empty());
    problem_of(app.get(&format!("/v1/figures/{anna}")).send().await.unwrap(), 404, "not_found").await;
    let left = held(&app, None).await;
    assert!(left.len() >= 5 && left.iter().all(|record| record["id"] != anna.as_str()), "{left:#?}");
    let bert = erase(&app, Some("bert")).await;
    assert_eq!((&bert["erased"]["figures"], &bert["erased"]["uploads"]), (&1.into(), &1.into()), "{bert:#}");
}

/// A waiter whose figure is erased hears that it is gone, and nothing that would make a program try again.
async fn assert_told_gone(answer: Response) {
    let status = answer.status().as_u16();
    let problem: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let told = (status, problem["code"].as_str().unwrap(), problem["retryable"].as_bool().unwrap());
    assert!([(409, "canceled_by_caller", false), (410, "figure_deleted", false)].contains(&told), "{problem:#}");
}

const ONE_PLACE: (&str, &str) = ("FIGURINE_JOBS_IN_FLIGHT", "1");

async fn assert_races_leave_nothing(app: &TestApp, names: impl Fn() -> Vec<String>) {
    for race in 0..3 {
        let seen = app.node.simulator().calls().len() as u64;
        app.node.simulator().hold();
        let waiter =
            app.post("", jpeg(320, 240)).header("Sec-GPC", "1").header("Idempotency-Key", format!("race-{race}"));
        let erasing = async {
            app.node.simulator().wait_for_calls(seen + 1).await;
            let erased = erase(app, None);
            if race == 0 {
                return erased.await;
            }
            // The engine answers while it is being erased.
            let (done, ()) = tokio::join!(erased, async { app.node.simulator().release() });
            done
        };
        let (told, done) = tokio::join!(waiter.send(), erasing);
        app.node.simulator().release();
        assert_eq!(done["complete"], true, "{done:#}");
        let answer = told.unwrap();
        // Ended before it was erased, it was delivered.
        if answer.status() != 201 {
            assert_told_gone(answer).await;
        }
        // With one place for jobs, another's begins when whoever worked on this one has come to its end.
        let theirs = app.key_of("globex", |_| {});
        let ask = |method, path: &str| app.client.request(method, app.url(path)).bearer_auth(&theirs);
        let figure = ask(Method::POST, "/v1/figures").header("Sec-GPC", "1").body(jpeg(64, 64));
        json_of(figure.send().await.unwrap(), 201).await;
        json_of(ask(Method::DELETE, "/v1/me/data").send().await.unwrap(), 200).await;
        assert_only_kept(&statement(app).await, &names());
    }
}

async fn metric(url: &str, name: &str) -> f64 {
    let text = client().get(url).send().await.unwrap().text().await.unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_while_a_job_runs_leaves_nothing_in_memory() {
    let app = TestApp::with(&[ONE_PLACE], |_| {}).await;
    assert_races_leave_nothing(&app, || app.memory().names()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_while_a_job_runs_leaves_nothing_in_redis() {
    let nodes = Nodes::new();
    let app = nodes.start_with(&[ONE_PLACE]).await;
    assert_races_leave_nothing(&app, || names_in(&nodes.redis)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_sleeps_or_dies_while_its_job_is_erased_leaves_nothing() {
    let it = Installation::founded().await;
    let (sleeper, dying, node) = (it.node(), it.node(), it.node());
    let url = url_of_metrics(&sleeper);
    for worker in [&sleeper, &dying] {
        // Both others are asleep while it takes the job.
        let seen = it.engine.calls().len() as u64;
        it.engine.hold();
        let others: Vec<_> = [&sleeper, &dying, &node].into_iter().filter(|other| other.url != worker.url).collect();
        for other in others {
            other.process.tell(Signal::STOP);
        }
        worker.process.tell(Signal::CONT);
        worker.submit().await;
        it.engine.wait_for_calls(seen + 1).await;
        let asleep = worker.url == sleeper.url;
        worker.process.tell(if asleep { Signal::STOP } else { Signal::KILL });
        node.process.tell(Signal::CONT);
        let erased = node.request(Method::DELETE, "/v1/me/data").send().await.unwrap();
        let done = json_of(erased, 200).await;
        assert_eq!((&done["complete"], &done["erased"]["stopped"]), (&true.into(), &1.into()), "{done:#}");
        let statement = json_of(node.get("/v1/privacy").send().await.unwrap(), 200).await;
        assert_only_kept(&statement, &names_in(&it.redis));
        it.engine.release();
        sleeper.process.tell(Signal::CONT);
        // The one that slept wakes, hears the engine's answer, and finds that it has lost the job.
        let limit = Instant::now() + Duration::from_secs(20);
        while metric(&url, "figurine_jobs_running").await > 0.0 {
            assert!(Instant::now() < limit, "a job is still worked on");
        }
        assert_only_kept(&statement, &names_in(&it.redis));
    }
}

fn url_of_metrics(node: &crate::installation::Node) -> String {
    let line = node.process.line_with("/metrics");
    line.split_whitespace().find(|word| word.ends_with("/metrics")).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_comes_page_by_page() {
    let app = TestApp::start().await;
    fill(&app).await;
    let all: Vec<_> = held(&app, None).await.iter().map(|record| record["id"].clone()).collect();
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = json_of(app.get(&format!("/v1/me/data?limit=2{cursor}")).send().await.unwrap(), 200).await;
        paged.extend(page["data"].as_array().unwrap().iter().map(|record| record["id"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        assert_eq!(page["has_more"], true);
    }
    assert_eq!(paged, all);
    problem_of(app.get("/v1/me/data?cursor=eHg").send().await.unwrap(), 422, "invalid_option").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_want_their_scope_and_a_sound_person() {
    let app = TestApp::start().await;
    let poor = app.key_with("figures:write figures:read usage:read keys:admin");
    for (method, path) in [
        (Method::GET, "/v1/me/data"),
        (Method::DELETE, "/v1/me/data"),
        (Method::GET, "/v1/me/preferences"),
        (Method::PUT, "/v1/me/preferences"),
    ] {
        let asked = app.client.request(method.clone(), app.url(path)).bearer_auth(&poor);
        problem_of(asked.send().await.unwrap(), 403, "missing_scope").await;
        let long = app.request(method, path).header("Figurine-End-User", "x".repeat(256));
        problem_of(long.send().await.unwrap(), 422, "invalid_option").await;
    }
    let put = |body: &str| {
        let put = app.request(Method::PUT, "/v1/me/preferences").header("Content-Type", "application/json");
        put.body(body.to_owned()).send()
    };
    problem_of(put("{").await.unwrap(), 400, "malformed_json").await;
    problem_of(put(r#"{"analytics":"no"}"#).await.unwrap(), 422, "invalid_option").await;
    problem_of(put(r#"{"analytics":false,"more":1}"#).await.unwrap(), 422, "unknown_field").await;
    let untyped = app.request(Method::PUT, "/v1/me/preferences").body("analytics=false");
    problem_of(untyped.send().await.unwrap(), 415, "unsupported_media_type").await;
}

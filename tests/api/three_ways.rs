//! Three ways delete a photo: the end of its job, the sweeper, and its own time. Each is enough without the other two.

use std::time::{Duration, Instant};

use figurine::{
    domain::{Code, Mode, State},
    flow::{Ending, Made},
    store::{Claim, Finish, Settlement},
    worker::sweep_once,
};
use reqwest::Method;
use rustix::process::Signal;

use crate::{
    app::{TestApp, jpeg, json_of},
    installation::Installation,
    private_redis::PrivateRedis,
};

/// A job whose photo lies in Redis, on a node that neither works nor sweeps any more, and of which nobody else knows.
async fn claimed(it: &Installation) -> (TestApp, Claim) {
    let vars = it.vars();
    let own =
        vars.iter().map(|(name, value)| (*name, value.as_str())).filter(|(name, _)| name.starts_with("FIGURINE_"));
    let signing = it.folder.path().join("signing.pem");
    let signing = ("FIGURINE_SIGNING_KEYS", signing.to_str().unwrap());
    let vars: Vec<_> = own.chain([signing, ("FIGURINE_JOBS_IN_FLIGHT", "1")]).collect();
    let app = TestApp::with(&vars, |_| {}).await;
    app.node.simulator().hold();
    app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let waits = app.submit().await;
    app.node.api().tasks.stop();
    let claim = app.node.api().flow.jobs.claim(Mode::Live).await.unwrap().expect("the job that waits");
    assert_eq!(claim.lease.job.figure.to_string(), waits);
    assert_eq!(kept(it, &claim), 2, "a photo and its data key");
    (app, claim)
}

/// How many of a photo and its data key are there.
fn kept(it: &Installation, claim: &Claim) -> usize {
    let photo = claim.job.photo.unwrap().to_string();
    let there = |redis: &PrivateRedis| {
        let names: Vec<String> = redis::cmd("KEYS").arg("*:photo:*").query(&mut redis.raw()).unwrap();
        names.iter().filter(|name| name.contains(&photo)).count()
    };
    there(&it.redis) + it.key_redis.as_ref().map_or(0, there)
}

async fn installation() -> Installation {
    let it = Installation::new(PrivateRedis::start(), Some(PrivateRedis::start())).await;
    it.found();
    it
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_job_deletes_without_sweeper_and_before_its_time() {
    let it = installation().await;
    let (app, claim) = claimed(&it).await;
    let flow = &app.node.api().flow;
    let spec = flow.jobs.spec(&claim.lease.job).await.unwrap();
    flow.end(&claim, &spec, Made::default(), &Ending::Succeeded).await.unwrap();
    assert_eq!(kept(&it, &claim), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweeper_deletes_what_the_end_of_a_job_has_left_and_before_its_time() {
    let it = installation().await;
    let (app, claim) = claimed(&it).await;
    let flow = &app.node.api().flow;
    // A worker that dies at this point has ended the job and deleted nothing.
    let (code, adopt, tallies) = (Some(Code::Internal), Vec::new(), Vec::new());
    let settle = Settlement::default();
    let finish = Finish { state: State::Failed, code, adopt, release: true, settle, tallies };
    flow.store.finish(&claim.lease, finish).await.unwrap().unwrap();
    assert_eq!(kept(&it, &claim), 2);
    let limit = Instant::now() + Duration::from_secs(5);
    while kept(&it, &claim) > 0 {
        assert!(Instant::now() < limit, "the sweeper deletes what was left");
        sweep_once(flow).await.unwrap();
    }
    let job = flow.store.job(&claim.lease.job).await.unwrap().unwrap();
    assert!(job.purged_at.is_some() && flow.read_receipt(&job.of.owner, &job.of.figure).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn its_time_deletes_a_photo_when_every_node_is_gone() {
    let it = installation().await;
    let node = it.node_with(&[("FIGURINE_UPLOAD_TTL_SECONDS", "2")]);
    let kept = node.request(Method::POST, "/v1/uploads").body(jpeg(320, 240)).send().await.unwrap();
    json_of(kept, 201).await;
    node.process.tell(Signal::KILL);
    let there = || {
        let names = |redis: &PrivateRedis| -> Vec<String> {
            redis::cmd("KEYS").arg("*:photo:*").query(&mut redis.raw()).unwrap()
        };
        [names(&it.redis), names(it.key_redis.as_ref().unwrap())].concat()
    };
    assert_eq!(there().len(), 2, "a photo and its data key: {:?}", there());
    let limit = Instant::now() + Duration::from_secs(5);
    while !there().is_empty() {
        assert!(Instant::now() < limit, "{:?}", there());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_photo_of_a_job_has_the_time_of_its_deadline_and_a_minute() {
    let it = installation().await;
    let (_app, claim) = claimed(&it).await;
    let photo = claim.job.photo.unwrap();
    for redis in [&it.redis, it.key_redis.as_ref().unwrap()] {
        let mut raw = redis.raw();
        let names: Vec<String> = redis::cmd("KEYS").arg(format!("*:photo:{photo}*")).query(&mut raw).unwrap();
        let left: i64 = redis::cmd("PTTL").arg(&names).query(&mut raw).unwrap();
        assert!((300_000..=360_000).contains(&left), "{names:?}: {left} ms");
    }
}

/// Lets the lease of a job be over.
fn lapse(it: &Installation, claim: &Claim) {
    let mut raw = it.redis.raw();
    let figure = claim.lease.job.figure;
    let names: Vec<String> = redis::cmd("KEYS").arg(format!("fig:*:job:{figure}")).query(&mut raw).unwrap();
    let entry: String = redis::cmd("HGET").arg(&names[0]).arg("entry").query(&mut raw).unwrap();
    let stream = names[0].replace(&format!("job:{figure}"), "jobs");
    let mut command = redis::cmd("XCLAIM");
    command.arg(&[&stream, "makers", "node", "0", &entry, "IDLE", "60000", "JUSTID"]);
    assert_eq!(command.query::<Vec<String>>(&mut raw).unwrap(), [entry]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_handed_out_three_times_ends_without_another_try_and_its_photo_goes() {
    let it = installation().await;
    let (app, claim) = claimed(&it).await;
    for token in 2..=3 {
        lapse(&it, &claim);
        let again = app.node.api().flow.jobs.claim(Mode::Live).await.unwrap().expect("its lease is over");
        assert_eq!((&again.lease.job, again.lease.token), (&claim.lease.job, token));
    }
    lapse(&it, &claim);
    let figure = it.node().ended(&claim.lease.job.figure.to_string()).await;
    assert_eq!((&figure["status"], &figure["problem"]["code"]), (&"failed".into(), &"internal".into()), "{figure:#}");
    assert_eq!((it.engine.calls().len(), kept(&it, &claim)), (0, 0));
}

//! Fairness: who floods the node slows itself down.

use std::{
    io::{Write as _, stderr},
    time::{Duration, Instant},
};

use figurine::domain::PlanLimits;
use futures_util::{StreamExt, future::join_all, stream};
use reqwest::{Body, Response};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::app::{TestApp, jpeg, json_of, problem_of};

/// For how long figures are asked for.
const LASTS: Duration = Duration::from_secs(4);

/// Figures of one account that asks for its share: one after the other.
const OTHERS: usize = 4;

/// How many figures the greedy one asks for at once: twenty times its share.
const GREEDY: usize = 20;

/// How long each figure took that came, and how many did not.
#[derive(Debug, Default)]
struct Served {
    took: Vec<Duration>,
    refused: usize,
}

impl Served {
    fn success(&self) -> f64 {
        let (came, refused) = (u32::try_from(self.took.len()).unwrap(), u32::try_from(self.refused).unwrap());
        f64::from(came) / f64::from((came + refused).max(1))
    }

    fn median(&self) -> Duration {
        let mut took = self.took.clone();
        took.sort();
        took.get(took.len() / 2).copied().unwrap_or_default()
    }

    fn print(&self, who: &str) {
        let (figures, percent, median) = (self.took.len(), self.success() * 100.0, self.median());
        // Not by a macro, whose words a test that passes keeps to itself.
        let line = format!("{who}: {figures} figures, {percent:.1} % of what it asked for, median {median:.0?}\n");
        stderr().write_all(line.as_bytes()).unwrap();
    }
}

async fn ask(app: &TestApp, key: &str, photo: &[u8], served: &mut Served) {
    let begun = Instant::now();
    let asked = app.client.post(app.url("/v1/figures")).bearer_auth(key).body(photo.to_vec());
    let answer = asked.send().await.unwrap();
    if answer.status() == 201 { served.took.push(begun.elapsed()) } else { served.refused += 1 }
}

async fn asks(app: &TestApp, key: &str, photo: &[u8], until: Instant) -> Served {
    let mut served = Served::default();
    while Instant::now() < until {
        ask(app, key, photo, &mut served).await;
    }
    served
}

async fn many(app: &TestApp, key: &str, at_once: usize, (photo, until): (&[u8], Instant)) -> Served {
    let all = join_all((0..at_once).map(|_| asks(app, key, photo, until))).await;
    all.into_iter().fold(Served::default(), |mut sum, one| {
        sum.took.extend(one.took);
        sum.refused += one.refused;
        sum
    })
}

/// A key that may ask for as much as any.
fn large(app: &TestApp, account: &str) -> String {
    let large = PlanLimits::parse(Some(6_000), Some(1_000), Some(256), None, None).unwrap();
    app.key_of(account, |request| request.limits = large)
}

/// Lets one account ask for twenty times what each of the others asks for, and tells what became of both.
async fn flooded(app: &TestApp, keys: (&str, &[String]), photo: &[u8]) -> (Served, Vec<Served>) {
    let ((greedy, others), until) = (keys, Instant::now() + LASTS);
    let calm = join_all(others.iter().map(|key| many(app, key, 1, (photo, until))));
    let (flood, served) = tokio::join!(many(app, greedy, GREEDY, (photo, until)), calm);
    flood.print("who asks for twenty times its share");
    for one in &served {
        one.print("another");
        assert!(one.took.len() > 1 && one.success() >= 0.95, "{one:?}");
    }
    (flood, served)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_at_twenty_times_its_share_leaves_the_others_theirs() {
    let vars = [("FIGURINE_JOBS_IN_FLIGHT", "2")];
    let app = TestApp::with(&vars, |wiring| wiring.simulator.delay = Duration::from_millis(20)).await;
    // No rate stands in anybody's way, so that turns alone decide.
    let others: Vec<_> = (0..OTHERS).map(|number| large(&app, &format!("other-{number}"))).collect();
    let (flood, served) = flooded(&app, (&large(&app, "greedy"), &others), &jpeg(64, 64)).await;
    for one in &served {
        // First come, first served would make everybody wait as long as the flood does.
        assert!(one.median() * 2 < flood.median(), "{:?} and {:?}", one.median(), flood.median());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_with_the_usual_limits_are_served_beside_one_that_floods() {
    let app = TestApp::start().await;
    let usual = |account: &str| app.key_of(account, |request| request.limits = PlanLimits::default());
    // No more than the usual limits let in at once.
    let others: Vec<_> = (0..OTHERS).map(|number| usual(&format!("other-{number}"))).collect();
    let (photo, greedy) = (jpeg(1_600, 1_200), usual("greedy"));
    let until = Instant::now() + LASTS;
    let calm = others.iter().map(|key| async {
        let mut served = Served::default();
        for _ in 0..5 {
            ask(&app, key, &photo, &mut served).await;
        }
        served
    });
    let (flood, served) = tokio::join!(many(&app, &greedy, GREEDY, (&photo, until)), join_all(calm));
    flood.print("who asks for twenty times its share");
    assert!(flood.refused > 0, "its own limits hold it: {flood:?}");
    for one in &served {
        one.print("another");
        assert!(one.took.len() > 1 && one.success() >= 0.95, "{one:?}");
    }
}

/// Begins to send a photo that says how long it will be, and sends no more of it.
async fn begin(app: &TestApp, key: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.node.address()).await.unwrap();
    let head =
        format!("POST /v1/figures HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: 26214400\r\n");
    stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    stream.write_all(&jpeg(64, 64)[..100]).await.unwrap();
    stream
}

/// Sends a photo and does not say how long it will be, so that it takes as much room as any photo may.
async fn send_unsized(app: &TestApp, key: &str) -> Response {
    let parts = stream::iter([Ok::<_, std::io::Error>(jpeg(64, 64))]);
    let asked = app.client.post(app.url("/v1/figures")).bearer_auth(key).body(Body::wrap_stream(parts));
    asked.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_many_photos_slowly_leaves_room_for_those_of_others() {
    let app = TestApp::start().await;
    let (slow, other) = (large(&app, "slow"), large(&app, "other"));
    let sending: Vec<_> = stream::iter(0..=GREEDY).then(|_| begin(&app, &slow)).collect().await;
    let limit = Instant::now() + Duration::from_secs(20);
    let refused = loop {
        let answer = send_unsized(&app, &slow).await;
        if answer.status() != 201 {
            break answer;
        }
        assert!(Instant::now() < limit, "what is being sent takes its part");
    };
    let problem = problem_of(refused, 429, "too_many_in_flight").await;
    assert_eq!(problem["violated-policies"], serde_json::json!(["account_in_flight"]), "{problem:#}");
    json_of(send_unsized(&app, &other).await, 201).await;
    // Those who leave give their room back.
    drop(sending);
    while send_unsized(&app, &slow).await.status() != 201 {
        assert!(Instant::now() < limit, "its room comes back");
    }
}

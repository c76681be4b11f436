//! Fairness: who floods the node slows itself down.

use std::time::{Duration, Instant};

use figurine::domain::PlanLimits;
use futures_util::future::join_all;

use crate::app::{TestApp, jpeg};

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
}

async fn asks(app: &TestApp, key: &str, until: Instant) -> Served {
    let (mut served, photo) = (Served::default(), jpeg(64, 64));
    while Instant::now() < until {
        let begun = Instant::now();
        let answer = app.client.post(app.url("/v1/figures")).bearer_auth(key).body(photo.clone()).send().await.unwrap();
        if answer.status() == 201 { served.took.push(begun.elapsed()) } else { served.refused += 1 }
    }
    served
}

async fn many(app: &TestApp, key: &str, at_once: usize, until: Instant) -> Served {
    let all = join_all((0..at_once).map(|_| asks(app, key, until))).await;
    all.into_iter().fold(Served::default(), |mut sum, one| {
        sum.took.extend(one.took);
        sum.refused += one.refused;
        sum
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_at_twenty_times_its_share_leaves_the_others_theirs() {
    let vars = [("FIGURINE_JOBS_IN_FLIGHT", "2")];
    let app = TestApp::with(&vars, |wiring| wiring.simulator.delay = Duration::from_millis(20)).await;
    // No rate stands in anybody's way, so that turns alone decide.
    let large = PlanLimits::parse(Some(6_000), Some(1_000), Some(256), None, None).unwrap();
    let greedy = app.key_of("greedy", |request| request.limits = large);
    let others: Vec<_> =
        (0..OTHERS).map(|number| app.key_of(&format!("other-{number}"), |request| request.limits = large)).collect();
    let until = Instant::now() + LASTS;
    let (flood, served) =
        tokio::join!(many(&app, &greedy, GREEDY, until), join_all(others.iter().map(|key| many(&app, key, 1, until))));
    eprintln!(
        "greedy: {} figures, {:.0} % of asks, median {:?}",
        flood.took.len(),
        flood.success() * 100.0,
        flood.median()
    );
    for one in &served {
        eprintln!(
            "other: {} figures, {:.0} % of asks, median {:?}",
            one.took.len(),
            one.success() * 100.0,
            one.median()
        );
        assert!(one.success() >= 0.95, "{one:?}");
        // First come, first served would make everybody wait as long as the flood does.
        assert!(one.median() * 2 < flood.median(), "{:?} and {:?}", one.median(), flood.median());
    }
}

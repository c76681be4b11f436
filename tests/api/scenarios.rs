//! Test keys: they cost nothing, keep nobody waiting, and may ask for any outcome.

use figurine::{
    domain::{Mode, Moment, Scenario},
    simulator::{Simulator, SimulatorSettings},
};
use reqwest::RequestBuilder;

use crate::app::{TestApp, jpeg, json_of, png, problem_of};

fn test_key(app: &TestApp) -> String {
    app.key_of("acme", |request| request.mode = Mode::Test)
}

fn post(app: &TestApp, key: &str, scenario: &str) -> RequestBuilder {
    let asked = app.client.post(app.url("/v1/figures")).bearer_auth(key).body(jpeg(96, 96));
    asked.header("Figurine-Scenario", scenario)
}

/// The status of what fails with a code of this name.
fn status(scenario: Scenario) -> u16 {
    match scenario {
        Scenario::Succeeded | Scenario::Slow | Scenario::FewerImages => 201,
        Scenario::BlockedPhoto | Scenario::BlockedPrompt | Scenario::BlockedFigure => 422,
        Scenario::NoImageProduced | Scenario::UpstreamGarbled | Scenario::EngineMisconfigured => 502,
        Scenario::UpstreamTimeout | Scenario::DeadlineExceeded => 504,
        Scenario::RateLimited | Scenario::TooManyInFlight | Scenario::QuotaExhausted | Scenario::BudgetExhausted => 429,
        Scenario::UpstreamUnavailable
        | Scenario::UpstreamRateLimited
        | Scenario::Overloaded
        | Scenario::StoreUnavailable
        | Scenario::StoreLost
        | Scenario::Draining
        | Scenario::SpendCeiling => 503,
        Scenario::Internal => 500,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_key_gets_every_outcome_that_it_asks_for_and_pays_for_none() {
    let settings = SimulatorSettings { fixed_image: Some(png(64, 64).into()), ..SimulatorSettings::default() };
    let gemini = Simulator::start(settings).await.unwrap();
    let vars = [
        ("GEMINI_API_KEY", "not-a-real-key"),
        ("FIGURINE_GEMINI_TIER", "paid"),
        ("FIGURINE_GEMINI_BASE_URL", gemini.base_url.as_str()),
    ];
    let app = TestApp::with(&vars, |_| {}).await;
    let key = test_key(&app);
    for scenario in Scenario::ALL {
        let answer = post(&app, &key, scenario.as_str()).send().await.unwrap();
        let left = answer.headers()["ratelimit"].to_str().unwrap().to_owned();
        assert!(left.contains("\"micro_usd_per_month\";r=50000000;"), "{scenario:?}: {left}");
        if status(*scenario) == 201 {
            let figure = json_of(answer, 201).await;
            assert_eq!(
                (&figure["engine"]["name"], &figure["cost"]["charged_micro_usd"]),
                (&"offline".into(), &0.into())
            );
            let render = figure["timings_ms"]["render"].as_u64().unwrap();
            assert_eq!(render >= 3_000, *scenario == Scenario::Slow, "{scenario:?}: {render}");
        } else {
            problem_of(answer, status(*scenario), scenario.as_str()).await;
        }
    }
    assert!(gemini.calls().is_empty(), "no test reaches Gemini");
    assert!(app.photos_kept().is_empty(), "{:?}", app.photos_kept());
    // What one job was made to suffer is nobody else's.
    for key in [&key, &app.key] {
        let plain = app.client.post(app.url("/v1/figures")).bearer_auth(key).body(jpeg(96, 96)).send().await.unwrap();
        json_of(plain, 201).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_images_than_were_asked_for_come_with_the_problems_of_the_others() {
    let app = TestApp::start().await;
    let key = test_key(&app);
    let asked = app.client.post(app.url("/v1/figures?n=3")).bearer_auth(&key).body(jpeg(96, 96));
    let figure = json_of(asked.header("Figurine-Scenario", "fewer_images").send().await.unwrap(), 201).await;
    assert_eq!((&figure["status"], figure["images"].as_array().unwrap().len()), (&"succeeded".into(), 1));
    let codes: Vec<_> = figure["problems"].as_array().unwrap().iter().map(|problem| problem["code"].clone()).collect();
    assert_eq!(codes, ["no_image_produced", "no_image_produced"], "{figure:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_scenario_says_is_used_up_is_back_with_the_next_day_or_month() {
    let app = TestApp::start().await;
    let key = test_key(&app);
    let now = Moment::now();
    for (scenario, until) in [
        ("quota_exhausted", now.to_next_day()),
        ("budget_exhausted", now.to_next_month()),
        ("spend_ceiling", now.to_next_day()),
    ] {
        let refused = post(&app, &key, scenario).send().await.unwrap();
        let told: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        // A new day may have begun meanwhile.
        assert!(told + 30 >= until.as_secs() && told <= until.as_secs() + 1 || told > 86_000, "{scenario}: {told}");
        assert_eq!(refused.headers()["x-should-retry"], "false", "{scenario}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_key_may_not_name_a_scenario_and_nobody_an_unknown_one() {
    let app = TestApp::start().await;
    problem_of(post(&app, &app.key, "slow").send().await.unwrap(), 403, "test_key_only").await;
    let problem = problem_of(post(&app, &test_key(&app), "meteor").send().await.unwrap(), 422, "invalid_option").await;
    for scenario in Scenario::ALL {
        assert!(problem["detail"].as_str().unwrap().contains(scenario.as_str()), "{problem:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_is_part_of_what_a_request_means() {
    let app = TestApp::start().await;
    let key = test_key(&app);
    let keyed = |scenario: &str| post(&app, &key, scenario).header("Idempotency-Key", "one").send();
    let first = problem_of(keyed("blocked_figure").await.unwrap(), 422, "blocked_figure").await;
    let again = problem_of(keyed("blocked_figure").await.unwrap(), 422, "blocked_figure").await;
    assert_eq!(first["figure"], again["figure"]);
    problem_of(keyed("succeeded").await.unwrap(), 422, "idempotency_mismatch").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_test_figures_keeps_no_live_one_waiting() {
    let app = TestApp::with(&[("FIGURINE_JOBS_IN_FLIGHT", "1")], |wiring| {
        wiring.simulator.fixed_image = Some(png(64, 64).into());
    })
    .await;
    let key = test_key(&app);
    let mut flood = Vec::new();
    for _ in 0..6 {
        let answer = post(&app, &key, "slow").header("Prefer", "respond-async").send().await.unwrap();
        flood.push(json_of(answer, 202).await["id"].as_str().unwrap().to_owned());
    }
    let begun = std::time::Instant::now();
    json_of(app.post("", jpeg(96, 96)).send().await.unwrap(), 201).await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(3), "{:?}", begun.elapsed());
    let under_way = app.node.api().flow.store.queued().await.unwrap();
    assert!(under_way >= 4, "the tests wait for their one worker: {under_way}");
    for id in flood {
        let gone = app.client.delete(app.url(&format!("/v1/figures/{id}"))).bearer_auth(&key).send().await.unwrap();
        assert_eq!(gone.status(), 204);
    }
}

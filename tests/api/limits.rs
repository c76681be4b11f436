//! Limits: how fast a key may ask, how many figures it may have, what it may spend; and what it is told of them.

use std::{collections::BTreeMap, time::Duration};

use figurine::{
    domain::{AccountId, FigureId, MicroUsd, PlanLimits},
    simulator::{CallKind, RunningSimulator, Simulator, SimulatorSettings, Spoil, Step},
    store::JobRef,
    worker::sweep_once,
};
use futures_util::future::join_all;
use reqwest::{Method, Response};

use crate::app::{TestApp, jpeg, json_of, png, problem_of};

/// Limits of a key: requests a minute, burst, jobs at once, figures a day, micro-USD a month.
fn limits(of: [Option<u32>; 4], money: Option<u64>) -> PlanLimits {
    PlanLimits::parse(of[0], of[1], of[2], of[3], money).unwrap()
}

/// What a header of limits says: each policy's parameters, by its name.
pub(crate) fn told(answer: &Response, header: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let text = answer.headers().get(header).unwrap_or_else(|| panic!("{header} in {answer:?}")).to_str().unwrap();
    let item = |item: &str| {
        let mut parts = item.split(';');
        let name = parts.next().unwrap().trim_matches('"').to_owned();
        let pair = |part: &str| part.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
        (name, parts.map(pair).collect())
    };
    text.split(", ").map(item).collect()
}

/// The next image is refused.
fn blocked() -> Step {
    Step::new(Spoil::BlockedOutput { reason: "IMAGE_SAFETY".to_owned() }).of(CallKind::Image)
}

fn left(answer: &Response, policy: &str) -> u64 {
    told(answer, "ratelimit")[policy]["r"].parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_to_a_good_key_tells_its_limits_and_what_is_left() {
    let mut app = TestApp::start().await;
    app.key = app.key_of("acme", |request| request.limits = PlanLimits::default());
    let figure = app.submit().await;
    app.ended(&figure).await;
    let asks = [
        (Method::GET, "/v1/me".to_owned(), 200),
        (Method::GET, format!("/v1/figures/{figure}"), 200),
        (Method::GET, format!("/v1/figures/{figure}/images/0"), 200),
        (Method::GET, "/v1/figures/fig_nobody".to_owned(), 404),
        (Method::GET, "/v1/figures?limit=x".to_owned(), 422),
        (Method::POST, "/v1/figures".to_owned(), 422),
    ];
    for (method, path, status) in asks {
        let answer = app.request(method, &path).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let policies = told(&answer, "ratelimit-policy");
        assert_eq!((&policies["requests"]["q"][..], &policies["requests"]["w"][..]), ("60", "60"), "{path}");
        assert_eq!(policies["requests"]["burst"], "20");
        assert_eq!((&policies["in_flight"]["q"][..], policies["in_flight"].get("w")), ("8", None));
        assert_eq!((&policies["figures_per_day"]["q"][..], &policies["figures_per_day"]["w"][..]), ("500", "86400"));
        assert_eq!(policies["micro_usd_per_month"]["q"], "50000000");
        assert_eq!(policies["account_requests"]["q"], "600");
        let names: Vec<_> = policies.keys().collect();
        assert_eq!(names, told(&answer, "ratelimit").keys().collect::<Vec<_>>());
        assert_eq!((left(&answer, "figures_per_day"), left(&answer, "in_flight")), (499, 8), "{path}");
        assert!(told(&answer, "ratelimit")["figures_per_day"]["t"].parse::<u64>().unwrap() <= 86_400);
    }
    let reader = app.key_with("usage:read");
    let answer = app.client.get(app.url("/v1/figures")).bearer_auth(reader).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), left(&answer, "requests")), (403, 999));
    for key in ["nonsense", ""] {
        let answer = app.client.get(app.url("/v1/figures")).bearer_auth(key).send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert!(!answer.headers().contains_key("ratelimit"), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_faster_than_allowed_is_told_when_to_come_again_and_is_then_let_in() {
    let app = TestApp::start().await;
    let key = app.key_of("acme", |request| request.limits = limits([Some(30), Some(3), None, None], None));
    let other = app.key_of("acme", |_| {});
    let ask = async |key: &str| app.client.get(app.url("/v1/me")).bearer_auth(key).send().await.unwrap();
    for expected in [2, 1, 0] {
        let answer = ask(&key).await;
        assert_eq!((answer.status().as_u16(), left(&answer, "requests")), (200, expected));
    }
    // Refused before its body: nothing of it is looked at.
    let post = app.client.post(app.url("/v1/figures")).bearer_auth(&key).body("no photo");
    let refused = post.send().await.unwrap();
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    assert!(!refused.headers().contains_key("x-should-retry"));
    assert_eq!((left(&refused, "requests"), &told(&refused, "ratelimit")["requests"]["t"][..]), (0, "6"));
    let problem = problem_of(refused, 429, "rate_limited").await;
    assert_eq!(problem["violated-policies"], serde_json::json!(["requests"]), "{problem:#}");
    assert_eq!(ask(&other).await.status(), 200, "another key has its own rate");
    app.clock.advance(Duration::from_secs(wait));
    assert_eq!(ask(&key).await.status(), 200);
    assert_eq!(ask(&key).await.status(), 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_one_account_share_what_the_account_may_ask() {
    let app = TestApp::start().await;
    let mut met = None;
    for _ in 0..4 {
        let key = app.key_of("acme", |request| request.limits = limits([Some(1), Some(100), None, None], None));
        let ask = || app.client.get(app.url("/v1/me")).bearer_auth(&key).send();
        let answers = join_all((0..90).map(|_| ask())).await;
        met = met.or(answers.into_iter().map(Result::unwrap).find(|answer| answer.status() == 429));
    }
    let problem = problem_of(met.expect("the account's 200 are fewer than 360"), 429, "rate_limited").await;
    assert_eq!(problem["violated-policies"], serde_json::json!(["account_requests"]), "{problem:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_a_day_are_counted_when_delivered_and_are_back_the_next_day() {
    let app = TestApp::start().await;
    let key = app.key_of("acme", |request| request.limits = limits([Some(6_000), Some(1_000), None, Some(2)], None));
    let post = || app.client.post(app.url("/v1/figures")).bearer_auth(&key).body(jpeg(160, 120));
    let safety = blocked();
    app.node.simulator().script(vec![safety]);
    let refused = post().send().await.unwrap();
    assert_eq!((refused.status().as_u16(), left(&refused, "figures_per_day")), (422, 2), "no figure, so none counts");
    let mut first = None;
    for expected in [1, 0] {
        let made = post().header("Idempotency-Key", "one day").send().await.unwrap();
        if first.is_some() {
            assert_eq!(left(&made, "figures_per_day"), 1, "a replay takes nothing");
            let again = post().send().await.unwrap();
            assert_eq!((again.status().as_u16(), left(&again, "figures_per_day")), (201, expected));
            continue;
        }
        assert_eq!(
            (made.status().as_u16(), left(&made, "figures_per_day"), left(&made, "in_flight")),
            (201, expected, 8)
        );
        first = Some(made);
    }
    let refused = post().send().await.unwrap();
    assert_eq!(refused.headers()["x-should-retry"], "false");
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    let back: u64 = told(&refused, "ratelimit")["figures_per_day"]["t"].parse().unwrap();
    assert!(wait.abs_diff(back) <= 2 && (1..=86_400).contains(&wait), "{wait} and {back}");
    let problem = problem_of(refused, 429, "quota_exhausted").await;
    assert_eq!((&problem["retryable"], &problem["violated-policies"][0]), (&false.into(), &"figures_per_day".into()));
    assert_eq!(post().header("Idempotency-Key", "one day").send().await.unwrap().status(), 201, "known before");
    app.clock.advance(Duration::from_secs(wait));
    assert_eq!(post().send().await.unwrap().status(), 201, "the next day");
}

/// A node with Gemini, whose answers cost something, behind it.
async fn with_gemini(more: &[(&str, &str)]) -> (TestApp, RunningSimulator) {
    let settings = SimulatorSettings { fixed_image: Some(png(64, 64).into()), ..SimulatorSettings::default() };
    let gemini = Simulator::start(settings).await.unwrap();
    let own = [
        ("GEMINI_API_KEY", "not-a-real-key"),
        ("FIGURINE_GEMINI_TIER", "paid"),
        ("FIGURINE_GEMINI_BASE_URL", gemini.base_url.as_str()),
    ];
    let app = TestApp::with(&[&own, more].concat(), |_| {}).await;
    (app, gemini)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_months_money_is_set_aside_at_its_worst_and_settled_at_what_was_charged() {
    let (app, gemini) = with_gemini(&[]).await;
    let (money, figure) = (1_000_000, jpeg(160, 120));
    let key =
        app.key_of("acme", |request| request.limits = limits([Some(6_000), Some(1_000), None, None], Some(money)));
    let post = || app.client.post(app.url("/v1/figures")).bearer_auth(&key).body(figure.clone());
    let of_validation = app.client.post(app.url("/v1/figures/validate")).bearer_auth(&key).body(figure.clone());
    let worst = json_of(of_validation.send().await.unwrap(), 200).await["worst_case_micro_usd"].as_u64().unwrap();
    gemini.hold();
    let under_way = post().header("Prefer", "respond-async").send().await.unwrap();
    assert_eq!(left(&under_way, "micro_usd_per_month"), money - worst);
    assert_eq!(left(&under_way, "account_micro_usd_per_month"), 500_000_000 - worst);
    gemini.release();
    let id = json_of(under_way, 202).await["id"].as_str().unwrap().to_owned();
    let charged = app.ended(&id).await["cost"]["charged_micro_usd"].as_u64().unwrap();
    assert!(charged > 0 && charged < worst, "{charged} of {worst}");
    let me = app.client.get(app.url("/v1/me")).bearer_auth(&key).send().await.unwrap();
    assert_eq!(left(&me, "micro_usd_per_month"), money - charged);
    // What fails is not charged, though it was paid for upstream.
    let text = Step::new(Spoil::TextOnly).of(CallKind::Image).times(9);
    gemini.script(vec![text]);
    let failed = post().send().await.unwrap();
    assert_eq!(left(&failed, "micro_usd_per_month"), money - charged, "{failed:?}");
    gemini.script(Vec::new());
    // As many at once as the month still bears at the worst, and not one more.
    gemini.hold();
    let bears = (money - charged) / worst;
    let answers = join_all((0..bears + 2).map(|_| post().header("Prefer", "respond-async").send())).await;
    let (taken, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().map(Result::unwrap).partition(|answer| answer.status() == 202);
    assert_eq!((taken.len() as u64, refused.len()), (bears.min(8), usize::try_from(bears + 2 - bears.min(8)).unwrap()));
    gemini.release();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_that_is_used_up_says_when_the_next_begins() {
    let (app, _gemini) = with_gemini(&[]).await;
    let key = app.key_of("acme", |request| request.limits = limits([None; 4], Some(10)));
    let refused = app.client.post(app.url("/v1/figures")).bearer_auth(&key).body(jpeg(64, 64)).send().await.unwrap();
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    let back: u64 = told(&refused, "ratelimit")["micro_usd_per_month"]["t"].parse().unwrap();
    assert!(wait.abs_diff(back) <= 2 && (1..=31 * 86_400).contains(&wait), "{wait} and {back}");
    assert_eq!(refused.headers()["x-should-retry"], "false");
    let problem = problem_of(refused, 429, "budget_exhausted").await;
    assert_eq!(problem["violated-policies"], serde_json::json!(["micro_usd_per_month"]), "{problem:#}");
    assert!(app.photos_kept().is_empty(), "{:?}", app.photos_kept());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_installation_spends_no_more_in_a_day_than_its_ceiling_whoever_asks() {
    let (app, gemini) = with_gemini(&[("FIGURINE_MICRO_USD_PER_DAY", "400000")]).await;
    let post = |key: &str| app.client.post(app.url("/v1/figures")).bearer_auth(key).body(jpeg(160, 120));
    let of_validation = app.request(Method::POST, "/v1/figures/validate").body(jpeg(160, 120)).send().await.unwrap();
    let worst = json_of(of_validation, 200).await["worst_case_micro_usd"].as_u64().unwrap();
    // Each at its worst while under way; then what was really paid, refusals included.
    let (mut spent, mut accounts) = (0, 0);
    let safety = blocked();
    let refused = loop {
        let key = app.key_of(&format!("account-{accounts}"), |_| {});
        accounts += 1;
        if accounts == 1 {
            gemini.script(vec![safety.clone()]);
            let answer = post(&key).send().await.unwrap();
            let id = problem_of(answer, 422, "blocked_figure").await["figure"].as_str().unwrap().to_owned();
            let read = app.client.get(app.url(&format!("/v1/figures/{id}"))).bearer_auth(&key).send().await.unwrap();
            let cost = &json_of(read, 200).await["cost"];
            assert_eq!(cost["charged_micro_usd"], 0, "{cost:#}");
            spent += cost["upstream_micro_usd"].as_u64().unwrap();
            assert!(spent > 0, "the refusal was paid for: {cost:#}");
            continue;
        }
        let answer = post(&key).send().await.unwrap();
        if answer.status() != 201 {
            break answer;
        }
        spent += json_of(answer, 201).await["cost"]["upstream_micro_usd"].as_u64().unwrap();
        assert!(accounts < 100, "the ceiling is met before");
    };
    assert!(spent <= 400_000 && spent + worst > 400_000, "{spent} and {worst}");
    assert_eq!(refused.headers()["x-should-retry"], "false");
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    problem_of(refused, 503, "spend_ceiling").await;
    let test = app.key_of("acme", |request| request.mode = figurine::domain::Mode::Test);
    assert_eq!(post(&test).send().await.unwrap().status(), 201, "what costs nothing goes on");
    app.clock.advance(Duration::from_secs(wait));
    assert_eq!(post(&app.key).send().await.unwrap().status(), 201, "the next day");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_keeps_so_many_uploads_until_they_are_used_deleted_or_over() {
    let app = TestApp::start().await;
    let key = app.key_of("acme", |request| request.limits = limits([Some(6_000), Some(1_000), Some(1), None], None));
    let upload = || app.client.post(app.url("/v1/uploads")).bearer_auth(&key).body(jpeg(64, 64)).send();
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(json_of(upload().await.unwrap(), 201).await["id"].as_str().unwrap().to_owned());
    }
    problem_of(upload().await.unwrap(), 429, "too_many_in_flight").await;
    let again = app.client.delete(app.url(&format!("/v1/uploads/{}", ids[0]))).bearer_auth(&key).send().await.unwrap();
    assert_eq!(again.status(), 204);
    json_of(upload().await.unwrap(), 201).await;
    problem_of(upload().await.unwrap(), 429, "too_many_in_flight").await;
    let body = serde_json::json!({"image": {"upload_id": ids[1]}}).to_string();
    let made = app.client.post(app.url("/v1/figures")).bearer_auth(&key).header("Content-Type", "application/json");
    json_of(made.body(body).send().await.unwrap(), 201).await;
    json_of(upload().await.unwrap(), 201).await;
    problem_of(upload().await.unwrap(), 429, "too_many_in_flight").await;
    app.clock.advance(Duration::from_secs(600));
    json_of(upload().await.unwrap(), 201).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_so_many_streams_of_events_open_at_once() {
    let app = TestApp::start().await;
    let key = app.key_of("acme", |request| request.limits = limits([Some(6_000), Some(1_000), Some(1), None], None));
    app.node.simulator().hold();
    let figure = app.submit().await;
    let path = format!("/v1/figures/{figure}/events");
    let open = || app.client.get(app.url(&path)).bearer_auth(&key).send();
    let streams = [open().await.unwrap(), open().await.unwrap()];
    assert!(streams.iter().all(|stream| stream.status() == 200), "{streams:?}");
    problem_of(open().await.unwrap(), 429, "too_many_in_flight").await;
    assert_eq!(app.get(&path).send().await.unwrap().status(), 200, "another key has its own");
    app.node.simulator().release();
    for stream in streams {
        stream.text().await.unwrap();
    }
    assert_eq!(open().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_of_the_engine_and_given_up_stays_counted_at_its_worst() {
    let (app, gemini) = with_gemini(&[("FIGURINE_MICRO_USD_PER_DAY", "2000000")]).await;
    let of_validation = app.request(Method::POST, "/v1/figures/validate").body(jpeg(320, 240)).send().await.unwrap();
    let worst = json_of(of_validation, 200).await["worst_case_micro_usd"].as_u64().unwrap();
    for (number, erased) in [false, true].into_iter().enumerate() {
        gemini.hold();
        let id = app.submit().await;
        gemini.wait_for_calls(gemini.calls().len().max(number + 1) as u64).await;
        let path = if erased { "/v1/me/data".to_owned() } else { format!("/v1/figures/{id}") };
        let gone = app.request(Method::DELETE, &path).send().await.unwrap();
        assert!(gone.status().is_success(), "{gone:?}");
        if !erased {
            let figure = app.ended(&id).await;
            // What the engine has told, and that is nothing.
            assert_eq!((&figure["status"], &figure["cost"]["upstream_micro_usd"]), (&"canceled".into(), &0.into()));
        }
        gemini.release();
    }
    // One that waited for its turn has cost nothing; nor has one that was refused.
    let flow = &app.node.api().flow;
    app.clock.advance(Duration::from_secs(61));
    sweep_once(flow).await.unwrap();
    let ceiling = MicroUsd(2_000_000);
    let owner = flow.vault.owner(&AccountId::parse("acme").unwrap()).unwrap();
    let one_more = JobRef { owner, figure: FigureId::random() };
    let left = 2_000_000 - 2 * worst;
    assert!(!flow.store.reserve_spend(&one_more, MicroUsd(left + 1), ceiling).await.unwrap(), "{worst}");
    assert!(flow.store.reserve_spend(&one_more, MicroUsd(left), ceiling).await.unwrap(), "{worst}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_for_every_account_holds_over_all_its_keys() {
    let set = [("FIGURINE_ACCOUNT_LIMITS", r#"{"figures_per_day":2,"burst":5}"#)];
    let app = TestApp::with(&set, |_| {}).await;
    let key = || app.key_of("acme", |request| request.limits = PlanLimits::default());
    let post = |key: String| app.client.post(app.url("/v1/figures")).bearer_auth(key).body(jpeg(64, 64)).send();
    let told_of = post(key()).await.unwrap();
    let policies = told(&told_of, "ratelimit-policy");
    assert_eq!((&policies["account_figures_per_day"]["q"][..], &policies["figures_per_day"]["q"][..]), ("2", "500"));
    assert_eq!((&policies["account_requests"]["burst"][..], &policies["account_requests"]["q"][..]), ("5", "600"));
    json_of(told_of, 201).await;
    json_of(post(key()).await.unwrap(), 201).await;
    let problem = problem_of(post(key()).await.unwrap(), 429, "quota_exhausted").await;
    assert_eq!(problem["violated-policies"], serde_json::json!(["account_figures_per_day"]), "{problem:#}");
    let other = app.key_of("globex", |request| request.limits = PlanLimits::default());
    json_of(post(other).await.unwrap(), 201).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spend_that_a_dead_node_has_set_aside_is_settled_by_what_became_of_its_job() {
    let (app, _gemini) = with_gemini(&[("FIGURINE_MICRO_USD_PER_DAY", "400000")]).await;
    let (flow, ceiling) = (&app.node.api().flow, MicroUsd(400_000));
    let owner = flow.vault.owner(&AccountId::parse("acme").unwrap()).unwrap();
    // One node died before its job was accepted, another after its job had ended and before that was settled.
    let never = JobRef { owner: owner.clone(), figure: FigureId::random() };
    assert!(flow.store.reserve_spend(&never, MicroUsd(100_000), ceiling).await.unwrap());
    let made = json_of(app.post("", jpeg(64, 64)).send().await.unwrap(), 201).await;
    let spent = made["cost"]["upstream_micro_usd"].as_u64().unwrap();
    let ended = JobRef { owner, figure: FigureId::parse(made["id"].as_str().unwrap()).unwrap() };
    let left = MicroUsd(400_000 - 100_000 - spent);
    assert!(flow.store.reserve_spend(&ended, left, ceiling).await.unwrap());
    let one_more = JobRef { figure: FigureId::random(), ..never.clone() };
    assert!(!flow.store.reserve_spend(&one_more, MicroUsd(1), ceiling).await.unwrap());
    app.clock.advance(Duration::from_secs(61));
    sweep_once(flow).await.unwrap();
    // Of the first nothing is left, of the second what it has cost.
    assert!(!flow.store.reserve_spend(&one_more, MicroUsd(400_001 - 2 * spent), ceiling).await.unwrap());
    assert!(flow.store.reserve_spend(&one_more, MicroUsd(400_000 - 2 * spent), ceiling).await.unwrap());
}

//! What happens to a figure, as server-sent events.

use std::{sync::Arc, time::Duration};

use figurine::{
    domain::{AccountId, FigureId, KeyId},
    simulator::{CallKind, Spoil, Step},
    store::{Store, StoreKey},
};
use reqwest::Method;

use crate::{
    app::{TestApp, json_of, problem_of},
    raw::Raw,
    sse::{Events, names},
};

const STAGES: [&str; 7] = ["queued", "analyzing", "enhancing", "rendering", "finishing", "succeeded", "purged"];

/// A node whose streams give signs of life as often as a test can wait for them.
async fn lively() -> TestApp {
    TestApp::with(&[], |wiring| wiring.heartbeat = Some(Duration::from_millis(20))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stage_is_told_once_in_order_and_the_last_is_that_the_photo_is_gone() {
    let app = TestApp::start().await;
    let id = app.submit().await;
    let figure = app.ended(&id).await;
    assert_eq!(figure["links"]["events"], format!("/v1/figures/{id}/events"));
    let events = Events::of(&app, &id, None).await.rest().await;
    assert_eq!(names(&events), STAGES);
    for (event, number) in events.iter().zip(1..) {
        assert_eq!(event.id, number, "{events:#?}");
        let status = if event.name == "purged" { "succeeded" } else { &event.name };
        assert_eq!((&event.data["figure"], &event.data["status"]), (&id.as_str().into(), &status.into()));
        assert!(event.data["problem"].is_null(), "{event:?}");
        assert_eq!(event.data.as_object().unwrap().len(), 4, "{event:?}");
    }
    assert_eq!(events[0].data["at"], figure["created_at"]);
    assert_eq!(events[6].data["at"], figure["upload"]["purged_at"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_lost_goes_on_without_gap_or_repeat() {
    let app = TestApp::start().await;
    let id = app.submit().await;
    app.ended(&id).await;
    let whole = Events::of(&app, &id, None).await.rest().await;
    for after in 0..whole.len() {
        let rest = Events::of(&app, &id, Some(after as u64)).await.rest().await;
        assert_eq!(rest, whole[after..], "after {after}");
    }
    let request = app.get(&format!("/v1/figures/{id}/events")).header("Last-Event-ID", whole.len());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 204, "an event source comes back until it is told that there is no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_under_way_is_followed_as_it_goes() {
    let app = TestApp::start().await;
    app.node.simulator().hold();
    let id = app.submit().await;
    let mut events = Events::of(&app, &id, None).await;
    assert_eq!(events.next().await.unwrap().name, "queued");
    assert_eq!(events.next().await.unwrap().name, "analyzing");
    let mut late = Events::of(&app, &id, Some(2)).await;
    app.node.simulator().release();
    assert_eq!(late.next().await.unwrap().name, "enhancing");
    assert_eq!(names(&late.rest().await), STAGES[3..]);
    assert_eq!(names(&events.rest().await), STAGES[2..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_stream_gives_signs_of_life() {
    let app = lively().await;
    app.node.simulator().hold();
    let id = app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let mut events = Events::of(&app, &id, Some(2)).await;
    for _ in 0..3 {
        assert_eq!(events.block().await.unwrap(), ": still here");
    }
    app.node.simulator().release();
    assert_eq!(names(&events.rest().await), STAGES[2..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_revoked_sees_no_more() {
    let app = lively().await;
    app.node.simulator().hold();
    let id = app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let me = json_of(app.get("/v1/me").send().await.unwrap(), 200).await;
    let mut events = Events::of(&app, &id, Some(2)).await;
    assert_eq!(events.block().await.unwrap(), ": still here");
    let key = KeyId::parse(me["id"].as_str().unwrap()).unwrap();
    app.memory().revoke(&key, Duration::from_secs(60)).await.unwrap();
    assert!(events.next().await.is_none(), "the figure is held, so that nothing but the key ends the stream");
    let again = app.get(&format!("/v1/figures/{id}/events")).send().await.unwrap();
    problem_of(again, 401, "revoked_key").await;
    app.node.simulator().release();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_sends_its_listeners_to_another() {
    let app = lively().await;
    app.node.simulator().hold();
    let id = app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let mut events = Events::of(&app, &id, Some(2)).await;
    app.node.api().tasks.drain();
    assert!(events.next().await.is_none());
    app.node.simulator().release();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_leaves_nothing_behind() {
    let app = lively().await;
    app.node.simulator().hold();
    let id = app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let held = || Arc::strong_count(app.node.api());
    let before = held();
    for reset in [true, false] {
        let mut raw = Raw::to(app.node.address()).await;
        let request =
            format!("GET /v1/figures/{id}/events HTTP/1.1\r\nHost: figurine\r\nX-API-Key: {}\r\n\r\n", app.key);
        raw.send(request).await;
        assert_eq!(raw.answer().await.status, 200);
        assert!(held() > before);
        if reset {
            raw.reset();
        } else {
            drop(raw);
        }
        let gone = async {
            while held() > before {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), gone).await.expect("all is freed");
    }
    app.node.simulator().release();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_without_image_says_why() {
    let app = TestApp::start().await;
    let reason = "IMAGE_SAFETY".to_owned();
    let endings = [
        (Spoil::NoImage, "failed", "no_image_produced"),
        (Spoil::BlockedOutput { reason }, "blocked", "blocked_figure"),
    ];
    for (spoil, status, code) in endings {
        app.node.simulator().script(vec![Step::new(spoil).of(CallKind::Image).times(10)]);
        let id = app.submit().await;
        let figure = app.ended(&id).await;
        assert_eq!(figure["problem"]["code"], code, "{figure:#}");
        let events = Events::of(&app, &id, None).await.rest().await;
        let [before @ .., end, purged] = &events[..] else { panic!("{events:#?}") };
        assert!(before.iter().all(|event| event.data["problem"].is_null()), "{before:#?}");
        assert_eq!((end.name.as_str(), purged.name.as_str()), (status, "purged"));
        assert_eq!((&end.data["problem"], &purged.data["problem"]), (&figure["problem"], &figure["problem"]));
        assert_eq!((&end.data["status"], &purged.data["status"]), (&status.into(), &status.into()));
        // Without the figure's record the job still knows the code.
        let owner = app.node.api().flow.vault.owner(&AccountId::parse("acme").unwrap()).unwrap();
        let record = StoreKey::record(&owner, &FigureId::parse(&id).unwrap());
        assert_eq!(app.memory().delete(&[record]).await.unwrap(), 1);
        let events = Events::of(&app, &id, Some(end.id)).await.rest().await;
        assert_eq!((events.len(), &events[0].data["problem"]["code"]), (1, &code.into()), "{events:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_is_told_to_those_who_follow() {
    let app = TestApp::start().await;
    app.node.simulator().hold();
    let id = app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let events = Events::of(&app, &id, Some(2)).await;
    let answer = app.request(Method::DELETE, &format!("/v1/figures/{id}")).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    let events = events.rest().await;
    assert_eq!(names(&events), ["canceled", "purged"]);
    assert_eq!(events[0].data["problem"]["code"], "canceled_by_caller");
    app.node.simulator().release();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_event_id_that_was_never_sent_is_refused() {
    let app = TestApp::start().await;
    let id = app.submit().await;
    app.ended(&id).await;
    for bad in ["x", "", "-1", "+1", "01", "1.0", "8", "99999999999999999999"] {
        let asked = app.get(&format!("/v1/figures/{id}/events")).header("Last-Event-ID", bad);
        problem_of(asked.send().await.unwrap(), 400, "malformed_request").await;
    }
    let twice = app.get(&format!("/v1/figures/{id}/events")).header("Last-Event-ID", "1").header("Last-Event-ID", "2");
    problem_of(twice.send().await.unwrap(), 400, "malformed_request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_as_events_to_who_accepts_them_and_may_read_them() {
    let app = TestApp::start().await;
    let id = app.submit().await;
    app.ended(&id).await;
    let path = format!("/v1/figures/{id}/events");
    for accept in ["text/event-stream", "text/*", "*/*", "application/json, text/event-stream;q=0.1"] {
        assert_eq!(app.get(&path).header("Accept", accept).send().await.unwrap().status(), 200, "{accept}");
    }
    for accept in ["application/json", "text/html", "text/event-stream;q=0"] {
        problem_of(app.get(&path).header("Accept", accept).send().await.unwrap(), 406, "not_acceptable").await;
    }
    let other = app.key_of("other", |_| {});
    for (key, status, code) in [(&other, 404, "not_found"), (&app.key_with("figures:write"), 403, "missing_scope")] {
        let answer = app.client.get(app.url(&path)).bearer_auth(key).send().await.unwrap();
        problem_of(answer, status, code).await;
    }
    problem_of(app.get("/v1/figures/fig_1/events").send().await.unwrap(), 404, "not_found").await;
    let second = app.submit().await;
    app.ended(&second).await;
    app.request(Method::DELETE, &format!("/v1/figures/{second}")).send().await.unwrap();
    let deleted = app.get(&format!("/v1/figures/{second}/events")).send().await.unwrap();
    problem_of(deleted, 410, "figure_deleted").await;
    app.clock.advance(Duration::from_secs(3_601));
    problem_of(app.get(&path).send().await.unwrap(), 410, "figure_expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_does_not_wait_for_the_figure() {
    let app = TestApp::start().await;
    app.node.simulator().hold();
    let id = app.submit().await;
    let mut raw = Raw::to(app.node.address()).await;
    let head = format!("HEAD /v1/figures/{id}/events HTTP/1.1\r\nHost: figurine\r\nX-API-Key: {}\r\n\r\n", app.key);
    raw.send(head).await;
    let answer = raw.answer().await;
    assert_eq!((answer.status, answer.headers["content-type"].as_str()), (200, "text/event-stream"), "{answer:?}");
    // The connection is free for the next request while the figure is still held.
    raw.send("GET /healthz HTTP/1.1\r\nHost: figurine\r\n\r\n").await;
    assert_eq!(raw.answer().await.json()["status"], "ok");
    app.node.simulator().release();
}

use std::time::Duration;

use figurine::{
    domain::{KeyId, Limits, MicroUsd, State, UploadId},
    store::{Admittance, Bound, Finish, Gate, NewJob, Reservation, Settlement, Standings, StoreKey, Submission},
};

use crate::bench::{Bench, LONG, ROOM, SHORT, end, gates, job, job_of, owner, stranger};

crate::contract! {
    a_burst_is_let_in_and_then_as_many_as_the_rate_allows
    a_refused_request_takes_nothing_of_any_gate
    keys_of_an_account_share_its_gate
    a_revoked_key_is_told_so_and_takes_nothing
    a_look_takes_nothing_and_is_never_refused
    a_gate_that_rests_has_its_burst_again
    what_a_job_reserves_counts_until_its_end_and_then_what_it_took
    a_figure_that_was_not_made_gives_its_day_back
    a_forgotten_job_gives_back_all_that_it_took
    the_first_bound_that_is_met_is_told_with_its_gate
    a_seat_of_a_job_that_nobody_ends_comes_back_after_its_deadline
    spend_is_set_aside_once_for_a_job_and_never_beyond_the_ceiling
    spend_is_settled_once_and_what_is_open_is_found
    spend_of_which_nothing_is_known_stays_counted_as_it_was_set_aside
    so_many_places_are_taken_and_free_again_when_left_or_over
}

const SLOW: Limits = Limits { rpm: 1, burst: 3, ..ROOM };

async fn admit(bench: &Bench, key: &KeyId, gates: &[Gate], requests: u32) -> Admittance {
    bench.store.admit(&owner(1), key, gates, requests).await.unwrap()
}

fn standings(admittance: Admittance) -> Standings {
    match admittance {
        Admittance::Admitted(standings) => standings,
        other @ (Admittance::Revoked | Admittance::TooFast { .. }) => panic!("not admitted: {other:?}"),
    }
}

async fn a_burst_is_let_in_and_then_as_many_as_the_rate_allows(bench: &Bench) {
    let key = KeyId::random();
    let gates = gates(&owner(1), &key, SLOW, ROOM);
    for left in [2, 1, 0] {
        let told = standings(admit(bench, &key, &gates, 1).await);
        assert_eq!(told.each[0].requests_left, left, "{told:?}");
    }
    let Admittance::TooFast { gate: 0, after, standings } = admit(bench, &key, &gates, 1).await else {
        panic!("the fourth comes too fast");
    };
    assert!(after > Duration::from_secs(50) && after <= Duration::from_secs(60), "{after:?}");
    assert!(standings.each[0].rested_in > Duration::from_secs(170), "{standings:?}");
    let fast = Limits { rpm: 6_000, burst: 1, ..ROOM };
    let other = KeyId::random();
    let gates = crate::bench::gates(&owner(1), &other, fast, ROOM);
    standings_of_paced(bench, &other, &gates).await;
}

/// At a hundred a second the next is let in 10 ms later.
async fn standings_of_paced(bench: &Bench, key: &KeyId, gates: &[Gate]) {
    for _ in 0..3 {
        standings(admit(bench, key, gates, 1).await);
        bench.pass(Duration::from_millis(11)).await;
    }
}

async fn a_refused_request_takes_nothing_of_any_gate(bench: &Bench) {
    let key = KeyId::random();
    let gates = gates(&owner(1), &key, Limits { burst: 1, ..SLOW }, SLOW);
    assert_eq!(standings(admit(bench, &key, &gates, 1).await).each[1].requests_left, 2);
    for _ in 0..3 {
        let refused = admit(bench, &key, &gates, 1).await;
        let Admittance::TooFast { gate: 0, standings, .. } = refused else { panic!("{refused:?}") };
        assert_eq!(standings.each[1].requests_left, 2);
    }
}

async fn keys_of_an_account_share_its_gate(bench: &Bench) {
    let keys = [KeyId::random(), KeyId::random()];
    let of = |key: &KeyId| gates(&owner(1), key, ROOM, SLOW);
    for key in [keys[0], keys[1], keys[0]] {
        standings(admit(bench, &key, &of(&key), 1).await);
    }
    let refused = admit(bench, &keys[1], &of(&keys[1]), 1).await;
    assert!(matches!(refused, Admittance::TooFast { gate: 1, .. }), "{refused:?}");
}

async fn a_revoked_key_is_told_so_and_takes_nothing(bench: &Bench) {
    let (key, other) = (KeyId::random(), KeyId::random());
    bench.store.revoke(&key, LONG).await.unwrap();
    for _ in 0..5 {
        assert_eq!(admit(bench, &key, &gates(&owner(1), &key, SLOW, SLOW), 1).await, Admittance::Revoked);
    }
    let left = standings(admit(bench, &other, &gates(&owner(1), &other, SLOW, SLOW), 1).await);
    assert_eq!(left.each[1].requests_left, 2);
}

async fn a_look_takes_nothing_and_is_never_refused(bench: &Bench) {
    let key = KeyId::random();
    let gates = gates(&owner(1), &key, Limits { burst: 1, ..SLOW }, ROOM);
    assert_eq!(standings(admit(bench, &key, &gates, 0).await).each[0].requests_left, 1);
    standings(admit(bench, &key, &gates, 1).await);
    assert_eq!(standings(admit(bench, &key, &gates, 0).await).each[0].requests_left, 0);
}

async fn a_gate_that_rests_has_its_burst_again(bench: &Bench) {
    let key = KeyId::random();
    let gates = gates(&owner(1), &key, Limits { burst: 2, ..ROOM }, ROOM);
    standings(admit(bench, &key, &gates, 2).await);
    bench.pass(SHORT).await;
    let rested = standings(admit(bench, &key, &gates, 0).await);
    assert_eq!((rested.each[0].requests_left, rested.each[0].rested_in), (2, Duration::ZERO));
}

fn dear(micro_usd: u64, limits: Limits) -> NewJob {
    let reserve = Reservation { figures: 1, micro_usd: MicroUsd(micro_usd) };
    let new = NewJob { reserve, ..job() };
    NewJob { gates: gates(&owner(1), &new.key, limits, ROOM), ..new }
}

/// Figures and money that the gates of a job have used.
async fn used(bench: &Bench, new: &NewJob) -> Vec<(u64, u64, u64)> {
    let told = standings(admit(bench, &new.key, &new.gates, 0).await);
    told.each.iter().map(|of| (of.in_flight, of.figures, of.micro_usd.0)).collect()
}

async fn what_a_job_reserves_counts_until_its_end_and_then_what_it_took(bench: &Bench) {
    let new = dear(100, ROOM);
    bench.accept(new.clone()).await;
    assert_eq!(used(bench, &new).await, [(1, 1, 100), (1, 1, 100)]);
    let claim = bench.claim(LONG).await;
    let settle = Settlement { delivered: true, charged: MicroUsd(40), spent: Some(MicroUsd(45)) };
    let finish = Finish { settle, ..end(State::Succeeded) };
    assert_eq!(bench.store.finish(&claim.lease, finish).await.unwrap(), Ok(()));
    assert_eq!(used(bench, &new).await, [(0, 1, 40), (0, 1, 40)]);
    assert_eq!(bench.store.job(&new.job).await.unwrap().unwrap().spent, Some(MicroUsd(45)));
}

async fn a_figure_that_was_not_made_gives_its_day_back(bench: &Bench) {
    let new = dear(100, ROOM);
    bench.accept(new.clone()).await;
    let claim = bench.claim(LONG).await;
    assert_eq!(bench.finish(&claim.lease, State::Failed).await, Ok(()));
    assert_eq!(used(bench, &new).await, [(0, 0, 0), (0, 0, 0)]);
    assert_eq!(bench.store.job(&new.job).await.unwrap().unwrap().spent, None, "nobody said what it was");
}

async fn a_forgotten_job_gives_back_all_that_it_took(bench: &Bench) {
    for claimed in [false, true] {
        let new = dear(100, ROOM);
        bench.accept(new.clone()).await;
        if claimed {
            bench.claim(LONG).await;
        }
        assert_eq!(used(bench, &new).await, [(1, 1, 100), (1, 1, 100)]);
        assert_eq!(bench.store.forget(&new.job).await.unwrap(), Some(u32::from(claimed)));
        assert_eq!(used(bench, &new).await, [(0, 0, 0), (0, 0, 0)], "claimed: {claimed}");
    }
}

async fn the_first_bound_that_is_met_is_told_with_its_gate(bench: &Bench) {
    let tight = Limits { in_flight: 1, figures_per_day: 1, micro_usd_per_month: 100, ..ROOM };
    let first = dear(60, tight);
    bench.accept(first.clone()).await;
    let again = |limits: Limits, account: Limits| {
        let gates = gates(&owner(1), &first.key, limits, account);
        NewJob { key: first.key, gates, ..dear(60, limits) }
    };
    let bounded = |gate, by| Submission::Bounded { gate, by };
    assert_eq!(bench.submit(&again(tight, ROOM)).await, bounded(0, Bound::InFlight));
    let seated = Limits { in_flight: 9, ..tight };
    assert_eq!(bench.submit(&again(seated, ROOM)).await, bounded(0, Bound::Figures));
    assert_eq!(bench.submit(&again(Limits { figures_per_day: 9, ..seated }, ROOM)).await, bounded(0, Bound::Money));
    assert_eq!(bench.submit(&again(ROOM, seated)).await, bounded(1, Bound::Figures));
    // A seat of the account comes before the figures of the key.
    assert_eq!(bench.submit(&again(seated, tight)).await, bounded(1, Bound::InFlight));
    assert_eq!(used(bench, &first).await, [(1, 1, 60), (1, 1, 60)], "refusals take nothing");
    bench.accept(again(ROOM, ROOM)).await;
}

async fn a_seat_of_a_job_that_nobody_ends_comes_back_after_its_deadline(bench: &Bench) {
    let deadline = Duration::from_secs(20);
    let first = NewJob { deadline, ..crate::bench::job_with(1) };
    let next = crate::bench::seated(1, NewJob { key: first.key, ..job() });
    bench.accept(first).await;
    bench.pass_for_seats(deadline + Duration::from_secs(30));
    assert!(matches!(bench.submit(&next).await, Submission::Bounded { by: Bound::InFlight, .. }));
    bench.pass_for_seats(Duration::from_secs(30));
    bench.accept(next).await;
}

async fn spend_is_set_aside_once_for_a_job_and_never_beyond_the_ceiling(bench: &Bench) {
    let reserve =
        async |new: &NewJob, most| bench.store.reserve_spend(&new.job, MicroUsd(most), MicroUsd(100)).await.unwrap();
    let (one, two, three) = (job(), job_of(&stranger(&owner(1))), job());
    assert!(reserve(&one, 60).await);
    assert!(reserve(&one, 60).await, "the same call again");
    assert!(!reserve(&two, 41).await);
    assert!(reserve(&two, 40).await);
    assert!(!reserve(&three, 1).await);
}

async fn spend_is_settled_once_and_what_is_open_is_found(bench: &Bench) {
    let (one, two) = (job(), job_of(&stranger(&owner(1))));
    let store = &bench.store;
    for new in [&one, &two] {
        assert!(store.reserve_spend(&new.job, MicroUsd(50), MicroUsd(100)).await.unwrap());
    }
    assert!(store.open_spend(LONG, 10).await.unwrap().is_empty());
    assert_eq!(store.open_spend(Duration::ZERO, 10).await.unwrap().len(), 2);
    for _ in 0..2 {
        store.settle_spend(&one.job, Some(MicroUsd(20))).await.unwrap();
    }
    assert_eq!(store.open_spend(Duration::ZERO, 10).await.unwrap(), std::slice::from_ref(&two.job));
    let next = job();
    assert!(!store.reserve_spend(&next.job, MicroUsd(31), MicroUsd(100)).await.unwrap());
    assert!(store.reserve_spend(&next.job, MicroUsd(30), MicroUsd(100)).await.unwrap());
}

async fn spend_of_which_nothing_is_known_stays_counted_as_it_was_set_aside(bench: &Bench) {
    let (one, next) = (job(), job());
    let reserve =
        async |new: &NewJob, most| bench.store.reserve_spend(&new.job, MicroUsd(most), MicroUsd(100)).await.unwrap();
    assert!(reserve(&one, 60).await);
    for _ in 0..2 {
        bench.store.settle_spend(&one.job, None).await.unwrap();
    }
    // Whoever comes late with what it was changes nothing.
    bench.store.settle_spend(&one.job, Some(MicroUsd::ZERO)).await.unwrap();
    assert!(bench.store.open_spend(Duration::ZERO, 10).await.unwrap().is_empty());
    assert!(!reserve(&next, 41).await);
    assert!(reserve(&next, 40).await);
}

async fn so_many_places_are_taken_and_free_again_when_left_or_over(bench: &Bench) {
    let name = StoreKey::places(&owner(1), &KeyId::random());
    let take = async |place: &UploadId, ttl| bench.store.take_place(&name, place, 2, ttl).await.unwrap();
    let (one, two, three) = (UploadId::random(), UploadId::random(), UploadId::random());
    assert!(take(&one, LONG).await && take(&one, LONG).await && take(&two, SHORT).await);
    assert!(!take(&three, LONG).await);
    bench.pass(SHORT).await;
    assert!(take(&three, LONG).await);
    assert!(!take(&two, LONG).await);
    bench.store.leave_place(&name, &one).await.unwrap();
    assert!(take(&two, LONG).await);
}

#[tokio::test]
async fn redis_counts_months_as_the_calendar_does() {
    use figurine::domain::Moment;
    let bench = Bench::redis().await;
    let common = include_str!("../../src/store/redis/lua/common.lua");
    let body = [common, "return month_of(tonumber(ARGV[1]))"].concat();
    let mut raw = bench.server.as_ref().unwrap().raw();
    // Every day of 60 years, each at its first and its last millisecond.
    for day in (0..60 * 366_i64).step_by(7).flat_map(|day| [day * 86_400_000, day * 86_400_000 - 1]) {
        let month: i64 = ::redis::cmd("EVAL").arg(&body).arg(1).arg("fig:{s0}:").arg(day).query(&mut raw).unwrap();
        assert_eq!(month, Moment::from_unix_millis(day).month(), "at {day}");
    }
    let name = StoreKey::account_gate(&owner(1), figurine::domain::Mode::Live);
    assert!(name.as_str().starts_with("fig:{s"), "{name:?}");
}

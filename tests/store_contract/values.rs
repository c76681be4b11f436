use std::time::Duration;

use bytes::Bytes;
use figurine::{
    domain::{FigureId, KeyId, Moment},
    store::StoreKey,
};

use crate::bench::{Bench, LONG, SHORT, owner, tally};

crate::contract! {
    a_value_is_kept_until_its_time_is_over
    a_value_is_put_where_there_is_none_and_given_where_there_is_one
    a_value_of_many_megabytes_comes_back_whole
    a_lasting_value_stays
    the_time_of_a_value_can_be_set_anew
    deletion_and_counting_say_how_many_were_there
    counters_add_up_and_come_in_the_order_of_their_names
    the_time_of_counters_starts_with_the_first_addition
    a_counter_stops_at_its_largest_number
    several_counters_are_added_to_at_once_and_deleted_like_values
    a_revoked_key_is_revoked_for_its_time
}

fn name() -> StoreKey {
    StoreKey::image(&owner(1), &FigureId::random(), 0)
}

async fn a_value_is_kept_until_its_time_is_over(bench: &Bench) {
    let key = name();
    assert_eq!(bench.get(&key).await, None);
    bench.put(&key, "kept").await;
    assert_eq!(bench.get(&key).await.as_deref(), Some("kept"));
    bench.store.put(&key, Bytes::from_static(b"shorter"), SHORT).await.unwrap();
    bench.pass(SHORT).await;
    assert_eq!(bench.get(&key).await, None);
}

async fn a_value_is_put_where_there_is_none_and_given_where_there_is_one(bench: &Bench) {
    let key = name();
    let put = |value: &'static str, ttl| bench.store.put_new(&key, Bytes::from_static(value.as_bytes()), ttl);
    assert_eq!(put("first", SHORT).await.unwrap(), None);
    assert_eq!(put("second", LONG).await.unwrap().as_deref(), Some(&b"first"[..]));
    bench.pass(SHORT).await;
    assert_eq!(put("third", LONG).await.unwrap(), None);
    assert_eq!(bench.get(&key).await.as_deref(), Some("third"));
}

async fn a_value_of_many_megabytes_comes_back_whole(bench: &Bench) {
    let key = name();
    let value: Bytes = (0..12_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    bench.store.put(&key, value.clone(), LONG).await.unwrap();
    assert!(bench.store.get(&key).await.unwrap() == Some(value));
}

async fn the_time_of_a_value_can_be_set_anew(bench: &Bench) {
    let key = name();
    assert!(!bench.store.expire(&key, LONG).await.unwrap());
    bench.store.put(&key, Bytes::from_static(b"v"), Duration::from_secs(5)).await.unwrap();
    assert!(bench.store.expire(&key, SHORT).await.unwrap());
    bench.pass(SHORT).await;
    assert_eq!(bench.get(&key).await, None);
    assert!(!bench.store.expire(&key, LONG).await.unwrap());
}

async fn deletion_and_counting_say_how_many_were_there(bench: &Bench) {
    let (one, two, none) = (name(), name(), name());
    bench.put(&one, "1").await;
    bench.put(&two, "2").await;
    let all = [one.clone(), two.clone(), none];
    assert_eq!(bench.store.count_present(&all).await.unwrap(), 2);
    assert_eq!(bench.store.delete(&[one]).await.unwrap(), 1);
    assert_eq!(bench.store.count_present(&all).await.unwrap(), 1);
    assert_eq!(bench.store.delete(&all).await.unwrap(), 1);
    assert_eq!(bench.store.count_present(&all).await.unwrap(), 0);
    assert_eq!(bench.store.delete(&[]).await.unwrap() + bench.store.count_present(&[]).await.unwrap(), 0);
}

fn counters() -> StoreKey {
    StoreKey::usage(&owner(1), &KeyId::random(), Moment::now(), 'h')
}

async fn counters_add_up_and_come_in_the_order_of_their_names(bench: &Bench) {
    let key = counters();
    assert!(bench.store.sums(&key).await.unwrap().is_empty());
    bench.store.add(&[tally(&key, &[("b", 2), ("a", 1)], LONG)]).await.unwrap();
    bench.store.add(&[tally(&key, &[("b", 5), ("c", 0)], LONG)]).await.unwrap();
    let sums = bench.store.sums(&key).await.unwrap();
    assert_eq!(sums, [("a".to_owned(), 1), ("b".to_owned(), 7), ("c".to_owned(), 0)]);
    assert!(bench.store.sums(&counters()).await.unwrap().is_empty());
}

async fn the_time_of_counters_starts_with_the_first_addition(bench: &Bench) {
    let key = counters();
    bench.store.add(&[tally(&key, &[("a", 1)], SHORT)]).await.unwrap();
    bench.store.add(&[tally(&key, &[("a", 1)], LONG)]).await.unwrap();
    bench.pass(SHORT).await;
    assert!(bench.store.sums(&key).await.unwrap().is_empty());
    bench.store.add(&[tally(&key, &[("a", 1)], LONG)]).await.unwrap();
    assert_eq!(bench.store.sums(&key).await.unwrap(), [("a".to_owned(), 1)]);
}

async fn several_counters_are_added_to_at_once_and_deleted_like_values(bench: &Bench) {
    let (one, other) = (counters(), counters());
    bench.store.add(&[tally(&one, &[("a", 1)], LONG), tally(&other, &[("a", 2), ("b", 3)], LONG)]).await.unwrap();
    bench.store.add(&[]).await.unwrap();
    assert_eq!(bench.store.sums(&one).await.unwrap(), [("a".to_owned(), 1)]);
    assert_eq!(bench.store.sums(&other).await.unwrap(), [("a".to_owned(), 2), ("b".to_owned(), 3)]);
    assert_eq!(bench.store.count_present(&[one.clone(), other.clone()]).await.unwrap(), 2);
    assert_eq!(bench.store.delete(std::slice::from_ref(&one)).await.unwrap(), 1);
    assert!(bench.store.sums(&one).await.unwrap().is_empty());
}

async fn a_lasting_value_stays(bench: &Bench) {
    let key = StoreKey::preferences(&owner(1), None);
    bench.store.put(&key, Bytes::from_static(b"passing"), SHORT).await.unwrap();
    bench.store.put_lasting(&key, Bytes::from_static(b"first")).await.unwrap();
    bench.store.put_lasting(&key, Bytes::from_static(b"lasting")).await.unwrap();
    bench.pass(SHORT).await;
    bench.store.sweep().await.unwrap();
    assert_eq!(bench.get(&key).await.as_deref(), Some("lasting"));
    assert_eq!(bench.store.count_present(std::slice::from_ref(&key)).await.unwrap(), 1);
    assert_eq!(bench.store.delete(std::slice::from_ref(&key)).await.unwrap(), 1);
    assert_eq!(bench.get(&key).await, None);
}

async fn a_counter_stops_at_its_largest_number(bench: &Bench) {
    let key = counters();
    let most = u64::try_from(i64::MAX).unwrap();
    bench.store.add(&[tally(&key, &[("a", u64::MAX), ("b", 1)], LONG)]).await.unwrap();
    bench.store.add(&[tally(&key, &[("a", 5), ("b", 1)], LONG)]).await.unwrap();
    let sums = bench.store.sums(&key).await.unwrap();
    assert!(sums[0].1 >= most, "{sums:?}");
    assert_eq!(sums[1].1, 2);
}

async fn a_revoked_key_is_revoked_for_its_time(bench: &Bench) {
    let (long, short, other) = (KeyId::random(), KeyId::random(), KeyId::random());
    bench.store.revoke(&long, LONG).await.unwrap();
    bench.store.revoke(&short, SHORT).await.unwrap();
    bench.pass(SHORT).await;
    assert!(bench.store.is_revoked(&long).await.unwrap());
    assert!(!bench.store.is_revoked(&short).await.unwrap());
    assert!(!bench.store.is_revoked(&other).await.unwrap());
}

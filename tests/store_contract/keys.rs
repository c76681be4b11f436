use bytes::Bytes;
use figurine::{
    domain::KeyId,
    store::{MOST_KEYS, StoreKey, Topic},
};

use crate::bench::{Bench, LONG, SHORT, neighbor, owner};

crate::contract! {
    keys_are_noted_once_and_listed_newest_first
    a_key_is_known_to_its_own_account_alone_and_until_its_time_is_over
    a_revoked_key_is_known_as_such_since_its_first_revocation
    an_account_has_room_for_so_many_keys
    a_revocation_wakes_who_waits_for_it
}

async fn note(bench: &Bench, key: &KeyId, record: &'static str) -> bool {
    bench.store.note_key(&owner(1), key, Bytes::from_static(record.as_bytes()), LONG).await.unwrap()
}

async fn keys_are_noted_once_and_listed_newest_first(bench: &Bench) {
    let mut keys: Vec<_> = std::iter::repeat_with(KeyId::random).take(5).collect();
    for key in &keys {
        assert!(note(bench, key, "{\"a\":1} and more").await);
        assert!(note(bench, key, "another").await, "what is noted stays");
    }
    keys.sort();
    keys.reverse();
    let listed = bench.store.keys_of(&owner(1), None, 3).await.unwrap();
    assert_eq!(listed.iter().map(|known| known.key).collect::<Vec<_>>(), keys[..3]);
    assert!(
        listed.iter().all(|known| known.record == "{\"a\":1} and more" && known.revoked_at.is_none()),
        "{listed:?}"
    );
    let rest = bench.store.keys_of(&owner(1), Some(keys[2]), 9).await.unwrap();
    assert_eq!(rest.iter().map(|known| known.key).collect::<Vec<_>>(), keys[3..]);
}

async fn a_key_is_known_to_its_own_account_alone_and_until_its_time_is_over(bench: &Bench) {
    let (short, long) = (KeyId::random(), KeyId::random());
    bench.store.note_key(&owner(1), &short, "s".into(), SHORT).await.unwrap();
    note(bench, &long, "l").await;
    assert!(bench.store.known_key(&neighbor(&owner(1)), &long).await.unwrap().is_none());
    assert!(bench.store.keys_of(&neighbor(&owner(1)), None, 9).await.unwrap().is_empty());
    bench.pass(SHORT).await;
    assert!(bench.store.known_key(&owner(1), &short).await.unwrap().is_none());
    let left = bench.store.keys_of(&owner(1), None, 9).await.unwrap();
    assert_eq!((left.len(), left[0].key), (1, long));
}

async fn a_revoked_key_is_known_as_such_since_its_first_revocation(bench: &Bench) {
    let key = KeyId::random();
    note(bench, &key, "r").await;
    let before = bench.store.now().await.unwrap();
    bench.store.revoke(&key, LONG).await.unwrap();
    let after = bench.store.now().await.unwrap();
    bench.pass(SHORT).await;
    bench.store.revoke(&key, LONG).await.unwrap();
    let revoked_at = bench.store.known_key(&owner(1), &key).await.unwrap().unwrap().revoked_at.unwrap();
    assert!(before <= revoked_at && revoked_at <= after, "{revoked_at:?}");
}

async fn an_account_has_room_for_so_many_keys(bench: &Bench) {
    let short = KeyId::random();
    bench.store.note_key(&owner(1), &short, "s".into(), SHORT).await.unwrap();
    let mut last = KeyId::random();
    for _ in 1..MOST_KEYS {
        last = KeyId::random();
        assert!(note(bench, &last, "r").await);
    }
    bench.pass(SHORT).await;
    assert!(note(bench, &KeyId::random(), "r").await, "one whose time is over makes room");
    assert!(!note(bench, &KeyId::random(), "r").await);
    assert!(note(bench, &last, "r").await, "it is noted already");
    assert_eq!(bench.store.keys_of(&owner(1), None, 2 * MOST_KEYS).await.unwrap().len(), MOST_KEYS);
}

async fn a_revocation_wakes_who_waits_for_it(bench: &Bench) {
    let key = KeyId::random();
    let wake = bench.store.listen(Topic::Key(&key));
    bench.store.revoke(&key, LONG).await.unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(10), wake.within(LONG)).await.expect("a wake-up");
    assert!(StoreKey::key_gate(&owner(1), &key).as_str().ends_with(&key.to_string()));
}

//! A store to be tried, and short ways to ask it for things.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use figurine::{
    domain::{Code, FigureId, KeyId, Limits, Mode, Owner, State, UploadId},
    store::{
        Claim, Clock, Finish, Gate, JobRef, Lease, MemoryStore, NewJob, NotFinished, Once, RedisAddress, RedisStore,
        Reservation, Settlement, Store, StoreKey, Submission, Tally,
    },
    tasks::Tasks,
};
use secrecy::SecretString;
use tokio::runtime::Handle;

use crate::{
    private_redis::{PrivateRedis, cluster::PrivateCluster},
    reach,
};

/// Longer than any test.
pub(crate) const LONG: Duration = Duration::from_secs(600);

/// Over at once.
pub(crate) const SHORT: Duration = Duration::from_millis(30);

pub(crate) struct Bench {
    pub(crate) store: Arc<dyn Store>,
    clock: Option<Clock>,
    pub(crate) server: Option<PrivateRedis>,
    /// Where its values can be got at past the store.
    servers: Vec<String>,
}

impl Bench {
    pub(crate) fn memory() -> Self {
        let clock = Clock::default();
        Self { store: Arc::new(MemoryStore::new(clock.clone())), clock: Some(clock), server: None, servers: Vec::new() }
    }

    /// On a Unix socket.
    pub(crate) async fn redis() -> Self {
        let server = PrivateRedis::start();
        let address = RedisAddress { url: SecretString::from(server.url()), ca: None };
        Self::founded((server, address)).await
    }

    pub(crate) async fn redis_over_tcp() -> Self {
        Self::founded(reach::tcp()).await
    }

    pub(crate) async fn redis_over_tls() -> Self {
        Self::founded(reach::tls()).await
    }

    /// On a cluster, which is emptied first.
    pub(crate) async fn on(cluster: &PrivateCluster) -> Self {
        flush(cluster);
        let store = connect_to(&cluster.url(0)).await;
        store.found().await.unwrap();
        let servers = cluster.masters.iter().map(PrivateRedis::url).collect();
        Self { store: Arc::new(store), clock: None, server: None, servers }
    }

    async fn founded((server, address): (PrivateRedis, RedisAddress)) -> Self {
        let store = RedisStore::connect(&address, &Tasks::new(Handle::current())).await.unwrap();
        store.found().await.unwrap();
        let servers = vec![server.url()];
        Self { store: Arc::new(store), clock: None, server: Some(server), servers }
    }

    /// Lets the store's time pass: at once where the clock can be moved on, else by waiting for it.
    pub(crate) async fn pass(&self, time: Duration) {
        if let Some(clock) = &self.clock {
            return clock.advance(time);
        }
        let (until, limit) = (self.store.now().await.unwrap().plus(time), Instant::now() + time + LONG);
        while self.store.now().await.unwrap() <= until {
            assert!(Instant::now() < limit, "the store's clock goes on");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Lets time pass for seats that are taken. Where the clock cannot be moved on, when they come back is moved towards
    /// it.
    pub(crate) fn pass_for_seats(&self, time: Duration) {
        if let Some(clock) = &self.clock {
            return clock.advance(time);
        }
        let sooner = -i64::try_from(time.as_millis()).unwrap();
        let mut moved = 0;
        for server in &self.servers {
            let mut raw = redis::Client::open(server.as_str()).unwrap().get_connection().unwrap();
            let seats: Vec<String> = redis::cmd("KEYS").arg("fig:*:seats").query(&mut raw).unwrap();
            for name in seats {
                let taken: Vec<String> = redis::cmd("ZRANGE").arg(&name).arg(0).arg(-1).query(&mut raw).unwrap();
                for job in taken {
                    let _: f64 = redis::cmd("ZINCRBY").arg(&name).arg(sooner).arg(job).query(&mut raw).unwrap();
                    moved += 1;
                }
            }
        }
        assert!(moved > 0, "seats are taken");
    }

    pub(crate) async fn submit(&self, new: &NewJob) -> Submission {
        self.store.submit(new.clone()).await.unwrap()
    }

    /// Submits a job that must be accepted.
    pub(crate) async fn accept(&self, new: NewJob) -> JobRef {
        let submitted = self.submit(&new).await;
        assert!(matches!(submitted, Submission::Accepted { .. }), "{submitted:?}");
        new.job
    }

    /// Claims the next job; there must be one.
    pub(crate) async fn claim(&self, lease: Duration) -> Claim {
        self.store.claim(Mode::Live, lease).await.unwrap().expect("a job waits")
    }

    pub(crate) async fn nothing_to_claim(&self, lease: Duration) {
        let claim = self.store.claim(Mode::Live, lease).await.unwrap();
        assert!(claim.is_none(), "{claim:?}");
    }

    pub(crate) async fn finish(&self, lease: &Lease, state: State) -> Result<(), NotFinished> {
        self.store.finish(lease, end(state)).await.unwrap()
    }

    /// Submits, claims and ends a job.
    pub(crate) async fn done(&self, new: NewJob) -> JobRef {
        let job = self.accept(new).await;
        let claim = self.claim(LONG).await;
        assert_eq!(claim.lease.job, job);
        assert_eq!(self.finish(&claim.lease, State::Succeeded).await, Ok(()));
        job
    }

    pub(crate) async fn put(&self, key: &StoreKey, value: &'static str) {
        self.store.put(key, Bytes::from_static(value.as_bytes()), LONG).await.unwrap();
    }

    pub(crate) async fn get(&self, key: &StoreKey) -> Option<String> {
        let value = self.store.get(key).await.unwrap();
        value.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }
}

/// Forgets everything.
pub(crate) fn flush(cluster: &PrivateCluster) {
    cluster.masters.iter().for_each(|server| redis::cmd("FLUSHALL").query(&mut server.raw()).unwrap());
}

/// A store on a server, as a node has one.
pub(crate) async fn connect(server: &PrivateRedis) -> RedisStore {
    connect_to(&server.url()).await
}

/// The same at a URL.
pub(crate) async fn connect_to(url: &str) -> RedisStore {
    let address = RedisAddress { url: SecretString::from(url), ca: None };
    RedisStore::connect(&address, &Tasks::new(Handle::current())).await.unwrap()
}

/// An account.
pub(crate) fn owner(number: u8) -> Owner {
    let mut hash = [0; 32];
    hash[0] = number;
    Owner::from_keyed_hash(&hash)
}

/// Another account of the same shard.
pub(crate) fn neighbor(of: &Owner) -> Owner {
    (0..=u8::MAX).map(owner).find(|other| other != of && other.shard() == of.shard()).unwrap()
}

/// An account of another shard.
pub(crate) fn stranger(to: &Owner) -> Owner {
    (0..=u8::MAX).map(owner).find(|other| other.shard() != to.shard()).unwrap()
}

/// Room for everything.
pub(crate) const ROOM: Limits =
    Limits { rpm: 6_000, burst: 1_000, in_flight: 100, figures_per_day: 1_000, micro_usd_per_month: 1_000_000_000 };

/// What bounds a key and its account.
pub(crate) fn gates(owner: &Owner, key: &KeyId, of_key: Limits, of_account: Limits) -> Vec<Gate> {
    let key = Gate { name: StoreKey::key_gate(owner, key), limits: of_key };
    vec![key, Gate { name: StoreKey::account_gate(owner, Mode::Live), limits: of_account }]
}

/// A job of account 1 with a key of so many seats.
pub(crate) fn job_with(seats: u32) -> NewJob {
    seated(seats, job())
}

/// The same job with so many seats of its key.
pub(crate) fn seated(seats: u32, new: NewJob) -> NewJob {
    NewJob { gates: gates(&new.job.owner, &new.key, Limits { in_flight: seats, ..ROOM }, ROOM), ..new }
}

/// A job of account 1 with room for everything.
pub(crate) fn job() -> NewJob {
    job_of(&owner(1))
}

pub(crate) fn job_of(owner: &Owner) -> NewJob {
    let key = KeyId::random();
    NewJob {
        job: JobRef { owner: owner.clone(), figure: FigureId::random() },
        key,
        photo: Some(UploadId::random()),
        gates: gates(owner, &key, ROOM, ROOM),
        reserve: Reservation::default(),
        lane: Mode::Live,
        places: 100,
        deadline: LONG,
        retention: LONG,
        remembered: LONG,
        once: Vec::new(),
        consumes: None,
        listed: true,
        person: None,
    }
}

/// Amounts to be added.
pub(crate) fn tally(name: &StoreKey, sums: &[(&str, u64)], kept: Duration) -> Tally {
    let sums = sums.iter().map(|(name, sum)| ((*name).to_owned(), *sum)).collect();
    Tally { name: name.clone(), sums, kept }
}

/// A request of account 1 that is to be done once.
pub(crate) fn once(digest: &str, fingerprint: &str) -> Once {
    Once { name: StoreKey::once(&owner(1), digest), fingerprint: fingerprint.to_owned(), kept: LONG }
}

pub(crate) fn end(state: State) -> Finish {
    let code = (state == State::Failed).then_some(Code::Internal);
    Finish { state, code, adopt: Vec::new(), release: false, settle: Settlement::default(), tallies: Vec::new() }
}

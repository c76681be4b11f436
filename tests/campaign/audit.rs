//! What went wrong, counted after all is over.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::Path,
};

use crate::{
    drive::{Done, Fleet, MARK},
    installation::Installation,
    private_redis::PrivateRedis,
};

/// How a JPEG file begins. No ciphertext begins so but once in 2^80.
const JPEG: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF";

#[derive(Default)]
pub(crate) struct Counts {
    jobs: usize,
    /// Accepted, and then unknown.
    lost: usize,
    /// Ended more than once, or made twice for one request.
    double: usize,
    /// Photos, data keys of photos and specifications of jobs that are still there.
    left: usize,
    /// The same of requests whose node died before it made a job of them: they go when their time is over.
    unaccepted: usize,
    /// Photos and words that lie somewhere in clear.
    plain: usize,
    /// Without an end by their deadline.
    hung: usize,
    ends: BTreeMap<String, usize>,
}

impl Counts {
    /// Whether nothing went wrong, and three of four jobs came to a figure all the same: ending every job would be clean too.
    pub(crate) fn is_clean(&self) -> bool {
        let succeeded = self.ends.get("succeeded").copied().unwrap_or_default();
        self.lost + self.double + self.left + self.plain + self.hung == 0 && succeeded * 4 >= self.jobs * 3
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { jobs, lost, double, left, unaccepted, plain, hung, ends } = self;
        let ends: Vec<_> = ends.iter().map(|(end, count)| format!("{end} {count}")).collect();
        writeln!(f, "ends: {}; values of requests that were never accepted: {unaccepted}", ends.join(", "))?;
        write!(f, "jobs {jobs} lost {lost} double {double} left {left} plain {plain} hung {hung}")
    }
}

pub(crate) async fn count(it: &Installation, fleet: &Fleet, jobs: &[Done]) -> Counts {
    let mut counts = Counts { jobs: jobs.len(), ..Counts::default() };
    for job in jobs {
        match &job.figure {
            None if job.lost => counts.lost += 1,
            None => counts.hung += 1,
            Some(figure) => {
                let code = figure["problem"]["code"].as_str().map(|code| format!(" ({code})")).unwrap_or_default();
                *counts.ends.entry(figure["status"].as_str().unwrap().to_owned() + &code).or_default() += 1;
            }
        }
        counts.double += usize::from(!ended_once(it, &job.id) || made_again(fleet, job).await);
    }
    let of_jobs = of_jobs(it);
    for redis in [&it.redis].into_iter().chain(&it.key_redis) {
        let (left, unaccepted) = kept(redis).into_iter().partition::<Vec<_>, _>(|name| {
            let id = name.split(':').nth(3).expect("an id");
            of_jobs.contains(id)
        });
        counts.left += left.len();
        counts.unaccepted += unaccepted.len();
        for name in unaccepted {
            let time: i64 = redis::cmd("PTTL").arg(&name).query(&mut redis.raw()).unwrap();
            // A specification waits until ten minutes past its deadline, like what is made by it.
            assert!((1..=900_000).contains(&time), "{name} goes by itself: {time} ms");
        }
    }
    let appended = files(it.redis.dir());
    assert!(appended.iter().any(|bytes| holds(bytes, b":photo:")), "the search looks where photos lie");
    counts.plain = appended.iter().filter(|bytes| holds(bytes, MARK.as_bytes()) || holds(bytes, JPEG)).count();
    counts
}

/// Names of photos, their data keys and specifications.
fn kept(redis: &PrivateRedis) -> Vec<String> {
    let names: Vec<String> = redis::cmd("KEYS").arg("fig:*").query(&mut redis.raw()).unwrap();
    names.into_iter().filter(|name| name.contains(":photo:") || name.contains(":spec:")).collect()
}

/// The ids of every job and of its photo.
fn of_jobs(it: &Installation) -> BTreeSet<String> {
    let mut raw = it.redis.raw();
    let names: Vec<String> = redis::cmd("KEYS").arg("fig:*:job:*").query(&mut raw).unwrap();
    assert!(!names.is_empty(), "jobs are remembered for a day");
    let ids = names.iter().flat_map(|name| -> [String; 2] {
        redis::cmd("HMGET").arg(name).arg("figure").arg("photo").query(&mut raw).unwrap()
    });
    ids.collect()
}

/// Whether a job that has ended was told to have ended once.
fn ended_once(it: &Installation, id: &str) -> bool {
    let mut raw = it.redis.raw();
    let names: Vec<String> = redis::cmd("KEYS").arg(format!("fig:*:events:{id}")).query(&mut raw).unwrap();
    let Some(name) = names.first() else { return true };
    let told: Vec<(String, Vec<String>)> = redis::cmd("XRANGE").arg(name).arg("-").arg("+").query(&mut raw).unwrap();
    let is_end = |what: &str| ["succeeded", "failed", "blocked", "canceled"].contains(&what);
    told.iter().filter(|(_, fields)| is_end(&fields[3])).count() <= 1
}

/// Whether a succeeded request, sent again, makes another figure.
async fn made_again(fleet: &Fleet, job: &Done) -> bool {
    let succeeded = job.figure.as_ref().is_some_and(|figure| figure["status"] == "succeeded");
    if !succeeded {
        return false;
    }
    let (_, answer) = fleet.submit(0, &job.once).await.expect("an answer, now that the faults are over");
    answer["id"] != job.id.as_str()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Every file below a folder but sockets.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push(fs::read(entry.path()).unwrap());
        }
    }
    found
}

//! Adding a job.

use std::sync::LazyLock;

use redis::{Script, ScriptInvocation};

use super::{
    RedisStore, Shard,
    link::{garbled, millis, script},
    look,
};
use crate::{
    domain::Moment,
    store::{Bound, Held, HeldId, NewJob, Result, StoreError, StoreKey, Submission},
};

static SUBMIT: LazyLock<Script> = LazyLock::new(|| script(include_str!("lua/submit.lua")));

impl RedisStore {
    pub(super) async fn submit_job(&self, new: NewJob) -> Result<Submission> {
        // Where there is a place even if jobs under way are counted as waiting, that is enough to know.
        let streamed = look::streamed(&self.link, new.lane).await?;
        let mut answer = no_place();
        if streamed.iter().sum::<usize>() < new.places {
            answer = self.submit_beside(&new, &streamed).await?;
        }
        if answer == no_place() {
            answer = self.submit_beside(&new, &look::waiting(&self.link, new.lane).await?).await?;
        }
        let answer: Vec<&str> = answer.iter().map(String::as_str).collect();
        let submission = match answer.as_slice() {
            ["accepted", at] => at.parse().ok().map(|at| Submission::Accepted { at: Moment::from_unix_millis(at) }),
            ["known", index, value] => index
                .parse::<usize>()
                .ok()
                .and_then(|index| new.once.get(index)?.known(value.as_bytes()))
                .map(Submission::Known),
            ["consumed"] => Some(Submission::Consumed),
            ["no_place"] => Some(Submission::NoPlace),
            ["bounded", gate, by] => bounded(gate, by),
            ["lost"] => return Err(StoreError::Lost),
            _ => None,
        };
        self.bells.ring_jobs(new.lane);
        submission.ok_or_else(garbled)
    }

    /// Submits beside so many jobs that wait in each shard.
    async fn submit_beside(&self, new: &NewJob, waiting: &[usize]) -> Result<Vec<String>> {
        let shard = Shard::of(&new.job.owner);
        // The place is looked for in one step with the rest, but for what waits in other shards: that is a moment old.
        let own = waiting.get(shard.index()).copied().unwrap_or_default();
        let elsewhere = waiting.iter().sum::<usize>().saturating_sub(own);
        let places = new.places.saturating_sub(elsewhere);
        let mark = self.founding.mark(&self.link).await?;
        let answer: Vec<String> = self.link.run(call(new, shard, &mark, places)).await?;
        if answer != ["lost"] {
            return Ok(answer);
        }
        let mark = self.founding.read_again(&self.link).await?;
        self.link.run(call(new, shard, &mark, places)).await
    }
}

fn no_place() -> Vec<String> {
    vec!["no_place".to_owned()]
}

fn bounded(gate: &str, by: &str) -> Option<Submission> {
    let by = match by {
        "1" => Bound::InFlight,
        "2" => Bound::Figures,
        "3" => Bound::Money,
        _ => return None,
    };
    Some(Submission::Bounded { gate: gate.parse().ok()?, by })
}

fn call(new: &NewJob, shard: Shard, mark: &str, places: usize) -> ScriptInvocation<'static> {
    let figure = &new.job.figure;
    let mut call = SUBMIT.prepare_invoke();
    call.key(shard.prefix()).key(shard.list(&new.job.owner));
    new.gates.iter().for_each(|gate| {
        call.key(gate.name.as_str());
    });
    new.once.iter().map(|once| &once.name).chain(&new.consumes).map(StoreKey::as_str).for_each(|name| {
        call.key(name);
    });
    call.arg(mark).arg(figure.to_string()).arg(new.job.owner.as_str()).arg(new.key.to_string());
    call.arg(new.photo.map(|photo| photo.to_string()).unwrap_or_default()).arg(new.gates.len()).arg(places);
    call.arg(millis(new.deadline)).arg(millis(new.retention)).arg(millis(new.remembered)).arg(u8::from(new.listed));
    let first = new.once.first();
    call.arg(new.once.len())
        .arg(first.map(|once| once.value(figure)).unwrap_or_default())
        .arg(first.map_or(1, |once| millis(once.kept)))
        .arg(u8::from(new.consumes.is_some()));
    let person = new.person.as_deref();
    let held = Held::new(HeldId::Figure(*figure), first.map(|once| &once.name), person).line();
    call.arg(held.text).arg(millis(held.kept)).arg(held.most).arg(person.unwrap_or_default());
    call.arg(new.reserve.figures).arg(new.reserve.micro_usd.0).arg(new.lane.as_str());
    for gate in &new.gates {
        call.arg(gate.limits.in_flight).arg(gate.limits.figures_per_day).arg(gate.limits.micro_usd_per_month);
    }
    call
}

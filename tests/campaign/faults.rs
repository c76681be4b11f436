//! Faults, one after every few jobs that were accepted.

use std::sync::atomic::Ordering;

use figurine::simulator::{Carry, Instead, Spoil, Step};
use rustix::process::Signal;

use crate::{
    drive::Fleet,
    installation::{Installation, Node},
};

/// How many jobs are accepted between two faults.
const EVERY: usize = 6;

/// Breaks something until the callers are done.
pub(crate) async fn inject(fleet: &Fleet, it: &mut Installation, nodes: &mut [Node; 2], (seed, pause): (u64, u64)) {
    let mut chance = Chance(seed);
    let pause = (pause * 1_000).to_string();
    let mut stopped = None;
    loop {
        let next = *fleet.accepted.borrow() + EVERY;
        // The sender lives in the fleet, so that waiting cannot fail.
        let _ = fleet.accepted.subscribe().wait_for(|count| *count >= next).await;
        if let Some(which) = stopped.take() {
            let node: &Node = &nodes[which];
            node.process.tell(Signal::CONT);
        }
        if fleet.over.load(Ordering::SeqCst) {
            return;
        }
        let which = chance.of(2);
        match chance.of(9) {
            0 | 1 => {
                nodes[which].process.tell(Signal::KILL);
                nodes[which] = it.node();
                fleet.tell(&*nodes);
            }
            2 => {
                nodes[which].process.tell(Signal::STOP);
                stopped = Some(which);
            }
            3 => {
                it.redis.kill();
                it.redis.restart();
            }
            4 => tell(it, &["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]),
            5 => tell(it, &["CLIENT", "KILL", "TYPE", "pubsub"]),
            6 => tell(it, &["SCRIPT", "FLUSH"]),
            7 => tell(it, &["CLIENT", "PAUSE", &pause, "ALL"]),
            _ => it.engine.script(bad_minutes()),
        }
    }
}

/// What an engine does that is not well.
fn bad_minutes() -> Vec<Step> {
    vec![
        Step::new(Instead::Overloaded).times(2),
        Step::new(Instead::Reset),
        Step::new(Spoil::NoImage),
        Step::new(Carry::Latency { ms: 1_000 }).times(3),
    ]
}

fn tell(it: &Installation, command: &[&str]) {
    redis::cmd(command[0]).arg(&command[1..]).query::<redis::Value>(&mut it.redis.raw()).unwrap();
}

/// A xorshift generator: the same seed, the same faults.
struct Chance(u64);

impl Chance {
    fn of(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % 1_000_003).unwrap() % sides
    }
}

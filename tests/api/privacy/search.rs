//! Where is searched: every value of every type in Redis, its files, whatever a node writes.

use std::{fs, path::Path};

use redis::Value;

use super::marks::Marks;
use crate::private_redis::PrivateRedis;

/// A place, and all that lies there.
pub(super) type Place = (String, Vec<u8>);

/// Every key of a Redis by its type, and how its value is read.
fn reading(kind: &str, name: &[u8]) -> redis::Cmd {
    let words: &[&str] = match kind {
        "string" => &["GET", ""],
        "hash" => &["HGETALL", ""],
        "list" => &["LRANGE", "", "0", "-1"],
        "set" => &["SMEMBERS", ""],
        "zset" => &["ZRANGE", "", "0", "-1", "WITHSCORES"],
        "stream" => &["XRANGE", "", "-", "+"],
        other => panic!("a value of the type {other} is not searched yet"),
    };
    let mut command = redis::cmd(words[0]);
    command.arg(name).arg(&words[2..]);
    command
}

/// All names, by SCAN.
pub(super) fn names(redis: &PrivateRedis) -> Vec<Vec<u8>> {
    let (mut raw, mut names, mut cursor) = (redis.raw(), Vec::new(), 0_u64);
    loop {
        let (next, page): (u64, Vec<Vec<u8>>) =
            redis::cmd("SCAN").arg(cursor).arg("COUNT").arg(1_000).query(&mut raw).unwrap();
        names.extend(page);
        cursor = next;
        if cursor == 0 {
            return names;
        }
    }
}

/// Every value of a Redis under its name.
pub(super) fn values(redis: &PrivateRedis) -> Vec<Place> {
    let mut raw = redis.raw();
    let mut found = Vec::new();
    for name in names(redis) {
        let kind: String = redis::cmd("TYPE").arg(&name).query(&mut raw).unwrap();
        if kind == "none" {
            // Its time was over just now.
            continue;
        }
        let mut bytes = name.clone();
        flatten(&reading(&kind, &name).query(&mut raw).unwrap(), &mut bytes);
        found.push((format!("{kind} {}", String::from_utf8_lossy(&name)), bytes));
    }
    found
}

fn flatten(value: &Value, into: &mut Vec<u8>) {
    into.push(0);
    if let Value::BulkString(bytes) = value {
        into.extend(bytes);
    } else if let Value::Array(parts) = value {
        for part in parts {
            flatten(part, into);
        }
    } else {
        into.extend(format!("{value:?}").bytes());
    }
}

/// Every file below a folder but sockets.
pub(super) fn files(folder: &Path) -> Vec<Place> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push((entry.path().display().to_string(), fs::read(entry.path()).unwrap()));
        }
    }
    found
}

/// Which marks are where.
pub(super) fn found(marks: &Marks, places: &[Place]) -> Vec<String> {
    let told = |(place, bytes): &Place| {
        let marks = marks.found_in(bytes);
        (!marks.is_empty()).then(|| format!("{marks:?} in {place}"))
    };
    places.iter().filter_map(told).collect()
}

/// Keys of a Redis that never go, but for those that are meant to stay.
pub(super) fn lasting(redis: &PrivateRedis) -> Vec<String> {
    let mut raw = redis.raw();
    let mut lasting = Vec::new();
    for name in names(redis) {
        let left: i64 = redis::cmd("PTTL").arg(&name).query(&mut raw).unwrap();
        let name = String::from_utf8(name).unwrap();
        // Minus two is one whose time was over just now. What somebody has decided for good holds for good.
        if left == -1 && !name.ends_with("founding") && !name.contains(":pref:") {
            lasting.push(name);
        }
    }
    lasting
}

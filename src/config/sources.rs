//! Where settings stand: `.env` and the process's environment. What cannot be read there is a fault, not an absence.

use dotenvy::Error;

use super::reader::is_ours;

/// What stands there.
#[derive(Default)]
pub(super) struct Given {
    /// Names and values; of several with one name the last counts.
    pub(super) pairs: Vec<(String, String)>,
    /// Places that cannot be read, and why. No value stands in them.
    pub(super) faults: Vec<(String, String)>,
}

/// Reads `.env`, then the environment, which so wins over the file.
pub(super) fn read() -> Given {
    let mut given = Given::default();
    match dotenvy::dotenv_iter() {
        Ok(lines) => read_file(lines, &mut given),
        Err(error) if error.not_found() => {}
        Err(_) => given.fault(".env", "cannot be read"),
    }
    read_environment(&mut given);
    given
}

fn read_file(lines: impl Iterator<Item = dotenvy::Result<(String, String)>>, given: &mut Given) {
    let mut before = "at its beginning".to_owned();
    for line in lines {
        match line {
            Ok((name, value)) => {
                before = format!("after {name}");
                given.pairs.push((name, value));
            }
            // The text may hold a secret, so that its place is told instead.
            Err(Error::LineParse(..)) => given.fault(".env", &format!("what stands {before} is no line NAME=value")),
            // A file that cannot be read on gives this error for ever.
            Err(_) => return given.fault(".env", &format!("cannot be read {before}")),
        }
    }
}

fn read_environment(given: &mut Given) {
    for (name, value) in std::env::vars_os() {
        // What is not UTF-8 and has another name is nobody's setting.
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => given.pairs.push((name, value)),
            (Ok(name), Err(_)) if is_ours(&name) => given.fault(&name, "is not UTF-8"),
            (Ok(_) | Err(_), _) => {}
        }
    }
}

impl Given {
    fn fault(&mut self, place: &str, reason: &str) {
        self.faults.push((place.to_owned(), reason.to_owned()));
    }
}

//! A real Redis of one's own: on a Unix socket in a directory of its own, without a port, gone with the test.

use std::{
    io::Read,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

pub(crate) struct PrivateRedis {
    dir: TempDir,
    server: Child,
}

impl PrivateRedis {
    /// Starts a server; it answers once a connection is taken.
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = Self::launch(&dir);
        let redis = Self { dir, server };
        redis.answers();
        redis
    }

    fn launch(dir: &TempDir) -> Child {
        let started = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(dir.path().join("redis.sock"))
            .arg("--dir")
            .arg(dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        started.unwrap_or_else(|error| {
            panic!(
                "this test wants redis-server 6.2 or later on the PATH ({error}); \
                 install it with `apt-get install redis-server` or `brew install redis`"
            )
        })
    }

    fn answers(&self) {
        let (client, limit) = (self.client(), Instant::now() + Duration::from_secs(10));
        while client.get_connection().and_then(|mut it| redis::cmd("PING").query::<String>(&mut it)).is_err() {
            assert!(Instant::now() < limit, "redis-server answers within 10 s");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.dir.path().join("redis.sock").display())
    }

    /// A connection past the store, for what the store would never do.
    pub(crate) fn raw(&self) -> redis::Connection {
        self.client().get_connection().unwrap()
    }

    fn client(&self) -> redis::Client {
        redis::Client::open(self.url()).unwrap()
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let mut said = String::new();
        if let Some(mut stderr) = self.server.stderr.take() {
            let _ = stderr.read_to_string(&mut said);
        }
        if !said.is_empty() {
            eprintln!("redis-server said: {said}");
        }
    }
}

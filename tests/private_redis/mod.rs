//! A real Redis of one's own: on a Unix socket in a directory of its own, without a port, gone with the test.

pub(crate) mod cluster;

use std::{
    io::Read,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

pub(crate) struct PrivateRedis {
    dir: TempDir,
    args: Vec<String>,
    server: Child,
}

impl PrivateRedis {
    /// Starts a server without persistence; it answers once a connection is taken.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with more arguments.
    pub(crate) fn start_with(args: &[&str]) -> Self {
        Self::try_start(args).expect("redis-server answers within 10 s")
    }

    /// Starts a server with more arguments; `None` when it ends by itself, as where a port is taken.
    pub(crate) fn try_start(args: &[&str]) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
        let server = Self::launch(&dir, &args);
        let mut redis = Self { dir, args, server };
        redis.answers().then_some(redis)
    }

    fn launch(dir: &TempDir, args: &[String]) -> Child {
        let started = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(dir.path().join("redis.sock"))
            .arg("--dir")
            .arg(dir.path())
            .args(args)
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

    /// Ends the server without letting it write anything more.
    pub(crate) fn kill(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// Starts the server again after it was killed, with what it had on disk.
    pub(crate) fn restart(&mut self) {
        self.server = Self::launch(&self.dir, &self.args);
        assert!(self.answers(), "redis-server starts again");
    }

    /// Its folder: socket and files.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Waits until it answers; false when it ends instead.
    fn answers(&mut self) -> bool {
        let (client, limit) = (self.client(), Instant::now() + Duration::from_secs(10));
        while client.get_connection().and_then(|mut it| redis::cmd("PING").query::<String>(&mut it)).is_err() {
            if self.server.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(Instant::now() < limit, "redis-server answers within 10 s");
            std::thread::sleep(Duration::from_millis(2));
        }
        true
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

//! A Redis Cluster of one's own: three masters on free ports, gone with the test.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use redis::Value;

use super::PrivateRedis;

/// How many slots a cluster has.
const SLOTS: usize = 16_384;

/// By then a new cluster has found together.
const TOGETHER: Duration = Duration::from_secs(20);

pub(crate) struct PrivateCluster {
    pub(crate) masters: Vec<PrivateRedis>,
    ports: Vec<String>,
}

/// Another process may take a free port before the server does; then another is tried.
pub(crate) fn on_free_port<T>(mut start: impl FnMut(&str) -> Option<T>) -> T {
    for _ in 0..20 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        if let Some(started) = start(&port) {
            return started;
        }
    }
    panic!("no port stays free")
}

/// A user who may do what the README says and nothing else.
pub(crate) fn make_user(server: &PrivateRedis) {
    let readme = include_str!("../../README.md");
    let line = readme.lines().find(|line| line.starts_with("ACL SETUSER figurine ")).expect("the README tells a user");
    let mut command = redis::cmd("ACL");
    line.replace(">PASSWORD", ">sesame").split(' ').skip(1).for_each(|word| {
        command.arg(word);
    });
    command.query::<()>(&mut server.raw()).unwrap();
}

impl PrivateCluster {
    /// Starts a cluster; it is whole when this returns.
    pub(crate) fn start() -> Self {
        let (masters, ports): (Vec<_>, Vec<_>) = (0..3).map(|_| on_free_port(master)).unzip();
        let cluster = Self { masters, ports };
        let part = SLOTS.div_ceil(3);
        for (at, server) in cluster.masters.iter().enumerate() {
            let slots = at * part..SLOTS.min((at + 1) * part);
            tell(server, "ADDSLOTS", &slots.map(|slot| slot.to_string()).collect::<Vec<_>>());
            tell(server, "SET-CONFIG-EPOCH", &[(at + 1).to_string()]);
            make_user(server);
        }
        for port in &cluster.ports[1..] {
            tell(&cluster.masters[0], "MEET", &["127.0.0.1".to_owned(), port.clone()]);
        }
        cluster.wait_until_whole();
        cluster
    }

    /// Waits until every master says that the cluster is whole.
    pub(crate) fn wait_until_whole(&self) {
        let limit = Instant::now() + TOGETHER;
        let whole = |server: &PrivateRedis| {
            let told: String = redis::cmd("CLUSTER").arg("INFO").query(&mut server.raw()).unwrap();
            told.contains("cluster_state:ok") && told.contains("cluster_known_nodes:3")
        };
        while !self.masters.iter().all(whole) {
            assert!(Instant::now() < limit, "the cluster is whole within 20 s");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where it is reached by [`make_user`]'s user; the server that stands first is the one that is listened to.
    pub(crate) fn url(&self, first: usize) -> String {
        let nodes = (0..3).map(|at| format!("127.0.0.1:{}", self.ports[(first + at) % 3])).collect::<Vec<_>>();
        format!("redis://figurine:sesame@{}", nodes.join(","))
    }

    /// The names of all keys, of each master.
    pub(crate) fn names(&self) -> Vec<Vec<String>> {
        let names = |server: &PrivateRedis| redis::cmd("KEYS").arg("*").query(&mut server.raw()).unwrap();
        self.masters.iter().map(names).collect()
    }
}

/// Starts a server that may join a cluster.
pub(crate) fn master(port: &str) -> Option<(PrivateRedis, String)> {
    let args = ["--port", port, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
    Some((PrivateRedis::try_start(&args)?, port.to_owned()))
}

pub(crate) fn tell(server: &PrivateRedis, what: &str, args: &[String]) {
    redis::cmd("CLUSTER").arg(what).arg(args).query::<Value>(&mut server.raw()).unwrap();
}

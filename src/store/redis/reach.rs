//! How a store is reached: one server, or a cluster of them.

use std::time::Duration;

use redis::{
    Cmd, ConnectionInfo, IntoConnectionInfo, Pipeline, RedisFuture, RedisResult, TlsCertificates, Value,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig, PubSub},
    cluster::{ClusterClient, ClusterConfig},
    cluster_async::ClusterConnection,
    cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo},
};
use secrecy::{ExposeSecret, SecretString};

use super::{ConnectError, link::DEADLINE};

/// How to reach a Redis.
#[derive(Debug, Clone)]
pub struct RedisAddress {
    /// `redis://`, `rediss://` or `redis+unix://`; may hold a password. Several servers, with commas between, are a
    /// cluster; scheme and password of the first count for those that are named by host and port alone.
    pub url: SecretString,
    /// The authority that the server's certificate is from, as PEM; the system's where there is none.
    pub ca: Option<Vec<u8>>,
}

/// The longest pause between two attempts to connect again.
const RETRY_AT_LEAST_EVERY: Duration = Duration::from_millis(500);

/// The same for a command that a cluster could not take, in milliseconds: its slots may be about to move.
const ASK_CLUSTER_AGAIN_AT_LEAST_EVERY: u64 = 200;

/// What connects to an address.
pub(super) struct Client {
    /// Each server that is named.
    servers: Vec<redis::Client>,
    /// All of them together, where they are a cluster.
    cluster: Option<ClusterClient>,
}

impl Client {
    pub(super) fn of(address: &RedisAddress) -> std::result::Result<Self, ConnectError> {
        let infos = infos(address.url.expose_secret()).map_err(|_| ConnectError::Settings)?;
        let certificates = || address.ca.clone().map(|ca| TlsCertificates { client_tls: None, root_cert: Some(ca) });
        let server = |info: &ConnectionInfo| match certificates() {
            None => redis::Client::open(info.clone()),
            Some(certificates) => redis::Client::build_with_tls(info.clone(), certificates),
        };
        let cluster = || {
            let asked = ClusterClient::builder(infos.clone())
                .retries(3)
                .min_retry_wait(20)
                .max_retry_wait(ASK_CLUSTER_AGAIN_AT_LEAST_EVERY);
            match certificates() {
                None => asked.build(),
                Some(certificates) => asked.certs(certificates).build(),
            }
        };
        let servers = infos.iter().map(server).collect::<RedisResult<_>>().map_err(|_| ConnectError::Settings)?;
        let cluster = (infos.len() > 1).then(cluster).transpose().map_err(|_| ConnectError::Settings)?;
        Ok(Self { servers, cluster })
    }

    pub(super) async fn connect(&self) -> RedisResult<Connection> {
        if let Some(cluster) = &self.cluster {
            let config = ClusterConfig::new().set_response_timeout(DEADLINE).set_connection_timeout(DEADLINE);
            return Ok(Connection::Cluster(cluster.get_async_connection_with_config(config).await?));
        }
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(DEADLINE))
            .set_connection_timeout(Some(DEADLINE))
            .set_min_delay(Duration::from_millis(50))
            .set_max_delay(RETRY_AT_LEAST_EVERY)
            .set_number_of_retries(2)
            .set_pipeline_buffer_size(1_024);
        Ok(Connection::One(self.server(0)?.get_connection_manager_with_config(config).await?))
    }

    /// A connection for messages. Every server of a cluster hears them all, so that any will do; with each attempt it is
    /// the next one's turn.
    pub(super) async fn listen(&self, attempt: usize) -> RedisResult<PubSub> {
        self.server(attempt)?.get_async_pubsub().await
    }

    fn server(&self, which: usize) -> RedisResult<&redis::Client> {
        let none = || (redis::ErrorKind::InvalidClientConfig, "no server is named").into();
        self.servers.get(which % self.servers.len().max(1)).ok_or_else(none)
    }
}

/// Each server of an address, in the order in which they are named.
fn infos(url: &str) -> RedisResult<Vec<ConnectionInfo>> {
    let (first, more) = url.split_once(',').map_or((url, None), |(first, more)| (first, Some(more)));
    let (scheme, rest) = first.split_once("://").unwrap_or_default();
    let user = rest.rsplit_once('@').map(|(user, _)| format!("{user}@")).unwrap_or_default();
    let whole = |named: &str| {
        if named.contains("://") { named.to_owned() } else { format!("{scheme}://{user}{named}") }
    };
    let more = more.into_iter().flat_map(|more| more.split(',')).map(whole);
    std::iter::once(first.to_owned()).chain(more).map(IntoConnectionInfo::into_connection_info).collect()
}

/// A connection that reconnects by itself.
#[derive(Clone)]
pub(super) enum Connection {
    /// To one server.
    One(ConnectionManager),
    /// To a cluster; each command goes where its key lies.
    Cluster(ClusterConnection),
}

impl Connection {
    /// What each server that holds a part of the store answers to a command without keys.
    pub(super) async fn each(&mut self, command: Cmd) -> RedisResult<Vec<Value>> {
        let cluster = match self {
            Self::One(server) => return Ok(vec![server.send_packed_command(&command).await?]),
            Self::Cluster(cluster) => cluster,
        };
        let masters = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
        let answers = cluster.route_command(command, masters).await?;
        Ok(answers.into_map_iter().map(|pairs| pairs.map(|(_, answer)| answer).collect()).unwrap_or_default())
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(server) => server.req_packed_command(cmd),
            Self::Cluster(cluster) => cluster.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(server) => server.req_packed_commands(pipeline, offset, count),
            Self::Cluster(cluster) => cluster.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(server) => server.get_db(),
            Self::Cluster(cluster) => cluster.get_db(),
        }
    }
}

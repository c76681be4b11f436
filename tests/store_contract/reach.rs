//! Ways to reach a Redis over TCP: in clear, and with TLS under certificates made now, as a user with few rights.

use figurine::store::RedisAddress;
use secrecy::SecretString;

use crate::{
    authority::certificates,
    private_redis::{
        PrivateRedis,
        cluster::{make_user, on_free_port},
    },
};

/// A server on a port, and its address.
pub(crate) fn tcp() -> (PrivateRedis, RedisAddress) {
    on_free_port(|port| {
        let server = PrivateRedis::try_start(&["--port", port])?;
        Some((server, RedisAddress { url: SecretString::from(format!("redis://127.0.0.1:{port}")), ca: None }))
    })
}

/// A server that speaks TLS alone on its port, with an authority of its own, and the address of a user of it who may do
/// what the README says and nothing else.
pub(crate) fn tls() -> (PrivateRedis, RedisAddress) {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    certificates(folder.path());
    let (ca, cert, key) = (made("ca.pem"), made("server.pem"), made("server.key"));
    let files =
        ["--tls-ca-cert-file", &ca, "--tls-cert-file", &cert, "--tls-key-file", &key, "--tls-auth-clients", "no"];
    on_free_port(|port| {
        let server = PrivateRedis::try_start(&[&["--tls-port", port], files.as_slice()].concat())?;
        make_user(&server);
        let url = SecretString::from(format!("rediss://figurine:sesame@localhost:{port}"));
        Some((server, RedisAddress { url, ca: Some(std::fs::read(&ca).unwrap()) }))
    })
}

//! HTTPS: served with rustls, with a certificate that is renewed while connections go on.

use std::{fs, time::Duration};

use reqwest::{Certificate, Client};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::{
    app::{TestApp, json_of},
    authority::certificates,
    delivery::curl,
    program::{LISTEN, PATIENCE, run, serve},
    raw::Raw,
};

const TLS: [(&str, &str); 2] = [("FIGURINE_TLS_CERT", "server.pem"), ("FIGURINE_TLS_KEY", "server.key")];

/// A folder with an authority and a certificate of it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    folder
}

/// Exit code and what was said of asking for `/healthz` with an authority of this folder.
async fn ask(folder: &TempDir, port: &str) -> (Option<i32>, String) {
    let url = format!("https://localhost:{port}/healthz");
    let args = ["--cacert", "ca.pem", "-w", " %{http_version} %{http_code}", "-D", "-", &url];
    let asked = curl(folder.path(), &args).await.expect("this test wants curl on the PATH");
    (asked.status.code(), String::from_utf8(asked.stdout).unwrap())
}

/// A client that trusts the authority of this folder alone.
fn trusting(folder: &TempDir) -> Client {
    let authority = Certificate::from_pem(&fs::read(folder.path().join("ca.pem")).unwrap()).unwrap();
    Client::builder().tls_certs_only([authority]).no_proxy().timeout(PATIENCE).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_without_a_connection_being_dropped() {
    let (folder, renewed) = (folder(), folder());
    let (running, url) = serve(&folder, &TLS);
    let port = url.rsplit(':').next().unwrap().to_owned();
    assert!(url.starts_with("https://"), "{url}");
    let (code, said) = ask(&folder, &port).await;
    assert!(code == Some(0) && said.ends_with(" 1.1 200"), "{code:?} {said}");
    assert!(said.to_lowercase().contains("strict-transport-security: max-age="), "{said}");
    let (before, health) = (trusting(&folder), format!("https://localhost:{port}/healthz"));
    json_of(before.get(&health).send().await.unwrap(), 200).await;

    for name in ["server.pem", "server.key"] {
        fs::copy(renewed.path().join(name), folder.path().join(name)).unwrap();
    }
    running.tell(Signal::HUP);
    running.line_with("the certificate was read again");
    assert_eq!(ask(&renewed, &port).await.0, Some(0));
    assert_eq!(ask(&folder, &port).await.0, Some(60), "the old authority knows nothing of the new certificate");
    // It would be refused by a handshake of its own, so this is the connection of before.
    json_of(before.get(&health).send().await.unwrap(), 200).await;

    fs::write(folder.path().join("server.pem"), "no certificate").unwrap();
    running.tell(Signal::HUP);
    let told = running.line_with("the certificate was not read again");
    assert!(told.contains("server.pem holds no PEM certificate"), "{told}");
    assert_eq!(ask(&renewed, &port).await.0, Some(0));
    running.terminate();
    assert_eq!(running.exit().code(), Some(0));
}

#[test]
fn a_node_without_a_certificate_stays_when_it_is_told_to_read_one_again() {
    let folder = tempfile::tempdir().unwrap();
    let (running, _) = serve(&folder, &[]);
    running.tell(Signal::HUP);
    running.line_with("there is no certificate to read again");
    running.terminate();
    assert_eq!(running.exit().code(), Some(0));
}

#[test]
fn faults_of_certificate_and_key_are_told_at_start_and_by_the_check() {
    let (folder, other) = (folder(), folder());
    let file = |name: &str| folder.path().join(name);
    fs::write(file("empty.pem"), "").unwrap();
    fs::copy(other.path().join("server.key"), file("other.key")).unwrap();
    for (cert, key, fault) in [
        ("server.pem", "", "FIGURINE_TLS_CERT, FIGURINE_TLS_KEY: are given together or not at all"),
        ("nowhere.pem", "server.key", "FIGURINE_TLS_CERT: no file nowhere.pem"),
        ("empty.pem", "server.key", "empty.pem holds no PEM certificate"),
        ("server.pem", "empty.pem", "empty.pem holds no PEM private key"),
        ("server.pem", "other.key", "certificate and key cannot be used"),
    ] {
        let tls = [("FIGURINE_TLS_CERT", cert), ("FIGURINE_TLS_KEY", key)];
        let vars = [LISTEN[0], LISTEN[1], tls[0], tls[1]];
        for command in ["serve", "check"] {
            let ended = run(&folder, &[command], &vars);
            let told = String::from_utf8([ended.stdout, ended.stderr].concat()).unwrap();
            assert!(!ended.status.success() && told.contains(fault), "{command} {fault}: {told}");
            assert!(!told.contains("PRIVATE KEY"), "{told}");
        }
    }
    let checked = run(&folder, &["check"], &TLS);
    assert!(String::from_utf8(checked.stdout).unwrap().contains("FIGURINE_TLS_KEY: a pair"));
}

#[test]
fn a_node_says_by_the_program_itself_whether_it_is_alive() {
    let folder = folder();
    for tls in [&TLS[..], &[]] {
        let (running, url) = serve(&folder, tls);
        let address = url.rsplit('/').next().unwrap().to_owned();
        let ask = || run(&folder, &["check", "--alive"], &[&[("FIGURINE_LISTEN", address.as_str())], tls].concat());
        let alive = ask();
        assert!(alive.status.success() && alive.stdout == b"ok     node: alive\n", "{alive:?}");
        running.terminate();
        assert_eq!(running.exit().code(), Some(0));
        let gone = ask();
        assert!(!gone.status.success() && gone.stdout.starts_with(b"wrong  node: "), "{gone:?}");
    }
}

/// A node that serves HTTPS with the certificate of a folder.
async fn app(folder: &TempDir) -> TestApp {
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (cert, key) = (path("server.pem"), path("server.key"));
    TestApp::with(&[("FIGURINE_TLS_CERT", &cert), ("FIGURINE_TLS_KEY", &key)], |_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn http_on_the_port_of_https_is_told_so() {
    let folder = folder();
    let app = app(&folder).await;
    let mut plain = Raw::to(app.node.address()).await;
    plain.send("POST /v1/figures HTTP/1.1\r\nHost: figurine\r\nContent-Length: 100\r\n\r\nabc").await;
    let problem = plain.answer().await.problem(400, "malformed_request");
    assert!(problem["detail"].as_str().unwrap().contains("HTTPS"), "{problem:#}");
    assert_eq!(plain.rest().await, b"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_never_ends_is_cut_and_holds_up_nobody() {
    let folder = folder();
    let app = app(&folder).await;
    let (silent, mut half) = (Raw::to(app.node.address()).await, Raw::to(app.node.address()).await);
    // The head of a record that announces a handshake and brings none.
    half.send([22, 3, 1, 2, 0, 1]).await;
    let url = format!("https://localhost:{}/healthz", app.node.address().port());
    json_of(trusting(&folder).get(&url).send().await.unwrap(), 200).await;
    for stuck in [silent, half] {
        tokio::time::timeout(Duration::from_secs(15), stuck.rest()).await.expect("it is cut after 10 s");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_a_handshake_under_way_stops_all_the_same() {
    let folder = folder();
    let app = app(&folder).await;
    let mut half = Raw::to(app.node.address()).await;
    half.send([22, 3, 1, 2, 0, 1]).await;
    tokio::time::timeout(Duration::from_secs(5), app.node.stop()).await.expect("it stops within its time");
}

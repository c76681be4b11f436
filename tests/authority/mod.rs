//! Certificates made now, for servers that tests talk to over TLS.

use std::{path::Path, process::Command};

/// An authority, and a certificate of it for this machine.
pub(crate) fn certificates(folder: &Path) {
    let openssl = |args: &str| {
        let made = Command::new("openssl").args(args.split_whitespace()).current_dir(folder).output();
        let made = made.expect("this test wants openssl on the PATH");
        assert!(made.status.success(), "{args}: {made:?}");
    };
    let new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    openssl(&format!("{new} -keyout ca.key -out ca.pem -subj /CN=authority -addext basicConstraints=critical,CA:TRUE"));
    openssl(&format!(
        "{new} -keyout server.key -out server.pem -subj /CN=localhost -CA ca.pem -CAkey ca.key \
         -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE"
    ));
}

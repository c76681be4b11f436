//! HTTPS: certificate and key from files, which are read anew without a connection being dropped.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use zeroize::Zeroizing;

use crate::config::TlsFiles;

/// Why HTTPS cannot be served with these files.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// The file of the certificate holds none.
    #[error("{} holds no PEM certificate", .0.display())]
    NoCertificate(PathBuf),
    /// The file of the key holds none.
    #[error("{} holds no PEM private key", .0.display())]
    NoKey(PathBuf),
    /// Certificate and key are no pair, or of no kind that is known.
    #[error("certificate and key cannot be used")]
    Unusable(#[from] rustls::Error),
}

/// What makes connections of HTTPS out of those of TCP.
#[derive(Clone)]
pub(super) struct Tls {
    files: TlsFiles,
    acceptor: Arc<RwLock<TlsAcceptor>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When they cannot be used.
    pub(super) fn open(files: &TlsFiles) -> Result<Self, TlsError> {
        let acceptor = Arc::new(RwLock::new(acceptor(files)?));
        Ok(Self { files: files.clone(), acceptor })
    }

    /// Reads the files again; connections from here on get what stands in them now.
    ///
    /// # Errors
    /// When they cannot be used; what was used before then goes on being used.
    pub(super) fn reload(&self) -> Result<(), TlsError> {
        let renewed = acceptor(&self.files)?;
        *self.acceptor.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(())
    }

    /// What the next connection is accepted by.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whether HTTPS could be served with these files.
///
/// # Errors
/// Why not.
pub fn check_tls(files: &TlsFiles) -> Result<(), TlsError> {
    acceptor(files).map(drop)
}

fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let certificates = read(&files.cert)?;
    let chain = CertificateDer::pem_slice_iter(&certificates).collect::<Result<Vec<_>, _>>().unwrap_or_default();
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(files.cert.clone()));
    }
    let key = PrivateKeyDer::from_pem_slice(&read(&files.key)?).map_err(|_| TlsError::NoKey(files.key.clone()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    std::fs::read(path).map(Zeroizing::new).map_err(|error| TlsError::File(path.to_path_buf(), error))
}

//! The stores that a node works with.

use std::{path::PathBuf, sync::Arc};

use secrecy::SecretString;

use super::StartError;
use crate::{
    config::{Settings, StoreChoice},
    store::{Clock, MemoryStore, RedisAddress, RedisStore, Store},
    tasks::Tasks,
};

/// Where everything but data keys lies, and where those do.
pub(super) struct Stores {
    pub(super) store: Arc<dyn Store>,
    pub(super) data_keys: Arc<dyn Store>,
    pub(super) memory: Option<Arc<MemoryStore>>,
}

impl Stores {
    pub(super) async fn open(settings: &Settings, clock: Clock, tasks: &Tasks) -> Result<Self, StartError> {
        let Some(RedisStores { store, data_keys }) = RedisStores::open(settings, tasks).await? else {
            let memory = Arc::new(MemoryStore::new(clock));
            return Ok(Self { store: memory.clone(), data_keys: memory.clone(), memory: Some(memory) });
        };
        let data_keys = data_keys.unwrap_or_else(|| store.clone());
        Ok(Self { store, data_keys, memory: None })
    }
}

/// The stores that lie in Redis.
pub struct RedisStores {
    /// The store.
    pub store: Arc<RedisStore>,
    /// Where data keys lie, when apart from the rest.
    pub data_keys: Option<Arc<RedisStore>>,
}

impl RedisStores {
    /// Reaches what the settings name; `None` where the store lies in memory.
    ///
    /// # Errors
    /// When a store cannot be reached or used, or the certificate of its authority cannot be read.
    pub async fn open(settings: &Settings, tasks: &Tasks) -> Result<Option<Self>, StartError> {
        let StoreChoice::Redis(url) = &settings.store else { return Ok(None) };
        let read = |path: &PathBuf| std::fs::read(path).map_err(|error| StartError::RedisCa(path.clone(), error));
        let ca = settings.redis_ca.as_ref().map(read).transpose()?;
        let connect = async |setting: &'static str, url: &SecretString| {
            let address = RedisAddress { url: url.clone(), ca: ca.clone() };
            let connected = RedisStore::connect(&address, tasks).await;
            connected.map(Arc::new).map_err(|error| StartError::Store(setting, error))
        };
        let store = connect("FIGURINE_STORE_URL", url).await?;
        let data_keys = match &settings.key_store {
            Some(StoreChoice::Redis(url)) => Some(connect("FIGURINE_KEY_STORE_URL", url).await?),
            Some(StoreChoice::Memory) | None => None,
        };
        Ok(Some(Self { store, data_keys }))
    }
}

//! Minting, showing and revoking API keys: administrative acts, each done in one place.

use super::Flow;
use crate::{
    admission::{DEFAULT_LIMITS, KNOWN_AFTER, MAXIMUM_LIMITS, Ticket},
    auth::{DAYS_DEFAULT, Expected, KeySet, MintError, MintRequest, Minted, REVOKED_FOR, mint},
    domain::{KeyId, KeyRecord, Mode, Moment, PlanLimits, Scopes},
    ledger::audit::{self, Act},
    store::{KnownKey, StoreError},
};

/// What a key is to be like; what is left out is as usual.
#[derive(Debug, Clone, Default)]
pub struct KeyWish {
    /// What it may do.
    pub scopes: Option<Scopes>,
    /// For how many days.
    pub days: Option<u16>,
    /// Whether it is for real.
    pub mode: Option<Mode>,
    /// What bounds it.
    pub limits: Option<PlanLimits>,
}

/// Why a key was not minted, found or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// It would do what the minting key may not.
    #[error("the key would have scopes that the minting key has not")]
    Scopes,
    /// It would have more than the minting key has.
    #[error("the key would have more than the minting key has")]
    Limits(Vec<&'static str>),
    /// A test key would mint one that costs.
    #[error("a test key mints test keys alone")]
    Mode,
    /// The account has as many keys as are remembered.
    #[error("the account has too many keys")]
    TooMany,
    /// The account has no such key.
    #[error("the account has no such key")]
    Unknown,
    /// It cannot be made.
    #[error("the key cannot be made")]
    Mint(#[from] MintError),
    /// What is known of it cannot be written or read.
    #[error("the record of a key makes no sense")]
    Record(#[from] serde_json::Error),
    /// The store failed.
    #[error("the keys' store failed")]
    Store(#[from] StoreError),
}

/// A key and what is known of it.
#[derive(Debug)]
pub struct ShownKey {
    /// Which.
    pub id: KeyId,
    /// What is known of it.
    pub record: KeyRecord,
    /// When it was revoked.
    pub revoked_at: Option<Moment>,
}

impl TryFrom<KnownKey> for ShownKey {
    type Error = KeyFault;
    fn try_from(known: KnownKey) -> Result<Self, KeyFault> {
        let record = serde_json::from_slice(&known.record)?;
        Ok(Self { id: known.key, record, revoked_at: known.revoked_at })
    }
}

impl Flow {
    /// Mints a key for the account of the caller, which can give nothing that it has not itself.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn mint_key(
        &self,
        (keys, names): (&KeySet, &Expected),
        by: &Ticket,
        wish: &KeyWish,
    ) -> Result<(Minted, ShownKey), KeyFault> {
        let request = request(names, by, wish)?;
        let now = u64::try_from(Moment::now().unix_seconds()).unwrap_or_default();
        let minted = mint(keys, &request, now)?;
        let record = KeyRecord {
            scopes: request.scopes,
            mode: request.mode,
            limits: request.limits.effective(&DEFAULT_LIMITS, &MAXIMUM_LIMITS),
            issued_at: Moment::from_unix_seconds(now),
            expires_at: Moment::from_unix_seconds(minted.expires_at),
            minted_by: Some(by.key()),
        };
        let kept = record.expires_at.since(record.issued_at) + KNOWN_AFTER;
        let text = serde_json::to_vec(&record)?;
        if !self.store.note_key(by.owner(), &minted.key_id, text.into(), kept).await? {
            return Err(KeyFault::TooMany);
        }
        let acted = (Some(by.key()), Some(minted.key_id));
        audit::record(&*self.store, Some(by.owner()), Act::KeyMinted, acted).await?;
        let shown = ShownKey { id: minted.key_id, record, revoked_at: None };
        Ok((minted, shown))
    }

    /// Revokes a key of the caller's account. Revoking twice is no error.
    ///
    /// # Errors
    /// [`KeyFault::Unknown`]; otherwise when the store fails.
    pub async fn revoke_key(&self, by: &Ticket, key: &KeyId) -> Result<(), KeyFault> {
        self.known_key(by, key).await?;
        self.store.revoke(key, REVOKED_FOR).await?;
        Ok(audit::record(&*self.store, Some(by.owner()), Act::KeyRevoked, (Some(by.key()), Some(*key))).await?)
    }

    /// Revokes the caller's own key, whatever it may do.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn revoke_own_key(&self, by: &Ticket) -> Result<(), KeyFault> {
        self.store.revoke(&by.key(), REVOKED_FOR).await?;
        let acted = (Some(by.key()), Some(by.key()));
        Ok(audit::record(&*self.store, Some(by.owner()), Act::KeyRevoked, acted).await?)
    }

    /// The keys known of the caller's account, newest first, those older than `before` alone.
    ///
    /// # Errors
    /// When the store fails or a record cannot be read.
    pub async fn known_keys(
        &self,
        by: &Ticket,
        before: Option<KeyId>,
        limit: usize,
    ) -> Result<Vec<ShownKey>, KeyFault> {
        let known = self.store.keys_of(by.owner(), before, limit).await?;
        known.into_iter().map(ShownKey::try_from).collect()
    }

    /// A key of the caller's account.
    ///
    /// # Errors
    /// [`KeyFault::Unknown`]; otherwise when the store fails or its record cannot be read.
    pub async fn known_key(&self, by: &Ticket, key: &KeyId) -> Result<ShownKey, KeyFault> {
        self.store.known_key(by.owner(), key).await?.ok_or(KeyFault::Unknown)?.try_into()
    }
}

/// What is not asked for is as usual, but no more than the minting key has.
fn request(names: &Expected, by: &Ticket, wish: &KeyWish) -> Result<MintRequest, KeyFault> {
    let (own, most) = (by.caller().scopes(), by.limits());
    let scopes = match wish.scopes {
        Some(scopes) => Some(scopes).filter(|scopes| own.include(*scopes)),
        None => own.common(Scopes::of_an_integrator()),
    };
    let wished = wish.limits.unwrap_or_default();
    let beyond = wished.beyond(&most);
    if !beyond.is_empty() {
        return Err(KeyFault::Limits(beyond));
    }
    let mode = wish.mode.unwrap_or(by.mode());
    if by.mode() == Mode::Test && mode == Mode::Live {
        return Err(KeyFault::Mode);
    }
    Ok(MintRequest {
        scopes: scopes.ok_or(KeyFault::Scopes)?,
        days: wish.days.unwrap_or(DAYS_DEFAULT),
        mode,
        limits: wished.effective(&DEFAULT_LIMITS.and_no_more(&most), &most).into(),
        ..MintRequest::new(by.caller().account().clone(), names)
    })
}

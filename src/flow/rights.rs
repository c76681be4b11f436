//! People's rights over what is held: to see it and to have it erased, for an account or for one of its people.

use serde::Serialize;
use tokio::time::{Duration, Instant};
use utoipa::ToSchema;

use super::{Flow, FlowError, UploadError, receipt::date, staged::results_of};
use crate::{
    domain::{Figure, FigureId, Mode, Moment, Owner, ReceiptId, Upload, UploadId},
    ledger::Ledger,
    store::{CancelOutcome, Event, Happening, Held, HeldId, Job, JobRef, StoreKey},
    vault::{
        Witness,
        receipt::{
            Action, Erased, ErasureReceipt, Grade, Kept, NotCovered, OpaqueAccount, ReceiptError, What, sign_erasure,
        },
    },
};

/// Whose data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The account's pseudonym.
    pub owner: Owner,
    /// The keyed hashes of one of its people, with the index key in use first; empty for the whole account.
    pub persons: Vec<String>,
}

/// One thing that is held, with all that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldRecord {
    /// Always `held_record`.
    #[schema(value_type = String, example = "held_record")]
    pub object: &'static str,
    /// The figure's or upload's id.
    #[schema(example = "fig_019ab2c3d4e57f60a1b2c3d4e5f60718")]
    pub id: String,
    /// `figure` (analyses and prompts included) or `upload`.
    #[schema(value_type = String, example = "figure")]
    pub kind: &'static str,
    /// The figure object, as far as it is there; its images are at their links.
    pub figure: Option<Figure>,
    /// The upload, as far as it is there.
    pub upload: Option<Upload>,
    /// Whether the sealed photo is there. It is given to nobody, and goes with the end of its figure.
    pub photo_held: bool,
    /// The signed deletion receipt of its photo.
    pub receipt: Option<String>,
    /// What has happened to it.
    pub events: Vec<HeldEvent>,
    /// Whether the `Idempotency-Key` of the request that made it is remembered, as a keyed hash.
    pub request_remembered: bool,
    /// Whether it is held for one of the account's people, whose pseudonym is kept as a keyed hash.
    pub for_person: bool,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldEvent {
    /// What: a state, or `purged`.
    #[schema(value_type = String, example = "succeeded")]
    pub event: &'static str,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Moment,
}

/// What an erasure came to.
#[derive(Debug)]
pub struct Erasure {
    /// How much was erased by this call.
    pub erased: Erased,
    /// What stays.
    pub kept: Vec<Kept>,
    /// The signed receipt; `None` when not everything is gone yet.
    pub receipt: Option<String>,
}

/// How many things are erased before time is looked at.
const AT_ONCE: usize = 50;

/// How long a job that is asked to stop has to do so by itself, before it is forgotten under its worker's hands.
const TO_STOP: Duration = Duration::from_secs(2);

/// More often than any job is handed out.
const MOST_CLAIMS: u32 = 16;

impl Flow {
    /// Names that a person of an account has in the store, with each index key, the one in use first.
    pub fn person(&self, end_user: &str) -> Vec<String> {
        self.vault.keyed_hashes("person", end_user.as_bytes())
    }

    /// What is held, newest first, that older than `before` alone, with the line that the next page begins after.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn held(
        &self,
        of: &Subject,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Held)>, FlowError> {
        let mut lines = Vec::new();
        for log in of.logs() {
            lines.extend(self.store.noted(&log, before, limit).await?);
        }
        lines.sort_by(|one, other| other.cmp(one));
        lines.truncate(limit);
        Ok(lines.into_iter().filter_map(|line| Some((line.clone(), Held::parse(&line)?))).collect())
    }

    /// All that belongs to one thing that is held; `None` when nothing is left of it.
    ///
    /// # Errors
    /// When store or vault fail.
    pub async fn held_record(&self, owner: &Owner, held: &Held) -> Result<Option<HeldRecord>, FlowError> {
        let mut record = HeldRecord {
            object: "held_record",
            id: String::new(),
            kind: "figure",
            figure: None,
            upload: None,
            photo_held: false,
            receipt: None,
            events: Vec::new(),
            request_remembered: self.remembers(owner, held).await?,
            for_person: held.person.is_some(),
        };
        match held.id {
            HeldId::Figure(id) => self.fill_figure(owner, id, &mut record).await?,
            HeldId::Upload(id) => self.fill_upload(owner, id, &mut record).await?,
        }
        let nothing = record.figure.is_none()
            && record.upload.is_none()
            && !record.photo_held
            && record.receipt.is_none()
            && record.events.is_empty()
            && !record.request_remembered;
        Ok((!nothing).then_some(record))
    }

    async fn fill_figure(&self, owner: &Owner, id: FigureId, record: &mut HeldRecord) -> Result<(), FlowError> {
        let of = JobRef { owner: owner.clone(), figure: id };
        record.id = id.to_string();
        record.receipt = self.read_receipt(owner, &id).await?;
        let Some(job) = self.store.job(&of).await? else { return Ok(()) };
        record.events = self.store.events(&of, 0).await?.iter().map(HeldEvent::of).collect();
        record.figure = self.read(&job).await?;
        if let Some(photo) = job.photo {
            record.photo_held = self.vault.holds_photo(owner, &photo).await?;
        }
        Ok(())
    }

    async fn fill_upload(&self, owner: &Owner, id: UploadId, record: &mut HeldRecord) -> Result<(), FlowError> {
        (record.id, record.kind) = (id.to_string(), "upload");
        record.upload = match self.upload(owner, &id).await {
            Ok(upload) => Some(upload),
            Err(UploadError::Flow(error)) => return Err(error),
            Err(UploadError::Unknown | UploadError::Taken(_) | UploadError::Expired(_) | UploadError::Deleted(_)) => {
                None
            }
        };
        record.photo_held = self.vault.holds_photo(owner, &id).await?;
        record.receipt = self.kept_receipt(owner, &id).await?;
        Ok(())
    }

    async fn remembers(&self, owner: &Owner, held: &Held) -> Result<bool, FlowError> {
        let Some(once) = &held.once else { return Ok(false) };
        let kept = self.store.get(&StoreKey::once(owner, once)).await?;
        Ok(kept.is_some_and(|value| value.starts_with(held.id.to_string().as_bytes())))
    }

    /// Erases everything that is held, as far as it can be done by `limit`. What is asked for while it runs is a later
    /// request. Must run to its end once begun; doing it again completes what a crash has left.
    ///
    /// # Errors
    /// When store or vault fail; doing it again goes on.
    pub async fn erase_all(&self, ledger: &Ledger, of: &Subject, limit: Instant) -> Result<Erasure, FlowError> {
        let asked_at = self.store.now().await?;
        let mut erased = Erased::default();
        loop {
            let page = self.held(of, None, AT_ONCE).await?;
            if page.is_empty() {
                break;
            }
            for (line, held) in &page {
                erased = erased.plus(self.erase_held(&of.owner, held).await?);
                self.strike(&of.owner, line, held).await?;
            }
            if Instant::now() >= limit {
                return Ok(Erasure { erased, kept: of.kept(), receipt: None });
            }
        }
        if of.persons.is_empty() {
            erased.analytics = ledger.erase_analytics(&of.owner).await?;
        }
        let receipt = self.erasure_receipt(of, asked_at, erased).await?;
        Ok(Erasure { erased, kept: of.kept(), receipt: Some(receipt) })
    }

    /// Takes what was erased out of the logs: last, so that a crash before leaves it to be found.
    async fn strike(&self, owner: &Owner, line: &str, held: &Held) -> Result<(), FlowError> {
        let lines = [line.to_owned()];
        if let Some(person) = &held.person {
            self.store.strike(&StoreKey::person(owner, person), &lines).await?;
        }
        self.store.strike(&StoreKey::held(owner), &lines).await?;
        Ok(())
    }

    async fn erase_held(&self, owner: &Owner, held: &Held) -> Result<Erased, FlowError> {
        let remembered = self.remembers(owner, held).await?;
        let mut erased = match held.id {
            HeldId::Figure(figure) => self.erase_figure(&JobRef { owner: owner.clone(), figure }).await?,
            HeldId::Upload(upload) => self.erase_upload(owner, &upload).await?,
        };
        // A job has taken it along; what is left is an upload's.
        if let Some(once) = held.once.as_ref().filter(|_| remembered)
            && self.remembers(owner, held).await?
        {
            self.store.delete(&[StoreKey::once(owner, once)]).await?;
        }
        erased.idempotency_records = u64::from(remembered);
        Ok(erased)
    }

    /// Stops a job where it is under way, forgets it, and destroys all that was kept for it.
    async fn erase_figure(&self, of: &JobRef) -> Result<Erased, FlowError> {
        let known = self.store.job(of).await?;
        let stopped = known.as_ref().is_some_and(|job| !job.state.is_terminal());
        if let Some(job) = known.as_ref().filter(|_| stopped) {
            self.stop(job).await?;
        }
        let photo = known.as_ref().and_then(|job| job.photo);
        if let Some(photo) = &photo {
            self.vault.destroy_photo_key(&of.owner, photo).await?;
        }
        if let Some(job) = self.store.job(of).await? {
            // Before it is forgotten, or a crash in between would take it for one that was never accepted.
            self.jobs.settle_spend(&job).await?;
        }
        // From here on nobody can end the job: a worker that is late finds that it has lost it, and cleans up.
        let claims = self.store.forget(of).await?;
        let spec = StoreKey::spec(&of.owner, &of.figure);
        let names: Vec<_> = results_of(of).into_iter().chain([spec]).collect();
        let newest = claims.unwrap_or_default().max(MOST_CLAIMS);
        self.vault.destroy_and_look(&names, newest).await?;
        let staged: Vec<_> = names.iter().flat_map(|name| (1..=newest).map(|token| name.staged(token))).collect();
        self.store.delete(&staged).await?;
        let receipts = self.store.delete(&[StoreKey::receipt(&of.owner, &of.figure)]).await?;
        let figures = u64::from(known.is_some());
        let own = Erased { figures, stopped: u64::from(stopped), receipts, ..Erased::default() };
        if let Some(photo) = photo {
            // What else is known of an upload that the figure took is held by itself.
            self.vault.purge_photo(&of.owner, &photo).await?;
        }
        Ok(own)
    }

    /// Gives a job the time to end by itself, so that who waits for it hears of it.
    async fn stop(&self, job: &Job) -> Result<(), FlowError> {
        match self.jobs.cancel(&job.of).await? {
            CancelOutcome::Taken(claim) => self.cancel_waiting(&claim).await,
            CancelOutcome::Asked => {
                self.jobs.wait(&job.of, Instant::now() + TO_STOP).await?;
                Ok(())
            }
            CancelOutcome::Terminal | CancelOutcome::Unknown => Ok(()),
        }
    }

    async fn erase_upload(&self, owner: &Owner, upload: &UploadId) -> Result<Erased, FlowError> {
        let record = StoreKey::upload(owner, upload);
        let known = self.store.count_present(std::slice::from_ref(&record)).await?;
        self.leave_place_of(owner, upload).await;
        self.store.delete(&[StoreKey::unused(owner, upload), StoreKey::shown(owner, upload)]).await?;
        self.vault.purge_photo(owner, upload).await?;
        self.vault.destroy_and_look(&[record], 0).await?;
        let receipts = self.store.delete(&[StoreKey::upload_receipt(owner, upload)]).await?;
        Ok(Erased { uploads: known, receipts, ..Erased::default() })
    }

    async fn erasure_receipt(&self, of: &Subject, asked_at: Moment, erased: Erased) -> Result<String, FlowError> {
        let erased_at = self.store.now().await?;
        let [operator, privacy_contact] = self.answerable();
        let witness = Witness { purged_at: erased_at, ..self.vault.witness().await? };
        let receipt = ErasureReceipt {
            iss: self.issuer.clone(),
            iat: u64::try_from(erased_at.unix_seconds()).unwrap_or_default(),
            jti: ReceiptId::random(),
            account: OpaqueAccount::parse(of.owner.as_str()).map_err(|_| ReceiptError::Claims)?,
            person: of.persons.first().cloned(),
            asked_at: date(asked_at)?,
            erased_at: date(erased_at)?,
            erased,
            actions: [What::DataKeyDestroyed, What::Unlinked]
                .map(|what| Action { what, grade: Grade::Measured })
                .into(),
            verified_absent: super::receipt::absent(&witness),
            kept: of.kept(),
            recipients: self.recipients(Mode::Live),
            not_covered: super::receipt::NOT_COVERED.map(|words| NotCovered(words.to_owned())).into(),
            operator,
            privacy_contact,
        };
        Ok(sign_erasure(&self.receipt_keys, &receipt)?)
    }
}

impl Subject {
    fn logs(&self) -> Vec<StoreKey> {
        if self.persons.is_empty() {
            return vec![StoreKey::held(&self.owner)];
        }
        self.persons.iter().map(|person| StoreKey::person(&self.owner, person)).collect()
    }

    /// What an erasure leaves, and why.
    fn kept(&self) -> Vec<Kept> {
        let kept = |what: &str, why: &str| Kept { what: what.to_owned(), why: why.to_owned() };
        let mut all = vec![kept("preferences", "an opt-out must hold on, or collection would begin again")];
        if self.persons.is_empty() {
            all.push(kept("usage counts and the ids of the keys that were used", "billing and limits; bare counts"));
            all.push(kept("records, seats, quotas and revocations of keys", "limits and security; no content"));
            all.push(kept("audit trail", "security; that it was erased is written there, not what"));
        }
        all
    }
}

impl HeldEvent {
    fn of(event: &Event) -> Self {
        let name = match event.what {
            Happening::Reached(state) => state.as_str(),
            Happening::Purged => "purged",
        };
        Self { event: name, at: event.at }
    }
}

//! The signed statement that a photo is gone.

use time::OffsetDateTime;

use super::{Flow, FlowError};
use crate::{
    domain::{Code, FigureId, Mode, Moment, Owner, ReceiptId, State, UploadId},
    studio::EngineKind,
    vault::{
        PhotoTrace, Witness,
        receipt::{
            Action, Grade, NotCovered, OpaqueAccount, Persistence, Reason, Receipt, ReceiptError, Recipient, StoreKind,
            VerifiedAbsent, VerifiedBy, What, sign,
        },
    },
};

/// What a receipt never speaks of.
pub(super) const NOT_COVERED: [&str; 3] = [
    "copies that the sender keeps, and what lies between the sender and this server",
    "what a recipient keeps under its own terms",
    "memory of the process that was freed but not yet overwritten, where a library freed it",
];

impl Flow {
    /// Signs the receipt of a photo, of its figure or its upload or both.
    pub(super) fn receipt(
        &self,
        (owner, figure, upload): (&Owner, Option<FigureId>, Option<UploadId>),
        trace: &PhotoTrace,
        (witness, reason): (&Witness, Reason),
        recipients: Vec<Recipient>,
    ) -> Result<String, FlowError> {
        let [operator, privacy_contact] = self.answerable();
        let receipt = Receipt {
            iss: self.issuer.clone(),
            iat: u64::try_from(witness.purged_at.unix_seconds()).unwrap_or_default(),
            jti: ReceiptId::random(),
            figure,
            upload,
            account: OpaqueAccount::parse(owner.as_str()).map_err(|_| ReceiptError::Claims)?,
            commitments: trace.commitments.clone(),
            stored_at: date(trace.stored_at)?,
            purged_at: date(witness.purged_at)?,
            reason,
            actions: [What::DataKeyDestroyed, What::Unlinked]
                .map(|what| Action { what, grade: Grade::Measured })
                .into(),
            verified_absent: Some(absent(witness)),
            recipients,
            not_covered: NOT_COVERED.map(|words| NotCovered(words.to_owned())).into(),
            operator,
            privacy_contact,
            results: Vec::new(),
        };
        Ok(sign(&self.receipt_keys, &receipt)?)
    }

    /// Who runs the installation, and where people turn to.
    pub(super) fn answerable(&self) -> [String; 2] {
        let named = |name: &Option<String>| name.clone().unwrap_or_else(|| UNNAMED.to_owned());
        [named(&self.operator.name), named(&self.operator.privacy_contact)]
    }

    /// Who may have got the photo: the offline engine runs in this process, and so nobody did.
    pub fn recipients(&self, mode: Mode) -> Vec<Recipient> {
        let studio = self.studio(mode);
        match studio.kind() {
            EngineKind::Offline => Vec::new(),
            EngineKind::Gemini => vec![Recipient {
                endpoint: studio.endpoint().to_owned(),
                region: "global".to_owned(),
                store: Some(false),
                retention: if studio.endpoint() == GOOGLE { GOOGLES_TERMS } else { UNKNOWN_TERMS }.to_owned(),
                grade: Grade::Declared,
            }],
        }
    }
}

/// Google's own endpoint, whose terms are known.
const GOOGLE: &str = "generativelanguage.googleapis.com";

const GOOGLES_TERMS: &str =
    "paid tier of the Gemini API: not used for training; logged for a limited time to detect abuse";

const UNKNOWN_TERMS: &str = "as this installation's operator has agreed with that endpoint's operator; not known here";

const UNNAMED: &str = "not named: this installation is for trying out";

/// Why a photo went, by how its job ended.
pub(super) fn reason(state: State, code: Option<Code>) -> Reason {
    match state {
        State::Succeeded => Reason::Succeeded,
        State::Blocked => Reason::Blocked,
        State::Canceled => Reason::Canceled,
        _ if code == Some(Code::DeadlineExceeded) => Reason::TimedOut,
        State::Failed | State::Queued | State::Analyzing | State::Enhancing | State::Rendering | State::Finishing => {
            Reason::Failed
        }
    }
}

pub(super) fn absent(witness: &Witness) -> VerifiedAbsent {
    let store = if witness.blobs.kind == "memory" { StoreKind::Memory } else { StoreKind::Redis };
    let persistence = match witness.data_keys.persistence {
        "none" => Persistence::None,
        _ => Persistence::Unknown,
    };
    VerifiedAbsent { by: VerifiedBy::ReadBack, store, persistence, grade: Grade::Measured }
}

pub(super) fn date(moment: Moment) -> Result<OffsetDateTime, ReceiptError> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(moment.unix_millis()) * 1_000_000)
        .map_err(|_| ReceiptError::Claims)
}

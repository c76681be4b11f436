//! Why an answer ended: the table of finish and block reasons.

use super::error::Category;
use super::wire::{Candidate, SafetyRating};

/// What a finish reason means, the same for text and images.
pub(super) enum Finish {
    Ended,
    Refused(Category),
    Recitation,
    Nothing,
    CutOff,
    Account,
    Unknown,
}

pub(super) fn finish(candidate: &Candidate<'_>) -> Finish {
    let reason = candidate.finish_reason.as_ref();
    let ratings = candidate.safety_ratings.as_deref();
    match reason.map_or("", |text| text.as_str()) {
        "" | "STOP" | "FINISH_REASON_UNSPECIFIED" => Finish::Ended,
        "RECITATION" | "IMAGE_RECITATION" => Finish::Recitation,
        "IMAGE_OTHER" | "NO_IMAGE" | "OTHER" | "LANGUAGE" | "MALFORMED_RESPONSE" => Finish::Nothing,
        "MAX_TOKENS" => Finish::CutOff,
        "PUP_LIMITED_DISABLED" | "ESCALATION" => Finish::Account,
        other => refusal(other, ratings).map_or(Finish::Unknown, Finish::Refused),
    }
}

/// The category of a policy's reason, in finish and block reasons alike.
pub(super) fn refusal(reason: &str, ratings: Option<&[SafetyRating<'_>]>) -> Option<Category> {
    Some(match reason {
        "SAFETY" | "IMAGE_SAFETY" => blocked_category(ratings).unwrap_or(Category::Safety),
        "PROHIBITED_CONTENT" | "IMAGE_PROHIBITED_CONTENT" | "MODEL_ARMOR" | "JAILBREAK" => Category::Prohibited,
        "BLOCKLIST" => Category::Blocklist,
        "SPII" => Category::Privacy,
        _ => return None,
    })
}

pub(super) fn blocked_category(ratings: Option<&[SafetyRating<'_>]>) -> Option<Category> {
    let mut blocked = ratings?.iter().filter(|r| r.blocked == Some(true));
    blocked.find_map(|rating| {
        let name = rating.category.as_ref()?.as_str();
        [
            ("SEXUAL", Category::Sexual),
            ("HATE", Category::Hate),
            ("HARASSMENT", Category::Harassment),
            ("DANGEROUS", Category::Dangerous),
        ]
        .into_iter()
        .find_map(|(part, category)| name.contains(part).then_some(category))
    })
}

pub(super) fn message_bytes(candidate: &Candidate<'_>) -> usize {
    let message = candidate.finish_message.as_ref();
    message.map_or(0, |text| text.as_str().len())
}

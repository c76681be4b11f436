//! Scenarios that a call names itself: the same for every call, whatever others ask for.

use super::asked::CallKind;
use super::scenario::{Act, Carry, Instead, Spoil};

/// The header in which a call names its scenario.
pub(super) const HEADER: &str = "figurine-scenario";

/// What the named scenario does to a call of that kind; nothing to those that it is not about.
pub(super) fn act(name: &str, kind: CallKind) -> Option<Act> {
    let (of, act): (Option<CallKind>, Act) = match name {
        "slow" => (Some(CallKind::Image), Act::Carry(Carry::Latency { ms: 3_000 })),
        "blocked_photo" => (Some(CallKind::Analysis), blocked_input()),
        "blocked_prompt" => (Some(CallKind::Prompt), blocked_input()),
        "blocked_figure" => (Some(CallKind::Image), Spoil::BlockedOutput { reason: "IMAGE_SAFETY".to_owned() }.into()),
        "no_image_produced" => (Some(CallKind::Image), Spoil::NoImage.into()),
        "upstream_garbled" => (None, Instead::BadJson.into()),
        "engine_misconfigured" => (None, Instead::Sample("bad_api_key".to_owned()).into()),
        "upstream_unavailable" => (None, Instead::Overloaded.into()),
        "upstream_rate_limited" => {
            let retry_delay_seconds = Some(3_600.0);
            (None, Instead::RateLimited { retry_delay_seconds, retry_after_seconds: None }.into())
        }
        "upstream_timeout" => (None, Instead::DeadlineExpired.into()),
        "deadline_exceeded" => (None, Act::Carry(Carry::NeverAnswers)),
        _ => return None,
    };
    of.is_none_or(|of| of == kind).then_some(act)
}

fn blocked_input() -> Act {
    Spoil::BlockedInput { reason: "PROHIBITED_CONTENT".to_owned() }.into()
}

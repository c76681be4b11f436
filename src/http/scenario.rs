//! `Figurine-Scenario`: an outcome that a test key asks for.

use std::time::Duration;

use actix_web::HttpRequest;

use super::{order::only, problem::Problem};
use crate::{
    admission::{Policy, Ticket},
    domain::{Code, Mode, Moment, OptionFault, Scenario},
};

const HEADER: &str = "Figurine-Scenario";

/// When a figure that is to miss its deadline has it.
const SOON: Duration = Duration::from_secs(3);

/// The scenario that is asked for.
///
/// # Errors
/// When the key is no test key, or there is no such scenario.
pub(super) fn asked(req: &HttpRequest, ticket: &Ticket) -> Result<Option<Scenario>, Problem> {
    let Some(name) = only(req, HEADER)? else { return Ok(None) };
    if ticket.mode() != Mode::Test {
        return Err(Problem::new(
            Code::TestKeyOnly,
            "A live key takes what comes; Figurine-Scenario is for test keys.",
        )
        .with_header("WWW-Authenticate", "Bearer realm=\"figurine\""));
    }
    Scenario::parse(name).map(Some).map_err(|_| {
        let names: Vec<_> = Scenario::ALL.iter().map(|known| known.as_str()).collect();
        Problem::options(&[OptionFault::invalid(HEADER, format!("must be one of: {}", names.join(", ")))])
    })
}

/// When a job of a scenario must have ended, where that is sooner than for others.
pub(super) fn deadline(scenario: Option<Scenario>) -> Option<Duration> {
    (scenario == Some(Scenario::DeadlineExceeded)).then_some(SOON)
}

/// Refuses what is to be refused before it is accepted.
///
/// # Errors
/// The refusal that the scenario asks for.
pub(super) fn refuse(scenario: Option<Scenario>) -> Result<(), Problem> {
    let Some(code) = scenario.and_then(Scenario::refusal) else { return Ok(()) };
    let problem = Problem::new(code, "This is what the scenario asks for.");
    let policy = [
        (Code::RateLimited, Policy::Requests),
        (Code::TooManyInFlight, Policy::InFlight),
        (Code::QuotaExhausted, Policy::Figures),
        (Code::BudgetExhausted, Policy::Money),
    ];
    let policy = policy.into_iter().find(|(own, _)| *own == code);
    let problem = policy.into_iter().fold(problem, |problem, (_, policy)| problem.violating(policy.name(0)));
    Err(until(code, Moment::now()).into_iter().fold(problem, Problem::after))
}

/// How long what is used up stays so.
fn until(code: Code, now: Moment) -> Option<Duration> {
    let of_month = code == Code::BudgetExhausted;
    let of_day = matches!(code, Code::QuotaExhausted | Code::SpendCeiling);
    of_month.then(|| now.to_next_month()).or_else(|| of_day.then(|| now.to_next_day()))
}

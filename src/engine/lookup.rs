//! Asks upstream whether it knows a model, as `models.get` tells it.

use super::Engine;
use super::error::{Failure, Misconfiguration};
use super::faults;
use serde::Deserialize;
use std::time::Duration;

/// Longest that one look-up may take.
const LIMIT: Duration = Duration::from_secs(10);
/// A description takes about a kilobyte.
const CAP_BYTES: usize = 64 << 10;

/// What upstream says of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is there and generates content.
    Served,
    /// There is none of that name in this version of the API: never was, or it was retired.
    Gone,
    /// It is there and generates no content.
    OfAnotherKind,
    /// It could not be found out.
    Unknown(Failure),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    #[serde(default, alias = "supported_generation_methods")]
    supported_generation_methods: Option<Vec<String>>,
}

impl Engine {
    /// Asks for a model's description. Costs nothing upstream.
    pub async fn look_up(&self, model: &str) -> Standing {
        let asked = tokio::time::timeout(LIMIT, self.description(model)).await;
        match asked.unwrap_or(Err(Failure::Timeout)) {
            Ok(description) => {
                // Where nothing is said of methods, nothing is held against it.
                let methods = description.supported_generation_methods.unwrap_or_default();
                let generates = methods.is_empty() || methods.iter().any(|method| method == "generateContent");
                if generates { Standing::Served } else { Standing::OfAnotherKind }
            }
            Err(Failure::ModelGone) => Standing::Gone,
            Err(failure) => Standing::Unknown(failure),
        }
    }

    async fn description(&self, model: &str) -> Result<Description, Failure> {
        let request = self.client.describe(model).ok_or(Failure::Misconfigured(Misconfiguration::Models))?;
        let mut response = request.send().await.map_err(|error| super::attempt::broken(&error))?;
        let http = response.status().as_u16();
        let body = super::attempt::read(&mut response, CAP_BYTES).await?;
        if http != 200 {
            return Err(faults::classify(http, None, &body));
        }
        serde_json::from_slice(&body).map_err(|_| Failure::Garbled)
    }
}

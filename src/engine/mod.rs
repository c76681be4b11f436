//! Gemini over HTTP: one ask in, one answer or one classified failure out.
//!
//! The seam is the wire: there is no trait, only a struct with a base URL, which Google and the
//! simulator answer alike. A call goes through these files in order: `ask` builds the body,
//! `retry` decides which model is asked when, `attempt` makes one call, `faults` reads an
//! HTTP error, `outcome` reads an HTTP 200, and `usage` says what it cost.
//!
//! Nothing that the upstream wrote leaves this module except the image, the JSON text and the
//! model's version: errors and logs carry closed categories and lengths.

mod answer;
mod ask;
mod attempt;
mod breaker;
mod budget;
mod client;
mod course;
mod error;
mod faults;
mod finish;
mod lookup;
mod models;
mod outcome;
mod payload;
mod photo64;
mod pick;
mod picture;
mod retry;
mod settings;
mod usage;
pub mod wire;

pub use answer::{ImageAnswer, NotAsAsked, TextAnswer};
pub use ask::{ImageAsk, TextAsk};
pub use error::{Category, EngineError, Failure, Misconfiguration, Side};
pub use lookup::Standing;
pub use models::{KNOWN_MODELS, ModelFacts, Prices, facts};
pub use photo64::Photo64;
pub use settings::{EngineSettings, SetupError};
pub use usage::{Meter, Usage};

use tokio::time::Instant;

/// A client of one Gemini endpoint, shared by all jobs of a node. Cheap to share, not to make.
pub struct Engine {
    client: client::Client,
    policy: retry::Policy,
}

impl Engine {
    /// Makes a client with its own connection pool; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`SetupError`] when the base URL, the API version, the key or the proxy cannot be used.
    pub fn new(settings: EngineSettings) -> Result<Self, SetupError> {
        let policy = retry::Policy::new(&settings);
        Ok(Self { client: client::Client::new(settings)?, policy })
    }

    /// The same engine, asked for one outcome. It has its own breakers and its own budget of retries, so that what it is
    /// made to suffer is nobody else's.
    ///
    /// # Errors
    ///
    /// [`SetupError`] when no client can be made.
    pub fn playing(&self, scenario: &'static str) -> Result<Self, SetupError> {
        Self::new(EngineSettings { scenario: Some(scenario), ..self.client.settings.clone() })
    }

    /// Asks for JSON that fits `ask.schema`, of the first of `models` that answers.
    ///
    /// Dropping the future closes the connection to the upstream; what was used until then is on the meter, as at any end.
    ///
    /// # Errors
    ///
    /// [`EngineError`] with the failure's class and what the failed attempts cost.
    pub async fn text(
        &self,
        models: &[String],
        ask: TextAsk<'_>,
        deadline: Instant,
        meter: &Meter,
    ) -> Result<TextAnswer, EngineError> {
        let ask = ask::Ask::Text(ask);
        let (read, told) = Box::pin(retry::run(self, models, &ask, (deadline, meter))).await?;
        answer::text(read, told)
    }

    /// Asks for one image made from `ask.photo`, of the first of `models` that answers.
    ///
    /// Dropping the future closes the connection to the upstream; what was used until then is on the meter, as at any end.
    ///
    /// # Errors
    ///
    /// [`EngineError`] with the failure's class and what the failed attempts cost.
    pub async fn image(
        &self,
        models: &[String],
        ask: ImageAsk<'_>,
        deadline: Instant,
        meter: &Meter,
    ) -> Result<ImageAnswer, EngineError> {
        let ask = ask::Ask::Image(ask);
        let (read, told) = Box::pin(retry::run(self, models, &ask, (deadline, meter))).await?;
        answer::image(read, told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_send<T: Send>(value: T) -> T {
        value
    }

    #[test]
    fn asks_can_be_spawned() {
        let engine = Engine::new(EngineSettings::new("http://127.0.0.1:9", "k".into())).unwrap();
        let (photo, meter) = (Photo64::jpeg(b"x"), Meter::default());
        let ask = ImageAsk { prompt: "p", photo: &photo, aspect_ratio: "1:1", image_size: "1K", seed: None };
        drop(is_send(engine.image(&[], ask, Instant::now(), &meter)));
        let ask = TextAsk { system: "s", text: "t", photo: None, schema: serde_json::Value::Null };
        drop(is_send(engine.text(&[], ask, Instant::now(), &meter)));
    }
}

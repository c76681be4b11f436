//! A node whose live keys are served by an engine that it takes for Google's.

use figurine::simulator::{RunningSimulator, Simulator, SimulatorSettings};

use crate::app::{TestApp, png};

/// A node and the engine behind it.
pub(crate) struct BehindGemini {
    pub(crate) app: TestApp,
    pub(crate) engine: RunningSimulator,
}

impl BehindGemini {
    /// An engine that answers every request for an image with the same one.
    pub(crate) async fn start() -> Self {
        Self::with(&[], |_| {}).await
    }

    pub(crate) async fn with(vars: &[(&str, &str)], change: impl FnOnce(&mut SimulatorSettings)) -> Self {
        let mut settings = SimulatorSettings { fixed_image: Some(png(64, 64).into()), ..SimulatorSettings::default() };
        change(&mut settings);
        let engine = Simulator::start(settings).await.unwrap();
        let app = node_before(&engine.base_url, vars).await;
        Self { app, engine }
    }
}

/// A node whose engine is at that address, or nowhere.
pub(crate) async fn node_before(base_url: &str, vars: &[(&str, &str)]) -> TestApp {
    let own = [
        ("GEMINI_API_KEY", "not-a-real-key"),
        ("FIGURINE_GEMINI_TIER", "paid"),
        ("FIGURINE_GEMINI_BASE_URL", base_url),
    ];
    TestApp::with(&[&own, vars].concat(), |_| {}).await
}

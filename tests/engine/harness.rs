use figurine::engine::{
    Engine, EngineError, EngineSettings, ImageAnswer, ImageAsk, Meter, Photo64, TextAnswer, TextAsk,
};
use figurine::simulator::{Act, RunningSimulator, Simulator, SimulatorSettings, Step};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use std::io::Cursor;
use std::time::Duration;
use tokio::time::Instant;

pub(crate) const PRO: &str = "gemini-3-pro-image";
pub(crate) const BANANA: &str = "gemini-nano-banana-2.1";
pub(crate) const LITE: &str = "gemini-3.5-flash-lite";
pub(crate) const FLASH: &str = "gemini-3.8-flash";

pub(crate) struct Bench {
    pub(crate) simulator: RunningSimulator,
    pub(crate) engine: Engine,
}

pub(crate) fn settings(base_url: &str) -> EngineSettings {
    EngineSettings { backoff_base: Duration::from_millis(1), ..EngineSettings::new(base_url, "a-key".into()) }
}

impl Bench {
    /// An engine that is answered with one image, whatever it asks for.
    pub(crate) async fn new() -> Self {
        let settings = SimulatorSettings { fixed_image: Some(figure().into()), ..SimulatorSettings::default() };
        Self::with(|_| {}, settings).await
    }

    /// An engine whose photos are looked at and whose images are drawn.
    pub(crate) async fn drawing() -> Self {
        Self::with(|_| {}, SimulatorSettings::default()).await
    }

    pub(crate) async fn playing(steps: Vec<Step>) -> Self {
        let bench = Self::new().await;
        bench.simulator.script(steps);
        bench
    }

    pub(crate) async fn with(change: impl FnOnce(&mut EngineSettings), simulator: SimulatorSettings) -> Self {
        let simulator = Simulator::start(simulator).await.unwrap();
        let mut settings = settings(&simulator.base_url);
        change(&mut settings);
        let engine = Engine::new(settings).unwrap();
        Self { simulator, engine }
    }

    pub(crate) async fn image_of(&self, models: &[&str]) -> Result<ImageAnswer, EngineError> {
        image(&self.engine, models, in_seconds(60)).await
    }

    pub(crate) async fn image(&self) -> Result<ImageAnswer, EngineError> {
        self.image_of(&[PRO]).await
    }

    pub(crate) async fn text_of(&self, models: &[&str]) -> Result<TextAnswer, EngineError> {
        let models: Vec<String> = models.iter().map(|m| (*m).to_owned()).collect();
        let photo = photo64();
        self.engine.text(&models, analysis(&photo), in_seconds(60), &Meter::default()).await
    }

    pub(crate) async fn text(&self) -> Result<TextAnswer, EngineError> {
        self.text_of(&[LITE]).await
    }

    pub(crate) fn models_called(&self) -> Vec<String> {
        let calls = self.simulator.calls();
        calls.into_iter().map(|call| call.model).collect()
    }
}

pub(crate) async fn image(engine: &Engine, models: &[&str], deadline: Instant) -> Result<ImageAnswer, EngineError> {
    let models: Vec<String> = models.iter().map(|m| (*m).to_owned()).collect();
    let photo = photo64();
    let ask = ImageAsk {
        prompt: "A PVC figure of the person, on a round clear base.",
        photo: &photo,
        aspect_ratio: "3:4",
        image_size: "1K",
        seed: Some(7),
    };
    engine.image(&models, ask, deadline, &Meter::default()).await
}

pub(crate) fn in_seconds(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

pub(crate) fn analysis(photo: &Photo64) -> TextAsk<'_> {
    TextAsk { system: "You describe photos.", text: "Describe it.", photo: Some(photo), schema: schema() }
}

pub(crate) fn schema() -> Value {
    json!({"type": "object",
        "required": ["subject", "count", "summary", "palette", "quality"],
        "additionalProperties": false,
        "properties": {
            "subject": {"type": "string", "enum": ["person", "animal", "object", "closeup"]},
            "count": {"type": "integer", "minimum": 0},
            "summary": {"type": "string"},
            "palette": {"type": "array", "items": {"type": "string"}, "maxItems": 6},
            "quality": {"type": "object", "required": ["usable", "issues"], "properties": {
                "usable": {"type": "boolean"},
                "issues": {"type": "array", "items": {"type": "string"}}}}}})
}

pub(crate) fn jpeg() -> Vec<u8> {
    let mut jpeg = Cursor::new(Vec::new());
    let pixels = RgbImage::from_fn(96, 128, |x, y| Rgb([200, u8::try_from(x).unwrap(), u8::try_from(y).unwrap()]));
    pixels.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    jpeg.into_inner()
}

/// A PNG of the size that is asked for.
pub(crate) fn figure() -> Vec<u8> {
    let mut png = Cursor::new(Vec::new());
    RgbImage::from_pixel(896, 1200, Rgb([200, 30, 30])).write_to(&mut png, ImageFormat::Png).unwrap();
    png.into_inner()
}

pub(crate) fn photo64() -> Photo64 {
    Photo64::jpeg(&jpeg())
}

pub(crate) fn once(act: impl Into<Act>) -> Vec<Step> {
    vec![Step::new(act)]
}

pub(crate) fn times(act: impl Into<Act>, times: u32) -> Vec<Step> {
    vec![Step::new(act).times(times)]
}

pub(crate) fn sides(bytes: &[u8]) -> (u32, u32) {
    let image = image::load_from_memory(bytes).unwrap();
    (image.width(), image.height())
}

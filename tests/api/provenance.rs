//! What a figure says of how it came about: in its object, in headers, and in the file itself.

use crate::{
    app::{TestApp, jpeg, json_of, png, webp},
    gemini::BehindGemini,
};
use reqwest::Response;

const TERMS: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/";

fn holds(file: &[u8], words: &str) -> bool {
    file.windows(words.len()).any(|window| window == words.as_bytes())
}

fn told(answer: &Response) -> String {
    answer.headers()["figurine-provenance"].to_str().unwrap().to_owned()
}

/// A PNG with the chunk that content credentials are in.
fn with_credentials(file: &[u8]) -> Vec<u8> {
    let chunk = [&b"caBX"[..], b"a manifest store"].concat();
    let mut made = file[..33].to_vec();
    made.extend_from_slice(&u32::try_from(chunk.len() - 4).unwrap().to_be_bytes());
    made.extend_from_slice(&chunk);
    made.extend_from_slice(&crc32fast::hash(&chunk).to_be_bytes());
    made.extend_from_slice(&file[33..]);
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_file_says_that_a_model_made_it() {
    for (drawn, accept) in [(png(64, 64), "image/png"), (jpeg(64, 64), "image/jpeg"), (webp(64, 64), "image/webp")] {
        let own = drawn.clone();
        let it = BehindGemini::with(&[], |settings| settings.fixed_image = Some(drawn.into())).await;
        let answer = it.app.post("?format=original", jpeg(320, 240)).header("Accept", "image/*").send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], accept);
        assert_eq!(
            told(&answer),
            "ai_generated=?1, digital_source_type=\"compositeWithTrainedAlgorithmicMedia\", \
             synthid=\"claimed-by-upstream\", c2pa=\"absent\""
        );
        let file = answer.bytes().await.unwrap();
        assert!(holds(&file, &format!("{TERMS}compositeWithTrainedAlgorithmicMedia")), "{accept} has no label");
        let (made, own) = (image::load_from_memory(&file).unwrap(), image::load_from_memory(&own).unwrap());
        assert_eq!(made, own, "format=original has the engine's own pixels: {accept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_is_labeled_in_the_format_that_it_is_converted_to() {
    let it = BehindGemini::start().await;
    for kind in ["png", "jpeg", "webp"] {
        let asked = it.app.post("", jpeg(320, 240)).header("Accept", format!("image/{kind}"));
        let file = asked.send().await.unwrap().bytes().await.unwrap();
        assert!(holds(&file, TERMS), "{kind} has no label");
        assert!(image::load_from_memory(&file).is_ok(), "{kind} cannot be read");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn content_credentials_pass_untouched_and_their_loss_in_a_conversion_is_told() {
    let drawn = with_credentials(&png(64, 64));
    let kept = drawn.clone();
    let it = BehindGemini::with(&[], |settings| settings.fixed_image = Some(drawn.into())).await;
    let figure = json_of(it.app.post("", jpeg(320, 240)).send().await.unwrap(), 201).await;
    assert_eq!(figure["provenance"]["c2pa"], "present", "{figure:#}");
    let image = it.app.get(figure["images"][0]["href"].as_str().unwrap()).send().await.unwrap();
    assert!(told(&image).ends_with("c2pa=\"present\""));
    assert_eq!(image.bytes().await.unwrap(), kept, "not one byte is another");
    let figure = json_of(it.app.post("?format=jpeg", jpeg(320, 240)).send().await.unwrap(), 201).await;
    assert_eq!(figure["provenance"]["c2pa"], "removed-by-transcode", "{figure:#}");
    let image = it.app.get(figure["images"][0]["href"].as_str().unwrap()).send().await.unwrap();
    assert!(holds(&image.bytes().await.unwrap(), TERMS), "what lost its credentials has a label");
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_figures_claim_no_model_and_no_watermark() {
    let app = TestApp::start().await;
    let figure = json_of(app.post("", jpeg(320, 240)).send().await.unwrap(), 201).await;
    let expected = serde_json::json!({
        "ai_generated": false, "digital_source_type": "algorithmicallyEnhanced", "synthid": "absent", "c2pa": "absent"
    });
    assert_eq!(figure["provenance"], expected);
    let image = app.get(figure["images"][0]["href"].as_str().unwrap()).send().await.unwrap();
    let file = image.bytes().await.unwrap();
    assert!(holds(&file, &format!("{TERMS}algorithmicallyEnhanced")) && !holds(&file, "rainedAlgorithmicMedia"));
}

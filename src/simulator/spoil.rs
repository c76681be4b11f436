//! What a scenario does to the usual answer.

use super::answer::{Answer, Piece};
use super::paint::{Figure, as_it_is};
use super::scenario::Spoil;
use std::io;

const PNG_BOMB: &[u8] = include_bytes!("bomb.png");
const SVG: &[u8] = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>"#;
const HTML: &[u8] = b"<!DOCTYPE html><html><body><script>1</script></body></html>";

/// Acts that change the usual answer.
pub(super) fn spoil(answer: &mut Answer, act: &Spoil) {
    match act {
        Spoil::TextOnly => {
            let text = "I'm just a language model and can't help with that.".to_owned();
            answer.pieces = vec![Piece::Words { text, thought: false }];
        }
        Spoil::BadJsonText => {
            let text = "Certainly! {\"subject\": person".to_owned();
            answer.pieces = vec![Piece::Words { text, thought: false }];
        }
        Spoil::Says { text } => answer.pieces = vec![Piece::Words { text: text.clone(), thought: false }],
        Spoil::NoImage => ended(answer, "NO_IMAGE"),
        Spoil::BlockedOutput { reason } => ended(answer, reason),
        Spoil::EmptyStop => answer.pieces.clear(),
        Spoil::MaxTokens => {
            ended(answer, "MAX_TOKENS");
            let text = "{\"subjects\":[{\"hair\":\"re".to_owned();
            answer.pieces = vec![Piece::Words { text, thought: false }];
        }
        Spoil::BlockedInput { reason } => answer.block_reason = Some(reason.clone()),
        Spoil::InterimImages => drafts(answer, true),
        Spoil::SeveralImages => drafts(answer, false),
        Spoil::OnlyThoughtImage => mark(answer),
        Spoil::HugeImage { bytes } => replace(answer, &as_it_is(&vec![0; *bytes])),
        Spoil::BombImage => replace(answer, &as_it_is(PNG_BOMB)),
        Spoil::SvgImage => replace(answer, &as_it_is(SVG)),
        Spoil::HtmlImage => replace(answer, &as_it_is(HTML)),
        Spoil::WrongType => retype(answer, "image/webp"),
        Spoil::BadBase64 => replace(answer, &Figure { mime_type: "image/png", base64: "***not*base64***".into() }),
    }
}

fn ended(answer: &mut Answer, reason: &str) {
    answer.pieces.clear();
    reason.clone_into(&mut answer.finish_reason);
    answer.finish_message = Some("Unable to show the generated image.");
    answer.tokens.images_out = 0;
    answer.tokens.words_out = answer.tokens.thoughts;
}

fn drafts(answer: &mut Answer, thought: bool) {
    let gray = image::RgbImage::from_pixel(16, 16, image::Rgb([128, 128, 128]));
    let mut png = io::Cursor::new(Vec::new());
    // Writing 16 by 16 pixels to memory cannot fail.
    let _ = gray.write_to(&mut png, image::ImageFormat::Png);
    let draft = as_it_is(png.get_ref());
    for _ in 0..2 {
        let figure = draft.clone();
        answer.pieces.insert(0, Piece::Image { figure, thought });
    }
    answer.tokens.images_out *= 3;
}

fn mark(answer: &mut Answer) {
    for piece in &mut answer.pieces {
        if let Piece::Image { thought, .. } = piece {
            *thought = true;
        }
    }
}

fn replace(answer: &mut Answer, with: &Figure) {
    for piece in &mut answer.pieces {
        if let Piece::Image { figure, .. } = piece {
            figure.clone_from(with);
        }
    }
}

fn retype(answer: &mut Answer, to: &'static str) {
    for piece in &mut answer.pieces {
        if let Piece::Image { figure, .. } = piece {
            figure.mime_type = to;
        }
    }
}

//! A form (`multipart/form-data`, RFC 7578): the part `image` is the photo, every other part is an option. In any order.

use std::{cell::RefCell, rc::Rc};

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{HttpRequest, error::PayloadError, web::Bytes};
use futures_util::{StreamExt, stream};

use super::{
    Buffer,
    inflow::{Inflow, declared_length, too_large},
};
use crate::{
    domain::{Code, GivenOptions, OptionFault, SecretBytes},
    http::problem::Problem,
};

/// The most parts.
const MOST_PARTS: usize = 40;

/// The longest option, in bytes: metadata has the longest.
const LONGEST_OPTION: u64 = 64 * 1024;

/// Why the bytes ended, where the reader of the form knows no more than that they did.
type Trouble = Rc<RefCell<Option<Problem>>>;

/// Reads a form; gives the photo's file.
///
/// # Errors
/// When the form is broken, has too many parts, or two photos.
pub(super) async fn read(
    req: &HttpRequest,
    inflow: Inflow,
    most: u64,
    given: &mut GivenOptions,
) -> Result<Option<Bytes>, Problem> {
    let trouble = Trouble::default();
    // The photo is nearly all of a form: it is received where it stays.
    let room = usize::try_from(declared_length(req)?.unwrap_or_default().min(most)).unwrap_or_default();
    let bytes = stream::unfold((inflow, trouble.clone()), |(mut inflow, trouble)| async move {
        let chunk = inflow.next().await?.map_err(|problem| {
            trouble.replace(Some(problem));
            PayloadError::Incomplete(None)
        });
        Some((chunk, (inflow, trouble)))
    });
    // The reader asks on after the end.
    let mut form = Multipart::new(req.headers(), Box::pin(bytes.fuse()));
    let (mut image, mut parts) = (None, 0);
    while let Some(part) = form.next().await {
        let part = part.map_err(|error| told(&error, &trouble))?;
        parts += 1;
        if parts > MOST_PARTS {
            return Err(Problem::new(Code::MalformedMultipart, format!("A form has at most {MOST_PARTS} parts.")));
        }
        let name = part.name().unwrap_or_default().to_owned();
        if name != "image" {
            take_option(part, &name, given, &trouble).await?;
        } else if image.is_none() {
            image = Some(whole(part, Vec::with_capacity(room), most, &trouble).await?.ok_or_else(|| too_large(most))?);
        } else {
            return Err(Problem::new(Code::ImageAmbiguous, "The form has two parts with the name image."));
        }
    }
    Ok(image.map(Bytes::from_owner))
}

async fn take_option(part: Field, name: &str, given: &mut GivenOptions, trouble: &Trouble) -> Result<(), Problem> {
    match whole(part, Vec::new(), LONGEST_OPTION, trouble).await? {
        None => given.fault(OptionFault::invalid(name, "is too long")),
        Some(bytes) => match std::str::from_utf8(&bytes) {
            Ok(text) => given.take(name, text),
            Err(_) => given.fault(OptionFault::invalid(name, "must be UTF-8")),
        },
    }
    Ok(())
}

/// All bytes of a part, behind those of `bytes`; `None` when there are more than `most`.
async fn whole(mut part: Field, bytes: Vec<u8>, most: u64, trouble: &Trouble) -> Result<Option<Buffer>, Problem> {
    let mut bytes = SecretBytes::new(bytes);
    let mut fits = true;
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(|error| told(&error, trouble))?;
        // What does not fit is passed over: the parts behind it may have faults to tell, too.
        fits &= (bytes.len() + chunk.len()) as u64 <= most;
        if fits {
            bytes.extend_from_slice(&chunk);
        }
    }
    Ok(fits.then_some(bytes))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the reader's enum is open, and its rest tells no more")]
fn told(error: &MultipartError, trouble: &Trouble) -> Problem {
    if let Some(problem) = trouble.take() {
        return problem;
    }
    let detail = match error {
        MultipartError::BoundaryMissing | MultipartError::ContentTypeParse => "Content-Type names no boundary.",
        MultipartError::ContentDispositionMissing => "A part has no Content-Disposition: form-data.",
        MultipartError::ContentDispositionNameMissing => "A part has no name.",
        MultipartError::Nested => "A part is a form itself.",
        MultipartError::Incomplete => "The form ends before its last boundary.",
        _ => "The body is not a sound form.",
    };
    Problem::new(Code::MalformedMultipart, detail)
}

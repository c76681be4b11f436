//! The XMP packet (ISO 16684-1) with IPTC's `DigitalSourceType`.

/// What every term of the vocabulary begins with.
const TERMS: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/";

const END_OF_RDF: &str = "</rdf:RDF>";

/// The packet that a file is to have; `None` where the one that it has says it. One that cannot be added to is replaced.
pub(super) fn packet(existing: Option<&[u8]>, source: &str) -> Option<String> {
    let existing = existing.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    // A model's own word may be a narrower one: the whole picture, or a part of it, is a trained algorithm's.
    if existing.contains(&format!("{TERMS}{source}")) || existing.contains(&format!("{TERMS}trainedAlgorithmicMedia")) {
        return None;
    }
    let statement = format!(
        "<rdf:Description rdf:about=\"\" xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
         Iptc4xmpExt:DigitalSourceType=\"{TERMS}{source}\"/>"
    );
    match existing.rfind(END_OF_RDF).filter(|_| !existing.contains("DigitalSourceType")) {
        Some(at) => Some([&existing[..at], &statement, &existing[at..]].concat()),
        None => Some(format!(
            "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
             <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">{statement}</rdf:RDF></x:xmpmeta>\
             <?xpacket end=\"w\"?>"
        )),
    }
}

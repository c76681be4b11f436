//! The XMP packet (ISO 16684-1) with IPTC's `DigitalSourceType`.

/// What every term of the vocabulary begins with.
const TERMS: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/";

/// Its name, whatever prefix stands before it.
const PROPERTY: &str = "DigitalSourceType";

const END_OF_RDF: &str = "</rdf:RDF>";

/// Whether a packet gives this term as the property's value: as an attribute, an element's text, or a resource. Elsewhere it
/// is no more than mentioned.
fn says(packet: &str, term: &str) -> bool {
    packet.split(PROPERTY).skip(1).any(|rest| {
        let rest = rest.trim_start();
        let rest = rest.strip_prefix("rdf:resource").unwrap_or(rest).trim_start();
        let value = rest.trim_start_matches(|c: char| matches!(c, '=' | '>' | '"' | '\'') || c.is_whitespace());
        let ended = value.strip_prefix(TERMS).and_then(|value| value.strip_prefix(term));
        ended.is_some_and(|rest| rest.starts_with(|c: char| matches!(c, '"' | '\'' | '<') || c.is_whitespace()))
    })
}

/// The packet that a file is to have; `None` where the one that it has says it. One that cannot be added to is replaced.
pub(super) fn packet(existing: Option<&[u8]>, source: &str) -> Option<String> {
    let existing = existing.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    // A model's own word may be a narrower one: the whole picture, or a part of it, is a trained algorithm's.
    if [source, "trainedAlgorithmicMedia"].iter().any(|term| says(existing, term)) {
        return None;
    }
    let statement = format!(
        "<rdf:Description rdf:about=\"\" xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
         Iptc4xmpExt:DigitalSourceType=\"{TERMS}{source}\"/>"
    );
    match existing.rfind(END_OF_RDF).filter(|_| !existing.contains(PROPERTY)) {
        Some(at) => Some([&existing[..at], &statement, &existing[at..]].concat()),
        None => Some(format!(
            "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
             <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">{statement}</rdf:RDF></x:xmpmeta>\
             <?xpacket end=\"w\"?>"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERM: &str = "trainedAlgorithmicMedia";

    #[test]
    fn a_term_counts_as_the_propertys_value_and_not_where_it_is_mentioned() {
        let packet = |inside: &str| format!("<x:xmpmeta><rdf:RDF>{inside}</rdf:RDF></x:xmpmeta>");
        for said in [
            format!("<rdf:Description e:DigitalSourceType=\"{TERMS}{TERM}\"/>"),
            format!("<e:DigitalSourceType>{TERMS}{TERM}</e:DigitalSourceType>"),
            format!("<e:DigitalSourceType rdf:resource='{TERMS}{TERM}'/>"),
        ] {
            assert!(super::packet(Some(packet(&said).as_bytes()), "x").is_none(), "{said}");
        }
        for mentioned in [
            format!("<dc:description>{TERMS}{TERM}</dc:description>"),
            format!("<e:DigitalSourceType>{TERMS}{TERM}Not</e:DigitalSourceType>"),
            format!("<e:DigitalSourceType>{TERMS}digitalCapture</e:DigitalSourceType><a>{TERMS}{TERM}</a>"),
        ] {
            let labeled = super::packet(Some(packet(&mentioned).as_bytes()), "x").unwrap();
            assert!(says(&labeled, "x"), "{labeled}");
        }
    }
}

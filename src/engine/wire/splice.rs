//! Puts base64 into JSON without passing it through a serializer.

use zeroize::Zeroizing;

const HOLE: &[u8] = br#""data":"""#;

/// Fills the empty `"data":""` members of `frame` with `payloads`, in order.
///
/// No string can imitate a hole: inside a JSON string every quote is escaped. A payload must be
/// base64, which needs no escapes. Holes without a payload stay empty.
pub fn splice(frame: &[u8], payloads: &[&str]) -> Zeroizing<Vec<u8>> {
    let extra: usize = payloads.iter().map(|payload| payload.len()).sum();
    let mut body = Zeroizing::new(Vec::with_capacity(frame.len() + extra));
    let mut rest = frame;
    for payload in payloads {
        let Some(at) = find(rest) else { break };
        let (head, tail) = rest.split_at(at + HOLE.len() - 1);
        body.extend_from_slice(head);
        body.extend_from_slice(payload.as_bytes());
        rest = tail;
    }
    body.extend_from_slice(rest);
    body
}

/// Where the first hole of `frame` takes its payload; its end where it has none.
pub fn split_at_hole(frame: &[u8]) -> usize {
    find(frame).map_or(frame.len(), |at| at + HOLE.len() - 1)
}

fn find(frame: &[u8]) -> Option<usize> {
    frame.windows(HOLE.len()).position(|window| window == HOLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn holes_are_filled_in_order_and_the_rest_is_left() {
        let frame = br#"[{"data":""},{"data":""},{"data":""}]"#;
        let body = splice(frame, &["QQ==", "Qg=="]);
        assert_eq!(&body[..], br#"[{"data":"QQ=="},{"data":"Qg=="},{"data":""}]"#);
    }

    proptest! {
        #[test]
        fn no_text_before_the_hole_can_take_the_payload(text in ".*") {
            let spoof = format!("{text}\"data\":\"\"{text}\\\"data\":\"\"");
            let frame = json!([spoof, {"data": ""}]).to_string();
            let filled: Value = serde_json::from_slice(&splice(frame.as_bytes(), &["QQ=="])).unwrap();
            prop_assert_eq!(filled, json!([spoof, {"data": "QQ=="}]));
        }
    }
}

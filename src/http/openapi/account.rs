//! Examples of what accounts are told of themselves.

use serde_json::{Value, json};

/// The example of an operation's answer, made with that of a figure.
pub(super) fn example(operation: &str, figure: &Value) -> Option<Value> {
    Some(match operation {
        "readMe" => me(),
        "readUsage" => json!({
            "object": "list", "key": "key_019ab2c3d4e57f60a1b2c3d4e5f60718", "from": "2026-10-24T00:00:00Z",
            "to": "2026-11-23T20:33:07Z", "by": "day", "total": usage(None),
            "data": [usage(Some("2026-11-23T00:00:00Z"))], "has_more": false, "next_cursor": null,
            "kept_seconds": 34_560_000, "latency_error": 0.02,
        }),
        "readData" => held(figure),
        "eraseData" => erasure(),
        "readPreferences" | "decidePreferences" => {
            json!({"analytics": false, "decided_at": "2026-11-23T20:33:07Z"})
        }
        "listAudit" => json!({
            "object": "list", "has_more": false, "next_cursor": null,
            "data": [{
                "id": "act_019ab2c3d4e57f60a1b2c3d4e5f60718", "object": "audit_entry", "at": "2026-11-23T20:33:07Z",
                "act": "key_revoked", "by": "key_019ab2c3d4e57f60a1b2c3d4e5f60718",
                "key": "key_019ab2c3d4e57f60a1b2c3d4e5f60719",
            }],
        }),
        "readPrivacy" => privacy(),
        _ => return None,
    })
}

fn held(figure: &Value) -> Value {
    json!({
        "object": "list", "subject": "account", "account_pseudonym": "9f86d081884c7d659a2feaa0c55ad015",
        "preferences": {"analytics": true, "decided_at": null},
        "usage": [{"key": "key_019ab2c3d4e57f60a1b2c3d4e5f60718", "total": usage(None)}],
        "data": [{
            "object": "held_record", "id": "fig_019ab2c3d4e57f60a1b2c3d4e5f60718", "kind": "figure",
            "figure": figure, "upload": null, "photo_held": false,
            "receipt": "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJmaWd1cmluZSJ9.c2lnbmF0dXJl",
            "events": [{"event": "succeeded", "at": "2026-11-23T20:33:17Z"}], "request_remembered": true,
            "for_person": true,
        }],
        "has_more": false, "next_cursor": null,
    })
}

fn erasure() -> Value {
    json!({
        "object": "erasure", "subject": "person", "complete": true,
        "erased": {
            "figures": 2, "stopped": 0, "uploads": 0, "receipts": 2, "idempotency_records": 0, "analytics": 0,
        },
        "kept": [{
            "what": "preferences", "why": "an opt-out must hold on, or collection would begin again",
        }],
        "receipt": "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJmaWd1cmluZSJ9.c2lnbmF0dXJl",
    })
}

fn me() -> Value {
    json!({
        "object": "key", "id": "key_019ab2c3d4e57f60a1b2c3d4e5f60718", "account": "acme",
        "account_pseudonym": "9f86d081884c7d659a2feaa0c55ad015", "mode": "live",
        "scopes": ["figures:write", "figures:read"], "limits": {
            "rpm": 60, "burst": 20, "in_flight": 8, "figures_per_day": 500, "micro_usd_per_month": 50_000_000,
        },
        "issued_at": "2026-11-23T20:33:07Z", "expires_at": "2027-02-21T20:33:07Z",
        "this_hour": {"requests": 3, "refused_or_failed": 1, "figures": 1, "bytes_in": 3_412_881, "bytes_out": 5_120},
    })
}

fn usage(start: Option<&str>) -> Value {
    let mut row = json!({
        "counts": {"requests": 12, "answers": 11, "refusals": 1, "figures": 7, "images": 9},
        "latency_ms": {"p50": 840.5, "p95": 9120.0, "p99": 12_040.0}, "styles": {"pvc-scale": 5, "anime": 2},
        "options": {"size": {"1K": 6, "2K": 1}}, "devices": {"program": 12}, "clients": {"curl 8": 12},
    });
    if let Some(start) = start {
        row["start"] = start.into();
    }
    row
}

fn privacy() -> Value {
    json!({
        "object": "privacy_statement", "version": crate::http::SERVER_VERSION,
        "operator": {
            "name": "Acme GmbH", "contact": "privacy@acme.example", "region": "eu-central", "grade": "declared",
        },
        "roles": [{
            "role": "processor", "who": "the operator of this installation", "of": "photos and figures",
            "grade": "declared",
        }],
        "records": [{
            "kind": "photo", "holds": "the photo, upright and without its metadata", "purpose": "to make the figure",
            "kept_seconds": 600, "until": "at the end of its figure", "sealed": true, "erased": true, "opt_out": false,
            "grade": "configured",
        }],
        "logged_fields": ["route", "status"],
        "stores": [{"holds": "records", "kind": "redis", "persistence": "none", "grade": "measured"}],
        "third_parties": [{
            "endpoint": "generativelanguage.googleapis.com", "gets": "the photo without its metadata", "store": false,
            "terms": "paid tier of the Gemini API: not used for training", "grade": "declared",
        }],
        "claims": [{
            "claim": "At every end of a figure its photo's data key is destroyed.", "grade": "measured",
            "check": "the signed receipt of each figure",
        }],
        "rights": [{"right": "erasure", "how": "DELETE /v1/me/data"}],
        "not_covered": ["copies that the sender keeps"],
    })
}

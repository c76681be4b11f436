//! The README, the code and what the server says hold the same names.

use std::collections::BTreeMap;

use figurine::domain::Code;

use crate::app::{TestApp, json_of};

const README: &str = include_str!("../../README.md");

/// The codes of the README's error table, each with the statuses of its row.
fn table() -> BTreeMap<String, Vec<u64>> {
    let section = README.split("\n## Errors\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut codes = BTreeMap::new();
    for row in section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| status")) {
        let (statuses, words) = row[2..].split_once(" | ").unwrap();
        let statuses: Vec<u64> = statuses.split(" · ").map(|status| status.parse().unwrap()).collect();
        for code in words.split('`').skip(1).step_by(2) {
            assert!(codes.insert(code.to_owned(), statuses.clone()).is_none(), "{code} stands there twice");
        }
    }
    codes
}

#[tokio::test(flavor = "multi_thread")]
async fn the_error_table_names_every_code_with_its_status_and_no_other() {
    let app = TestApp::start().await;
    let mut table = table();
    for code in Code::ALL {
        let page = app.client.get(app.url(&format!("/problems/{code}"))).send().await.unwrap();
        let page = json_of(page, 200).await;
        let statuses = table.remove(code.as_str()).unwrap_or_else(|| panic!("{code} is not in the README"));
        assert!(statuses.contains(&page["status"].as_u64().unwrap()), "{code}: {page}");
        assert_eq!(page["retryable"], code.retryable());
    }
    assert!(table.is_empty(), "the README has codes that are none: {table:?}");
}

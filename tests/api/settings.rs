//! Settings as the program finds them in its environment and in `.env`.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    process::{Command, Output},
};

use tempfile::TempDir;

/// Runs a command that reads the settings and needs none, with a `.env` and variables of any bytes.
fn run(file: &str, vars: &[(&str, &[u8])]) -> Output {
    let folder: TempDir = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), file).unwrap();
    let vars = vars.iter().map(|(name, value)| (name, OsStr::from_bytes(value)));
    let mut command = Command::new(env!("CARGO_BIN_EXE_figurine"));
    command.arg("check").current_dir(folder.path()).env_clear().envs(vars);
    command.output().unwrap()
}

fn told(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_line_of_the_file_that_cannot_be_read_is_a_fault_and_is_not_shown() {
    assert!(run("# a remark\n\nFIGURINE_LOG=warn\n", &[]).status.success());
    let broken = ["GEMINI_API_KEY secret-of-mine\n", "GEMINI_API_KEY='secret-of-mine\n"];
    for line in broken {
        let told = told(&run(&format!("FIGURINE_LOG=warn\n{line}"), &[("FIGURINE_LISTEN", b"nowhere")]));
        assert!(told.contains(".env: what stands after FIGURINE_LOG"), "{told}");
        assert!(told.contains("FIGURINE_LISTEN:") && !told.contains("secret-of-mine"), "{told}");
    }
}

#[test]
fn bytes_that_are_no_text_are_a_fault_of_a_setting_and_nobodys_elsewhere() {
    assert!(run("", &[("LESS", b"\xff")]).status.success());
    let told = told(&run("", &[("FIGURINE_OPERATOR", b"\xff"), ("FIGURINE_LOG", b"[[")]));
    assert!(told.contains("FIGURINE_OPERATOR: is not UTF-8") && told.contains("FIGURINE_LOG: must be"), "{told}");
}

#[test]
fn limits_of_accounts_are_read_like_those_of_keys_and_told_where_one_account_can_fill_the_queue() {
    for wrong in [r#"{"in_flight":0}"#, r#"{"seats":4}"#, "64"] {
        let told = told(&run("", &[("FIGURINE_ACCOUNT_LIMITS", wrong.as_bytes())]));
        assert!(told.contains("FIGURINE_ACCOUNT_LIMITS: must be JSON of"), "{told}");
    }
    let unwise = |vars: &[(&str, &[u8])]| {
        let output = run("", vars);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().contains("unwise FIGURINE_JOBS_QUEUED")
    };
    assert!(unwise(&[("FIGURINE_JOBS_QUEUED", b"64")]));
    assert!(!unwise(&[("FIGURINE_JOBS_QUEUED", b"64"), ("FIGURINE_ACCOUNT_LIMITS", br#"{"in_flight":4}"#)]));
    assert!(!unwise(&[]));
}

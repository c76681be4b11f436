//! Finds the face model inside the published `rustface` package and puts a copy into `OUT_DIR`, so that it can be
//! embedded without lying in the repository. Sets the cfg `face_model` when that worked; without it the renderer
//! works on, without a prior for faces.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const MODEL: &str = "model/seeta_fd_frontal_v1.0.bin";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=Cargo.lock");
    println!("cargo:rustc-check-cfg=cfg(face_model)");
    if copy_model().is_some() {
        println!("cargo:rustc-cfg=face_model");
    } else {
        println!("cargo:warning=the face model of rustface was not found: faces are not looked for");
    }
}

fn copy_model() -> Option<()> {
    let target = Path::new(&env::var_os("OUT_DIR")?).join("face.bin");
    fs::copy(rustface_root()?.join(MODEL), target).ok()?;
    Some(())
}

/// The folder of the `rustface` package that this build uses.
fn rustface_root() -> Option<PathBuf> {
    from_registry().or_else(from_metadata)
}

/// Where Cargo unpacks what it downloads. It is looked at first: metadata wants the packages of tests and benchmarks too,
/// which nobody has who only builds the program.
fn from_registry() -> Option<PathBuf> {
    let lock = fs::read_to_string(Path::new(&env::var_os("CARGO_MANIFEST_DIR")?).join("Cargo.lock")).ok()?;
    let version = lock.split("name = \"rustface\"").nth(1)?.split('"').nth(1)?.to_owned();
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cargo")))?;
    let registries = fs::read_dir(home.join("registry/src")).ok()?;
    let unpacked = registries.flatten().map(|registry| registry.path().join(format!("rustface-{version}")));
    unpacked.into_iter().find(|root| root.join(MODEL).is_file())
}

/// Where packages lie elsewhere, as vendored ones do.
fn from_metadata() -> Option<PathBuf> {
    let output = Command::new(env::var_os("CARGO")?)
        .args(["metadata", "--offline", "--format-version", "1", "--filter-platform"])
        // Without the filter, packages for other systems would have to be there too.
        .arg(env::var_os("TARGET")?)
        .current_dir(env::var_os("CARGO_MANIFEST_DIR")?)
        .output()
        .ok()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    let package =
        metadata.get("packages")?.as_array()?.iter().find(|p| p.get("name").is_some_and(|n| n == "rustface"))?;
    Some(Path::new(package.get("manifest_path")?.as_str()?).parent()?.to_path_buf())
}

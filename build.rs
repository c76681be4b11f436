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

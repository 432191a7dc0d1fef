//! Tells cargo to build the binary again when the console was built again.

use std::path::Path;

fn main() -> std::io::Result<()> {
    // The folder must exist to be watched: cargo takes a missing one for one that always changed.
    std::fs::create_dir_all(Path::new("console/dist"))?;
    println!("cargo::rerun-if-changed=console/dist");
    Ok(())
}

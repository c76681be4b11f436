//! The command line of Figurine.

use std::process::ExitCode;

use clap::Parser;
use figurine::commands::Cli;
use zeroizing_alloc::ZeroAlloc;

/// Clears every block of memory when it is freed: decoders and parsers leave photos in blocks that nobody else can
/// reach to clear.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    Cli::parse().run()
}

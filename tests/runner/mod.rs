//! What runners of tests and benches say to a program that is one test by itself.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Runner {
    /// Asked by those who list tests: there is nothing to list.
    #[arg(long)]
    pub(crate) list: bool,
    #[arg(long, hide = true)]
    bench: bool,
    #[arg(long, hide = true)]
    format: Option<String>,
    #[arg(long, hide = true)]
    ignored: bool,
}

//! The log on standard error. It holds routes, ids and numbers, never what people wrote.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

use crate::config::LogFormat;

/// The log's filter cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no log filter: write levels such as `info` or `warn,support_http=debug`")]
pub(crate) struct BadFilter(String);

/// Starts logging.
pub(crate) fn start(filter: &str, format: LogFormat) -> Result<(), BadFilter> {
    let targets: Targets = filter.parse().map_err(|_| BadFilter(filter.to_owned()))?;
    let layer = fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let layer = match format {
        LogFormat::Compact => layer.compact().boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    // Only a second start in one process could fail, and then the first goes on.
    let _ = registry().with(layer.with_filter(targets)).try_init();
    Ok(())
}

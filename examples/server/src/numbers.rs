//! Numbers of the worker and of the store, beside those of the router on `/metrics`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use support_runtime::WorkerState;
use support_store_sqlite::SqliteStore;

/// Reads both where they are kept, whenever somebody asks.
struct Numbers {
    worker: Arc<WorkerState>,
    store: Arc<SqliteStore>,
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Numbers")
    }
}

impl Collector for Numbers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (worker, store) = (&self.worker, self.store.stats());
        let counters = [
            ("support_worker_ticks", "Times the worker looked for what is due", read(&worker.ticks)),
            ("support_worker_woken", "Aggregates woken because something fell due", read(&worker.woken)),
            ("support_worker_failed", "Wake-ups that failed", read(&worker.failed)),
            ("support_worker_store_failures", "Ticks that the store failed", read(&worker.store_failures)),
            ("support_store_transactions", "Transactions of the writer", store.transactions),
            ("support_store_sets", "Change sets that they wrote or refused", store.sets),
            ("support_store_retried", "Transactions run again, set by set", store.retried),
            ("support_store_checkpoints", "Times the log was written back", store.checkpoints),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        let stuck = ConstGauge::new(i64::try_from(read(&worker.stuck)).unwrap_or(i64::MAX));
        let help = "Aggregates whose wake-ups keep failing";
        stuck.encode(encoder.encode_descriptor("support_worker_stuck", help, None, stuck.metric_type())?)
    }
}

/// Makes the registry to which the router adds its own numbers.
pub(crate) fn registry(worker: Arc<WorkerState>, store: Arc<SqliteStore>) -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Numbers { worker, store }));
    registry
}

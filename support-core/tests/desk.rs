//! The desk's use-cases on the store in memory, on a clock that the tests own.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    reason = "a test may panic; the world of the tests offers more than each of them asks"
)]

#[path = "desk/world.rs"]
mod world;

#[path = "desk/absence.rs"]
mod absence;
#[path = "desk/arriving.rs"]
mod arriving;
#[path = "desk/assigning.rs"]
mod assigning;
#[path = "desk/automations.rs"]
mod automations;
#[path = "desk/backfill.rs"]
mod backfill;
#[path = "desk/bin.rs"]
mod bin;
#[path = "desk/crowds.rs"]
mod crowds;
#[path = "desk/debug.rs"]
mod debug;
#[path = "desk/documents.rs"]
mod documents;
#[path = "desk/editing.rs"]
mod editing;
#[path = "desk/effects.rs"]
mod effects;
#[path = "desk/excused.rs"]
mod excused;
#[path = "desk/fairness.rs"]
mod fairness;
#[path = "desk/faults.rs"]
mod faults;
#[path = "desk/faulty.rs"]
mod faulty;
#[path = "desk/full_queues.rs"]
mod full_queues;
#[path = "desk/insight.rs"]
mod insight;
#[path = "desk/journeys.rs"]
mod journeys;
#[path = "desk/keywords.rs"]
mod keywords;
#[path = "desk/loops.rs"]
mod loops;
#[path = "desk/macros.rs"]
mod macros;
#[path = "desk/main_job.rs"]
mod main_job;
#[path = "desk/missed.rs"]
mod missed;
#[path = "desk/names.rs"]
mod names;
#[path = "desk/offers.rs"]
mod offers;
#[path = "desk/once.rs"]
mod once;
#[path = "desk/opening.rs"]
mod opening;
#[path = "desk/people.rs"]
mod people;
#[path = "desk/queue.rs"]
mod queue;
#[path = "desk/receiving.rs"]
mod receiving;
#[path = "desk/reveal.rs"]
mod reveal;
#[path = "desk/routing.rs"]
mod routing;
#[path = "desk/scope.rs"]
mod scope;
#[path = "desk/sign_in.rs"]
mod sign_in;
#[path = "desk/tamper.rs"]
mod tamper;
#[path = "desk/time.rs"]
mod time;
#[path = "desk/withdrawn.rs"]
mod withdrawn;
#[path = "desk/writing.rs"]
mod writing;

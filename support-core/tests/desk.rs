//! The desk's use-cases on the store in memory, on a clock that the tests own.

#[path = "desk/world.rs"]
mod world;

#[path = "desk/assigning.rs"]
mod assigning;
#[path = "desk/editing.rs"]
mod editing;
#[path = "desk/main_job.rs"]
mod main_job;
#[path = "desk/opening.rs"]
mod opening;
#[path = "desk/receiving.rs"]
mod receiving;
#[path = "desk/writing.rs"]
mod writing;

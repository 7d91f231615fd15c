//! What happens when: the desk's rules on the pure core, sentence by sentence, and the laws that hold for any
//! sequence of commands.

mod asserts;
mod automation;
mod desk;
mod invariants;
mod scenario;

mod fields;
mod handling;
mod ladder;
mod laws;
mod lifecycle;
mod messages;
mod offers;
mod passed_over;
mod policy_change;
mod queue_pickup;
mod resolution;
mod responses;
mod set_aside;
mod table;
mod updates;
mod waiting;

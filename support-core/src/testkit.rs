//! What tests of a store, a host or the desk itself need: records that are quick to write, ids that are the same in
//! every run, and the conformance suite that makes a store a store.
//!
//! A store's author runs the whole suite with one line, given a function that opens an empty store:
//!
//! ```
//! use support_core::store::MemoryStore;
//!
//! async fn fresh() -> Box<MemoryStore> {
//!     Box::new(MemoryStore::new())
//! }
//!
//! support_core::store_conformance!(fresh);
//! ```
//!
//! Attributes before the function reach every test: `#[ignore = "needs a database"]` shows as ignored, never green.
//! There are no flags for what a store cannot do: one that cannot pass is not a store.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "tests say what they expect by panicking"
)]

pub mod build;
pub mod cases;
pub mod corpus;
pub mod crowd;
pub mod full;
mod gate;
mod ids;
pub mod model;
mod story;
mod vault;

pub use gate::Gate;
pub use ids::{Dice, SeededIds};
pub use story::{Story, a_ticket};
pub use vault::MemoryVault;

use std::future::Future;

use crate::id::TenantId;
use crate::people::Scope;

/// Returns the scope of the desk itself, which outside of tests only the core can make.
#[must_use]
pub const fn system_scope(tenant: TenantId) -> Scope {
    Scope::system(tenant)
}

/// Waits for a future on this thread. A store's futures belong to no runtime, so its tests need none.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    pollster::block_on(future)
}

/// Makes a test of every case of the conformance suite, each with a store of its own.
///
/// Takes the path of an `async fn` without arguments that opens an empty store, in anything that derefs to it.
#[macro_export]
macro_rules! store_conformance {
    ($(#[$attribute:meta])* $fresh:path) => { $crate::store_conformance! { @each [$(#[$attribute])*] $fresh;
        commit_then_read_returns_the_same_value
        empty_fields_are_read_as_empty
        a_replaced_record_leaves_nothing_behind
        extreme_values_survive
        numbers_survive_to_the_last_bit
        load_answers_in_the_order_of_the_keys
        records_are_found_by_their_other_names
        an_unverified_address_identifies_nobody
        an_emptied_text_keeps_its_identity
        writing_an_agents_state_keeps_the_load
        versions_of_a_document_stay_readable
        the_epoch_grows_with_every_document
        uses_of_a_document_add_up
        a_set_is_held_to_how_often_a_document_was_used
        a_receipt_is_read_as_it_was_written
        a_stale_revision_conflicts_and_writes_nothing
        absent_means_absent
        nothing_stands_at_no_revision
        a_record_may_keep_its_revision
        a_version_of_a_document_is_written_once
        a_set_is_atomic_and_fails_alone
        later_sets_see_earlier_ones
        checks_come_in_their_order
        the_first_conflict_is_named
        what_belongs_to_a_ticket_needs_it
        no_other_reference_is_checked
        what_cannot_be_written_is_misuse
        tenants_share_nothing
        deltas_add_up
        a_load_stays_within_its_limit
        a_load_stops_at_zero
        the_last_assignment_moves_forwards_only
        a_delta_needs_the_agents_state
        a_value_that_is_held_is_taken
        a_change_meets_unique_values_too
        a_value_given_up_is_free
        values_that_are_not_the_same_do_not_meet
        a_repeated_receipt_answers_the_first
        a_refused_command_holds_no_receipt
        a_lease_has_one_holder_and_changes_hands_at_its_end
        a_renewal_keeps_the_fence
        only_the_newest_fence_writes
        events_are_read_as_they_were_written
        events_take_the_next_places_of_their_streams
        resuming_from_any_cursor_gives_the_rest
        the_end_of_the_log_is_where_later_events_follow
        a_reader_at_the_end_finds_what_comes_later
        a_reader_passes_what_it_does_not_see
        a_foreign_cursor_is_misuse
        the_hash_chain_verifies_from_genesis
        the_log_is_filtered_by_audience
        a_stream_is_read_by_those_who_see_its_ticket
        concurrent_commits_never_hide_an_event
        one_of_many_rivals_wins
        deltas_of_many_writers_add_up
        a_command_that_arrives_many_times_is_done_once
        every_sight_sees_its_part_of_every_kind
        other_names_are_under_the_same_scope
        every_list_is_under_the_scope
        a_filter_never_widens_the_scope
        sight_follows_the_ticket_as_it_is_now
        pages_are_complete_and_in_order
        a_page_goes_on_where_its_item_was
        a_limit_out_of_range_is_misuse
        messages_and_conversations_of_a_ticket
        a_stream_comes_in_order
        assignments_are_found_by_what_they_name
        offers_are_found_by_ticket_and_by_who_is_asked
        agents_and_their_states_are_listed
        customers_are_found_by_how_they_begin
        documents_are_listed_at_their_newest_version
        journeys_that_were_begun_are_listed_by_customer
        sessions_and_outbox_rows_are_listed
        lists_bring_along_what_they_name
        filters_find_what_they_say
        filters_follow_a_change
        tickets_are_found_by_all_words_in_one_text
        customers_do_not_find_by_internal_texts
        an_emptied_text_is_not_found
        a_later_entry_replaces_the_one_before
        a_text_is_read_by_exactly_the_words_of_its_entry
        the_longest_overdue_comes_first
        every_tenant_is_named
        more_that_is_due_is_not_forgotten
        a_wake_up_moves_with_its_record
        a_scan_gives_the_waiting_tickets
        a_commit_wakes_those_who_wait
        a_waiting_reader_is_woken
        announcing_wakes_those_who_wait
        a_credential_names_an_agent_or_a_customer
        an_agent_acts_with_role_and_teams
        the_deactivated_and_the_blocked_are_nobody
        a_password_is_always_compared
        a_session_names_its_subject_until_it_ends
    } };
    (@each $attributes:tt $fresh:path; $($case:ident)*) => {
        $($crate::store_conformance! { @one $attributes $fresh; $case })*
    };
    (@one [$($attribute:tt)*] $fresh:path; $case:ident) => {
        #[test]
        $($attribute)*
        fn $case() {
            $crate::testkit::block_on(async {
                let store = $fresh().await;
                $crate::testkit::cases::$case(&*store).await;
            });
        }
    };
}

#[cfg(test)]
mod tests {
    use super::full::full_records;
    use crate::store::Record;

    /// A case that stands in no list would never run.
    #[test]
    fn every_case_is_in_the_list() {
        let listed = include_str!("testkit.rs");
        let files = [
            include_str!("testkit/cases/commits.rs"),
            include_str!("testkit/cases/counters.rs"),
            include_str!("testkit/cases/due.rs"),
            include_str!("testkit/cases/filters.rs"),
            include_str!("testkit/cases/leases.rs"),
            include_str!("testkit/cases/lists.rs"),
            include_str!("testkit/cases/log.rs"),
            include_str!("testkit/cases/offers.rs"),
            include_str!("testkit/cases/records.rs"),
            include_str!("testkit/cases/scopes.rs"),
            include_str!("testkit/cases/sign_in.rs"),
            include_str!("testkit/cases/together.rs"),
            include_str!("testkit/cases/uniques.rs"),
            include_str!("testkit/cases/words.rs"),
        ];
        let modules =
            include_str!("testkit/cases.rs").lines().filter(|line| line.starts_with("mod ")).count();
        assert_eq!(files.len(), modules);
        for name in files.iter().flat_map(|file| file.split("pub async fn ").skip(1)) {
            let name = name.split('(').next().unwrap();
            assert!(listed.lines().any(|line| line.trim() == name), "{name} is in no list");
        }
    }

    #[test]
    fn full_records_leave_no_field_empty() {
        for record in full_records() {
            let json = match &record {
                Record::Ticket(value) => serde_json::to_value(value),
                Record::Conversation(value) => serde_json::to_value(value),
                Record::Message(value) => serde_json::to_value(value),
                Record::Text(value) => serde_json::to_value(value),
                Record::Assignment(value) => serde_json::to_value(value),
                Record::Customer(value) => serde_json::to_value(value),
                Record::Agent(value) => serde_json::to_value(value),
                Record::AgentState(value) => serde_json::to_value(value),
                Record::Document(value) => serde_json::to_value(value),
                _ => continue,
            };
            let json = json.unwrap();
            let mut parts: Vec<(&String, &serde_json::Value)> = json.as_object().unwrap().iter().collect();
            parts.extend(json.get("derived").and_then(|derived| derived.as_object()).into_iter().flatten());
            for (field, value) in parts {
                let empty =
                    ["null", "false", "0", "0.0", "\"\"", "[]", "{}"].contains(&value.to_string().as_str());
                assert!(!empty, "{field} of {record:?}");
            }
        }
    }
}

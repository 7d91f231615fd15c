//! What only time and the customer move: reopening and closing, giving up, snooze; and what closed still takes.

use crate::config::Settings;
use crate::event::Event;
use crate::people::{ActorKind, ActorRef};
use crate::ticket::command::{Edit, OwnerStanding};
use crate::ticket::{Command, Priority, SetAsideKind, Status, StatusCause};

use super::desk::{ANA, BEN, DAY, HOUR, OTHER_TICKET, label, minute};
use super::lifecycle::{at_status, last_cause};
use super::scenario::{Scenario, desk};
use Status::{Assigned, Closed, InProgress, OnHold, Open, Pending, Resolved};

#[test]
fn resolved_closes_by_itself_after_the_reopen_window() {
    let mut scenario = at_status(Resolved);
    scenario.at(7 * DAY - 1).saw(&[]).status(Resolved);
    scenario.at(7 * DAY).saw(&["ticket.status_changed"]).status(Closed);
    assert_eq!(last_cause(&scenario), StatusCause::AutoClose);
    let settings = Settings { reopen_window_seconds: 3_600, ..Settings::default() };
    let mut scenario = desk();
    scenario.set_settings(&settings).open().move_to(Resolved).at(59).status(Resolved).at(60).status(Closed);
}

#[test]
fn inside_the_window_a_customers_message_reopens_to_the_owner_if_available() {
    let mut scenario = at_status(Assigned);
    scenario.move_to(Resolved).at(7 * DAY - 1).customer_writes().status(InProgress).owner(Some(ANA));
    assert_eq!(scenario.ticket().reopened_count, 1);
    scenario.at(30 * DAY).status(InProgress);
}

#[test]
fn inside_the_window_a_message_reopens_to_the_queue_with_its_age_if_the_owner_is_not_available() {
    for standing in [OwnerStanding::Absent, OwnerStanding::Gone] {
        let mut scenario = at_status(Assigned);
        scenario.move_to(Resolved).at(5 * HOUR);
        // The mail was three minutes on its way.
        scenario.receive(standing, |message| message.sent_at = minute(5 * HOUR - 3));
        scenario.status(Open).owner(None);
        assert_eq!(scenario.ticket().work.since, minute(5 * HOUR - 3));
        assert!(scenario.ticket().is_waiting());
    }
}

#[test]
fn after_the_window_a_message_opens_a_follow_up() {
    let mut scenario = at_status(Resolved);
    scenario.at(8 * DAY).customer_writes().refused("ticket_closed");
}

#[test]
fn after_the_window_a_message_opens_a_follow_up_even_where_the_worker_slept() {
    let mut scenario = at_status(Resolved);
    scenario.worker_asleep_until(7 * DAY).customer_writes().refused("ticket_closed");
    scenario.move_to(Open).refused("ticket_closed");
    scenario.reply(ANA).refused("ticket_closed");
    // What a closed ticket takes, it takes after it has closed.
    scenario.note(ANA).saw(&["ticket.status_changed", "message.added"]).status(Closed);
}

#[test]
fn a_follow_up_is_linked() {
    let mut scenario = desk();
    scenario.open_as(|open| open.follow_up_of = Some(OTHER_TICKET));
    assert_eq!(scenario.ticket().follow_up_of, Some(OTHER_TICKET));
}

#[test]
fn thanks_never_reopen() {
    at_status(Resolved).customer_thanks().saw(&["message.added"]).status(Resolved);
}

#[test]
fn automatic_replies_and_third_parties_never_reopen() {
    for status in [Pending, OnHold, Resolved] {
        let mut scenario = at_status(status);
        scenario.automatic_reply_arrives().saw(&["message.added"]).status(status);
        scenario.receive(OwnerStanding::Available, |message| {
            message.author = ActorRef { kind: ActorKind::ThirdParty, id: None };
        });
        scenario.saw(&["message.added"]).status(status);
        scenario.bot_writes().saw(&["message.added"]).status(status);
    }
}

#[test]
fn no_response_is_off_by_default() {
    at_status(Pending).at(365 * DAY).saw(&[]).status(Pending);
}

fn gives_up_after_a_week() -> Scenario {
    let mut scenario = desk();
    let settings = Settings { pending_resolve_seconds: Some(7 * 86_400), ..Settings::default() };
    scenario.set_settings(&settings).open().assign(ANA);
    scenario
}

#[test]
fn pending_without_a_response_resolves_where_it_is_set() {
    let mut scenario = gives_up_after_a_week();
    scenario.reply(ANA).at(7 * DAY - 1).status(Pending).at(7 * DAY).status(Resolved);
    assert_eq!(last_cause(&scenario), StatusCause::NoResponse);
    assert_eq!(scenario.ticket().resolution_code, Some(label("no_response")));
    scenario.at(14 * DAY).status(Closed);
}

#[test]
fn the_wait_for_a_response_counts_from_when_the_ticket_became_pending() {
    let mut scenario = gives_up_after_a_week();
    scenario.at(10 * DAY).move_to(Pending).at(11 * DAY).saw(&[]).status(Pending);
    scenario.at(17 * DAY).status(Resolved);
}

#[test]
fn another_reply_asks_the_customer_anew_and_a_note_does_not() {
    let mut scenario = gives_up_after_a_week();
    scenario.reply(ANA).at(3 * DAY).reply(ANA).at(4 * DAY).note(BEN).automatic_reply_arrives();
    scenario.at(10 * DAY - 1).status(Pending).at(10 * DAY).status(Resolved);
}

fn reminds_after_three_days() -> Scenario {
    let mut scenario = desk();
    let settings = Settings {
        pending_reminder_seconds: Some(3 * 86_400),
        pending_resolve_seconds: Some(7 * 86_400),
        ..Settings::default()
    };
    scenario.set_settings(&settings).open().assign(ANA);
    scenario
}

#[test]
fn a_pending_ticket_is_reminded_of_once_at_its_instant_where_it_is_set() {
    let mut scenario = reminds_after_three_days();
    scenario.at(5).reply(ANA).at(3 * DAY + 4).saw(&[]).at(3 * DAY + 5).saw(&["ticket.reminder_reached"]);
    let Event::TicketReminderReached { since, after_seconds } = scenario.events.last().unwrap().event else {
        panic!("the reminder is the last event");
    };
    assert_eq!((since, after_seconds), (minute(5), 3 * 86_400));
    assert_eq!(scenario.ticket().reminded_at, Some(minute(3 * DAY + 5)));
    scenario.status(Pending).at(7 * DAY + 4).saw(&[]).at(7 * DAY + 5).status(Resolved);
    at_status(Pending).at(365 * DAY).saw(&[]);
}

#[test]
fn each_wait_for_the_customer_has_its_own_reminder() {
    let mut scenario = reminds_after_three_days();
    scenario.reply(ANA).at(3 * DAY).at(4 * DAY).customer_writes().status(InProgress);
    assert_eq!(scenario.ticket().reminded_at, None);
    scenario.at(5 * DAY).reply(ANA).at(8 * DAY - 1).saw(&[]).at(8 * DAY).saw(&["ticket.reminder_reached"]);
    // Another answer asks anew; a note does not.
    scenario.at(9 * DAY).note(BEN).reply(ANA).at(12 * DAY).saw(&["ticket.reminder_reached"]).status(Pending);
    assert_eq!(scenario.count("ticket.reminder_reached"), 3);
}

#[test]
fn who_answers_in_time_or_was_given_up_meanwhile_is_not_reminded() {
    let mut scenario = reminds_after_three_days();
    scenario.reply(ANA).at(3 * DAY - 1).customer_writes().at(6 * DAY).status(InProgress);
    assert_eq!(scenario.count("ticket.reminder_reached"), 0);
    let mut scenario = reminds_after_three_days();
    scenario.reply(ANA).worker_asleep_until(8 * DAY).system(&[Command::Wake]).status(Resolved);
    assert_eq!(scenario.count("ticket.reminder_reached"), 0);
    let mut scenario = reminds_after_three_days();
    scenario.reply(ANA).set_aside(SetAsideKind::Spam).at(6 * DAY).saw(&[]);
}

#[test]
fn snooze_ends_at_its_time() {
    let mut scenario = at_status(Assigned);
    scenario.snooze_until(90).saw(&["ticket.snoozed"]).status(Assigned);
    assert_eq!(scenario.ticket().units(), 0);
    scenario.at(89).saw(&[]).at(90).saw(&["ticket.woken"]);
    assert_eq!((scenario.ticket().snoozed_until, scenario.ticket().units()), (None, 1));
}

#[test]
fn snooze_ends_on_a_customers_message() {
    let mut scenario = at_status(Assigned);
    scenario.snooze_until(90).at(10).note(BEN).automatic_reply_arrives().saw(&["message.added"]);
    scenario.customer_writes().saw(&["message.added", "ticket.woken"]);
    scenario.at(DAY).saw(&[]);
}

#[test]
fn snooze_needs_a_future_and_open_work() {
    at_status(Assigned).at(10).snooze_until(10).refused("until");
    at_status(Resolved).snooze_until(90).refused("ticket_resolved");
    let mut scenario = at_status(Assigned);
    scenario.snooze_until(90).snooze_until(90).saw(&[]).move_to(Resolved);
    assert_eq!(scenario.ticket().snoozed_until, None);
}

#[test]
fn a_snoozed_ticket_that_is_given_up_is_not_snoozed_any_more() {
    let mut scenario = gives_up_after_a_week();
    scenario.reply(ANA).snooze_until(20 * DAY).at(7 * DAY).status(Resolved);
    assert_eq!(scenario.ticket().snoozed_until, None);
}

#[test]
fn closed_takes_notes_and_tags() {
    let mut scenario = at_status(Closed);
    scenario.note(ANA).saw(&["message.added"]);
    let tag = Edit { add_tags: vec![label("vip")], ..Default::default() };
    scenario.edit(tag).saw(&["ticket.tags_changed"]).status(Closed);
}

#[test]
fn closed_keeps_what_reopens_nothing_and_stays_as_it_is() {
    for slept in [false, true] {
        let mut scenario = at_status(if slept { Resolved } else { Closed });
        scenario.worker_asleep_until(7 * DAY).automatic_reply_arrives().status(Closed);
        scenario.customer_thanks().saw(&["message.added"]).status(Closed);
        let ticket = scenario.ticket();
        assert_eq!((ticket.unanswered_since, ticket.reopened_count), (None, 0));
        assert!(scenario.messages.iter().skip(1).all(|message| !message.asks));
    }
}

#[test]
fn closed_takes_no_public_message_and_no_other_change() {
    let mut scenario = at_status(Closed);
    scenario.reply(ANA).refused("ticket_closed");
    scenario.chat(ANA).refused("ticket_closed");
    scenario.customer_writes().refused("ticket_closed");
    scenario.assign(ANA).refused("ticket_closed");
    scenario.escalate(None).refused("ticket_closed");
    scenario.prioritise(Priority::High).refused("ticket_closed");
    scenario.snooze_until(90).refused("ticket_resolved");
    assert_eq!(scenario.ticket().version, 3);
}

//! Messages: who answered what, crossing, and what becomes of what was sent.

use crate::conversation::{Delivery, Direction};
use crate::event::Event;
use crate::people::ActorRef;
use crate::ticket::command::OwnerStanding;
use crate::ticket::{Command, Participant, ParticipantRole, Status};

use super::desk::{ANA, BEN, CUSTOMER, HOUR, minute};
use super::scenario::{Scenario, desk};

fn opened() -> Scenario {
    let mut scenario = desk();
    scenario.open();
    scenario
}

#[test]
fn the_ticket_knows_its_newest_and_its_oldest_unanswered_message() {
    let mut scenario = opened();
    scenario.at(10).customer_writes().at(20).note(BEN);
    let ticket = scenario.ticket();
    assert_eq!(ticket.unanswered_since, Some(minute(0)));
    assert_eq!(ticket.last_customer_message_at, Some(minute(10)));
    assert_eq!(ticket.last_message_at, Some(minute(20)));
    assert_eq!(ticket.last_message_id, scenario.messages.last().map(|m| m.id));
    scenario.at(30).reply(ANA);
    assert_eq!(scenario.ticket().unanswered_since, None);
    assert_eq!(scenario.ticket().first_responded_at, Some(minute(30)));
    scenario.at(40).reply(ANA);
    assert_eq!(scenario.ticket().first_responded_at, Some(minute(30)));
}

#[test]
fn a_reply_that_crossed_a_newer_message_is_not_sent() {
    let mut scenario = opened();
    let seen = scenario.messages[0].id;
    scenario.at(5).customer_writes();
    scenario.write(ANA, |write| write.if_last_message = Some(seen)).refused("crossed_message");
    let seen = scenario.messages[1].id;
    scenario.write(ANA, |write| write.if_last_message = Some(seen)).status(Status::Pending);
}

#[test]
fn an_answer_that_fails_makes_the_desk_owe_it_again() {
    let mut scenario = opened();
    scenario.at(10).reply(ANA).status(Status::Pending).at(20).newest_reply_fails();
    scenario.status(Status::InProgress).owner(Some(ANA));
    assert_eq!(scenario.ticket().unanswered_since, Some(minute(0)));
    assert_eq!(scenario.ticket().first_responded_at, None);
}

#[test]
fn an_answer_that_fails_after_a_later_one_was_sent_changes_no_wait() {
    let mut scenario = opened();
    scenario.at(10).reply(ANA).at(15).reply(ANA);
    let first = scenario.messages[1].clone();
    scenario.report(first, Delivery::Failed).saw(&["message.delivery_changed"]).status(Status::Pending);
    assert_eq!(scenario.ticket().unanswered_since, None);
}

#[test]
fn a_note_or_a_bots_message_that_fails_gives_nothing_back() {
    let mut scenario = opened();
    scenario.at(10).reply(ANA).at(20).bot_writes().newest_reply_fails();
    scenario.saw(&["message.delivery_changed"]).status(Status::Pending);
}

#[test]
fn a_delivery_status_never_goes_back() {
    let mut scenario = opened();
    scenario.reply(ANA);
    let sent = |scenario: &Scenario| scenario.messages[1].clone();
    let message = sent(&scenario);
    scenario.report(message, Delivery::Delivered).saw(&["message.delivery_changed"]);
    let message = sent(&scenario);
    scenario.report(message, Delivery::Sent).saw(&[]);
    let message = sent(&scenario);
    scenario.report(message, Delivery::Failed).saw(&[]);
    let inbound = scenario.messages[0].clone();
    scenario.report(inbound, Delivery::Failed).saw(&[]);
}

#[test]
fn what_was_sent_later_than_it_arrived_counts_as_sent_when_it_arrived() {
    let mut scenario = opened();
    scenario.at(10).reply(ANA).at(HOUR);
    scenario.receive(OwnerStanding::Available, |message| message.sent_at = minute(9_999));
    assert_eq!(scenario.ticket().work.since, minute(HOUR));
    assert_eq!(scenario.messages.last().unwrap().sent_at, minute(HOUR));
    // Nor does a forged date give it an age beyond the ticket's.
    scenario.reply(ANA).receive(OwnerStanding::Available, |message| message.sent_at = minute(-9_999));
    assert_eq!(scenario.ticket().work.since, minute(0));
}

#[test]
fn adding_a_participant_is_an_event_once() {
    let mut scenario = opened();
    let participant = Participant { party: ActorRef::agent(BEN), role: ParticipantRole::Follower };
    scenario.system(&[Command::AddParticipant(participant)]).saw(&["participant.added"]);
    scenario.system(&[Command::AddParticipant(participant)]).saw(&[]);
    assert_eq!(scenario.ticket().followers(), [BEN]);
}

#[test]
fn an_agent_who_held_a_ticket_stays_a_follower() {
    let mut scenario = opened();
    scenario.assign(ANA).assign(BEN).return_to_queue();
    assert_eq!(scenario.ticket().followers(), [ANA, BEN]);
}

#[test]
fn staff_write_down_what_the_customer_said() {
    let mut scenario = desk();
    let mut open = scenario.opening();
    open.message = scenario.message(ActorRef::customer(CUSTOMER), Direction::Inbound);
    scenario.run(ActorRef::agent(ANA), &[Command::Open(Box::new(open))]).status(Status::New);
    assert_eq!(scenario.ticket().unanswered_since, Some(minute(0)));
}

#[test]
fn time_never_runs_backwards_in_a_ticket() {
    let mut scenario = opened();
    scenario.at(10).assign(ANA).worker_asleep_until(5).customer_writes();
    assert_eq!(scenario.ticket().updated_at, minute(10));
}

#[test]
fn what_is_not_a_ticket_yet_can_only_be_opened() {
    let mut scenario = desk();
    scenario.wake();
    assert!(matches!(scenario.refusal.take(), Some(crate::Error::NotFound(_))));
    scenario.open();
    let open = scenario.opening();
    scenario.system(&[Command::Open(Box::new(open))]).refused("ticket_exists");
}

#[test]
fn a_command_that_is_refused_takes_those_before_it_along() {
    let mut scenario = opened();
    let events = scenario.events.len();
    let wake = Command::Snooze(Some(minute(-1)));
    let participant = Participant { party: ActorRef::agent(BEN), role: ParticipantRole::Follower };
    scenario.system(&[Command::AddParticipant(participant), wake]).refused("until");
    assert_eq!((scenario.events.len(), scenario.ticket().participants.len()), (events, 0));
}

#[test]
fn every_event_names_team_and_owner_before_and_after() {
    let mut scenario = opened();
    scenario.assign(ANA).assign(BEN);
    let assigned = scenario.events.iter().filter(|e| matches!(e.event, Event::TicketAssigned { .. }));
    let owners: Vec<_> = assigned.map(|e| (e.audience.assignee_before, e.audience.assignee_after)).collect();
    assert_eq!(owners, [(None, Some(ANA)), (Some(ANA), Some(BEN))]);
}

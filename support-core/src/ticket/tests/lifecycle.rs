//! The section "Lifecycle": what moves a status, and what does not.

use crate::event::Event;
use crate::people::{ActorKind, ActorRef};
use crate::routing::AssignHow;
use crate::ticket::command::OwnerStanding;
use crate::ticket::{Status, StatusCategory, StatusCause};

use super::desk::{ANA, BEN, CUSTOMER, minute};
use super::scenario::{Scenario, desk};
use Status::{Assigned, Closed, InProgress, New, OnHold, Open, Pending, Resolved};

fn opened() -> Scenario {
    let mut scenario = desk();
    scenario.open();
    scenario
}

/// A ticket that stands at `status` by the shortest way.
pub(super) fn at_status(status: Status) -> Scenario {
    let mut scenario = opened();
    match status {
        New => &mut scenario,
        Assigned => scenario.assign(ANA),
        InProgress => scenario.assign(ANA).move_to(InProgress),
        Open | Pending | OnHold | Resolved | Closed => scenario.move_to(status),
    };
    scenario.status(status);
    scenario
}

pub(super) fn last_cause(scenario: &Scenario) -> StatusCause {
    let cause = |event: &Event| match event {
        Event::TicketStatusChanged { cause, .. } => Some(*cause),
        _ => None,
    };
    scenario.latest().filter_map(cause).last().unwrap()
}

#[test]
fn the_categories_are_open_pending_and_closed() {
    for status in [New, Open, Assigned, InProgress] {
        assert_eq!(status.category(), StatusCategory::Open);
    }
    for status in [Pending, OnHold] {
        assert_eq!(status.category(), StatusCategory::Pending);
    }
    for status in [Resolved, Closed] {
        assert_eq!(status.category(), StatusCategory::Closed);
    }
    let wire: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
    assert_eq!(wire, ["new", "open", "assigned", "in_progress", "pending", "on_hold", "resolved", "closed"]);
}

#[test]
fn a_customers_ticket_begins_new() {
    opened().saw(&["ticket.created", "message.added"]).status(New).owner(None);
}

#[test]
fn desk_writes_first_starts_pending() {
    desk().open_outbound(ANA).status(Pending);
}

#[test]
fn an_owner_who_is_set_makes_it_assigned() {
    for status in [New, Open] {
        at_status(status).assign(ANA).saw(&["ticket.assigned", "ticket.status_changed"]).status(Assigned);
    }
    for status in [Pending, OnHold, Resolved] {
        at_status(status).assign(ANA).saw(&["ticket.assigned"]).status(status);
    }
}

#[test]
fn an_owner_who_is_removed_makes_it_open() {
    for status in [Assigned, InProgress] {
        at_status(status).assign_as(None, None, AssignHow::Reassign).status(Open).owner(None);
    }
}

#[test]
fn another_owner_leaves_the_status() {
    for status in [Assigned, InProgress] {
        at_status(status).assign(BEN).saw(&["ticket.assigned"]).status(status).owner(Some(BEN));
    }
}

#[test]
fn live_the_owners_first_public_message_makes_it_in_progress() {
    let mut scenario = at_status(Assigned);
    scenario.note(ANA).status(Assigned);
    scenario.chat(BEN).status(Assigned);
    scenario.chat(ANA).status(InProgress);
    scenario.chat(ANA).saw(&["message.added"]).status(InProgress);
}

#[test]
fn live_an_agents_message_changes_nothing_else() {
    for status in [InProgress, Pending, OnHold, Resolved] {
        let mut scenario = at_status(status);
        scenario.assign(ANA).chat(ANA).status(status);
    }
}

#[test]
fn a_public_reply_on_an_asynchronous_channel_makes_it_pending() {
    for status in [Assigned, InProgress] {
        at_status(status).reply(ANA).status(Pending).owner(Some(ANA));
        at_status(status).reply(BEN).status(Pending).owner(Some(ANA));
    }
}

#[test]
fn who_answers_waiting_work_has_taken_it() {
    for status in [New, Open] {
        at_status(status)
            .reply(ANA)
            .saw(&["ticket.assigned", "ticket.status_changed", "message.added", "ticket.status_changed"])
            .status(Pending)
            .owner(Some(ANA));
    }
}

#[test]
fn a_reply_carries_another_status_in_the_same_commit() {
    for to in [InProgress, OnHold, Resolved, Closed, Pending] {
        let mut scenario = at_status(Assigned);
        scenario.reply_with(ANA, to).status(to);
    }
    at_status(Assigned).reply_with(ANA, Assigned).saw(&["message.added"]).status(Assigned);
}

#[test]
fn a_reply_that_says_open_leaves_open_work_with_its_owner() {
    for status in [Assigned, InProgress] {
        at_status(status).reply_with(ANA, Open).saw(&["message.added"]).status(status);
    }
    let mut scenario = at_status(Assigned);
    scenario.reply(ANA).reply_with(ANA, Open).status(Assigned).owner(Some(ANA));
}

#[test]
fn a_reply_leaves_on_hold_and_resolved_as_they_are() {
    for status in [OnHold, Resolved] {
        let mut scenario = at_status(status);
        scenario.assign(ANA).reply(ANA).status(status);
    }
}

#[test]
fn notes_move_nothing() {
    for status in [New, Open, Assigned, InProgress, Pending, OnHold, Resolved, Closed] {
        at_status(status).note(ANA).saw(&["message.added"]).status(status);
    }
}

#[test]
fn a_side_conversation_moves_nothing() {
    for status in [New, Assigned, InProgress, Pending, OnHold] {
        let mut scenario = at_status(status);
        let owner = scenario.ticket().assigned_to;
        scenario.write(ANA, |write| write.message.conversation_id = Some(super::desk::SIDE));
        scenario.saw(&["message.added"]).status(status).owner(owner);
        scenario.receive(OwnerStanding::Available, |message| {
            message.conversation_id = Some(super::desk::SIDE);
            message.author = ActorRef { kind: ActorKind::ThirdParty, id: None };
        });
        scenario.saw(&["message.added"]).status(status);
    }
}

#[test]
fn automatic_words_of_an_agent_move_nothing() {
    for status in [New, Assigned, InProgress] {
        at_status(status)
            .write(ANA, |write| write.message.automatic = true)
            .saw(&["message.added"])
            .status(status);
    }
}

#[test]
fn a_customers_message_in_pending_or_on_hold_makes_it_in_progress() {
    for status in [Pending, OnHold] {
        let mut scenario = at_status(status);
        scenario.assign(ANA).customer_writes().status(InProgress).owner(Some(ANA));
        assert_eq!(last_cause(&scenario), StatusCause::CustomerMessage);
        at_status(status).customer_writes().status(Open).owner(None);
    }
}

#[test]
fn a_customers_message_outside_resolved_stays_with_an_owner_who_is_away_and_not_with_one_who_is_gone() {
    for status in [Assigned, InProgress, Pending, OnHold] {
        let mut scenario = at_status(status);
        scenario.assign(ANA).receive(OwnerStanding::Absent, |_| {}).owner(Some(ANA));
        scenario.receive(OwnerStanding::Gone, |_| {}).status(Open).owner(None);
    }
}

#[test]
fn an_owner_who_is_missing_loses_what_the_customer_answers() {
    for status in [Assigned, InProgress, Pending, OnHold, Resolved] {
        let mut scenario = at_status(status);
        scenario
            .assign(ANA)
            .receive(OwnerStanding::Missing { substitute: None }, |_| {})
            .status(Open)
            .owner(None);
        let how = scenario.events.iter().rev().find_map(|envelope| match &envelope.event {
            Event::TicketAssigned { how, .. } => Some(*how),
            _ => None,
        });
        assert_eq!(how, Some(AssignHow::Absent));
        assert!(scenario.ticket().is_waiting());
    }
    let mut scenario = at_status(Pending);
    scenario
        .assign(ANA)
        .receive(OwnerStanding::Missing { substitute: None }, |message| message.automatic = true)
        .owner(Some(ANA));
}

#[test]
fn who_stands_in_for_a_missing_owner_gets_what_the_customer_answers() {
    for status in [Assigned, InProgress, Pending, OnHold, Resolved] {
        let mut scenario = at_status(status);
        let standing = OwnerStanding::Missing { substitute: Some(BEN) };
        scenario.assign(ANA).receive(standing, |_| {}).owner(Some(BEN));
        assert_eq!(scenario.ticket().status.category(), crate::ticket::StatusCategory::Open);
        assert_eq!(scenario.ticket().work.sticky, None);
    }
}

#[test]
fn a_customers_message_leaves_open_work_as_it_is() {
    for status in [New, Open, Assigned, InProgress] {
        at_status(status).customer_writes().saw(&["message.added"]).status(status);
    }
}

#[test]
fn by_hand_any_ticket_that_is_not_closed_goes_where_it_is_said() {
    for from in [New, Open, Assigned, InProgress, Pending, OnHold, Resolved] {
        for to in [Pending, OnHold, Resolved, Closed] {
            at_status(from).move_to(to).status(to);
        }
        at_status(from).move_to(from).saw(&[]);
    }
}

#[test]
fn closing_records_resolved_then_closed() {
    for from in [New, Assigned, Pending, OnHold] {
        let mut scenario = at_status(from);
        scenario.move_to(Closed).saw(&["ticket.status_changed", "ticket.status_changed"]);
        let ticket = scenario.ticket();
        assert_eq!((ticket.resolved_at, ticket.closed_at), (Some(minute(0)), Some(minute(0))));
    }
    at_status(Resolved).move_to(Closed).saw(&["ticket.status_changed"]);
}

#[test]
fn assigned_and_in_progress_without_an_owner_are_invalid() {
    for from in [New, Open, Pending, OnHold, Resolved] {
        for to in [Assigned, InProgress] {
            at_status(from).move_to(to).refused("owner_missing").status(from);
        }
    }
}

#[test]
fn nothing_goes_back_to_new() {
    for from in [Open, Assigned, InProgress, Pending, OnHold, Resolved] {
        at_status(from).move_to(New).refused("status_unreachable");
    }
}

#[test]
fn open_on_resolved_reopens() {
    let mut scenario = at_status(Resolved);
    scenario.move_to(Open).status(Open);
    assert_eq!((scenario.ticket().reopened_count, scenario.ticket().resolved_at), (1, None));
    let mut scenario = at_status(Assigned);
    scenario.move_to(Resolved).move_to(Open).status(Assigned).owner(Some(ANA));
    assert_eq!(scenario.ticket().reopened_count, 1);
}

#[test]
fn open_by_hand_changes_no_work_that_somebody_has() {
    for status in [Assigned, InProgress] {
        at_status(status).move_to(Open).refused("owner_present").status(status);
    }
}

#[test]
fn nothing_leaves_closed() {
    for to in [New, Open, Assigned, InProgress, Pending, OnHold, Resolved] {
        at_status(Closed).move_to(to).refused("ticket_closed").status(Closed);
    }
}

#[test]
fn a_customer_in_copy_writes_like_the_customer() {
    let other = crate::id::CustomerId::from_uuid(uuid::Uuid::from_u128(0xc2));
    let mut scenario = at_status(Pending);
    scenario.receive(OwnerStanding::Available, |message| message.author = ActorRef::customer(other));
    scenario.status(Open);
    assert_eq!(scenario.ticket().customer_id, CUSTOMER);
}

//! `first_response` and `next_response`, sentence by sentence.

use crate::conversation::{Delivery, Direction};
use crate::people::{ActorKind, ActorRef};
use crate::sla::{EndReason, Metric, TimerState};
use crate::ticket::command::{OwnerStanding, Receive, Write};
use crate::ticket::{Command, Priority, Status};

use super::desk::{ANA, BACK, BEN, CUSTOMER, HOUR, SIDE, minute, office_hours, policy};
use super::scenario::{Scenario, desk, ticket_under};
use EndReason::{AnswerFailed, Answered, Resolved};
use Metric::{FirstResponse, NextResponse};
use TimerState::{Cancelled, Met, Missed};

/// First response 2 h, next response 1 h.
fn opened() -> Scenario {
    ticket_under(&policy(&[(FirstResponse, 120), (NextResponse, 60)]))
}

/// As above, and answered at minute 10.
fn answered() -> Scenario {
    let mut scenario = opened();
    scenario.at(10).reply(ANA);
    scenario
}

#[test]
fn first_response_runs_from_the_first_customer_message_to_the_first_public_message_of_an_agent() {
    let mut scenario = opened();
    scenario.runs(FirstResponse, 1, 120).never(NextResponse);
    scenario.at(50).reply(ANA).ended(FirstResponse, Met, Answered, 50).never(NextResponse);
    scenario.at(60).reply(BEN).saw(&["message.added"]);
}

#[test]
fn first_response_runs_from_what_an_agent_wrote_down_for_the_customer() {
    let mut scenario = desk();
    scenario.set_policy(1, &policy(&[(FirstResponse, 120)]));
    let open = scenario.opening();
    scenario.run(ActorRef::agent(ANA), &[Command::Open(Box::new(open))]).runs(FirstResponse, 1, 120);
}

#[test]
fn first_response_waits_for_a_first_message_that_a_person_wrote() {
    let mut scenario = desk();
    scenario.set_policy(1, &policy(&[(FirstResponse, 120)]));
    scenario.open_as(|open| open.message.automatic = true).never(FirstResponse);
    scenario.at(30).customer_writes().runs(FirstResponse, 1, 150);
}

#[test]
fn any_human_agent_answers() {
    let mut scenario = opened();
    scenario.assign(ANA).at(50).reply(BEN).ended(FirstResponse, Met, Answered, 50);
}

#[test]
fn an_answer_in_a_chat_answers() {
    opened().assign(ANA).at(50).chat(ANA).ended(FirstResponse, Met, Answered, 50);
}

#[test]
fn an_answer_exactly_at_the_deadline_is_in_time_and_a_second_later_is_not() {
    opened().at(120).saw(&[]).reply(ANA).ended(FirstResponse, Met, Answered, 120);
    let mut scenario = opened();
    scenario.until(minute(120).plus_seconds(1)).saw(&["sla.breached"]).reply(ANA);
    scenario.ended(FirstResponse, Missed, Answered, 120);
}

#[test]
fn response_timers_are_never_paused_by_status() {
    for status in [Status::Pending, Status::OnHold] {
        let mut scenario = opened();
        scenario.move_to(status).at(10).runs(FirstResponse, 1, 120);
        let mut scenario = answered();
        scenario.at(20).customer_writes().move_to(status).at(30).runs(NextResponse, 1, 80);
    }
}

#[test]
fn next_response_runs_from_the_oldest_unanswered_message_to_the_answer() {
    let mut scenario = answered();
    scenario.at(30).customer_writes().runs(NextResponse, 1, 90);
    scenario.at(45).reply(ANA).ended(NextResponse, Met, Answered, 15);
    scenario.at(100).customer_writes().runs(NextResponse, 2, 160);
    scenario.lived(FirstResponse, &["started", "met"]);
}

#[test]
fn later_messages_do_not_restart_it() {
    let mut scenario = opened();
    scenario.at(20).customer_writes().runs(FirstResponse, 1, 120);
    let mut scenario = answered();
    scenario.at(30).customer_writes().at(50).customer_writes().saw(&["message.added"]);
    scenario.runs(NextResponse, 1, 90).at(60).reply(ANA).ended(NextResponse, Met, Answered, 30);
}

#[test]
fn a_message_that_crosses_the_answer_in_one_commit_waits_anew() {
    let mut scenario = answered();
    scenario.at(30).customer_writes().at(40);
    let write = scenario.writing(ANA);
    let mut message = scenario.message(ActorRef::customer(CUSTOMER), Direction::Inbound);
    message.id = crate::id::MessageId::from_uuid(uuid::Uuid::from_u128(1));
    let receive = Receive { message, owner: OwnerStanding::Available, keywords: Default::default() };
    scenario.system(&[Command::Write(Box::new(write)), Command::Receive(Box::new(receive))]);
    scenario.lived(NextResponse, &["started", "met", "started"]).runs(NextResponse, 2, 100);
}

#[test]
fn notes_never_answer() {
    opened().at(10).note(ANA).runs(FirstResponse, 1, 120);
}

#[test]
fn bots_and_the_system_never_answer() {
    opened().at(10).bot_writes().runs(FirstResponse, 1, 120);
    let mut scenario = opened();
    scenario.write(ANA, |write: &mut Write| write.message.author = ActorRef::SYSTEM);
    scenario.runs(FirstResponse, 1, 120);
}

#[test]
fn automatic_and_journey_messages_never_answer() {
    let mut scenario = opened();
    scenario.write(ANA, |write| write.message.automatic = true).runs(FirstResponse, 1, 120);
}

#[test]
fn side_conversations_never_answer() {
    let mut scenario = opened();
    scenario.write(ANA, |write| write.message.conversation_id = Some(SIDE)).runs(FirstResponse, 1, 120);
    let mut scenario = answered();
    scenario.at(20).receive(OwnerStanding::Available, |message| message.conversation_id = Some(SIDE));
    scenario.never(NextResponse);
}

#[test]
fn automatic_replies_and_third_parties_ask_for_no_answer() {
    let mut scenario = answered();
    scenario.automatic_reply_arrives().never(NextResponse);
    scenario.receive(OwnerStanding::Available, |message| {
        message.author = ActorRef { kind: ActorKind::ThirdParty, id: None };
    });
    scenario.never(NextResponse);
}

#[test]
fn thanks_on_resolved_ask_for_no_answer() {
    answered().move_to(Status::Resolved).customer_thanks().never(NextResponse).status(Status::Resolved);
}

#[test]
fn desk_writes_first_has_no_first_response_and_the_customers_answer_starts_next_response() {
    let mut scenario = desk();
    scenario.set_policy(1, &policy(&[(FirstResponse, 120), (NextResponse, 60)])).open_outbound(ANA);
    scenario.never(FirstResponse).never(NextResponse);
    scenario.at(30).customer_writes().runs(NextResponse, 1, 90).never(FirstResponse);
}

#[test]
fn desk_writes_first_has_no_first_response_whoever_wrote_and_whatever_became_of_it() {
    let mut scenario = desk();
    scenario.set_policy(1, &policy(&[(FirstResponse, 120), (NextResponse, 60)]));
    let message = scenario.message(ActorRef::SYSTEM, Direction::Outbound);
    scenario.open_as(|open| {
        open.direction = Direction::Outbound;
        open.message = message;
    });
    scenario.at(30).customer_writes().runs(NextResponse, 1, 90).never(FirstResponse);
    let mut scenario = desk();
    scenario.set_policy(1, &policy(&[(FirstResponse, 120), (NextResponse, 60)])).open_outbound(ANA);
    scenario.newest_reply_fails().never(FirstResponse).at(30).customer_writes();
    scenario.runs(NextResponse, 1, 90).never(FirstResponse);
}

#[test]
fn a_message_that_fails_gives_first_response_back_its_old_start() {
    let mut scenario = answered();
    scenario.at(30).newest_reply_fails().runs(FirstResponse, 1, 120).never(NextResponse);
    scenario.at(90).reply(ANA).ended(FirstResponse, Met, Answered, 90);
}

#[test]
fn a_message_that_fails_gives_next_response_back_its_old_start() {
    let mut scenario = answered();
    scenario.at(30).customer_writes().at(40).reply(ANA).at(50).newest_reply_fails();
    scenario.runs(NextResponse, 1, 90);
    scenario.lived(NextResponse, &["started", "met", "reinstated"]);
    scenario.at(95).saw(&["sla.breached"]).reply(ANA).ended(NextResponse, Missed, Answered, 65);
}

#[test]
fn a_message_that_fails_late_is_breached_from_its_old_start() {
    let mut scenario = answered();
    scenario.at(200).newest_reply_fails().breached(FirstResponse, false).at(200).saw(&["sla.breached"]);
    scenario.runs(FirstResponse, 1, 120).breached(FirstResponse, true);
}

#[test]
fn a_message_that_fails_after_the_customer_wrote_again_gives_back_the_older_wait() {
    // The first response failed: what was taken for a next response was not one.
    let mut scenario = answered();
    scenario.at(30).customer_writes().runs(NextResponse, 1, 90).at(40).newest_reply_fails();
    scenario.runs(FirstResponse, 1, 120).ended(NextResponse, Cancelled, AnswerFailed, 10);
    scenario.at(50).reply(ANA).ended(FirstResponse, Met, Answered, 50);
    // A later answer failed: the round that began after it counts from the message that it had answered.
    let mut scenario = answered();
    scenario.at(20).customer_writes().at(30).reply(ANA).at(40).customer_writes().runs(NextResponse, 2, 100);
    scenario.at(50).newest_reply_fails().runs(NextResponse, 3, 80);
    scenario.lived(NextResponse, &["started", "met", "started", "cancelled", "started"]);
}

#[test]
fn the_last_of_several_replies_in_a_row_that_fails_gives_back_the_start_of_the_first() {
    // Whichever fails first, nothing is given back before the last of them has.
    for order in [[1, 2, 3], [3, 2, 1], [2, 3, 1]] {
        let mut scenario = opened();
        scenario.at(10).reply(ANA).at(20).reply(ANA).at(30).reply(ANA);
        for (at, nth) in [40, 50, 60].into_iter().zip(order) {
            scenario.ended(FirstResponse, Met, Answered, 10).at(at);
            let message = scenario.messages[nth].clone();
            scenario.report(message, Delivery::Failed);
        }
        scenario.runs(FirstResponse, 1, 120).never(NextResponse).status(Status::InProgress);
        assert_eq!(scenario.ticket().first_responded_at, None);
    }
    // The customer asked again between the two.
    let mut scenario = answered();
    scenario.at(20).customer_writes().at(30).reply(ANA).at(40).customer_writes().at(50).reply(ANA);
    for nth in [3, 5] {
        let message = scenario.messages[nth].clone();
        scenario.at(60).report(message, Delivery::Failed);
    }
    assert_eq!(scenario.ticket().unanswered_since, Some(minute(20)));
    scenario.runs(NextResponse, 3, 80);
}

#[test]
fn a_wait_that_was_given_back_and_settled_comes_back_with_no_later_failure() {
    let mut scenario = answered();
    scenario.at(20).newest_reply_fails().at(30).move_to(Status::Resolved).at(40).customer_writes();
    scenario.at(50).reply(ANA).at(60).newest_reply_fails();
    // The customer waits since the new question; the resolution said that nothing is owed for the first.
    assert_eq!(scenario.ticket().unanswered_since, Some(minute(40)));
    scenario.runs(FirstResponse, 2, 160);
    let mut scenario = answered();
    scenario.at(20).newest_reply_fails().at(30).move_to(Status::Resolved).at(40).move_to(Status::Open);
    scenario.reply(ANA).at(50).newest_reply_fails();
    assert_eq!(scenario.ticket().unanswered_since, None);
    // An answer that stood when the ticket was resolved left nothing to settle: should it fail, its question waits.
    for order in [[1, 3], [3, 1]] {
        let mut scenario = answered();
        scenario.move_to(Status::Resolved).at(20).customer_writes().at(30).reply(ANA);
        for nth in order {
            let message = scenario.messages[nth].clone();
            scenario.at(40).report(message, Delivery::Failed);
        }
        assert_eq!(scenario.ticket().unanswered_since, Some(minute(0)), "{order:?}");
        scenario.runs(FirstResponse, 1, 120);
    }
}

#[test]
fn a_reply_that_resolved_and_fails_was_no_answer_and_reopens_nothing() {
    let mut scenario = opened();
    scenario.at(30).reply_with(ANA, Status::Resolved).at(40).newest_reply_fails();
    scenario.status(Status::Resolved).ended(FirstResponse, Cancelled, Resolved, 40);
    // Who opens it again owes the answer since the customer asked.
    scenario.at(50).move_to(Status::Open).runs(FirstResponse, 2, 120);
}

#[test]
fn a_report_that_is_no_failure_gives_nothing_back() {
    for report in [Delivery::Sent, Delivery::Delivered, Delivery::Read, Delivery::Unknown] {
        let mut scenario = answered();
        let message = scenario.messages[1].clone();
        scenario.report(message, report).ended(FirstResponse, Met, Answered, 10);
    }
}

#[test]
fn resolved_unanswered_cancels_response_timers() {
    let mut scenario = opened();
    scenario.at(30).move_to(Status::Resolved).ended(FirstResponse, Cancelled, Resolved, 30);
    let mut scenario = answered();
    scenario.at(20).customer_writes().at(30).move_to(Status::Closed);
    scenario.ended(NextResponse, Cancelled, Resolved, 10);
}

#[test]
fn a_reply_that_resolves_answers() {
    opened().at(30).reply_with(ANA, Status::Resolved).ended(FirstResponse, Met, Answered, 30);
}

#[test]
fn a_reopen_by_the_customer_starts_a_new_wait() {
    let mut scenario = answered();
    scenario.move_to(Status::Resolved).at(100).customer_writes().runs(NextResponse, 1, 160);
    let mut scenario = opened();
    scenario.move_to(Status::Resolved).at(100).customer_writes().runs(FirstResponse, 2, 220);
    // By hand nobody waits.
    answered().move_to(Status::Resolved).at(100).move_to(Status::Open).never(NextResponse);
}

#[test]
fn transfer_reassign_snooze_and_escalate_touch_no_response_timer() {
    let mut scenario = opened();
    scenario.at(10).assign(ANA).assign(BEN).transfer(BACK).return_to_queue().escalate(None);
    scenario.snooze_until(HOUR).at(20).runs(FirstResponse, 1, 120).lived(FirstResponse, &["started"]);
    scenario.at(130).breached(FirstResponse, true);
}

#[test]
fn breached_stands_beside_the_state() {
    let mut scenario = opened();
    scenario.at(119).breached(FirstResponse, false);
    scenario.at(150).runs(FirstResponse, 1, 120).breached(FirstResponse, true);
    assert!(scenario.ticket().derived.breached);
    scenario.reply(ANA).ended(FirstResponse, Missed, Answered, 150).breached(FirstResponse, true);
    assert!(!scenario.ticket().derived.breached);
}

#[test]
fn a_breach_is_recorded_exactly_once() {
    let mut scenario = opened();
    scenario.at(150).at(300).wake().saw(&[]).reply(ANA);
    assert_eq!(scenario.count("sla.breached"), 1);
}

#[test]
fn a_breach_is_recorded_exactly_once_also_when_the_worker_slept_through_it() {
    let mut scenario = opened();
    scenario.worker_asleep_until(200).reply(ANA);
    scenario.saw(&[
        "ticket.assigned",
        "ticket.status_changed",
        "message.added",
        "ticket.status_changed",
        "sla.breached",
        "sla.timers_moved",
    ]);
    scenario.ended(FirstResponse, Missed, Answered, 200).breached(FirstResponse, true);
    let mut scenario = opened();
    scenario.worker_asleep_until(200).wake().saw(&["sla.breached"]).wake().saw(&[]);
}

#[test]
fn the_calendar_of_the_policy_counts() {
    let mut scenario = desk();
    let mut spec = policy(&[(FirstResponse, 600), (NextResponse, 60)]);
    spec.calendar_id = Some(super::desk::OFFICE);
    scenario.set_calendar(&office_hours()).set_policy(1, &spec).open();
    // Eight hours on Monday, two on Tuesday.
    scenario.runs(FirstResponse, 1, 24 * HOUR + 120).at(24 * HOUR + 60).reply(ANA);
    scenario.ended(FirstResponse, Met, Answered, 540);
}

#[test]
fn a_target_that_is_used_up_at_closing_time_is_late_only_when_the_desk_opens_again() {
    let due_at_closing = || {
        let mut scenario = desk();
        let mut spec = policy(&[(FirstResponse, 480)]);
        spec.calendar_id = Some(super::desk::OFFICE);
        scenario.set_calendar(&office_hours()).set_policy(1, &spec).open().runs(FirstResponse, 1, 480);
        scenario
    };
    // No open second has passed since.
    let mut scenario = due_at_closing();
    scenario.at(20 * HOUR).saw(&[]).reply(ANA).ended(FirstResponse, Met, Answered, 480);
    let mut scenario = due_at_closing();
    scenario.until(minute(24 * HOUR).plus_seconds(1)).saw(&["sla.breached"]).reply(ANA);
    scenario.ended(FirstResponse, Missed, Answered, 480);
}

#[test]
fn the_target_of_the_priority_counts() {
    let mut spec = policy(&[(FirstResponse, 120)]);
    spec.targets.get_mut(&FirstResponse).unwrap().by_priority = [(Priority::Urgent, 600)].into();
    let mut scenario = desk();
    scenario.set_policy(1, &spec).open_as(|open| open.priority = Priority::Urgent).runs(FirstResponse, 1, 10);
}

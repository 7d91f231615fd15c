//! What time does: after a restart, all at once, and when the clock goes backwards.

use std::sync::Arc;

use serde_json::json;
use support_core::desk::{DeactivateAgent, SetPresence, Snooze, UpdateAgent};
use support_core::people::Presence;
use support_core::sla::EndReason;
use support_core::store::{DocumentKind, MemoryStore};
use support_core::testkit::block_on;
use support_core::ticket::Status;

use crate::world::{HOST, World, id_of};

const DAY: i64 = 86_400;

#[test]
fn a_breach_that_was_slept_through_is_told_exactly_once() {
    let store = Arc::new(MemoryStore::new());
    let world = World::on(store.clone());
    world.policy(&support_core::sla::policy::PolicySpec::standard());
    let ticket = world.opened_by(&world.customer("Carl"));
    let due = world.ticket(ticket).derived.next_due_at.unwrap();
    world.clock.advance(3 * DAY);
    let desk = world.restarted(store);
    block_on(desk.tick()).unwrap();
    block_on(desk.tick()).unwrap();
    world.tick();
    let names = world.names(ticket);
    assert_eq!(names.iter().filter(|name| **name == "sla.breached").count(), 2, "one a metric: {names:?}");
    assert_eq!(names.iter().filter(|name| **name == "sla.warned").count(), 2);
    assert_eq!(names.iter().filter(|name| **name == "sla.escalated").count(), 2);
    let timer = world.ticket(ticket).sla.timers[0].clone();
    assert_eq!(timer.breached_at, Some(due), "breached when it was due, not when somebody looked");
    world.sound();
}

#[test]
fn a_thousand_tickets_due_at_one_instant_are_all_woken_by_one_tick() {
    let world = World::standard();
    let carl = world.customer("Carl");
    let tickets: Vec<_> = (0..1_000).map(|_| world.opened_by(&carl)).collect();
    world.clock.advance(7_201);
    let ticked = block_on(world.desk.tick()).unwrap();
    assert_eq!((ticked.woken, ticked.failed), (1_000, 0));
    assert!(tickets.iter().all(|ticket| world.ticket(*ticket).derived.breached));
    assert_eq!(block_on(world.desk.tick()).unwrap().woken, 0);
    world.sound();
}

#[test]
fn a_resolved_ticket_closes_by_itself_when_the_window_ends_and_not_before() {
    let world = World::standard();
    world.settings(json!({"reopen_window_seconds": 1_000}));
    let ticket = world.opened_by(&world.customer("Carl"));
    world.status(&HOST, ticket, Status::Resolved);
    world.pass(999);
    assert_eq!(world.ticket(ticket).status, Status::Resolved);
    world.pass(1);
    assert_eq!(world.ticket(ticket).status, Status::Closed);
    assert_eq!(block_on(world.desk.tick()).unwrap().next, None, "nothing is planned any more");
    world.sound();
}

#[test]
fn without_an_answer_a_pending_ticket_is_resolved_only_where_the_settings_say_so() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let off = world.opened_by(&carl);
    world.reply(&agent, off, "Which one?");
    world.pass(30 * DAY);
    assert_eq!(world.ticket(off).status, Status::Pending);
    world.settings(json!({"pending_resolve_seconds": 7 * DAY}));
    let on = world.opened_by(&carl);
    world.reply(&agent, on, "Which one?");
    world.pass(7 * DAY - 1);
    assert_eq!(world.ticket(on).status, Status::Pending);
    world.pass(1);
    let resolved = world.ticket(on);
    assert_eq!(resolved.status, Status::Resolved);
    assert_eq!(resolved.resolution_code.unwrap().as_str(), "no_response");
    assert_eq!(world.ticket(off).status, Status::Closed, "the change of settings reached it too");
    world.sound();
}

#[test]
fn a_pending_tickets_customer_is_reminded_once_by_the_worker_and_explain_says_when() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    world.settings(json!({"pending_reminder_seconds": 3 * DAY, "pending_resolve_seconds": 7 * DAY}));
    let ticket = world.opened_by(&carl);
    assert_eq!(block_on(world.desk.explain(&agent, ticket)).unwrap().pending, None);
    world.reply(&agent, ticket, "Which one?");
    let since = world.desk.now();
    world.pass(3 * DAY - 1);
    let waits = block_on(world.desk.explain(&agent, ticket)).unwrap().pending.unwrap();
    assert_eq!((waits.since, waits.reminded_at), (since, None));
    assert_eq!(waits.reminds_at, Some(since.plus_seconds(3 * DAY)));
    assert_eq!(waits.resolves_at, Some(since.plus_seconds(7 * DAY)));
    world.pass(1);
    world.pass(DAY);
    let names = world.names(ticket);
    assert_eq!(names.iter().filter(|name| **name == "ticket.reminder_reached").count(), 1, "{names:?}");
    let waits = block_on(world.desk.explain(&agent, ticket)).unwrap().pending.unwrap();
    assert_eq!(waits.reminded_at, waits.reminds_at);
    world.sound();
}

#[test]
fn in_one_aggregate_time_never_runs_backwards() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    world.clock.advance(-3_600);
    world.reply(&agent, ticket, "Soon.");
    world.clock.advance(-3_600);
    world.reply(&carl, ticket, "When?");
    world.status(&HOST, ticket, Status::Resolved);
    world.tick();
    let events = world.events(ticket);
    assert!(events.is_sorted_by_key(|event| event.at));
    world.sound();

    world.presence(&agent, Presence::Busy);
    world.clock.advance(-60);
    let rename =
        UpdateAgent { id: Some(id_of(&agent)), name: Some("Agatha".into()), ..UpdateAgent::default() };
    world.run(&HOST, &rename);
    world.clock.advance(-60);
    world.presence(&agent, Presence::Available);
    world.clock.advance(-60);
    world.run(&HOST, &DeactivateAgent { id: id_of(&agent) });
    world.clock.advance(-60);
    let (profile, state) = block_on(world.desk.agent(&HOST, id_of(&agent))).unwrap();
    assert!(state.since >= profile.created_at && profile.updated_at >= profile.created_at);
    world.clock.advance(4 * 3_600);
    world.tick();
    let log = world.log();
    let mut last = std::collections::BTreeMap::new();
    for logged in log {
        let at = last.insert(logged.envelope.stream, logged.envelope.at);
        assert!(at.is_none_or(|at| at <= logged.envelope.at), "{:?}", logged.envelope);
    }
    world.sound();
}

#[test]
fn ticking_too_early_or_twice_changes_nothing() {
    let world = World::standard();
    // The policy has settled.
    world.pass(10);
    let ticket = world.opened_by(&world.customer("Carl"));
    let before = world.ticket(ticket);
    for _ in 0..3 {
        let ticked = block_on(world.desk.tick()).unwrap();
        assert_eq!((ticked.woken, ticked.next), (0, before.derived.wake_at));
    }
    assert_eq!(world.ticket(ticket), before);
    world.sound();
}

#[test]
fn a_presence_ends_at_its_time_and_the_agent_gets_what_waits() {
    let world = World::standard();
    let agent = world.agent("Agnes");
    let away = SetPresence {
        until: Some(world.desk.now().plus_seconds(600)),
        reason: Some("Lunch.".into()),
        ..SetPresence::of(id_of(&agent), Presence::Away)
    };
    world.run(&agent, &away);
    let ticket = world.opened_by(&world.customer("Carl"));
    assert_eq!(world.owner(ticket), None);
    world.pass(599);
    assert_eq!(world.state(&agent).presence, Presence::Away);
    world.pass(1);
    assert_eq!(world.state(&agent).presence, Presence::Available);
    assert_eq!(world.owner(ticket), Some(id_of(&agent)));
    world.sound();
}

#[test]
fn a_snooze_that_ended_while_nobody_worked_is_routed_when_it_wakes() {
    let world = World::standard();
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    let until = Some(world.desk.now().plus_seconds(60));
    world.run(&HOST, &Snooze { ticket_id: ticket, until });
    let agent = world.agent("Agnes");
    assert_eq!(world.owner(ticket), None, "snoozed work is in no queue");
    world.pass(60);
    assert_eq!(world.owner(ticket), Some(id_of(&agent)));
    world.sound();
}

#[test]
fn every_cycle_of_every_timer_is_told_as_it_ended_and_whose_time_it_was() {
    let world = World::empty();
    let targets = json!({
        "name": "Updates", "targets": {"periodic_update": {"seconds": 3_600}, "resolution": {"seconds": 86_400}},
    });
    world.put(DocumentKind::SlaPolicy, targets);
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    for _ in 0..2 {
        world.pass(600);
        world.reply(&agent, ticket, "Still looking.");
        world.reply(&carl, ticket, "Thank you, I wait for it.");
    }
    world.pass(600);
    let history = block_on(world.desk.sla_history(&agent, ticket)).unwrap();
    let told: Vec<_> = history
        .cycles
        .iter()
        .map(|cycle| {
            let timer = &cycle.view.timer;
            let counted: i64 = cycle.shares.iter().flatten().map(|share| share.counted_seconds).sum();
            (timer.metric.as_str(), timer.cycle, timer.state.as_str(), timer.reason, counted)
        })
        .collect();
    let answered = Some(EndReason::Answered);
    assert_eq!(
        told,
        [
            ("periodic_update", 1, "met", answered, 600),
            ("resolution", 1, "running", None, 1_800),
            ("periodic_update", 2, "running", None, 600),
        ]
    );
    let owned: Vec<_> = history.ownership.iter().map(|had| (had.agent, had.working_seconds)).collect();
    assert_eq!(owned, [(Some(id_of(&agent)), 1_800)]);
    let seen = block_on(world.desk.sla_history(&carl, ticket)).unwrap();
    assert!(seen.ownership.is_empty() && seen.cycles.iter().all(|cycle| cycle.shares.is_none()));
    world.sound();
}

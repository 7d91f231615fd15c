//! Automations on a ticket: what wakes them, who has its way, and where it ends.

use serde_json::json;

use crate::automation::{
    Action, AutomationSpec, Condition, DEPTH_LIMIT, Moment, On, Overruled, Recipient, RequiredSkill, Since,
    Timer, Trigger,
};
use crate::event::Event;
use crate::id::DocumentId;
use crate::people::ActorRef;
use crate::routing::AssignHow;
use crate::sla::Metric;
use crate::sla::policy::When;
use crate::ticket::command::Notice;
use crate::ticket::{Priority, SetAsideKind, Status, StatusCause};

use super::desk::{
    ANA, BACK, BEN, DAY, OFFICE, automation, automation_id, label, minute, office_hours, policy,
};
use super::scenario::{Scenario, desk};

fn on(event: On, actions: &[Action]) -> AutomationSpec {
    automation(Trigger::On(vec![event]), actions)
}

fn since(moment: Moment, minutes: u64, actions: &[Action]) -> AutomationSpec {
    let seconds = minutes * 60;
    automation(Trigger::Since(Since { moment, seconds, calendar_id: None }), actions)
}

fn when(json: serde_json::Value) -> Option<Condition> {
    Some(serde_json::from_value(json).unwrap())
}

fn tag(text: &str) -> Action {
    Action::AddTags(vec![label(text)])
}

fn with(specs: &[AutomationSpec]) -> Scenario {
    let mut scenario = desk();
    for (n, spec) in (0..).zip(specs) {
        scenario.set_automation(n, spec);
    }
    scenario
}

/// The rules that acted in the latest step, in order.
fn acted(scenario: &Scenario) -> Vec<u128> {
    let ids = scenario.latest().filter_map(|event| match event {
        Event::AutomationApplied { automation, .. } => Some(automation.id.uuid().as_u128() - 0xaa00),
        _ => None,
    });
    ids.collect()
}

/// Which rules were cut in the latest step, and whether over several commits.
fn stopped(scenario: &Scenario) -> Vec<(Vec<DocumentId>, bool)> {
    let cuts = scenario.latest().filter_map(|event| match event {
        Event::AutomationStopped { automations, unattended, .. } => Some((automations.clone(), *unattended)),
        _ => None,
    });
    cuts.collect()
}

#[test]
fn a_rule_reacts_in_the_commit_that_woke_it_and_in_its_own_name() {
    let mut scenario = with(&[on(On::Created, &[Action::SetPriority(Priority::High)])]);
    scenario.open().saw(&[
        "ticket.created",
        "message.added",
        "ticket.priority_changed",
        "automation.applied",
    ]);
    let rule = ActorRef::rule(automation_id(0));
    let actors: Vec<ActorRef> = scenario.events.iter().map(|envelope| envelope.actor).collect();
    assert_eq!(actors[2..], [rule, rule]);
    assert_eq!(scenario.ticket().priority, Priority::High);
}

#[test]
fn the_team_that_a_rule_chooses_is_the_tickets_from_the_start() {
    let mut scenario = with(&[on(On::Created, &[Action::MoveToTeam(BACK)])]);
    let mut for_back = policy(&[(Metric::FirstResponse, 30)]);
    for_back.conditions.team_ids = vec![BACK];
    scenario.set_policy(1, &for_back).open();
    assert_eq!((scenario.ticket().team_id, scenario.ticket().status), (Some(BACK), Status::New));
    assert_eq!(scenario.count("sla.applied"), 1);
    let how = scenario.latest().find_map(|event| match event {
        Event::TicketAssigned { how, .. } => Some(*how),
        _ => None,
    });
    assert_eq!(how, Some(AssignHow::Rule));
}

#[test]
fn a_rule_that_has_nothing_to_do_says_nothing() {
    let mut scenario = with(&[on(On::Created, &[Action::SetPriority(Priority::Normal)])]);
    scenario.open().saw(&["ticket.created", "message.added"]);
}

#[test]
fn a_rule_whose_condition_fails_does_nothing() {
    let vip = when(json!({"field": "ticket.tags", "op": "any_of", "value": ["vip"]}));
    let mut scenario = with(&[AutomationSpec { condition: vip, ..on(On::Created, &[tag("seen")]) }]);
    scenario.open();
    assert!(acted(&scenario).is_empty());
    scenario = with(&[AutomationSpec {
        condition: when(json!({"none": [{"field": "ticket.tags", "op": "any_of", "value": ["vip"]}]})),
        ..on(On::Created, &[tag("seen")])
    }]);
    scenario.open();
    assert_eq!(acted(&scenario), [0]);
}

#[test]
fn all_rules_see_the_ticket_as_it_was_before_any_of_them_acted() {
    let urgent = when(json!({"field": "ticket.priority", "op": "is", "value": "urgent"}));
    let first = on(On::Created, &[Action::SetPriority(Priority::Urgent)]);
    let second = AutomationSpec { condition: urgent, ..on(On::Created, &[tag("urgent")]) };
    let mut scenario = with(&[first, second]);
    scenario.open();
    assert_eq!(acted(&scenario), [0]);
}

#[test]
fn the_first_rule_has_its_way_and_the_other_is_told() {
    let low = on(On::Created, &[tag("a"), Action::SetPriority(Priority::Low)]);
    let mut high =
        on(On::Created, &[Action::SetPriority(Priority::High), Action::RemoveTags(vec![label("b")])]);
    let mut scenario = with(&[low.clone(), high.clone()]);
    scenario.open();
    assert_eq!(scenario.ticket().priority, Priority::Low);
    let told = |scenario: &Scenario| {
        let all = scenario.latest().filter_map(|event| match event {
            Event::AutomationApplied { overruled, .. } => Some(overruled.clone()),
            _ => None,
        });
        all.flatten().collect::<Vec<Overruled>>()
    };
    assert_eq!(told(&scenario), [Overruled { action: 0, by: automation_id(0) }]);
    high.position = -1;
    scenario = with(&[low, high]);
    scenario.open();
    assert_eq!(scenario.ticket().priority, Priority::High);
    assert_eq!(told(&scenario), [Overruled { action: 1, by: automation_id(1) }]);
}

#[test]
fn a_rule_that_stops_keeps_those_behind_it_from_acting() {
    let stops = AutomationSpec { stop: true, ..on(On::Created, &[tag("first")]) };
    let mut scenario = with(&[stops, on(On::Created, &[tag("second")])]);
    scenario.open();
    assert_eq!(acted(&scenario), [0]);
}

#[test]
fn rules_react_to_what_rules_did() {
    let mut scenario = with(&[
        on(On::Created, &[Action::SetPriority(Priority::Urgent)]),
        on(On::Priority, &[tag("urgent")]),
        on(On::Tags, &[Action::Notify(Notice { to: vec![Recipient::Leads], about: None })]),
    ]);
    scenario.open();
    assert_eq!(acted(&scenario), [0, 1, 2]);
    assert_eq!((scenario.count("ticket.notified"), scenario.count("automation.stopped")), (1, 0));
}

#[test]
fn a_loop_is_cut_and_told_once() {
    let flip = |from: &str, to: Priority| AutomationSpec {
        condition: when(json!({"field": "ticket.priority", "op": "is", "value": from})),
        ..on(On::Priority, &[Action::SetPriority(to)])
    };
    let mut scenario = with(&[flip("high", Priority::Low), flip("low", Priority::High)]);
    scenario.open().prioritise(Priority::High);
    assert_eq!(acted(&scenario), [0, 1]);
    assert_eq!(stopped(&scenario), [(vec![automation_id(0), automation_id(1)], false)]);
}

#[test]
fn a_cut_names_all_that_took_part_and_nobody_else() {
    let step = |from: &str, to: Priority| AutomationSpec {
        condition: when(json!({"field": "ticket.priority", "op": "is", "value": from})),
        ..on(On::Priority, &[Action::SetPriority(to)])
    };
    let leads_there = AutomationSpec {
        condition: when(json!({"field": "ticket.tags", "op": "any_of", "value": ["go"]})),
        ..on(On::Tags, &[Action::SetPriority(Priority::Low)])
    };
    let comes_of_it = on(On::Priority, &[Action::LevelUp]);
    let mut scenario = with(&[
        leads_there,
        step("low", Priority::High),
        step("high", Priority::Urgent),
        step("urgent", Priority::Low),
        comes_of_it,
    ]);
    scenario.open().edit(crate::ticket::command::Edit { add_tags: vec![label("go")], ..Default::default() });
    assert_eq!(acted(&scenario), [0, 1, 4, 2, 3]);
    assert_eq!(stopped(&scenario), [([1, 2, 3].map(automation_id).to_vec(), false)]);
}

/// A rule about time that brings about its own moment again: it moves the ticket back and forth.
fn restless(from: &str, to: Status) -> AutomationSpec {
    AutomationSpec {
        condition: when(json!({"field": "ticket.status", "op": "is", "value": from})),
        ..since(Moment::StatusChanged, 1, &[Action::SetStatus(to)])
    }
}

#[test]
fn rules_that_move_a_ticket_too_often_while_nobody_looks_are_stopped_together() {
    let mut scenario = with(&[restless("open", Status::Pending), restless("pending", Status::Open)]);
    scenario.open().move_to(Status::Pending);
    let mut cuts = Vec::new();
    for minute in 1..60 {
        scenario.at(minute);
        cuts.extend(stopped(&scenario));
    }
    assert_eq!(cuts, [([0, 1].map(automation_id).to_vec(), true)]);
    assert_eq!(scenario.ticket().unattended.resting().count(), 2);
    assert_eq!(scenario.ticket().derived.wake_at, None);
}

#[test]
fn what_rules_the_router_and_time_do_is_nobodys_deed_and_a_deed_lets_rules_go_on() {
    let deeds: [&dyn Fn(&mut Scenario); 4] = [
        &|scenario| _ = scenario.customer_writes(),
        &|scenario| _ = scenario.note(ANA),
        &|scenario| _ = scenario.prioritise(Priority::Urgent),
        &|scenario| _ = scenario.move_to(Status::Resolved),
    ];
    for deed in deeds {
        let mut scenario = with(&[restless("open", Status::Pending), restless("pending", Status::Open)]);
        scenario.open().move_to(Status::Pending).at(60);
        for minute in 61..90 {
            scenario.at(minute);
        }
        assert!(!scenario.ticket().unattended.is_empty());
        deed(&mut scenario);
        assert!(scenario.ticket().unattended.is_empty());
    }
}

#[test]
fn a_rule_that_comes_to_rest_by_itself_is_no_loop() {
    let mut scenario = with(&[on(On::Tags, &[tag("seen")])]);
    scenario.open().edit(crate::ticket::command::Edit { add_tags: vec![label("a")], ..Default::default() });
    assert_eq!((acted(&scenario), scenario.count("automation.stopped")), (vec![0], 0));
}

#[test]
fn a_chain_that_is_too_long_is_cut_and_told() {
    let link = |n: u8| AutomationSpec {
        condition: when(json!({"field": "ticket.tags", "op": "any_of", "value": [format!("t{n}")]})),
        ..on(On::Tags, &[tag(&format!("t{}", n + 1))])
    };
    let links: Vec<AutomationSpec> = (0..20).map(link).collect();
    let mut scenario = with(&links);
    scenario.open().edit(crate::ticket::command::Edit { add_tags: vec![label("t0")], ..Default::default() });
    assert_eq!(acted(&scenario).len(), usize::from(DEPTH_LIMIT));
    assert_eq!(scenario.count("automation.stopped"), 1);
}

#[test]
fn a_ticket_that_is_set_aside_wakes_no_rule() {
    let mut scenario = with(&[on(On::Message, &[tag("seen")]), since(Moment::Created, 10, &[tag("old")])]);
    scenario.open().set_aside(SetAsideKind::Spam).customer_writes();
    assert!(acted(&scenario).is_empty());
    scenario.at(DAY).saw(&[]).restore().at(DAY + 1);
    assert_eq!(acted(&scenario), [1]);
}

#[test]
fn a_changed_configuration_wakes_no_rule() {
    let mut scenario = with(&[on(On::Keywords, &[tag("found")])]);
    scenario.open();
    let matched = [(automation_id(9), crate::ticket::KeywordHit { version: 1, points: 5.0 })].into();
    let anew = crate::ticket::command::Rematched { matched, asked: [automation_id(9)].into() };
    scenario.system(&[crate::ticket::Command::Reconfigure { keywords: Some(anew) }]);
    scenario.saw(&["ticket.keywords_matched"]);
}

#[test]
fn what_a_timer_owed_before_its_policy_changed_wakes_rules_and_what_the_change_does_wakes_none() {
    let late = |n: u64| policy(&[(Metric::FirstResponse, n)]);
    let specs = [on(On::Breached, &[tag("late")]), on(On::Tags, &[Action::LevelUp])];
    let mut scenario = with(&specs);
    scenario.set_policy(1, &late(60)).open();
    // The worker slept, and the policy was changed meanwhile.
    scenario.worker_asleep_until(90).set_policy(1, &late(600)).reconfigure();
    assert_eq!(acted(&scenario), [0, 1]);
    let mut scenario = with(&specs);
    scenario.set_policy(1, &late(600)).open();
    scenario.worker_asleep_until(90).set_policy(1, &late(60)).reconfigure();
    assert_eq!((scenario.count("sla.breached"), acted(&scenario)), (1, Vec::new()));
}

#[test]
fn a_rule_about_time_acts_at_its_instant_and_once() {
    let pending = when(json!({"field": "ticket.status", "op": "is", "value": "pending"}));
    let spec = since(Moment::StatusChanged, 60, &[Action::SetStatus(Status::Resolved)]);
    let mut scenario = with(&[AutomationSpec { condition: pending, ..spec }]);
    scenario.open().at(10).move_to(Status::Pending);
    assert_eq!(scenario.ticket().derived.wake_at, Some(minute(70)));
    scenario
        .at(69)
        .saw(&[])
        .at(70)
        .saw(&["ticket.status_changed", "automation.applied"])
        .status(Status::Resolved);
    let caused = |event: &Event| matches!(event, Event::TicketStatusChanged { cause: StatusCause::Rule, .. });
    assert!(scenario.latest().any(caused));
    // A new wait is a new moment.
    scenario.move_to(Status::Pending).at(200);
    assert_eq!(scenario.count("automation.applied"), 2);
}

#[test]
fn a_rule_about_time_that_has_nothing_to_do_is_done_all_the_same() {
    let mut scenario = with(&[since(Moment::Created, 60, &[Action::SetPriority(Priority::Normal)])]);
    scenario.open().at(60).saw(&["automation.applied"]).at(DAY).saw(&[]);
    assert_eq!(scenario.ticket().derived.wake_at, None);
}

#[test]
fn a_rule_about_time_waits_for_its_condition() {
    let vip = when(json!({"field": "ticket.tags", "op": "any_of", "value": ["vip"]}));
    let mut scenario =
        with(&[AutomationSpec { condition: vip, ..since(Moment::OwnerChanged, 30, &[Action::LevelUp]) }]);
    scenario.open().at(100).saw(&[]);
    scenario.edit(crate::ticket::command::Edit { add_tags: vec![label("vip")], ..Default::default() });
    scenario.at(101);
    assert_eq!(scenario.ticket().escalation.map(|escalation| escalation.level), Some(1));
    scenario.at(DAY).saw(&[]).assign(ANA).at(2 * DAY);
    assert_eq!(scenario.count("ticket.escalated"), 2);
}

#[test]
fn a_worker_that_slept_does_what_was_due_once() {
    let mut scenario =
        with(&[since(Moment::Created, 60, &[tag("late")]), since(Moment::Created, 30, &[tag("soon")])]);
    scenario.open().worker_asleep_until(DAY).wake();
    assert_eq!(acted(&scenario), [1, 0]);
    scenario.wake().saw(&[]);
}

#[test]
fn a_rule_about_time_that_stops_passes_over_those_behind_it_that_are_due_with_it() {
    let stops = |spec: AutomationSpec| AutomationSpec { stop: true, ..spec };
    let mut specs = [
        since(Moment::Created, 60, &[tag("before")]),
        stops(since(Moment::Created, 60, &[tag("first")])),
        since(Moment::Created, 60, &[tag("second")]),
        since(Moment::LastMessage, 60, &[tag("third")]),
        since(Moment::Created, 61, &[tag("later")]),
    ];
    let mut scenario = with(&specs);
    scenario.open().at(60);
    assert_eq!(acted(&scenario), [0, 1]);
    // What was passed over stays so, and what is due later is not concerned.
    scenario.wake().saw(&[]).at(61);
    assert_eq!(acted(&scenario), [4]);
    scenario.at(DAY);
    assert_eq!(scenario.count("automation.applied"), 3);
    // From another moment they count again.
    scenario.customer_writes().at(DAY + 60);
    assert_eq!(acted(&scenario), [3]);
    // A worker that slept makes no difference.
    let mut scenario = with(&specs);
    scenario.open().worker_asleep_until(DAY).wake();
    assert_eq!(acted(&scenario), [0, 1, 4]);
    scenario.wake().saw(&[]);
    // One that does not match stops nothing.
    specs[1].condition = when(json!({"field": "ticket.tags", "op": "any_of", "value": ["vip"]}));
    let mut scenario = with(&specs);
    scenario.open().at(60);
    assert_eq!(acted(&scenario), [0, 2, 3]);
}

#[test]
fn the_time_of_a_rule_can_be_that_of_a_calendar() {
    let mut scenario = desk();
    let spec = Since { moment: Moment::Created, seconds: 60 * 60, calendar_id: Some(OFFICE) };
    scenario
        .set_calendar(&office_hours())
        .set_automation(0, &automation(Trigger::Since(spec), &[tag("late")]));
    scenario.at(450).open();
    // Half an hour before closing, half an hour after the next opening.
    assert_eq!(scenario.ticket().derived.wake_at, Some(minute(DAY + 30)));
    let open = when(json!({"field": "hours.open", "op": "is", "value": true, "calendar_id": OFFICE}));
    scenario.set_automation(1, &AutomationSpec { condition: open, ..on(On::Message, &[tag("in hours")]) });
    scenario.at(460).customer_writes();
    assert_eq!(acted(&scenario), [1]);
}

#[test]
fn a_rule_follows_the_point_of_an_sla_timer() {
    let timer =
        |when| automation(Trigger::Timer(Timer { metric: Metric::FirstResponse, when }), &[Action::LevelUp]);
    let mut scenario = with(&[timer(When::SecondsBefore(600)), timer(When::AtBreach)]);
    scenario.set_policy(1, &policy(&[(Metric::FirstResponse, 60)])).open();
    scenario.at(49).saw(&[]).at(50).saw(&["ticket.escalated", "automation.applied"]).at(61);
    assert_eq!(scenario.ticket().escalation.map(|escalation| escalation.level), Some(2));
    let mut answered = with(&[timer(When::SecondsBefore(600))]);
    answered.set_policy(1, &policy(&[(Metric::FirstResponse, 60)])).open().at(20).reply(ANA).at(DAY);
    assert_eq!(answered.count("automation.applied"), 0);
}

#[test]
fn a_breach_wakes_rules_also_where_it_is_noted_with_the_answer() {
    let mut scenario = with(&[on(On::Breached, &[tag("late")])]);
    scenario.set_policy(1, &policy(&[(Metric::FirstResponse, 60)])).open();
    scenario.worker_asleep_until(90).reply(ANA);
    assert_eq!(acted(&scenario), [0]);
}

#[test]
fn a_note_of_a_rule_is_internal_masked_and_wakes_nobody() {
    let note = Action::AddNote("Card 4111 1111 1111 1111".into());
    let mut scenario = with(&[on(On::Message, &[note])]);
    scenario.open();
    assert_eq!((acted(&scenario), scenario.count("message.added")), (vec![0], 2));
    let note = scenario.messages.last().unwrap();
    assert_eq!(note.author, ActorRef::rule(automation_id(0)));
    assert!(note.automatic && !note.answers);
}

#[test]
fn what_the_ticket_refuses_is_told_and_the_rest_happens() {
    let actions = [Action::SetStatus(Status::InProgress), tag("tried")];
    let mut scenario = with(&[on(On::Created, &actions)]);
    scenario.open();
    let refused = scenario.latest().find_map(|event| match event {
        Event::AutomationApplied { refused, .. } => Some(refused.clone()),
        _ => None,
    });
    assert_eq!(refused, Some(vec![(0, label("owner_missing"))]));
    assert!(scenario.ticket().tags.contains(&label("tried")));
}

#[test]
fn conditions_see_the_message_who_acted_and_what_was() {
    let by_agent = when(json!({"all": [
        {"field": "message.author", "op": "is", "value": "agent"},
        {"field": "message.visibility", "op": "is", "value": "public"},
        {"field": "actor.kind", "op": "is", "value": "agent"},
        {"field": "was.status", "op": "is", "value": "assigned"},
    ]}));
    let mut scenario = with(&[AutomationSpec { condition: by_agent, ..on(On::Message, &[tag("answered")]) }]);
    scenario.open().assign(ANA).note(ANA);
    assert!(acted(&scenario).is_empty());
    scenario.customer_writes();
    assert!(acted(&scenario).is_empty());
    scenario.reply(ANA);
    assert_eq!(acted(&scenario), [0]);
    // It was pending before this one.
    scenario.reply(ANA);
    assert!(acted(&scenario).is_empty());
}

#[test]
fn a_skill_that_a_rule_demands_is_demanded_of_the_router() {
    let skill = RequiredSkill { skill: label("german"), level: 3 };
    let mut scenario = with(&[on(On::Created, &[Action::RequireSkill(skill)])]);
    scenario.open();
    assert_eq!(scenario.ticket().work.skills, [(label("german"), 3)]);
}

#[test]
fn a_rule_gives_a_ticket_to_an_agent() {
    let mut scenario = with(&[on(On::Created, &[Action::AssignTo(BEN)])]);
    scenario.open().owner(Some(BEN)).status(Status::Assigned);
}

#[test]
fn a_rule_that_hears_of_a_breach_begins_no_second_lap() {
    let mut scenario = with(&[on(On::Breached, &[tag("late")])]);
    scenario.set_policy(1, &policy(&[(Metric::QueuePickup, 30)])).open();
    // The worker sleeps: the breach is noted with the end of the lap.
    scenario.worker_asleep_until(60).transfer(BACK);
    assert_eq!(acted(&scenario), [0]);
    scenario
        .runs(Metric::QueuePickup, 2, 90)
        .lived(Metric::QueuePickup, &["started", "cancelled", "started"]);
}

//! What rules do on the way through the desk.

use std::thread;

use serde_json::{Value, json};
use support_core::Error;
use support_core::automation::MAX_ACTIVE;
use support_core::desk::{
    ContextInput, CreateCustomer, DeactivateAgent, EditTicket, OpenTicket, PutDocument, Reassign,
    UpdateCustomer, WriteMessage,
};
use support_core::event::Event;
use support_core::id::{AgentId, TeamId, TicketId};
use support_core::people::Presence;
use support_core::routing::ReturnCause;
use support_core::store::{DocumentKind, Key, Record};
use support_core::testkit::{block_on, system_scope};
use support_core::ticket::{Priority, Status};

use crate::faulty::FaultyStore;
use crate::world::{HOST, TENANT, World, customer_of, fields, foreign, id_of, label};

/// Puts a rule in force of which nothing but what `more` says is special.
pub(crate) fn rule(world: &World, more: &Value) {
    let mut body = json!({ "name": "Rule" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.put(DocumentKind::Automation, body);
}

pub(crate) fn opened(world: &World, team: TeamId) -> TicketId {
    let customer = world.run(&HOST, &CreateCustomer::named("Carl")).customer_id;
    let open = OpenTicket::of(customer, "My parcel", "It is a week late.");
    world.run(&HOST, &OpenTicket { team_id: Some(team), ..open }).ticket_id
}

fn note_on_assignment() -> Value {
    json!({ "trigger": { "on": ["ticket.assigned"] }, "actions": [{ "add_note": "Zebra crossing" }] })
}

fn assign_on(event: &str, agent: AgentId) -> Value {
    json!({ "trigger": { "on": [event] }, "actions": [{ "assign_to": agent }] })
}

#[test]
fn who_may_not_answer_customers_is_given_no_work_by_a_rule() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let guest = world.agent("Gus");
    rule(&world, &assign_on("ticket.created", id_of(&guest)));
    world.becomes_guest(&guest);
    let ticket = opened(&world, TeamId::DEFAULT);
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
    let returned = |event: &Event| {
        let Event::WorkReturned { agent, because } = event else { return false };
        (*agent, *because) == (id_of(&guest), ReturnCause::MayNotReply)
    };
    assert!(world.events(ticket).iter().any(|envelope| returned(&envelope.event)));
    assert_eq!(world.load(&guest), 0);
}

#[test]
fn who_may_not_answer_customers_is_given_no_work_by_hand() {
    let world = World::standard();
    let guest = world.agent("Gus");
    world.becomes_guest(&guest);
    let ticket = opened(&world, TeamId::DEFAULT);
    assert_eq!(world.owner(ticket), None);
    let to = Some(id_of(&guest));
    let reassign = Reassign { ticket_id: ticket, agent_id: to, team_id: None, reason: None };
    assert_eq!(fields(&world.fail(&HOST, &reassign)), ["agent_id"]);
    let edit = EditTicket { assigned_to: Some(to), ..EditTicket::of(ticket) };
    assert_eq!(fields(&world.fail(&HOST, &edit)), ["agent_id"]);
    let customer = world.run(&HOST, &CreateCustomer::named("Cora")).customer_id;
    let open = OpenTicket { assigned_to: to, ..OpenTicket::of(customer, "My parcel", "It is late.") };
    assert_eq!(fields(&world.fail(&HOST, &open)), ["assigned_to"]);
    assert_eq!(world.owner(ticket), None);
}

/// A rule that passes all that is assigned on to an agent who has left since.
fn passing_on_to_who_left(world: &World) {
    let id = id_of(&world.agent("Bob"));
    rule(world, &assign_on("ticket.assigned", id));
    world.run(&HOST, &DeactivateAgent { id });
    world.tick();
}

#[test]
fn a_note_that_a_rule_writes_when_new_work_finds_its_agent_is_found_by_its_words() {
    let world = World::standard();
    let ann = world.agent("Ann");
    rule(&world, &note_on_assignment());
    world.pass(20);
    let ticket = opened(&world, TeamId::DEFAULT);
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
    assert_eq!(world.said(&HOST, ticket), ["It is a week late.", "Zebra crossing"]);
    world.sound();
}

#[test]
fn a_note_that_a_rule_writes_when_unstarted_work_goes_back_is_found_by_its_words() {
    let world = World::standard();
    world.settings(json!({ "offline_returns_unstarted": true }));
    let ann = world.agent("Ann");
    let ticket = opened(&world, TeamId::DEFAULT);
    rule(&world, &note_on_assignment());
    world.presence(&ann, Presence::Offline);
    assert_eq!(world.owner(ticket), None);
    assert_eq!(world.said(&HOST, ticket), ["It is a week late.", "Zebra crossing"]);
    world.sound();
}

#[test]
fn more_automations_than_a_desk_can_ask_are_refused_until_one_is_switched_off() {
    let store = std::sync::Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let body = |n: usize, active: bool| {
        json!({
            "name": format!("Rule {n}"), "active": active,
            "trigger": { "on": ["ticket.created"] }, "actions": ["level_up"],
        })
    };
    let first = world.put(DocumentKind::Automation, body(0, true));
    for n in 2..MAX_ACTIVE {
        world.put(DocumentKind::Automation, body(n, true));
    }
    let one_more = PutDocument::new(DocumentKind::Automation, body(MAX_ACTIVE, true));
    // Somebody who comes at the same moment takes the last place, and the place is gone.
    let last = PutDocument::new(DocumentKind::Automation, body(1, true));
    let rival = block_on(world.desk.prepare(&HOST, &last)).unwrap().changes;
    store.before("config.changed", move || vec![rival]);
    assert_eq!(fields(&world.fail(&HOST, &one_more)), ["active"]);
    assert_eq!(fields(&world.fail(&HOST, &one_more)), ["active"]);
    // One that is not in force asks for nothing, and those that are may be changed.
    world.put(DocumentKind::Automation, body(MAX_ACTIVE, false));
    world.run(&HOST, &PutDocument::at(first, DocumentKind::Automation, body(7, true)));
    world.run(&HOST, &PutDocument::at(first, DocumentKind::Automation, body(7, false)));
    let all_at_once = thread::scope(|scope| {
        let patient = || loop {
            match block_on(world.desk.run(&HOST, &one_more)) {
                Err(Error::Busy(_)) => {}
                done => return done,
            }
        };
        let all: Vec<_> = (0..4).map(|_| scope.spawn(patient)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    let (made, refused): (Vec<_>, Vec<_>) = all_at_once.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1, "one place was free");
    assert!(refused.iter().all(|refused| fields(refused.as_ref().unwrap_err()) == ["active"]));
}

#[test]
fn a_ticket_forgets_the_rules_about_time_that_exist_no_more() {
    let world = World::standard();
    let after = |seconds: u64, tag: &str| {
        json!({
            "name": "Rule", "trigger": { "since": { "moment": "created", "seconds": seconds } },
            "actions": [{ "add_tags": [tag] }],
        })
    };
    let ticket = world.noted(&world.customer("Carl"), |_| {});
    let gone = world.put(DocumentKind::Automation, after(60, "a"));
    let off = world.put(DocumentKind::Automation, after(60, "b"));
    world.pass(120);
    let retired =
        PutDocument { retired: true, ..PutDocument::at(gone, DocumentKind::Automation, after(60, "a")) };
    world.run(&HOST, &retired);
    let mut switched_off = after(60, "b");
    switched_off["active"] = json!(false);
    world.run(&HOST, &PutDocument::at(off, DocumentKind::Automation, switched_off));
    let next = world.put(DocumentKind::Automation, after(300, "c"));
    world.pass(600);
    let acted = world.ticket(ticket).acted;
    assert_eq!(acted.into_keys().collect::<Vec<_>>(), [off, next]);
    world.sound();
}

#[test]
fn a_rule_sees_what_is_known_of_the_customer_when_the_ticket_opens_and_when_it_changes() {
    let world = World::standard();
    let tagged = |tag: &str, field: &str, op: &str, value: Value, on: &str| {
        let condition = json!({ "field": field, "op": op, "value": value });
        let actions = json!([{ "add_tags": [tag] }]);
        rule(&world, &json!({ "trigger": { "on": [on] }, "condition": condition, "actions": actions }));
    };
    tagged("speaks-german", "customer.language", "is", json!("de"), "ticket.created");
    tagged("known", "customer.tags", "any_of", json!(["vip"]), "ticket.created");
    tagged("gold", "customer.tier", "is", json!("gold"), "ticket.insight_noted");
    tagged("refused", "customer.blocked", "is", json!(true), "ticket.insight_noted");
    let customer = CreateCustomer {
        language: Some(label("de")),
        tags: vec![label("vip")],
        ..CreateCustomer::named("Carl")
    };
    let id = world.run(&HOST, &customer).customer_id;
    let open = OpenTicket::of(id, "My parcel", "It is a week late.");
    let ticket = world.run(&HOST, &open).ticket_id;
    let tags = || world.ticket(ticket).tags.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(tags(), ["known", "speaks-german"]);
    let told = world.events(ticket).len();
    let change = |tier: &str, blocked| UpdateCustomer {
        id: Some(id),
        tier: Some(Some(label(tier))),
        blocked: Some(blocked),
        ..UpdateCustomer::default()
    };
    world.run(&HOST, &change("silver", false));
    world.run(&HOST, &change("silver", false));
    assert_eq!(world.events(ticket).len(), told + 1);
    world.run(&HOST, &change("gold", true));
    assert_eq!(tags(), ["gold", "known", "refused", "speaks-german"]);
    // What names nothing that rules see is not noted.
    let told = world.events(ticket).len();
    world.run(
        &HOST,
        &UpdateCustomer { id: Some(id), name: Some("Carlo".into()), ..UpdateCustomer::default() },
    );
    assert_eq!(world.events(ticket).len(), told);
    world.sound();
}

#[test]
fn a_note_that_time_makes_a_rule_write_is_the_newest_of_its_conversation() {
    let world = World::standard();
    let ticket = world.noted(&world.customer("Carl"), |_| {});
    rule(
        &world,
        &json!({
            "trigger": { "since": { "moment": "created", "seconds": 60 } },
            "actions": [{ "add_note": "Zebra crossing" }],
        }),
    );
    world.pass(120);
    assert_eq!(world.said(&HOST, ticket), ["It is a week late.", "Zebra crossing"]);
    world.sound();
}

#[test]
fn a_note_that_a_rule_writes_about_an_edit_is_the_newest_of_its_conversation() {
    let world = World::standard();
    let ticket = world.noted(&world.customer("Carl"), |_| {});
    rule(
        &world,
        &json!({
            "trigger": { "on": ["ticket.status_changed"] },
            "actions": [{ "add_note": "Zebra crossing" }],
        }),
    );
    world.status(&HOST, ticket, Status::Resolved);
    assert_eq!(world.said(&HOST, ticket), ["It is a week late.", "Zebra crossing"]);
    world.sound();
}

#[test]
fn routed_work_that_a_rule_passes_on_to_who_left_stays_where_the_router_placed_it() {
    let world = World::standard();
    let ann = world.agent("Ann");
    passing_on_to_who_left(&world);
    for waits in [false, true] {
        world.presence(&ann, if waits { Presence::Away } else { Presence::Available });
        let ticket = opened(&world, TeamId::DEFAULT);
        assert_eq!(world.owner(ticket).is_none(), waits);
        world.presence(&ann, Presence::Available);
        assert_eq!(world.owner(ticket), Some(id_of(&ann)));
        let told = world.events(ticket).len();
        world.pass(600);
        assert_eq!(world.events(ticket).len(), told);
    }
    assert_eq!(world.load(&ann), 2);
    world.sound();
}

#[test]
fn who_leaves_leaves_their_work_though_a_rule_gives_it_to_them_again() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let ticket = opened(&world, TeamId::DEFAULT);
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
    rule(&world, &assign_on("ticket.assigned", id_of(&ann)));
    world.run(&HOST, &DeactivateAgent { id: id_of(&ann) });
    world.pass(600);
    assert_eq!((world.owner(ticket), world.load(&ann)), (None, 0));
    world.sound();
}

#[test]
fn unstarted_work_that_goes_back_goes_to_nobody_who_left_though_a_rule_says_so() {
    let world = World::standard();
    world.settings(json!({ "offline_returns_unstarted": true }));
    let ann = world.agent("Ann");
    let tickets = [opened(&world, TeamId::DEFAULT), opened(&world, TeamId::DEFAULT)];
    assert_eq!(tickets.map(|ticket| world.owner(ticket)), [Some(id_of(&ann)); 2]);
    passing_on_to_who_left(&world);
    world.presence(&ann, Presence::Offline);
    assert_eq!(tickets.map(|ticket| world.owner(ticket)), [None; 2]);
    world.sound();
}

#[test]
fn unstarted_work_that_goes_back_may_be_given_by_a_rule_to_who_works_here() {
    let world = World::standard();
    world.settings(json!({ "offline_returns_unstarted": true }));
    let ann = world.agent("Ann");
    let tickets = [opened(&world, TeamId::DEFAULT), opened(&world, TeamId::DEFAULT)];
    let bob = world.agent("Bob");
    rule(&world, &assign_on("ticket.assigned", id_of(&bob)));
    world.presence(&ann, Presence::Offline);
    assert_eq!(tickets.map(|ticket| world.owner(ticket)), [Some(id_of(&bob)); 2]);
    assert_eq!((world.load(&ann), world.load(&bob)), (0, 2));
    world.sound();
}

#[test]
fn work_that_a_rule_gives_beyond_the_capacity_is_shown_as_over() {
    let world = World::standard();
    let bob = world.agent("Bob");
    world.capacity(&bob, 1);
    let team = world.team("By hand", &json!({ "mode": { "ticket": "manual" } }));
    rule(&world, &assign_on("ticket.created", id_of(&bob)));
    let tickets = [opened(&world, team), opened(&world, team)];
    assert_eq!(tickets.map(|ticket| world.owner(ticket)), [Some(id_of(&bob)); 2]);
    assert_eq!(tickets.map(|ticket| world.is_over(ticket)), [false, true]);
    world.sound();
}

#[test]
fn several_tickets_that_rules_give_at_once_are_over_from_the_one_that_finds_no_room() {
    let world = World::standard();
    let bob = world.agent("Bob");
    world.capacity(&bob, 2);
    let team = world.team("By hand", &json!({ "mode": { "ticket": "manual" } }));
    let over = |tickets: [TicketId; 3]| {
        assert_eq!(tickets.map(|ticket| world.owner(ticket)), [Some(id_of(&bob)); 3]);
        let mut over = tickets.map(|ticket| world.is_over(ticket));
        over.sort_unstable();
        over
    };
    // One change of their customer gives all of them, in one commit.
    let carl = world.customer("Carl");
    let open = OpenTicket::of(customer_of(&carl), "My parcel", "It is a week late.");
    let open = OpenTicket { team_id: Some(team), ..open };
    let of_carl = [(); 3].map(|()| world.run(&HOST, &open).ticket_id);
    rule(&world, &assign_on("ticket.insight_noted", id_of(&bob)));
    let tier = Some(Some(label("gold")));
    world.run(&HOST, &UpdateCustomer { id: Some(customer_of(&carl)), tier, ..UpdateCustomer::default() });
    assert_eq!(over(of_carl), [false, false, true]);
    for ticket in of_carl {
        world.status(&HOST, ticket, Status::Resolved);
    }
    // The worker gives all of them in one batch.
    let waiting = [(); 3].map(|()| opened(&world, team));
    let later = json!({
        "trigger": { "since": { "moment": "created", "seconds": 60 } },
        "actions": [{ "assign_to": id_of(&bob) }],
    });
    rule(&world, &later);
    world.pass(120);
    assert_eq!(over(waiting), [false, false, true]);
    world.sound();
}

#[test]
fn a_note_that_a_rule_writes_on_waiting_work_that_is_routed_is_the_newest_of_its_conversation() {
    let world = World::standard();
    rule(&world, &note_on_assignment());
    let ticket = opened(&world, TeamId::DEFAULT);
    let ann = world.agent("Ann");
    assert_eq!(world.owner(ticket), Some(id_of(&ann)));
    assert_eq!(world.said(&HOST, ticket), ["It is a week late.", "Zebra crossing"]);
    world.sound();
}

#[test]
fn rules_give_nothing_to_who_was_deactivated_since_and_say_so() {
    let world = World::standard();
    let other = world.team("Other", &json!({}));
    let (ann, bob) = (world.agent("Ann"), world.agent_in("Bob", "agent", &[other]));
    let body = json!({
        "name": "Bob", "trigger": {"on": ["ticket.priority_changed"]},
        "actions": [{"add_tags": ["seen"]}, {"assign_to": id_of(&bob)}],
    });
    world.put(DocumentKind::Automation, body);
    let policy = json!({
        "name": "P", "targets": {"resolution": {"seconds": 60}},
        "steps": [{"when": "at_breach", "actions": [{"assign_to": id_of(&bob)}, {"add_tags": ["late"]}]}],
    });
    world.put(DocumentKind::SlaPolicy, policy);
    let ticket = world.opened_by(&world.customer("Carl"));
    world.run(&HOST, &DeactivateAgent { id: id_of(&bob) });
    world.run(&HOST, &EditTicket { priority: Some(Priority::High), ..EditTicket::of(ticket) });
    world.clock.advance(61);
    world.tick();
    let after = world.ticket(ticket);
    assert_eq!(after.assigned_to, Some(id_of(&ann)), "nobody took it from her");
    assert!(after.tags.contains(&label("seen")) && after.tags.contains(&label("late")));
    let refused: Vec<(&str, u16, String)> = world
        .events(ticket)
        .iter()
        .flat_map(|envelope| match &envelope.event {
            Event::AutomationApplied { refused, .. } | Event::SlaActionsRefused { refused, .. } => {
                refused.iter().map(|(at, code)| (envelope.event.name(), *at, code.to_string())).collect()
            }
            _ => Vec::new(),
        })
        .collect();
    let inactive = || "agent_inactive".to_owned();
    assert_eq!(refused, [("automation.applied", 1, inactive()), ("sla.actions_refused", 0, inactive())]);
    world.sound();
}

#[test]
fn a_rule_about_a_timer_counts_from_the_lap_that_another_rule_began() {
    let world = World::empty();
    let manual = json!({ "mode": { "ticket": "manual" } });
    let [one, two, three] = ["L1", "L2", "L3"].map(|name| world.team(name, &manual));
    world.put(
        DocumentKind::SlaPolicy,
        json!({ "name": "Lap", "targets": { "queue_pickup": { "seconds": 60 } } }),
    );
    for (name, from, to) in [("L1 to L2", one, two), ("L2 to L3", two, three)] {
        rule(
            &world,
            &json!({
                "name": name,
                "trigger": { "timer": { "metric": "queue_pickup", "when": "at_breach" } },
                "condition": { "field": "ticket.team_id", "op": "is", "value": from },
                "actions": [{ "move_to_team": to }],
            }),
        );
    }
    let ticket = world.noted(&world.customer("Carl"), |open| open.team_id = Some(one));
    world.pass(61);
    assert_eq!(world.ticket(ticket).team_id, Some(two));
    world.pass(61);
    assert_eq!(world.ticket(ticket).team_id, Some(three));
    world.sound();
}

#[test]
fn what_only_tells_or_is_refused_is_no_loop() {
    let world = World::standard();
    let gone = world.agent("Gone");
    world.agent("Ann");
    for (tag, action) in [
        ("left", json!({ "assign_to": id_of(&gone) })),
        ("told", json!({ "notify": { "to": ["owner"], "about": "seen" } })),
    ] {
        rule(
            &world,
            &json!({
                "name": tag,
                "trigger": { "on": ["ticket.tags_changed"] },
                "condition": { "field": "ticket.tags", "op": "any_of", "value": [tag] },
                "actions": [{ "add_tags": ["seen"] }, action],
            }),
        );
    }
    world.run(&HOST, &DeactivateAgent { id: id_of(&gone) });
    for tag in ["left", "told"] {
        let ticket = world.opened_by(&world.customer(tag));
        let tags = EditTicket { add_tags: vec![label(tag)], ..EditTicket::of(ticket) };
        world.run(&HOST, &tags);
        let names = world.names(ticket);
        assert!(names.contains(&"automation.applied") && !names.contains(&"automation.stopped"), "{names:?}");
    }
    world.sound();
}

/// What stands in a free field that holds a text.
fn said(world: &World, ticket: TicketId, key: &str) -> Option<String> {
    let id = world.ticket(ticket).custom_fields.get(&label(key))?.text()?;
    let found = block_on(world.desk.store().load(&system_scope(TENANT), &[Key::Text(id)])).unwrap();
    match &found[..] {
        [Some(Record::Text(text))] => text.body.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_rule_and_a_macro_set_texts_in_free_fields_masked_as_all_texts_are() {
    let world = World::standard();
    let set = |value: &str| json!([{ "set_field": { "key": "desk", "value": value } }]);
    rule(&world, &json!({ "trigger": { "on": ["ticket.created"] }, "actions": set("Second floor") }));
    let ticket = opened(&world, TeamId::DEFAULT);
    assert_eq!(said(&world, ticket, "desk").as_deref(), Some("Second floor"));
    let reply = json!({
        "name": "Card", "content": "Done.", "visibility": "all", "actions": set("Card 4111 1111 1111 1111"),
    });
    let id = world.put(DocumentKind::Macro, reply);
    let stored = block_on(world.desk.document(&HOST, DocumentKind::Macro, id)).unwrap().unwrap();
    assert!(!stored.body.to_string().contains("4111"), "{}", stored.body);
    let sue = world.agent_in("Sue", "supervisor", &[]);
    world.run(&sue, &WriteMessage { macro_id: Some(id), ..WriteMessage::reply(ticket, "Done.") });
    let now = said(&world, ticket, "desk").unwrap();
    assert!(now.starts_with("Card ") && !now.contains("4111"), "{now}");
    world.sound();
}

#[test]
fn rules_that_wake_each_other_by_the_same_text_come_to_rest() {
    let world = World::standard();
    let body = |on: &str| {
        let set = json!({ "set_field": { "key": "desk", "value": "Second floor" } });
        json!({ "trigger": { "on": [on] }, "actions": [set] })
    };
    rule(&world, &body("ticket.created"));
    rule(&world, &body("ticket.fields_changed"));
    let ticket = opened(&world, TeamId::DEFAULT);
    let names = world.names(ticket);
    let times = |wanted: &str| names.iter().filter(|name| **name == wanted).count();
    assert_eq!((times("ticket.fields_changed"), times("automation.stopped")), (1, 0), "{names:?}");
    world.sound();
}

#[test]
fn what_a_ticket_is_about_decides_priority_specialist_and_fields() {
    let world = World::standard();
    let test = |field: &str, op: &str, value: Value| json!({ "field": field, "op": op, "value": value });
    let when = |condition: Value, actions: Value| {
        rule(
            &world,
            &json!({ "trigger": { "on": ["ticket.created"] }, "condition": condition, "actions": actions }),
        );
    };
    when(test("ticket.order_id", "any_of", json!(["KC-7", "KC-8"])), json!([{ "set_priority": "urgent" }]));
    let subscription = test("ticket.context_kinds", "any_of", json!(["subscription"]));
    when(subscription, json!([{ "require_skill": { "skill": "billing", "level": 3 } }]));
    let both = json!({ "all": [
        test("ticket.context_ids", "all_of", json!(["S-1", "D-2"])), test("ticket.order_id", "is_not", json!("KC-7")),
    ] });
    when(both, json!([{ "set_field": { "key": "route", "value": "By hand" } }]));
    let customer = world.customer("Carl");
    let opened = |order: Option<&str>, context: &[(&str, &str)]| {
        let id = world.noted(&customer, |open| {
            open.order_id = order.map(foreign);
            open.context =
                context.iter().map(|(kind, id)| ContextInput::new(label(kind), foreign(id))).collect();
        });
        let ticket = world.ticket(id);
        (ticket.priority, ticket.work.skills.len(), said(&world, id, "route").is_some())
    };
    assert_eq!(opened(Some("KC-7"), &[]), (Priority::Urgent, 0, false));
    assert_eq!(opened(Some("KC-9"), &[("subscription", "S-1")]), (Priority::Normal, 1, false));
    assert_eq!(opened(None, &[("device", "D-2"), ("subscription", "S-1")]), (Priority::Normal, 1, true));
    assert_eq!(opened(Some("KC-7"), &[("device", "D-2"), ("plan", "S-1")]), (Priority::Urgent, 0, false));
    assert_eq!(opened(None, &[]), (Priority::Normal, 0, false));
    world.sound();
}

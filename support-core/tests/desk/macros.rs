//! Macros: who sees and changes which, what they say, and what is done along with a reply.

use serde_json::{Value, json};
use support_core::Error;
use support_core::desk::{
    CreateAgent, DeactivateAgent, Done, EditDocument, EditTicket, MacroFilter, PutDocument, WriteMessage,
};
use support_core::event::Event;
use support_core::id::{DocumentId, TicketId};
use support_core::people::{Actor, Capacity, Permission};
use support_core::store::{DocumentKind, Key};
use support_core::testkit::block_on;
use support_core::ticket::{Priority, Status};
use uuid::Uuid;

use crate::faulty::FaultyStore;
use crate::world::{HOST, World, fields, foreign, id_of, label};

fn reply(visibility: &str, more: &Value) -> Value {
    let mut body = json!({"name": "Delay", "content": "Dear {{customer.name}}, {{orderNumber}} is late.", "visibility": visibility});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn put(body: Value) -> PutDocument {
    PutDocument::new(DocumentKind::Macro, body)
}

fn said(
    world: &World,
    actor: &Actor,
    id: DocumentId,
    given: &[(&str, &str)],
    ticket: Option<TicketId>,
) -> Result<String, Error> {
    let given: Vec<(String, String)> =
        given.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    block_on(world.desk.use_macro(actor, id, given, ticket, None)).map(|done| match done {
        Done::Now(content) | Done::Before(content) => content,
    })
}

fn uses(world: &World, id: DocumentId) -> u64 {
    block_on(world.desk.macro_view(&HOST, id)).unwrap().uses
}

fn with_macro(ticket: TicketId, id: DocumentId) -> WriteMessage {
    WriteMessage { macro_id: Some(id), ..WriteMessage::reply(ticket, "It is late.") }
}

#[test]
fn values_come_from_what_is_given_and_from_ticket_customer_agent_and_order() {
    let world = World::standard();
    let content = "{{customer.name}} {{customer.email}} {{agent.name}} {{ticket.subject}} {{ticket.status}} {{order.id}} {{x|-}}";
    let id = world.put(DocumentKind::Macro, reply("all", &json!({"content": content})));
    let (ann, carl) = (world.agent("Ann"), world.customer("Carl"));
    let ticket = world.noted(&carl, |open| open.order_id = Some(foreign("KC-7")));
    let all = said(&world, &ann, id, &[], Some(ticket)).unwrap();
    assert_eq!(all, "Carl carl@customer.example Ann My parcel assigned KC-7 -");
    assert_eq!(uses(&world, id), 0, "the message that names it will count");
}

#[test]
fn missing_values_are_named_and_count_no_use() {
    let world = World::standard();
    let id = world.put(DocumentKind::Macro, reply("all", &json!({})));
    let ann = world.agent("Ann");
    let error = said(&world, &ann, id, &[], None).unwrap_err();
    assert_eq!(fields(&error), ["variables.customer.name", "variables.orderNumber"]);
    assert_eq!(uses(&world, id), 0);
    let given = [("customer.name", "Zoe"), ("orderNumber", "KC-1")];
    assert_eq!(said(&world, &ann, id, &given, None).unwrap(), "Dear Zoe, KC-1 is late.");
    said(&world, &ann, id, &given, None).unwrap();
    assert_eq!(uses(&world, id), 2);
    assert!(matches!(said(&world, &world.customer("Carl"), id, &given, None), Err(Error::NotFound(_))));
}

#[test]
fn a_reply_with_a_macro_does_what_the_macro_says_in_the_same_commit() {
    let world = World::standard();
    let (ann, bea) = (world.agent("Ann"), world.agent_in("Bea", "supervisor", &[]));
    let actions = json!([
        {"set_priority": "high"}, {"add_tags": ["late"]}, {"add_note": "Card 4111 1111 1111 1111 told."},
        {"set_status": "on_hold"}, {"assign_to": id_of(&ann)},
    ]);
    let id = world.put(DocumentKind::Macro, reply("all", &json!({"actions": actions})));
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    let log = world.log().len();
    let before = world.ticket(ticket).version;
    world.run(&bea, &with_macro(ticket, id));
    let after = world.ticket(ticket);
    assert_eq!((after.priority, after.status), (Priority::High, Status::OnHold));
    assert!(after.tags.contains(&label("late")));
    assert_eq!(after.assigned_to, Some(id_of(&ann)));
    assert!(after.version > before && world.log().len() > log);
    let said = world.said(&HOST, ticket);
    assert_eq!(said[1], "It is late.");
    assert!(said[2].starts_with("Card") && !said[2].contains("1111"), "{said:?}");
    assert_eq!(world.said(&carl, ticket).len(), 2, "the note is internal");
    assert_eq!(uses(&world, id), 1);
    // The writer's own status comes before the macro's.
    let resolved = WriteMessage { status: Some(Status::Resolved), ..with_macro(ticket, id) };
    world.run(&bea, &resolved);
    assert_eq!((world.ticket(ticket).status, uses(&world, id)), (Status::Resolved, 2));
    world.sound();
}

#[test]
fn a_macro_does_nothing_that_its_user_may_not() {
    let world = World::standard();
    let (ann, bob) = (world.agent("Ann"), world.agent("Bob"));
    let away =
        world.put(DocumentKind::Macro, reply("all", &json!({"actions": [{"assign_to": id_of(&bob)}]})));
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    let events = world.events(ticket).len();
    let error = world.fail(&ann, &with_macro(ticket, away));
    assert!(matches!(error, Error::Forbidden(Permission::TicketReassign)));
    assert_eq!((world.events(ticket).len(), uses(&world, away)), (events, 0), "nothing of it happened");
    let private = world.run(&bob, &put(reply("own", &json!({})))).document_id;
    assert_eq!(fields(&world.fail(&ann, &with_macro(ticket, private))), ["macro_id"]);
    assert_eq!(fields(&world.fail(&carl, &with_macro(ticket, away))), ["macro_id"]);
    world.run(&HOST, &EditDocument::retire(DocumentKind::Macro, away));
    assert_eq!(fields(&world.fail(&ann, &with_macro(ticket, away))), ["macro_id"]);
    world.sound();
}

#[test]
fn each_sees_and_changes_macros_as_far_as_they_reach() {
    let world = World::standard();
    let sales = world.team("Sales", &json!({}));
    let (ann, lead) = (world.agent("Ann"), world.agent_in("Lea", "team_lead", &[sales]));
    let (sue, sam) = (world.agent_in("Sue", "supervisor", &[]), world.agent_in("Sam", "agent", &[sales]));
    for visibility in ["all", "team"] {
        let team = json!({"team_id": (visibility == "team").then_some(sales)});
        let wanted = put(reply(visibility, &team));
        assert!(
            matches!(world.fail(&ann, &wanted), Error::Forbidden(Permission::MacroManage)),
            "{visibility}"
        );
    }
    let own = world.run(&ann, &put(reply("own", &json!({})))).document_id;
    let of_team = world.run(&lead, &put(reply("team", &json!({"team_id": sales})))).document_id;
    let all = world.run(&sue, &put(reply("all", &json!({})))).document_id;
    assert!(matches!(world.fail(&lead, &put(reply("all", &json!({})))), Error::Forbidden(_)));
    let seen = |actor: &Actor| {
        let (found, _) = block_on(world.desk.macros(actor, &MacroFilter::default(), 50, None)).unwrap();
        found.into_iter().map(|found| found.id).collect::<Vec<_>>()
    };
    assert_eq!(seen(&ann), [own, all]);
    assert_eq!((seen(&sam), seen(&lead)), (vec![of_team, all], vec![of_team, all]));
    assert_eq!(seen(&sue), [of_team, all]);
    let owner = block_on(world.desk.macro_view(&ann, own)).unwrap().spec.owner_id;
    assert_eq!(owner, Some(id_of(&ann)));
    let retire = |id| EditDocument::retire(DocumentKind::Macro, id);
    assert!(matches!(world.fail(&sue, &retire(own)), Error::NotFound(_)));
    assert!(matches!(world.fail(&sam, &retire(of_team)), Error::Forbidden(_)));
    assert!(matches!(world.fail(&ann, &retire(all)), Error::Forbidden(_)));
    let open = json!({"visibility": "all", "owner_id": null}).as_object().unwrap().clone();
    let opened = EditDocument::merge(DocumentKind::Macro, own, open);
    assert!(matches!(world.fail(&ann, &opened), Error::Forbidden(_)), "nobody widens beyond their reach");
    world.run(&ann, &retire(own));
    assert_eq!(seen(&ann), [all]);
    let nowhere = put(reply("all", &json!({"actions": [{"move_to_team": own}]})));
    assert_eq!(fields(&world.fail(&sue, &nowhere)), ["actions[0].move_to_team"]);
}

#[test]
fn macros_are_found_by_category_and_words() {
    let world = World::standard();
    let late = world.put(DocumentKind::Macro, reply("all", &json!({"category": "shipping"})));
    world.put(DocumentKind::Macro, reply("all", &json!({"name": "Thanks", "content": "Thank you."})));
    let found = |category: Option<&str>, search: Option<&str>| {
        let filter = MacroFilter { category: category.map(label), search: search.map(str::to_owned) };
        let (found, _) = block_on(world.desk.macros(&HOST, &filter, 50, None)).unwrap();
        found.into_iter().map(|found| found.id).collect::<Vec<_>>()
    };
    assert_eq!(found(Some("shipping"), None), [late]);
    assert_eq!(found(None, Some("LATE delay")), [late]);
    assert_eq!(found(Some("shipping"), Some("thank")), [] as [DocumentId; 0]);
    assert_eq!(found(None, None).len(), 2);
}

/// The places of actions that were left out when a macro was used last, each with the reason.
fn left_out(world: &World, ticket: TicketId) -> Vec<(u16, String)> {
    let applied = world.events(ticket).into_iter().rev().find_map(|envelope| match envelope.event {
        Event::MacroApplied { refused, .. } => Some(refused),
        _ => None,
    });
    applied.unwrap().into_iter().map(|(place, code)| (place, code.to_string())).collect()
}

#[test]
fn each_action_of_a_macro_sees_what_those_before_it_made() {
    let world = World::standard();
    let sales = world.team("Sales", &json!({}));
    let (ann, sue) = (world.agent("Ann"), world.agent_in("Sue", "supervisor", &[]));
    let carl = world.customer("Carl");
    let used = |actions: Value| {
        let id = world.put(DocumentKind::Macro, reply("all", &json!({"actions": actions})));
        let ticket = world.opened_by(&carl);
        world.run(&sue, &with_macro(ticket, id));
        world.ticket(ticket)
    };
    let tags = used(json!([{"add_tags": ["a", "b"]}, {"remove_tags": ["a"]}])).tags;
    assert_eq!(tags.into_iter().collect::<Vec<_>>(), [label("b")]);
    let raised = used(json!([{"set_priority": "normal"}, "raise_priority", "raise_priority"]));
    assert_eq!(raised.priority, Priority::Urgent);
    // Who moves to another team waits there, whoever had the ticket; and the other way round.
    let moved = used(json!([{"assign_to": id_of(&ann)}, {"move_to_team": sales}]));
    assert_eq!((moved.team_id, moved.assigned_to), (Some(sales), None));
    let given = used(json!([{"move_to_team": sales}, {"assign_to": id_of(&ann)}]));
    assert_eq!((given.team_id, given.assigned_to), (Some(sales), Some(id_of(&ann))));
    // The owner whom the status needs is the one that the macro names before it.
    let begun =
        used(json!([{"move_to_team": sales}, {"assign_to": id_of(&ann)}, {"set_status": "in_progress"}]));
    assert_eq!(begun.status, Status::InProgress);
    world.sound();
}

#[test]
fn an_action_that_a_rule_of_the_ticket_refuses_stops_the_reply_and_is_named() {
    let world = World::standard();
    let sue = world.agent_in("Sue", "supervisor", &[]);
    let tags: Vec<String> = (0..20).map(|n| format!("tag-{n}")).collect();
    let many: Vec<Value> = (0..6)
        .map(|n| json!({"add_tags": tags.iter().map(|tag| format!("{tag}-{n}")).collect::<Vec<_>>()}))
        .collect();
    let id = world.put(DocumentKind::Macro, reply("all", &json!({"actions": many})));
    let ticket = world.opened_by(&world.customer("Carl"));
    let events = world.events(ticket).len();
    assert_eq!(fields(&world.fail(&sue, &with_macro(ticket, id))), ["macro_id.actions[5].tags"]);
    assert_eq!((world.events(ticket).len(), uses(&world, id)), (events, 0));
}

#[test]
fn a_macro_leaves_out_what_names_somebody_who_left_and_says_so() {
    let store = std::sync::Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let (sue, bob) = (world.agent_in("Sue", "supervisor", &[]), world.agent("Bob"));
    let old = world.team("Old", &json!({}));
    let actions = json!([{"add_tags": ["late"]}, {"assign_to": id_of(&bob)}, {"move_to_team": old}]);
    let id = world.put(DocumentKind::Macro, reply("all", &json!({"actions": actions})));
    world.run(&HOST, &DeactivateAgent { id: id_of(&bob) });
    // A team in use goes only where the store has lost it, which is seen when the configuration changes.
    store.lose(Key::Document(DocumentId::from_uuid(old.uuid())));
    world.team("New", &json!({}));
    let ticket = world.opened_by(&world.customer("Carl"));
    world.run(&sue, &with_macro(ticket, id));
    let after = world.ticket(ticket);
    assert!(after.tags.contains(&label("late")));
    assert_ne!(after.assigned_to, Some(id_of(&bob)));
    assert_eq!(left_out(&world, ticket), [(1, "agent_inactive".to_owned()), (2, "team_unknown".to_owned())]);
    world.sound();
}

#[test]
fn who_gets_a_ticket_by_a_macro_beyond_their_capacity_is_shown_as_over() {
    let world = World::standard();
    let sue = world.agent_in("Sue", "supervisor", &[]);
    let capacity = Capacity { units: 1, ..Capacity::default() };
    let ann = world.agent_with(CreateAgent { name: "Ann".into(), capacity, ..CreateAgent::default() });
    let actions = json!([{"assign_to": id_of(&ann)}, {"set_status": "in_progress"}]);
    let id = world.put(DocumentKind::Macro, reply("all", &json!({"actions": actions})));
    let carl = world.customer("Carl");
    let over = |ticket| {
        world.run(&sue, &with_macro(ticket, id));
        let given = world.events(ticket).into_iter().rev().find_map(|envelope| match envelope.event {
            Event::TicketAssigned { to, over, .. } => Some((to, over)),
            _ => None,
        });
        given.unwrap()
    };
    let (first, second) = (world.opened_by(&carl), world.opened_by(&carl));
    world.run(&HOST, &EditTicket { assigned_to: Some(None), ..EditTicket::of(first) });
    assert_eq!(over(second), (Some(id_of(&ann)), false));
    assert_eq!(over(first), (Some(id_of(&ann)), true));
    world.sound();
}

#[test]
fn what_actions_name_must_be_there_when_they_are_saved() {
    let world = World::standard();
    let bob = world.agent("Bob");
    world.run(&HOST, &DeactivateAgent { id: id_of(&bob) });
    let nobody = Uuid::from_u128(7);
    let bad = [
        ("assign_to", json!(nobody)),
        ("assign_to", json!(id_of(&bob))),
        ("move_to_team", json!(nobody)),
        ("call_webhook", json!(nobody)),
    ];
    let automation =
        |actions: Value| json!({"name": "R", "trigger": {"on": ["ticket.created"]}, "actions": actions});
    let policy = |actions: Value| json!({"name": "P", "targets": {"resolution": {"seconds": 60}}, "steps": [{"when": "at_breach", "actions": actions}]});
    for (name, value) in bad {
        let actions = json!([{"add_tags": ["a"]}, {"set_priority": "high"}, {name: value}]);
        let wanted = [
            (DocumentKind::Macro, reply("all", &json!({"actions": actions})), "actions[2]"),
            (DocumentKind::Automation, automation(actions.clone()), "actions[2]"),
            (DocumentKind::SlaPolicy, policy(actions.clone()), "steps[0].actions[2]"),
        ];
        for (kind, body, place) in wanted {
            let error = world.fail(&HOST, &PutDocument::new(kind, body));
            assert_eq!(fields(&error), [format!("{place}.{name}")], "{kind}");
        }
    }
}

#[test]
fn a_page_of_some_macros_is_full_while_there_are_more_of_them() {
    let world = World::standard();
    let all: Vec<DocumentId> = (0..7)
        .map(|n| {
            let category = json!({"category": if n % 3 == 0 { "shipping" } else { "other" }});
            world.put(DocumentKind::Macro, reply("all", &category))
        })
        .collect();
    let filter = MacroFilter { category: Some(label("shipping")), search: None };
    let page = |after| block_on(world.desk.macros(&HOST, &filter, 2, after)).unwrap();
    let ids = |found: Vec<support_core::desk::MacroView>| found.into_iter().map(|m| m.id).collect::<Vec<_>>();
    let (first, next) = page(None);
    assert_eq!(ids(first), [all[0], all[3]]);
    let (second, end) = page(next);
    assert_eq!((ids(second), end), (vec![all[6]], None));
}

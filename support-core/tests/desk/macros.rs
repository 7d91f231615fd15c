//! Macros: who sees and changes which, what they say, and what is done along with a reply.

use serde_json::{Value, json};
use support_core::Error;
use support_core::desk::{Done, EditDocument, MacroFilter, PutDocument, WriteMessage};
use support_core::id::{DocumentId, TicketId};
use support_core::people::{Actor, Permission};
use support_core::store::DocumentKind;
use support_core::testkit::block_on;
use support_core::ticket::{Priority, Status};

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

//! Tokens in texts, and seeing what they stand for.

use std::sync::Arc;

use support_core::desk::{Desk, OpenTicket, PutDocument, SetAsideTicket, WriteMessage};
use support_core::event::{AudienceClass, Event};
use support_core::masking::{Kind, Token};
use support_core::people::Actor;
use support_core::store::{DocumentKind, Key, MemoryStore, Record};
use support_core::testkit::{MemoryVault, SeededIds, block_on, system_scope};
use support_core::ticket::SetAsideKind;
use support_core::time::ManualClock;
use support_core::{Error, id::TicketId};

use crate::world::{HOST, TENANT, World, customer_of};

fn with_vault() -> (World, Arc<MemoryVault>) {
    let (store, vault) = (Arc::new(MemoryStore::new()), Arc::new(MemoryVault::new()));
    let clock = Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap()));
    let desk = Desk::with_vault(store, clock.clone(), Arc::new(SeededIds::new(7)), vault.clone());
    let world = World { desk, clock };
    world.put(DocumentKind::Masking, serde_json::json!({ "mode": "token" }));
    (world, vault)
}

/// A ticket whose first message holds a masked PIN; with its token.
fn told(world: &World) -> (Actor, TicketId, Token) {
    let carl = world.customer("Carl");
    let open = OpenTicket::of(customer_of(&carl), "Locked out", "My pin is 4821.");
    let ticket = world.run(&HOST, &open).ticket_id;
    let said = world.said(&carl, ticket);
    let token = said[0].strip_prefix("My pin is [pin:").and_then(|rest| rest.strip_suffix("]."));
    (carl, ticket, token.unwrap().parse().unwrap())
}

fn reveal(
    world: &World,
    actor: &Actor,
    ticket: TicketId,
    token: Token,
    reason: &str,
) -> Result<(Kind, String), Error> {
    let found = block_on(world.desk.reveal(actor, ticket, token, reason));
    found.map(|(kind, value)| (kind, value.reveal().to_owned()))
}

#[test]
fn a_masked_value_is_seen_by_right_and_reason_and_the_audit_trail_has_it() {
    let (world, vault) = with_vault();
    let (_, ticket, token) = told(&world);
    let admin = world.agent_in("Ada", "admin", &[]);
    assert_eq!(reveal(&world, &admin, ticket, token, "Fraud case 7.").unwrap(), (Kind::Pin, "4821".into()));

    let events = world.events(ticket);
    let event = events.last().unwrap();
    let Event::TicketValueRevealed { text, token: named, reason } = &event.event else { panic!("{event:?}") };
    assert_eq!((*named, event.actor, event.audience.class), (token, admin.as_ref(), AudienceClass::Audit));
    let keys = [Key::Text(*text), Key::Text(*reason)];
    let texts: Vec<String> = block_on(world.desk.store().load(&system_scope(TENANT), &keys))
        .unwrap()
        .into_iter()
        .map(|record| match record {
            Some(Record::Text(text)) => text.body.unwrap(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(texts, [format!("My pin is [pin:{token}]."), "Fraud case 7.".to_owned()]);
    assert_eq!(vault.asked()[0].reason(), "Fraud case 7.");
    assert!(!format!("{events:?}").contains("4821"));
    world.sound();
}

#[test]
fn nothing_is_seen_without_right_reason_or_token() {
    let (world, vault) = with_vault();
    let (carl, ticket, token) = told(&world);
    let (agent, admin) = (world.agent("Agnes"), world.agent_in("Ada", "admin", &[]));
    let count = world.events(ticket).len();
    let fails =
        |actor: &Actor, token, reason: &str| reveal(&world, actor, ticket, token, reason).unwrap_err();
    assert!(matches!(fails(&agent, token, "curious"), Error::Forbidden(_)));
    assert!(matches!(fails(&carl, token, "mine"), Error::NotFound(_)));
    assert!(matches!(fails(&admin, token, " "), Error::Invalid(problems) if problems[0].field == "reason"));
    let foreign = Token::from_uuid(ticket.uuid());
    assert!(matches!(fails(&admin, foreign, "a guess"), Error::NotFound(_)));
    // One that stands in another ticket is seen there only.
    let other = world.noted(&carl, |_| {});
    let elsewhere = reveal(&world, &admin, other, token, "elsewhere").unwrap_err();
    assert!(matches!(elsewhere, Error::NotFound(_)));
    assert_eq!(world.events(ticket).len(), count);
    assert_eq!(vault.asked(), []);
}

#[test]
fn every_text_of_a_ticket_is_masked_with_tokens_that_the_vault_knows() {
    let (world, vault) = with_vault();
    let (_, ticket, _) = told(&world);
    let admin = world.agent_in("Ada", "admin", &[]);
    world.run(&admin, &WriteMessage::note(ticket, "The caller's card is 4111 1111 1111 1111."));
    assert_eq!(vault.kept(), 2);
}

#[test]
fn what_is_erased_is_forgotten_by_the_vault_too() {
    let (world, vault) = with_vault();
    let (_, ticket, token) = told(&world);
    assert_eq!(vault.kept(), 1);
    world.run(&HOST, &SetAsideTicket { ticket_id: ticket, kind: SetAsideKind::Deleted });
    world.pass(31 * 86_400);
    assert_eq!(vault.kept(), 0);
    assert!(reveal(&world, &HOST, ticket, token, "too late").is_err());
    world.sound();
}

#[test]
fn tokens_can_be_chosen_where_there_is_a_vault_only() {
    let world = World::empty();
    let choose = PutDocument::new(DocumentKind::Masking, serde_json::json!({ "mode": "token" }));
    assert!(matches!(world.fail(&HOST, &choose), Error::Invalid(problems) if problems[0].field == "mode"));
    let ticket = world.noted(&world.customer("Carl"), |_| {});
    let token = Token::from_uuid(ticket.uuid());
    let refused = reveal(&world, &HOST, ticket, token, "why not").unwrap_err();
    assert!(matches!(refused, Error::Refused(refusal) if refusal.code == "no_vault"));
}

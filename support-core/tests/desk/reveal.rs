//! Tokens in texts, and seeing what they stand for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use support_core::desk::{
    Desk, Done, OpenTicket, Options, PutDocument, RestoreTicket, SetAsideTicket, WriteMessage,
};
use support_core::event::{AudienceClass, Event};
use support_core::masking::{Kind, Reveal, RevealError, Sealed, Secret, Token, Vault};
use support_core::people::Actor;
use support_core::sla::policy::PolicySpec;
use support_core::store::{DocumentKind, Key, Record};
use support_core::testkit::{MemoryVault, SeededIds, block_on, system_scope};
use support_core::ticket::SetAsideKind;
use support_core::time::ManualClock;
use support_core::{
    Error,
    id::{TenantId, TicketId},
};

use crate::faulty::{Fault, FaultyStore};
use crate::once::once;
use crate::world::{HOST, TENANT, World, customer_of};

/// A vault that can be down.
#[derive(Debug, Default)]
struct Shaky {
    inner: MemoryVault,
    down: AtomicBool,
}

impl Shaky {
    fn down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    fn up(&self) -> Result<&MemoryVault, RevealError> {
        if self.down.load(Ordering::SeqCst) { Err(RevealError::Unavailable) } else { Ok(&self.inner) }
    }
}

#[async_trait]
impl Vault for Shaky {
    async fn keep(&self, tenant: TenantId, ticket: TicketId, sealed: &[Sealed]) -> Result<(), RevealError> {
        self.up()?.keep(tenant, ticket, sealed).await
    }

    async fn reveal(&self, ask: &Reveal) -> Result<(Kind, Secret), RevealError> {
        self.up()?.reveal(ask).await
    }

    async fn forget(&self, tenant: TenantId, ticket: TicketId) -> Result<(), RevealError> {
        self.up()?.forget(tenant, ticket).await
    }
}

fn with_vault() -> (World, Arc<Shaky>) {
    let (world, _, vault) = with_faults();
    (world, vault)
}

fn with_faults() -> (World, Arc<FaultyStore>, Arc<Shaky>) {
    let (store, vault) = (Arc::new(FaultyStore::default()), Arc::new(Shaky::default()));
    let clock = Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap()));
    let desk = Desk::with_vault(store.clone(), clock.clone(), Arc::new(SeededIds::new(7)), vault.clone());
    let world = World { desk, clock };
    world.put(DocumentKind::Masking, serde_json::json!({ "mode": "token" }));
    (world, store, vault)
}

fn delete(world: &World, ticket: TicketId) {
    world.run(&HOST, &SetAsideTicket { ticket_id: ticket, kind: SetAsideKind::Deleted });
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
    assert_eq!(vault.inner.asked()[0].reason(), "Fraud case 7.");
    assert!(!format!("{events:?}").contains("4821"));
    world.sound();
}

#[test]
fn a_number_that_the_reason_repeats_is_masked_and_it_is_kept_where() {
    let (world, vault) = with_vault();
    let (_, ticket, token) = told(&world);
    let admin = world.agent_in("Ada", "admin", &[]);
    reveal(&world, &admin, ticket, token, "Für Karl: card 4111 1111 1111 1111.").unwrap();
    let events = world.events(ticket);
    let Event::TicketValueRevealed { reason, .. } = &events.last().unwrap().event else {
        panic!("{events:?}")
    };
    let found = block_on(world.desk.store().load(&system_scope(TENANT), &[Key::Text(*reason)])).unwrap();
    let [Some(Record::Text(text))] = &*found else { panic!("{found:?}") };
    let body = text.body.as_deref().unwrap();
    assert!(body.starts_with("Für Karl: ") && !body.contains("4111"), "{body}");
    assert_eq!(vault.inner.asked()[0].reason(), body);
    let [span] = &*text.masked else { panic!("{:?}", text.masked) };
    let mask = body.strip_prefix("Für Karl: card ").unwrap().strip_suffix('.').unwrap();
    let at = body.get(span.start as usize..span.end as usize);
    assert_eq!((span.kind.clone(), at), (Kind::Card, Some(mask)));
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
    assert_eq!(vault.inner.asked(), []);
}

#[test]
fn every_text_of_a_ticket_is_masked_with_tokens_that_the_vault_knows() {
    let (world, vault) = with_vault();
    let (_, ticket, _) = told(&world);
    let admin = world.agent_in("Ada", "admin", &[]);
    world.run(&admin, &WriteMessage::note(ticket, "The caller's card is 4111 1111 1111 1111."));
    assert_eq!(vault.inner.kept(), 2);
}

#[test]
fn what_is_erased_is_forgotten_by_the_vault_too() {
    let (world, vault) = with_vault();
    let (_, ticket, token) = told(&world);
    assert_eq!(vault.inner.kept(), 1);
    delete(&world, ticket);
    world.pass(31 * 86_400);
    assert_eq!(vault.inner.kept(), 0);
    assert!(reveal(&world, &HOST, ticket, token, "too late").is_err());
    world.sound();
}

#[test]
fn a_vault_that_is_down_stops_no_other_ticket_and_forgets_when_it_is_back() {
    let (world, vault) = with_vault();
    world.policy(&PolicySpec::standard());
    let (carl, erased, _) = told(&world);
    delete(&world, erased);
    world.pass(30 * 86_400 - 60);
    let other = world.opened_by(&carl);
    vault.down(true);
    let mut failed = 0;
    for _ in 0..20 {
        world.clock.advance(43_200);
        failed += block_on(world.desk.tick()).unwrap().failed;
    }
    assert!(world.names(other).contains(&"sla.breached"));
    assert!(world.names(erased).contains(&"ticket.erased"));
    assert_eq!((failed, vault.inner.kept()), (20, 1));
    world.sound();
    vault.down(false);
    world.pass(43_200);
    assert_eq!(vault.inner.kept(), 0);
    assert_eq!(world.ticket(erased).derived.wake_at, None);
    world.sound();
}

#[test]
fn erasing_a_ticket_forgets_no_value_of_another_one_whose_token_it_quotes() {
    let (world, vault) = with_vault();
    let (_, ticket, token) = told(&world);
    let mallory = world.customer("Mallory");
    let quotes = world.run(&mallory, &OpenTicket::mine("Hi", format!("[pin:{token}]"))).ticket_id;
    delete(&world, quotes);
    world.pass(31 * 86_400);
    assert!(world.names(quotes).contains(&"ticket.erased"));
    assert_eq!(vault.inner.kept(), 1);
    assert!(reveal(&world, &HOST, ticket, token, "It is this ticket's.").is_ok());
}

#[test]
fn a_token_is_seen_in_the_ticket_for_which_it_was_sealed_and_in_none_that_quotes_it() {
    let (world, vault) = with_vault();
    let (carl, ticket, token) = told(&world);
    let other = world.noted(&carl, |_| {});
    let admin = world.agent_in("Ada", "admin", &[]);
    world.run(&admin, &WriteMessage::note(other, format!("See [pin:{token}].")));
    let seen = reveal(&world, &admin, other, token, "elsewhere").unwrap_err();
    assert!(matches!(seen, Error::NotFound(_)));
    assert_eq!(vault.inner.kept(), 1);
    assert!(reveal(&world, &admin, ticket, token, "there").is_ok());
}

#[test]
fn a_ticket_that_is_restored_in_the_moment_of_its_erasure_keeps_its_values() {
    let (world, store, vault) = with_faults();
    let (_, ticket, token) = told(&world);
    delete(&world, ticket);
    world.clock.advance(30 * 86_400 - 1);
    let rival = block_on(world.desk.prepare(&HOST, &RestoreTicket { ticket_id: ticket })).unwrap().changes;
    world.clock.advance(2);
    store.before("ticket.erased", move || vec![rival]);
    world.tick();
    assert!(world.ticket(ticket).set_aside.is_none());
    assert_eq!(vault.inner.kept(), 1);
    assert!(reveal(&world, &HOST, ticket, token, "restored").is_ok());
    world.sound();
}

#[test]
fn a_number_in_the_reason_is_masked_in_the_trail_and_for_the_vault() {
    let (world, vault) = with_vault();
    let (_, ticket, token) = told(&world);
    reveal(&world, &HOST, ticket, token, "He says his pin is 4821.").unwrap();
    assert_eq!(vault.inner.asked()[0].reason(), "He says his pin is [pin].");
    let Event::TicketValueRevealed { reason, .. } = world.events(ticket).pop().unwrap().event else {
        panic!()
    };
    let text =
        block_on(world.desk.store().load(&system_scope(TENANT), &[Key::Text(reason)])).unwrap().remove(0);
    assert!(
        matches!(text, Some(Record::Text(text)) if text.body.as_deref() == Some("He says his pin is [pin]."))
    );
    assert_eq!(vault.inner.kept(), 1);
}

#[test]
fn a_command_sent_again_seals_nothing_and_is_answered_though_the_vault_is_down() {
    let (world, vault) = with_vault();
    let carl = world.customer("Carl");
    let write = WriteMessage::reply(world.opened_by(&carl), "My pin is 4821.");
    let options = Options { if_match: None, once: Some(once(&world, "k", 1)) };
    let first = block_on(world.desk.run_with(&carl, &write, &options)).unwrap();
    for down in [false, true] {
        vault.down(down);
        let again = block_on(world.desk.run_with(&carl, &write, &options)).unwrap();
        assert_eq!(again, Done::Before(first.reply()));
        assert_eq!(vault.inner.kept(), 1);
    }
    let new = Options { if_match: None, once: Some(once(&world, "l", 1)) };
    assert!(matches!(block_on(world.desk.run_with(&carl, &write, &new)), Err(Error::Store(_))));
}

#[test]
fn a_command_seals_once_however_often_others_are_faster() {
    let (world, store, vault) = with_faults();
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    store.set(Fault::Crowded(ticket));
    let write = WriteMessage::reply(ticket, "My pin is 4821, the card is 4111 1111 1111 1111.");
    assert!(matches!(world.fail(&carl, &write), Error::Busy(_)));
    assert_eq!(vault.inner.kept(), 2);
    // What no text names goes with its ticket.
    store.set(Fault::None);
    delete(&world, ticket);
    world.pass(31 * 86_400);
    assert_eq!(vault.inner.kept(), 0);
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

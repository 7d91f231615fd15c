//! Keyword rules: what matched when a text arrived, and what is left of it when rules and subjects change.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use support_core::desk::{Desk, EditDocument, EditTicket, OpenTicket, PutDocument};
use support_core::id::{DocumentId, TicketId};
use support_core::people::Actor;
use support_core::store::{DocumentKind, MemoryStore};
use support_core::testkit::{SeededIds, block_on};
use support_core::ticket::Status;
use uuid::Uuid;

use crate::world::{HOST, World, customer_of, fields, label};

const WORDS: [&str; 3] = ["zebra", "giraffe", "ibis"];
const RULES: usize = 3;
const TICKETS: usize = 3;
/// Longer than it takes until nobody decides under the configuration before.
const SETTLED: i64 = 10;

/// Which tickets a rule is for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Guard {
    All,
    New,
    Tagged,
    /// Told of the message: of a text without one it is not for any.
    ByCustomer,
    /// Told of who acts: of what the worker looks at it is not for any.
    CustomerActs,
}

impl Guard {
    fn condition(self) -> Value {
        match self {
            Self::All => Value::Null,
            Self::New => json!({ "field": "ticket.status", "op": "is", "value": "new" }),
            Self::Tagged => json!({ "field": "ticket.tags", "op": "any_of", "value": ["vip"] }),
            Self::ByCustomer => json!({ "field": "message.author", "op": "is", "value": "customer" }),
            Self::CustomerActs => json!({ "field": "actor.kind", "op": "is", "value": "customer" }),
        }
    }

    /// Tells whether a rule is for a ticket, as a customer's message arrives or as nothing does.
    fn admits(self, stands: Stands, message: bool) -> bool {
        match self {
            Self::All => true,
            Self::New => stands.new,
            Self::Tagged => stands.tagged,
            Self::ByCustomer | Self::CustomerActs => message,
        }
    }
}

/// What guards see of a ticket.
#[derive(Debug, Clone, Copy)]
struct Stands {
    new: bool,
    tagged: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    words: BTreeSet<usize>,
    guard: Guard,
    points: i8,
    alert: bool,
    active: bool,
}

impl Rule {
    fn body(&self, slot: usize) -> Value {
        let words: Vec<&str> = self.words.iter().map(|word| WORDS[*word]).collect();
        json!({
            "name": format!("r{slot}"), "type": "custom", "keywords": words, "condition": self.guard.condition(),
            "boost_amount": self.points, "alert": self.alert, "active": self.active,
        })
    }

    fn is_in(&self, text: &BTreeSet<usize>) -> bool {
        self.active && !self.words.is_disjoint(text)
    }
}

#[derive(Debug, Clone)]
enum Step {
    Opens {
        subject: BTreeSet<usize>,
        says: BTreeSet<usize>,
    },
    Says(usize, BTreeSet<usize>),
    AgentSays(usize, BTreeSet<usize>),
    Subject(usize, BTreeSet<usize>),
    Moves(usize, Status),
    Tags(usize, bool),
    Puts(usize, Rule),
    Retires(usize),
    /// The desk is started anew, with nothing in memory.
    Restarts,
}

fn text() -> impl Strategy<Value = BTreeSet<usize>> {
    prop::collection::btree_set(0..WORDS.len(), 0..3)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let guard = prop::sample::select(vec![
        Guard::All,
        Guard::New,
        Guard::Tagged,
        Guard::ByCustomer,
        Guard::CustomerActs,
    ]);
    let words = prop::collection::btree_set(0..WORDS.len(), 1..3);
    let rule = (words, guard, -20_i8..30, any::<bool>(), prop::bool::weighted(0.9))
        .prop_map(|(words, guard, points, alert, active)| Rule { words, guard, points, alert, active });
    let status = prop::sample::select(vec![Status::Open, Status::Pending, Status::OnHold, Status::Resolved]);
    let step = prop_oneof![
        3 => (text(), text()).prop_map(|(subject, says)| Step::Opens { subject, says }),
        4 => (0..TICKETS, text()).prop_map(|(ticket, text)| Step::Says(ticket, text)),
        1 => (0..TICKETS, text()).prop_map(|(ticket, text)| Step::AgentSays(ticket, text)),
        3 => (0..TICKETS, text()).prop_map(|(ticket, text)| Step::Subject(ticket, text)),
        1 => (0..TICKETS, status).prop_map(|(ticket, status)| Step::Moves(ticket, status)),
        3 => (0..TICKETS, any::<bool>()).prop_map(|(ticket, tagged)| Step::Tags(ticket, tagged)),
        5 => (0..RULES, rule).prop_map(|(slot, rule)| Step::Puts(slot, rule)),
        1 => (0..RULES).prop_map(Step::Retires),
        1 => Just(Step::Restarts),
    ];
    prop::collection::vec(step, 1..40)
}

/// A ticket's texts, and the rules that were told of them that it is theirs.
struct Told {
    id: TicketId,
    subject: BTreeSet<usize>,
    said: Vec<BTreeSet<usize>>,
    hits: BTreeSet<usize>,
}

impl Told {
    fn holds(&self, rule: &Rule) -> bool {
        rule.is_in(&self.subject) || self.said.iter().any(|text| rule.is_in(text))
    }
}

struct Zoo {
    /// Makes a desk on the same store, with nothing in memory.
    begun: Box<dyn Fn() -> Desk>,
    world: World,
    carl: Actor,
    agnes: Actor,
    rules: [Option<Rule>; RULES],
    tickets: Vec<Told>,
}

fn id(slot: usize) -> DocumentId {
    DocumentId::from_uuid(Uuid::from_u128(100 + slot as u128))
}

fn words(text: &BTreeSet<usize>) -> String {
    let words: Vec<&str> = text.iter().map(|word| WORDS[*word]).collect();
    format!("Hello {}", words.join(" "))
}

impl Zoo {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let mut world = World::on(store.clone());
        let (ids, clock) = (Arc::new(SeededIds::new(9)), world.clock.clone());
        let begun = Box::new(move || Desk::new(store.clone(), clock.clone(), ids.clone()));
        world.desk = begun();
        let (agnes, carl) = (world.agent("Agnes"), world.customer("Carl"));
        world.capacity(&agnes, 1);
        Self { begun, world, carl, agnes, rules: [const { None }; RULES], tickets: Vec::new() }
    }

    fn stands(&self, ticket: TicketId) -> Stands {
        let ticket = self.world.ticket(ticket);
        Stands { new: ticket.status == Status::New, tagged: ticket.tags.contains(&label("vip")) }
    }

    /// The rules in force that a text holds and that are for its ticket.
    fn told(&self, text: &BTreeSet<usize>, stands: Stands, message: bool) -> BTreeSet<usize> {
        let rules = self.rules.iter().enumerate().filter_map(|(slot, rule)| Some((slot, rule.as_ref()?)));
        rules
            .filter(|(_, rule)| rule.is_in(text) && rule.guard.admits(stands, message))
            .map(|(slot, _)| slot)
            .collect()
    }

    fn put(&mut self, slot: usize, rule: Option<Rule>) {
        if self.rules[slot] == rule {
            return;
        }
        let body = rule.as_ref().or(self.rules[slot].as_ref()).unwrap().body(slot);
        let put = PutDocument::at(id(slot), DocumentKind::KeywordRule, body);
        self.world.run(&HOST, &PutDocument { retired: rule.is_none(), ..put });
        self.rules[slot] = rule;
        for at in 0..self.tickets.len() {
            let stands = self.stands(self.tickets[at].id);
            let told = &mut self.tickets[at];
            told.hits.remove(&slot);
            let rule = self.rules[slot].as_ref();
            if rule.is_some_and(|rule| told.holds(rule) && rule.guard.admits(stands, false)) {
                told.hits.insert(slot);
            }
        }
        self.world.pass(SETTLED);
    }

    fn happens(&mut self, step: Step) {
        match step {
            Step::Opens { subject, says } => {
                if self.tickets.len() == TICKETS {
                    return;
                }
                let stands = Stands { new: true, tagged: false };
                let both = &subject | &says;
                let hits = self.told(&both, stands, true);
                let open = OpenTicket::mine(words(&subject), words(&says));
                let id = self.world.run(&self.carl, &open).ticket_id;
                self.tickets.push(Told { id, subject, said: vec![says], hits });
            }
            Step::Says(at, text) => {
                let Some(id) = self.tickets.get(at).map(|told| told.id) else { return };
                let hits = self.told(&text, self.stands(id), true);
                self.world.reply(&self.carl, id, &words(&text));
                self.tickets[at].hits.extend(hits);
                self.tickets[at].said.push(text);
            }
            Step::AgentSays(at, text) => {
                let Some(told) = self.tickets.get(at) else { return };
                self.world.reply(&self.agnes, told.id, &words(&text));
            }
            Step::Subject(at, text) => {
                let Some(id) = self.tickets.get(at).map(|told| told.id) else { return };
                let hits = self.told(&text, self.stands(id), false);
                let subject = Some(words(&text));
                self.world.run(&HOST, &EditTicket { subject, ..EditTicket::of(id) });
                let told = &mut self.tickets[at];
                told.subject = text;
                let rules = &self.rules;
                let mut left = told.hits.clone();
                left.retain(|slot| rules[*slot].as_ref().is_some_and(|rule| told.holds(rule)));
                told.hits = &left | &hits;
            }
            Step::Moves(at, status) => {
                let Some(told) = self.tickets.get(at) else { return };
                // What the table of statuses refuses changes nothing.
                drop(block_on(self.world.desk.run(&HOST, &EditTicket::of(told.id).status(status))));
            }
            Step::Tags(at, tagged) => {
                let Some(told) = self.tickets.get(at) else { return };
                let tags = Some(if tagged { vec![label("vip")] } else { Vec::new() });
                self.world.run(&HOST, &EditTicket { tags, ..EditTicket::of(told.id) });
            }
            Step::Puts(slot, rule) => self.put(slot, Some(rule)),
            Step::Retires(slot) => self.put(slot, None),
            Step::Restarts => self.world.desk = (self.begun)(),
        }
    }

    fn check(&self) {
        for told in &self.tickets {
            let ticket = self.world.ticket(told.id);
            let hits: Vec<DocumentId> = told.hits.iter().map(|slot| id(*slot)).collect();
            assert_eq!(ticket.keywords.keys().copied().collect::<Vec<_>>(), hits);
            let rules = told.hits.iter().map(|slot| (slot, self.rules[*slot].as_ref().unwrap()));
            let points: f64 = rules.clone().map(|(_, rule)| f64::from(rule.points)).sum();
            assert!((ticket.derived.keyword_points - points).abs() < 1e-9);
            let alerting = rules.filter(|(_, rule)| rule.alert);
            assert_eq!(ticket.topics, alerting.map(|(slot, _)| label(&format!("r{slot}"))).collect());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A rule is told of each text once: as it arrives, or, where the rule is newer, as the worker comes by. What
    /// happens to other rules changes nothing about it.
    #[test]
    fn what_arrived_and_what_was_looked_at_anew_is_the_same(steps in steps()) {
        let mut zoo = Zoo::new();
        for step in steps {
            zoo.happens(step);
            zoo.check();
        }
        zoo.world.sound();
    }
}

fn rule(guard: Guard) -> Rule {
    Rule { words: [0].into(), guard, points: 40, alert: true, active: true }
}

#[test]
fn a_rule_that_changes_takes_nothing_from_the_others() {
    let mut zoo = Zoo::new();
    zoo.put(0, Some(rule(Guard::ByCustomer)));
    zoo.put(1, Some(rule(Guard::New)));
    zoo.happens(Step::Opens { subject: [].into(), says: [0].into() });
    zoo.check();
    assert_eq!(zoo.tickets[0].hits, [0, 1].into());
    zoo.happens(Step::Moves(0, Status::Pending));
    zoo.put(2, Some(Rule { words: [1].into(), ..rule(Guard::All) }));
    zoo.check();
    let changes = zoo.world.names(zoo.tickets[0].id);
    assert_eq!(changes.iter().filter(|name| **name == "ticket.keywords_matched").count(), 1, "{changes:?}");
}

#[test]
fn a_rule_that_was_told_no_is_not_asked_again_when_another_changes() {
    let mut zoo = Zoo::new();
    zoo.put(0, Some(rule(Guard::Tagged)));
    zoo.happens(Step::Opens { subject: [].into(), says: [0].into() });
    zoo.happens(Step::Tags(0, true));
    zoo.put(1, Some(rule(Guard::All)));
    zoo.check();
    assert_eq!(zoo.tickets[0].hits, [1].into());
}

#[test]
fn a_changed_subject_is_matched_as_it_changes() {
    let mut zoo = Zoo::new();
    zoo.put(0, Some(rule(Guard::All)));
    zoo.put(1, Some(Rule { words: [1].into(), ..rule(Guard::All) }));
    zoo.happens(Step::Opens { subject: [0].into(), says: [1].into() });
    zoo.happens(Step::Subject(0, [].into()));
    zoo.check();
    assert_eq!(zoo.tickets[0].hits, [1].into());
    zoo.happens(Step::Subject(0, [0, 1].into()));
    zoo.check();
    assert_eq!(zoo.tickets[0].hits, [0, 1].into());
}

#[test]
fn a_keyword_rule_that_something_in_force_names_stays_in_force() {
    let world = World::empty();
    let plain = rule(Guard::All).body(0);
    let found = |id: Value| json!({ "field": "ticket.keyword_rules", "op": "any_of", "value": [id] });
    let automation = |condition: Value| {
        json!({
            "name": "U", "trigger": { "on": ["ticket.created"] }, "condition": condition, "actions": ["raise_priority"],
        })
    };
    let guarded = |condition: Value| {
        let mut body = plain.clone();
        (body["name"], body["condition"]) = (json!("U"), condition);
        body
    };
    let nobody = json!(Uuid::from_u128(5));
    let customer = |id: &Value| json!({ "field": "customer.id", "op": "is", "value": id });
    let carl = json!(customer_of(&world.customer("Carl")));
    let users: [(DocumentKind, &dyn Fn(Value) -> Value); 2] =
        [(DocumentKind::Automation, &automation), (DocumentKind::KeywordRule, &guarded)];
    for (kind, body) in users {
        let late = world.put(DocumentKind::KeywordRule, plain.clone());
        let user = world.put(kind, body(found(json!(late))));
        let retire = EditDocument::retire(DocumentKind::KeywordRule, late);
        let error = world.fail(&HOST, &retire);
        assert_eq!(crate::world::rule(&error), "keyword_rule_in_use");
        assert_eq!(error.to_string(), format!("the keyword rule is used by {kind} `U`"));
        world.run(&HOST, &EditDocument::retire(kind, user));
        world.run(&HOST, &retire);
        // What is not there is named by nobody.
        for condition in [found(json!(late)), found(nobody.clone()), customer(&nobody)] {
            let error = world.fail(&HOST, &PutDocument::new(kind, body(condition)));
            assert!(fields(&error)[0].starts_with("condition.value"), "{error:?}");
        }
        world.run(&HOST, &EditDocument::retire(kind, world.put(kind, body(customer(&carl)))));
    }
    // One that names itself goes all the same.
    let own = world.put(DocumentKind::KeywordRule, plain.clone());
    world.run(&HOST, &PutDocument::at(own, DocumentKind::KeywordRule, guarded(found(json!(own)))));
    world.run(&HOST, &EditDocument::retire(DocumentKind::KeywordRule, own));
}

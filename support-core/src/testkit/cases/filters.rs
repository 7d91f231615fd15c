//! Filters of tickets against a plain reading of what they say.

use std::collections::BTreeMap;

use crate::conversation::ChannelKind;
use crate::event::Event;
use crate::id::TicketId;
use crate::people::Reach;
use crate::scoring::Urgency;
use crate::store::{
    Assignee, Query, Record, Select, SetAsideFilter, SlaFilter, Store, TicketFilter, TicketSort,
};
use crate::ticket::{FieldValue, Priority, SetAsideKind, Status, Ticket};

use super::super::build::{
    TENANT, agent_id, agent_scope, customer_id, customer_scope, inbox_id, instant, team_id, text_id, word,
};
use super::super::{Dice, Story, a_ticket};
use super::{commit, everything, walk};

/// Tells tickets that differ in everything that a filter asks for.
fn stories() -> Vec<Story> {
    let mut dice = Dice::new(20);
    (1..=60_u32)
        .map(|number| {
            let mut story = a_ticket(number)
                .of(customer_id(1 + dice.below(3) as u32))
                .prioritized(*dice.pick(Priority::ALL))
                .about(dice.pick::<&str>(&["billing", "delivery"]));
            if !dice.one_in(3) {
                let channels = [ChannelKind::Email, ChannelKind::Web, ChannelKind::Host("kiosk".into())];
                let channel = dice.pick(&channels);
                story = story.through(channel.clone(), inbox_id(1 + dice.below(2) as u32));
            }
            if !dice.one_in(3) {
                story = story.in_team(team_id(1 + dice.below(2) as u32));
            }
            for tag in ["vip", "b2b"] {
                if dice.one_in(3) {
                    story = story.tagged(tag);
                }
            }
            let fields: BTreeMap<_, _> = [
                (word("weight"), FieldValue::Number(*dice.pick(&[1.0, 1.5, -0.0]))),
                (word("fragile"), FieldValue::Flag(dice.one_in(2))),
                (word("colour"), FieldValue::Text(text_id(number, 0))),
            ]
            .into_iter()
            .filter(|_| dice.one_in(2))
            .collect();
            story = story.opened(|event| {
                if let Event::TicketCreated { custom_fields, .. } = event {
                    *custom_fields = fields;
                }
            });
            if dice.one_in(2) {
                story = story.assigned(Some(agent_id(1 + dice.below(2) as u32)));
            }
            if dice.one_in(2) {
                story = story.becomes(*dice.pick(Status::ALL));
            }
            if dice.one_in(3) {
                let topics = vec![word(dice.pick::<&str>(&["recall", "outage"]))];
                story = story.then(Event::TicketKeywordsMatched { rules: BTreeMap::new(), topics });
            }
            if dice.one_in(4) {
                story = story.set_aside(*dice.pick(SetAsideKind::ALL));
            }
            story = story.asks(dice.pick::<&str>(&["broken kettle", "blue kettle", "red teapot"]));
            let (breached, from) = (dice.one_in(3), dice.below(4) as i64 * 10);
            if dice.one_in(2) {
                story = story.derived(|derived| {
                    derived.breached = breached;
                    derived.urgency = Some(Urgency::between(instant(from), instant(from + 10)));
                    derived.next_due_at = Some(instant(from + 10));
                });
            }
            story
        })
        .collect()
}

type Setting = (&'static str, fn(&mut TicketFilter));

/// Every way to filter, with a value that some tickets have.
const SETTINGS: [Setting; 29] = [
    ("open", |f| f.status = vec![Status::Open]),
    ("new or closed", |f| f.status = vec![Status::New, Status::Closed]),
    ("urgent", |f| f.priority = vec![Priority::Urgent]),
    ("low or high", |f| f.priority = vec![Priority::Low, Priority::High]),
    ("by e-mail", |f| f.channel = Some(ChannelKind::Email)),
    ("at the kiosk", |f| f.channel = Some(ChannelKind::Host("kiosk".into()))),
    ("inbox", |f| f.inbox = Some(inbox_id(1))),
    ("nobody's", |f| f.assignee = Some(Assignee::Nobody)),
    ("somebody's", |f| f.assignee = Some(Assignee::Agent(agent_id(1)))),
    ("team", |f| f.team = Some(team_id(1))),
    ("tag", |f| f.tag = Some(word("vip"))),
    ("tag of none", |f| f.tag = Some(word("vi"))),
    ("category", |f| f.category = Some(word("billing"))),
    ("customer", |f| f.customer = Some(customer_id(1))),
    ("any topic", |f| f.topic = Some(None)),
    ("topic", |f| f.topic = Some(Some(word("recall")))),
    ("number", |f| f.field = Some((word("weight"), FieldValue::Number(1.5)))),
    ("zero", |f| f.field = Some((word("weight"), FieldValue::Number(0.0)))),
    ("flag", |f| f.field = Some((word("fragile"), FieldValue::Flag(false)))),
    ("text field", |f| f.field = Some((word("colour"), FieldValue::Text(text_id(1, 0))))),
    ("words", |f| f.words = vec!["kettle".to_owned()]),
    ("more words", |f| f.words = vec!["kettle".to_owned(), "blue".to_owned()]),
    ("opened after", |f| f.created_after = Some(instant(20 * 60))),
    ("opened before", |f| f.created_before = Some(instant(40 * 60))),
    ("breached", |f| f.sla = Some(SlaFilter::Breached)),
    ("at risk", |f| f.sla = Some(SlaFilter::AtRisk(instant(20)))),
    ("spam", |f| f.set_aside = SetAsideFilter::Only(SetAsideKind::Spam)),
    ("set aside or not", |f| f.set_aside = SetAsideFilter::Any),
    ("next deadline first", |f| f.sort = TicketSort::Due),
];

/// Reads a filter word for word.
fn passes(filter: &TicketFilter, story: &Story, ticket: &Ticket) -> bool {
    let derived = &ticket.derived;
    let aside = ticket.set_aside.map(|aside| aside.kind);
    let has_words = |tokens: &Vec<String>| filter.words.iter().all(|word| tokens.contains(word));
    let checks = [
        filter.status.is_empty() || filter.status.contains(&ticket.status),
        filter.priority.is_empty() || filter.priority.contains(&ticket.priority),
        filter.channel.is_none() || filter.channel.as_ref() == Some(&ticket.channel),
        filter.inbox.is_none() || filter.inbox == ticket.inbox_id,
        match filter.assignee {
            None => true,
            Some(Assignee::Nobody) => ticket.assigned_to.is_none(),
            Some(Assignee::Agent(agent)) => ticket.assigned_to == Some(agent),
        },
        filter.team.is_none() || filter.team == ticket.team_id,
        filter.tag.as_ref().is_none_or(|tag| ticket.tags.contains(tag)),
        filter.category.is_none() || filter.category == ticket.category,
        filter.customer.is_none() || filter.customer == Some(ticket.customer_id),
        match &filter.topic {
            None => true,
            Some(None) => !ticket.topics.is_empty(),
            Some(Some(topic)) => ticket.topics.contains(topic),
        },
        match &filter.field {
            None => true,
            Some((_, FieldValue::Text(_))) => false,
            Some((key, value)) => ticket.custom_fields.get(key) == Some(value),
        },
        filter.words.is_empty() || story.search().iter().any(|entry| has_words(&entry.tokens)),
        filter.created_after.is_none_or(|from| from <= ticket.created_at),
        filter.created_before.is_none_or(|to| ticket.created_at < to),
        match filter.sla {
            None => true,
            Some(SlaFilter::Breached) => derived.breached,
            Some(SlaFilter::AtRisk(at)) => {
                !derived.breached && derived.urgency.as_ref().is_some_and(|urgency| urgency.from <= at)
            }
        },
        match filter.set_aside {
            SetAsideFilter::Without => aside.is_none(),
            SetAsideFilter::Only(kind) => aside == Some(kind),
            SetAsideFilter::Any => true,
        },
    ];
    checks.into_iter().all(|check| check)
}

/// Each filter, and each pair of filters, finds what a plain reading of it finds, in several scopes.
pub async fn filters_find_what_they_say(store: &dyn Store) {
    let stories = stories();
    let sets: Vec<_> = stories.iter().map(|story| story.set(TENANT)).collect();
    let outcomes = store.commit(&sets).await.unwrap();
    assert!(outcomes.iter().all(|outcome| *outcome == crate::store::Outcome::Committed));
    let told: Vec<(&Story, Ticket)> = stories.iter().map(|story| (story, story.ticket())).collect();
    let scopes = [
        everything(),
        agent_scope(TENANT, agent_id(1), &[team_id(1)], Reach::Team),
        customer_scope(TENANT, customer_id(1)),
    ];
    let mut found_some = 0;
    for (first, (name, set_first)) in SETTINGS.iter().enumerate() {
        for (other, set_other) in &SETTINGS[first..] {
            let mut filter = TicketFilter::default();
            set_first(&mut filter);
            set_other(&mut filter);
            for scope in &scopes {
                let visible =
                    told.iter().filter(|(_, ticket)| ticket.with_subject(|subject| scope.sees(subject)));
                let wanted = visible.filter(|(story, ticket)| passes(&filter, story, ticket));
                let mut expected: Vec<TicketId> = wanted.map(|(_, ticket)| ticket.id).collect();
                let query = Query::new(Select::Tickets(Box::new(filter.clone())), 25);
                let pages = walk(store, scope, query).await;
                let items = pages.into_iter().flat_map(|page| page.items);
                let mut found: Vec<TicketId> = items
                    .map(|record| match record {
                        Record::Ticket(ticket) => ticket.id,
                        other => panic!("not a ticket: {other:?}"),
                    })
                    .collect();
                expected.sort_unstable();
                found.sort_unstable();
                found_some += u32::from(!found.is_empty());
                assert_eq!(found, expected, "{name} and {other}, {scope:?}");
            }
        }
    }
    assert!(found_some > 500, "the tickets are too alike to tell filters apart: {found_some}");
}

/// Filters follow a ticket as it changes: what it was finds it no more.
pub async fn filters_follow_a_change(store: &dyn Store) {
    let mut story = a_ticket(1).tagged("vip").in_team(team_id(1));
    commit(store, story.set(TENANT)).await;
    let found = async |change: fn(&mut TicketFilter)| {
        let mut filter = TicketFilter::default();
        change(&mut filter);
        let pages = walk(store, &everything(), Query::new(Select::Tickets(Box::new(filter)), 10)).await;
        pages.iter().map(|page| page.items.len()).sum::<usize>()
    };
    let tagged: fn(&mut TicketFilter) = |filter| filter.tag = Some(word("vip"));
    let in_team: fn(&mut TicketFilter) = |filter| filter.team = Some(team_id(1));
    assert_eq!((found(tagged).await, found(in_team).await), (1, 1));
    let untagged = Event::TicketTagsChanged { added: vec![word("b2b")], removed: vec![word("vip")] };
    commit(store, story.go_on(TENANT, |story| story.then(untagged).moved(None, Some(team_id(2))))).await;
    assert_eq!((found(tagged).await, found(in_team).await), (0, 0));
    assert_eq!(found(|filter| filter.tag = Some(word("b2b"))).await, 1);
    assert_eq!(found(|filter| filter.team = Some(team_id(2))).await, 1);
}

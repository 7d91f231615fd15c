//! What a host knows of its customers, and what becomes of a ticket where it does not answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::json;
use support_core::desk::{
    CreateCustomer, CustomerSpec, EditTicket, OpenTicket, RefreshInsight, RestoreTicket, SetAsideTicket,
    UpdateCustomer, WriteMessage,
};
use support_core::id::{TenantId, TicketId};
use support_core::insight::{CustomerInsight, InsightUnavailable, TimeLimit};
use support_core::people::{Actor, Customer, CustomerActor};
use support_core::scoring::Insight;
use support_core::store::DocumentKind;
use support_core::ticket::{SetAsideKind, Status};

use crate::world::{HOST, TENANT, World, label};

/// What the host's service does.
#[derive(Debug, Clone)]
enum Service {
    Says(Insight),
    KnowsNobody,
    Fails,
    NeverAnswers,
}

#[derive(Debug)]
struct Host(Mutex<Service>);

#[async_trait]
impl CustomerInsight for Host {
    async fn insight(&self, _: TenantId, _: &Customer) -> Result<Option<Insight>, InsightUnavailable> {
        let service = self.0.lock().unwrap().clone();
        match service {
            Service::Says(insight) => Ok(Some(insight)),
            Service::KnowsNobody => Ok(None),
            Service::Fails => Err(InsightUnavailable),
            Service::NeverAnswers => std::future::pending().await,
        }
    }
}

/// The time is over as soon as somebody has to wait.
#[derive(Debug)]
struct NoTime;

impl TimeLimit for NoTime {
    fn over(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

fn asking(service: Service) -> (World, Arc<Host>) {
    let mut world = World::standard();
    let host = Arc::new(Host(Mutex::new(service)));
    world.desk = world.desk.clone().with_insight(host.clone(), Arc::new(NoTime));
    (world, host)
}

fn silver(world: &World) -> TicketId {
    let spec = CustomerSpec { name: "Carl".into(), ..CustomerSpec::default() };
    let customer = CreateCustomer { spec, tier: Some(label("silver")), ..CreateCustomer::default() };
    let customer = world.run(&HOST, &customer).customer_id;
    world.run(&HOST, &OpenTicket::of(customer, "My parcel", "It is a week late.")).ticket_id
}

fn gold() -> Insight {
    Insight {
        tier: Some(label("gold")),
        churn_risk: Some(0.5),
        lifetime_value: Some(90_000.0),
        ..Insight::default()
    }
}

#[test]
fn what_the_host_knows_stands_on_the_ticket_from_the_start_and_counts() {
    let (world, _) = asking(Service::Says(gold()));
    world.put(
        DocumentKind::Automation,
        json!({
            "name": "Gold", "trigger": { "on": ["ticket.created"] },
            "condition": { "field": "customer.tier", "op": "is", "value": "gold" },
            "actions": [{ "add_tags": ["vip"] }],
        }),
    );
    let ticket = world.ticket(silver(&world));
    assert_eq!(ticket.insight, Some(gold()));
    assert!(ticket.derived.insight_points > 0.0 && ticket.tags.contains(&label("vip")));
    world.sound();
}

#[test]
fn a_tier_is_the_same_in_policies_rules_and_points_however_it_is_written() {
    let (world, host) = asking(Service::Says(Insight { tier: Some(label("VÍP")), ..Insight::default() }));
    let policy = json!({
        "name": "Fast", "conditions": { "tiers": ["vip"] }, "targets": { "resolution": { "seconds": 60 } },
    });
    let policies = ["Vip", "GOLD"].map(|tier| {
        let mut policy = policy.clone();
        policy["conditions"]["tiers"] = json!([tier]);
        world.put(DocumentKind::SlaPolicy, policy)
    });
    let rule = |op: &str, value: serde_json::Value, tag: &str| {
        let body = json!({
            "name": "Rule", "trigger": { "on": ["ticket.created"] },
            "condition": { "field": "customer.tier", "op": op, "value": value },
            "actions": [{ "add_tags": [tag] }],
        });
        world.put(DocumentKind::Automation, body);
    };
    rule("is", json!("ViP"), "is");
    rule("any_of", json!(["vip", "Gold"]), "in");
    rule("is_not", json!("VIP"), "not");
    let ticket = world.ticket(silver(&world));
    assert_eq!(ticket.tags.iter().map(|tag| tag.as_str()).collect::<Vec<_>>(), ["in", "is"]);
    assert_eq!(ticket.sla.applied.map(|applied| applied.policy.id), Some(policies[0]));
    assert!((ticket.derived.insight_points - 30.0).abs() < 1e-9);
    // The customer's own tier counts alike, and stays on the record as it was written.
    *host.0.lock().unwrap() = Service::KnowsNobody;
    let spec = CustomerSpec { name: "Gwen".into(), ..CustomerSpec::default() };
    let customer = CreateCustomer { spec, tier: Some(label("Gold")), ..CreateCustomer::default() };
    let customer = world.run(&HOST, &customer).customer_id;
    let open = OpenTicket::of(customer, "My parcel", "It is a week late.");
    let id = world.run(&HOST, &open).ticket_id;
    assert_eq!(world.ticket(id).sla.applied.map(|applied| applied.policy.id), Some(policies[1]));
    // A tier that is taken away is gone from the ticket too.
    world.run(&HOST, &UpdateCustomer { id: Some(customer), tier: Some(None), ..UpdateCustomer::default() });
    assert_eq!(world.ticket(id).insight.and_then(|insight| insight.tier), None);
    world.sound();
}

#[test]
fn what_the_host_leaves_open_is_filled_from_the_customers_record_and_no_number_is_none() {
    let (churn_risk, lifetime_value) = (Some(f64::NAN), Some(f64::INFINITY));
    let odd = Insight { churn_risk, lifetime_value, ..Insight::default() };
    let of_record = Insight { tier: Some(label("silver")), ..Insight::default() };
    for service in [Service::Says(odd), Service::KnowsNobody] {
        let (world, _) = asking(service);
        assert_eq!(world.ticket(silver(&world)).insight, Some(of_record.clone()));
        world.sound();
    }
}

#[test]
fn a_host_that_fails_or_never_answers_stops_no_ticket() {
    let of_record = Insight { tier: Some(label("silver")), ..Insight::default() };
    for service in [Service::Fails, Service::NeverAnswers] {
        let (world, _) = asking(service);
        assert_eq!(world.ticket(silver(&world)).insight, Some(of_record.clone()));
        world.sound();
    }
}

#[test]
fn what_is_known_is_asked_anew_and_kept_where_the_host_is_silent() {
    let (world, host) = asking(Service::Fails);
    let id = silver(&world);
    *host.0.lock().unwrap() = Service::Says(gold());
    world.run(&HOST, &RefreshInsight { ticket_id: id });
    assert_eq!(world.ticket(id).insight, Some(gold()));
    let events = world.events(id).len();
    for service in [Service::Says(gold()), Service::Fails, Service::NeverAnswers] {
        *host.0.lock().unwrap() = service;
        world.run(&HOST, &RefreshInsight { ticket_id: id });
        assert_eq!((world.ticket(id).insight, world.events(id).len()), (Some(gold()), events));
    }
    world.sound();
}

#[test]
fn a_tier_of_the_hosts_that_holds_a_hidden_number_is_left_out_and_the_ticket_is_opened() {
    let tier = Some(label("4111111111111111"));
    let (world, _) = asking(Service::Says(Insight { tier, ..gold() }));
    let ticket = silver(&world);
    let noted = || world.ticket(ticket).insight.unwrap();
    assert_eq!((noted().tier, noted().churn_risk), (Some(label("silver")), Some(0.5)));
    world.run(&HOST, &RefreshInsight { ticket_id: ticket });
    assert_eq!(noted().tier, Some(label("silver")));
    world.sound();
}

/// A name, how a ticket comes to rest, and how it comes back into work.
type Way<'a> = (&'a str, &'a dyn Fn(&World, TicketId), &'a dyn Fn(&World, &Actor, TicketId));

#[test]
fn a_ticket_that_comes_back_into_work_brings_what_is_known_of_its_customer_by_then() {
    let moved = |world: &World, ticket, status| {
        world.status(&HOST, ticket, status);
    };
    let resolved = |world: &World, ticket| moved(world, ticket, Status::Resolved);
    let spam = |world: &World, ticket| {
        world.run(&HOST, &SetAsideTicket { ticket_id: ticket, kind: SetAsideKind::Spam });
    };
    let by_macro = |world: &World, actor: &Actor, ticket| {
        let body = json!({ "name": "Again", "content": "x", "visibility": "all", "actions": [{ "set_status": "open" }] });
        let macro_id = Some(world.put(DocumentKind::Macro, body));
        world.run(actor, &WriteMessage { macro_id, ..WriteMessage::reply(ticket, "Once more.") });
    };
    let by_rule = |world: &World, trigger: serde_json::Value| {
        let body = json!({ "name": "Again", "trigger": trigger, "actions": [{ "set_status": "open" }] });
        world.put(DocumentKind::Automation, body);
    };
    let ways: [Way<'_>; 6] = [
        ("message", &resolved, &|world, _, ticket| {
            let customer =
                Actor::Customer(CustomerActor { tenant: TENANT, id: world.ticket(ticket).customer_id });
            world.reply(&customer, ticket, "It is late again.");
        }),
        ("patch", &resolved, &|world, _, ticket| moved(world, ticket, Status::Open)),
        ("macro", &resolved, &by_macro),
        ("rule", &resolved, &|world, _, ticket| {
            by_rule(world, json!({ "on": ["ticket.tags_changed"] }));
            let add_tags = vec![label("again")];
            world.run(&HOST, &EditTicket { add_tags, ..EditTicket::of(ticket) });
        }),
        ("time", &resolved, &|world, _, _| {
            by_rule(world, json!({ "since": { "moment": "created", "seconds": 3_600 } }));
            world.pass(4_000);
        }),
        ("restored", &spam, &|world, _, ticket| {
            world.run(&HOST, &RestoreTicket { ticket_id: ticket });
        }),
    ];
    for service in [Service::KnowsNobody, Service::Fails, Service::Says(gold())] {
        for (name, rest, back) in &ways {
            let says = matches!(service, Service::Says(_));
            let (world, host) = asking(Service::KnowsNobody);
            world.settings(json!({ "weights": { "tier_points": { "gold": 20.0 } } }));
            let ann = world.agent("Ann");
            let promise = json!({
                "name": "Gold", "position": -1, "conditions": { "tiers": ["gold"] },
                "targets": { "resolution": { "seconds": 90_000 } },
            });
            let promise = world.put(DocumentKind::SlaPolicy, promise);
            let rule = json!({
                "name": "Press", "trigger": { "on": ["ticket.status_changed"] },
                "condition": { "field": "customer.tags", "op": "any_of", "value": ["press"] },
                "actions": [{ "add_tags": ["press_wrote"] }],
            });
            let spec = CustomerSpec { name: "Carl".into(), ..CustomerSpec::default() };
            let customer = CreateCustomer { spec, ..CreateCustomer::default() };
            let id = world.run(&HOST, &customer).customer_id;
            let ticket = world.run(&HOST, &OpenTicket::of(id, "My parcel", "It is a week late.")).ticket_id;
            rest(&world, ticket);
            *host.0.lock().unwrap() = service.clone();
            world.put(DocumentKind::Automation, rule);
            let tier = (!says).then(|| Some(label("gold")));
            let tags = Some(vec![label("press")]);
            world.run(&HOST, &UpdateCustomer { id: Some(id), tier, tags, ..UpdateCustomer::default() });
            back(&world, &ann, ticket);
            let found = world.ticket(ticket);
            let insight = found.insight.clone().unwrap_or_default();
            assert_eq!(insight.tier, Some(label("gold")), "{name}");
            assert_eq!(insight.churn_risk, says.then_some(0.5), "{name}");
            assert!(found.derived.insight_points > 0.0, "{name}");
            assert_eq!(found.sla.applied.map(|applied| applied.policy.id), Some(promise), "{name}");
            let hears = *name != "restored";
            assert_eq!(found.tags.contains(&label("press_wrote")), hears, "{name}");
            world.sound();
        }
    }
}

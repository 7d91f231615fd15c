//! Who may call what: every route of the document, on things that are there, with bodies that are sound.

use std::fmt::Write;

use serde_json::{Value, json};
use support_core::desk::{CreateCustomer, OpenTicket};
use support_http::PUBLIC_ROUTES;

use crate::bodies::body;
use crate::document::{routes, walk};
use crate::world::{As, HOST, NO_ONE, NOBODY, World};

/// What anybody who has signed in does with their own session, and a stream without an end.
const APART: &[&str] = &[
    "POST /api/v1/auth/logout",
    "GET /api/v1/auth/me",
    "POST /api/v1/auth/password",
    "GET /api/v1/events",
    "GET /api/v1/tickets/export.csv",
];

/// All roles, those who may least first.
const ROLES: [&str; 6] = ["customer", "agent", "team_lead", "supervisor", "admin", "super_admin"];

/// A desk with one of everything, none of it the customer's.
struct Things {
    world: World,
    agent: String,
    customer: String,
    team: String,
    rule: String,
    automation: String,
    calendar: String,
    policy: String,
    journey: String,
    canned: String,
    ticket: String,
    offer: String,
}

impl Things {
    async fn new() -> Self {
        let world = World::new().await;
        let admin = world.as_admin().await;
        let make = async |path: &str| {
            let made =
                world.post(path, &admin, body(&format!("POST /api/v1{path}")).unwrap()).await.with(201);
            made["id"].as_str().unwrap().to_owned()
        };
        let (rule, calendar) = (make("/rules").await, make("/sla/calendars").await);
        let (journey, canned) = (make("/journeys").await, make("/macros").await);
        let automation = make("/automations").await;
        let (policy, team) = (make("/sla/policies").await, make("/teams").await);
        let zoe = world.desk.run(&HOST, &CreateCustomer::named("Zoe")).await.unwrap().customer_id;
        let ticket = world.desk.run(&HOST, &OpenTicket::of(zoe, "x", "x")).await.unwrap().ticket_id;
        let offer = world.offer(zoe).await.to_string();
        Self {
            agent: world.admin.to_string(),
            customer: zoe.to_string(),
            ticket: ticket.to_string(),
            world,
            team,
            rule,
            automation,
            calendar,
            policy,
            offer,
            journey,
            canned,
        }
    }

    /// Returns the id of the thing that the route is about.
    fn id(&self, route: &str) -> &str {
        let kinds = [
            ("/agents/", &self.agent),
            ("/customers/", &self.customer),
            ("/teams/", &self.team),
            ("/rules/", &self.rule),
            ("/automations/", &self.automation),
            ("/sla/calendars/", &self.calendar),
            ("/sla/policies/", &self.policy),
            ("/journeys/", &self.journey),
            ("/macros/", &self.canned),
            ("/tickets/", &self.ticket),
            ("/offers/", &self.offer),
        ];
        let found = kinds.iter().find(|(part, _)| route.contains(part));
        assert!(found.is_some() || !route.contains('{'), "{route}");
        found.map_or(NOBODY, |(_, id)| id)
    }

    async fn status(&self, route: &str, who: &As, staff: bool) -> u16 {
        let mut body = body(route);
        // Staff say for whom a ticket is; the table's body is a customer's own.
        let for_whom = ["POST /api/v1/tickets", "POST /api/v1/journeys/{id}/submit"];
        if let Some(body) = body.as_mut().filter(|_| staff && for_whom.contains(&route)) {
            body["customer_id"] = json!(self.customer);
        }
        if let Some(body) = &mut body
            && body.get("ticket_ids").is_some()
        {
            body["ticket_ids"] = json!([self.ticket]);
        }
        walk(&self.world, route, who, self.id(route), body).await.0
    }
}

/// Lists the routes that ask who calls, those that take something away last.
async fn guarded(world: &World) -> Vec<String> {
    let mut routes: Vec<String> = routes(world).await.into_iter().collect();
    routes.retain(|route| !PUBLIC_ROUTES.contains(&route.as_str()) && !APART.contains(&route.as_str()));
    routes.sort_by_key(|route| route.starts_with("DELETE "));
    routes
}

#[tokio::test]
async fn every_route_that_takes_a_body_has_one_in_the_table() {
    let world = World::new().await;
    let document = world.get("/api/openapi.json", &NO_ONE).await.with(200);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let route = format!("{} {path}", method.to_uppercase());
            assert_eq!(body(&route).is_some(), operation.get("requestBody").is_some(), "{route}");
        }
    }
}

/// A refusal for its body would say nothing about the right to send it, so no answer here may be one.
#[tokio::test]
async fn who_may_call_what_changes_only_on_purpose() {
    let mut lines: Vec<(String, Vec<u16>)> = Vec::new();
    for role in ROLES {
        let things = Things::new().await;
        let who = match role {
            "customer" => things.world.as_customer().await,
            role => things.world.as_role(role).await,
        };
        for (at, route) in guarded(&things.world).await.into_iter().enumerate() {
            let status = things.status(&route, &who, role != "customer").await;
            assert!(status < 400 || [403, 404, 409].contains(&status), "{role} {route}: {status}");
            if lines.len() == at {
                lines.push((route, Vec::new()));
            }
            lines[at].1.push(status);
        }
    }
    let mut text = ROLES.join(" ") + "\n";
    for (route, statuses) in lines {
        let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
        writeln!(text, "{}  {route}", statuses.join(" ")).unwrap();
    }
    insta::assert_snapshot!("matrix", text);
}

#[tokio::test]
async fn a_customer_learns_nothing_of_things_that_are_there() {
    let things = Things::new().await;
    let cleo = things.world.as_customer().await;
    for route in guarded(&things.world).await.iter().filter(|route| route.contains('{')) {
        let told = |(status, mut answer): (u16, Value)| {
            answer.as_object_mut().unwrap().remove("request_id");
            (status, answer)
        };
        let there = told(walk(&things.world, route, &cleo, things.id(route), body(route)).await);
        let missing = told(walk(&things.world, route, &cleo, NOBODY, body(route)).await);
        assert_eq!(there, missing, "{route}");
        assert!([403, 404].contains(&there.0), "{route}: {there:?}");
    }
}

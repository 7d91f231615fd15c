//! One real answer of every kind: as the document says, and as it was before.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};
use support_core::desk::{OpenTicket, PutDocument, SetAsideTicket, SetPresence};
use support_core::people::Presence;
use support_core::store::DocumentKind;
use support_core::ticket::{ExternalRef, SetAsideKind};

use crate::schema::Document;
use crate::world::{As, HOST, NO_ONE, NOBODY, World};

/// Answers on their way into a snapshot.
struct Answers {
    world: World,
    document: Document,
    /// Ids by where they were seen first.
    ids: BTreeMap<String, usize>,
    text: String,
}

impl Answers {
    async fn new() -> Self {
        let world = World::new().await;
        let document = Document::new(world.get("/api/openapi.json", &NO_ONE).await.with(200));
        Self { world, document, ids: BTreeMap::new(), text: String::new() }
    }

    async fn get(&mut self, path: &str, who: &As) -> Value {
        self.shown("GET", path, who, None, &[], 200).await
    }

    async fn post(&mut self, path: &str, who: &As, body: Value, status: u16) -> Value {
        self.shown("POST", path, who, Some(body), &[], status).await
    }

    /// Sends a request, checks the answer against the document and shows it.
    async fn shown(
        &mut self,
        method: &str,
        path: &str,
        who: &As,
        body: Option<Value>,
        headers: &[(&str, &str)],
        status: u16,
    ) -> Value {
        let answer = self.world.send(method, path, who, body, headers).await.with(status);
        let route = route(method, path);
        let schema = self.document.check(&route, status, &answer);
        let shown = self.stable("", &answer);
        writeln!(self.text, "{route} {status}: {schema}\n{shown:#}\n").unwrap();
        answer
    }

    /// Sends a request that ends in a problem before it reaches an operation.
    async fn plain(
        &mut self,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
        status: u16,
    ) {
        let answer = self.world.send(method, path, &NO_ONE, body, headers).await.with(status);
        self.document.check_as("Problem", &answer);
        let shown = self.stable("", &answer);
        writeln!(self.text, "{method} {path} {status}: Problem\n{shown:#}\n").unwrap();
    }

    /// Takes the text that was gathered.
    fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// Puts something that stays the same in place of what differs from run to run, and keeps which ids are one.
    fn stable(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| {
                    let key = self.id(name).unwrap_or_else(|| name.clone());
                    (key, self.stable(name, value))
                });
                Value::Object(fields.collect())
            }
            Value::Array(items) => items.iter().map(|item| self.stable(name, item)).collect(),
            Value::String(text) if text.is_empty() => value.clone(),
            Value::String(_) if name.ends_with("_token") => json!("[token]"),
            Value::String(_)
                if ["request_id", "reference", "zone_database", "version", "next_cursor"].contains(&name) =>
            {
                json!(format!("[{name}]"))
            }
            Value::String(text) => self.id(text).map_or_else(|| value.clone(), Value::String),
            // Whole points, so that no last bit of a sum is pinned.
            Value::Number(number) if number.is_f64() => {
                json!((number.as_f64().unwrap() * 1e6).round() / 1e6 + 0.0)
            }
            other => other.clone(),
        }
    }

    fn id(&mut self, text: &str) -> Option<String> {
        if text.len() != 36 || text.parse::<uuid::Uuid>().is_err() {
            return None;
        }
        let next = self.ids.len() + 1;
        Some(format!("[id {}]", self.ids.entry(text.to_owned()).or_insert(next)))
    }
}

/// Returns the route of a path of these tests, in which only ids vary.
fn route(method: &str, path: &str) -> String {
    let path = path.split('?').next().unwrap();
    let varies = |part: &str| part.parse::<uuid::Uuid>().is_ok();
    let parts: Vec<&str> = path.split('/').map(|part| if varies(part) { "{id}" } else { part }).collect();
    let path = parts.join("/");
    if ["/health", "/ready"].contains(&path.as_str()) {
        return format!("{method} {path}");
    }
    format!("{method} /api/v1{path}")
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn answers_are_as_documented_and_every_documented_kind_was_seen() {
    let mut answers = Answers::new().await;
    people(&mut answers).await;
    insta::assert_snapshot!("answers_people", answers.take());
    configuration(&mut answers).await;
    insta::assert_snapshot!("answers_configuration", answers.take());
    macros(&mut answers).await;
    insta::assert_snapshot!("answers_macros", answers.take());
    journeys(&mut answers).await;
    insta::assert_snapshot!("answers_journeys", answers.take());
    waiting(&mut answers).await;
    insta::assert_snapshot!("answers_waiting", answers.take());
    worked_on(&mut answers).await;
    insta::assert_snapshot!("answers_worked_on", answers.take());
    problems(&mut answers).await;
    insta::assert_snapshot!("answers_problems", answers.take());
    offers(&mut answers).await;
    insta::assert_snapshot!("answers_offers", answers.take());
    assert_eq!(answers.document.unmet(), [""; 0], "documented, but shown by no answer");
}

async fn people(answers: &mut Answers) {
    let login = json!({ "email": "ada@desk.example", "password": crate::world::PASSWORD });
    answers.post("/auth/login", &NO_ONE, login, 200).await;
    let admin = answers.world.as_admin().await;
    answers.get("/auth/me", &admin).await;
    let eve = json!({
        "name": "Eve", "email": "Eve@Desk.example", "role": "team_lead", "skills": { "german": 3 },
        "capacity": { "units": 5 }, "external_id": "u-77", "languages": ["de", "en"], "performance": 120,
        "absences": [{ "from": "2026-12-24T00:00:00Z", "until": "2026-12-27T00:00:00Z" }],
        "shift": { "timezone": "Europe/Berlin", "weekly": { "mon": [["09:00", "17:00"]] } },
    });
    let eve = id(&answers.post("/agents", &admin, eve, 201).await);
    let away = json!({ "status": "away", "reason": "Lunch.", "until": "2026-11-20T10:00:00Z" });
    answers.shown("PUT", &format!("/agents/{eve}/status"), &admin, Some(away), &[], 200).await;
    answers.get("/agents?limit=1", &admin).await;
    answers.get(&format!("/agents/{eve}/performance"), &admin).await;
    let ann = json!({
        "name": "Ann", "email": "Ann@Shop.example", "external_id": "c-1", "tier": "gold", "timezone": "Asia/Tokyo",
        "addresses": [{ "kind": "whatsapp", "value": "+49 30 1234567", "verified": false }],
        "custom_fields": { "colour": "red", "orders": 3 }, "tags": ["b", "a"],
    });
    answers.post("/customers", &admin, ann, 201).await;
    answers.get("/customers?q=ann", &admin).await;
    let team = json!({ "name": "Billing", "member_ids": [eve], "lead_ids": [eve], "mode": { "call": "manual" },
            "strategy": "optimal", "queue_limit": 200,
            "relaxation": [{ "after_seconds": 600, "lower_levels": 1 }] });
    answers.post("/teams", &admin, team, 201).await;
    answers.get("/teams", &admin).await;
    answers.get("/health", &NO_ONE).await;
    answers.get("/ready", &NO_ONE).await;
}

async fn configuration(answers: &mut Answers) {
    let admin = answers.world.as_admin().await;
    let rule = json!({ "name": "In a hurry", "type": "time_sensitive", "keywords": ["late"], "boost_amount": 40, "alert": true });
    answers.post("/rules", &admin, rule, 201).await;
    answers.get("/rules", &admin).await;
    let vip = json!({
        "name": "VIP first", "position": -1, "trigger": { "on": ["ticket.created"] },
        "condition": { "any": [{ "field": "ticket.tags", "op": "any_of", "value": ["vip"] },
                               { "field": "customer.tier", "op": "is", "value": "gold" }] },
        "actions": [{ "set_priority": "urgent" }, { "notify": { "to": ["leads"], "about": "vip" } }],
    });
    answers.post("/automations", &admin, vip.clone(), 201).await;
    let mut calm = vip.clone();
    (calm["name"], calm["position"], calm["actions"]) =
        (json!("Calm"), json!(2), json!([{ "set_priority": "low" }]));
    answers.post("/automations", &admin, calm, 201).await;
    let nags = json!({
        "name": "Nag", "trigger": { "since": { "moment": "last_message", "seconds": 2_592_000 } },
        "actions": [{ "add_note": "Nobody has written for a month." }],
    });
    answers.post("/automations", &admin, nags, 201).await;
    answers.get("/automations", &admin).await;
    answers.get("/automations/analysis", &admin).await;
    let hours = json!({
        "name": "Berlin", "timezone": "Europe/Berlin", "weekly": { "fri": [["09:00", "17:00"]] },
        "exceptions": [{ "date": "2026-12-24", "windows": [] }],
        "yearly": [{ "month": 12, "day": 25, "windows": [["09:00", "10:00"]] }],
    });
    let calendar = id(&answers.post("/sla/calendars", &admin, hours.clone(), 201).await);
    answers.get("/sla/calendars", &admin).await;
    let policy = json!({
        "name": "Gold", "calendar_id": calendar, "conditions": { "channels": ["email"] },
        "targets": { "first_response": { "seconds": 3600, "by_priority": { "urgent": 600 } },
                     "resolution": { "seconds": 7200, "calendar_id": null } },
        "steps": [{ "when": { "at_fraction": 0.8 } },
                  { "metric": "resolution", "when": "at_breach", "actions": ["level_up", { "add_tags": ["late"] }] }],
    });
    answers.post("/sla/policies", &admin, policy, 201).await;
    answers.get("/sla/policies", &admin).await;
    let settings = json!({ "pending_reminder_seconds": 3600, "weights": { "tier_points": { "gold": 5.5 } } });
    answers.shown("PUT", "/settings", &admin, Some(settings), &[], 200).await;
    let masking = json!({ "mode": "last_four", "custom": [{ "name": "badge", "pattern": "B-\\d{6}" }] });
    answers.shown("PUT", "/settings/masking", &admin, Some(masking), &[], 200).await;
    answers.post("/masking/preview", &admin, json!({ "text": "ü card 4111 1111 1111 1111" }), 200).await;
    let due = json!({ "calendar": calendar, "start": "2026-11-20T09:00:00Z", "target_seconds": 60 });
    answers.post("/sla/preview", &admin, due, 200).await;
    let counted = json!({ "calendar": hours, "from": "2026-11-20T09:00:00Z", "to": "2026-11-20T10:00:00Z" });
    let mut counted = counted;
    for absent in ["name", "weekly"] {
        counted["calendar"].as_object_mut().unwrap().remove(absent);
    }
    answers.post("/sla/preview", &admin, counted, 200).await;
}

async fn macros(answers: &mut Answers) {
    let admin = answers.world.as_admin().await;
    let hello = json!({
        "name": "Hello", "content": "Hello {{customerName}}", "category": "greeting", "visibility": "all",
        "actions": ["level_up", { "set_status": "pending" }],
    });
    let made = id(&answers.post("/macros", &admin, hello, 201).await);
    let given = json!({ "variables": { "customerName": "Ann" } });
    answers.post(&format!("/macros/{made}/use"), &admin, given, 200).await;
    answers.get("/macros?search=hello", &admin).await;
}

async fn journeys(answers: &mut Answers) {
    let (admin, cleo) = (answers.world.as_admin().await, answers.world.as_customer().await);
    let help = json!({
        "name": "Help", "entry_point": "main", "start": "issue",
        "questions": [
            { "id": "hello", "text": "Please have your bill ready.", "answer": "information", "next": [{ "to": "issue" }] },
            { "id": "issue", "text": "What is it about?",
              "answer": { "single_choice": { "options": [{ "value": "refund", "text": "A refund" }, { "value": "other", "text": "Else" }] } },
              "next": [{ "when": { "is": { "question": "issue", "any_of": ["refund"] } }, "to": "amount" }, { "to": null }] },
            { "id": "amount", "text": "How much?", "answer": { "number": { "min": 0 } }, "required": false, "next": [{ "to": null }] },
        ],
        "ticket": [{ "subject": "About {{issue}}", "category": "returns", "custom_fields": { "paid": { "answer": "amount" } } }],
    });
    let made = answers.post("/journeys", &admin, help.clone(), 201).await;
    let path = format!("/journeys/{}", id(&made));
    let mut sound = help;
    sound["start"] = json!("hello");
    answers.shown("PUT", &path, &admin, Some(sound), &[], 200).await;
    answers.shown("POST", &format!("{path}/publish"), &admin, None, &[], 200).await;
    answers.get("/journeys?entry_point=main", &cleo).await;
    let steps = format!("{path}/steps");
    answers.post(&steps, &cleo, json!({ "answers": {} }), 200).await;
    answers.post(&steps, &cleo, json!({ "answers": { "issue": "refund" } }), 200).await;
    answers.get(&format!("{path}/progress"), &cleo).await;
    let whole = json!({ "answers": { "issue": "refund", "amount": 12.5 } });
    answers.post(&format!("{path}/submit"), &cleo, whole, 201).await;
    answers.post(&format!("{path}/submit"), &cleo, json!({ "answers": { "issue": "none" } }), 422).await;
}

async fn waiting(answers: &mut Answers) {
    let admin = answers.world.as_admin().await;
    let cleo = answers.world.customer;
    let ticket = json!({
        "customer_id": cleo, "subject": "My parcel", "channel": "email", "initial_message": "It is late.",
        "priority": "high", "category": "delivery", "tags": ["vip"], "order_id": "KC-1",
        "context": [{ "kind": "order", "id": "KC-1", "url": "https://shop.example/KC-1" }],
        "custom_fields": { "floor": 3, "gift": true, "colour": "red" },
    });
    let ticket = id(&answers.post("/tickets", &admin, ticket, 201).await);
    let trial = json!({ "custom": [{ "name": "word", "pattern": "^\\w+" }], "limit": 1 });
    answers.post("/masking/trial", &admin, trial, 200).await;
    for category in ["delivery", "billing"] {
        let tried = json!({ "automation": {
            "name": "Late", "trigger": { "on": ["ticket.created"] }, "actions": [{ "add_tags": ["late"] }],
            "condition": { "field": "ticket.category", "op": "is", "value": category },
        } });
        answers.post("/automations/preview", &admin, tried, 200).await;
    }
    answers.world.clock.advance(7_300);
    let admin = answers.world.as_admin().await;
    answers.get(&format!("/tickets/{ticket}/explain"), &admin).await;
    answers.get(&format!("/tickets/{ticket}/sla"), &admin).await;
    answers.get("/tickets/queue", &admin).await;
    answers.post("/tickets/prioritize", &admin, json!({ "ticket_ids": [ticket] }), 200).await;
    answers.get("/counts", &admin).await;
    // Presence is committed without its follow-up, so that the work still waits.
    let there = SetPresence::of(answers.world.agent, Presence::Available);
    let prepared = answers.world.desk.prepare(&HOST, &there).await.unwrap();
    answers.world.desk.store().commit(&[prepared.changes]).await.unwrap();
    answers.shown("POST", "/routing/preview", &admin, None, &[], 200).await;
    answers.world.desk.tick().await.unwrap();
}

async fn worked_on(answers: &mut Answers) {
    let (admin, agent) = (answers.world.as_admin().await, answers.world.as_agent().await);
    let cleo = answers.world.as_customer().await;
    let found = answers.get("/tickets?include=customer,assignee,last_message", &admin).await;
    let ticket = id(&found["items"][0]);
    assert_eq!(found["items"][0]["assigned_to"], answers.world.agent.to_string());
    let at = |what: &str| format!("/tickets/{ticket}{what}");
    answers.get(&at("/assignments"), &admin).await;
    answers.get(&format!("/assignments?agent_id={}", answers.world.agent), &admin).await;
    let written = json!({ "content": "On its way.", "status": "pending" });
    answers.post(&at("/messages"), &agent, written, 201).await;
    answers.get(&at("/messages"), &cleo).await;
    answers.get(&at("/explain"), &admin).await;
    answers.post(&at("/escalate"), &agent, json!({ "reason": "Angry.", "level": 2 }), 200).await;
    let tokens = PutDocument::new(DocumentKind::Masking, json!({ "mode": "token" }));
    answers.world.desk.run(&HOST, &tokens).await.unwrap();
    let note = json!({ "content": "The PIN is 4821.", "visibility": "internal" });
    let written = answers.world.post(&format!("/tickets/{ticket}/messages"), &agent, note).await.with(201);
    let token = written["content"].as_str().unwrap().replace("The PIN is [pin:", "").replace("].", "");
    let body = json!({ "token": token, "reason": "The customer asked which one it was." });
    answers.post(&at("/reveal"), &admin, body, 200).await;
    answers.get(&at("/events"), &admin).await;
    answers.get(&at("/events"), &cleo).await;
    answers.get(&at(""), &cleo).await;
    let bulk = json!({ "ticket_ids": [ticket, NOBODY], "agent_id": answers.world.admin });
    answers.post("/tickets/bulk-assign", &admin, bulk, 200).await;
    let spam = OpenTicket {
        external_refs: vec![ExternalRef {
            system: "tracker".parse().unwrap(),
            id: "T-9".parse().unwrap(),
            url: Some("https://tracker.example/9".parse().unwrap()),
        }],
        ..OpenTicket::of(answers.world.customer, "Buy now", "Cheap.")
    };
    let spam = answers.world.desk.run(&HOST, &spam).await.unwrap().ticket_id;
    let aside = SetAsideTicket { ticket_id: spam, kind: SetAsideKind::Spam };
    answers.world.desk.run(&HOST, &aside).await.unwrap();
    answers.get(&format!("/tickets/{spam}"), &admin).await;
}

async fn offers(answers: &mut Answers) {
    // The sign-ins that failed before are forgotten.
    answers.world.clock.advance(61);
    let admin = answers.world.as_admin().await;
    answers.world.offer(answers.world.customer).await;
    let asked = answers.world.as_asked().await;
    let offer = answers.get("/offers", &asked).await["items"][0].clone();
    answers.get(&format!("/tickets/{}/explain", id(&offer["ticket"])), &admin).await;
    let (accept, decline) =
        (format!("/offers/{}/accept", id(&offer)), format!("/offers/{}/decline", id(&offer)));
    answers.shown("POST", &accept, &admin, None, &[], 409).await;
    answers.shown("POST", &accept, &asked, None, &[], 200).await;
    answers.shown("POST", &decline, &asked, None, &[], 409).await;
}

async fn problems(answers: &mut Answers) {
    let (admin, agent) = (answers.world.as_admin().await, answers.world.as_agent().await);
    let tickets = answers.world.get("/tickets?limit=1", &admin).await.with(200);
    let ticket = format!("/tickets/{}", id(&tickets["items"][0]));
    let change = Some(json!({ "priority": "low" }));
    answers.shown("GET", "/auth/me", &NO_ONE, None, &[], 401).await;
    answers.post("/tickets", &admin, json!("{"), 400).await;
    answers.shown("POST", &format!("{ticket}/take"), &agent, None, &[], 409).await;
    let wrong = json!({ "email": "ada@desk.example", "password": "wrong" });
    answers.post("/auth/login", &NO_ONE, wrong.clone(), 401).await;
    answers.post("/auth/refresh", &NO_ONE, json!({ "refresh_token": "x" }), 401).await;
    answers.post("/agents", &agent, json!({ "name": "Joe", "email": "joe@desk.example" }), 403).await;
    answers.shown("GET", &format!("/tickets/{NOBODY}"), &admin, None, &[], 404).await;
    answers.shown("PATCH", &ticket, &admin, change.clone(), &[("if-match", "\"999\"")], 412).await;
    answers
        .post("/tickets", &admin, json!({ "subject": "", "channel": "?", "initial_message": "" }), 422)
        .await;
    let key = [("idempotency-key", "k")];
    let named = |name: &str| Some(json!({ "name": name }));
    answers.world.send("POST", "/customers", &admin, named("Joe"), &key).await.with(201);
    answers.shown("POST", "/customers", &admin, named("Jim"), &key, 422).await;
    for _ in 0..10 {
        answers.world.post("/auth/login", &NO_ONE, wrong.clone()).await;
    }
    answers.post("/auth/login", &NO_ONE, wrong, 429).await;
    // What every route may answer stands in no operation.
    answers.plain("GET", "/nowhere", None, &[], 404).await;
    answers.plain("DELETE", "/tickets", None, &[], 405).await;
    answers.plain("POST", "/auth/login", Some(json!("x".repeat(2 << 20))), &[], 413).await;
    answers.plain("POST", "/auth/refresh", None, &[("content-type", "text/plain")], 415).await;
}

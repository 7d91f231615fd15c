//! A body for every route that takes one, with which only rights and ids decide what is answered.

use serde_json::{Value, json};

use crate::world::{NOBODY, PASSWORD};

/// The first team of every desk.
const DEFAULT_TEAM: &str = "00000000-0000-0000-0000-000000000001";

/// Returns a body that the route accepts from whoever may call it; nothing where it takes none.
pub(crate) fn body(route: &str) -> Option<Value> {
    let (method, path) = route.split_once(' ').unwrap();
    let (_, path) = path.split_once("/api/v1").unwrap_or_default();
    let hours = json!({ "name": "Hours", "timezone": "UTC", "weekly": { "mon": [["09:00", "17:00"]] } });
    let mut open = hours.clone();
    open.as_object_mut().unwrap().remove("name");
    Some(match (method, path) {
        ("POST", "/auth/login") => json!({ "email": "bob@desk.example", "password": PASSWORD }),
        ("POST", "/auth/refresh") => json!({ "refresh_token": "x" }),
        ("POST", "/auth/register") => {
            json!({ "name": "Zoe", "email": "zoe@customer.example", "password": PASSWORD })
        }
        ("POST", "/auth/password") => {
            json!({ "current_password": PASSWORD, "new_password": "another horse" })
        }
        ("POST", "/agents") => json!({ "name": "Joe", "email": "joe@desk.example" }),
        ("PATCH" | "PUT", "/agents/{id}") => json!({ "name": "Joe" }),
        ("PUT", "/agents/{id}/status") => json!({ "status": "away" }),
        ("POST", "/customers") => json!({ "name": "Zoe" }),
        ("PATCH", "/customers/{id}") => json!({ "name": "Zoe" }),
        ("POST", "/teams") => json!({ "name": "Billing" }),
        ("PATCH", "/teams/{id}") => json!({ "name": "Billing" }),
        ("POST", "/rules") => {
            json!({ "name": "Vip", "type": "vip", "keywords": ["gold"], "boost_amount": 5 })
        }
        ("POST", "/automations") => {
            json!({ "name": "Vip", "trigger": { "on": ["ticket.created"] }, "actions": ["raise_priority"] })
        }
        ("PATCH", "/automations/{id}") => json!({ "name": "Vip" }),
        ("POST", "/automations/preview") => json!({ "automation": {
            "name": "Vip", "trigger": { "on": ["ticket.created"] }, "actions": ["raise_priority"],
        } }),
        ("PATCH", "/rules/{id}") => json!({ "name": "Vip" }),
        ("POST", "/sla/calendars") => hours,
        ("PATCH", "/sla/calendars/{id}") => json!({ "name": "Hours" }),
        ("POST", "/sla/policies") => {
            json!({ "name": "Fast", "targets": { "resolution": { "seconds": 60 } } })
        }
        ("PATCH", "/sla/policies/{id}") => json!({ "name": "Fast" }),
        ("POST", "/sla/preview") => {
            json!({ "calendar": open, "start": "2026-11-20T09:00:00Z", "target_seconds": 60 })
        }
        ("POST", "/masking/preview") => json!({ "text": "x" }),
        ("POST", "/masking/trial") => json!({}),
        ("PUT", "/settings" | "/settings/masking") => json!({}),
        ("POST", "/macros") => json!({ "name": "Hello", "content": "Hello.", "visibility": "all" }),
        ("PATCH", "/macros/{id}") => json!({ "name": "Hello" }),
        ("POST", "/macros/{id}/use") => json!({}),
        ("POST", "/journeys") | ("PUT", "/journeys/{id}") => json!({
            "name": "Help", "entry_point": "main", "start": "q",
            "questions": [{ "id": "q", "text": "What is it?", "answer": { "text": {} }, "next": [{ "to": null }] }],
        }),
        ("POST", "/journeys/{id}/steps" | "/journeys/{id}/submit") => json!({ "answers": { "q": "x" } }),
        ("POST", "/tickets") => json!({ "subject": "x", "channel": "web", "initial_message": "x" }),
        ("PATCH" | "PUT", "/tickets/{id}") => json!({ "priority": "high" }),
        ("POST", "/tickets/{id}/messages") => json!({ "content": "x" }),
        ("POST", "/tickets/{id}/escalate") => json!({ "reason": "x" }),
        ("POST", "/tickets/{id}/reveal") => json!({ "token": "0".repeat(32), "reason": "x" }),
        ("POST", "/tickets/{id}/reassign") => json!({ "team_id": DEFAULT_TEAM }),
        ("POST", "/tickets/{id}/snooze") => json!({ "until": null }),
        ("POST", "/tickets/bulk-assign") => json!({ "ticket_ids": [NOBODY], "team_id": DEFAULT_TEAM }),
        ("POST", "/offers/{id}/decline") => json!({ "reason": "x" }),
        ("POST", "/tickets/prioritize") => json!({ "ticket_ids": [NOBODY] }),
        _ => return None,
    })
}

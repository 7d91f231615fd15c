//! A desk with a few people, mounted with an identity that believes a header.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use support_core::desk::{CreateAgent, CreateCustomer, Desk};
use support_core::id::{AgentId, CustomerId, TeamId, TenantId};
use support_core::people::Actor;
use support_core::store::{Credential, DocumentKind, MemoryStore, Store};
use support_core::testkit::SeededIds;
use support_core::time::{ManualClock, Timestamp};
use support_http::{Identity, IdentityError, Mount, Secret};
use tower::ServiceExt;

#[derive(Debug)]
struct Header;

#[async_trait]
impl Identity for Header {
    async fn identify(&self, desk: &Desk, parts: &Parts) -> Result<Option<Actor>, IdentityError> {
        let Some(who) = parts.headers.get("x-as").and_then(|value| value.to_str().ok()) else {
            return Ok(None);
        };
        let tenant = TenantId::SINGLE;
        let credential = match who.split_once(':') {
            Some(("agent", id)) => Credential::Agent(tenant, id.parse().map_err(|_| IdentityError)?),
            Some(("customer", id)) => Credential::Customer(tenant, id.parse().map_err(|_| IdentityError)?),
            _ => return Ok(Some(Actor::Host(tenant))),
        };
        desk.identify(&credential).await.map_err(|_| IdentityError)
    }
}

/// A desk on which Amy works in the default team, Bob in another, and Sue supervises; Ann and Cid are customers.
pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) router: Router,
    pub(crate) amy: AgentId,
    pub(crate) bob: AgentId,
    pub(crate) sue: AgentId,
    pub(crate) ann: CustomerId,
    pub(crate) cid: CustomerId,
    pub(crate) others: TeamId,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// Checks the status and returns the body.
    pub(crate) fn is(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// Checks that one field is refused, and returns which.
    pub(crate) fn refused_field(&self) -> String {
        self.is(422)["errors"][0]["field"].as_str().expect("a field").to_owned()
    }
}

pub(crate) const HOST: &str = "host";

pub(crate) async fn world() -> World {
    world_on(Arc::new(MemoryStore::new())).await
}

pub(crate) async fn world_on(store: Arc<dyn Store>) -> World {
    let clock = Arc::new(ManualClock::at("2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap()));
    let desk = Desk::new(store, clock.clone(), Arc::new(SeededIds::new(7)));
    let host = Actor::Host(TenantId::SINGLE);
    let spec = json!({ "name": "Others" });
    let put = support_core::desk::PutDocument::new(DocumentKind::Team, spec);
    let others = TeamId::from_uuid(desk.run(&host, &put).await.unwrap().document_id.uuid());
    let agent = async |name: &str, role: &str, team: TeamId| {
        let email = format!("{}@example.org", name.to_lowercase());
        let wanted = CreateAgent {
            name: name.to_owned(),
            email,
            role: Some(role.parse().unwrap()),
            team_ids: vec![team],
            ..CreateAgent::default()
        };
        desk.run(&host, &wanted).await.unwrap().agent_id
    };
    let amy = agent("Amy", "agent", TeamId::DEFAULT).await;
    let bob = agent("Bob", "agent", others).await;
    let sue = agent("Sue", "supervisor", TeamId::DEFAULT).await;
    let ann = desk.run(&host, &CreateCustomer::named("Ann")).await.unwrap().customer_id;
    let cid = desk.run(&host, &CreateCustomer::named("Cid")).await.unwrap().customer_id;
    let router = mount(&desk).router();
    World { desk, clock, router, amy, bob, sue, ann, cid, others }
}

fn mount(desk: &Desk) -> Mount {
    let secret = Secret::new(*b"a secret of the tests, 32 bytes!").unwrap();
    Mount::with_identity(desk.clone(), Header, secret)
}

impl World {
    /// Mounts the desk once more.
    pub(crate) fn mount(&self) -> Mount {
        mount(&self.desk)
    }

    pub(crate) fn amy(&self) -> String {
        format!("agent:{}", self.amy)
    }

    pub(crate) fn bob(&self) -> String {
        format!("agent:{}", self.bob)
    }

    pub(crate) fn sue(&self) -> String {
        format!("agent:{}", self.sue)
    }

    pub(crate) fn ann(&self) -> String {
        format!("customer:{}", self.ann)
    }

    pub(crate) fn cid(&self) -> String {
        format!("customer:{}", self.cid)
    }

    pub(crate) async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(who, "GET", path, None, &[]).await
    }

    pub(crate) async fn post(&self, who: &str, path: &str, body: Value) -> Answer {
        self.send(who, "POST", path, Some(body.to_string()), &[]).await
    }

    pub(crate) async fn patch(&self, who: &str, path: &str, body: Value) -> Answer {
        self.send(who, "PATCH", path, Some(body.to_string()), &[]).await
    }

    pub(crate) async fn send(
        &self,
        who: &str,
        method: &str,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let response = self.raw(who, method, path, body, headers).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// Reads what stands beside the interface.
    pub(crate) async fn root(&self, path: &str) -> Value {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    pub(crate) async fn raw(
        &self,
        who: &str,
        method: &str,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> axum::response::Response {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if !who.is_empty() {
            request = request.header("x-as", who);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.map_or_else(Body::empty, Body::from)).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Opens a plain ticket of Ann's and returns its id.
    pub(crate) async fn ticket(&self, subject: &str) -> String {
        self.ticket_with(json!({ "subject": subject })).await
    }

    /// Opens a ticket of Ann's with more fields and returns its id.
    pub(crate) async fn ticket_with(&self, more: Value) -> String {
        let mut body = json!({
            "customer_id": self.ann, "subject": "Parcel", "channel": "email", "initial_message": "It is late.",
        });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        let opened = self.post(&self.sue(), "/tickets", body).await.is(201);
        opened["id"].as_str().unwrap().to_owned()
    }
}

/// Takes ids, references and times out of an answer, so that a snapshot shows its shape.
pub(crate) fn redacted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (shape(key).unwrap_or(key).to_owned(), redacted(value)))
            .collect(),
        Value::Array(items) => items.iter().map(redacted).collect(),
        Value::String(text) => shape(text).map_or_else(|| value.clone(), Value::from),
        // Nothing added up is zero, whatever its sign.
        Value::Number(number) if number.as_f64() == Some(0.0) && number.is_f64() => json!(0.0),
        other => other.clone(),
    }
}

fn shape(text: &str) -> Option<&'static str> {
    if text.parse::<AgentId>().is_ok() {
        Some("[id]")
    } else if text.parse::<Timestamp>().is_ok() {
        Some("[time]")
    } else if text.parse::<support_core::id::Reference>().is_ok() {
        Some("[reference]")
    } else {
        None
    }
}

//! A mounted desk with an admin, an agent and a customer who can all sign in.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use support_core::desk::{CreateAgent, Desk, OpenTicket, PutDocument, Register, SetPresence};
use support_core::id::{AgentId, CustomerId, OfferId, TeamId, TenantId};
use support_core::people::{Actor, CustomerActor, Presence};
use support_core::store::{Credential, DocumentKind, MemoryStore, PasswordHash, Store};
use support_core::testkit::{MemoryVault, SeededIds};
use support_core::time::ManualClock;
use support_http::{Mount, Secret, hash_password};
use tower::ServiceExt;

pub(crate) const TENANT: TenantId = TenantId::SINGLE;
pub(crate) const HOST: Actor = Actor::Host(TENANT);
pub(crate) const PASSWORD: &str = "correct horse";
/// An id that nothing has.
pub(crate) const NOBODY: &str = "0191f000-0000-7000-8000-000000000000";

/// Hashing is dear, so it is done once.
static HASH: LazyLock<PasswordHash> = LazyLock::new(|| hash_password(PASSWORD).unwrap());

pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) router: Router,
    pub(crate) admin: AgentId,
    pub(crate) agent: AgentId,
    pub(crate) customer: CustomerId,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// Who sends a request.
#[derive(Debug, Clone)]
pub(crate) struct As(pub(crate) Option<String>);

pub(crate) const NO_ONE: As = As(None);

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(Arc::new(MemoryStore::new())).await
    }

    pub(crate) async fn on(store: Arc<dyn Store>) -> Self {
        let clock = Arc::new(ManualClock::at("2026-11-20T09:00:00Z".parse().unwrap()));
        let ids = Arc::new(SeededIds::new(7));
        let desk = Desk::with_vault(store, clock.clone(), ids, Arc::new(MemoryVault::new()));
        let secret = Secret::new(*b"a secret of exactly 32 bytes long").unwrap();
        let router = Mount::with_sign_in(desk.clone(), TENANT, secret).router();
        let agent = |name: &str, role: &str| CreateAgent {
            name: name.into(),
            email: format!("{}@desk.example", name.to_lowercase()),
            role: Some(role.parse().unwrap()),
            password: Some(HASH.clone()),
            ..CreateAgent::default()
        };
        let admin = desk.run(&HOST, &agent("Ada", "admin")).await.unwrap().agent_id;
        let bob = desk.run(&HOST, &agent("Bob", "agent")).await.unwrap().agent_id;
        let email = "cleo@customer.example".to_owned();
        let cleo = Register { name: "Cleo".into(), email, hash: HASH.clone() };
        let customer = desk.run(&HOST, &cleo).await.unwrap().customer_id;
        Self { desk, clock, router, admin, agent: bob, customer }
    }

    pub(crate) async fn login(&self, email: &str) -> Value {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = self.post("/auth/login", &NO_ONE, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.body
    }

    async fn sign_in(&self, email: &str) -> As {
        As(Some(self.login(email).await["access_token"].as_str().unwrap().to_owned()))
    }

    pub(crate) async fn as_admin(&self) -> As {
        self.sign_in("ada@desk.example").await
    }

    pub(crate) async fn as_agent(&self) -> As {
        self.sign_in("bob@desk.example").await
    }

    /// Somebody of the desk with this role, in the default team.
    pub(crate) async fn as_role(&self, role: &str) -> As {
        let email = format!("{role}@desk.example");
        let wanted = CreateAgent {
            name: "Rae".into(),
            email: email.clone(),
            role: Some(role.parse().unwrap()),
            password: Some(HASH.clone()),
            ..CreateAgent::default()
        };
        self.desk.run(&HOST, &wanted).await.unwrap();
        self.sign_in(&email).await
    }

    /// The agent of [`offer`](Self::offer).
    pub(crate) async fn as_asked(&self) -> As {
        self.sign_in("olga@desk.example").await
    }

    pub(crate) async fn as_customer(&self) -> As {
        self.sign_in("cleo@customer.example").await
    }

    pub(crate) async fn get(&self, path: &str, who: &As) -> Answer {
        self.send("GET", path, who, None, &[]).await
    }

    pub(crate) async fn post(&self, path: &str, who: &As, body: Value) -> Answer {
        self.send("POST", path, who, Some(body), &[]).await
    }

    pub(crate) async fn put(&self, path: &str, who: &As, body: Value) -> Answer {
        self.send("PUT", path, who, Some(body), &[]).await
    }

    pub(crate) async fn patch(&self, path: &str, who: &As, body: Value) -> Answer {
        self.send("PATCH", path, who, Some(body), &[]).await
    }

    pub(crate) async fn delete(&self, path: &str, who: &As) -> Answer {
        self.send("DELETE", path, who, None, &[]).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        who: &As,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let whole = path.starts_with("/api") || ["/health", "/ready"].contains(&path);
        let path = if whole { path.to_owned() } else { format!("/api/v1{path}") };
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = &who.0 {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Some(Value::String(raw)) => request.header("content-type", "application/json").body(raw.into()),
            Some(body) => request.header("content-type", "application/json").body(body.to_string().into()),
            None => request.body(Body::empty()),
        };
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        answer.check();
        answer
    }

    /// An offer to the only agent of a team that asks first.
    pub(crate) async fn offer(&self, customer: CustomerId) -> OfferId {
        let team = json!({ "name": "Asking", "mode": { "ticket": "offer" } });
        let team = self.desk.run(&HOST, &PutDocument::new(DocumentKind::Team, team)).await.unwrap();
        let team = TeamId::from_uuid(team.document_id.uuid());
        let (name, email) = ("Olga".to_owned(), "olga@desk.example".to_owned());
        let olga = CreateAgent {
            name,
            email,
            team_ids: vec![team],
            password: Some(HASH.clone()),
            ..CreateAgent::default()
        };
        let olga = self.desk.run(&HOST, &olga).await.unwrap().agent_id;
        self.desk.run(&HOST, &SetPresence::of(olga, Presence::Available)).await.unwrap();
        let open = OpenTicket { team_id: Some(team), ..OpenTicket::of(customer, "x", "x") };
        self.desk.run(&HOST, &open).await.unwrap();
        let olga = self.desk.identify(&Credential::Agent(TENANT, olga)).await.unwrap().unwrap();
        self.desk.offers(&olga).await.unwrap()[0].offer.id
    }

    /// A ticket of the customer, waiting in the default team.
    pub(crate) async fn waiting_ticket(&self) -> String {
        let cleo = Actor::Customer(CustomerActor { tenant: TENANT, id: self.customer });
        let wanted = OpenTicket::mine("My parcel", "It is a week late.");
        self.desk.run(&cleo, &wanted).await.unwrap().ticket_id.to_string()
    }
}

impl Answer {
    /// What holds for every answer.
    fn check(&self) {
        assert!(self.headers.contains_key("x-request-id"));
        if self.status.is_client_error() || self.status.is_server_error() {
            assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
            assert_eq!(self.body["status"], self.status.as_u16());
            assert!(self.body["code"].is_string() && self.body["request_id"].is_string(), "{self:?}");
        }
        assert!(!self.status.is_server_error(), "{self:?}");
    }

    /// Asserts a status and takes the body.
    #[track_caller]
    pub(crate) fn with(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        self.body
    }

    /// Asserts a 422 that names this field.
    #[track_caller]
    pub(crate) fn names(self, field: &str) {
        assert_eq!(self.status.as_u16(), 422, "{self:?}");
        let fields: Vec<&str> = self.body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|e| e["field"].as_str())
            .collect();
        assert!(fields.contains(&field), "{:?}", self.body);
    }

    pub(crate) fn tag(&self) -> &str {
        self.headers["etag"].to_str().unwrap()
    }
}

/// Puts fixed words where something differs from run to run.
pub(crate) fn redacted(mut body: Value) -> Value {
    redact("", &mut body);
    body
}

fn redact(name: &str, value: &mut Value) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| redact(name, value)),
        Value::Array(items) => items.iter_mut().for_each(|item| redact(name, item)),
        Value::String(text) if uuid::Uuid::parse_str(text).is_ok() => *text = "[id]".into(),
        Value::String(text) if name.ends_with("_token") => *text = "[token]".into(),
        Value::String(text) if name.ends_with("_at") || name == "status_since" => *text = "[time]".into(),
        _ => {}
    }
}

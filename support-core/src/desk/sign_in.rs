//! Signing in with a password, for hosts that have no sign-in of their own.
//!
//! The desk stores hashes and compares nothing itself: hashing and comparing passwords is the adapter's part. A
//! session is what a refresh token continues. Each refresh changes the token; one that was used already ends the
//! session, because somebody else has it.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{EntityKind, Error};
use crate::event::{Audience, AudienceClass, Envelope, Event, Stream};
use crate::id::{CustomerId, EventId, SessionId, TenantId};
use crate::people::{Actor, ActorRef, AddressKind, Permission, Scope, normalize_address};
use crate::store::{
    ChangeSet, Credential, Key, Login, LoginSubject, Outcome, PasswordHash, Query, Record, Select, Session,
    StoreExt,
};
use crate::text::is_blank;
use crate::time::Timestamp;

use super::Desk;
use super::agents::role;
use super::customers::CustomerSpec;
use super::run::{Ask, Prepared, UseCase};

/// How often something is tried while others change the same login or session.
const ATTEMPTS: u32 = 10;
/// Sessions read at once.
const SESSIONS: u32 = 1_000;

/// A session as it is handed out. The refresh token is shown once and stored only as a hash.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub actor: Actor,
    /// The session, for access tokens.
    pub session: SessionId,
    /// The secret part of the refresh token.
    pub refresh: [u8; 32],
    /// When the session ends by itself.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for SignedIn {
    /// Prints no secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn").field("session", &self.session).finish_non_exhaustive()
    }
}

/// Who has signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct Me {
    /// The agent's or customer's id.
    pub id: uuid::Uuid,
    /// E-mail address.
    pub email: Option<String>,
    /// Name.
    pub name: String,
    /// Name of the agent's role, or `customer`.
    pub role: String,
}

impl std::fmt::Debug for Me {
    /// Prints no name and no address.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Me").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// What setting a password answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginReply {
    /// Whose login.
    pub subject: LoginSubject,
}

/// Sets a password: one's own, or, with the right to manage agents, an agent's. Ends every session.
#[derive(Debug, Clone)]
pub struct SetPassword {
    /// Whose.
    pub subject: LoginSubject,
    /// The hash, in PHC string format.
    pub hash: PasswordHash,
}

/// A customer makes an account: a customer record with a login. The address stays unverified.
#[derive(Clone)]
pub struct Register {
    /// Name.
    pub name: String,
    /// E-mail address, by which they sign in.
    pub email: String,
    /// The password's hash, in PHC string format.
    pub hash: PasswordHash,
}

impl std::fmt::Debug for Register {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Register").finish_non_exhaustive()
    }
}

/// What registering answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// The new customer.
    pub customer_id: CustomerId,
}

#[async_trait]
impl UseCase for SetPassword {
    type Reply = LoginReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<LoginReply>, Error> {
        let mine = ask.actor.as_ref().id == Some(self.subject.uuid());
        if !mine {
            ask.staff_only(EntityKind::Login)?;
            ask.actor.scope(Permission::AgentManage)?;
            if let LoginSubject::Agent(id) = self.subject {
                let agent = ask.store().agent(&ask.system(), id).await?;
                let agent = agent.ok_or(Error::NotFound(EntityKind::Agent))?;
                // Whoever may do more than the actor would be the actor's from then on.
                role(ask, &agent.role)?;
            }
        }
        let email = ask.email_of(self.subject).await?;
        let before: Option<Login> = ask.store().one(&ask.system(), Key::Login(self.subject)).await?;
        let mut changes = ChangeSet::new(ask.actor.tenant());
        let version = before.as_ref().map_or(1, |login| login.version + 1);
        let login = Login { subject: self.subject, email, password: self.hash.clone(), version };
        let (tenant_actor, now) = (ask.actor.as_ref(), ask.now);
        changes.events.push(ask.desk.login_event(&login, tenant_actor, now, Event::PasswordChanged {}));
        match &before {
            None => changes.insert(login),
            Some(before) => changes.replace(before.version, login),
        }
        let mut sessions = Query::new(Select::Sessions(self.subject), SESSIONS);
        loop {
            let page = ask.store().find(&ask.system(), &sessions).await?;
            for record in page.items {
                if let Record::Session(session) = record
                    && session.ended_at.is_none()
                {
                    changes.replace(session.version, ended(&session, ask.now));
                }
            }
            if page.next.is_none() {
                break;
            }
            sessions.after = page.next;
        }
        Ok(Prepared::new(changes, LoginReply { subject: self.subject }))
    }
}

impl Ask<'_> {
    /// Lets somebody who signs in with a password do so by another address.
    pub(super) async fn sign_in_by(
        &self,
        subject: LoginSubject,
        email: &str,
        changes: &mut ChangeSet,
    ) -> Result<(), Error> {
        let login: Option<Login> = self.store().one(&self.system(), Key::Login(subject)).await?;
        if let Some(login) = login {
            // The address is the agent's own record's to tell; the login's stream counts passwords and sessions.
            changes.replace(login.version, Login { email: email.to_owned(), ..login });
        }
        Ok(())
    }

    async fn email_of(&self, subject: LoginSubject) -> Result<String, Error> {
        let system = self.system();
        match subject {
            LoginSubject::Agent(id) => {
                let agent =
                    self.store().agent(&system, id).await?.ok_or(Error::NotFound(EntityKind::Agent))?;
                Ok(agent.email)
            }
            LoginSubject::Customer(id) => {
                let found = self.store().customer(&system, id).await?;
                let customer = found.ok_or(Error::NotFound(EntityKind::Customer))?;
                let email = customer.address(AddressKind::Email).map(str::to_owned);
                email.ok_or_else(|| Error::invalid("email", "the customer has no e-mail address"))
            }
        }
    }
}

#[async_trait]
impl UseCase for Register {
    type Reply = Registered;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<Registered>, Error> {
        let Actor::Host(_) = ask.actor else { return Err(Error::NotFound(EntityKind::Login)) };
        if is_blank(&self.name) {
            return Err(Error::invalid("name", "must not be empty"));
        }
        let email = normalize_address(AddressKind::Email, &self.email)
            .ok_or_else(|| Error::invalid("email", "is not an e-mail address"))?;
        let spec =
            CustomerSpec { name: self.name.clone(), email: Some(email.clone()), ..CustomerSpec::default() };
        let customer = ask.new_customer(&spec, false)?;
        let customer_id = customer.id;
        let mut changes = ChangeSet::new(ask.actor.tenant());
        changes.events.push(ask.customer_event(&customer, Event::CustomerCreated {}));
        changes.insert(customer);
        let subject = LoginSubject::Customer(customer_id);
        let login = Login { subject, email, password: self.hash.clone(), version: 1 };
        let who = ActorRef::customer(customer_id);
        changes.events.push(ask.desk.login_event(&login, who, ask.now, Event::PasswordChanged {}));
        changes.insert(login);
        Ok(Prepared::new(changes, Registered { customer_id }))
    }
}

impl Desk {
    /// Signs somebody in with address and password. `check` compares the password with the stored hash; it is called
    /// without a hash for an unknown address, so that both take the same time. `None` is a wrong address or password:
    /// which of the two is not told.
    ///
    /// # Errors
    /// `Busy` where the same person signs in many times at once; `Store`.
    pub async fn sign_in(
        &self,
        tenant: TenantId,
        email: &str,
        check: &(dyn Fn(Option<&str>) -> bool + Send + Sync),
        expires_at: Timestamp,
    ) -> Result<Option<SignedIn>, Error> {
        let email = email.trim().to_lowercase();
        let compared: Mutex<Option<PasswordHash>> = Mutex::default();
        let check = |hash: Option<&str>| {
            *compared.lock().unwrap_or_else(PoisonError::into_inner) = hash.map(PasswordHash::new);
            check(hash)
        };
        let credential = Credential::Password { tenant, email: &email, check: &check };
        let Some(actor) = self.store().identify(&credential).await? else { return Ok(None) };
        let Some(subject) = subject_of(&actor) else { return Ok(None) };
        let compared = compared.into_inner().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        let refresh = self.ids().secret();
        let session = Session {
            id: SessionId::mint(self.ids(), now),
            subject,
            refresh_hash: hash(&refresh),
            expires_at,
            ended_at: None,
            version: 1,
            created_at: now,
        };
        let id = session.id;
        let mut changes = ChangeSet::new(tenant);
        changes.insert(session);
        // A session must not outlive the password by which it began: one that was changed meanwhile refuses it.
        let same = |login: &Login| Some(&login.password) == compared.as_ref();
        let signed_in =
            self.commit_with_login(subject, actor.as_ref(), changes, Event::SignedIn {}, &same).await?;
        Ok(signed_in.then_some(SignedIn { actor, session: id, refresh, expires_at }))
    }

    /// Continues a session with its refresh token, which is changed. `None` where the session has ended, or the token
    /// is not its newest: then the session ends, because the token was stolen or sent twice.
    ///
    /// # Errors
    /// `Busy`; `Store`.
    pub async fn refresh(
        &self,
        tenant: TenantId,
        id: SessionId,
        token: &[u8; 32],
    ) -> Result<Option<SignedIn>, Error> {
        let now = self.now();
        let system = Scope::system(tenant);
        // Whoever was faster with the same token made this one old: it is looked at again, and ends the session.
        for _ in 0..ATTEMPTS {
            let credential = Credential::Session { tenant, id, now };
            let Some(actor) = self.store().identify(&credential).await? else { return Ok(None) };
            let Some(session): Option<Session> = self.store().one(&system, Key::Session(id)).await? else {
                return Ok(None);
            };
            let (version, expires_at) = (session.version, session.expires_at);
            let refresh = self.ids().secret();
            let good = same(&session.refresh_hash, &hash(token));
            let next = if good {
                Session { refresh_hash: hash(&refresh), version: version + 1, ..session }
            } else {
                ended(&session, now)
            };
            let mut changes = ChangeSet::new(tenant);
            changes.replace(version, next);
            if self.store().commit(&[changes]).await?.first() == Some(&Outcome::Committed) {
                return Ok(good.then_some(SignedIn { actor, session: id, refresh, expires_at }));
            }
        }
        Err(Error::Busy(EntityKind::Login))
    }

    /// Ends a session, and with it every token of it. One that has ended stays ended.
    ///
    /// # Errors
    /// `Busy`; `Store`.
    pub async fn sign_out(&self, tenant: TenantId, id: SessionId) -> Result<(), Error> {
        let system = Scope::system(tenant);
        for _ in 0..ATTEMPTS {
            let found: Option<Session> = self.store().one(&system, Key::Session(id)).await?;
            let Some(session) = found.filter(|session| session.ended_at.is_none()) else { return Ok(()) };
            let (subject, version) = (session.subject, session.version);
            let mut changes = ChangeSet::new(tenant);
            changes.replace(version, ended(&session, self.now()));
            let who = match subject {
                LoginSubject::Agent(id) => ActorRef::agent(id),
                LoginSubject::Customer(id) => ActorRef::customer(id),
            };
            // A refresh at the same moment changes the session: it is read and ended again.
            match self.commit_with_login(subject, who, changes, Event::SignedOut {}, &|_| true).await {
                Err(Error::Busy(_)) => {}
                done => return done.map(drop),
            }
        }
        Err(Error::Busy(EntityKind::Login))
    }

    /// Notes that a password was refused, for the audit trail. An unknown address leaves no trace.
    ///
    /// # Errors
    /// `Busy`; `Store`.
    pub async fn sign_in_refused(&self, tenant: TenantId, subject: LoginSubject) -> Result<(), Error> {
        let changes = ChangeSet::new(tenant);
        let refused = Event::SignInRefused {};
        self.commit_with_login(subject, ActorRef::SYSTEM, changes, refused, &|_| true).await.map(drop)
    }

    /// Notes that a password was refused for an address, for the audit trail. An unknown address leaves no trace, and
    /// what this answers is the same for both.
    ///
    /// # Errors
    /// `Busy`; `Store`.
    pub async fn sign_in_refused_for(&self, tenant: TenantId, email: &str) -> Result<(), Error> {
        let email = email.trim().to_lowercase();
        let known = |hash: Option<&str>| hash.is_some();
        let credential = Credential::Password { tenant, email: &email, check: &known };
        match self.store().identify(&credential).await?.as_ref().and_then(subject_of) {
            Some(subject) => self.sign_in_refused(tenant, subject).await,
            None => Ok(()),
        }
    }

    /// Compares the password of somebody who has signed in. `check` is called without a hash where they have no login.
    ///
    /// # Errors
    /// `Store`.
    pub async fn check_password(
        &self,
        actor: &Actor,
        check: &(dyn Fn(Option<&str>) -> bool + Send + Sync),
    ) -> Result<bool, Error> {
        let system = Scope::system(actor.tenant());
        let login: Option<Login> = match subject_of(actor) {
            Some(subject) => self.store().one(&system, Key::Login(subject)).await?,
            None => None,
        };
        Ok(check(login.as_ref().map(|login| login.password.expose())))
    }

    /// Tells who has signed in.
    ///
    /// # Errors
    /// `NotFound` for the host, which is nobody; `Store`.
    pub async fn me(&self, actor: &Actor) -> Result<Me, Error> {
        let system = Scope::system(actor.tenant());
        let gone = || Error::NotFound(EntityKind::Login);
        match actor {
            Actor::Agent(agent) => {
                let agent = self.store().agent(&system, agent.id).await?.ok_or_else(gone)?;
                let (id, role) = (agent.id.uuid(), agent.role.to_string());
                Ok(Me { id, email: Some(agent.email), name: agent.name, role })
            }
            Actor::Customer(customer) => {
                let customer = self.store().customer(&system, customer.id).await?.ok_or_else(gone)?;
                let email = customer.address(AddressKind::Email).map(str::to_owned);
                Ok(Me { id: customer.id.uuid(), email, name: customer.name, role: "customer".to_owned() })
            }
            Actor::Host(_) => Err(gone()),
        }
    }

    /// Commits changes together with an event of a login's stream, as long as the login is as it must be; tells
    /// whether it was.
    async fn commit_with_login(
        &self,
        subject: LoginSubject,
        actor: ActorRef,
        changes: ChangeSet,
        event: Event,
        holds: &(dyn Fn(&Login) -> bool + Send + Sync),
    ) -> Result<bool, Error> {
        let system = Scope::system(changes.tenant);
        for _ in 0..ATTEMPTS {
            let Some(mut login): Option<Login> = self.store().one(&system, Key::Login(subject)).await? else {
                return Err(Error::NotFound(EntityKind::Login));
            };
            if !holds(&login) {
                return Ok(false);
            }
            let before = login.version;
            login.version += 1;
            let mut changes = changes.clone();
            changes.events.push(self.login_event(&login, actor, self.now(), event.clone()));
            changes.replace(before, login);
            if self.store().commit(&[changes]).await?.first() == Some(&Outcome::Committed) {
                return Ok(true);
            }
        }
        Err(Error::Busy(EntityKind::Login))
    }

    pub(super) fn login_event(
        &self,
        login: &Login,
        actor: ActorRef,
        at: Timestamp,
        event: Event,
    ) -> Envelope {
        Envelope {
            id: EventId::mint(self.ids(), at),
            stream: Stream::Login(login.subject.uuid()),
            stream_seq: login.version,
            at,
            actor,
            audience: Audience::of_tenant(AudienceClass::Audit),
            event,
        }
    }
}

const fn subject_of(actor: &Actor) -> Option<LoginSubject> {
    match actor {
        Actor::Agent(agent) => Some(LoginSubject::Agent(agent.id)),
        Actor::Customer(customer) => Some(LoginSubject::Customer(customer.id)),
        Actor::Host(_) => None,
    }
}

fn ended(session: &Session, now: Timestamp) -> Session {
    Session { ended_at: Some(now), version: session.version + 1, ..session.clone() }
}

fn hash(token: &[u8; 32]) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// Compares without leaving early, so that time tells nothing.
fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

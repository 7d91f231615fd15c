//! Customers: finding, making and changing them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::{EntityKind, Error};
use crate::event::{Audience, AudienceClass, Envelope, Event, Stream};
use crate::id::{CustomerId, EventId};
use crate::label::{ForeignId, Label};
use crate::people::{Address, AddressKind, Customer, CustomerFieldValue, Permission, normalize_address};
use crate::scoring::{Insight, folded_tier};
use crate::store::{ChangeSet, Key, Query, Select, StoreExt, TicketFilter};
use crate::text::is_blank;
use crate::ticket::command::Edit;
use crate::ticket::{Circumstances, Command, Status, StatusCategory, decide};
use crate::time::Zone;

use super::land::Landing;
use super::run::{Ask, Prepared, UseCase};

/// Most addresses of a customer.
const ADDRESS_LIMIT: usize = 50;
/// Most open tickets on which a change of their customer is noted with it.
const NOTED: u32 = 100;

/// Who a customer is, as far as somebody knows.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CustomerSpec {
    /// Identity in the host application.
    pub external_id: Option<ForeignId>,
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
}

impl std::fmt::Debug for CustomerSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomerSpec").field("external_id", &self.external_id).finish_non_exhaustive()
    }
}

/// What a use-case on a customer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerReply {
    /// The customer.
    pub customer_id: CustomerId,
    /// The record's version.
    pub version: u64,
}

/// Makes a customer.
#[derive(Clone, Default)]
pub struct CreateCustomer {
    /// Who it is.
    pub spec: CustomerSpec,
    /// Addresses beside those of `spec`.
    pub addresses: Vec<Address>,
    /// Tier, such as `gold`.
    pub tier: Option<Label>,
    /// Language tag.
    pub language: Option<Label>,
    /// IANA zone name.
    pub timezone: Option<String>,
    /// Free fields.
    pub custom_fields: BTreeMap<Label, CustomerFieldValue>,
    /// Tags.
    pub tags: Vec<Label>,
    /// Whether inbound messages are refused.
    pub blocked: bool,
}

impl std::fmt::Debug for CreateCustomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreateCustomer").field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl CreateCustomer {
    /// A customer of whom only the name is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self { spec: CustomerSpec { name: name.into(), ..CustomerSpec::default() }, ..Self::default() }
    }
}

/// Changes a customer. What is `None` stays as it is.
#[derive(Clone, Default)]
pub struct UpdateCustomer {
    /// Which.
    pub id: Option<CustomerId>,
    /// New name.
    pub name: Option<String>,
    /// New identity in the host, or none.
    pub external_id: Option<Option<ForeignId>>,
    /// All addresses.
    pub addresses: Option<Vec<Address>>,
    /// New tier, or none.
    pub tier: Option<Option<Label>>,
    /// New language, or none.
    pub language: Option<Option<Label>>,
    /// New zone, or none.
    pub timezone: Option<Option<String>>,
    /// Free fields to set, or to clear.
    pub custom_fields: BTreeMap<Label, Option<CustomerFieldValue>>,
    /// All tags.
    pub tags: Option<Vec<Label>>,
    /// Whether inbound messages are refused.
    pub blocked: Option<bool>,
}

impl std::fmt::Debug for UpdateCustomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpdateCustomer").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Ask<'_> {
    /// Makes the record of a new customer. Addresses that staff or the host give are taken as verified.
    pub(super) fn new_customer(&self, spec: &CustomerSpec, verified: bool) -> Result<Customer, Error> {
        let mut addresses = Vec::new();
        for (field, kind, value) in [
            ("customer.email", AddressKind::Email, &spec.email),
            ("customer.phone", AddressKind::Phone, &spec.phone),
        ] {
            if let Some(value) = value {
                let value = normalize_address(kind, value)
                    .ok_or_else(|| Error::invalid(field, "is not an address of that kind"))?;
                addresses.push(Address { kind, value, verified, primary: true });
            }
        }
        self.new_customer_at(spec.external_id.clone(), &spec.name, addresses)
    }

    /// Makes the record of a new customer with addresses in their normal form.
    pub(super) fn new_customer_at(
        &self,
        external_id: Option<ForeignId>,
        name: &str,
        addresses: Vec<Address>,
    ) -> Result<Customer, Error> {
        if name.chars().count() > 200 || name.chars().any(char::is_control) {
            return Err(Error::invalid(
                "customer.name",
                "must be at most 200 characters without control characters",
            ));
        }
        let name = name.trim();
        // Without a name is who has an empty one.
        if !name.is_empty() && is_blank(name) {
            return Err(Error::invalid("customer.name", "must be a name that can be seen"));
        }
        Ok(Customer {
            id: CustomerId::mint(self.ids(), self.now),
            external_id,
            name: name.to_owned(),
            addresses,
            tier: None,
            language: None,
            timezone: None,
            custom_fields: BTreeMap::new(),
            tags: Vec::new(),
            blocked: false,
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        })
    }

    /// Finds the customer whom `made` describes, or makes them; then `changes` holds the record.
    ///
    /// The host's own id comes first, then a verified address. Where both match different people the host's id wins,
    /// and the address stays with whom it was verified for.
    pub(super) async fn find_or_make_customer(
        &self,
        mut made: Customer,
        changes: &mut ChangeSet,
    ) -> Result<Customer, Error> {
        let external_id = made.external_id.clone();
        let by_address = |a: &Address| Key::CustomerByAddress(a.kind, a.value.clone());
        let mut keys: Vec<Key> = external_id.iter().cloned().map(Key::CustomerByExternalId).collect();
        keys.extend(made.addresses.iter().map(by_address));
        if !keys.is_empty() {
            let found = self.store().load(&self.system(), &keys).await?;
            let mut known = found.into_iter().map(|record| match record {
                Some(crate::store::Record::Customer(customer)) => Some(*customer),
                _ => None,
            });
            let by_external_id = external_id.as_ref().and_then(|_| known.next().flatten());
            let by_address: Vec<Option<Customer>> = known.collect();
            if let Some(customer) = by_external_id {
                return Ok(customer);
            }
            let held = made.addresses.iter().zip(&by_address);
            let holder =
                held.filter_map(|(address, holder)| Some((address.verified, holder.as_ref()?))).next();
            match holder {
                // A new id of the host for an address that is known: the same person, unless they have another id or
                // nobody vouches for the address.
                Some((vouched, holder))
                    if external_id.is_none() || vouched && holder.external_id.is_none() =>
                {
                    let mut customer = holder.clone();
                    if let Some(external_id) = &external_id {
                        let revision = customer.version;
                        customer.external_id = Some(external_id.clone());
                        customer.version += 1;
                        customer.updated_at = self.now.max(customer.updated_at);
                        changes.events.push(self.customer_event(&customer, changed(["external_id"])));
                        changes.replace(revision, customer.clone());
                    }
                    return Ok(customer);
                }
                _ => {
                    for (address, holder) in made.addresses.iter_mut().zip(&by_address) {
                        address.verified &= holder.is_none();
                    }
                }
            }
        }
        changes.insert(made.clone());
        changes.events.push(self.customer_event(&made, Event::CustomerCreated {}));
        Ok(made)
    }

    pub(super) fn customer_event(&self, customer: &Customer, event: Event) -> Envelope {
        Envelope {
            id: EventId::mint(self.ids(), self.now),
            stream: Stream::Customer(customer.id),
            stream_seq: customer.version,
            at: self.now.max(customer.updated_at),
            actor: self.actor.as_ref(),
            audience: Audience::of_tenant(AudienceClass::Internal),
            event,
        }
    }
}

fn changed<const N: usize>(fields: [&str; N]) -> Event {
    Event::CustomerChanged { fields: fields.iter().filter_map(|field| field.parse().ok()).collect() }
}

#[async_trait]
impl UseCase for CreateCustomer {
    type Reply = CustomerReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<CustomerReply>, Error> {
        ask.staff_only(EntityKind::Customer)?;
        ask.actor.scope(Permission::CustomerManage)?;
        let mut customer = ask.new_customer(&self.spec, true)?;
        customer.tier.clone_from(&self.tier);
        customer.language.clone_from(&self.language);
        customer.timezone = zone(self.timezone.as_deref())?;
        let listed = customer.addresses.len();
        let addresses: Vec<Address> = customer.addresses.iter().chain(&self.addresses).cloned().collect();
        customer.addresses = normal(&addresses, listed)?;
        customer.custom_fields.clone_from(&self.custom_fields);
        customer.tags = sorted(&self.tags);
        customer.blocked = self.blocked;
        ask.check_words(None, &customer)?;
        let reply = CustomerReply { customer_id: customer.id, version: customer.version };
        let mut changes = ChangeSet::new(ask.actor.tenant());
        changes.events.push(ask.customer_event(&customer, Event::CustomerCreated {}));
        changes.insert(customer);
        Ok(Prepared::new(changes, reply))
    }
}

#[async_trait]
impl UseCase for UpdateCustomer {
    type Reply = CustomerReply;

    async fn prepare(&self, ask: &Ask<'_>) -> Result<Prepared<CustomerReply>, Error> {
        ask.staff_only(EntityKind::Customer)?;
        let id = self.id.ok_or_else(|| Error::invalid("id", "must be given"))?;
        let scope = ask.actor.scope(Permission::CustomerRead)?;
        let before = ask.store().customer(&scope, id).await?.ok_or(Error::NotFound(EntityKind::Customer))?;
        ask.actor.scope(Permission::CustomerManage)?;
        ask.check_version(EntityKind::Customer, before.version)?;
        let mut after = before.clone();
        let mut fields: Vec<&str> = Vec::new();
        if let Some(name) = &self.name {
            after.name.clone_from(&ask.new_customer(&spec_of(name), true)?.name);
        }
        set("external_id", &self.external_id, &mut after.external_id, &mut fields);
        set("tier", &self.tier, &mut after.tier, &mut fields);
        set("language", &self.language, &mut after.language, &mut fields);
        zone(self.timezone.as_ref().and_then(Option::as_deref))?;
        set("timezone", &self.timezone, &mut after.timezone, &mut fields);
        if let Some(addresses) = &self.addresses {
            after.addresses = normal(addresses, 0)?;
        }
        for (key, value) in &self.custom_fields {
            match value {
                Some(value) => drop(after.custom_fields.insert(key.clone(), value.clone())),
                None => drop(after.custom_fields.remove(key)),
            }
        }
        if let Some(tags) = &self.tags {
            after.tags = sorted(tags);
        }
        after.blocked = self.blocked.unwrap_or(before.blocked);
        ask.check_words(Some(&before), &after)?;
        let compared: [(&str, bool); 5] = [
            ("name", before.name != after.name),
            ("addresses", before.addresses != after.addresses),
            ("custom_fields", before.custom_fields != after.custom_fields),
            ("tags", before.tags != after.tags),
            ("blocked", before.blocked != after.blocked),
        ];
        fields.extend(compared.iter().filter(|(_, differs)| *differs).map(|(field, _)| *field));
        let mut changes = ChangeSet::new(ask.actor.tenant());
        if fields.is_empty() {
            return Ok(Prepared::new(changes, CustomerReply { customer_id: id, version: before.version }));
        }
        after.version += 1;
        after.updated_at = ask.now.max(before.updated_at);
        let reply = CustomerReply { customer_id: id, version: after.version };
        let fields = fields.iter().filter_map(|field| field.parse().ok()).collect();
        changes.events.push(ask.customer_event(&after, Event::CustomerChanged { fields }));
        changes.replace(before.version, after.clone());
        let routes = ask.note_on_tickets(&before, &after, &mut changes).await?;
        Ok(Prepared { routes, ..Prepared::new(changes, reply) })
    }
}

impl Ask<'_> {
    /// Refuses names and values of free fields that hold what masking hides; what stood in the record before may stay.
    fn check_words(&self, before: Option<&Customer>, customer: &Customer) -> Result<(), Error> {
        let tier = before.and_then(|before| before.tier.as_ref());
        self.check_names("tier", customer.tier.iter().filter(|new| tier != Some(*new)))?;
        let language = before.and_then(|before| before.language.as_ref());
        self.check_names("language", customer.language.iter().filter(|new| language != Some(*new)))?;
        let tags = customer.tags.iter();
        let is_new = |tag: &&Label| before.is_none_or(|before| !before.tags.contains(*tag));
        self.check_names("tags", tags.filter(is_new))?;
        let held = |key: &Label| before.and_then(|before| before.custom_fields.get(key));
        let keys = customer.custom_fields.keys();
        self.check_names("custom_fields", keys.filter(|key| held(key).is_none()))?;
        for (key, value) in &customer.custom_fields {
            match value {
                value if held(key) == Some(value) => {}
                CustomerFieldValue::Text(text) => {
                    self.check_value(key, text)?;
                }
                CustomerFieldValue::Number(number) => self.check_number(key, *number)?,
                CustomerFieldValue::Flag(_) => {}
            }
        }
        Ok(())
    }

    /// Notes on a customer's open tickets what rules and scores know of them, at most on the newest 100; tells whether
    /// the router has to look.
    async fn note_on_tickets(
        &self,
        before: &Customer,
        customer: &Customer,
        changes: &mut ChangeSet,
    ) -> Result<bool, Error> {
        let status = Status::ALL.iter().copied().filter(|s| s.category() != StatusCategory::Closed).collect();
        let filter = TicketFilter { status, customer: Some(customer.id), ..TicketFilter::default() };
        let query = Query::new(Select::Tickets(Box::new(filter)), NOTED);
        let found = self.store().find(&self.system(), &query).await?;
        let mut routes = false;
        for ticket in found.items.into_iter().filter_map(super::read::ticket) {
            let mut known = ticket.insight.clone();
            // A tier that was taken away is not kept as if it had been looked up elsewhere.
            let of_record = before.tier.as_ref().map(folded_tier);
            let lost = |insight: &&mut Insight| of_record.is_some() && insight.tier == of_record;
            known.as_mut().filter(lost).into_iter().for_each(|insight| insight.tier = None);
            let insight = Insight::noting(known.as_ref(), customer);
            if insight.is_none() || insight == ticket.insight {
                continue;
            }
            let config = self.config_for(&ticket).await?;
            let circumstances = Circumstances { config: &config, ..self.circumstances() };
            let noted = Command::Edit(Box::new(Edit { insight, ..Edit::default() }));
            // One that takes nothing more keeps nobody from changing the customer.
            let Ok(decision) = decide(Some(&ticket), &[noted], &circumstances) else { continue };
            let landing = Landing::of(self.actor.tenant(), Some(&ticket), decision);
            let landing = landing.after(std::slice::from_ref(changes));
            let landed = self.desk.land(landing, &circumstances).await?;
            routes |= landed.routes;
            changes.absorb(landed.changes);
        }
        Ok(routes)
    }
}

fn sorted(tags: &[Label]) -> Vec<Label> {
    let tags: std::collections::BTreeSet<Label> = tags.iter().cloned().collect();
    tags.into_iter().collect()
}

/// Checks that a zone is one.
fn zone(name: Option<&str>) -> Result<Option<String>, Error> {
    let Some(name) = name else { return Ok(None) };
    name.parse::<Zone>().map_err(|problem| Error::invalid("timezone", problem))?;
    Ok(Some(name.to_owned()))
}

fn spec_of(name: &str) -> CustomerSpec {
    CustomerSpec { name: name.to_owned(), ..CustomerSpec::default() }
}

/// Sets a field where a value is given, and notes its name where it differs.
fn set<T: Clone + PartialEq>(
    name: &'static str,
    given: &Option<Option<T>>,
    field: &mut Option<T>,
    fields: &mut Vec<&'static str>,
) {
    if let Some(given) = given
        && given != field
    {
        field.clone_from(given);
        fields.push(name);
    }
}

/// Brings addresses to their normal form, each once, with one primary address a kind. The first `given` of them were
/// not part of the list that somebody sent: problems are named by the place in that list.
fn normal(addresses: &[Address], given: usize) -> Result<Vec<Address>, Error> {
    if addresses.len() > ADDRESS_LIMIT {
        return Err(Error::invalid("addresses", "must be at most 50"));
    }
    let mut normal: Vec<Address> = Vec::with_capacity(addresses.len());
    for (at, address) in addresses.iter().enumerate() {
        let at = at.saturating_sub(given);
        let value = normalize_address(address.kind, &address.value).ok_or_else(|| {
            Error::invalid(format!("addresses[{at}].value"), "is not an address of that kind")
        })?;
        if normal.iter().any(|known| known.kind == address.kind && known.value == value) {
            return Err(Error::invalid(format!("addresses[{at}].value"), "is listed already"));
        }
        if address.primary && normal.iter().any(|known| known.kind == address.kind && known.primary) {
            return Err(Error::invalid(
                format!("addresses[{at}].primary"),
                "another address of the kind is primary",
            ));
        }
        normal.push(Address { value, ..address.clone() });
    }
    Ok(normal)
}

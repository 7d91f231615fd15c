//! Customers: whom the desk serves.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::IntoResponse;
use serde::Deserialize;
use support_core::desk::{CreateCustomer, CustomerSpec, UpdateCustomer};
use support_core::id::CustomerId;
use support_core::label::{ForeignId, Label};
use support_core::people::{Address, AddressKind, Customer, CustomerFieldValue, normalize_address};
use support_core::store::Key;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ApiError, Problem};
use crate::extract::{Body, Call, Id, Params, limit};
use crate::fields::given;
use crate::mount::App;
use crate::reply::{Json, Page, Versioned};
use crate::view::person::CustomerBody;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(read, change))
}

/// An address of a customer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAddress {
    /// `email`, `phone`, `whatsapp` or `other`.
    #[schema(value_type = String)]
    kind: AddressKind,
    value: String,
    /// Whether it is known to be theirs: only such an address identifies. True unless given.
    #[serde(default = "yes")]
    #[schema(default = true)]
    verified: bool,
    /// Whether it is the one to write to first; at most one of a kind.
    #[serde(default)]
    primary: bool,
}

const fn yes() -> bool {
    true
}

impl From<NewAddress> for Address {
    fn from(address: NewAddress) -> Self {
        let NewAddress { kind, value, verified, primary } = address;
        Self { kind, value, verified, primary }
    }
}

/// A new customer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCustomer {
    /// At most 200 characters.
    name: String,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    external_id: Option<ForeignId>,
    /// A verified, primary e-mail address.
    #[serde(default)]
    email: Option<String>,
    /// A verified, primary phone number.
    #[serde(default)]
    phone: Option<String>,
    /// Other addresses.
    #[serde(default)]
    addresses: Vec<NewAddress>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    tier: Option<Label>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    language: Option<Label>,
    /// IANA zone.
    #[serde(default)]
    timezone: Option<String>,
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    custom_fields: BTreeMap<Label, CustomerFieldValue>,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    tags: Vec<Label>,
    /// Whether inbound messages and sign-in are refused.
    #[serde(default)]
    blocked: bool,
}

/// A change of a customer. What is left out stays as it is; lists are replaced whole, `custom_fields` field by field.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CustomerChange {
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    external_id: Option<Option<ForeignId>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    addresses: Option<Vec<NewAddress>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    tier: Option<Option<Label>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<Label>>,
    #[serde(default, deserialize_with = "given")]
    timezone: Option<Option<String>>,
    /// `null` clears a field.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    custom_fields: BTreeMap<Label, Option<CustomerFieldValue>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    tags: Option<Vec<Label>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    blocked: Option<bool>,
}

/// Which customers; at most one of `address`, `external_id` and `q`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CustomerFilter {
    /// With this address, verified or not.
    address: Option<String>,
    /// With this identity in the host application.
    #[param(value_type = Option<String>)]
    external_id: Option<ForeignId>,
    /// Whose name or one of whose addresses begins so.
    q: Option<String>,
    /// 1–200, 50 unless given.
    limit: Option<u32>,
    /// Where to go on.
    cursor: Option<String>,
}

/// Lists customers, oldest first.
#[utoipa::path(get, path = "/customers", tag = "people", params(CustomerFilter), responses(
    (status = 200, body = Page<CustomerBody>),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn list(call: Call, filter: Params<CustomerFilter>) -> Result<Json<Page<CustomerBody>>, ApiError> {
    let (most, after) = (limit(filter.limit)?, call.cursor(filter.cursor.as_deref())?);
    let desk = &call.app.desk;
    let (customers, next) = match (&filter.address, &filter.external_id, &filter.q) {
        (None, Some(id), None) => {
            let found = desk.customer_by(&call.actor, Key::CustomerByExternalId(id.clone())).await?;
            (found.into_iter().collect(), None)
        }
        (Some(address), None, None) => {
            let value = normal(address)?;
            let (mut found, next) = desk.customers(&call.actor, Some(&value), most, after).await?;
            found.retain(|customer| customer.addresses.iter().any(|known| known.value == value));
            (found, next)
        }
        (None, None, q) => desk.customers(&call.actor, q.as_deref(), most, after).await?,
        (address, _, q) => {
            let field = match (address, q) {
                (_, Some(_)) => "q",
                _ => "address",
            };
            return Err(ApiError::invalid(field, "has no place beside another filter"));
        }
    };
    Ok(Json(call.page(customers.iter().map(CustomerBody::from).collect(), next)))
}

/// Brings an address to the form in which it is stored.
fn normal(address: &str) -> Result<String, ApiError> {
    let kinds = if address.contains('@') {
        [AddressKind::Email, AddressKind::Other]
    } else {
        [AddressKind::Phone, AddressKind::Other]
    };
    kinds
        .into_iter()
        .find_map(|kind| normalize_address(kind, address))
        .ok_or_else(|| ApiError::invalid("address", "is not an address"))
}

/// Makes a customer. Addresses that the desk's people give are taken as verified unless they say otherwise.
#[utoipa::path(post, path = "/customers", tag = "people", request_body = NewCustomer, responses(
    (status = 201, body = CustomerBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn create(call: Call, body: Body<NewCustomer>) -> Result<impl IntoResponse, ApiError> {
    let new = body.value;
    let wanted = CreateCustomer {
        spec: CustomerSpec {
            external_id: new.external_id,
            name: new.name,
            email: new.email,
            phone: new.phone,
        },
        addresses: new.addresses.into_iter().map(Address::from).collect(),
        tier: new.tier,
        language: new.language,
        timezone: new.timezone,
        custom_fields: new.custom_fields,
        tags: new.tags,
        blocked: new.blocked,
    };
    let done = call.run(&body.bytes, &wanted).await.map_err(at_the_root)?;
    let customer = call.app.desk.customer(&call.actor, done.reply().customer_id).await?;
    Ok(Versioned::created(customer.version, CustomerBody::from(&customer)).repeated(&done))
}

/// Names fields as they stand here, where the customer is the whole body.
fn at_the_root(mut error: ApiError) -> ApiError {
    for problem in &mut error.errors {
        if let Some(field) = problem.field.strip_prefix("customer.") {
            problem.field = field.to_owned();
        }
    }
    error
}

/// Reads a customer. Customers read themselves only.
#[utoipa::path(get, path = "/customers/{id}", tag = "people", params(("id" = Uuid, Path)), responses(
    (status = 200, body = CustomerBody),
    (status = 404, body = Problem, content_type = "application/problem+json"),
))]
async fn read(call: Call, Id(id): Id<CustomerId>) -> Result<impl IntoResponse, ApiError> {
    let customer: Customer = call.app.desk.customer(&call.actor, id).await?;
    Ok(Versioned::ok(customer.version, CustomerBody::from(&customer)))
}

/// Changes a customer.
#[utoipa::path(patch, path = "/customers/{id}", tag = "people", params(("id" = Uuid, Path)), request_body = CustomerChange, responses(
    (status = 200, body = CustomerBody),
    (status = 403, body = Problem, content_type = "application/problem+json"),
    (status = 404, body = Problem, content_type = "application/problem+json"),
    (status = 412, body = Problem, content_type = "application/problem+json"),
    (status = 422, body = Problem, content_type = "application/problem+json"),
))]
async fn change(
    call: Call,
    Id(id): Id<CustomerId>,
    body: Body<CustomerChange>,
) -> Result<impl IntoResponse, ApiError> {
    let change = body.value;
    let wanted = UpdateCustomer {
        id: Some(id),
        name: change.name,
        external_id: change.external_id,
        addresses: change.addresses.map(|addresses| addresses.into_iter().map(Address::from).collect()),
        tier: change.tier,
        language: change.language,
        timezone: change.timezone,
        custom_fields: change.custom_fields,
        tags: change.tags,
        blocked: change.blocked,
    };
    let done = call.run(&body.bytes, &wanted).await.map_err(at_the_root)?;
    let customer = call.app.desk.customer(&call.actor, id).await?;
    Ok(Versioned::ok(customer.version, CustomerBody::from(&customer)).repeated(&done))
}

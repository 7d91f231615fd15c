//! People on the wire.

use std::collections::BTreeMap;

use serde::Serialize;
use support_core::people::{Address, Customer, CustomerFieldValue};
use utoipa::ToSchema;
use uuid::Uuid;

/// A customer.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct CustomerBody {
    id: Uuid,
    external_id: Option<String>,
    name: String,
    addresses: Vec<AddressBody>,
    organization_id: Option<Uuid>,
    tier: Option<String>,
    language: Option<String>,
    timezone: Option<String>,
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    custom_fields: BTreeMap<String, CustomerFieldValue>,
    tags: Vec<String>,
    blocked: bool,
    version: u64,
}

/// One address of a customer.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct AddressBody {
    /// `email`, `phone`, `whatsapp` or `other`.
    kind: &'static str,
    value: String,
    verified: bool,
    primary: bool,
}

impl From<&Address> for AddressBody {
    fn from(address: &Address) -> Self {
        Self {
            kind: address.kind.as_str(),
            value: address.value.clone(),
            verified: address.verified,
            primary: address.primary,
        }
    }
}

impl From<&Customer> for CustomerBody {
    fn from(customer: &Customer) -> Self {
        Self {
            id: customer.id.uuid(),
            external_id: customer.external_id.as_ref().map(ToString::to_string),
            name: customer.name.clone(),
            addresses: customer.addresses.iter().map(AddressBody::from).collect(),
            organization_id: None,
            tier: customer.tier.as_ref().map(ToString::to_string),
            language: customer.language.as_ref().map(ToString::to_string),
            timezone: customer.timezone.clone(),
            custom_fields: customer.custom_fields.iter().map(|(k, v)| (k.to_string(), v.clone())).collect(),
            tags: customer.tags.iter().map(ToString::to_string).collect(),
            blocked: customer.blocked,
            version: customer.version,
        }
    }
}

//! Places where customers meet journeys, and which journey is active in each.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{BrandId, DocumentId};
use crate::label::Label;
use crate::sla::ConfigRef;
use crate::wire::wire_enum;

wire_enum! {
    /// Where a journey stands.
    JourneyState {
        /// Never published: only staff see it.
        Draft = "draft",
        /// The one that customers meet at its place.
        Active = "active",
        /// Another one was published in its place. Only customers who have begun it go on in it.
        Archived = "archived",
    }
}

/// Which journey is active at one place of a brand. One document a place, with an id that follows from the place, so
/// that no two journeys can be active there, whoever publishes at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JourneyEntry {
    /// The brand; `None` is the tenant without one.
    pub brand_id: Option<BrandId>,
    /// The place.
    pub entry_point: Label,
    /// The version of a journey that customers meet.
    pub active: ConfigRef,
    /// Journeys that were active here before.
    pub archived: BTreeSet<DocumentId>,
}

impl JourneyEntry {
    /// Returns where a journey of this place stands.
    #[must_use]
    pub fn state_of(&self, journey: DocumentId) -> JourneyState {
        if self.active.id == journey {
            JourneyState::Active
        } else if self.archived.contains(&journey) {
            JourneyState::Archived
        } else {
            JourneyState::Draft
        }
    }

    /// Puts a version of a journey in the place of what was active.
    #[must_use]
    pub fn publish(mut self, journey: ConfigRef) -> Self {
        if self.active.id != journey.id {
            self.archived.insert(self.active.id);
        }
        self.archived.remove(&journey.id);
        self.active = journey;
        self
    }
}

/// Returns the id of the document that says which journey is active at a place.
#[must_use]
pub fn entry_document(brand: Option<BrandId>, entry_point: &Label) -> DocumentId {
    let mut hasher = Sha256::new();
    hasher.update(b"journey entry/");
    hasher.update(brand.map(BrandId::uuid).unwrap_or_default().as_bytes());
    hasher.update(entry_point.as_str().as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hasher.finalize()).for_each(|(byte, hashed)| *byte = hashed);
    DocumentId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

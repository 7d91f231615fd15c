//! The people of a desk and what each may see and do.
//!
//! An [`Actor`] is somebody who has signed in. A use-case asks it for the [`Scope`] that a [`Permission`] gives,
//! and hands that scope to the store with every read: a check cannot be forgotten, because without a scope there
//! is no read. Only the core makes the scope of the system itself.
//!
//! ```
//! use support_core::id::{AgentId, TenantId};
//! use support_core::people::{Actor, AgentActor, Permission, Role};
//! # use uuid::Uuid;
//!
//! let actor = Actor::Agent(AgentActor {
//!     tenant: TenantId::SINGLE,
//!     id: AgentId::from_uuid(Uuid::from_u128(7)),
//!     role: "agent".parse()?,
//!     grants: Role::Agent.grants().clone(),
//!     teams: Vec::new(),
//! });
//! assert!(actor.scope(Permission::TicketRead).is_ok());
//! assert!(actor.scope(Permission::AgentManage).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod actor;
mod agent;
mod customer;
mod permission;
mod presence;
mod scope;
mod shift;

pub use actor::{Actor, ActorKind, ActorRef, AgentActor, CustomerActor};
pub use agent::{Absence, Agent, AgentState, Capacity, Load, Missed, USUAL_PERFORMANCE, WorkKind};
pub use customer::{Address, AddressKind, Customer, CustomerFieldValue, normalize_address};
pub use permission::{Grants, Permission, Reach, Role};
pub use presence::Presence;
pub use scope::{Scope, Sight, Subject};
pub use shift::{Day, Hours, Shift, ShiftProblem, Standing, Weekly};

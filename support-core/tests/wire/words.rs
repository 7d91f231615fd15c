//! Closed sets, ids and the small types that are a text.

use support_core::config::RoutingMode;
use support_core::conversation::{ChannelKind, ConversationKind, Delivery, Direction, Visibility};
use support_core::error::EntityKind;
use support_core::event::AudienceClass;
use support_core::id::{
    AgentId, AssignmentId, BrandId, ConversationId, CustomerId, DocumentId, EventId, InboxId, MessageId,
    OfferId, OutboxId, Reference, SessionId, TeamId, TenantId, TextId, TicketId,
};
use support_core::journey::{Date, FlawKind, JourneyState};
use support_core::macros::MacroVisibility;
use support_core::masking::Token;
use support_core::masking::{Class, Kind, Mode, Preset, Validator};
use support_core::people::{ActorKind, AddressKind, Day, Permission, Presence, Reach, Role, WorkKind};
use support_core::routing::{AssignHow, OfferState, Refused, ReturnCause, Strategy};
use support_core::scoring::TermName;
use support_core::scoring::keywords::RuleKind;
use support_core::sla::deadline::Color;
use support_core::sla::{EndReason, Metric, PauseReason, TimerState};
use support_core::store::{Cursor, DocumentKind, OutboxState, TextClass};
use support_core::testkit::build::{foreign, instant, word};
use support_core::ticket::{
    HandlingMode, ParticipantRole, Priority, SetAsideKind, Status, StatusCategory, StatusCause, TeamSource,
};
use support_core::time::{Timestamp, Zone};
use uuid::Uuid;

use crate::sheet::Sheet;

macro_rules! ids {
    ($sheet:expr, $($name:ident),*) => {
        $sheet$(.words(&[$name::from_uuid(Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef))]))*
    };
}

pub(crate) fn sheet() -> Sheet {
    let mut kinds = Kind::BUILT_IN.to_vec();
    kinds.push(Kind::Custom("badge".into()));
    let channels = ["email", "chat", "whatsapp", "sms", "phone", "web", "api", "kiosk-2"];
    let channels = channels.map(|name| name.parse::<ChannelKind>().unwrap());
    let sheet = sets(Sheet::default())
        .words(&channels)
        .words(&kinds)
        .words(&[Class::Identifier, Class::Contact])
        .words(&[Preset::Default, Preset::Strict])
        .words(&[Mode::Stars, Mode::LastFour, Mode::TypeTag, Mode::Token])
        .words(&[Validator::None, Validator::Luhn, Validator::Mod97])
        .words(&[RuleKind::Vip, RuleKind::Churn, RuleKind::TimeSensitive, RuleKind::Custom])
        .words(&[TermName::Priority, TermName::Age, TermName::Urgency, TermName::Keywords, TermName::Insight])
        .words(&[word("50% off"), word("ярлык")])
        .words(&[foreign("crm:1"), foreign("https://a.example/1?x=%27")])
        .words(&[Reference::from_random(0), Reference::from_random(u64::MAX)])
        .words(&["2026-11-20".parse::<Date>().unwrap()])
        .words(&[Cursor::start(), Cursor::end(), Cursor::new("17")])
        .words(&[instant(0), instant(1).plus_micros(10), Timestamp::MIN, Timestamp::MAX])
        .words(&["UTC", "America/Argentina/Buenos_Aires"].map(|name| name.parse::<Zone>().unwrap()))
        .out_words(&[
            EntityKind::Ticket,
            EntityKind::Conversation,
            EntityKind::Message,
            EntityKind::Text,
            EntityKind::Assignment,
            EntityKind::Offer,
            EntityKind::Customer,
            EntityKind::Agent,
            EntityKind::Document,
            EntityKind::Login,
            EntityKind::Outbox,
            EntityKind::Journey,
        ]);
    ids!(
        sheet,
        TenantId,
        TicketId,
        ConversationId,
        MessageId,
        TextId,
        AssignmentId,
        CustomerId,
        AgentId,
        TeamId,
        InboxId,
        BrandId,
        EventId,
        OfferId,
        OutboxId,
        DocumentId,
        SessionId,
        Token
    )
}

fn sets(sheet: Sheet) -> Sheet {
    sheet
        .words(RoutingMode::ALL)
        .words(ConversationKind::ALL)
        .words(Delivery::ALL)
        .words(Direction::ALL)
        .words(Visibility::ALL)
        .words(AudienceClass::ALL)
        .words(ActorKind::ALL)
        .words(AddressKind::ALL)
        .words(Day::ALL)
        .words(Permission::ALL)
        .words(Presence::ALL)
        .words(Reach::ALL)
        .words(Role::ALL)
        .words(WorkKind::ALL)
        .words(AssignHow::ALL)
        .words(OfferState::ALL)
        .words(ReturnCause::ALL)
        .words(Refused::ALL)
        .words(Strategy::ALL)
        .words(Color::ALL)
        .words(EndReason::ALL)
        .words(Metric::ALL)
        .words(PauseReason::ALL)
        .words(TimerState::ALL)
        .words(DocumentKind::ALL)
        .words(OutboxState::ALL)
        .words(TextClass::ALL)
        .words(HandlingMode::ALL)
        .words(ParticipantRole::ALL)
        .words(Priority::ALL)
        .words(SetAsideKind::ALL)
        .words(Status::ALL)
        .words(StatusCategory::ALL)
        .words(StatusCause::ALL)
        .words(TeamSource::ALL)
        .words(FlawKind::ALL)
        .words(JourneyState::ALL)
        .words(MacroVisibility::ALL)
}

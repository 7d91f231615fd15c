//! The tickets of the demo data, and what people say on them.

use support_core::conversation::ChannelKind;
use support_core::ticket::{Priority, Status};

/// A ticket and what happens on it.
pub(crate) struct Story {
    pub(crate) subject: &'static str,
    pub(crate) message: &'static str,
    pub(crate) channel: ChannelKind,
    pub(crate) priority: Priority,
    pub(crate) category: &'static str,
    /// A skill that its handler must have.
    pub(crate) skill: Option<&'static str>,
    pub(crate) turns: &'static [Turn],
}

/// Something that happens on a ticket.
pub(crate) enum Turn {
    /// The customer writes.
    Customer(&'static str),
    /// The agent who has it answers.
    Agent(&'static str),
    /// The agent who has it notes something.
    Note(&'static str),
    /// The agent who has it moves it on.
    Status(Status),
}

use Turn::{Agent, Customer, Note};

/// All of them. The last waits: nobody has the skill that it needs.
pub(crate) const STORIES: [Story; 6] = [
    Story {
        subject: "Parcel is late, and it is urgent",
        message: "My order should have been here last week. It is a present and I need it today, please help.",
        channel: ChannelKind::Web,
        priority: Priority::High,
        category: "delivery",
        skill: None,
        turns: &[],
    },
    Story {
        subject: "Refund for a broken lamp",
        message: "The lamp arrived in pieces. I would like a refund.",
        channel: ChannelKind::Email,
        priority: Priority::Normal,
        category: "refund",
        skill: None,
        turns: &[
            Note("The photo shows the packaging was fine. Warehouse informed."),
            Agent("I am sorry about that. Would you like the money back, or a new lamp?"),
        ],
    },
    Story {
        subject: "How do I change my address?",
        message: "I have moved. Where can I change my delivery address? No hurry.",
        channel: ChannelKind::Web,
        priority: Priority::Low,
        category: "account",
        skill: None,
        turns: &[
            Agent("Under Account, Addresses. Did you find it?"),
            Customer("Not yet, there is no such menu for me."),
        ],
    },
    Story {
        subject: "Invoice for March",
        message: "Could you send me the invoice for March again?",
        channel: ChannelKind::Email,
        priority: Priority::Normal,
        category: "billing",
        skill: None,
        turns: &[Agent("Of course, it is on its way to your mailbox."), Turn::Status(Status::Resolved)],
    },
    Story {
        subject: "Heating does not start",
        message: "Since yesterday the heating shows error 12.",
        channel: ChannelKind::Phone,
        priority: Priority::Urgent,
        category: "technical",
        skill: None,
        turns: &[Agent("I have asked the manufacturer and come back to you."), Turn::Status(Status::OnHold)],
    },
    Story {
        subject: "Question sur ma commande",
        message: "Bonjour, est-ce que je peux encore changer la couleur de ma commande ?",
        channel: ChannelKind::Web,
        priority: Priority::Normal,
        category: "order",
        skill: Some("french"),
        turns: &[],
    },
];

//! The journey that demo customers are led through.

use serde_json::{Value, json};

/// "General Support": what it is about, and what has to be known of it.
pub(crate) fn general_support() -> Value {
    let about = |issue: &str| json!({"is": {"question": "issue", "any_of": [issue]}});
    let end = json!([{"to": null}]);
    json!({
        "name": "General Support",
        "entry_point": "main",
        "start": "issue",
        "questions": [
            {
                "id": "issue",
                "text": "What can we help you with?",
                "answer": {"single_choice": {"options": [
                    {"value": "order_issue", "text": "Order Issue"},
                    {"value": "product_question", "text": "Product Question"},
                    {"value": "refund", "text": "Refund"},
                    {"value": "other", "text": "Other"},
                ]}},
                "next": [
                    {"when": {"any": [about("order_issue"), about("refund")]}, "to": "order"},
                    {"when": about("product_question"), "to": "product"},
                    {"to": "details"},
                ],
            },
            {
                "id": "order",
                "text": "What is your order number?",
                "help": "It begins with KC and stands on the bill.",
                "answer": {"text": {"pattern": "KC-[0-9]{1,10}"}},
                "next": [{"when": about("refund"), "to": "reason"}, {"to": "pictures"}],
            },
            {
                "id": "reason",
                "text": "Why do you want your money back?",
                "answer": {"multiple_choice": {"options": [
                    {"value": "damaged", "text": "It arrived damaged"},
                    {"value": "late", "text": "It came too late"},
                    {"value": "unwanted", "text": "I do not want it any more"},
                ]}},
                "next": [
                    {"when": {"is": {"question": "reason", "any_of": ["damaged"]}}, "to": "pictures"},
                    {"to": "details"},
                ],
            },
            {
                "id": "pictures",
                "text": "Pictures help us to see what is wrong.",
                "answer": {"images": {}},
                "required": false,
                "next": [{"to": "details"}],
            },
            {
                "id": "product",
                "text": "Which product is it about?",
                "answer": {"text": {"max_length": 200}},
                "next": [{"to": "details"}],
            },
            {
                "id": "details",
                "text": "Please tell us more.",
                "answer": {"text": {"max_length": 5000}},
                "next": [{"to": "thanks"}],
            },
            {
                "id": "thanks",
                "text": "Thank you. We answer as soon as we can.",
                "answer": "information",
                "next": end,
            },
        ],
        "ticket": [
            {"subject": "{{issue}}", "category": "general"},
            {"when": about("order_issue"), "subject": "{{issue}}: {{order}}", "category": "orders"},
            {"when": about("product_question"), "subject": "{{issue}}: {{product}}", "category": "products"},
            {"when": about("refund"), "subject": "{{issue}}: {{order}}", "category": "refunds", "priority": "high"},
        ],
    })
}

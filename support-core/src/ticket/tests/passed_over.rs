//! What rules about timers do where a change of policy or calendar moves their instants.

use crate::automation::{Action, AutomationSpec, Condition, Timer, Trigger};
use crate::sla::Metric;
use crate::sla::policy::{PolicySpec, When};
use crate::ticket::Status;
use crate::ticket::command::Edit;

use super::desk::{ANA, BACK, DAY, OFFICE, automation, label, office_hours, policy};
use super::scenario::{Scenario, desk};
use Metric::{FirstResponse, Resolution};

fn at(metric: Metric, when: When) -> AutomationSpec {
    automation(Trigger::Timer(Timer { metric, when }), &[Action::LevelUp])
}

fn under(minutes: u64, rules: &[AutomationSpec]) -> Scenario {
    let mut scenario = desk();
    for (n, rule) in (0..).zip(rules) {
        scenario.set_automation(n, rule);
    }
    scenario.set_policy(1, &policy(&[(FirstResponse, minutes)])).open();
    scenario
}

#[test]
fn a_rule_about_a_timer_that_the_change_itself_puts_in_the_past_does_not_act_unless_the_editor_asks() {
    for (fire_ladders, acts) in [(false, 0), (true, 1)] {
        for touched in [false, true] {
            let mut scenario = under(600, &[at(FirstResponse, When::AtBreach)]);
            let shorter = PolicySpec { fire_ladders, ..policy(&[(FirstResponse, 60)]) };
            scenario.at(90).set_policy(1, &shorter);
            if touched {
                scenario.edit(Edit { add_tags: vec![label("any")], ..Edit::default() });
            } else {
                scenario.reconfigure();
            }
            scenario.breached(FirstResponse, true).at(91);
            assert_eq!(scenario.count("automation.applied"), acts, "{touched}");
            // Neither does a later change that leaves it in the past.
            scenario.set_policy(1, &policy(&[(FirstResponse, 50)])).reconfigure();
            scenario.at(95).reconfigure().at(DAY);
            assert_eq!(scenario.count("automation.applied"), acts, "{touched}");
        }
    }
}

#[test]
fn a_rule_about_a_timer_acts_where_its_instant_comes_after_the_change() {
    let rules = [at(FirstResponse, When::AtFraction(0.5)), at(FirstResponse, When::SecondsAfter(3_600))];
    let mut scenario = under(600, &rules);
    scenario.at(90).set_policy(1, &policy(&[(FirstResponse, 60)])).reconfigure().at(119);
    assert_eq!(scenario.count("automation.applied"), 0);
    scenario.at(120);
    assert_eq!(scenario.count("automation.applied"), 1);
    // What was passed over is still to come where another change puts it ahead.
    let mut scenario = under(600, &rules[..1]);
    scenario.at(90).set_policy(1, &policy(&[(FirstResponse, 60)])).reconfigure().at(100);
    scenario.set_policy(1, &policy(&[(FirstResponse, 600)])).reconfigure().at(299);
    assert_eq!(scenario.count("automation.applied"), 0);
    scenario.at(301);
    assert_eq!(scenario.count("automation.applied"), 1);
}

#[test]
fn what_a_rule_about_a_timer_owed_before_the_change_is_done_all_the_same() {
    for minutes in [50, 600] {
        let mut scenario = under(60, &[at(FirstResponse, When::AtBreach)]);
        // The worker slept, and the policy was changed meanwhile.
        scenario.worker_asleep_until(90).set_policy(1, &policy(&[(FirstResponse, minutes)])).reconfigure();
        scenario.wake();
        assert_eq!(scenario.count("automation.applied"), 1, "{minutes}");
        scenario.at(DAY);
        assert_eq!(scenario.count("automation.applied"), 1, "{minutes}");
    }
    // It waits for its condition as before.
    let vip: Condition =
        serde_json::from_value(serde_json::json!({"field": "ticket.tags", "op": "any_of", "value": ["vip"]}))
            .unwrap();
    let mut scenario =
        under(60, &[AutomationSpec { condition: Some(vip), ..at(FirstResponse, When::AtBreach) }]);
    scenario.at(90).set_policy(1, &policy(&[(FirstResponse, 50)])).reconfigure();
    scenario.edit(Edit { add_tags: vec![label("vip")], ..Edit::default() }).at(91);
    assert_eq!(scenario.count("automation.applied"), 1);
}

#[test]
fn a_timer_that_stands_still_passes_rules_over_too_and_so_does_a_calendar_and_another_policy() {
    let mut scenario = desk();
    scenario.set_automation(0, &at(Resolution, When::AtBreach));
    scenario.set_policy(1, &policy(&[(Resolution, 600)])).open().at(60).move_to(Status::Pending);
    scenario.set_policy(1, &policy(&[(Resolution, 50)])).reconfigure();
    scenario.at(70).customer_writes().at(DAY);
    assert_eq!(scenario.count("automation.applied"), 0);

    let (mut longer, mut shorter) = (office_hours(), office_hours());
    longer.weekly.mon = vec![["00:00".into(), "24:00".into()]];
    shorter.weekly.mon = vec![["09:00".into(), "10:00".into()]];
    let mut spec = policy(&[(FirstResponse, 600)]);
    spec.calendar_id = Some(OFFICE);
    let mut scenario = desk();
    scenario.set_automation(0, &at(FirstResponse, When::AtBreach));
    scenario.set_calendar(&shorter).set_policy(1, &spec).open().at(700).set_calendar(&longer);
    scenario.reconfigure().breached(FirstResponse, true).at(DAY);
    assert_eq!(scenario.count("automation.applied"), 0);

    let mut scenario = desk();
    let mut back = policy(&[(FirstResponse, 60)]);
    back.position = 1;
    back.conditions.team_ids = vec![BACK];
    scenario.set_automation(0, &at(FirstResponse, When::AtBreach));
    scenario.set_policy(1, &back).set_policy(2, &policy(&[(FirstResponse, 600)])).open();
    scenario.at(90).transfer(BACK).breached(FirstResponse, true).at(DAY);
    assert_eq!(scenario.count("automation.applied"), 0);
    // A later cycle is none of it.
    let mut scenario = under(600, &[at(Metric::NextResponse, When::AtBreach)]);
    let both = |minutes| policy(&[(FirstResponse, 600), (Metric::NextResponse, minutes)]);
    scenario.set_policy(1, &both(600)).reconfigure().at(1).reply(ANA).at(2).customer_writes();
    scenario.at(90).set_policy(1, &both(60)).reconfigure().at(100).reply(ANA).at(110).customer_writes();
    assert_eq!(scenario.count("automation.applied"), 0);
    scenario.at(171);
    assert_eq!(scenario.count("automation.applied"), 1);
}

//! The program as somebody runs it.

use std::process::Command;

#[test]
fn the_order_and_its_ticket_are_there_together_or_not_at_all() {
    let output = Command::new(env!("CARGO_BIN_EXE_support-embedded")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines,
        [
            "the first ticket has 100 points and went to Ann, round_robin of 1",
            "order 48811 is sent, its ticket does not exist",
            "order 48812 is lost, its ticket has 100 points and went to Ann, round_robin of 1",
        ]
    );
}

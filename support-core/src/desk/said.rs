//! Answers to a journey on their way into the store: masked, and written as JSON of which is known where masks stand.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::journey::{Answer, Answers, Journey, Question, Said};
use crate::label::Label;
use crate::masking::MaskSpan;

use super::texts::Kept;

/// Writes answers down as people may read them: masked, each after its question; with where masks stand in its wording,
/// and so in the answer, which then is the same text.
///
/// `mask` is given a text and what was asked before it.
pub(super) fn said(
    journey: &Journey,
    answers: &Answers,
    mask: impl Fn(&str, &[&str]) -> Kept,
) -> Vec<(Said, Vec<MaskSpan>)> {
    let mask = |question: &Question, text: &str| {
        let asked = question.help.iter().fold(question.text.clone(), |asked, help| asked + "\n" + help);
        mask(text, &[&asked])
    };
    let all = journey.spec().questions.iter().filter_map(|question| {
        let answer = answers.get(&question.id)?.as_ref()?;
        let wording = question.wording(answer);
        let kept = match answer {
            Answer::Text(_) | Answer::Number(_) => mask(question, &wording),
            _ => Kept { body: wording.clone(), masked: Vec::new() },
        };
        let answer = match answer {
            Answer::Number(_) if kept.body != wording => kept.body.clone().into(),
            Answer::Text(_) => kept.body.clone().into(),
            _ => answer.to_value(),
        };
        let (question, text) = (question.id.clone(), question.text.clone());
        Some((Said { question, text, answer, wording: kept.body }, kept.masked))
    });
    all.collect()
}

/// Writes answers as a ticket keeps them: a list of [`Said`].
pub(super) fn written(said: &[(Said, Vec<MaskSpan>)]) -> Result<Kept, serde_json::Error> {
    let mut json = Json::default();
    for (at, (Said { question, text, answer, wording }, masks)) in said.iter().enumerate() {
        json.raw(if at == 0 { "[{\"question\":" } else { ",{\"question\":" });
        json.value(question, &[])?;
        json.raw(",\"text\":");
        json.value(text, &[])?;
        json.raw(",\"answer\":");
        json.text(answer, masks)?;
        json.raw(",\"wording\":");
        json.value(wording, masks)?;
        json.raw("}");
    }
    json.raw(if said.is_empty() { "[]" } else { "]" });
    Ok(json.0)
}

/// Writes the answers of a journey that was begun, as [`Given`](crate::journey::Given): a map by question, with what was
/// passed over.
pub(super) fn begun(said: &[(Said, Vec<MaskSpan>)], passed: &[Label]) -> Result<Kept, serde_json::Error> {
    let answered = said.iter().map(|(said, masks)| (&said.question, (&said.answer, masks.as_slice())));
    let passed = passed.iter().map(|id| (id, (&Value::Null, &[][..])));
    let all: BTreeMap<&Label, (&Value, &[MaskSpan])> = answered.chain(passed).collect();
    let mut json = Json::default();
    json.raw("{");
    for (at, (question, (answer, masks))) in all.into_iter().enumerate() {
        if at > 0 {
            json.raw(",");
        }
        json.value(question, &[])?;
        json.raw(":");
        json.text(answer, masks)?;
    }
    json.raw("}");
    Ok(json.0)
}

/// JSON that is being written.
#[derive(Default)]
struct Json(Kept);

impl Json {
    fn raw(&mut self, json: &str) {
        self.0.body.push_str(json);
    }

    /// Writes an answer; only one that is a text has masks.
    fn text(&mut self, answer: &Value, masks: &[MaskSpan]) -> Result<(), serde_json::Error> {
        match answer.as_str() {
            Some(text) => self.value(text, masks),
            None => {
                self.raw(&serde_json::to_string(answer)?);
                Ok(())
            }
        }
    }

    /// Writes a text. Its masks stand behind the quotation mark, and what stands before them may be written longer.
    fn value(&mut self, text: impl AsRef<str>, masks: &[MaskSpan]) -> Result<(), serde_json::Error> {
        let text = text.as_ref();
        let begin = self.0.body.len() + 1;
        for MaskSpan { kind, start, end } in masks {
            let place = |at: u32| -> Result<Option<u32>, serde_json::Error> {
                let Some(before) = text.get(..at as usize) else { return Ok(None) };
                let longer = serde_json::to_string(before)?.len() - 2;
                Ok(u32::try_from(begin + longer).ok())
            };
            if let (Some(start), Some(end)) = (place(*start)?, place(*end)?) {
                self.0.masked.push(MaskSpan { kind: kind.clone(), start, end });
            }
        }
        self.raw(&serde_json::to_string(text)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journey::Given;
    use crate::masking::Kind;

    #[test]
    fn what_is_written_is_read_back_and_each_mask_is_where_it_stands() {
        let of = |question: &str, answer: Value, wording: &str, masks: &[(u32, u32)]| {
            let masks =
                masks.iter().map(|(start, end)| MaskSpan { kind: Kind::Pin, start: *start, end: *end });
            let (question, text) = (question.parse().unwrap(), "\"What?\"\n****".to_owned());
            (Said { question, text, answer, wording: wording.to_owned() }, masks.collect::<Vec<_>>())
        };
        let quoted = "\"é\"\t**** and \\ ****";
        let first = quoted.find("****").unwrap() as u32;
        let last = quoted.len() as u32 - 4;
        let all = [
            of("a b", quoted.into(), quoted, &[(first, first + 4), (last, last + 4)]),
            of("n", 7.5.into(), "7.5", &[]),
            of("pin", "****".into(), "****", &[(0, 4)]),
        ];
        let kept = written(&all).unwrap();
        let plain: Vec<&Said> = all.iter().map(|(said, _)| said).collect();
        assert_eq!(kept.body, serde_json::to_string(&plain).unwrap());
        let at = |kept: &Kept| {
            let found = kept.masked.iter().map(|span| kept.body.get(span.start as usize..span.end as usize));
            found.map(|mask| mask.unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(at(&kept), ["****"; 6]);
        assert!(kept.masked.is_sorted_by_key(|span| span.start));
        let left = begun(&all, &["b".parse().unwrap()]).unwrap();
        assert_eq!(at(&left), ["****"; 3]);
        let given: Given = serde_json::from_str(&left.body).unwrap();
        assert_eq!(left.body, serde_json::to_string(&given).unwrap());
        assert_eq!(given["b"], Value::Null);
        assert_eq!(given["a b"], quoted);
        assert_eq!(written(&[]).unwrap().body, "[]");
        assert_eq!(begun(&[], &[]).unwrap().body, "{}");
    }
}

//! A tenant's choice of detectors, and its compilation.

use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::kind::{Kind, Kinds};

/// Most patterns of its own that a tenant may have.
const MAX_CUSTOM: usize = 32;
/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 512;
/// Longest match that is found wherever it stands, in bytes.
const LONGEST_MATCH: usize = 1024;
/// Largest compiled pattern, in bytes: counted repetitions multiply, and a pattern lives as long as the desk.
const MAX_COMPILED: usize = 1 << 20;

/// What a tenant wants masked, and how.
///
/// ```
/// use support_core::masking::{Masker, MaskingSpec};
///
/// let spec: MaskingSpec = serde_json::from_str(
///     r#"{"mode": "type_tag", "custom": [{"name": "employee", "pattern": "EMP-\\d{6}"}]}"#,
/// )?;
/// Masker::new(&spec)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MaskingSpec {
    /// Which detectors stand behind card, account, PIN and SSN.
    pub preset: Preset,
    /// The kinds to look for; none means every kind but postal addresses. Custom patterns are always looked for.
    pub detectors: Option<Vec<Kind>>,
    /// What stands in place of a finding.
    pub mode: Mode,
    /// Masks contact data before storage too.
    pub store_contact: bool,
    /// The tenant's own patterns.
    pub custom: Vec<CustomPattern>,
}

/// The detectors behind card, account, PIN and SSN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Validated detectors that leave orders, dates and prices alone.
    #[default]
    Default,
    /// The raw patterns, unvalidated: any 4 to 6 digits are a PIN, any 10 to 20 an account. The other kinds are
    /// found as in the default preset.
    Strict,
}

/// What stands in place of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// `****`.
    #[default]
    Stars,
    /// `****1234` where at least as many digits stay hidden as are shown, else `****`. PINs, one-time codes and
    /// e-mail addresses are hidden whole.
    LastFour,
    /// `[card]`.
    TypeTag,
    /// `[card:0190d3c0f1a27b3c8d4e5f6071829304]`, which a vault turns back for those who have the right and say why;
    /// `[card]` where there is no vault.
    Token,
}

/// A pattern of the tenant's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomPattern {
    /// Name in findings and type tags: a lower-case letter, then letters, digits or `_`, at most 32 in all.
    pub name: String,
    /// Regular expression without look-around or back-references (it runs in linear time).
    ///
    /// Classes of characters may be named by category and script (`\p{Lu}`, `\p{Greek}`). They grow large when they are
    /// repeated: a pattern that is larger than a megabyte when compiled is refused.
    ///
    /// It sees Unicode digits as ASCII digits and no invisible characters. A mask is an edge of the text to it. A match
    /// of at most 1,024 bytes is found wherever it stands; of a longer one no more than its first thousand bytes may be.
    /// In a [`MaskStream`](super::MaskStream), a match lies within a sentence.
    pub pattern: String,
    /// A check that a match must also pass.
    #[serde(default)]
    pub validator: Validator,
}

/// A checksum over a custom match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validator {
    /// No check.
    #[default]
    None,
    /// The digits of the match satisfy Luhn (ISO/IEC 7812-1).
    Luhn,
    /// The letters and digits of the match satisfy mod 97-10 (ISO 7064), as an IBAN does.
    Mod97,
}

/// The specification cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct SpecError {
    /// The field at fault: `custom[2].pattern`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

/// A compiled specification.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) strict: bool,
    pub(super) detectors: Kinds,
    pub(super) mode: Mode,
    pub(super) store_contact: bool,
    pub(super) custom: Vec<Pattern>,
}

/// A compiled custom pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) kind: Kind,
    pub(super) regex: Regex,
    /// How long its matches may be to be found wherever they stand, in bytes.
    pub(super) longest: usize,
    pub(super) validator: Validator,
}

impl Plan {
    pub(super) fn compile(spec: &MaskingSpec) -> Result<Self, SpecError> {
        let detectors = match &spec.detectors {
            None => Kinds::from_iter(&Kind::BUILT_IN).without(&Kind::Address),
            Some(kinds) => {
                if let Some(at) = kinds.iter().position(|kind| matches!(kind, Kind::Custom(_))) {
                    let problem = "custom patterns are listed in `custom` and always sought";
                    return Err(SpecError { field: format!("detectors[{at}]"), problem: problem.to_owned() });
                }
                kinds.iter().collect()
            }
        };
        if spec.custom.len() > MAX_CUSTOM {
            let problem = format!("at most {MAX_CUSTOM} patterns");
            return Err(SpecError { field: "custom".to_owned(), problem });
        }
        let mut custom = Vec::<Pattern>::with_capacity(spec.custom.len());
        for (at, pattern) in spec.custom.iter().enumerate() {
            let pattern = Pattern::compile(pattern)
                .map_err(|(field, problem)| SpecError { field: format!("custom[{at}].{field}"), problem })?;
            if custom.iter().any(|other| other.kind == pattern.kind) {
                let problem = format!("`{}` is used twice", pattern.kind.name());
                return Err(SpecError { field: format!("custom[{at}].name"), problem });
            }
            custom.push(pattern);
        }
        Ok(Self {
            strict: spec.preset == Preset::Strict,
            detectors,
            mode: spec.mode,
            store_contact: spec.store_contact,
            custom,
        })
    }
}

impl Pattern {
    fn compile(pattern: &CustomPattern) -> Result<Self, (&'static str, String)> {
        let name = &pattern.name;
        let well_formed = name.len() <= 32
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !well_formed {
            return Err(("name", format!("`{name}` is not a lower-case name of at most 32 characters")));
        }
        if Kind::BUILT_IN.iter().any(|kind| kind.name() == name) {
            return Err(("name", format!("`{name}` is a built-in kind")));
        }
        if pattern.pattern.len() > MAX_PATTERN {
            return Err(("pattern", format!("longer than {MAX_PATTERN} bytes")));
        }
        let regex = RegexBuilder::new(&pattern.pattern)
            .size_limit(MAX_COMPILED)
            .build()
            .map_err(|error| ("pattern", error.to_string()))?;
        if regex.is_match("") {
            return Err(("pattern", "matches the empty text".to_owned()));
        }
        let longest =
            regex_syntax::parse(&pattern.pattern).ok().and_then(|hir| hir.properties().maximum_len());
        Ok(Self {
            kind: Kind::Custom(Arc::from(name.as_str())),
            regex,
            longest: longest.map_or(LONGEST_MATCH, |longest| longest.min(LONGEST_MATCH)),
            validator: pattern.validator,
        })
    }
}

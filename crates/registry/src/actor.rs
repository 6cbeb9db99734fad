//! Who does something.

use serde::{Deserialize, Serialize};

use crate::text::{Line, Slug, checked_text};

/// Somebody who changes the registry, as who authenticated them says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// What tells them from everybody else, for as long as the history is kept.
    pub id: ActorId,
    /// What they are.
    pub kind: ActorKind,
    /// For whom they act.
    pub side: Side,
    /// What people know them by. It decides nothing.
    pub name: Line,
}

/// What acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A program, by a key of its own. It approves nothing: four eyes are two persons'.
    Machine,
    /// A person who proved who they are.
    Person,
    /// Somebody at the operator's command line, by the name that they gave themselves. It approves nothing: one person can
    /// give two names.
    Command,
}

/// For whom somebody acts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// For one authority: they see and touch what is its own (requirement R46).
    Authority(Slug),
    /// For those who run the gateway.
    Operator,
}

impl Actor {
    /// Whether they act for the operator.
    #[must_use]
    pub fn is_operator(&self) -> bool {
        self.side == Side::Operator
    }

    /// Whether they may see and touch what this authority owns: it is theirs, or they are the operator's.
    #[must_use]
    pub fn may_touch(&self, authority: &Slug) -> bool {
        match &self.side {
            Side::Authority(own) => own == authority,
            Side::Operator => true,
        }
    }
}

checked_text! {
    /// What somebody is known by: `client:<name>`, `person:<keyed hash of issuer and subject>`. Never a person's number.
    ActorId, WrongActorId, check_id
}

/// A text is nobody's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an actor's id is like client:name, of at most 200 letters, digits and :._/-, and holds no person's number")]
pub struct WrongActorId;

fn check_id(text: &str) -> Result<(), WrongActorId> {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":._/-".contains(&byte));
    let named = text.split_once(':').is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty());
    let good = plain && named && text.len() <= 200 && !overblik_connectors::holds_real_number(text);
    if good { Ok(()) } else { Err(WrongActorId) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_known_by_a_person_s_number() {
        for good in ["client:birkerup/ci", "person:Zm9v_bar-1", "command:anna"] {
            assert!(ActorId::parse(good).is_ok(), "{good}");
        }
        let numbers = ["", "-"].map(|between| format!("person:{}", crate::testing::real_number(between)));
        let bad = ["", "anna", ":anna", "person:", "client:a b", "client:æ"].map(str::to_owned);
        for bad in bad.into_iter().chain(numbers) {
            assert_eq!(ActorId::parse(bad.as_str()), Err(WrongActorId), "{bad}");
        }
    }
}

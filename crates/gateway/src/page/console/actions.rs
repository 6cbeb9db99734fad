//! What can be done on a page: each a form that works without a script, folded away until it is wanted.

use std::collections::BTreeSet;

use overblik_registry::Source;

use crate::page::texts::Texts;

/// What whoever looks at a source may do with it now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a form that is there or not")]
pub struct SourceActions {
    /// Ask it no more.
    pub suspend: bool,
    /// Ask it again.
    pub resume: bool,
    /// Show a former version in the place of one.
    pub roll_back: Vec<(u32, u32)>,
    /// Say when it is closed.
    pub windows: bool,
    /// Take those times back; there are some.
    pub clear_windows: bool,
    /// End it for good.
    pub retire: bool,
    /// Change its files, in the editor.
    pub push: bool,
    /// Propose an agreement with a display client.
    pub propose_agreement: bool,
    /// Display clients whose proposed agreement they may approve.
    pub approve: Vec<String>,
    /// Those whose agreement somebody else must approve, because they proposed it.
    pub approve_not_you: BTreeSet<String>,
    /// Those whose proposed agreement they may reject.
    pub reject: Vec<String>,
    /// Those whose agreement they may end.
    pub end: Vec<String>,
}

/// What whoever looks at an authority may do about it now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a form that is there or not")]
pub struct AuthorityActions {
    /// Propose that other things hold.
    pub propose: bool,
    /// Approve what is proposed.
    pub approve: bool,
    /// It waits for approval, by somebody else than who looks.
    pub approve_not_you: bool,
    /// Reject it.
    pub reject: bool,
}

/// What whoever looks at a version may do with it now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a form that is there or not")]
pub struct VersionActions {
    /// Run the kit.
    pub test: bool,
    /// Ask for approval.
    pub submit: bool,
    /// Approve it.
    pub approve: bool,
    /// It waits for approval, by somebody else than who looks.
    pub approve_not_you: bool,
    /// Not approve it.
    pub refuse: bool,
    /// Give it to citizens.
    pub release: bool,
    /// End it.
    pub retire: bool,
    /// Change its files, in the editor: it is the newest.
    pub edit: bool,
}

/// A form.
pub(super) struct Action {
    pub(super) path: String,
    pub(super) title: String,
    pub(super) says: String,
    pub(super) hidden: Vec<(&'static str, u64)>,
    pub(super) fields: Vec<Field>,
    /// Whether it is what comes next, and so is not folded away.
    pub(super) open: bool,
}

/// One of its fields.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: &'static str,
    pub(super) value: String,
    pub(super) required: bool,
    /// What is often written there.
    pub(super) offered: Vec<String>,
}

/// Forms about one thing, as it was when its page was made.
struct About {
    texts: Texts,
    base: String,
    record: u64,
}

impl About {
    fn action(&self, verb: &str, title: impl Into<String>, says: impl Into<String>, fields: Vec<Field>) -> Action {
        Action {
            path: format!("{}/{verb}", self.base),
            title: title.into(),
            says: says.into(),
            hidden: vec![("record", self.record)],
            fields,
            open: false,
        }
    }

    fn reason(&self) -> Field {
        Self::line("reason", self.texts.reason(), true)
    }

    fn line(name: &'static str, label: &'static str, required: bool) -> Field {
        Field { name, label, kind: "text", value: String::new(), required, offered: Vec::new() }
    }

    fn share(&self, value: Option<u8>) -> Field {
        let value = value.map(|share| share.to_string()).unwrap_or_default();
        Field { name: "share", label: self.texts.share(), kind: "number", value, required: true, offered: Vec::new() }
    }
}

pub(super) fn of_source(texts: Texts, source: &Source, may: &SourceActions, display_clients: &[String]) -> Vec<Action> {
    let about = About { texts, base: format!("/console/sources/{}", source.slug), record: source.last_record };
    let time = |name, label, required| Field {
        name,
        label,
        kind: "datetime-local",
        value: String::new(),
        required,
        offered: Vec::new(),
    };
    let mut actions = Vec::new();
    if may.resume {
        actions.push(about.action("resume", texts.resume(), texts.resume_says(), Vec::new()));
    }
    if may.suspend {
        actions.push(about.action(
            "suspend",
            texts.suspend(),
            texts.suspend_says(),
            vec![about.reason(), time("until", texts.until_field(), false)],
        ));
    }
    for (from, to) in may.roll_back.iter().copied() {
        let says = texts.roll_back_says(from, to);
        let mut action = about.action("rollback", texts.roll_back_to(from, to), says, Vec::new());
        action.hidden.extend([("from", from.into()), ("to", to.into())]);
        actions.push(action);
    }
    if may.windows {
        let fields = vec![
            time("from", texts.window_from(), true),
            time("to", texts.window_to(), true),
            About::line("text_da", texts.window_text_da(), true),
            About::line("text_en", texts.window_text_en(), true),
        ];
        actions.push(about.action("windows", texts.add_window(), texts.add_window_says(), fields));
    }
    if may.clear_windows {
        actions.push(about.action("windows/clear", texts.clear_windows(), texts.clear_windows_says(), Vec::new()));
    }
    if may.propose_agreement {
        let client =
            Field { offered: display_clients.to_vec(), ..About::line("display_client", texts.display_client(), true) };
        let fields = vec![client, About::line("municipalities", texts.municipalities_field(), true)];
        actions.push(about.action("agreements", texts.propose_agreement(), texts.propose_agreement_says(), fields));
    }
    for client in &may.approve {
        let (verb, says) = (format!("agreements/{client}/approve"), texts.approve_agreement_says());
        actions.push(about.action(&verb, texts.approve_agreement(client), says, Vec::new()));
    }
    for client in &may.reject {
        let (verb, says) = (format!("agreements/{client}/reject"), texts.reject_agreement_says());
        actions.push(about.action(&verb, texts.reject_agreement(client), says, vec![about.reason()]));
    }
    for client in &may.end {
        let (verb, says) = (format!("agreements/{client}/end"), texts.end_agreement_says());
        actions.push(about.action(&verb, texts.end_agreement(client), says, vec![about.reason()]));
    }
    if may.retire {
        actions.push(about.action("retire", texts.retire_source(), texts.retire_source_says(), vec![about.reason()]));
    }
    actions
}

pub(super) fn of_authority(texts: Texts, authority: &str, record: u64, may: AuthorityActions) -> Vec<Action> {
    let about = About { texts, base: format!("/console/authorities/{authority}"), record };
    let mut actions = Vec::new();
    if may.approve {
        let approve = about.action("approve", texts.approve_authority(), texts.approve_authority_says(), Vec::new());
        actions.push(Action { open: true, ..approve });
    }
    if may.reject {
        let says = texts.reject_authority_says();
        actions.push(about.action("reject", texts.reject_authority(), says, vec![about.reason()]));
    }
    actions
}

/// The forms about a version; `share` is the share of citizens that it is meant to begin with.
pub(super) fn of_version(
    texts: Texts,
    (source, version): (&str, u32),
    record: u64,
    may: VersionActions,
    share: Option<u8>,
) -> Vec<Action> {
    let about = About { texts, base: format!("/console/sources/{source}/versions/{version}"), record };
    let mut actions = Vec::new();
    if may.approve {
        actions.push(about.action("approve", texts.approve(), texts.approve_says(), Vec::new()));
    }
    if may.refuse {
        actions.push(about.action("refuse", texts.refuse(), texts.refuse_says(), vec![about.reason()]));
    }
    if may.submit {
        let note = About::line("note", texts.note(), false);
        actions.push(about.action("submit", texts.submit(), texts.submit_says(), vec![about.share(Some(100)), note]));
    }
    if may.test {
        actions.push(about.action("test", texts.run_test(), texts.run_test_says(), Vec::new()));
    }
    if may.release {
        let share = about.share(Some(share.unwrap_or(100)));
        actions.push(about.action("release", texts.release(), texts.release_says(), vec![share]));
    }
    // What comes next on its way is open; saying no to it is not.
    if may.approve || !may.refuse {
        actions.iter_mut().take(1).for_each(|next| next.open = true);
    }
    if may.retire {
        let says = texts.retire_version_says();
        actions.push(about.action("retire", texts.retire_version(), says, vec![about.reason()]));
    }
    actions
}

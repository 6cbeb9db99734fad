//! The pages that a citizen reads, as pure functions from data to HTML.
//!
//! Law of this room: no I/O and no clock. Whatever a source wrote reaches a page only through askama's escaping, and
//! no page has an inline style, script or handler, so that the strictest Content-Security-Policy fits (R64, R66).
//!
//! The overview streams without JavaScript. [`overview_start`] sends the whole skeleton inside a declarative shadow
//! root; every [`section`] follows whenever its source is done, in any order, as an element that names its slot; and
//! [`overview_end`] fills the slots of the attention list and of the completion line. A browser without declarative
//! shadow roots shows the same sections in the order in which they came.

mod access_log;
mod accessibility;
mod assets;
mod cards;
mod connect;
pub mod console;
mod declaration;
mod embed_frame;
mod formats;
mod fragment;
mod layout;
mod notices;
mod overview;
mod portal_texts;
mod section;
mod section_page;
#[cfg(test)]
mod specimens;
#[cfg(test)]
mod tests;
mod texts;

pub use access_log::access_log;
pub use accessibility::accessibility;
pub use assets::{Asset, assets};
pub use connect::{ConnectPage, connect, connect_allowed, connect_log_in, connect_logged_in};
pub use declaration::{DeclaredTo, declaration};
pub use embed_frame::{
    ConnectedFrame, EmbedFrame, NotShown, frame_away, frame_button, frame_over, frame_sections, frame_shell,
};
pub use fragment::{FragmentFrame, fragment, fragments};
pub use layout::{PageFrame, PageSession};
pub use notices::{ErrorPage, Farewell, continue_to, error_page, farewell, landing, leave_for, waiting};
pub use overview::{Listed, overview_cut, overview_end, overview_start};
pub use section::section;
pub use section_page::{Subject, section_page};

use askama::Template;

/// Writes a template out.
#[expect(clippy::expect_used, reason = "writing to a String cannot fail, and no template uses a filter that can")]
fn html(template: &impl Template) -> String {
    template.render().expect("a template writes to a String")
}

/// Splits a list into the first items, which are shown, and the rest, which is folded away.
fn fold<T>(list: &[T], shown: usize) -> (&[T], &[T]) {
    list.split_at_checked(shown).unwrap_or((list, &[]))
}

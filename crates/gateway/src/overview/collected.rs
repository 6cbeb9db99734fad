//! A whole overview.

use overblik_widgets::Summary;

use super::{shown::Shown, writing::json};

/// All sections of an overview, in the order of the page, and what they add up to.
#[derive(Debug)]
pub struct Collected {
    /// What they add up to.
    pub summary: Summary,
    /// The sections.
    pub sections: Vec<Shown>,
}

impl Collected {
    /// In JSON, as an [`overblik_widgets::Overview`] is written.
    #[must_use]
    pub fn written(&self) -> String {
        let mut text = json(&self.summary);
        text.pop();
        text.push_str(",\"sections\":[");
        for (index, shown) in self.sections.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            shown.write(&mut text);
        }
        text.push_str("]}");
        text
    }
}

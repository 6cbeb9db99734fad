//! Those who work with sources at the demo: all fictitious, two of an authority and two operators, so that there are always
//! four eyes. None of them has a number, and none is a citizen here.

use crate::{citizens::About, provider};

/// Somebody who works with sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoColleague {
    /// A stable ASCII name for forms, tests and the gateway's configuration.
    pub slug: &'static str,
    /// The full name.
    pub name: &'static str,
    /// What the identity provider says that they may, as the claim `overblik_role`.
    pub role: &'static str,
    /// Who they are.
    pub about: About,
}

impl DemoColleague {
    /// What the identity provider calls them.
    #[must_use]
    pub fn subject(&self) -> String {
        provider::subject(self.slug)
    }

    /// Whether they are operators.
    #[must_use]
    pub fn is_operator(&self) -> bool {
        self.role == OPERATOR
    }
}

const OPERATOR: &str = "operator";
const LIBRARIES: &str = "authority:birkerup-libraries";

const OF_LIBRARIES: About = About {
    da: "Arbejder på Birkerup Biblioteker og lægger deres kilder frem.",
    en: "Works at Birkerup Libraries and pushes their sources.",
};
const OF_OPERATOR: About =
    About { da: "Operatør: godkender det, andre har foreslået.", en: "Operator: approves what others proposed." };

static COLLEAGUES: [DemoColleague; 4] = [
    DemoColleague { slug: "lis", name: "Lis Lånersen", role: LIBRARIES, about: OF_LIBRARIES },
    DemoColleague { slug: "lars", name: "Lars Reolsen", role: LIBRARIES, about: OF_LIBRARIES },
    DemoColleague { slug: "anna", name: "Anna Aftalesen", role: OPERATOR, about: OF_OPERATOR },
    DemoColleague { slug: "bo", name: "Bo Tilsynsen", role: OPERATOR, about: OF_OPERATOR },
];

/// All of them, in the order of the login page.
pub(crate) fn all() -> &'static [DemoColleague] {
    &COLLEAGUES
}

/// One of them.
pub(crate) fn by_slug(slug: &str) -> Option<&'static DemoColleague> {
    COLLEAGUES.iter().find(|colleague| colleague.slug == slug)
}

//! Texts of the page that declares the overview.

use overblik_widgets::{AssuranceLevel, Language};

use super::Texts;

fixed! {
    declaration_link = ("Hvad du kan se her", "What you can see here");
    declaration_title = ("Hvad du kan se her, og hvad der mangler", "What you can see here, and what is missing");
    declaration_lead = (
        "Overblikket viser, hvad myndighederne nedenfor har om dig, når du logger ind. Hver af dem har en aftale om at vise det her, og hver af dem er ansvarlig for sine egne oplysninger.",
        "The overview shows what the authorities below hold about you when you log in. Each of them has agreed to show it here, and each of them is responsible for its own information."
    );
    missing_title = ("Hvad der kan mangle", "What may be missing");
    missing_others = (
        "Myndigheder, der ikke står på siden, bliver ikke spurgt. De kan godt have noget om dig.",
        "Authorities that are not on this page are not asked. They may well hold something about you."
    );
    missing_municipality = (
        "Nogle kilder kender kun borgere i bestemte kommuner. Bor du et andet sted, bliver de ikke spurgt.",
        "Some sources know only citizens of certain municipalities. If you live elsewhere, they are not asked."
    );
    missing_answer = (
        "Svarer en myndighed ikke, står det i dit overblik. Der står kun, at der ikke er noget, når myndigheden selv har sagt det.",
        "If an authority does not answer, your overview says so. It says that there is nothing only when the authority itself has said so."
    );
    missing_errors = (
        "Er noget forkert eller mangelfuldt, så kontakt myndigheden. Overblikket kan ikke rette det.",
        "If something is wrong or incomplete, contact the authority. The overview cannot correct it."
    );
    not_for_you_title = ("Ikke vist for dig", "Not shown to you");
    not_for_you_lead = (
        "Disse kilder bliver ikke spurgt om dig, sådan som du er logget ind nu:",
        "These sources are not asked about you as you are logged in now:"
    );
    all_for_you = (
        "Alle kilder på siden bliver spurgt om dig, når du åbner overblikket.",
        "All sources on this page are asked about you when you open the overview."
    );
    nothing_declared = ("Ingen myndigheder har endnu en aftale om at vise noget her.", "No authority has yet agreed to show anything here.");
    sources_title = ("Kilderne", "The sources");
    coverage = ("Dækker", "Covers");
    covers_everybody = ("Hele landet", "The whole country");
    level_needed = ("Kræver login på niveauet", "Needs a login at the level");
    level_low = ("Lav", "Low");
    level_substantial = ("Betydelig", "Substantial");
    level_high = ("Høj", "High");
    legal_basis = ("Vises på grundlag af", "Shown on the basis of");
    asked_about_you = ("Bliver spurgt om dig", "Asked about you");
    cvr_number = ("CVR-nummer", "CVR number");
}

filled! {
    covers_municipalities(codes: &str) = (
        "Borgere i kommunerne med nummer {codes}",
        "Citizens of the municipalities with the numbers {codes}"
    );
}

impl Texts {
    /// The name of a level.
    pub(in crate::page) fn level(self, level: AssuranceLevel) -> &'static str {
        match level {
            AssuranceLevel::Low => self.level_low(),
            AssuranceLevel::Substantial => self.level_substantial(),
            AssuranceLevel::High => self.level_high(),
        }
    }
}

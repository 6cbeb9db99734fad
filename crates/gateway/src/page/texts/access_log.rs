//! Texts of the page of what was asked about a citizen.

use overblik_widgets::{Language, LogOutcome, LogPurpose};

use super::Texts;

fixed! {
    log_link = ("Hvem er spurgt om dig", "Who was asked about you");
    log_title = ("Hvem er spurgt om dig", "Who was asked about you");
    log_lead = (
        "Her står, hver gang overblikket har spurgt en myndighed om dig, og hver gang du selv har åbnet denne side. Hvad myndighederne svarede, er ikke skrevet ned.",
        "This is a list of every time that the overview asked an authority about you, and every time that you opened this page. What the authorities answered is not written down."
    );
    log_lead_lacking = (
        "Her står, hvornår overblikket har spurgt en myndighed om dig, og hvornår du selv har åbnet denne side. Hvad myndighederne svarede, er ikke skrevet ned.",
        "This is a list of when the overview asked an authority about you, and of when you opened this page. What the authorities answered is not written down."
    );
    log_lacking = (
        "Overblikket spørger også, når der ikke er plads til at skrive det ned. Der kan derfor mangle linjer her.",
        "The overview asks also when there is no room to write it down. Lines may therefore be missing here."
    );
    log_no_lines = ("Der er ingen linjer at vise.", "There are no lines to show.");
    log_not_asked = (
        "Når noget vises igen, uden at myndigheden blev spurgt på ny, står det her ikke. Ser noget forkert ud, så kontakt den, der driver overblikket.",
        "When something is shown again without asking the authority anew, it is not listed here. If something looks wrong, contact whoever runs the overview."
    );
    log_empty = ("Der er ikke spurgt om dig i den tid, loggen dækker.", "Nobody was asked about you in the time that the log covers.");
    log_partly = (
        "Overblikket kører på flere servere, og her står kun, hvad denne server har spurgt om. De andre servere har deres egen log; den, der driver overblikket, kan give dig det hele.",
        "The overview runs on several servers, and this list holds only what this server asked. The other servers have logs of their own; whoever runs the overview can give you all of it."
    );
    log_elsewhere = (
        "Det bliver skrevet ned, når der spørges om dig, men loggen opbevares et andet sted og kan ikke vises her. Den, der driver overblikket, kan give dig den.",
        "It is written down when somebody is asked about you, but the log is kept elsewhere and cannot be shown here. Whoever runs the overview can give it to you."
    );
    log_nowhere = (
        "Dette er en demonstration med opdigtede personer, og der føres ingen log.",
        "This is a demonstration with fictitious persons, and no log is kept."
    );
    you_read_log = ("Du læste denne log.", "You read this log.");
    log_older = ("Vis ældre", "Show older ones");
    asked_for = ("Spurgt til", "Asked for");
    agreement_number = ("Aftale", "Agreement");
    contract_version = ("Version af tilslutningen", "Version of the connection");
    purpose_overview = ("Dit overblik", "Your overview");
    purpose_section = ("Én del af dit overblik", "One part of your overview");
    purpose_item = ("Mere om én ting", "More about one thing");
    purpose_background = ("En side eller app, der spurgte af sig selv", "A page or an app that asked by itself");
    outcome_ready = ("Der kom svar.", "It answered.");
    outcome_empty = ("Svaret var, at der ikke er noget.", "The answer was that there is nothing.");
    outcome_partial = ("Der kom svar på en del.", "It answered in part.");
    outcome_timed_out = ("Der kom ikke svar i tide.", "It did not answer in time.");
    outcome_failed = ("Der kom ikke noget svar.", "No answer came.");
    outcome_invalid = ("Svaret kunne ikke bruges og blev ikke vist.", "The answer could not be used and was not shown.");
    outcome_refused = ("Myndigheden afviste at svare.", "The authority refused to answer.");
    outcome_not_sent = (
        "Der blev ikke sendt noget, for dit login gav ikke adgang til at spørge.",
        "Nothing was sent, as your login did not allow to ask."
    );
    outcome_ended = ("Ingen ventede længere på svaret.", "Nobody waited for the answer any more.");
}

filled! {
    log_kept_for(days: u16) = ("Hver linje slettes efter {days} dage.", "Each line is deleted after {days} days.");
    log_unreadable(count: usize) = (
        "Linjer, der ikke kan læses lige nu og ikke er vist her: {count}. Den, der driver overblikket, kan give dig dem.",
        "Lines that cannot be read now and are not shown here: {count}. Whoever runs the overview can give them to you."
    );
    authority_with_cvr(cvr: &str) = ("myndigheden med CVR-nummer {cvr}", "the authority with CVR number {cvr}");
    overview_asked(authority: &str, title: &str) = (
        "Overblikket spurgte {authority} om dig ({title}), på dine egne vegne.",
        "The overview asked {authority} about you ({title}), on your own behalf."
    );
    portal_asked(portal: &str, authority: &str, title: &str) = (
        "{portal} viste dig en del af overblikket og fik {authority} spurgt om dig ({title}), på dine egne vegne.",
        "{portal} showed you a part of the overview and had {authority} asked about you ({title}), on your own behalf."
    );
    app_asked(app: &str, authority: &str, title: &str) = (
        "Appen {app} fik {authority} spurgt om dig ({title}), på dine egne vegne.",
        "The app {app} had {authority} asked about you ({title}), on your own behalf."
    );
    asked_by_another(client: &str, authority: &str, title: &str) = (
        "En, der må handle for dig, fik {authority} spurgt om dig ({title}) gennem {client}.",
        "Somebody who may act for you had {authority} asked about you ({title}) through {client}."
    );
}

impl Texts {
    /// What a source was asked for.
    pub(in crate::page) fn purpose(self, purpose: LogPurpose) -> &'static str {
        match purpose {
            LogPurpose::Overview => self.purpose_overview(),
            LogPurpose::Section => self.purpose_section(),
            LogPurpose::Item => self.purpose_item(),
            LogPurpose::Background => self.purpose_background(),
        }
    }

    /// What came of asking it.
    pub(in crate::page) fn log_outcome(self, outcome: LogOutcome) -> &'static str {
        match outcome {
            LogOutcome::Ready => self.outcome_ready(),
            LogOutcome::Empty => self.outcome_empty(),
            LogOutcome::Partial => self.outcome_partial(),
            LogOutcome::TimedOut => self.outcome_timed_out(),
            LogOutcome::Failed => self.outcome_failed(),
            LogOutcome::Invalid => self.outcome_invalid(),
            LogOutcome::Refused => self.outcome_refused(),
            LogOutcome::NotSent => self.outcome_not_sent(),
            LogOutcome::Ended => self.outcome_ended(),
        }
    }
}

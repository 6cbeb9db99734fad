//! Texts of the console's page that shows what a fictitious citizen would see.

use overblik_widgets::Language;

use super::Texts;

fixed! {
    try_it = ("Se, hvad en borger ser", "See what a citizen sees");
    try_says = (
        "Vælg en optagelse eller en fiktiv borger ved myndighedens testadresse. Du ser præcis det, borgeren ville se; intet gemmes, og ingen rigtig borger kan vælges.",
        "Choose a recording or a fictitious citizen of the authority's test endpoint. You see exactly what that citizen would see; nothing is kept, and no real citizen can be chosen."
    );
    try_before = ("Sammenlign med", "Compare with");
    try_nothing = ("Intet", "Nothing");
    try_whom = ("Hvem skal spørges om?", "Whom to ask about?");
    try_by_example = ("En optagelse", "A recording");
    try_example = ("Optagelse", "Recording");
    try_no_examples = ("Versionen har ingen optagelser.", "The version has no recordings.");
    try_by_citizen = ("En fiktiv borger ved testadressen", "A fictitious citizen of the test endpoint");
    try_citizen = ("Fiktivt personnummer (fødselsdag plus 60, f.eks. 6101010001)", "Fictitious personal number (day of birth plus 60, such as 6101010001)");
    try_municipality = ("Kommunekode, hvis kontrakten spørger om den (fire cifre)", "Municipality code, if the contract asks for it (four digits)");
    try_show = ("Vis", "Show");
    try_in_danish = ("På dansk", "In Danish");
    try_in_english = ("På engelsk", "In English");
    try_nothing_came = ("Intet at vise", "Nothing to show");
    try_cannot = ("Versionen kunne ikke prøves", "The version could not be tried");
    try_wrong_title = ("Det kan ikke prøves sådan", "It cannot be tried like that");
    try_wrong = ("Kun fiktive personnumre kan bruges, og en kommunekode er fire cifre.", "Only fictitious personal numbers can be used, and a municipality code is four digits.");
    try_not_now_title = ("Det kan ikke prøves lige nu", "It cannot be tried right now");
    try_not_now = ("Der prøves så meget, som der kan på én gang, eller noget svarer ikke. Prøv igen om lidt.", "As much is being tried as can be at once, or something does not answer. Try again in a moment.");
    try_state = ("Tilstand", "State");
    try_time = ("Tid", "Time");
    try_reason = ("Hvorfor", "Why");
    try_reasons = ("Det, kontrakten ventede", "What the contract expected");

    tried_ready = ("Svarede", "Answered");
    tried_empty = ("Svarede: intet registreret", "Answered: nothing registered");
    tried_partial = ("Svarede kun delvist", "Answered in part only");
    tried_stale = ("Viser et tidligere svar", "Shows an earlier answer");
    tried_pending = ("Hentes stadig", "Still being fetched");
    tried_timed_out = ("Svarede ikke i tide", "Did not answer in time");
    tried_failed = ("Fejlede", "Failed");
    tried_invalid = ("Svaret følger ikke kontrakten", "The answer does not follow the contract");
    tried_refused = ("Afviste adgang", "Refused access");
    tried_suspended = ("Spørges ikke lige nu", "Not asked right now");
    tried_step_up = ("Kræver højere sikkerhed", "Needs a higher level of login");
    tried_not_covered = ("Uden for kildens område", "Outside the source's area");
}

filled! {
    try_title(version: u32) = ("Hvad en borger ser af version {version}", "What a citizen sees of version {version}");
    try_live(version: u32) = ("Version {version} (vises nu)", "Version {version} (shown now)");
    try_took(milliseconds: u64, limit: u64) = ("{milliseconds} ms af højst {limit} ms", "{milliseconds} ms of at most {limit} ms");
}

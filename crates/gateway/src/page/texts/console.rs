//! Texts of the console.

use overblik_widgets::Language;

use super::Texts;

fixed! {
    console = ("Konsol", "Console");
    console_footer = (
        "Her styrer myndigheder og operatører, hvilke kilder borgernes overblik spørger.",
        "Here authorities and operators decide which sources citizens' overviews ask."
    );
    console_welcome_title = ("Konsol for myndigheder og operatører", "Console for authorities and operators");
    console_welcome = (
        "Log ind med din arbejdsplads' login for at styre kilder til borgernes overblik.",
        "Log in with your workplace's login to manage the sources of citizens' overviews."
    );
    console_logged_out_title = ("Du er logget ud af konsollen", "You are logged out of the console");
    console_logged_out = (
        "På en computer, som andre også bruger, så log også ud af login-tjenesten.",
        "On a computer that others use too, log out of the login service as well."
    );
    operator_role = ("Operatør", "Operator");
    to_sources = ("Til kilderne", "To the sources");
    all_sources = ("Kilder", "Sources");
    no_sources = (
        "Der er ingen kilder endnu. Den første kommer, når en myndighed lægger sin kontrakt frem, her eller med overblik registry push.",
        "There are no sources yet. The first one comes when an authority pushes its contract, here or with overblik registry push."
    );
    nothing_waits = ("Intet venter på dig.", "Nothing is waiting for you.");

    // How a source stands.
    index_title = ("Indeks", "Index");
    index_none = ("Intet: der spørges om alle borgere.", "None: it is asked about all citizens.");
    index_away = ("Bruges ikke lige nu: der spørges om alle borgere.", "Not used right now: it is asked about all citizens.");
    gate_title = ("Tilstand", "Health");
    gate_answers = ("Svarer", "Answers");
    gate_open = ("Svarer ikke; spørges ikke lige nu", "Does not answer; is not asked right now");
    gate_probing = ("Prøves igen", "Being tried again");
    gate_cut_off = ("Afbrudt efter en fejl; kræver en operatør", "Cut off after a fault; takes an operator");
    gate_off = ("Slukket af en operatør", "Switched off by an operator");
    gate_closed = ("Lukket i et servicevindue", "Closed in a service window");
    gate_absent = ("Spørges ikke her", "Not asked here");
    live_version = ("Borgerne ser", "Citizens see");
    live_none = ("Ingen version", "No version");
    newest_version = ("Nyeste version", "Newest version");
    authority_of_source = ("Myndighed", "Authority");
    source_retired = ("Taget ud for altid", "Retired for good");

    // States of a version.
    state_draft = ("Kladde med fejl", "Draft with mistakes");
    state_checked = ("Uden fejl", "Without mistakes");
    state_tested = ("Afprøvet", "Tested");
    state_submitted = ("Venter på godkendelse", "Waits for approval");
    state_approved = ("Godkendt", "Approved");
    state_refused = ("Afvist", "Refused");
    state_live = ("Vises for borgere", "Shown to citizens");
    state_replaced = ("Erstattet", "Replaced");
    state_retired = ("Taget ud", "Retired");

    // A source.
    versions_title = ("Versioner", "Versions");
    agreements_title = ("Aftaler", "Agreements");
    no_agreements = ("Ingen aftaler er registreret her.", "No agreements are on record here.");
    everywhere = ("alle kommuner", "all municipalities");
    agreed = ("Gælder", "Holds");
    windows_title = ("Servicevinduer", "Service windows");
    no_windows = ("Ingen er planlagt.", "None are planned.");
    possible_actions = ("Handlinger", "Actions");
    history_title = ("Historik", "History");
    whole_history = ("Se hele historikken", "See the whole history");
    older_history = ("Ældre", "Older");
    newest_history = ("Nyeste", "Newest");
    add_window = ("Planlæg et servicevindue", "Plan a service window");
    add_window_says = ("Kilden spørges ikke i det tidsrum, og borgerne læser din tekst i stedet.", "The source is not asked during that time, and citizens read your text instead.");
    window_from = ("Fra (dansk tid)", "From (Danish time)");
    window_to = ("Til (dansk tid)", "Until (Danish time)");
    window_text_da = ("Tekst til borgerne på dansk", "Text for citizens in Danish");
    window_text_en = ("Tekst til borgerne på engelsk", "Text for citizens in English");
    clear_windows = ("Fjern alle servicevinduer", "Remove all service windows");
    clear_windows_says = ("Kilden spørges igen, som om ingen var planlagt.", "The source is asked again as if none were planned.");
    lines_with_mistakes = ("Linjer med fejl", "Lines with mistakes");
    approve_agreement_says = ("Klienten viser fra nu af kilden for borgerne i de kommuner, der står under Aftaler.", "From now on the client shows the source to citizens of the municipalities that stand under Agreements.");
    reject_agreement_says = ("Aftalen bliver ikke til noget. En, der gælder i forvejen, gælder stadig.", "The agreement comes to nothing. One that holds already still holds.");
    end_agreement_says = ("Klienten viser ikke kilden mere, fra nu af.", "The client shows the source no more, from now on.");
    contract_file = ("Kontrakten", "The contract");
    other_files = ("Andre filer", "Other files");
    reason = ("Begrundelse (én linje, gemmes for altid)", "Reason (one line, kept for good)");
    note = ("Bemærkning til den, der godkender (kan udelades)", "Note for whoever approves (optional)");
    share = ("Andel af borgerne i procent (1-100)", "Share of citizens in per cent (1-100)");
    suspend = ("Sæt på pause", "Suspend");
    suspend_says = (
        "Kilden spørges ikke mere, fra nu af og overalt. Borgerne får at vide, at den er sat på pause.",
        "The source is asked no more, from now on and everywhere. Citizens are told that it is suspended."
    );
    resume = ("Ophæv pausen", "Resume");
    resume_says = ("Kilden spørges igen med det samme.", "The source is asked again at once.");
    retire_source = ("Tag kilden ud for altid", "Retire the source for good");
    retire_source_says = (
        "Kilden vises ikke mere, og navnet kan ikke bruges igen. Det kan ikke fortrydes.",
        "The source is shown no more, and its name cannot be used again. This cannot be undone."
    );

    // A version.
    way_title = ("Versionens vej", "The version's way");
    step_pushed = ("Lagt frem", "Pushed");
    step_tested = ("Afprøvet", "Tested");
    step_tested_failed = ("Afprøvet med fejl", "Tested, with failures");
    step_submitted = ("Sendt til godkendelse", "Submitted");
    step_approved = ("Godkendt", "Approved");
    step_refused = ("Afvist", "Refused");
    step_released = ("Sidst givet til borgere", "Last released to citizens");
    step_retired = ("Taget ud", "Retired");
    mistakes_title = ("Fejl i kontrakten", "Mistakes in the contract");
    in_the_file = ("Filen som helhed", "The file as a whole");
    hint = ("Gør sådan:", "What to do:");
    files_title = ("Filer", "Files");
    not_a_text = ("Filen er ikke tekst.", "The file is no text.");
    report_title = ("Afprøvningens rapport", "The test's report");
    failed_checks = ("Det, der fejlede", "What failed");
    all_checks = ("Alle prøver", "All checks");
    verdict_passed = ("Bestået", "Passed");
    verdict_failed = ("Fejlet", "Failed");
    verdict_not_applicable = ("Ikke relevant", "Not applicable");
    effect_title = ("Det ændrer det for borgerne", "What this changes for citizens");
    effect_first = (
        "I dag ser ingen borgere denne kilde. Når versionen er givet fri, spørges den om borgere i de kommuner, som aftalerne nævner.",
        "No citizen sees this source today. Once released, it is asked about citizens of the municipalities that the agreements name."
    );
    effect_hosts = ("Den spørger, eller linker til, disse værter:", "It asks, or links to, these hosts:");
    effect_nothing = ("Kontrakten er den samme som den, borgerne ser nu.", "The contract is the same as the one that citizens see now.");
    changes_addresses = ("Adresser og nøgler", "Addresses and keys");
    changes_breaking = ("Bryder noget", "Breaking");
    changes_needs_approval = ("Kræver omtanke", "Needs thought");
    changes_harmless = ("Harmløst", "Harmless");
    changed_files = ("Andre filer, der er ændret", "Other files that changed");
    nothing_before = ("ikke sat", "not set");
    run_test = ("Afprøv", "Run the tests");
    run_test_says = (
        "Kører hele afprøvningen på kontraktens optagelser og gemmer rapporten. Det kan tage et minut.",
        "Runs the whole kit on the contract's recordings and keeps the report. It may take a minute."
    );
    submit = ("Send til godkendelse", "Submit for approval");
    submit_says = (
        "En operatør, der ikke selv har haft fingre i versionen, ser på den.",
        "An operator who had no hand in the version looks at it."
    );
    approve = ("Godkend", "Approve");
    approve_says = (
        "Du siger god for det, der står ovenfor. Borgerne ser først versionen, når den gives fri.",
        "You vouch for what stands above. Citizens see the version only once it is released."
    );
    approve_not_you = (
        "Du har selv haft fingre i denne version. En anden operatør skal godkende den.",
        "You had a hand in this version yourself. Another operator must approve it."
    );
    refuse = ("Afvis", "Refuse");
    refuse_says = (
        "Versionen bliver stående som afvist. Myndigheden retter og lægger en ny frem.",
        "The version stays refused. The authority mends it and pushes a new one."
    );
    release = ("Giv fri til borgerne", "Release to citizens");
    release_says = (
        "Så stor en del af borgerne ser denne version fra nu af; 100 er alle.",
        "So many of the citizens see this version from now on; 100 is everybody."
    );
    retire_version = ("Tag versionen ud", "Retire the version");
    retire_version_says = (
        "Versionen kan ikke bruges mere. En, der venter på godkendelse, trækkes tilbage.",
        "The version can be used no more. One that waits for approval is withdrawn."
    );

    // Refusals, in words for people at a page.
    console_stale = (
        "Nogen har ændret det, siden du hentede siden, og intet er gjort. Gå tilbage, genindlæs siden, og se på ændringen først.",
        "Somebody changed it since you loaded the page, and nothing was done. Go back, reload the page, and look at the change first."
    );
    console_body = ("Noget i formularen mangler eller kan ikke bruges. Intet er gjort.", "Something in the form is missing or cannot be used. Nothing was done.");
    console_mistakes = ("Kontrakten har fejl nu. De står på versionens side.", "The contract has mistakes by now. They are on the version's page.");
    console_session_over = ("Du er ikke logget ind i konsollen, eller din session er udløbet. Intet er gjort.", "You are not logged in to the console, or your session is over. Nothing was done.");
    said_resumed = ("ophævede pausen", "resumed the source");
    said_index_dropped = ("fjernede indekset: kilden spørges om alle", "dropped the index: the source is asked about all");
    particulars = ("Nærmere", "In particular");
}

filled! {
    console_page_title(title: &str) = ("{title} – Overblik-konsol", "{title} – Overblik console");
    version_title(version: u32) = ("Version {version}", "Version {version}");
    beside_version(version: u32, share: u8) = ("version {version} hos {share} % af borgerne", "version {version} for {share}% of citizens");
    approve_agreement(client: &str) = ("Godkend aftalen med {client}", "Approve the agreement with {client}");
    reject_agreement(client: &str) = ("Afvis aftalen med {client}", "Reject the agreement with {client}");
    end_agreement(client: &str) = ("Afslut aftalen med {client}", "End the agreement with {client}");
    roll_back_to(from: u32, to: u32) = ("Gå tilbage fra version {from} til version {to}", "Roll back from version {from} to version {to}");
    roll_back_says(from: u32, to: u32) = (
        "De borgere, der ser version {from}, ser version {to} igen med det samme.",
        "The citizens who see version {from} see version {to} again at once."
    );
    done_by(when: &str, who: &str) = ("{when} af {who}", "{when} by {who}");
    suspended_because(reason: &str) = ("På pause: {reason}", "Suspended: {reason}");
    until(when: &str) = ("indtil {when}", "until {when}");
    index_in_use(count: u64) = ("I brug: der spørges kun om de borgere, der er i det ({count}).", "In use: it is asked only about the citizens in it ({count}).");
    index_loaded(entries: u64, done: &str) = ("Borgere, da det blev indlæst: {entries}. {done}", "Citizens when it was loaded: {entries}. {done}");
    index_expires(when: &str) = ("Udløber {when}", "Expires {when}");
    mistakes_counted(count: usize) = ("Fejl: {count}", "Mistakes: {count}");
    report_tally(passed: u64, failed: u64, others: u64) = (
        "{passed} bestået, {failed} fejlet, {others} ikke relevante",
        "{passed} passed, {failed} failed, {others} not applicable"
    );
    effect_replaces(main: u32, version: u32) = (
        "Borgerne ser i dag version {main}. Gives version {version} fri, ændrer dette sig:",
        "Citizens see version {main} today. If version {version} is released, this changes:"
    );
    planned_share(share: u8) = ("Myndigheden vil begynde med {share} % af borgerne.", "The authority wants to begin with {share}% of citizens.");
    agreement_waits(where_: &str) = ("Foreslået: {where_}", "Proposed: {where_}");
    window_times(from: &str, to: &str) = ("{from} til {to}", "{from} to {to}");
    was_and_is(was: &str, is: &str) = ("{was} → {is}", "{was} → {is}");
}

// What a record of the history says.
filled! {
    said_authority_proposed(authority: &str) = ("foreslog myndigheden {authority}", "proposed the authority {authority}");
    said_authority_approved(authority: &str) = ("godkendte myndigheden {authority}", "approved the authority {authority}");
    said_authority_rejected(authority: &str, reason: &str) = ("afviste myndigheden {authority}: {reason}", "rejected the authority {authority}: {reason}");
    said_pushed(version: u32) = ("lagde version {version} frem", "pushed version {version}");
    said_pushed_mistaken(version: u32, mistakes: u32) = ("lagde version {version} frem (fejl: {mistakes})", "pushed version {version} (mistakes: {mistakes})");
    said_tested(version: u32) = ("afprøvede version {version}: bestået", "tested version {version}: passed");
    said_tested_failed(version: u32) = ("afprøvede version {version}: fejlet", "tested version {version}: failed");
    said_submitted(version: u32, note: &str) = ("sendte version {version} til godkendelse{note}", "submitted version {version}{note}");
    said_approved(version: u32) = ("godkendte version {version}", "approved version {version}");
    said_refused(version: u32, reason: &str) = ("afviste version {version}: {reason}", "refused version {version}: {reason}");
    said_released(version: u32, share: u8) = ("gav version {version} fri til {share} % af borgerne", "released version {version} to {share}% of citizens");
    said_rolled_back(from: u32, to: u32) = ("gik tilbage fra version {from} til {to}", "rolled back from version {from} to {to}");
    said_suspended(reason: &str) = ("satte kilden på pause: {reason}", "suspended the source: {reason}");
    said_version_retired(version: u32, reason: &str) = ("tog version {version} ud: {reason}", "retired version {version}: {reason}");
    said_source_retired(reason: &str) = ("tog kilden ud: {reason}", "retired the source: {reason}");
    said_windows(count: usize) = ("satte servicevinduer (antal: {count})", "set service windows (number: {count})");
    said_index_loaded(entries: u64, until: &str) = ("satte et indeks (antal borgere: {entries}, udløber {until})", "loaded an index (citizens: {entries}, expires {until})");
    said_agreement_proposed(client: &str, where_: &str) = ("foreslog en aftale med {client}: {where_}", "proposed an agreement with {client}: {where_}");
    said_agreement_approved(client: &str) = ("godkendte aftalen med {client}", "approved the agreement with {client}");
    said_agreement_rejected(client: &str, reason: &str) = ("afviste aftalen med {client}: {reason}", "rejected the agreement with {client}: {reason}");
    said_agreement_ended(client: &str, reason: &str) = ("afsluttede aftalen med {client}: {reason}", "ended the agreement with {client}: {reason}");
}

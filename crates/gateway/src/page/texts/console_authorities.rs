//! Texts of the console about authorities, agreements, what waits, and what is wrong in a form.

use overblik_widgets::Language;

use super::Texts;

fixed! {
    console_places = ("Konsollens sider", "Pages of the console");

    // What waits.
    waits_for_you = ("Venter på dig", "Waiting for you");
    waits_for_others = ("Venter på andre", "Waiting for others");
    nothing_waits_for_others = ("Intet venter på andre.", "Nothing is waiting for others.");
    not_asked_now = ("På pause eller stoppet", "Suspended or stopped");
    all_are_asked = ("Ingen kilder er på pause eller stoppet.", "No source is suspended or stopped.");
    authority_not_on_record = (
        "Din myndighed er ikke på plads her endnu. Bed en operatør om at foreslå den med jeres domæner, og en anden om at godkende.",
        "Your authority is not on record here yet. Ask an operator to propose it with your domains, and another one to approve."
    );
    decide_yours = ("Skal godkendes", "To be approved");
    decide_not_you = ("Du har selv haft fingre i det. En anden operatør skal godkende.", "You had a hand in it. Another operator must approve.");
    decide_operators = ("Venter på en operatør", "Waits for an operator");
    decide_cannot = ("Kan ikke godkendes, som det er nu", "Cannot be approved as it is now");
    next_mend = ("Ret fejlene", "Mend the mistakes");
    next_test = ("Klar til afprøvning", "Ready to be tested");
    next_mend_failures = ("Afprøvningen fejlede", "The test failed");
    next_submit = ("Klar til at sende til godkendelse", "Ready to be submitted");
    next_release = ("Godkendt; klar til borgerne", "Approved; ready for citizens");
    was_refused = ("Afvist", "Refused");
    suspended_by_operator = ("Sat på pause af en operatør", "Suspended by an operator");
    suspended_by_authority = ("Sat på pause af myndigheden", "Suspended by its authority");
    stopped_here = ("Spørges ikke her", "Not asked here");
    health_being_suspended = ("Sættes på pause nu", "Being suspended now");
    health_suspended = ("På pause: spørges ikke", "Suspended: is not asked");
    health_resuming = ("Pausen er slut; spørges igen om et øjeblik", "The suspension is over; asked again in a moment");
    health_stopped = ("Stoppet her, til fejlen er rettet", "Stopped here until the mistake is mended");
    health_former = ("Svarer, men med en tidligere version", "Answers, but by a former version");

    // Authorities.
    all_authorities = ("Myndigheder", "Authorities");
    my_authority = ("Min myndighed", "My authority");
    no_authorities = ("Ingen myndigheder er på plads endnu.", "No authority is on record yet.");
    authority_known = ("På plads", "On record");
    authority_new = ("Ny, venter på godkendelse", "New, waits for approval");
    authority_changes = ("Ændring venter på godkendelse", "A change waits for approval");
    authority_rejected = ("Forslaget blev afvist", "The proposal was rejected");
    facts_of_authority = ("Det, der gælder", "What holds");
    nothing_holds = ("Intet endnu: myndigheden er kun foreslået.", "Nothing yet: the authority is only proposed.");
    name_da = ("Navn på dansk", "Name in Danish");
    name_en = ("Navn på engelsk", "Name in English");
    cvr = ("CVR-nummer", "CVR number");
    domains = ("Domæner", "Domains");
    no_domains = ("Ingen: myndighedens kilder kan ikke få adresser.", "None: the authority's sources can have no addresses.");
    programs = ("Programmer og deres nøgler", "Programs and their keys");
    no_programs = ("Ingen: kun folk ved konsollen kan lægge noget frem.", "None: only people at the console can push anything.");
    thumbprint = ("aftryk (RFC 7638)", "thumbprint (RFC 7638)");
    sources_of_authority = ("Kilder", "Sources");
    authority_has_no_sources = ("Ingen endnu.", "None yet.");
    no_agreements_of_authority = ("Ingen aftaler om myndighedens kilder.", "No agreements about the authority's sources.");
    proposal_title = ("Foreslået ændring", "Proposed change");
    proposal_same = ("Forslaget ændrer intet.", "The proposal changes nothing.");
    proposal_not_you = (
        "Du har selv foreslået det. En anden operatør skal godkende.",
        "You proposed it yourself. Another operator must approve."
    );
    look_at_keys = (
        "Hør hos myndigheden ad en anden vej, om nøglernes aftryk og domænerne er deres, før du godkender.",
        "Ask the authority by another way whether the keys' thumbprints and the domains are theirs before you approve."
    );
    approve_authority = ("Godkend", "Approve");
    approve_authority_says = (
        "Fra nu af gælder navne, domæner og nøgler, som de står under Foreslået ændring.",
        "From now on names, domains and keys hold as they stand under Proposed change."
    );
    reject_authority = ("Afvis forslaget", "Reject the proposal");
    reject_authority_says = (
        "Forslaget bliver ikke til noget. Det, der gælder i forvejen, gælder stadig.",
        "The proposal comes to nothing. What holds already still holds."
    );
    propose_change = ("Foreslå en ændring", "Propose a change");
    propose_change_lead = (
        "Det, du foreslår, gælder først, når en anden, der er operatør, har godkendt det.",
        "What you propose holds only once somebody else, who is an operator, has approved it."
    );
    propose_replaces = (
        "Et forslag venter allerede. Formularen viser det, og det, du sender, træder i stedet for det.",
        "A proposal waits already. The form shows it, and what you send takes its place."
    );
    propose_authority = ("Foreslå en ny myndighed", "Propose a new authority");
    send_proposal = ("Send forslaget", "Send the proposal");
    authority_slug = (
        "Myndighedens navn i adresser (små bogstaver, tal og bindestreg)",
        "The authority's name in addresses (lower-case letters, digits and hyphens)"
    );
    domains_says = (
        "Ét på hver linje, for eksempel bibliotek.birkerup.example. Alt under det hører med.",
        "One on each line, such as bibliotek.birkerup.example. All below it belongs to it."
    );
    cvr_says = ("Otte cifre", "Eight digits");
    program_new = ("Nyt program (kan udelades)", "New program (optional)");
    program_name = ("Programmets navn", "The program's name");
    program_keys = ("Offentlige nøgler som JSON Web Key Set", "Public keys as a JSON Web Key Set");
    program_says = (
        "Kun offentlige nøgler: {\"keys\": [{\"kty\": …}]}. Tøm begge felter for at fjerne et program.",
        "Public keys only: {\"keys\": [{\"kty\": …}]}. Empty both fields to take a program out."
    );
    mistakes_in_form = ("Formularen kunne ikke sendes", "The form could not be sent");
    difference_new = ("nyt", "new");
    difference_gone = ("fjernes", "goes");

    // Agreements.
    propose_agreement = ("Foreslå en aftale", "Propose an agreement");
    propose_agreement_says = (
        "En visningsklient viser kun kilden, når en aftale er godkendt af en operatør, der ikke selv har foreslået den, og når kontrakten også nævner klienten. Har klienten en aftale i forvejen, træder denne i stedet, når den er godkendt.",
        "A display client shows the source only once an operator who did not propose it has approved an agreement, and where the contract names the client too. An agreement that the client has already is replaced once this one is approved."
    );
    display_client = ("Visningsklient", "Display client");
    municipalities_field = (
        "Kommuner: koder med mellemrum mellem (0101 0147), eller ordet alle",
        "Municipalities: codes with spaces between (0101 0147), or the word all"
    );
    until_field = ("Indtil (dansk tid, kan udelades)", "Until (Danish time, optional)");

    // What is wrong in a form.
    mistake_share = ("En andel er et tal fra 1 til 100.", "A share is a number from 1 to 100.");
    mistake_municipalities = (
        "Kommuner skrives som koder på fire cifre med mellemrum mellem, eller som ordet alle.",
        "Municipalities are written as codes of four digits with spaces between, or as the word all."
    );
    mistake_slug_taken = ("Der er allerede en myndighed med det navn.", "There is an authority by that name already.");
    mistake_cvr = ("Et CVR-nummer har otte cifre.", "A CVR number has eight digits.");
}

filled! {
    waiting_counted(count: usize) = ("{count} venter på dig", "{count} waiting for you");
    proposed_by(when: &str, who: &str) = ("Foreslået {when} af {who}", "Proposed {when} by {who}");
    submitted_by(when: &str, who: &str) = ("Sendt til godkendelse {when} af {who}", "Submitted {when} by {who}");
    version_of(source: &str, version: u32) = ("{source} · version {version}", "{source} · version {version}");
    agreement_of(source: &str, client: &str) = ("{source} · aftale med {client}", "{source} · agreement with {client}");
    new_authority_named(name: &str) = ("Ny myndighed: {name}", "New authority: {name}");
    change_of_authority(name: &str) = ("Ændring af {name}", "Change of {name}");
    agreement_proposed_for(where_: &str) = ("Kommuner: {where_}", "Municipalities: {where_}");
    agreement_not_you(client: &str) = (
        "Du har selv foreslået aftalen med {client}. En anden operatør skal godkende den.",
        "You proposed the agreement with {client} yourself. Another operator must approve it."
    );
    program_titled(name: &str) = ("Program: {name}", "Program: {name}");
    key_of_program(program: &str) = ("Nøgle til {program}", "Key of {program}");

    mistake_missing(field: &str) = ("{field}: skal udfyldes.", "{field}: must be filled in.");
    mistake_number(field: &str) = ("{field}: er ikke et tal.", "{field}: is no number.");
    mistake_blank(field: &str) = ("{field}: må ikke være tomt.", "{field}: must not be empty.");
    mistake_long(field: &str) = ("{field}: er for langt; højst 500 tegn.", "{field}: is too long; at most 500 characters.");
    mistake_unshown(field: &str) = (
        "{field}: skal være én linje uden usynlige tegn.",
        "{field}: must be one line without characters that are not shown."
    );
    mistake_person_number(field: &str) = (
        "{field}: må ikke indeholde, hvad der kan være et CPR-nummer. Det, der skrives her, gemmes for altid.",
        "{field}: must not hold what could be a CPR number. What is written here is kept for good."
    );
    mistake_slug(field: &str) = (
        "{field}: er højst 63 små bogstaver (a-z), tal og bindestreger, og begynder med et bogstav.",
        "{field}: is at most 63 lower-case letters (a-z), digits and hyphens, and begins with a letter."
    );
    mistake_time(field: &str) = ("{field}: er ikke et tidspunkt.", "{field}: is no time.");
    mistake_time_never(field: &str, time: &str) = (
        "{field}: klokken er aldrig {time} i Danmark, for urene stilles frem den nat. Vælg et andet tidspunkt.",
        "{field}: clocks in Denmark never show {time}, because they are put forward that night. Choose another time."
    );
    mistake_time_twice(field: &str, time: &str) = (
        "{field}: klokken er {time} to gange i Danmark, for urene stilles tilbage den nat. Vælg et tidspunkt før kl. 2 eller fra kl. 3.",
        "{field}: clocks in Denmark show {time} twice, because they are put back that night. Choose a time before 02:00 or from 03:00."
    );
    mistake_domain(domain: &str) = (
        "Domæner: {domain} er ikke et værtsnavn som birkerup.example.",
        "Domains: {domain} is no host name like birkerup.example."
    );
    mistake_program_twice(program: &str) = ("To programmer hedder {program}.", "Two programs are called {program}.");
    mistake_keys(program: &str, said: &str) = (
        "Nøglerne til {program} kan ikke læses: {said}",
        "The keys of {program} cannot be read: {said}"
    );
    mistake_private_key(program: &str) = (
        "Nøglen til {program} er privat, og den er vist til os nu. Brug den aldrig igen: lav en ny, og send kun den offentlige del.",
        "The key of {program} is a private one, and it has been shown to us now. Never use it again: make a new one, and send the public part only."
    );
}

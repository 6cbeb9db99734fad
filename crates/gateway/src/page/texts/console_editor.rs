//! Texts of the console's editor and of differences between versions.

use overblik_widgets::Language;

use super::Texts;

fixed! {
    edit_files = ("Ret filerne", "Edit the files");
    edit_check = ("Kontrollér", "Check");
    edit_says = (
        "Kontrollér siger, hvad der er galt, og gemmer intet. Gem lægger filerne frem som en version; borgerne ser den først, når den er afprøvet, godkendt og givet fri.",
        "Check says what is wrong and keeps nothing. Save pushes the files as a version; citizens see it only once it is tested, approved and released."
    );
    edit_files_title = ("Filerne", "The files");
    edit_remove = ("Fjern filen", "Remove the file");
    edit_add_title = ("Endnu en fil", "Another file");
    edit_new_path = ("Sti, f.eks. openapi.yaml eller examples/family/exchange.yaml", "Path, such as openapi.yaml or examples/family/exchange.yaml");
    edit_add = ("Tilføj", "Add");
    edit_kept = ("Filen er ikke tekst. Den beholdes, som den er.", "The file is no text. It is kept as it is.");
    edit_checked_title = ("Ingen fejl fundet", "No mistakes found");
    edit_checked = ("Intet er gemt endnu.", "Nothing is saved yet.");
    edit_mistaken_title = ("Der er fejl i filerne, og intet er gemt", "There are mistakes in the files, and nothing is saved");
    edit_refused_title = ("Intet er gemt", "Nothing is saved");
    edit_your_text = ("Det, du har skrevet, står stadig nedenfor.", "What you wrote still stands below.");
    edit_bad_path_title = ("Filen kan ikke hedde sådan", "The file cannot have that name");
    edit_changed_title = ("Nogen har ændret kilden imens, og intet er gemt", "Somebody changed the source meanwhile, and nothing is saved");
    edit_changed_ways = (
        "Se først på, hvad de gjorde. Gemmer du igen, træder dine filer i stedet for en version, der endnu er åben.",
        "Look at what they did first. If you save again, your files take the place of a version that is still open."
    );
    edit_see_history = ("Se historikken (i en ny fane)", "See the history (in a new tab)");
    edit_see_difference = ("Se forskellen (i en ny fane)", "See the difference (in a new tab)");
    edit_session_over_title = ("Din session er udløbet, og intet er gemt", "Your session is over, and nothing is saved");
    edit_session_over = (
        "Det, du har skrevet, følger med denne side. Log ind igen i en ny fane, og gå så videre herfra.",
        "What you wrote comes along with this page. Log in again in a new tab, then go on from here."
    );
    edit_log_in = ("Log ind (i en ny fane)", "Log in (in a new tab)");
    edit_go_on = ("Gå videre med det, du har skrevet", "Go on with what you wrote");
    mistaken_line = ("Fejl i linje", "Mistake in line");

    diff_title = ("Sammenlign versioner", "Compare versions");
    diff_from = ("Fra version", "From version");
    diff_to = ("Til version", "To version");
    diff_show = ("Vis forskellen", "Show the difference");
    diff_added = ("Tilføjet:", "Added:");
    diff_removed = ("Fjernet:", "Removed:");
    diff_file_added = ("Ny fil", "New file");
    diff_file_removed = ("Fjernet fil", "Removed file");
    diff_file_changed = ("Ændret fil", "Changed file");
    diff_none = ("Filerne er de samme.", "The files are the same.");
    diff_no_text = ("Filen er ikke tekst; indholdet er et andet.", "The file is no text; its contents are others.");
    diff_one_version = ("Der er kun én version, så der er intet at sammenligne med.", "There is only one version, so there is nothing to compare it with.");
    diff_by_line = ("Se forskellen linje for linje", "See the difference line by line");
    diff_too_long = ("Her er flere forskelle, end en side kan vise. Hent begge versioner for at se dem alle.", "More differs here than a page can show. Fetch both versions to see all of it.");
    diff_left_out = ("Uændrede linjer er udeladt", "Lines that did not change are left out");
}

filled! {
    edit_title(version: u32) = ("Ret version {version}", "Edit version {version}");
    edit_title_next(version: u32) = ("Skriv version {version}", "Write version {version}");
    edit_save(version: u32) = ("Gem som version {version}", "Save as version {version}");
    edit_contents_of(path: &str) = ("Indholdet af {path}", "Contents of {path}");
    edit_draft_title(version: u32) = ("Version {version} er en kladde med fejl", "Version {version} is a draft with mistakes");
    edit_added(path: &str) = ("Filen {path} er føjet til, og er tom. Intet er gemt endnu.", "The file {path} was added, and is empty. Nothing is saved yet.");
    edit_removed(path: &str) = ("Filen {path} er taget ud. Intet er gemt endnu.", "The file {path} was taken out. Nothing is saved yet.");
    edit_changed_by(done: &str) = ("Sidst ændret {done}.", "Last changed {done}.");
    line_and_column(line: usize, column: usize) = ("linje {line}, tegn {column}", "line {line}, column {column}");
    diff_tally(added: usize, removed: usize) = ("linjer tilføjet: {added}, fjernet: {removed}", "lines added: {added}, removed: {removed}");
    diff_versions(from: u32, to: u32) = ("Fra version {from} til version {to}", "From version {from} to version {to}");
}

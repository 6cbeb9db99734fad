//! Texts of the console's page on which a source begins.

use overblik_widgets::Language;

use super::Texts;

fixed! {
    new_source = ("Ny kilde", "New source");
    new_source_lead = (
        "Her lægges den første version frem. Bagefter retter du den i editoren. Borgerne ser den først, når den er afprøvet, godkendt og givet fri.",
        "Here the first version is pushed. After that you mend it in the editor. Citizens see it only once it is tested, approved and released."
    );
    new_source_whose = ("Myndighed", "Authority");
    new_source_slug = (
        "Kildens navn i adresser (små bogstaver, tal og bindestreg)",
        "The source's name in addresses (lower-case letters, digits and hyphens)"
    );
    new_source_slug_says = (
        "Navnet kan ikke ændres, og det er det samme som metadata.name i kontrakten.",
        "The name cannot be changed, and it is the same as metadata.name in the contract."
    );
    new_source_start = ("Begynd med", "Start from");
    new_source_template = ("En skabelon", "A template");
    new_source_contract = ("En kontrakt, som du sætter ind", "A contract that you paste");
    new_source_files = ("Filerne i kildens mappe", "The files of the source's folder");
    new_source_template_says = (
        "Du får en kontrakt, der virker, med et eksempel. Det, der er gættet, er mærket TODO.",
        "You get a contract that works, with an example. What is a guess is marked TODO."
    );
    new_source_title = ("Overskriften, som borgerne læser, på dansk", "The heading that citizens read, in Danish");
    new_source_theme = ("Emne", "Theme");
    new_source_kind = ("Slags oplysning (widgets i kontraktens reference)", "Kind of information (widgets in the contract reference)");
    new_source_base_url = ("Kildens adresse", "The address of the source");
    new_source_base_url_says = (
        "Begynder med https:// og ligger i et af myndighedens domæner.",
        "Begins with https:// and lies in one of the authority's domains."
    );
    new_source_auth = ("Sådan viser Overblik, hvem det er", "How Overblik shows who it is");
    new_source_format = ("Kilden svarer i", "The source answers in");
    new_source_pasted = ("Indholdet af connector.yaml", "The contents of connector.yaml");
    new_source_pasted_says = (
        "De andre filer, for eksempel optagelser under examples, tilføjer du i editoren.",
        "The other files, such as recordings below examples, are added in the editor."
    );
    new_source_chosen = ("Mappen med connector.yaml", "The folder with connector.yaml");
    new_source_chosen_says = (
        "Alle filer i mappen kommer med, undtagen skjulte. Brug kun fiktive personnumre.",
        "All files of the folder come along, but for hidden ones. Use fictitious personal numbers only."
    );
    new_source_files_again = ("Vælg filerne igen: browseren husker dem ikke.", "Choose the files again: the browser does not remember them.");
    new_source_send = ("Læg version 1 frem", "Push version 1");
    mistake_source_taken = (
        "Der er allerede en kilde med det navn. Vælg et andet, eller ret den kilde, hvis den er jeres.",
        "There is a source by that name already. Choose another, or edit that source if it is yours."
    );
}

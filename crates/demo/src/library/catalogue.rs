//! The catalogue: which title a record number stands for. All works and authors are invented.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// One record.
pub(super) struct Work {
    /// The record number (*FAUST*).
    pub(super) faust: &'static str,
    title: &'static str,
    creators: &'static [&'static str],
}

const fn work(faust: &'static str, title: &'static str, creators: &'static [&'static str]) -> Work {
    Work { faust, title, creators }
}

/// More records than any citizen has borrowed.
pub(super) static WORKS: [Work; 44] = [
    work("91000018", "Fyret på den forkerte side", &["Asta Blækhusen"]),
    work("91000026", "Kartoffelrækkens hemmelighed", &["Villads Papirsen"]),
    work("91000034", "Sådan taler man med måger", &["Odine Fjerpensen"]),
    work("91000042", "Bogen om næsten ingenting", &["Asta Blækhusen", "Villads Papirsen"]),
    work("91000050", "Æblerov på Ærtholmene", &["Øjvind Ågerupsen"]),
    work("91000069", "Ømme tæer: en vandrers dagbog", &["Øjvind Ågerupsen"]),
    work("91000077", "Åleål og ørkenræve", &["Åsta Ærlighedsen"]),
    work("91000085", "Den lille håndbog i store tal", &["Regnar Brøksen"]),
    work("91000093", "Kommissær Knag og den tavse trappe", &["Kaja Gådesen"]),
    work("91000107", "Kommissær Knag og den tomme kælder", &["Kaja Gådesen"]),
    work("91000115", "Kommissær Knag går på pension", &["Kaja Gådesen"]),
    work("91000123", "Brød, der hæver sig selv", &["Surdeja Melbysen"]),
    work("91000131", "Supper til syv ugedage", &["Surdeja Melbysen"]),
    work("91000158", "Mosekonens kogebog", &["Surdeja Melbysen", "Odine Fjerpensen"]),
    work("91000166", "Et hus af rugbrød", &["Buster Billedsen"]),
    work("91000174", "Traktoren, der ville flyve", &["Buster Billedsen"]),
    work("91000182", "Traktoren, der ville svømme", &["Buster Billedsen"]),
    work("91000190", "Godnat, gravko", &["Buster Billedsen"]),
    work("91000204", "Vinter over Birkerup", &["Halfdan Historsen"]),
    work("91000212", "Birkerup gennem tusind år", &["Halfdan Historsen"]),
    work("91000220", "Jernbanen, der aldrig kom", &["Halfdan Historsen"]),
    work("91000239", "Mit liv som springvand", &["Fontæna Vandkunstsen"]),
    work("91000247", "Digte til en dørmåtte", &["Rimfaxe Versesen"]),
    work("91000255", "Flere digte til en dørmåtte", &["Rimfaxe Versesen"]),
    work("91000263", "Strik en øgle", &["Maskine Garnsen"]),
    work("91000271", "Hækl et hegn", &["Maskine Garnsen"]),
    work("91000298", "Lær dig selv at jonglere med ord", &["Rimfaxe Versesen"]),
    work("91000301", "Stjernehimlen fra en altan", &["Luna Kikkertsen"]),
    work("91000328", "Planeter, vi glemte at opdage", &["Luna Kikkertsen"]),
    work("91000336", "Den sidste telefonboks", &["Ring Tilbagesen"]),
    work("91000344", "Hvad postbuddet ikke så", &["Ring Tilbagesen"]),
    work("91000352", "Havnen kl. fem", &["Dønning Brisesen"]),
    work("91000360", "Havnen kl. seks", &["Dønning Brisesen"]),
    work("91000379", "Fuglesang for begyndere", &["Odine Fjerpensen"]),
    work("91000387", "Solsorten, der sang falsk", &["Odine Fjerpensen"]),
    work("91000395", "Regn: en kærlighedshistorie", &["Fontæna Vandkunstsen"]),
    work("91000409", "Tolv måder at folde et kort på", &["Villads Papirsen"]),
    work("91000417", "Den usynlige nabo", &["Kaja Gådesen"]),
    work("91000425", "Kunsten at vente på en bus", &["Halte Pladsen"]),
    work("91000433", "Rundt om Danmark i gummistøvler", &["Øjvind Ågerupsen"]),
    work("91000441", "Brøker og andre brudstykker", &["Regnar Brøksen"]),
    work("91000468", "Lommelygtens natur", &["Luna Kikkertsen"]),
    work("91000476", "Månen er en ost, og andre indvendinger", &["Luna Kikkertsen", "Surdeja Melbysen"]),
    work("91000484", "Stilhed på dåse", &[]),
];

/// The materials for these record numbers, in the catalogue's own order. Unknown records are left out.
pub(super) fn materials(faust: &BTreeSet<&str>) -> Value {
    let found = WORKS.iter().filter(|work| faust.contains(work.faust));
    json!({ "materials": found.map(material).collect::<Vec<_>>() })
}

/// As many materials as were asked for, none of which was asked for.
pub(super) fn other_materials(faust: &BTreeSet<&str>) -> Value {
    let others = WORKS.iter().filter(|work| !faust.contains(work.faust)).take(faust.len());
    json!({ "materials": others.map(material).collect::<Vec<_>>() })
}

fn material(work: &Work) -> Value {
    json!({ "faust": work.faust, "title": work.title, "creators": work.creators })
}

// Requirement R59: a pseudonym is a keyed hash, never somebody's name or number.

use overblik_connectors::Pseudonym;

fn is_read<T: std::str::FromStr>() {}

fn main() {
    let _: Pseudonym = "6101010001".into();
    let _ = Pseudonym("6101010001".to_owned());
    let _ = Pseudonym::from_keyed_hash("6101010001");
    is_read::<Pseudonym>();
}

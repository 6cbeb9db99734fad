// Requirement R8: whatever is a person number was checked for its form.

use overblik_connectors::Cpr;

fn main() {
    let _ = Cpr(zeroize::Zeroizing::new(*b"6101010001"));
    let _: Cpr = "6101010001".into();
}

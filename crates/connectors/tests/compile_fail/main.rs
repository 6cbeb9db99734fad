//! What no code may do with a person number, a pseudonym or a scope, because it does not compile (requirements R50, R58
//! and R59). Each case is a program with the compiler's complaint beside it; `TRYBUILD=overwrite` writes them anew.

#[test]
fn r50_r58_r59_identity_cannot_be_shown_copied_or_forged() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/compile_fail/cases/*.rs");
}

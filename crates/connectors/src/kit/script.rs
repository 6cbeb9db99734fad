//! What a played source answers: a case as it was recorded, or with something done to it.

use std::time::Duration;

use super::{
    recording::{Case, Format, Recorded},
    stage::{Manner, Played, Script},
};

/// A case as it was recorded.
pub(super) fn recorded(case: &Case) -> Script {
    let play = |pages: &Vec<Recorded>| pages.iter().map(Played::from).collect();
    case.answers.iter().map(|(name, pages)| (name.clone(), play(pages))).collect()
}

/// Changes every answer to some of the calls.
pub(super) fn changed(mut script: Script, names: &[&str], change: impl Fn(&mut Played)) -> Script {
    for name in names {
        // A call without a recording is answered too: the fault may be all that it is to answer.
        let pages = script.entry((*name).to_owned()).or_insert_with(|| vec![json("{}")]);
        pages.iter_mut().for_each(&change);
    }
    script
}

fn json(body: &str) -> Played {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Played { status: 200, headers, body: body.as_bytes().to_vec(), manner: Manner::AtOnce }
}

/// Whether an answer's body is XML.
pub(super) fn format(played: &Played) -> Format {
    let declared = played.headers.iter().find(|(name, _)| name == "content-type");
    match declared {
        Some((_, content_type)) if content_type.contains("xml") => Format::Xml,
        Some((_, content_type)) if content_type.contains("json") => Format::Json,
        Some(_) => Format::Other,
        None => Format::Nothing,
    }
}

/// Makes a body long enough that it cannot be whole within a limit at a pace. White space at the end changes nothing
/// of what JSON or XML says.
pub(super) fn drip(played: &mut Played, limit: Duration, pace: Duration) {
    let bytes = limit.as_millis() / pace.as_millis().max(1) + 20;
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX).min(1 << 16);
    if played.body.len() < bytes {
        played.body.resize(bytes, b' ');
    }
    played.manner = Manner::Dripping(pace);
}

/// A body of more bytes than a limit, in good form.
pub(super) fn huge(format: Format, limit: usize) -> Vec<u8> {
    let filler = "x".repeat(limit + 1024);
    match format {
        Format::Xml => format!("<huge>{filler}</huge>").into_bytes(),
        Format::Json | Format::Other | Format::Nothing => format!("{{\"huge\":\"{filler}\"}}").into_bytes(),
    }
}

/// Some spaces as gzip, about 158 times smaller than they are: what a compressed bomb is.
///
/// Deflate's fixed codes, written by hand (RFC 1951 section 3.2.6): one literal space, then "the last byte 258 times
/// more", thirteen bits each.
pub(super) fn bomb(matches: u32) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut buffer, mut held) = (0_u64, 0_u32);
    let mut put = |bytes: &mut Vec<u8>, bits: u64, count: u32| {
        buffer |= bits << held;
        held += count;
        while held >= 8 {
            bytes.extend(buffer.to_le_bytes().first());
            buffer >>= 8;
            held -= 8;
        }
    };
    // Huffman codes stand with their first bit lowest, hence the reversal; everything else the usual way.
    let reversed = |code: u64, count: u32| code.reverse_bits() >> (64 - count);
    put(&mut bytes, 0b011, 3);
    put(&mut bytes, reversed(0x30 + u64::from(b' '), 8), 8);
    for _ in 0..matches {
        put(&mut bytes, reversed(0b1100_0101, 8), 8);
        put(&mut bytes, 0, 5);
    }
    put(&mut bytes, 0, 7);
    put(&mut bytes, 0, 7);
    let length = matches.saturating_mul(258).saturating_add(1);
    bytes.extend(spaces_crc(length).to_le_bytes());
    bytes.extend(length.to_le_bytes());
    bytes
}

/// CRC-32 as gzip has it, of this many spaces.
fn spaces_crc(length: u32) -> u32 {
    let mut crc = u32::MAX;
    for _ in 0..length {
        crc ^= u32::from(b' ');
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use std::{io::Write, process::Stdio};

    use super::*;

    #[test]
    fn the_bomb_is_gzip_that_others_unpack() {
        let mut gzip = std::process::Command::new("gzip")
            .args(["-dc"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("gzip runs");
        gzip.stdin.take().expect("an input").write_all(&bomb(1000)).expect("written");
        let output = gzip.wait_with_output().expect("it ends");
        assert!(output.status.success());
        assert_eq!(output.stdout.len(), 258_001);
        assert!(output.stdout.iter().all(|byte| *byte == b' '));
    }
}

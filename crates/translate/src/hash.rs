//! One fixed hash for names and ids. Not a secret, only short.

use std::fmt::Write as _;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// SHA-1 of `salt` and `bytes`, as 32 letters of base32 (RFC 4648 alphabet in lower case, no padding).
pub(crate) fn base32(bytes: &[u8], salt: u32) -> String {
    let mut sha = sha1_smol::Sha1::new();
    if salt > 0 {
        sha.update(&salt.to_be_bytes());
    }
    sha.update(bytes);
    let digest = sha.digest().bytes();
    let mut out = String::with_capacity(32);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in digest {
        buffer = (buffer << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let index = (buffer >> bits) & 31;
            out.extend(usize::try_from(index).ok().and_then(|i| ALPHABET.get(i)).map(|&letter| char::from(letter)));
        }
    }
    out
}

/// The UUID of version 5 of a name, in the namespace of object ids (RFC 9562, section 5.5).
pub(crate) fn uuid(name: &[u8]) -> String {
    const NAMESPACE_OID: [u8; 16] =
        [0x6b, 0xa7, 0xb8, 0x12, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];
    let mut sha = sha1_smol::Sha1::new();
    sha.update(&NAMESPACE_OID);
    sha.update(name);
    let mut text = String::with_capacity(36);
    for (place, byte) in sha.digest().bytes().into_iter().take(16).enumerate() {
        let byte = match place {
            6 => byte & 0x0f | 0x50,
            8 => byte & 0x3f | 0x80,
            _ => byte,
        };
        let dash = if matches!(place, 4 | 6 | 8 | 10) { "-" } else { "" };
        let _ = write!(text, "{dash}{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn is_the_rfc_4648_encoding_of_sha_1() {
        // printf '' | sha1sum | xxd -r -p | base32
        assert_eq!(super::base32(b"", 0), "3i42h3s6nnfq2msvx7xzkyayscx5qbyj");
    }

    #[test]
    fn a_uuid_is_the_one_of_the_standard() {
        // python3 -c 'import uuid; print(uuid.uuid5(uuid.NAMESPACE_OID, "a"))'
        assert_eq!(super::uuid(b"a"), "d720e32d-4765-5177-b65b-42dd7f6e6445");
    }
}

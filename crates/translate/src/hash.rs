//! One fixed hash for names and ids. Not a secret, only short.

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

#[cfg(test)]
mod tests {
    #[test]
    fn is_the_rfc_4648_encoding_of_sha_1() {
        // printf '' | sha1sum | xxd -r -p | base32
        assert_eq!(super::base32(b"", 0), "3i42h3s6nnfq2msvx7xzkyayscx5qbyj");
    }
}

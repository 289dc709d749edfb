//! The texts of a request that may outweigh all the rest of it.

use interlingua_wire::messages as wire;

/// Gives each of them to a function.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other block holds a file that a client sends")]
pub(in crate::messages) fn heavy_texts(request: &mut wire::Request, take: &mut dyn FnMut(&mut String)) {
    for message in request.messages.iter_mut().flatten() {
        let Some(wire::Content::Blocks(blocks)) = &mut message.content else { continue };
        for block in blocks {
            match block {
                wire::Block::Image(image) => source(&mut image.source, take),
                wire::Block::Document(document) => source(&mut document.source, take),
                wire::Block::ToolResult(result) => {
                    let Some(wire::ResultContent::Parts(blocks)) = &mut result.content else { continue };
                    for block in blocks {
                        match block {
                            wire::ResultPart::Image(image) => source(&mut image.source, take),
                            wire::ResultPart::Document(document) => source(&mut document.source, take),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn source(source: &mut Option<wire::Source>, take: &mut dyn FnMut(&mut String)) {
    if let Some(wire::Source::Base64(wire::Base64Source { media_type: _, data, extra: _ })) = source {
        data.iter_mut().for_each(take);
    }
}

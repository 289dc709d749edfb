//! Citations: what a text refers to.

use crate::Integer;
use crate::core::{object, tagged};

tagged! {
    /// What a text refers to. Messages: `citations[]`, `citations_delta.citation`.
    pub enum Citation by "type" {
        /// Characters of a document of text.
        CharLocation(Box<CharLocation>) = "char_location",
        /// Pages of a document.
        PageLocation(Box<PageLocation>) = "page_location",
        /// Blocks of a document of blocks.
        ContentBlockLocation(Box<ContentBlockLocation>) = "content_block_location",
        /// A page of the web.
        WebSearchResultLocation(Box<WebSearchLocation>) = "web_search_result_location",
        /// Something a search of the client found.
        SearchResultLocation(Box<SearchResultLocation>) = "search_result_location",
    }
}

object! {
    /// Whether a document may be cited. Messages: `CitationsConfig`.
    #[derive(Default)]
    pub struct Citations {
        /// Whether. Messages: `citations.enabled`.
        optional enabled: bool,
    }
}

object! {
    /// Characters of a document of text. Messages: `CitationCharLocation`.
    #[derive(Default)]
    pub struct CharLocation {
        /// What is cited. Messages: `cited_text`.
        optional cited_text: String,
        /// Which document. Messages: `document_index`.
        optional document_index: Integer,
        /// Its title. Messages: `document_title`.
        maybe document_title: String,
        /// The first character. Messages: `start_char_index`.
        optional start_char_index: Integer,
        /// The one behind the last. Messages: `end_char_index`.
        optional end_char_index: Integer,
        /// The document's upload. Messages: `file_id`.
        maybe file_id: String,
    }
}

object! {
    /// Pages of a document. Messages: `CitationPageLocation`.
    #[derive(Default)]
    pub struct PageLocation {
        /// What is cited. Messages: `cited_text`.
        optional cited_text: String,
        /// Which document. Messages: `document_index`.
        optional document_index: Integer,
        /// Its title. Messages: `document_title`.
        maybe document_title: String,
        /// The first page, from 1. Messages: `start_page_number`.
        optional start_page_number: Integer,
        /// The one behind the last. Messages: `end_page_number`.
        optional end_page_number: Integer,
        /// The document's upload. Messages: `file_id`.
        maybe file_id: String,
    }
}

object! {
    /// Blocks of a document of blocks. Messages: `CitationContentBlockLocation`.
    #[derive(Default)]
    pub struct ContentBlockLocation {
        /// What is cited. Messages: `cited_text`.
        optional cited_text: String,
        /// Which document. Messages: `document_index`.
        optional document_index: Integer,
        /// Its title. Messages: `document_title`.
        maybe document_title: String,
        /// The first block. Messages: `start_block_index`.
        optional start_block_index: Integer,
        /// The one behind the last. Messages: `end_block_index`.
        optional end_block_index: Integer,
        /// The document's upload. Messages: `file_id`.
        maybe file_id: String,
    }
}

object! {
    /// A page of the web. Messages: `CitationsWebSearchResultLocation`.
    #[derive(Default)]
    pub struct WebSearchLocation {
        /// What is cited. Messages: `cited_text`.
        optional cited_text: String,
        /// Its address. Messages: `url`.
        optional url: String,
        /// Its title. Messages: `title`.
        maybe title: String,
        /// Where the server finds it again. Messages: `encrypted_index`.
        optional encrypted_index: String,
    }
}

object! {
    /// Something a search of the client found. Messages: `CitationsSearchResultLocation`.
    #[derive(Default)]
    pub struct SearchResultLocation {
        /// What is cited. Messages: `cited_text`.
        optional cited_text: String,
        /// Where it is from. Messages: `source`.
        optional source: String,
        /// Its title. Messages: `title`.
        maybe title: String,
        /// Which result. Messages: `search_result_index`.
        optional search_result_index: Integer,
        /// The first block of it. Messages: `start_block_index`.
        optional start_block_index: Integer,
        /// The one behind the last. Messages: `end_block_index`.
        optional end_block_index: Integer,
    }
}

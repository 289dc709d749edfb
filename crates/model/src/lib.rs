//! The canonical conversation: requests, items, responses and stream events as plain data

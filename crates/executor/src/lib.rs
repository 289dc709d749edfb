//! A thin HTTP executor: canonical request in, canonical response or stream out

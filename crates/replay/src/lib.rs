//! An upstream that answers from recorded fixtures, with faults on request

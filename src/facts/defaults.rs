//! What AWS documents for a value that its answer leaves out: each default once, with its source. Rules never see such a field raw.
